"""The simplest execution of a program whose groups of threads share nothing, from the simplest ones of its groups.

Simplest: the fewest preemptions, then the shortest, then the first in the order of the threads. Take the steps of one group
out of an execution: where another thread of the group goes on although the last one could have, the last one was left
then and there, whoever came next; so each preemption of the group is one of the whole. Running one group to its end after
the other adds none. So the simplest execution of the whole has just as many preemptions and steps as the simplest ones of
the groups have together, and each group's part of it is among the simplest of that group.

The first of their shuffles is put together step by step: always the first thread that may step next in its group. That
adds no preemption. For a thread is never left for another group if it may go on: the one that comes before it in the order
could have come before it already when its turn began, and would have. So it is left when it cannot go on, which is free; or
when its own group goes on with another thread, which is a preemption of that group, paid for there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from simulator.execution import Execution
from simulator.exploration.search import confirmed
from simulator.exploration.splitting.grouping import GroupMachine
from simulator.exploration.splitting.joining import Part
from simulator.exploration.splitting.simplest import Cost, GroupSearch, KeyOf, Pair, Simplest
from simulator.exploration.symmetry import Folding
from simulator.learned import Move
from simulator.outcome import Final, Outcome
from simulator.tables import OPTION_BITS


class Shuffle:
    """The first of the shuffles of simplest executions, put together step by step. All candidates have the same cost."""

    def __init__(self, machine: GroupMachine, parts: Sequence[Part], candidates: list[tuple[Simplest, ...]]) -> None:
        self._machine = machine
        self._parts = parts
        self._candidates = candidates
        self._pairs: list[Pair] = [(machine.initial, -1)] * len(parts)
        self._moves = [self._moves_of(place) for place in range(len(parts))]
        self._codes: list[dict[int, set[int]]] = [{} for _ in parts]

    def path(self) -> tuple[int, ...]:
        """The steps, as codes."""
        path = []
        while any(self._moves):
            code, place = self._first()
            self._step(code, place)
            path.append(code)
        return tuple(path)

    @property
    def end(self) -> int:
        """The state that the path has come to."""
        return sum(state for state, _ in self._pairs)

    def _moves_of(self, place: int) -> list[Move]:
        with self._machine.only(self._parts[place].threads):
            return self._machine.moves(self._pairs[place][0])

    def _allowed(self, place: int, simplest: Simplest) -> set[int]:
        known = self._codes[place]
        if id(simplest) not in known:
            known[id(simplest)] = simplest.codes(self._pairs[place], self._moves[place])
        return known[id(simplest)]

    def _first(self) -> tuple[int, int]:
        """The first step that some candidates allow; the others are none any longer."""
        for code, place in sorted((code, place) for place, moves in enumerate(self._moves) for code, _ in moves):
            fitting = [one for one in self._candidates if code in self._allowed(place, one[place])]
            if fitting:
                self._candidates = fitting
                return code, place
        raise AssertionError("a path of a group goes on until the group has ended")

    def _step(self, code: int, place: int) -> None:
        after = next(after for known, after in self._moves[place] if known == code)
        self._pairs[place] = (after, code >> OPTION_BITS)
        self._moves[place] = self._moves_of(place)
        self._codes[place] = {}


class JointExamples:
    """The simplest execution for each outcome of the whole program, found when it is asked for.

    ``key`` tells outcomes apart as the exploration does. Without an ``observe`` the outcome says how each group has ended;
    with one, several ways of ending together may have to be compared.
    """

    def __init__(self, machine: GroupMachine, parts: Sequence[Part], key: KeyOf, observed: bool) -> None:
        self._machine = machine
        self._parts = parts
        self._key = key
        self._observed = observed
        self._searches: dict[tuple[int, bool], GroupSearch] = {}
        self._known: dict[Any, Execution] = {}
        self._ways: dict[Any, list[tuple[Any, ...]]] | None = None

    def of(self, outcome: Outcome) -> Execution:
        """The simplest execution that ends like this. There is one, or nobody would ask."""
        wanted = self._key(outcome)
        if wanted not in self._known:
            ways = self._all_ways()[wanted] if self._observed else [tuple(part.key(outcome) for part in self._parts)]
            candidates = [tuple(self._simplest(place, end) for place, end in enumerate(way)) for way in ways]
            cost = min(map(_cost, candidates))
            shuffle = Shuffle(self._machine, self._parts, [one for one in candidates if _cost(one) == cost])
            path = shuffle.path()
            self._known[wanted] = confirmed(self._machine, path, self._machine.outcome(shuffle.end))
        return self._known[wanted]

    def _simplest(self, place: int, end: Any) -> Simplest:
        """Searched for with folding if the end does not tell which interchangeable thread is which."""
        part = self._parts[place]
        folds = part.folding.active and _is_symmetric(part, end)
        search = self._searches.get((place, folds))
        if search is None:
            folding = part.folding if folds else Folding(self._machine, wanted=False)
            key = self._loose_key(part) if self._observed else part.key
            search = self._searches[place, folds] = GroupSearch(self._machine, part, folding, key)
        return search.to(end)

    def _loose_key(self, part: Part) -> KeyOf:
        """What matters of an end of a group if the values are observed: whether it is stuck, what failed, the values."""

        def key(outcome: Outcome) -> Any:
            failed, _, values = part.key(outcome)
            return (failed, part.is_stuck(outcome), values)

        return key

    def _all_ways(self) -> dict[Any, list[tuple[Any, ...]]]:
        """For each key of a joint outcome all the ways in which the groups may end, to end together like that."""
        if self._ways is None:
            self._ways = {}
            for ways in product(*map(self._ways_of, self._parts)):
                failures = {name: text for _, outcome in ways for name, text in outcome.failures.items()}
                in_order = {name: failures[name] for name in self._machine.program.names if name in failures}
                stuck = any(end[1] for end, _ in ways)
                outcome = Outcome("deadlock" if stuck else "finished", self._final([one for _, one in ways]), in_order, {})
                self._ways.setdefault(self._key(outcome), []).append(tuple(end for end, _ in ways))
        return self._ways

    def _ways_of(self, part: Part) -> list[tuple[Any, Outcome]]:
        """The ends of a group, with their threads under all the names that they can have, if any has failed."""
        key = self._loose_key(part)
        found: dict[Any, Outcome] = {}
        for end in part.ends:
            outcome = self._machine.outcome(end.state)
            for variant in part.folding.named(outcome)[1] if part.folding.active and outcome.failures else [outcome]:
                found.setdefault(key(variant), variant)
        return list(found.items())

    def _final(self, outcomes: Sequence[Outcome]) -> Final:
        """The values of all objects, those of each group as it left them."""
        values = dict(self._machine.values(self._machine.initial))
        for part, outcome in zip(self._parts, outcomes, strict=True):
            values.update({object: outcome.final[object] for object in part.objects})
        return Final(values)


def _cost(candidate: tuple[Simplest, ...]) -> Cost:
    return sum(one.cost[0] for one in candidate), sum(one.cost[1] for one in candidate)


def _is_symmetric(part: Part, end: Any) -> bool:
    """Whether exchanging the names of interchangeable threads makes no other end: all of them have ended alike."""
    places = {thread: place for place, thread in enumerate(part.threads)}
    told = [facts for facts in end[:2] if isinstance(facts, tuple)]
    return all(len({facts[places[thread]] for thread in group}) == 1 for group in part.folding.groups for facts in told)
