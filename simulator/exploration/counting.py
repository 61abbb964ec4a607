"""Every state once, and exactly how many interleavings lead to each end.

An interleaving is a path of the state graph, so the number of interleavings that end in a state is the number of paths to
it: the sum over its predecessors, which have to be counted first. Two ways to have them in order:

* by layers: all states after 0 steps, after 1 step, … Almost every program has states that are always reached by
  the same number of steps, and then one sweep counts while it explores.
* in topological order (A. B. Kahn, CACM 5(11), 1962), where a state is reached by paths of different lengths. If no such
  order exists the graph has a cycle: a loop that can spin for ever, and the number of interleavings has no end.
"""

from __future__ import annotations

from itertools import accumulate, islice

from simulator.errors import Interrupted
from simulator.exploration.budget import Watch
from simulator.exploration.layers import count_by_layers
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import (
    START,
    STATES_BETWEEN_LOOKS,
    Crew,
    Graph,
    Keeper,
    Walk,
    distance,
    divided,
    look,
    refuse_endless,
)
from simulator.machine import Machine


def count(machine: Machine, folding: Folding, watch: Watch, keeper: Keeper | None = None, crew: Crew | None = None) -> Walk:
    """Walk over all states, within the budget; Ctrl-C ends the walk as a budget does.

    A keeper writes checkpoints, and may know where to go on; a crew expands large layers elsewhere.
    """
    walk = (keeper.begin(machine, folding) if keeper is not None else None) or Walk({})
    if crew is not None:
        crew.begin(machine, folding)
    if keeper is None:
        return _count(machine, folding, watch, walk, None, crew)
    with keeper.putting_off_interrupts():
        return _count(machine, folding, watch, walk, keeper, crew)


def _count(machine: Machine, folding: Folding, watch: Watch, walk: Walk, keeper: Keeper | None, crew: Crew | None) -> Walk:
    start = walk.first_from or {(folding.folded(machine.initial) if folding.active else machine.initial): -1}
    walk.first_from = start
    try:
        if walk.graph is None and not count_by_layers(machine, folding, watch, walk, keeper, crew):
            walk = Walk({next(iter(start)): -1}, graph=Graph())
        if walk.graph is not None:
            count_in_order(machine, folding, watch, walk, keeper)
    except Interrupted:  # a thread was computing: that is an error in the program, and is told
        if keeper is not None:
            keeper.keep(walk)
        raise
    except KeyboardInterrupt:
        walk.stopped = "interrupted"
    if keeper is not None and walk.stopped:
        keeper.keep(walk)
    walk.sweep = walk.graph = None
    return walk


def count_in_order(machine: Machine, folding: Folding, watch: Watch, walk: Walk, keeper: Keeper | None = None) -> bool:
    """Explore first, then count in topological order."""
    graph = explore_edges(machine, folding, watch, walk, keeper)
    states = list(walk.first_from)
    if walk.stopped:
        walk.ends = {state: 0 for state, ways in zip(states, graph.ways, strict=False) if not ways}
        return True
    first_target = list(accumulate(graph.ways, initial=0))
    incoming = [0] * len(states)
    for place in graph.targets:
        incoming[place] += 1
    weights = {0: START}
    ready = [0] if not incoming[0] else []
    counted = 0
    while ready:
        state = ready.pop()
        counted += 1
        weight = weights.pop(state)
        after = graph.targets[first_target[state] : first_target[state + 1]]
        if not after:
            walk.ends[states[state]] = weight
            continue
        weight = divided(weight, len(after))
        for next_state in after:
            weights[next_state] = weights.get(next_state, 0) + weight
            incoming[next_state] -= 1
            if not incoming[next_state]:
                ready.append(next_state)
    walk.endless = counted < len(states)
    ends = (state for state, ways in zip(states, graph.ways, strict=True) if not ways)  # in the order in which they were met
    walk.ends = {state: 0 if walk.endless else walk.ends[state] for state in ends}
    return True


def explore_edges(machine: Machine, folding: Folding, watch: Watch, walk: Walk, keeper: Keeper | None) -> Graph:
    """The state graph. Breadth first."""
    graph = walk.graph = walk.graph or Graph()
    first_from, targets = walk.first_from, graph.targets
    queue = list(first_from)
    places = {state: place for place, state in enumerate(queue)}
    for state in islice(queue, len(graph.ways), None):  # the queue grows while it is walked
        after = machine.successors(state)
        if folding.active:
            after = [folding.folded(next_state) for next_state in after]
        for next_state in after:
            place = places.setdefault(next_state, len(queue))
            if place == len(queue):
                first_from[next_state] = state
                queue.append(next_state)
            targets.append(place)
        graph.ways.append(len(after))
        walk.transitions = len(targets)
        if not len(graph.ways) & (STATES_BETWEEN_LOOKS - 1):
            walk.stopped = look(watch, walk, len(queue) - len(graph.ways), keeper)
            if walk.stopped:
                break
            refuse_endless(machine, distance(first_from, state))
            if keeper is not None and keeper.due():
                keeper.keep(walk)
    return graph
