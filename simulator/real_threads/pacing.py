"""Paced: real threads that take exactly the steps of a schedule, one thread at a time.

The turn is handed from thread to thread like a baton, as the script of the run says. Nothing ever waits in a twin: an
operation that cannot be performed when its turn has come means that the schedule does not fit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from simulator.body import Failed
from simulator.errors import RealThreadError, ScheduleError
from simulator.execution import Event, Execution
from simulator.objects.operations import BLOCKED
from simulator.objects.threads import Worker
from simulator.program import Program
from simulator.real_threads.crew import Crew, Member, open_gate
from simulator.schedule import Schedule, option_of, thread_of
from simulator.scheduler import read_schedule

END: tuple[None, Callable[[Member], None]] = (None, lambda member: None)
LOOKS = 4
"""How often somebody looks before a quiet thread is called stuck: a machine that was asleep is forgiven."""


class Pacing(Crew):
    """One paced run, under way."""

    def __init__(self, program: Program, schedule: Schedule, patience: float) -> None:
        super().__init__(program, self.live)
        self.schedule = schedule
        self.patience = patience
        self.trace: list[Event] = []
        self.status = "finished"
        self.turns = 0
        """How many turns were given so far; while it does not grow, the thread that has the turn is computing."""
        self._script = self._turns()
        self._active: Member | None
        self._active, self._action = next(self._script, END)

    def _turns(self) -> Iterator[tuple[Member, Callable[[Member], None]]]:
        """The script: whose turn it is, and to do what. Asked by whoever had the turn; so never by two at once."""
        for member in self.members.values():
            yield member, self._begin
        for step in self.schedule:
            yield self.members[thread_of(step)], partial(self._step, option_of(step))
        self.left = self.unfinished()  # now, for looking who could go on may move something
        self.found = self.outcome("finished", self.final())
        if self.only_daemons_left():
            return
        self.status = "deadlock"
        for name in self.unfinished():
            yield self.members[name], self._probe
            if self.status == "unfinished":
                return

    def live(self, member: Member) -> None:
        """Wait for the turn, use it, hand it on; until the generator has ended."""
        member.turn.acquire()
        while not self.stopping and self._active is not None:
            self._action(self._active)
            self.turns += 1
            self._active, self._action = next(self._script, END)
            if self._active is member or (self._active is not None and self._active.has_ended):
                continue  # a turn of one that has ended is a mistake; whoever gets there says so
            open_gate(self._active.turn if self._active is not None else self.done)
            if member.has_ended:
                return
            member.turn.acquire()

    def _begin(self, member: Member) -> None:
        member.begin()
        self.bury(member)
        self._prepare(member)

    def _step(self, option: int | None, member: Member) -> None:
        body, operation = member.body, member.pending
        if body is None or operation is None or self.is_new(member.name):
            raise self._does_not_fit(member)
        if option not in (range(len(operation.options)) if operation.options else (None,)):
            raise self._does_not_fit(member)
        answer = self.perform(operation, patience=0, option=option)
        if answer is BLOCKED:
            raise self._does_not_fit(member)
        self.trace.append(Event(len(self.trace), member.name, operation, answer, body.place))
        body.answer(answer)
        self.bury(member)
        self._prepare(member)
        if operation.method == "start" and isinstance(operation.target, Worker) and operation.target.name in self.members:
            self._prepare(self.members[operation.target.name])

    def _probe(self, member: Member) -> None:
        """Find out whether the thread could go on: on its own thread, for some locks know who asks."""
        assert member.pending is not None
        if self.perform(member.pending, patience=0) is not BLOCKED:
            self.status = "unfinished"

    def _prepare(self, member: Member) -> None:
        """Have everything ready that somebody asks for, so that ``final`` speaks of it as it does in a simulated run."""
        if member.pending is not None and member.pending.target is not None and not self.is_new(member.name):
            self.twin(member.pending.target)

    def _does_not_fit(self, member: Member) -> ScheduleError:
        step = len(self.trace) + 1
        shown = str(self.schedule)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        ending = member.body.ending if member.body is not None else None
        if self.is_new(member.name):
            why = "was started by nobody yet"
        elif member.pending is not None:
            wrong_option = option_of(self.schedule[step - 1]) is not None or member.pending.options
            why = f"asks for {member.pending}" if wrong_option else f"is blocked: {member.pending}"
        else:
            why = f"has failed ({ending.text})" if isinstance(ending, Failed) else "has ended"
        text = f"step {step} of {shown!r} wants {self.schedule[step - 1]}, but on real threads {member.name} {why}"
        return ScheduleError(text, step, member.name)

    def wait(self) -> None:
        """Give away the first turn, and wait until the script is over. Raises what went wrong on a thread."""
        open_gate(self._active.turn if self._active is not None else self.done)
        seen, quiet = -1, 0
        while not self.done.acquire(timeout=self.patience / LOOKS):
            seen, quiet = self.turns, quiet + 1 if self.turns == seen else 0
            if quiet >= LOOKS:
                raise self._stuck()
        self.raise_error()

    def _stuck(self) -> RealThreadError:
        where = self._active.whereabouts() if self._active is not None else "it is nobody's turn"
        return RealThreadError(
            f"a real thread did not come to its next yield within {self.patience:g} seconds: {where}\n"
            "Wait with a blocking operation such as lock.acquire() or shared.until(predicate); if the thread only needs\n"
            "longer, give it more with patience=."
        )

    def execution(self) -> Execution:
        """The record of the run."""
        outcome = replace(self.found, status=self.status)
        return Execution(self.program, self.schedule, outcome, tuple(self.trace), self.left)


@contextmanager
def one_processor() -> Iterator[None]:
    """Keep the threads started in here on one processor, where the system can do that.

    Only one of them runs at a time anyway, and handing the turn to another processor can cost ten times as much.
    """
    if sys.platform != "linux":
        yield
        return
    usual = os.sched_getaffinity(0)
    processors = sorted(usual)
    try:
        with suppress(OSError):
            os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, usual)


def replay_on_threads(program: Program, schedule: Schedule | Execution | str, *, patience: float = 1.0) -> Execution:
    """Run exactly the steps of a schedule on real threads, real locks and real queues, then stop: a second opinion.

    The `Execution` is to be compared with what `replay` answers: its trace and its outcome should be equal. Who was
    interrupted where is not counted (``preemptions`` is None).

    Raises `ScheduleError` if a step cannot be done, and `RealThreadError` if a thread computes for longer than `patience`
    seconds between two yields; errors in the program are raised as by `replay`. No thread is left behind.

    >>> from simulator import Program, Shared
    >>> counter = Shared("counter", 0)
    >>> def increment():
    ...     value = yield counter.read()
    ...     yield counter.write(value + 1)
    >>> replay_on_threads(Program(A=increment, B=increment), "ABAB").final[counter]
    1
    """
    with one_processor(), Pacing(program, read_schedule(program, schedule), patience) as pacing:
        pacing.wait()
        return pacing.execution()
