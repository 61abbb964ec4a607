"""Every state once, and exactly how many interleavings lead to each end.

An interleaving is a path of the state graph, so the number of interleavings that end in a state is the number of paths to
it: the sum over its predecessors, which have to be counted first. Two ways to have them in order:

* by layers: all states after 0 steps, after 1 step, … Almost every program has states that are always reached by
  the same number of steps, and then one sweep counts while it explores.
* in topological order (A. B. Kahn, CACM 5(11), 1962), where a state is reached by paths of different lengths. If no such
  order exists the graph has a cycle: a loop that can spin for ever, and the number of interleavings has no end.

A weight is two numbers in one: how many interleavings come here, and, in the lower bits, how probable that is if all
enabled threads are equally likely at every step. The probability is a fixed-point number, so it is the same whatever
the order of the additions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.errors import Interrupted
from simulator.exploration.budget import Watch
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

CHANCE_BITS = 120
CHANCE = (1 << CHANCE_BITS) - 1
CERTAIN = 1 << (CHANCE_BITS - 1)
START = (1 << CHANCE_BITS) + CERTAIN
"""The weight of the initial state: one way to be there, for certain."""
TRANSITIONS_BETWEEN_LOOKS = 5_000
STATES_BETWEEN_LOOKS = 2_048
"""How often the budget is looked at. A power of two."""


@dataclass
class Walk:
    """What a walk over the states found. ``first_from`` maps each state to the one it was first reached from."""

    first_from: dict[int, int]
    ends: dict[int, int] = field(default_factory=dict)
    """State in which an execution ends -> weight."""
    broken: list[int] = field(default_factory=list)
    """The states that break an invariant, if one was asked for."""
    transitions: int = 0
    endless: bool = False
    stopped: str = ""
    """Why the walk ended before it was complete; empty if it did not."""


def interleavings_of(weight: int) -> int:
    """How many interleavings a weight stands for."""
    return weight >> CHANCE_BITS


def probability_of(weight: int) -> float:
    """How probable they are together."""
    return (weight & CHANCE) / CERTAIN


def divided(weight: int, ways: int) -> int:
    """The weight that each of `ways` equally likely steps carries on: all interleavings, and its part of the chance."""
    return weight - (weight & CHANCE) + (weight & CHANCE) // ways


def count(machine: Machine, folding: Folding, watch: Watch) -> Walk:
    """Walk over all states, within the budget; Ctrl-C ends the walk as a budget does."""
    start = folding.folded(machine.initial) if folding.active else machine.initial
    for way in (count_by_layers, count_in_order):
        walk = Walk({start: -1})
        try:
            if way(machine, folding, watch, walk):
                return walk
        except Interrupted:  # a thread was computing: that is an error in the program, and is told
            raise
        except KeyboardInterrupt:
            walk.stopped = "interrupted"
            return walk
    raise AssertionError("unreachable: the second way always comes to an end")


def count_by_layers(machine: Machine, folding: Folding, watch: Watch, walk: Walk) -> bool:
    """Count while exploring, one number of steps after the other; False if a state is reached after different numbers."""
    first_from, ends, successors = walk.first_from, walk.ends, machine.successors
    fold = folding.folded if folding.active else None
    layer = dict.fromkeys(first_from, START)
    transitions = 0
    next_look = TRANSITIONS_BETWEEN_LOOKS
    while layer:
        following: dict[int, int] = {}
        known = following.get
        for state, weight in layer.items():  # the hot loop: `divided` is written out, a state is looked up once
            after = successors(state)
            if not after:
                ends[state] = weight
                continue
            if fold is not None:
                after = [fold(next_state) for next_state in after]
            ways = len(after)
            transitions += ways
            if ways > 1:
                chance = weight & CHANCE
                weight += chance // ways - chance
            for next_state in after:
                so_far = known(next_state)
                if so_far is not None:
                    following[next_state] = so_far + weight
                elif next_state in first_from:
                    return False
                else:
                    following[next_state] = weight
                    first_from[next_state] = state
            if transitions > next_look:
                next_look = transitions + TRANSITIONS_BETWEEN_LOOKS
                walk.stopped = watch.look(len(first_from), len(following), len(ends))
                if walk.stopped:
                    break
        walk.transitions = transitions
        if following and not walk.stopped:
            walk.stopped = watch.look(len(first_from), len(following), len(ends))
        if walk.stopped:
            return True
        layer = following
    return True


def count_in_order(machine: Machine, folding: Folding, watch: Watch, walk: Walk) -> bool:
    """Explore first, then count in topological order."""
    (start,) = walk.first_from
    edges, incoming = explore_edges(machine, folding, watch, walk)
    if walk.stopped:
        walk.ends = {state: 0 for state, after in edges.items() if not after}
        return True
    weights = {start: START}
    ready = [start] if not incoming.get(start) else []
    counted = 0
    while ready:
        state = ready.pop()
        counted += 1
        weight = weights.pop(state)
        after = edges[state]
        if not after:
            walk.ends[state] = weight
            continue
        weight = divided(weight, len(after))
        for next_state in after:
            weights[next_state] = weights.get(next_state, 0) + weight
            incoming[next_state] -= 1
            if not incoming[next_state]:
                ready.append(next_state)
    walk.endless = counted < len(edges)
    if walk.endless:
        walk.ends = {state: 0 for state, after in edges.items() if not after}
    return True


def explore_edges(
    machine: Machine, folding: Folding, watch: Watch, walk: Walk
) -> tuple[dict[int, list[int]], dict[int, int]]:
    """The state graph: for every state its successors, and how many edges lead to it. Breadth first."""
    edges: dict[int, list[int]] = {}
    incoming: dict[int, int] = {}
    queue = list(walk.first_from)
    for state in queue:  # the queue grows while it is walked
        after = machine.successors(state)
        if folding.active:
            after = [folding.folded(next_state) for next_state in after]
        edges[state] = after
        walk.transitions += len(after)
        for next_state in after:
            incoming[next_state] = incoming.get(next_state, 0) + 1
            if next_state not in walk.first_from:
                walk.first_from[next_state] = state
                queue.append(next_state)
        if not len(edges) & (STATES_BETWEEN_LOOKS - 1):
            walk.stopped = watch.look(len(walk.first_from), len(queue) - len(edges), 0)
            if walk.stopped:
                break
    return edges, incoming
