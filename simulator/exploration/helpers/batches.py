"""What a worker does, in another process or on another machine: expand a batch of states, with nothing but integers.

The worker has no program. It has the tables that the machine has learned so far (`simulator.tables`), and those by which
interchangeable threads are sorted (`simulator.exploration.sorting`): so any program can be worked on anywhere, wherever it
was defined. What is not in the tables the worker cannot learn: it names the states for which something was lacking.
"""

from __future__ import annotations

import pickle
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.exploration.sorting import Place, Sorter
from simulator.exploration.walks import CHANCE

PROTOCOL = 1
"""Grows when a worker of one version could not work for a coordinator of another."""
MOST_SESSIONS = 4
"""How many explorations a worker remembers the tables of."""


@dataclass
class Segment:
    """A part of the tables: what was learned since the part before. Plain integers throughout."""

    fields: list[int]
    """For each thread the bits of a packed state that hold its node."""
    needed: list[tuple[int, int]] | None
    """With daemons: for each thread that has to end its place, and the bits that are 0 until it is started (0: it runs)."""
    rows: list[tuple[int, int, int | None]]
    """(thread, its node in its place, the bits that matter to its next step; None if it has ended)."""
    moves: list[tuple[int, int, int, Any]]
    """(thread, its node in its place, these bits, what the step adds to a state)."""
    sorted_by: tuple[tuple[Place, ...], tuple[tuple[int, ...], ...], tuple[Place, ...], int] | None
    """Threads, groups, objects and bits of the `Sorter`; None if no threads are interchangeable."""
    mentioned: list[Any]
    looks: list[Any]
    renamed: list[Any]
    """What was added to the tables of the sorter."""


@dataclass
class Reply:
    """What came of a batch; states of the batch go by their places in it."""

    lacking: array[int]
    """Those that the coordinator has to expand itself."""
    ends: array[int]
    """Those after which nothing can happen."""
    states: list[int]
    """The states after one step, in the order in which they were met."""
    weights: list[int]
    parents: array[int]
    """For each of these, the one that it was first reached from."""
    transitions: int
    seconds: float


@dataclass
class Tables:
    """The tables of one exploration, as far as this process was told."""

    told: int = 0
    fields: list[int] = field(default_factory=list)
    needed: list[tuple[int, int]] | None = None
    pending: list[dict[int, tuple[int, dict[int, Any]] | None]] = field(default_factory=list)
    sorter: Sorter | None = None
    deltas: dict[int, int] = field(default_factory=dict)
    """What folding adds to a state, by the bits that it depends on."""

    def add(self, segment: Segment) -> None:
        """Learn what is new."""
        self.fields, self.needed = segment.fields, segment.needed
        while len(self.pending) < len(self.fields):
            self.pending.append({})
        for thread, node, bits in segment.rows:
            self.pending[thread][node] = None if bits is None else (bits, {})
        for thread, node, bits, delta in segment.moves:
            row = self.pending[thread][node]
            assert row is not None, "a thread that has ended has no moves"
            row[1][bits] = delta
        if segment.sorted_by is not None:
            threads, groups, objects, bits = segment.sorted_by
            if self.sorter is None or self.sorter.bits != bits:
                known = self.sorter or Sorter(threads, groups)
                self.sorter = Sorter(threads, groups, objects, bits, known.mentioned, known.looks, known.renamed)
                self.deltas = {}
            self.sorter.mentioned.update(segment.mentioned)
            self.sorter.looks.update(segment.looks)
            self.sorter.renamed.update(segment.renamed)

    def successors(self, state: int) -> list[int]:
        """As `Machine.successors`, but raises KeyError for what is not known. A hot loop, too."""
        after = []
        for mask, pending in zip(self.fields, self.pending, strict=True):
            row = pending[state & mask]
            if row is not None:
                delta = row[1][state & row[0]]
                if delta is not None:
                    if type(delta) is int:
                        after.append(state + delta)
                    else:
                        after += [state + option for option in delta]
        return after if self.needed is None or not self._has_finished(self.needed, state) else []

    def _has_finished(self, needed: list[tuple[int, int]], state: int) -> bool:
        return all(
            self.pending[thread][state & self.fields[thread]] is None or (started and not state & started)
            for thread, started in needed
        )

    def fold(self, state: int) -> int:
        """As `Folding.folded`, but raises KeyError for what is not known."""
        sorter = self.sorter
        assert sorter is not None
        part = state & sorter.bits
        delta = self.deltas.get(part)
        if delta is None:
            delta = self.deltas[part] = sorter.sort(part, -1)[0]
        return state + delta


_lock = threading.Lock()
_sessions: dict[str, Tables] = {}


def ready() -> int:
    """What a worker answers to show that it is there, and of which version."""
    return PROTOCOL


def tables_of(session: str, segments: Sequence[bytes]) -> Tables:
    """The tables of an exploration, with these segments; those that are known already are not read again."""
    with _lock:
        tables = _sessions.pop(session, None) or Tables()
        for segment in segments[tables.told :]:
            tables.add(pickle.loads(segment))
            tables.told += 1
        _sessions[session] = tables
        while len(_sessions) > MOST_SESSIONS:
            del _sessions[next(iter(_sessions))]
        return tables


def expand(session: str, segments: Sequence[bytes], states: Sequence[int], weights: Sequence[int]) -> Reply:
    """Expand a batch of states with their weights; weights that come to one state are added up."""
    began = time.perf_counter()
    tables = tables_of(session, segments)
    successors = tables.successors
    fold: Callable[[int], int] | None = tables.fold if tables.sorter is not None else None
    lacking, ends, parents = array("I"), array("I"), array("I")
    following: dict[int, int] = {}
    known = following.get
    transitions = 0
    for place, (state, weight) in enumerate(zip(states, weights, strict=True)):  # a hot loop: see `expand_layer`
        try:
            after = successors(state)
            if fold is not None:
                after = [fold(next_state) for next_state in after]
        except KeyError:
            lacking.append(place)
            continue
        if not after:
            ends.append(place)
            continue
        ways = len(after)
        transitions += ways
        if ways > 1:
            chance = weight & CHANCE
            weight += chance // ways - chance
        for next_state in after:
            so_far = known(next_state)
            if so_far is None:
                following[next_state] = weight
                parents.append(place)
            else:
                following[next_state] = so_far + weight
    seconds = time.perf_counter() - began
    return Reply(lacking, ends, list(following), list(following.values()), parents, transitions, seconds)
