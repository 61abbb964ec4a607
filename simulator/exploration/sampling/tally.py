"""What a sample saw, put together: each different path is looked at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from simulator.execution import Execution
from simulator.exploration.classes.keys import ClassKey, ClassKeys
from simulator.exploration.judging import observed_of
from simulator.exploration.results import OutcomeSummary
from simulator.exploration.sampling.draws import Path, Place, Places
from simulator.exploration.search import confirmed
from simulator.exploration.summaries import MOST_VIOLATIONS, Verdicts
from simulator.exploration.witnesses import MOST_CONFIRMED
from simulator.objects.values import text_of
from simulator.outcome import Final, Outcome, result_key
from simulator.tables import OPTION_BITS

Simplicity = tuple[int, int, tuple[int, ...]]
"""(preemptions, length, codes of the steps): the order of examples, and the path itself."""


@dataclass
class Group:
    """Runs that ended alike: how many, the outcome of the simplest, and its path."""

    runs: int
    outcome: Outcome
    simplest: Simplicity
    observed: Any


@dataclass
class Seen:
    """The groups of runs that ended alike, the classes, and where the invariant broke."""

    places: Places
    invariant: Callable[[Final], object] | None
    observe: Callable[[Final], Any] | None
    groups: dict[Any, Group] = field(default_factory=dict)
    classes: set[ClassKey] = field(default_factory=set)
    interleavings: int = 0
    unfinished: int = 0
    broken: dict[int, tuple[Simplicity, int]] = field(default_factory=dict)
    """For each combination of values that breaks the invariant: the simplest path to it, and the state where it ends."""

    def __post_init__(self) -> None:
        self.machine = self.places.machine
        self._keys = ClassKeys(self.machine)
        self._breaks = None if self.invariant is None else Verdicts(self.machine, self.invariant)
        self._ends: dict[int, tuple[Any, Outcome, Any]] = {}

    def look(self, path: Path, runs: int) -> None:
        """Look at a path that was drawn so many times."""
        codes: list[int] = []
        preemptions, last = 0, -1
        unbroken = self._breaks is not None
        for place, digit in self._trail(path):
            if unbroken and self._breaks is not None and self._breaks(place.state):
                unbroken = False
                self._note_broken(place.state, (preemptions, len(codes), tuple(codes)))
            if digit < 0:
                break
            code = place.moves[digit][0]
            thread = code >> OPTION_BITS
            if thread != last and any(other >> OPTION_BITS == last for other, _ in place.moves):
                preemptions += 1
            last = thread
            codes.append(code)
        self._note_end(place, runs, (preemptions, len(codes), tuple(codes)))

    def _trail(self, path: Path) -> Iterator[tuple[Place, int]]:
        """The places of a path, each with the place of the step that was taken there; -1 at the end."""
        place = self.places.first
        for digit in path:
            yield place, digit
            place = place.after[digit] or self.places.follow(place, digit)
        yield place, -1

    def _note_broken(self, state: int, simplicity: Simplicity) -> None:
        values = state & self.machine.objects_field()
        if values not in self.broken or simplicity < self.broken[values][0]:
            self.broken[values] = simplicity, state

    def _note_end(self, place: Place, runs: int, simplicity: Simplicity) -> None:
        if place.moves:
            self.unfinished += runs
        else:
            self.interleavings += 1
            self.classes.add(self._keys.of(simplicity[2]))
        if place.state not in self._ends:
            self._ends[place.state] = self._told(self.machine.outcome(place.state))
        key, outcome, observed = self._ends[place.state]
        group = self.groups.get(key)
        if group is None:
            self.groups[key] = Group(runs, outcome, simplicity, observed)
            return
        group.runs += runs
        if simplicity < group.simplest:
            group.outcome, group.simplest, group.observed = outcome, simplicity, observed

    def _told(self, outcome: Outcome) -> tuple[Any, Outcome, Any]:
        """What tells this outcome from others. Where a run was stopped says nothing, but who had failed by then does."""
        observed = None if self.observe is None else observed_of(self.observe, outcome)
        failures = tuple(outcome.failures.items())
        if outcome.status == "unfinished":
            return ("unfinished", failures), outcome, observed
        if self.observe is None:
            return outcome.key, outcome, None
        return (outcome.status, failures, result_key(observed)), outcome, observed


def summaries(seen: Seen) -> tuple[OutcomeSummary, ...]:
    """The outcomes, the most frequent first; the examples of the first of them are re-run at once, the others when asked."""
    machine = seen.machine
    summaries = [
        OutcomeSummary(
            group.outcome,
            None,
            None,
            None,
            group.observed,
            partial(confirmed, machine, group.simplest[2], group.outcome),
            group.runs,
        )
        for group in seen.groups.values()
    ]
    summaries.sort(key=_order)
    for summary in summaries[:MOST_CONFIRMED]:
        assert summary.example.outcome == summary.outcome
    return tuple(summaries)


def _order(summary: OutcomeSummary) -> tuple[Any, ...]:
    """The most frequent first; among equally frequent ones finished first, then by how they read."""
    outcome = summary.outcome
    return (-(summary.runs or 0), outcome.status != "finished", str(outcome), text_of(outcome.returned))


def violations(seen: Seen) -> tuple[Execution, ...]:
    """The simplest of the executions seen that end where the invariant first broke, for each combination of values."""
    simplest = sorted(seen.broken.values())[:MOST_VIOLATIONS]
    return tuple(confirmed(seen.machine, path[2], seen.machine.outcome(state)) for path, state in simplest)
