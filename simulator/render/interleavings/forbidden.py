"""Why no interleaving comes to a point of a lattice: locks and semaphores forbid it, or no way leads there.

Dijkstra's forbidden region is where two threads would have the same thing at once. What a thread has after so many steps
may depend on what it has read; so it counts only if the thread has it in all states that are reached when it has taken as
many steps, and the other one no more than at the point in question.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from simulator.objects.base import SharedObject
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, State, StateGraph
    from simulator.render.interleavings.crossings import Lattice, Place

READS, HOLDS = "reads", "holds"
Had = dict[SharedObject, str]
"""What a thread has, and whether another one could have it, too."""
Holdings = dict[int, list[tuple[int, Had]]]
"""For each number of steps of a thread: how many the other one has taken, and what the thread has, in every state."""
Left = tuple[list[int], list[int]]
"""The units of a semaphore that are left after so many steps of each thread: the sum of both lists."""


def forbidden(table: Lattice) -> dict[Place, tuple[str, ...]]:
    """The points at which the two threads would have the same lock, or more units of a semaphore than there are.

    Answers for each of them the names of these objects. Other points that are not reached are merely out of reach: every
    way to them leads through a forbidden one, or through a wait for something else.
    """
    held = _held(table.graph)
    objects = table.graph.states[0].object_states
    left: dict[SharedObject, Left] = {one: _left(table.graph, one) for one in objects if isinstance(one, Semaphore)}
    found: dict[Place, tuple[str, ...]] = {}
    for x in range(table.size[0] + 1):
        for y in range(table.size[1] + 1):
            if (x, y) in table.points:
                continue
            first, second = _surely(held[0][x], y), _surely(held[1][y], x)
            by = [one.name for one in objects if _clash(first.get(one), second.get(one)) or _lacks(left.get(one), x, y)]
            if by:
                found[x, y] = tuple(by)
    return found


def _clash(first: str | None, second: str | None) -> bool:
    """Two can read, but only one can hold."""
    return first is not None and second is not None and HOLDS in (first, second)


def _lacks(left: Left | None, x: int, y: int) -> bool:
    return left is not None and left[0][x] + left[1][y] < 0


def _held(graph: StateGraph) -> tuple[Holdings, Holdings]:
    held: tuple[Holdings, Holdings] = {}, {}
    for state, place in _reached(graph):
        for axis in (0, 1):
            held[axis].setdefault(place[axis], []).append((place[1 - axis], _has(graph.states[state], axis)))
    return held


def _surely(found: list[tuple[int, Had]], most: int) -> Had:
    """What a thread has in all states in which the other one has taken at most so many steps; in all, if there are none."""
    before = [had for others, had in found if others <= most] or [had for _, had in found]
    return {one: how for one, how in before[0].items() if all(had.get(one) == how for had in before)}


def _has(state: State, thread: int) -> Had:
    return {
        one: READS if isinstance(one, ReadWriteLock) and values[1] is None else HOLDS
        for one, values in state.object_states.items()
        if thread in one.holders(values)
    }


def _left(graph: StateGraph, semaphore: Semaphore) -> Left:
    """The units that are left after so many steps of each thread, at most; those of the start count with the first."""
    most: tuple[dict[int, int], dict[int, int]] = {}, {}
    for place, step in _steps(graph):
        axis = graph.program.position(step.thread)
        before, after = (graph.states[state].object_states[semaphore] for state in (step.source, step.target))
        most[axis][place[axis]] = max(after - before, most[axis].get(place[axis], after - before))
    start: Any = graph.states[0].object_states[semaphore]
    first, second = ([changes[place] for place in range(len(changes))] for changes in most)
    return list(accumulate(first, initial=start)), list(accumulate(second, initial=0))


def _reached(graph: StateGraph) -> Iterator[tuple[int, Place]]:
    """Every state, with how many steps each thread has taken there; once for each such number."""
    seen = {(0, (0, 0))}
    stack = [*seen]
    while stack:
        state, (x, y) = stack.pop()
        yield state, (x, y)
        for step in graph.after[state]:
            after = (x + 1, y) if graph.program.position(step.thread) == 0 else (x, y + 1)
            if (step.target, after) not in seen:
                seen.add((step.target, after))
                stack.append((step.target, after))


def _steps(graph: StateGraph) -> Iterator[tuple[Place, Edge]]:
    for state, place in _reached(graph):
        for step in graph.after[state]:
            yield place, step
