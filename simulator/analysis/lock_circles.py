"""Circles in the order of locks: which of them are potential deadlocks, and why the others are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import networkx

from simulator.objects.base import SharedObject
from simulator.objects.readers_writers import ReadWriteLock

MOST_CIRCLES = 2_000
"""So many circles are looked at: a graph of many locks can have more than anybody could count."""


@dataclass(frozen=True, slots=True)
class Taking:
    """A thread takes a lock, or waits for it: where, whether to have it alone, and what it holds at that moment."""

    thread: str
    lock: SharedObject
    location: str | None
    alone: bool
    held: tuple[tuple[SharedObject, bool], ...]
    took: bool

    def gates(self, other: Taking) -> list[str]:
        """The locks that both hold, and that so keep the two from happening at the same time."""
        theirs = dict(other.held)
        return [lock.name for lock, alone in self.held if lock in theirs and (alone or theirs[lock])]


@dataclass(frozen=True, slots=True)
class Circle:
    """Locks that are taken in a circle: ``threads[i]`` takes the one after ``locks[i]`` at ``locations[i]``, holding that.

    ``safe_because`` says why it is no deadlock all the same; nothing if it may be one.
    """

    locks: tuple[str, ...]
    threads: tuple[str, ...]
    locations: tuple[str | None, ...]
    safe_because: str = ""

    @property
    def is_dangerous(self) -> bool:
        """Whether it is a potential deadlock."""
        return not self.safe_because


def circles(
    locks: Sequence[str], takings: Mapping[tuple[str, str], Sequence[Taking]], threads: int
) -> tuple[list[Circle], bool]:
    """The circles, the dangerous ones first, and whether these are all. More locks than threads make no deadlock."""
    places = {name: place for place, name in enumerate(locks)}
    graph: networkx.DiGraph[int] = networkx.DiGraph()  # of numbers, so that the order is always the same
    graph.add_edges_from((places[first], places[last]) for first, last in takings)
    found = list(islice(networkx.simple_cycles(graph, length_bound=max(2, threads)), MOST_CIRCLES + 1))
    judged = [_judged(cycle, locks, takings) for cycle in found[:MOST_CIRCLES]]
    judged.sort(key=lambda circle: (not circle.is_dangerous, len(circle.locks), [places[name] for name in circle.locks]))
    return judged, len(found) <= MOST_CIRCLES


def _judged(cycle: list[int], names: Sequence[str], takings: Mapping[tuple[str, str], Sequence[Taking]]) -> Circle:
    """Say who could meet in a circle, or why nobody can."""
    first = cycle.index(min(cycle))
    locks = tuple(names[place] for place in cycle[first:] + cycle[:first])
    choices = [takings[pair] for pair in zip(locks, (*locks[1:], locks[0]), strict=True)]
    meeting = _meeting(choices, guarded=False)
    chosen = meeting or _meeting(choices, guarded=True)
    if chosen is None:
        chosen = [choice[0] for choice in choices]
        alone = dict.fromkeys(taking.thread for choice in choices for taking in choice)
        because = f"only {next(iter(alone))} goes round" if len(alone) == 1 else "it takes one thread twice"
    else:
        gates = dict.fromkeys(
            gate for place, one in enumerate(chosen) for other in chosen[:place] for gate in one.gates(other)
        )
        because = f"{' and '.join(gates)} is always held around it" if gates else "readers do not wait for readers"
    threads, where = tuple(one.thread for one in chosen), tuple(one.location for one in chosen)
    return Circle(locks, threads, where, "" if meeting is not None else because)


def _meeting(choices: Sequence[Sequence[Taking]], *, guarded: bool) -> list[Taking] | None:
    """One taking for each step of the circle, of different threads, which could all wait at the same time.

    ``guarded`` admits gates: then only the threads have to differ.
    """
    chosen: list[Taking] = []

    def complete() -> bool:
        if len(chosen) == len(choices):
            return guarded or _is_stuck(chosen)
        for taking in choices[len(chosen)]:
            if any(one.thread == taking.thread or (not guarded and one.gates(taking)) for one in chosen):
                continue
            chosen.append(taking)
            if complete():
                return True
            chosen.pop()
        return False

    return chosen if complete() else None


def _is_stuck(chosen: Sequence[Taking]) -> bool:
    """Whether each really waits for the next one: a reader does not wait for a reader, unless writers go first."""
    for taking, following in zip(chosen, (*chosen[1:], chosen[0]), strict=True):
        readers_first = isinstance(taking.lock, ReadWriteLock) and taking.lock.preference == "readers"
        if readers_first and not taking.alone and not dict(following.held).get(taking.lock, True):
            return False
    return True
