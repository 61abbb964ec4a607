"""How many interleavings there are from a state to an end: the core of ranking and of uniform sampling.

The number of a state is the sum of the numbers of the states after it, and is the same for all states that differ only in
which interchangeable thread is which. The longest way to an end is counted in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.errors import ProgramError, SimulatorError
from simulator.exploration.budget import Watch
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import STATES_BETWEEN_LOOKS
from simulator.learned import Move
from simulator.machine import Machine
from simulator.program import Program
from simulator.tables import FIELD, FIELD_BITS, OPTION, OPTION_BITS


class Endless(ProgramError):
    """The interleavings of this program cannot be numbered: there is no end to them."""


class StoppedCounting(SimulatorError):
    """There are more states than can be counted on this computer."""


class TooManyStates(Exception):
    """More states than the caller wants to look at."""


class Completions:
    """For each state, how many interleavings there are from it to an end; each orbit of states is counted once.

    Raises `Endless` if the program can come back to a state: from there it can go round for ever.
    """

    at_end = 1

    def __init__(
        self, machine: Machine, folding: Folding, watch: Watch | None = None, max_states: int | None = None
    ) -> None:
        self._machine = machine
        self._fold = folding.folded if folding.active else None
        self._watch = watch
        self._max_states = max_states
        self._known: dict[int, int] = {}

    @staticmethod
    def joined(numbers: Iterable[int]) -> int:
        """The number of a state, from those of the states after it."""
        return sum(numbers)

    def of(self, state: int) -> int:
        """The number of one state."""
        folded = state if self._fold is None else self._fold(state)
        if folded not in self._known:
            self._count(folded)
        return self._known[folded]

    def after(self, state: int, moves: Sequence[Move]) -> list[int]:
        """How many interleavings go on with each of the moves of a state.

        Interchangeable threads at one place have equally many, unless an object tells them apart: that spares folding.
        """
        machine = self._machine
        if self._fold is None or any(table.object.mentions_threads for table in machine.objects):
            return [self.of(after) for _, after in moves]
        numbers: dict[tuple[int, int, int], int] = {}
        found = []
        for code, after in moves:
            thread = code >> OPTION_BITS
            alike = (machine.kinds[thread], (state >> (thread * FIELD_BITS)) & FIELD, code & OPTION)
            if alike not in numbers:
                numbers[alike] = self.of(after)
            found.append(numbers[alike])
        return found

    def _count(self, start: int) -> None:
        """Depth first, with a stack of our own: a state is counted when all the states after it are. A hot loop."""
        known, fold, successors = self._known, self._fold, self._machine.successors
        most = float("inf") if self._max_states is None else self._max_states
        open_states: dict[int, list[int]] = {}  # those on the way from the start to the top of the stack
        stack = [start]
        while stack:
            state = stack[-1]
            if state in known:
                stack.pop()
                continue
            after = open_states.pop(state, None)
            if after is None:
                after = successors(state)
                if fold is not None:
                    after = [fold(next_state) for next_state in after]
                missing = [next_state for next_state in after if next_state not in known]
                if missing:
                    if len(known) + len(open_states) > most:
                        raise TooManyStates
                    open_states[state] = after
                    if any(next_state in open_states for next_state in missing):
                        raise endless(self._machine.program)
                    stack += missing
                    continue
            known[state] = self.joined([known[next_state] for next_state in after]) if after else self.at_end
            if not len(known) & (STATES_BETWEEN_LOOKS - 1) and self._watch is not None:
                reason = self._watch.look(len(known), len(stack))
                if reason:
                    raise StoppedCounting(
                        f"the interleavings of {self._machine.program} could not be counted: {reason}, after "
                        f"{len(known):,} states.\nWithout having counted them all nobody knows their numbers. What needs "
                        'none: run, find, or sample with method="walk" or "pct".'
                    )
            stack.pop()


class Lengths(Completions):
    """For each state, how many steps the longest execution takes from it to an end."""

    at_end = 0

    @staticmethod
    def joined(numbers: Iterable[int]) -> int:
        """One step, and the longest way from there."""
        return 1 + max(numbers)


def endless(program: Program) -> Endless:
    """The error for a program that can go round for ever."""
    return Endless(
        f"{program} has endlessly many interleavings: it can come back to a state in which it was before, and go round for\n"
        "ever. So they have no numbers, and none can be drawn uniformly. Often a spin loop: wait with a blocking operation\n"
        "such as lock.acquire() or shared.until(predicate), or give the loop a bound. What needs no numbers: run, find,\n"
        'explore, or sample with method="walk".'
    )
