"""What threads share: one family a file, each class with its pure transition function beside it."""

from simulator.objects.atomics import Atomic
from simulator.objects.barriers import Barrier
from simulator.objects.base import SharedObject
from simulator.objects.choices import choose
from simulator.objects.conditions import Condition
from simulator.objects.console import Console
from simulator.objects.events import Event
from simulator.objects.guards import Acquirable, Guard
from simulator.objects.locks import Lock, RLock
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised, Steps
from simulator.objects.pauses import sleep
from simulator.objects.queues import LifoQueue, PriorityQueue, Queue
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import BoundedSemaphore, Semaphore
from simulator.objects.threads import Worker
from simulator.objects.variables import Shared

__all__ = [
    "BLOCKED",
    "Acquirable",
    "Atomic",
    "Barrier",
    "Blocked",
    "BoundedSemaphore",
    "Condition",
    "Console",
    "Event",
    "Guard",
    "LifoQueue",
    "Lock",
    "Operation",
    "PriorityQueue",
    "Queue",
    "RLock",
    "Raised",
    "ReadWriteLock",
    "Semaphore",
    "Shared",
    "SharedObject",
    "Steps",
    "Worker",
    "choose",
    "sleep",
]
