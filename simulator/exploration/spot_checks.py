"""Is the program a function of its schedule? Some random runs on the live scheduler, compared with what was explored.

One execution for each outcome is re-run anyway. But a program that flips a coin repeats itself every other time, and
threads that share a plain Python object may agree with what was explored as long as they step in the same order. Sixteen
more runs, in all kinds of orders, find nearly every such program; one whose hidden state settles at once is not found.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.automaton import same_question
from simulator.errors import NondeterministicProgram, StepLimit
from simulator.machine import Machine
from simulator.schedule import Schedule
from simulator.scheduler import Scheduler
from simulator.strategies import RandomWalk

RUNS = 16
MOST_STEPS = 1_000
"""How many steps the runs may take, all together."""


class _Stroll(RandomWalk):
    """A random walk that stops after so many steps."""

    def __init__(self, seed: int, most: int) -> None:
        super().__init__(seed)
        self.most = most

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        return super().next_thread(enabled, step) if step < self.most else None


def spot_check(machine: Machine) -> None:
    """Raise `NondeterministicProgram` if a live run differs from what the machine predicts for its schedule."""
    left = MOST_STEPS
    for seed in range(RUNS):
        with Scheduler(machine.program) as scheduler:
            scheduler.run(_Stroll(seed, left))
            try:
                _compare(machine, scheduler)
            except StepLimit:  # this program has no end, and was not explored as far as this
                return
            left -= len(scheduler.trace)


def _compare(machine: Machine, scheduler: Scheduler) -> None:
    state = machine.initial
    schedule = Schedule(scheduler.steps)
    for index, event in enumerate(scheduler.trace):
        thread = machine.program.position(event.thread)
        predicted = machine.node(state, thread).operation
        after = machine.step(state, machine.code(schedule[index]))
        if after is None or not same_question(predicted, event.operation):
            where = f" ({event.location})" if event.location else ""
            expected = f"asked for {predicted}" if predicted is not None else "had ended"
            raise NondeterministicProgram(
                f"after the schedule {str(Schedule(schedule[:index]))!r}, thread {event.thread} {expected} when the program "
                f"was explored, and asked for {event.operation} when it was run again{where}."
            )
        state = after
    predicted_outcome, outcome = machine.outcome(state), scheduler.outcome()
    if predicted_outcome != outcome:
        raise NondeterministicProgram(
            f"the schedule {str(schedule)!r} ended with {predicted_outcome} when the program was explored, and with "
            f"{outcome} when it was run again."
        )
