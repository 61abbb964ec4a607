"""All the simplest executions of one group of threads: fewest preemptions, then shortest.

Dijkstra's algorithm over pairs of a state and the thread that stepped last, as in `search`. But where that one keeps the
first of the simplest paths, all of them are kept here, as a graph, because which one is needed depends on the other groups.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.exploration.splitting.grouping import GroupMachine
from simulator.exploration.splitting.joining import Part
from simulator.exploration.symmetry import Folding
from simulator.learned import Move
from simulator.outcome import Outcome
from simulator.tables import OPTION_BITS

Pair = tuple[int, int]
"""A state, and the thread that stepped last (-1 at the start)."""
Cost = tuple[int, int]
"""(preemptions, steps)"""
KeyOf = Callable[[Outcome], Any]


@dataclass
class Simplest:
    """All the simplest executions of one group with one end, as a graph: pairs that lie on one."""

    cost: Cost
    pairs: set[Pair]
    search: GroupSearch

    def codes(self, pair: Pair, moves: Sequence[Move]) -> set[int]:
        """The steps with which one of these executions goes on."""
        costs, folded = self.search.costs, self.search.folded
        could_go_on = any(code >> OPTION_BITS == pair[1] for code, _ in moves)
        preemptions, steps = costs[folded(*pair)]
        found = set()
        for code, after in moves:
            thread = code >> OPTION_BITS
            following = folded(after, thread)
            cost = (preemptions + (could_go_on and thread != pair[1]), steps + 1)
            if following in self.pairs and costs[following] == cost:
                found.add(code)
        return found


class GroupSearch:
    """Dijkstra's algorithm over the pairs of one group, continued as far as it is needed.

    It remembers all the ways in which a pair is reached at the lowest cost.
    """

    def __init__(self, machine: GroupMachine, part: Part, folding: Folding, key: KeyOf) -> None:
        self._machine = machine
        self._part = part
        self._folding = folding
        self._key = key
        start = self.folded(machine.initial, -1)
        self.costs: dict[Pair, Cost] = {start: (0, 0)}
        self._before: dict[Pair, list[Pair]] = {start: []}
        self._frontier: list[tuple[Cost, Pair]] = [((0, 0), start)]
        self._visited: set[Pair] = set()
        self._fewest: dict[int, int] = {}
        self._ends: dict[Any, list[Pair]] = {}
        self._known: dict[Any, Simplest] = {}

    def folded(self, state: int, last: int) -> Pair:
        """The pair that stands for this one."""
        return self._folding.fold(state, last) if self._folding.active else (state, last)

    def to(self, end: Any) -> Simplest:
        """The simplest executions that end so. There are some, or nobody would ask."""
        if end not in self._known:
            with self._machine.only(self._part.threads):
                while end not in self._ends or (self._frontier and self._frontier[0][0] <= self.costs[self._ends[end][0]]):
                    self._visit()
            self._known[end] = self._paths_to(end)
        return self._known[end]

    def _visit(self) -> None:
        cost, pair = heapq.heappop(self._frontier)
        state, last = pair
        canonical = self._folding.folded(state) if self._folding.active else state
        if pair in self._visited or cost[0] > self._fewest.setdefault(canonical, cost[0]) + 1:
            return
        self._visited.add(pair)
        moves = self._machine.moves(state)
        if not moves:
            self._ends.setdefault(self._key(self._machine.outcome(state)), []).append(pair)
        could_go_on = any(code >> OPTION_BITS == last for code, _ in moves)
        for code, after in moves:
            thread = code >> OPTION_BITS
            following = self.folded(after, thread)
            new = (cost[0] + (could_go_on and thread != last), cost[1] + 1)
            known = self.costs.get(following)
            if known is None or new < known:
                self.costs[following], self._before[following] = new, [pair]
                heapq.heappush(self._frontier, (new, following))
            elif new == known:
                self._before[following].append(pair)

    def _paths_to(self, end: Any) -> Simplest:
        cost = self.costs[self._ends[end][0]]
        pairs = {pair for pair in self._ends[end] if self.costs[pair] == cost}
        queue = list(pairs)
        for pair in queue:  # the queue grows while it is walked
            for before in self._before[pair]:
                if before not in pairs:
                    pairs.add(before)
                    queue.append(before)
        return Simplest(cost, pairs, self)
