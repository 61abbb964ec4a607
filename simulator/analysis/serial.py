"""The nearest serial run: what would have happened, had nobody come between the steps of a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from simulator.errors import StepLimit
from simulator.execution import Execution
from simulator.program import Program
from simulator.schedule import option_of, thread_of
from simulator.scheduler import Scheduler

ALL_ORDERS_UP_TO = 6
"""Threads: of so many, all orders are tried."""
MOST_STEPS = 2_000
"""A serial run that takes more steps is taken not to end."""


def nearest_serial(execution: Execution) -> Execution | None:
    """Find the serial run that has most in common with an execution, other than itself; None if there is none that ends.

    In a serial run the threads go one after the other, each as far as it can; one that is blocked goes on as soon as the
    running one has stopped. Of all orders of the threads the one is taken with the longest common beginning, then with the
    fewest steps that differ, then the first in program order. (Of more than six threads, only those orders in which one of
    them goes first, and the others follow as they first stepped.) What the environment chose for a thread is chosen again.
    An execution that is the only serial run is its own answer. Raises ValueError if it was read from a file.
    """
    if execution.program is None:
        raise ValueError(
            "this execution was read from a file: replay it against its program first, replay(program, execution)"
        )
    best: tuple[tuple[bool, int, int], Execution] | None = None
    for order in _orders(execution.program, execution.schedule.threads):
        run = _serial(execution.program, order, execution)
        if run is None:
            continue
        differing = sum(first != second for first, second in zip(execution.schedule, run.schedule, strict=False))
        differing += abs(len(execution.schedule) - len(run.schedule))
        rank = (run.schedule == execution.schedule, -common_steps(execution, run), differing)
        if best is None or rank < best[0]:
            best = rank, run
    return best[1] if best is not None else None


def common_steps(first: Execution, second: Execution) -> int:
    """How many steps two executions have in common at their beginning."""
    pairs = zip(first.schedule, second.schedule, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def _orders(program: Program, steps: Sequence[str]) -> Iterator[tuple[str, ...]]:
    names = list(program.names)
    if len(names) <= ALL_ORDERS_UP_TO:
        yield from permutations(names)
        return
    as_they_came = [*dict.fromkeys(steps), *(name for name in names if name not in steps)]
    for first in as_they_came:
        yield (first, *(name for name in as_they_came if name != first))


def _serial(program: Program, order: Sequence[str], like: Execution) -> Execution | None:
    chosen: dict[str, list[int]] = {}
    for step in like.schedule:
        option = option_of(step)
        if option is not None:
            chosen.setdefault(thread_of(step), []).append(option)
    strategy = _OneAfterTheOther(order, chosen)
    with Scheduler(program) as scheduler:
        try:
            scheduler.run(strategy, MOST_STEPS)
        except StepLimit:
            return None
        return scheduler.execution()


class _OneAfterTheOther:
    """Who runs goes on until it is blocked or ends; then the first in order that can."""

    def __init__(self, order: Sequence[str], chosen: dict[str, list[int]]) -> None:
        self.order = order
        self.chosen = chosen
        self.running = ""

    def next_thread(self, enabled: Sequence[str], step: int) -> str:
        able = [thread_of(one) for one in enabled]
        if self.running not in able:
            self.running = next(name for name in self.order if name in able)
        steps = [one for one in enabled if thread_of(one) == self.running]
        options = self.chosen.get(self.running, [])
        if len(steps) > 1 or option_of(steps[0]) is not None:
            wanted = options.pop(0) if options else 0
            return next((one for one in steps if option_of(one) == wanted), steps[0])
        return steps[0]
