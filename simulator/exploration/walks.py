"""A walk over the states of a program: what it has found, where it stands, and whom it may have to do with.

A weight is two numbers in one: how many interleavings come to a state, and, in the lower bits, how probable that is if all
enabled threads are equally likely at every step. The probability is a fixed-point number, so it is the same whatever the
order of the additions.
"""

from __future__ import annotations

from array import array
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from simulator.errors import Interrupted, StepLimit
from simulator.exploration.budget import Watch
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

CHANCE_BITS = 120
CHANCE = (1 << CHANCE_BITS) - 1
CERTAIN = 1 << (CHANCE_BITS - 1)
START = (1 << CHANCE_BITS) + CERTAIN
"""The weight of the initial state: one way to be there, for certain."""
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


class Keeper(Protocol):
    """Somebody who keeps checkpoints of a walk, and may know where to go on (see `helpers.checkpoint`)."""

    interrupted: bool

    def begin(self, machine: Machine, folding: Folding) -> Walk | None:
        """The walk that was kept, if there is one; the machine then knows what it knew."""

    def due(self) -> bool:
        """Whether it is time to keep something."""

    def keep(self, walk: Walk) -> None:
        """Keep where the walk stands."""

    def torn(self) -> None:
        """Something was changed that had been kept already."""

    def putting_off_interrupts(self) -> AbstractContextManager[None]:
        """Ctrl-C only sets `interrupted` meanwhile, so that what is kept is whole."""


class Crew(Protocol):
    """Others who expand large layers (see `helpers.parallel`)."""

    def begin(self, machine: Machine, folding: Folding) -> None:
        """Get ready for a machine."""

    def wants(self, sweep: Sweep) -> bool:
        """Whether the layer is large enough to be shared."""

    def expand(
        self, machine: Machine, folding: Folding, watch: Watch, walk: Walk, sweep: Sweep, keeper: Keeper | None
    ) -> bool:
        """Expand the layer as `layers.expand_layer` does."""


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
