"""Only the interleavings within a bound: at most so many preemptions, or at most so many delays.

Most bugs need few preemptions, and the number of interleavings with few of them grows far more slowly than that of all
(M. Musuvathi and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded programs", PLDI 2007). The
same with delays of a deterministic scheduler (M. Emmi, S. Qadeer and Z. Rakamaric, "Delay-bounded scheduling", POPL 2011).

What may happen next within a bound depends on more than the state: on the thread that stepped last, and on how much of the
bound is used up. A `BoundedMachine` walks over states that are extended by these two, with the interface of a `Machine`; so
everything that walks a machine walks it within the bound, and counts its paths exactly.

Deviation from the first paper: it explores all executions with 0 preemptions, then those with 1, and so on, re-running
the program for each. Here all of them are paths of one graph, and none is listed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.automaton import Node
from simulator.errors import correction
from simulator.execution import Event, Execution
from simulator.exploration.symmetry import Folding
from simulator.learned import Move
from simulator.machine import Machine
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.tables import OPTION_BITS
from simulator.words import count

STATES_IN_A_PART = 1_000_000
"""How many states are told apart at once, to count them."""

NOBODY = 0
"""In place of the thread that stepped last, if it does not matter. Threads count from 1 there."""


@dataclass(frozen=True)
class Bound:
    """How many preemptions, or how many delays, an interleaving may have at most."""

    kind: str
    most: int

    @classmethod
    def of(cls, preemptions: int | None, delays: int | None) -> Bound | None:
        """The bound that was asked for, None if there is none. Raises if it is none that could be meant."""
        for kind, most in (("preemptions", preemptions), ("delays", delays)):
            if most is None:
                continue
            wrong = f"{kind} was expecting a whole number, zero or more (None: no bound), but got {most!r}"
            if not isinstance(most, int) or isinstance(most, bool):
                raise TypeError(wrong)
            if most < 0:
                raise ValueError(wrong)
        if preemptions is not None and delays is not None:
            raise ValueError(
                correction(
                    "preemptions= and delays= are two different bounds, and an exploration has one.",
                    (f"explore(program, preemptions={preemptions}, delays={delays})", ""),
                    (f"explore(program, preemptions={preemptions})", "or delays= alone"),
                )
            )
        if preemptions is not None:
            return cls("preemption", preemptions)
        return cls("delay", delays) if delays is not None else None

    def __str__(self) -> str:
        return f"at most {count(self.most, self.kind)}"

    def over(self, machine: Machine) -> BoundedMachine:
        """The machine that goes only where the bound allows."""
        return WithinPreemptions(machine, self.most) if self.kind == "preemption" else WithinDelays(machine, self.most)


class BoundedMachine(Machine, ABC):
    """A machine over extended states: (state, thread that stepped last, how much of the bound is used up), in one integer.

    The interface is that of a `Machine`, and the learning is left to the one inside: that is all they have in common.
    A walk never gets stuck at the bound: going on as the bound wants it costs nothing.
    """

    can_fold = True
    """Whether the bound treats all threads alike, whatever their order."""

    def __init__(self, machine: Machine, most: int) -> None:
        self.inner = machine
        self.most = most
        self.program: Program = machine.program
        self.most_steps = machine.most_steps
        self.kinds = machine.kinds
        self.objects = machine.objects
        self.threads = len(machine.program.names)
        self.used_bits = most.bit_length()
        self.extra = self.used_bits + self.threads.bit_length()
        """How many bits are added below those of a state."""
        self.initial = self.packed(machine.initial, NOBODY, 0)

    def packed(self, state: int, last: int, used: int) -> int:
        """An extended state."""
        return (state << self.threads.bit_length() | last) << self.used_bits | used

    def unpacked(self, extended: int) -> tuple[int, int, int]:
        """The state, the thread that stepped last (from 1; `NOBODY` if it does not matter), how much is used up."""
        last = extended >> self.used_bits & ((1 << self.threads.bit_length()) - 1)
        return extended >> self.extra, last, extended & ((1 << self.used_bits) - 1)

    # Walking

    @abstractmethod
    def moves(self, state: int) -> list[Move]:
        """What the bound allows to be done next, with the extended states after it."""

    @abstractmethod
    def forbids(self, state: int) -> bool:
        """Whether something could be done in an extended state that the bound does not allow."""

    def successors(self, state: int) -> list[int]:
        """The extended states after one step that the bound allows."""
        return [after for _, after in self.moves(state)]

    def step(self, state: int, code: int) -> int | None:
        """The extended state after one step; None if it cannot be done or the bound does not allow it."""
        return next((after for known, after in self.moves(state) if known == code), None)

    # Meaning: what the state inside stands for

    def node(self, state: int, thread: int) -> Node:
        return self.inner.node(state >> self.extra, thread)

    def object_states(self, state: int) -> Mapping[SharedObject, Any]:
        return self.inner.object_states(state >> self.extra)

    def values(self, state: int) -> Final:
        return self.inner.values(state >> self.extra)

    def objects_field(self) -> int:
        return self.inner.objects_field() << self.extra

    def waiting(self, state: int) -> dict[str, Operation[Any]]:
        return self.inner.waiting(state >> self.extra)

    def outcome(self, state: int) -> Outcome:
        return self.inner.outcome(state >> self.extra)

    # Paths are those of the machine inside

    def execution(self, path: Iterable[int], outcome: Outcome | None = None) -> Execution:
        return self.inner.execution(path, outcome)

    def schedule(self, path: Sequence[int]) -> Schedule:
        return self.inner.schedule(path)

    def code(self, step: str) -> int:
        return self.inner.code(step)

    def preemptions(self, path: Sequence[int]) -> int:
        return self.inner.preemptions(path)

    def trace(self, path: Iterable[int]) -> tuple[Event, ...]:
        return self.inner.trace(path)

    def close(self) -> None:
        self.inner.close()


class WithinPreemptions(BoundedMachine):
    """At most so many preemptions: steps of another thread although the one that stepped last could have gone on.

    A thread that is blocked or has ended is left at no cost, so then it does not matter who it was.
    """

    def moves(self, state: int) -> list[Move]:
        """What the bound allows to be done next. (A hot loop: `packed` is written out.)"""
        inside, last, used = self.unpacked(state)
        moves = self.inner.moves(inside)
        if last != NOBODY and used == self.most:
            moves = [move for move in moves if move[0] >> OPTION_BITS == last - 1]
        after = []
        can_go_on, used_bits = self._can_go_on, self.used_bits
        thread_bits = self.extra - used_bits
        for code, following in moves:
            thread = (code >> OPTION_BITS) + 1
            now = used if last in (NOBODY, thread) else used + 1
            stepped = thread if can_go_on(following, thread - 1) else NOBODY
            after.append((code, (following << thread_bits | stepped) << used_bits | now))
        return after

    def forbids(self, state: int) -> bool:
        inside, last, used = self.unpacked(state)
        if last == NOBODY or used < self.most:
            return False
        return any(code >> OPTION_BITS != last - 1 for code, _ in self.inner.moves(inside))

    def _can_go_on(self, state: int, thread: int) -> bool:
        if self.program.daemons:  # they could, but do not when all the others have ended
            return any(code >> OPTION_BITS == thread for code, _ in self.inner.moves(state))
        return self.inner.step(state, thread << OPTION_BITS) is not None


class WithinDelays(BoundedMachine):
    """At most so many delays of a round-robin scheduler that never preempts.

    The scheduler goes on with the thread that stepped last, at the start with the first one of the program. If that one is
    blocked or has ended, it takes the next enabled one in the order of the program, after the last thread the first one
    again. A delay makes it take the next enabled one after that instead; several delays may come before one step, but never
    so many that it is back at the thread where it began. So each interleaving has one number of delays.
    """

    can_fold = False

    def moves(self, state: int) -> list[Move]:
        inside, last, used = self.unpacked(state)
        first = max(last - 1, 0)
        moves = self.inner.moves(inside)
        enabled = sorted({code >> OPTION_BITS for code, _ in moves}, key=lambda thread: (thread - first) % self.threads)
        delays = {thread: place for place, thread in enumerate(enabled)}
        after = []
        for code, following in moves:
            thread = code >> OPTION_BITS
            if used + delays[thread] <= self.most:
                after.append((code, self.packed(following, thread + 1, used + delays[thread])))
        return after

    def forbids(self, state: int) -> bool:
        inside, _, used = self.unpacked(state)
        enabled = {code >> OPTION_BITS for code, _ in self.inner.moves(inside)}
        return len(enabled) > self.most - used + 1


class BoundedFolding(Folding):
    """Folds extended states: threads change names, and so does the one that stepped last."""

    def __init__(self, machine: BoundedMachine, *, wanted: bool = True) -> None:
        super().__init__(machine.inner, wanted=wanted and machine.can_fold)
        self._bounded = machine

    def fold(self, state: int, last: int = -1) -> tuple[int, int]:
        """The extended state that stands for this one, and who stepped last in it; -1 if that does not matter."""
        inside, stepped, used = self._bounded.unpacked(state)
        inside, renamed = super().fold(inside, stepped - 1)
        return self._bounded.packed(inside, renamed + 1, used), renamed


def folding_of(machine: Machine, wanted: bool) -> Folding:
    """How the states of a machine are folded, bounded or not."""
    return BoundedFolding(machine, wanted=wanted) if isinstance(machine, BoundedMachine) else Folding(machine, wanted=wanted)


def is_bounded(machine: Machine, states: Iterable[int]) -> bool:
    """Whether a walk over these states left out anything because of a bound."""
    return isinstance(machine, BoundedMachine) and any(map(machine.forbids, states))


def distinct_states(machine: Machine, folding: Folding, states: Collection[int]) -> int:
    """How many states of the program these are: within a bound each may come with several threads and rests of the bound.

    Counted in parts, one after the other, so that it takes little memory in addition.
    """
    if not isinstance(machine, BoundedMachine):
        return len(states)
    plain = Folding(machine.inner, wanted=folding.active)
    inside = plain.folded if plain.active else int
    extra, parts = machine.extra, 1 + len(states) // STATES_IN_A_PART
    if parts == 1:
        return len({inside(state >> extra) for state in states})
    return sum(
        len({one for state in states if hash(one := inside(state >> extra)) % parts == part}) for part in range(parts)
    )
