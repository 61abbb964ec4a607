"""One moment of an execution: where every thread stands, and who holds what.

An execution records steps, not states. A moment is found by running the first steps of its schedule once more.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simulator.body import Body, Failed, Location
from simulator.errors import correction
from simulator.execution import Execution, Outcome
from simulator.objects.base import Operation, SharedObject
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one thread stands.

    ``state`` is "blocked", "enabled", "ended" or "failed"; ``operation`` is what it asks for next, None once it has ended;
    ``location`` is the line of that operation, or the line that raised; ``error`` is what a failed thread failed with.
    """

    name: str
    state: str
    operation: Operation[Any] | None
    location: Location | None
    error: str | None
    daemon: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything about an execution after its first ``step`` steps.

    ``holders`` has an entry for every object that a thread has used or asks for, in the order in which they were made; a
    thread that holds two units is named twice. ``values`` are what `Execution.final` would show.
    """

    program: Program
    schedule: Schedule
    threads: tuple[Standing, ...]
    holders: Mapping[SharedObject, tuple[str, ...]]
    values: Mapping[SharedObject, Any]
    outcome: Outcome

    def standing(self, name: str) -> Standing:
        """Where one thread stands."""
        return self.threads[self.program.position(name)]

    def held_by(self, name: str) -> tuple[str, ...]:
        """The names of what a thread holds."""
        return tuple(object.name for object, holders in self.holders.items() if name in holders)


def moment(execution: Execution, step: int | None = None) -> Moment:
    """Find the moment after `step` steps (None: after the last one).

    Raises ValueError if there is no such step, or if the execution was read from a file and so has no program.
    """
    program = _program(execution)
    schedule: Schedule = execution.schedule
    if step is not None:
        schedule = Schedule(schedule[: _checked(step, len(schedule))])
    with Scheduler(program) as scheduler:
        for name in schedule:
            scheduler.step(name)
        enabled = scheduler.enabled()
        threads = tuple(_standing(scheduler.bodies[name], enabled, program) for name in program.names)
        states = sorted(scheduler.states.items(), key=lambda entry: entry[0].serial)
        holders = {object: tuple(program.names[position] for position in object.holders(state)) for object, state in states}
        values = {object: object.value(state) for object, state in states}
        return Moment(program, schedule, threads, holders, values, scheduler.outcome())


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
    if 0 <= step <= steps:
        return step
    raise ValueError(
        correction(
            f"there is no moment after {step!r} steps: the execution has {steps}.",
            (f"step={step!r}", ""),
            (f"step={steps}", f"0 is the start, {steps} or None the end"),
        )
    )


def _standing(body: Body, enabled: tuple[str, ...], program: Program) -> Standing:
    error = body.ending.text if isinstance(body.ending, Failed) else None
    if body.pending is not None:
        state = "enabled" if body.name in enabled else "blocked"
    else:
        state = "ended" if error is None else "failed"
    place = None if state == "ended" else body.place
    return Standing(body.name, state, body.pending, place, error, body.name in program.daemons)


def source_of(program: Program | None) -> str | None:
    """``FILE`` or ``FILE:NAME``, as the command line wants to be told where a program is; None if that is not known."""
    for body in program.threads.values() if program else ():
        function: Any = body
        while isinstance(function, partial):
            function = function.func
        function = inspect.unwrap(function)
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename.startswith("<"):
            continue
        names = [name for name, value in function.__globals__.items() if value is program]
        suffix = "" if not names or "program" in names else f":{names[0]}"
        return Path(code.co_filename).name + suffix
    return None
