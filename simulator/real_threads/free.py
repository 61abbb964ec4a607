"""Free: real threads that nobody controls; what comes out is counted.

What was seen can happen. What was not seen may still happen: CPython hands over where it likes, and far from everywhere.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter

from simulator.body import Body
from simulator.errors import RealThreadError
from simulator.objects.operations import BLOCKED, Operation
from simulator.outcome import Outcome
from simulator.program import Program
from simulator.real_threads.crew import Crew, Member, open_gate

FIRST_SLICE, LONGEST_SLICE = 0.0005, 0.005
"""Seconds that a blocked thread waits before it looks whether the run is over: few at first, for deadlocks come early."""
LONGEST_SLEEP = 0.001
SWITCH_INTERVAL = 1e-6
"""Seconds after which CPython takes the next thread, while sampling; the usual 5 ms would show hardly any interleaving."""


class Runner:
    """What one thread tells the others. Written by that thread only, so that nothing is lost without a lock."""

    def __init__(self) -> None:
        self.completed = 0
        """How many operations it has performed."""
        self.blocked_at = -1
        """How many operations all threads had completed when its last attempt began that had to be given up."""
        self.ended = False


class FreeRun(Crew):
    """One free run, under way."""

    def __init__(self, program: Program) -> None:
        super().__init__(program, self.live)
        self.runners = {name: Runner() for name in program.names}
        self.start_line = threading.Barrier(max(1, len(program.names)))
        self.deadlock = False
        if not program.names:
            open_gate(self.done)

    def live(self, member: Member) -> None:
        """Start together with the others, then perform one operation after the other, as fast as it goes."""
        body, runner = member.begin(), self.runners[member.name]
        try:
            self.start_line.wait()
        except threading.BrokenBarrierError:
            return
        if member.name in self.workers:
            self._wait_to_be_started(member)
        while body.pending is not None and not self.stopping:
            self._step(body, runner, body.pending)
        self.bury(member)
        runner.ended = body.pending is None
        if self._is_over():
            open_gate(self.done)

    def _wait_to_be_started(self, member: Member) -> None:
        self.bury(member)
        if self._is_over():  # there may be nobody to start anybody
            open_gate(self.done)
        self.workers[member.name].started.wait()

    def _step(self, body: Body, runner: Runner, operation: Operation[object]) -> None:
        """Perform one operation, waiting for it in slices; give up when the run is over."""
        patience = FIRST_SLICE if operation.target is not None else LONGEST_SLEEP
        while not self.stopping:
            before = self._completed()
            answer = self.perform(operation, patience)
            if answer is not BLOCKED:
                runner.completed += 1
                body.answer(answer)
                return
            runner.blocked_at = before
            patience = min(2 * patience, LONGEST_SLICE)
            if self._is_deadlock():
                self.deadlock = True
                open_gate(self.done)

    def _completed(self) -> int:
        return sum([runner.completed for runner in self.runners.values()])

    def _is_over(self) -> bool:
        """Whether all threads have ended but the daemons, and the workers that nobody has started.

        First who runs, then who is new: whoever could have started one in between is among those who run.
        """
        running = [name for name, runner in self.runners.items() if not runner.ended and name not in self.program.daemons]
        return all(self.is_new(name) for name in running)

    def _is_deadlock(self) -> bool:
        """Whether nothing can ever move again. Never wrongly so.

        Say that all threads have completed n operations together, before and after looking. A thread that is blocked at n
        tried after the n-th was counted, and had to give up. Suppose all are blocked at n, and one of them has meanwhile
        succeeded without counting it yet, the first to do so: nothing has moved since it had to give up, so it could not.
        """
        completed = self._completed()
        moving = [name for name, runner in self.runners.items() if not runner.ended and runner.blocked_at != completed]
        stuck = all(self.is_new(name) for name in moving)
        return stuck and not self._is_over() and self._completed() == completed

    def wake(self, member: Member) -> None:
        self.start_line.abort()
        if member.name in self.workers:
            self.workers[member.name].started.set()

    def wait(self, seconds: float) -> Outcome:
        """Wait until the run is over, and answer how it ended. Raises what went wrong on a thread."""
        in_time = self.done.acquire(timeout=seconds)
        self.raise_error()
        if not in_time:
            raise self._endless(seconds)
        self.stop()  # daemons may still be moving
        self.raise_error()
        return self.outcome("deadlock" if self.deadlock else "finished", self.final())

    def _endless(self, seconds: float) -> RealThreadError:
        running = [member for name, member in self.members.items() if not self.runners[name].ended]
        lines = "\n".join(member.whereabouts() for member in running)
        return RealThreadError(
            f"a run on real threads did not end within {seconds:g} seconds.\n{lines}\n"
            "Often a spin loop; wait with a blocking operation such as lock.acquire() or shared.until(predicate), or give\n"
            "the run more time with seconds=."
        )


def run_on_threads(program: Program, *, seconds: float = 5.0) -> Outcome:
    """Run once on real threads, real locks and real queues, with no control, and answer how it ended.

    Only the outcome: nobody can say in which order free threads did what without standing in their way. A run is over
    when all threads but the daemons have ended, or when none can ever move again: a real deadlock, recognised and ended.
    Threads that wait do so in slices of some milliseconds; timeouts of operations are cut down to one slice, sleeps to one
    millisecond.

    Raises `RealThreadError`, naming threads and lines, if there is no end within `seconds`; errors in the program are
    raised as by `run`. No thread is left behind.
    """
    with FreeRun(program) as free:
        return free.wait(seconds)


def sample_on_threads(program: Program, runs: int = 2_000, *, seconds: float = 5.0) -> Counter[Outcome]:
    """Run often, as `run_on_threads` does, and count the outcomes seen.

    Threads start together, and CPython is told to switch between them as often as it can. Raises what `run_on_threads`
    raises; `seconds` is for each run.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        return Counter(run_on_threads(program, seconds=seconds) for _ in range(runs))
    finally:
        sys.setswitchinterval(usual)
