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

from array import array
from dataclasses import dataclass, field
from itertools import accumulate, islice
from operator import length_hint
from typing import TYPE_CHECKING

from simulator.errors import Interrupted, StepLimit
from simulator.exploration.budget import Watch
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

if TYPE_CHECKING:
    from simulator.exploration.helpers.checkpoint import Keeper
    from simulator.exploration.helpers.parallel import Crew

CHANCE_BITS = 120
CHANCE = (1 << CHANCE_BITS) - 1
CERTAIN = 1 << (CHANCE_BITS - 1)
START = (1 << CHANCE_BITS) + CERTAIN
"""The weight of the initial state: one way to be there, for certain."""
TRANSITIONS_BETWEEN_LOOKS = 5_000
STATES_BETWEEN_LOOKS = 2_048
"""How often the budget is looked at. A power of two."""


@dataclass
class Sweep:
    """Where counting by layers stands, between two states."""

    layer: dict[int, int]
    """States after so many steps, all reached by that many, and their weights; those that are still to be expanded."""
    following: dict[int, int] = field(default_factory=dict)
    """Those after one step more, as far as they are known, with their weights so far."""


@dataclass
class Graph:
    """The state graph as far as it is known; states go by their place in the order in which they were met."""

    ways: array[int] = field(default_factory=lambda: array("I"))
    """How many successors each state has that was expanded."""
    targets: array[int] = field(default_factory=lambda: array("I"))
    """The successors, of one state after the other."""


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
    sweep: Sweep | None = None
    graph: Graph | None = None
    """Where it stands, in one way of counting or in the other."""


def interleavings_of(weight: int) -> int:
    """How many interleavings a weight stands for."""
    return weight >> CHANCE_BITS


def probability_of(weight: int) -> float:
    """How probable they are together."""
    return (weight & CHANCE) / CERTAIN


def divided(weight: int, ways: int) -> int:
    """The weight that each of `ways` equally likely steps carries on: all interleavings, and its part of the chance."""
    return weight - (weight & CHANCE) + (weight & CHANCE) // ways


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


def look(watch: Watch, walk: Walk, frontier: int, keeper: Keeper | None) -> str:
    """Why the walk has to stop here, between two states; nothing if it may go on."""
    try:
        if keeper is not None and keeper.interrupted:
            return "interrupted"
        return watch.look(len(walk.first_from), frontier, walk.ends)
    except Interrupted:
        raise
    except KeyboardInterrupt:
        return "interrupted"


def count_by_layers(
    machine: Machine, folding: Folding, watch: Watch, walk: Walk, keeper: Keeper | None = None, crew: Crew | None = None
) -> bool:
    """Count while exploring, one number of steps after the other; False if a state is reached after different numbers."""
    sweep = walk.sweep = walk.sweep or Sweep(dict.fromkeys(walk.first_from, START))
    steps = distance(walk.first_from, next(iter(sweep.layer or sweep.following)))
    while sweep.layer or sweep.following:
        if not sweep.layer:
            sweep.layer, sweep.following = sweep.following, {}
            steps += 1
            refuse_endless(machine, steps)
        if crew is not None and crew.wants(sweep):
            even = crew.expand(machine, folding, watch, walk, sweep, keeper)
        else:
            even = expand_layer(machine, folding, watch, walk, sweep, keeper)
        if not even:
            return False
        if sweep.following and not walk.stopped:
            walk.stopped = look(watch, walk, len(sweep.following), keeper)
        if walk.stopped:
            return True
    return True


def distance(first_from: dict[int, int], state: int) -> int:
    """How many steps from the start a state was first met."""
    steps = 0
    while (state := first_from[state]) >= 0:
        steps += 1
    return steps


def refuse_endless(machine: Machine, steps: int) -> None:
    """Raise `StepLimit` for states that far away: merging alone does not see that a loop counts for ever."""
    if steps > machine.most_steps:
        raise StepLimit(machine.most_steps, " of the whole program")


def expand_layer(
    machine: Machine, folding: Folding, watch: Watch | None, walk: Walk, sweep: Sweep, keeper: Keeper | None
) -> bool:
    """Expand the states of a layer, until the watch says stop; False if a state is reached after different numbers of steps.

    What is left of the layer is in the sweep at every look, and at an interrupt.
    """
    first_from, ends, successors = walk.first_from, walk.ends, machine.successors
    fold = folding.folded if folding.active else None
    layer, following = sweep.layer, sweep.following
    known = following.get
    transitions = walk.transitions
    next_look = transitions - transitions % TRANSITIONS_BETWEEN_LOOKS + TRANSITIONS_BETWEEN_LOOKS
    rest = iter(layer.items())
    state = -1
    try:
        for state, weight in rest:  # the hot loop: `divided` is written out, a state is looked up once
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
            if transitions > next_look and watch is not None:
                next_look = transitions + TRANSITIONS_BETWEEN_LOOKS
                walk.transitions = transitions
                walk.stopped = look(watch, walk, len(following), keeper)
                if walk.stopped:
                    sweep.layer = dict(rest)
                    return True
                if keeper is not None and keeper.due():
                    sweep.layer = dict(islice(layer.items(), len(layer) - length_hint(rest), None))
                    keeper.keep(walk)
    except KeyboardInterrupt:
        sweep.layer = {state: layer[state], **dict(rest)} if state >= 0 else layer
        walk.transitions = transitions
        raise
    walk.transitions = transitions
    sweep.layer = {}
    return True


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
