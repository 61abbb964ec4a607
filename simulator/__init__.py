"""A deterministic thread-interleaving simulator.

A thread is a generator; each ``yield`` is one atomic step. Say a program, then ask what it can do:

>>> from simulator import Program, Shared, explore
>>> counter = Shared("counter", 0)
>>> def increment():
...     value = yield counter.read()
...     yield counter.write(value + 1)
>>> explore(Program(A=increment, B=increment)).interleavings
6

Pictures are in `simulator.render`, questions about one execution in `simulator.analysis`, real threads in
`simulator.real_threads`; they are imported when they are asked for.
"""
# ruff: noqa: I001, RUF022  the vocabulary in the order in which it is taught

import simulator.notebooks as _notebooks  # noqa: F401  so that values show themselves there; loads no pictures

# Saying a program: what threads share, and what they ask of it
from simulator.program import Program
from simulator.objects import Shared, Atomic
from simulator.objects import Lock, RLock, Semaphore, BoundedSemaphore, ReadWriteLock
from simulator.objects import Event, Condition, Barrier
from simulator.objects import Queue, LifoQueue, PriorityQueue
from simulator.objects import Worker, Console, sleep, choose

# One run
from simulator.scheduler import Scheduler, replay, run
from simulator.strategies import FirstEnabled, Follow, RandomWalk, PCT, Strategy
from simulator.schedule import Schedule
from simulator.execution import Execution
from simulator.outcome import Outcome
from simulator.location import Location

# Every run
from simulator.exploration.statespace import explore
from simulator.exploration.results import Claim, Exploration, OutcomeSummary
from simulator.exploration.estimate import Estimate, estimate
from simulator.exploration.enumerate import interleavings
from simulator.exploration.ranking import interleaving, index_of
from simulator.exploration.state_graph import StateGraph, state_graph
from simulator.exploration.classes.representatives import representatives, count_classes
from simulator.exploration.sampling.sample import sample
from simulator.exploration.search import find
from simulator.exploration.forever.lassos import Forever, Lasso, forever

# Assertions
from simulator.testing import check, crosscheck, Crosscheck

# What can go wrong
from simulator.errors import SimulatorError, ProgramError, NondeterministicProgram, StepLimit, ScheduleError, CheckFailed

# A primitive of your own
from simulator.objects import SharedObject, Operation, Raised, BLOCKED

__all__ = [
    "Program",
    "Shared",
    "Atomic",
    "Lock",
    "RLock",
    "Semaphore",
    "BoundedSemaphore",
    "ReadWriteLock",
    "Event",
    "Condition",
    "Barrier",
    "Queue",
    "LifoQueue",
    "PriorityQueue",
    "Worker",
    "Console",
    "sleep",
    "choose",
    "Scheduler",
    "replay",
    "run",
    "FirstEnabled",
    "Follow",
    "RandomWalk",
    "PCT",
    "Strategy",
    "Schedule",
    "Execution",
    "Outcome",
    "Location",
    "explore",
    "Claim",
    "Exploration",
    "OutcomeSummary",
    "Estimate",
    "estimate",
    "interleavings",
    "interleaving",
    "index_of",
    "StateGraph",
    "state_graph",
    "representatives",
    "count_classes",
    "sample",
    "find",
    "Forever",
    "Lasso",
    "forever",
    "check",
    "crosscheck",
    "Crosscheck",
    "SimulatorError",
    "ProgramError",
    "NondeterministicProgram",
    "StepLimit",
    "ScheduleError",
    "CheckFailed",
    "SharedObject",
    "Operation",
    "Raised",
    "BLOCKED",
]
