"""The scheduler: live generators under a strategy, step by step.

This is the core, and the definition of what a program means. A thread yields an operation; the scheduler performs it on
the state of the object and sends the answer back. Small and obvious on purpose: everything clever is checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.body import Body, Failed, Returned
from simulator.errors import DuplicateName, ScheduleError, StepLimit
from simulator.execution import Event, Execution, preemptions_in, same_record
from simulator.objects.base import SharedObject
from simulator.objects.operations import BLOCKED, Operation
from simulator.objects.threads import ENDED, NEW, STARTED
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.schedule import Schedule, option_of, thread_of
from simulator.strategies import FirstEnabled, Follow, RandomWalk, Strategy

MAX_STEPS = 1_000_000
"""How long a run may go on before `StepLimit` is raised, unless told otherwise."""


class Scheduler:
    """One run of a program, under way.

    Use it in a ``with`` block, or call `close`: threads that are suspended when nobody wants them any more have to be
    ended by hand.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.states: dict[SharedObject, Any] = {}
        self.trace: list[Event] = []
        self.steps: list[str] = []
        """The schedule so far."""
        self.bodies: dict[str, Body] = {}
        self.enabled_before: list[tuple[str, ...]] = []
        """For every step of the trace, who could have stepped then."""
        try:
            for name in program.names:
                self.bodies[name] = Body(program, name)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Scheduler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the threads that have not ended."""
        for body in self.bodies.values():
            body.close()

    def state(self, object: SharedObject) -> Any:
        """The state of an object now. Objects that were not used yet are as they started."""
        if object not in self.states:
            for known in self.states:
                if known.name == object.name and known.kind == object.kind:
                    raise duplicate_name(object)
            self.states[object] = object.initial
        return self.states[object]

    def is_enabled(self, name: str) -> bool:
        """Whether the thread could perform its next operation now."""
        operation = self.bodies[name].pending
        return operation is not None and not self._is_new(name) and self._performed(name, operation) is not BLOCKED

    def enabled(self) -> tuple[str, ...]:
        """The steps that could be taken now: the names of threads, in order; ``A=0``, ``A=1``, … where A has a choice."""
        return tuple(step for name in self.program.names if self.is_enabled(name) for step in self._steps_of(name))

    def _steps_of(self, name: str) -> tuple[str, ...]:
        operation = self.bodies[name].pending
        options = operation.options if operation is not None else ()
        return tuple(f"{name}={option}" for option in range(len(options))) or (name,)

    def _performed(self, name: str, operation: Operation[Any], option: int = 0) -> Any:
        states = [self.state(object) for object in operation.touches]
        return operation.perform(states, self.program.position(name), option)

    def _is_new(self, name: str) -> bool:
        """Whether the thread waits to be started by another one."""
        worker = self.program.workers.get(name)
        return worker is not None and self.state(worker) == NEW

    def step(self, step: str) -> Event:
        """Let one thread perform its pending operation, and compute up to its next one. ``A=1``: with option 1."""
        name, option = thread_of(step), option_of(step)
        body = self.bodies[name]
        operation, location = body.pending, body.place
        if operation is None:
            raise ScheduleError(f"{name} has ended and cannot step")
        performed = self._performed(name, operation, option or 0)
        if performed is BLOCKED or self._is_new(name):
            raise ScheduleError(f"{name} is blocked: {operation}")
        states, answer = performed
        self.states.update(zip(operation.touches, states, strict=True))
        event = Event(len(self.trace), name, operation, answer, location)
        self.trace.append(event)
        self.steps.append(step)
        body.answer(answer)
        self._see_who_has_ended()
        return event

    def _see_who_has_ended(self) -> None:
        """A worker that has come to its end can be joined from then on: that is no step of its own."""
        for name, worker in self.program.workers.items():
            if self.bodies[name].pending is None and self.state(worker) == STARTED:
                self.states[worker] = ENDED

    def run(self, strategy: Strategy, max_steps: int = MAX_STEPS) -> None:
        """Step until nobody can, or the strategy stops it. Raises `StepLimit` after `max_steps` steps."""
        while enabled := self.enabled():
            if self._only_daemons_left():
                return
            name = strategy.next_thread(enabled, len(self.trace))
            if name is None:
                return
            if len(self.trace) >= max_steps:
                raise StepLimit(max_steps)
            if name not in enabled:
                raise ScheduleError(f"the strategy chose {name}, which cannot step. Enabled: {', '.join(enabled)}.")
            self.enabled_before.append(enabled)
            self.step(name)

    def _only_daemons_left(self) -> bool:
        unfinished = self.waiting()
        return bool(unfinished) and all(name in self.program.daemons for name in unfinished)

    def blockers(self, name: str) -> tuple[SharedObject | None, tuple[str, ...]]:
        """What is in the way of a blocked thread, and the names of the threads that hold it."""
        operation = self.bodies[name].pending
        if operation is None or operation.target is None:
            return None, ()
        states = [self.state(object) for object in operation.touches]
        object, holders = operation.target.blockers(states, operation, self.program.position(name))
        names = self.program.names
        return object, tuple(holder if isinstance(holder, str) else names[holder] for holder in holders)

    def waiting(self) -> Mapping[str, Operation[Any]]:
        """The threads that run and have not ended, and what each asks for next."""
        return {
            name: body.pending for name, body in self.bodies.items() if body.pending is not None and not self._is_new(name)
        }

    def outcome(self) -> Outcome:
        """How things stand: the outcome, if the run ended here."""
        pending = self.waiting()
        if all(name in self.program.daemons for name in pending):
            status = "finished"
        else:
            status = "unfinished" if self.enabled() else "deadlock"
        endings = {name: body.ending for name, body in self.bodies.items() if not self._is_new(name)}
        return Outcome(
            status,
            Final({object: object.value(state) for object, state in self.states.items()}),
            {name: ending.text for name, ending in endings.items() if isinstance(ending, Failed)},
            {name: ending.value for name, ending in endings.items() if isinstance(ending, Returned)},
        )

    def execution(self) -> Execution:
        """The record of what happened so far."""
        schedule = Schedule(self.steps)
        counted = len(self.enabled_before) == len(self.trace)
        preemptions = preemptions_in(schedule, self.enabled_before) if counted else None
        return Execution(self.program, schedule, self.outcome(), tuple(self.trace), self.waiting(), preemptions)


def duplicate_name(object: SharedObject) -> DuplicateName:
    """The error for two objects that nobody could tell apart."""
    return DuplicateName(
        f"two different objects are called {object!r}, so that no answer could tell them apart.\n"
        "Give them different names. If there is only one in your code: it is made inside a thread or in a function that\n"
        "is called twice; make it once, outside, where the threads can share it."
    )


def run(
    program: Program, *, seed: int | None = None, strategy: Strategy | None = None, max_steps: int = MAX_STEPS
) -> Execution:
    """Run a program once and answer the `Execution`.

    Under a `strategy`; or a seeded random walk if `seed` is given; else every thread in turn runs as far as it can.
    Raises `StepLimit` if there is no end after `max_steps` steps.

    >>> def nothing():
    ...     yield from ()
    >>> run(Program(A=nothing)).outcome.status
    'finished'
    """
    if strategy is None:
        strategy = FirstEnabled() if seed is None else RandomWalk(seed)
    with Scheduler(program) as scheduler:
        scheduler.run(strategy, max_steps)
        return scheduler.execution()


def replay(program: Program, schedule: Sequence[str] | Execution) -> Execution:
    """Run exactly the steps of a schedule, then stop, and answer the `Execution`.

    The schedule is a text (``"ABAB"``, ``"A*1000 B"``), a `Schedule` or any sequence of names, or an `Execution`, whose
    events are then compared too.
    Raises `ScheduleError` if it does not fit: with the step, what it wanted, why that cannot be, and who was enabled.
    """
    recorded = schedule if isinstance(schedule, Execution) else None
    wanted = read_schedule(program, schedule)
    with Scheduler(program) as scheduler:
        for step, name in enumerate(wanted, start=1):
            enabled = scheduler.enabled()
            if name not in enabled:
                raise does_not_fit(scheduler, wanted, step, name, enabled)
            scheduler.enabled_before.append(enabled)
            event = scheduler.step(name)
            if recorded is not None and not same_record(recorded.trace[step - 1], event):
                was = recorded.trace[step - 1]
                raise ScheduleError(
                    f"step {step} of the recorded execution was {was}, but this program does {event}.\n"
                    "The execution was recorded from another program, or from another version of this one.",
                    step,
                    name,
                    enabled,
                )
        return scheduler.execution()


def read_schedule(program: Program, schedule: Sequence[str] | Execution) -> Schedule:
    """A schedule in any of the forms that `replay` takes, checked against the names of the threads."""
    if isinstance(schedule, Execution):
        schedule = schedule.schedule
    if isinstance(schedule, str):
        return Schedule.parse(schedule, program.names)
    return Schedule.parse(str(Schedule(schedule)), program.names)


def does_not_fit(scheduler: Scheduler, schedule: Schedule, step: int, name: str, enabled: tuple[str, ...]) -> ScheduleError:
    """Say which step cannot be done, why, and what could."""
    shown = str(schedule)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    body, asked = scheduler.bodies[thread_of(name)], name
    name = thread_of(name)
    if scheduler.is_enabled(name):
        options = body.pending.options if body.pending is not None else ()
        how = ", ".join(f"{name}={number} for {option!r}" for number, option in enumerate(options))
        why = f"{name} has to choose: write {how}" if options else f"{name} has nothing to choose there"
    elif scheduler._is_new(name):
        why = f"nobody has started {name} yet"
    elif body.pending is None:
        ending = body.ending
        how = f"has failed ({ending.text})" if isinstance(ending, Failed) else "has ended"
        why = f"{name} {how}"
    else:
        who = ", ".join(scheduler.blockers(name)[1])
        why = f"{name} is blocked: {body.pending} waits for {who or 'another thread to make it possible'}"
    could = ", ".join(enabled) if enabled else "nobody"
    return ScheduleError(
        f"step {step} of {shown!r} wants {asked}, but {why}.\nEnabled at that point: {could}.", step, name, enabled
    )


__all__ = ["MAX_STEPS", "Follow", "Scheduler", "replay", "run"]
