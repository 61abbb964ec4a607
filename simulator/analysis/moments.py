"""One moment of an execution: where every thread stands, what is in its way, and who holds what.

An execution records steps, not states. A moment is found by running the first steps of its schedule once more.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simulator.analysis.ledgers import Deed, Taken, announced_writers, taken_units
from simulator.body import Failed
from simulator.errors import correction
from simulator.execution import Execution
from simulator.location import Location, is_cell, is_installed
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore
from simulator.objects.threads import NEW, Worker
from simulator.outcome import Outcome
from simulator.program import Program
from simulator.schedule import Schedule, thread_of
from simulator.scheduler import Scheduler
from simulator.words import count

HOLDS = "holds"
TOOK = "took a unit"
READS, WRITES, GOES_FIRST = "reads", "writes", "waits to write"
JOINED = "is joined"
"""How a thread can be in the way of another one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one thread stands.

    ``state`` is "blocked", "enabled", "ended", "failed" or "not started"; ``operation`` is what it asks for next, None if
    it does not run; ``location`` is the line of that operation, or the line that raised; ``error`` is what a failed thread
    failed with. Of a blocked thread, ``obstacle`` is the object in its way (the lock, for a thread that was woken from a
    condition), ``in_the_way`` the threads that would have to do something about it, and ``how`` they are in the way.
    """

    name: str
    state: str
    operation: Operation[Any] | None
    location: Location | None
    error: str | None
    daemon: bool
    obstacle: SharedObject | None = None
    in_the_way: tuple[str, ...] = ()
    how: str = HOLDS

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self.operation is not None


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything about an execution after its first ``step`` steps.

    ``holders`` has an entry for every object that a thread has used or asks for, in the order in which they were made; a
    thread that holds two units is named twice. ``values`` are what `Execution.final` would show, ``states`` what is behind
    them; ``deeds`` are the steps; ``taken`` are the units of semaphores that were not put back.
    """

    program: Program
    schedule: Schedule
    threads: tuple[Standing, ...]
    holders: Mapping[SharedObject, tuple[str, ...]]
    values: Mapping[SharedObject, Any]
    outcome: Outcome
    states: Mapping[SharedObject, Any]
    deeds: tuple[Deed, ...]
    taken: Mapping[SharedObject, tuple[Taken, ...]]

    def standing(self, name: str) -> Standing:
        """Where one thread stands."""
        return self.threads[self.program.position(name)]

    def held_by(self, name: str) -> tuple[str, ...]:
        """The names of what a thread holds."""
        return tuple(object.name for object, holders in self.holders.items() if name in holders)

    def how_held(self, object: SharedObject) -> str:
        """What those who hold an object do with it: hold it, read it, write it, or have taken a unit."""
        if isinstance(object, ReadWriteLock):
            return READS if self.states[object][1] is None else WRITES
        return TOOK if isinstance(object, Semaphore) else HOLDS

    def holdings(self, name: str, apart_from: SharedObject | None = None) -> list[str]:
        """What a thread holds, in words: ``holds left``, ``reads table``, ``has 2 units of pool``."""
        parts: list[str] = []
        held = [object for object, holders in self.holders.items() if name in holders]
        locks = [object.name for object in held if self.how_held(object) == HOLDS]
        parts += [f"holds {' and '.join(locks)}"] if locks else []
        for object in held:
            if self.how_held(object) in (READS, WRITES):
                parts.append(f"{self.how_held(object)} {object.name}")
            elif self.how_held(object) == TOOK and object is not apart_from:
                units = self.holders[object].count(name)
                parts.append(f"has {'a unit' if units == 1 else count(units, 'unit')} of {object.name}")
        return parts


def moment(execution: Execution, step: int | None = None) -> Moment:
    """Find the moment after `step` steps (None: after the last one).

    Raises ValueError if there is no such step, or if the execution was read from a file and so has no program.
    """
    program = _program(execution)
    schedule: Schedule = execution.schedule
    if step is not None:
        schedule = Schedule(schedule[: _checked(step, len(schedule))])
    with Scheduler(program) as scheduler:
        deeds = tuple(_deed(scheduler, step) for step in schedule)
        return _now(scheduler, schedule, deeds)


def moments(execution: Execution) -> tuple[Moment, ...]:
    """Find all moments of an execution in one run: the one before its first step, and the one after each.

    Raises ValueError if the execution was read from a file and so has no program.
    """
    deeds: list[Deed] = []
    with Scheduler(_program(execution)) as scheduler:
        found = [_now(scheduler, Schedule(), ())]
        for step in execution.schedule:
            deeds.append(_deed(scheduler, step))
            found.append(_now(scheduler, Schedule(execution.schedule[: len(deeds)]), tuple(deeds)))
    return tuple(found)


def _now(scheduler: Scheduler, schedule: Schedule, deeds: tuple[Deed, ...]) -> Moment:
    """How everything stands in a run that has taken these steps."""
    program = scheduler.program
    scheduler.enabled()  # so that what the threads ask for next has its state, too
    states = dict(sorted(scheduler.states.items(), key=lambda entry: entry[0].serial))
    taken: dict[SharedObject, tuple[Taken, ...]] = {
        object: taken_units(object, deeds) for object in states if isinstance(object, Semaphore)
    }
    threads = tuple(_standing(scheduler, name, deeds, taken) for name in program.names)
    holders = {
        object: tuple(unit.thread for unit in taken[object])
        if object in taken
        else tuple(program.names[position] for position in object.holders(state))
        for object, state in states.items()
    }
    values = {object: object.value(state) for object, state in states.items()}
    return Moment(program, schedule, threads, holders, values, scheduler.outcome(), states, deeds, taken)


def _deed(scheduler: Scheduler, step: str) -> Deed:
    operation = scheduler.bodies[thread_of(step)].pending
    before = tuple(scheduler.state(object) for object in operation.touches) if operation else ()
    event = scheduler.step(step)
    return Deed(event.index + 1, event.thread, event.operation, event.answer, before)


def _program(execution: Execution) -> Program:
    if execution.program is None:
        raise ValueError(
            correction(
                "this execution was read from a file, and so does not know its program: nobody can tell who holds what.",
                ("analysis.explain_deadlock(execution)", "it has no program"),
                ("analysis.explain_deadlock(replay(program, execution))", "replay it against the program first"),
            )
        )
    return execution.program


def _checked(step: int, steps: int) -> int:
    if not isinstance(step, int) or isinstance(step, bool):
        raise TypeError(f"step= was expecting a number of steps, 0 to {steps}, but got {step!r}")
    if 0 <= step <= steps:
        return step
    raise ValueError(
        correction(
            f"there is no moment after {step!r} steps: the execution has {steps}.",
            (f"step={step!r}", ""),
            (f"step={steps}", f"0 is the start, {steps} or None the end"),
        )
    )


def _standing(
    scheduler: Scheduler,
    name: str,
    deeds: tuple[Deed, ...],
    taken: Mapping[SharedObject, tuple[Taken, ...]],
) -> Standing:
    body, program = scheduler.bodies[name], scheduler.program
    daemon = name in program.daemons
    worker = program.workers.get(name)
    if worker is not None and scheduler.state(worker) == NEW:
        return Standing(name, "not started", None, None, None, daemon)
    if isinstance(body.ending, Failed):
        return Standing(name, "failed", None, body.place, body.ending.text, daemon)
    if body.pending is None:
        return Standing(name, "ended", None, None, None, daemon)
    if scheduler.is_enabled(name):
        return Standing(name, "enabled", body.pending, body.place, None, daemon)
    obstacle, in_the_way, how = _in_the_way(scheduler, name, deeds, taken)
    return Standing(name, "blocked", body.pending, body.place, None, daemon, obstacle, in_the_way, how)


def _in_the_way(
    scheduler: Scheduler, name: str, deeds: tuple[Deed, ...], taken: Mapping[SharedObject, tuple[Taken, ...]]
) -> tuple[SharedObject | None, tuple[str, ...], str]:
    """The object in the way of a blocked thread, the threads in the way, each once, and how they are."""
    obstacle, holders = scheduler.blockers(name)
    how = JOINED if isinstance(obstacle, Worker) else HOLDS
    if isinstance(obstacle, Semaphore):
        holders, how = tuple(unit.thread for unit in taken[obstacle]), TOOK
    elif isinstance(obstacle, ReadWriteLock):
        _, writer, announced = scheduler.state(obstacle)
        how = READS if writer is None else WRITES
        operation = scheduler.bodies[name].pending
        if writer is None and announced and operation is not None and operation.method == "acquire_read":
            holders, how = announced_writers(obstacle, deeds), GOES_FIRST
    return obstacle, tuple(dict.fromkeys(holders)), how


def source_of(program: Program | None) -> str | None:
    """``FILE`` or ``FILE:NAME``, as the command line wants to be told where a program is; None if it has no name there."""
    for body in program.threads.values() if program else ():
        function: Any = body
        while isinstance(function, partial):
            function = function.func
        function = inspect.unwrap(function)
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename.startswith("<") or is_cell(code.co_filename) or is_installed(code.co_filename):
            continue
        names = [name for name, value in function.__globals__.items() if value is program]
        if not names:  # FILE alone would be its program, and that is another one
            return None
        return Path(code.co_filename).name + ("" if "program" in names else f":{names[0]}")
    return None
