"""One layer of states after the other: all states after 0 steps, after 1 step, … counted while they are explored."""

from __future__ import annotations

from itertools import islice
from operator import length_hint

from simulator.exploration.budget import Watch
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import CHANCE, START, Crew, Keeper, Sweep, Walk, distance, look, refuse_endless
from simulator.machine import Machine

TRANSITIONS_BETWEEN_LOOKS = 5_000
"""How often the budget is looked at."""


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
