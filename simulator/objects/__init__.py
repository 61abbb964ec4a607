"""What threads share: one family a file, each class with its pure transition function beside it."""

from simulator.objects.base import BLOCKED, Acquirable, Blocked, Guard, Operation, Raised, SharedObject
from simulator.objects.console import Console
from simulator.objects.locks import Lock
from simulator.objects.pauses import sleep
from simulator.objects.queues import Queue
from simulator.objects.variables import Shared

__all__ = [
    "BLOCKED",
    "Acquirable",
    "Blocked",
    "Console",
    "Guard",
    "Lock",
    "Operation",
    "Queue",
    "Raised",
    "Shared",
    "SharedObject",
    "sleep",
]
