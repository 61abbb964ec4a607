"""A deterministic thread-interleaving simulator.

A thread is a generator; each ``yield`` is one atomic step. Say a program, then ask what it can do:

>>> from simulator import Program, Shared, explore
>>> counter = Shared("counter", 0)
>>> def increment():
...     value = yield counter.read()
...     yield counter.write(value + 1)
>>> explore(Program(A=increment, B=increment)).interleavings
6
"""

# Saying a program
# One run
from simulator.body import Location
from simulator.errors import CheckFailed, NondeterministicProgram, ProgramError, ScheduleError, SimulatorError, StepLimit
from simulator.execution import Event, Execution, Outcome

# Every run
from simulator.exploration.enumerate import interleavings
from simulator.exploration.results import Claim, Exploration, OutcomeSummary
from simulator.exploration.search import find
from simulator.exploration.statespace import explore
from simulator.objects import BLOCKED, Console, Lock, Operation, Queue, Raised, Shared, SharedObject, sleep
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.scheduler import Scheduler, replay, run
from simulator.strategies import FirstEnabled, Follow, RandomWalk, Strategy

# Assertions
from simulator.testing import Crosscheck, check, crosscheck

__all__ = [
    "BLOCKED",
    "CheckFailed",
    "Claim",
    "Console",
    "Crosscheck",
    "Event",
    "Execution",
    "Exploration",
    "FirstEnabled",
    "Follow",
    "Location",
    "Lock",
    "NondeterministicProgram",
    "Operation",
    "Outcome",
    "OutcomeSummary",
    "Program",
    "ProgramError",
    "Queue",
    "Raised",
    "RandomWalk",
    "Schedule",
    "ScheduleError",
    "Scheduler",
    "Shared",
    "SharedObject",
    "SimulatorError",
    "StepLimit",
    "Strategy",
    "check",
    "crosscheck",
    "explore",
    "find",
    "interleavings",
    "replay",
    "run",
    "sleep",
]
