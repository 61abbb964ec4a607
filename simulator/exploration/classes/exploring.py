"""Explore by classes: one interleaving of each equivalence class, instead of every state.

All interleavings of a class end alike, so that outcomes, deadlocks and failures are those of all interleavings. It pays
where there are far more states than classes: many threads that have little to do with each other. The states in between are
not all visited, so that no invariant can be asked; and how many interleavings a class has is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from simulator.errors import Interrupted, correction
from simulator.execution import Execution
from simulator.exploration.bounds import Bound
from simulator.exploration.budget import Watch
from simulator.exploration.classes.representatives import Member, members
from simulator.exploration.classes.steps import StepTable
from simulator.exploration.judging import observed_of
from simulator.exploration.results import Claim, Exploration, OutcomeSummary
from simulator.exploration.search import confirmed
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.summaries import order
from simulator.exploration.witnesses import MOST_CONFIRMED
from simulator.machine import Machine
from simulator.outcome import Final, Outcome, result_key
from simulator.program import Program

CLASSES_BETWEEN_LOOKS = 64
"""How often the budget is looked at. A power of two."""


def explore_by_classes(
    program: Program,
    watch: Watch,
    observe: Callable[[Final], Any] | None,
    bound: Bound | None,
    how: dict[str, Any],
) -> Exploration:
    """Answer the outcomes of all interleavings (within the bound), each with the number of its classes and an example."""
    machine = Machine(program, keep_all=True, **how)
    ends: dict[int, Member] = {}
    numbers: Counter[int] = Counter()
    stopped, beyond = "", False
    try:
        table = StepTable(machine)
        try:
            for number, member in enumerate(members(machine, table, bound, how["max_thread_steps"])):
                if member is None:
                    beyond = True
                else:
                    numbers[member.end] += 1
                    if member.end not in ends:
                        ends[member.end] = Member(list(member.steps), member.end)
                if not number & (CLASSES_BETWEEN_LOOKS - 1) and (stopped := watch.look(number, 0, ends)):
                    break
            else:
                spot_check(machine)
        except Interrupted:
            raise
        except KeyboardInterrupt:
            stopped = "interrupted"
        outcomes = _summaries(machine, ends, numbers, observe)
        claim = Claim("partial", stopped) if stopped else Claim("bounded", str(bound)) if beyond else Claim("complete")
        return Exploration(program, claim, None, 0, 0, outcomes, classes=numbers.total())
    finally:
        machine.close()


def refuse_by_classes(by: object, **others: object) -> None:
    """Raise if `by` is not "classes", or if something else was asked for that needs every state."""
    if by != "classes":
        raise ValueError(f"by was expecting 'states' or 'classes', but got {by!r}")
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                correction(
                    f"{name}= needs every state to be visited, and by='classes' visits one interleaving of each class.",
                    (f"explore(program, by='classes', {name}=…)", ""),
                    (f"explore(program, {name}=…)", "or by='classes' without it"),
                )
            )


def _summaries(
    machine: Machine, ends: dict[int, Member], numbers: Counter[int], observe: Callable[[Final], Any] | None
) -> tuple[OutcomeSummary, ...]:
    groups: dict[Any, tuple[Outcome, Any, int, Member]] = {}
    for end, member in ends.items():
        outcome = machine.outcome(end)
        observed = observed_of(observe, outcome) if observe is not None else None
        failures = tuple(outcome.failures.items())
        key = outcome.key if observe is None else (outcome.status, failures, result_key(observed))
        first, seen, number, example = groups.get(key, (outcome, observed, 0, member))
        groups[key] = (first, seen, number + numbers[end], example)
    found: list[OutcomeSummary] = []
    for outcome, observed, number, member in groups.values():
        example = partial(_example, machine, [step.code for step in member.steps], machine.outcome(member.end))
        if len(found) < MOST_CONFIRMED:
            example()
        found.append(OutcomeSummary(outcome, None, None, None, observed, example, classes=number))
    return tuple(sorted(found, key=lambda summary: (-(summary.classes or 0), order(summary.outcome))))


def _example(machine: Machine, path: list[int], outcome: Outcome) -> Execution:
    return confirmed(machine, tuple(path), outcome)
