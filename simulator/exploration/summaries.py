"""From a walk to what is told of it: the outcomes with their numbers and examples, and where an invariant breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any, Protocol

from simulator.errors import Interrupted
from simulator.execution import Execution
from simulator.exploration.judging import judge_twice, observed_of
from simulator.exploration.results import OutcomeSummary, simplicity
from simulator.exploration.search import Examples, confirmed, simplest_paths
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import Walk, interleavings_of, probability_of
from simulator.exploration.witnesses import broken_by, witness
from simulator.machine import Machine
from simulator.objects.values import text_of
from simulator.outcome import Final, Outcome, result_key

MOST_VIOLATIONS = 10

Observe = Callable[[Final], Any]
Group = tuple[Outcome, Fraction, Fraction, int]
"""What ends alike: its outcome, how many interleavings, how probable, and one state in which it ends."""


class Finder(Protocol):
    """Finds examples."""

    def of(self, outcome: Outcome) -> Execution:
        """The simplest execution that ends like this."""


class Verdicts:
    """Whether states break an invariant; each combination of values is judged once, and once more to be sure."""

    def __init__(self, machine: Machine, invariant: Callable[[Final], object]) -> None:
        self._machine = machine
        self._invariant = invariant
        self._known: dict[int, bool] = {}

    def __call__(self, state: int) -> bool:
        part = state & self._machine.objects_field()
        if part not in self._known:
            self._known[part] = not judge_twice(self._invariant, self._machine.values(state))
        return self._known[part]


def summaries(
    machine: Machine,
    folding: Folding,
    walk: Walk,
    total: int | None,
    chances: bool,
    observe: Observe | None,
    examples_by: Callable[[Callable[[Outcome], Any]], Finder] | None = None,
) -> tuple[OutcomeSummary, ...]:
    """Group the ends by outcome, with their part of the `total` and, if `chances` are known, how probable they are.

    ``examples_by`` makes what finds examples, given the key of an outcome, if they are not to be searched for in the states.
    At Ctrl-C those that were grouped so far are answered, and the walk is marked as stopped.
    """

    def key(outcome: Outcome) -> Any:
        if observe is None:
            return outcome.key
        return (outcome.status, tuple(outcome.failures.items()), result_key(observed_of(observe, outcome)))

    def symmetric(outcome: Outcome) -> bool:
        return (observe is not None and not outcome.failures) or folding.named(outcome)[0] == 1

    groups: dict[Any, Group] = {}
    try:
        if observe is None:
            folding.refuse_too_many(map(machine.outcome, walk.ends))
        _group(machine, folding, walk, key, symmetric, groups)
    except Interrupted:
        raise
    except KeyboardInterrupt:
        walk.stopped = walk.stopped or "interrupted"
    examples = examples_by(key) if examples_by is not None else Examples(machine, folding, key, symmetric)

    def example(outcome: Outcome, end: int) -> Execution:
        if walk.stopped and examples_by is None:
            return witness(machine, folding, walk, end, outcome if observe is None else None)
        return examples.of(outcome)

    whole = total is not None and not walk.stopped
    found = [
        OutcomeSummary(
            outcome,
            int(number) if total is not None else None,
            number / total if total and whole else None,
            float(chance) if chances and whole else None,
            observed_of(observe, outcome) if observe is not None else None,
            partial(example, outcome, end),
        )
        for outcome, number, chance, end in groups.values()
    ]
    return tuple(sorted(found, key=lambda summary: (-(summary.interleavings or 0), order(summary.outcome))))


def _group(
    machine: Machine,
    folding: Folding,
    walk: Walk,
    key: Callable[[Outcome], Any],
    symmetric: Callable[[Outcome], bool],
    groups: dict[Any, Group],
) -> None:
    """Each orbit of interchangeable threads is spread evenly over the names it can have."""
    for state, weight in walk.ends.items():
        outcome = machine.outcome(state)
        variants: Iterable[Outcome] = (outcome,)
        ways = 1
        if not symmetric(outcome):
            ways, variants = folding.named(outcome)
        number, chance = Fraction(interleavings_of(weight), ways), Fraction(probability_of(weight)) / ways
        for variant in variants:
            kind = key(variant)
            first, numbers, chances, end = groups.get(kind, (variant, Fraction(0), Fraction(0), state))
            groups[kind] = (first, numbers + number, chances + chance, end)


def order(outcome: Outcome) -> tuple[Any, ...]:
    """A fixed order among outcomes that are equally frequent: finished first, then by how they read."""
    return (outcome.status != "finished", str(outcome), text_of(outcome.returned))


def violations(
    machine: Machine, folding: Folding, walk: Walk, invariant: Callable[[Final], object] | None
) -> tuple[Execution, ...]:
    """The simplest executions that end where the invariant first breaks: one for each different combination of values.

    Those that were met first instead, if the walk was stopped; or if this search is, at Ctrl-C, and so the walk.
    """
    if invariant is None or not walk.broken:
        return ()
    breaks = Verdicts(machine, invariant)
    field = machine.objects_field()
    found: dict[int, Execution] = {}
    try:
        if not walk.stopped:
            for state, path in simplest_paths(machine, folding, stop_at=breaks):
                if breaks(state) and (state & field) not in found:
                    found[state & field] = confirmed(machine, path, machine.outcome(state))
                    if len(found) >= MOST_VIOLATIONS:
                        break
            return tuple(found.values())
    except Interrupted:
        raise
    except KeyboardInterrupt:
        walk.stopped = "interrupted"
    for state in walk.broken:
        if len(found) < MOST_VIOLATIONS and (state & field) not in found:
            found[state & field] = broken_by(machine, folding, walk, breaks, state)
    return tuple(sorted(dict.fromkeys(found.values()), key=simplicity))
