"""Where an execution can stay for ever: strongly connected components of a state graph, and which of them are fair.

* *weakly fair*: a thread that is enabled from some time on, without a break, steps again and again.
* *strongly fair*: a thread that is enabled again and again steps again and again.

An execution without an end comes, in a finite graph, to a strongly connected part that it never leaves (R. Tarjan,
"Depth-first search and linear graph algorithms", SIAM J. Comput. 1, 1972). A part can be walked in a weakly fair way if
each thread steps in it or is disabled somewhere in it; in a strongly fair way if each thread that is enabled somewhere in it
steps in it. Where one does not, the states in which it is enabled are left out and what remains is looked at again
(O. Lichtenstein and A. Pnueli, POPL 1985, section 5; E. A. Emerson and C.-L. Lei, Sci. Comput. Program. 8, 1987).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int, int]
"""(thread, code of its step, state after it)"""
Graph = Mapping[int, Sequence[Edge]]


def components(graph: Graph, states: Collection[int]) -> Iterator[set[int]]:
    """The strongly connected components of a part of a graph that have an edge inside; Tarjan's algorithm, iterative."""
    inside = states if isinstance(states, (set, frozenset, dict)) else set(states)
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in states:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            state, edges = work[-1]
            for _, _, after in edges:
                if after not in inside:
                    continue
                if after not in index:
                    index[after] = low[after] = len(index)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(graph[after])))
                    break
                if after in on_stack:
                    low[state] = min(low[state], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == index[state]:
                    yield from _nontrivial(graph, _popped(stack, on_stack, state))


def _popped(stack: list[int], on_stack: set[int], until: int) -> set[int]:
    found: set[int] = set()
    while until not in found:
        found.add(stack.pop())
    on_stack -= found
    return found


def _nontrivial(graph: Graph, found: set[int]) -> Iterator[set[int]]:
    if len(found) > 1 or any(after in found for state in found for _, _, after in graph[state]):
        yield found


def stepping(graph: Graph, part: set[int]) -> set[int]:
    """The threads that can step without leaving a part."""
    return {thread for state in part for thread, _, after in graph[state] if after in part}


def any_cycles(graph: Graph, enabled: Mapping[int, frozenset[int]], states: Collection[int]) -> Iterator[set[int]]:
    """The parts in which an execution can stay, fair or not."""
    yield from components(graph, states)


def weakly_fair(graph: Graph, enabled: Mapping[int, frozenset[int]], states: Collection[int]) -> Iterator[set[int]]:
    """The parts that can be walked for ever in a weakly fair way. ``enabled``: who is, in each state (in the full graph)."""
    for part in components(graph, states):
        always = frozenset.intersection(*(enabled[state] for state in part))
        if always <= stepping(graph, part):
            yield part


def strongly_fair(graph: Graph, enabled: Mapping[int, frozenset[int]], states: Collection[int]) -> Iterator[set[int]]:
    """The largest parts that can be walked for ever in a strongly fair way."""
    waiting: list[Collection[int]] = [states]
    while waiting:
        for part in components(graph, waiting.pop()):
            sometimes = frozenset().union(*(enabled[state] for state in part))
            neglected = sometimes - stepping(graph, part)
            if not neglected:
                yield part
            else:
                waiting.append({state for state in part if not enabled[state] & neglected})


def tour(
    graph: Graph, part: set[int], start: int, enabled: Mapping[int, frozenset[int]], also: Collection[tuple[int, int]]
) -> list[int]:
    """The codes of a closed walk in a part: each thread that can step does, and each other that can be disabled is, once.

    ``also``: (state, code) of steps of which at least one has to be among them, if there are any.
    """
    steps = stepping(graph, part)
    pauses = frozenset().union(*(enabled[state] for state in part)) - frozenset.intersection(
        *(enabled[state] for state in part)
    )
    missing = Missing(steps, set(pauses) - steps, set(also))
    codes: list[int] = []
    now = start
    while missing or now != start or not codes:
        for state, (thread, code, after) in _walk(graph, part, now, enabled, missing, start if codes else None):
            codes.append(code)
            missing.steps.discard(thread)
            missing.pauses &= enabled[after]
            if (state, code) in missing.also:
                missing.also.clear()
            now = after
    return codes


@dataclass
class Missing:
    """What a tour still has to come by: threads that have to step, threads that have to be disabled, one of these steps."""

    steps: set[int]
    pauses: set[int]
    also: set[tuple[int, int]]

    def __bool__(self) -> bool:
        return bool(self.steps or self.pauses or self.also)


def _walk(
    graph: Graph, part: set[int], start: int, enabled: Mapping[int, frozenset[int]], missing: Missing, home: int | None
) -> list[tuple[int, Edge]]:
    """The shortest walk to something that is missing; home, if nothing is; anywhere, if there is no home yet."""
    came: dict[int, tuple[int, Edge]] = {}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        for edge in graph[state]:
            thread, code, after = edge
            if after not in part:
                continue
            if missing:
                arrived = thread in missing.steps or bool(missing.pauses - enabled[after]) or (state, code) in missing.also
            else:
                arrived = home is None or after == home
            if arrived:
                return [*_back(came, start, state), (state, edge)]
            if after not in came and after != start:
                came[after] = (state, edge)
                queue.append(after)
    raise AssertionError("in a strongly connected part everything can be reached")


def _back(came: Mapping[int, tuple[int, Edge]], start: int, state: int) -> list[tuple[int, Edge]]:
    way: list[tuple[int, Edge]] = []
    while state != start:
        way.append(came[state])
        state = came[state][0]
    return way[::-1]
