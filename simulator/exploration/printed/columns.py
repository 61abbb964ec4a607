"""Column search for a printed text: from few letters to all of them, as many states at every number of letters as a width.

States with equally many letters shown are a column. A sweep walks some of every column, few letters first; what is left
waits for the next one, which is wider (S. G. Vadlamudi, P. Gaurav, S. Aine and P. P. Chakrabarti, "Anytime column search",
2012). Deviation: a column is a number of letters, not of steps, so that steps that print nothing stay in their column.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from simulator.exploration.budget import Watch
from simulator.exploration.printed.wanted import Wanted, look
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine
from simulator.tables import OPTION_BITS

STATES_BETWEEN_LOOKS = 128
"""How often the budget is looked at: walking these states is slower than exploring."""

Inside = Callable[[int], bool]
"""Whether a state may be entered; answered from its objects alone."""
Path = tuple[Any, ...]
"""The codes of steps, last one first: (the path before it, code), so that paths share what they have in common."""
Waiting = tuple[int, int, int, Path, int, int]
"""(preemptions, length, serial number, path, state, thread that stepped last)"""


class Column:
    """The states that wait with so many letters shown. Each waits three times over, and is walked at its first turn.

    Simplest first is what is wanted; but where many are equally simple it would never come to the last step before the
    next letter. So the latest of the simplest, and the latest of all, have their turns too.
    """

    def __init__(self) -> None:
        self._simplest: list[tuple[int, int, int, Waiting]] = []
        self._latest: list[tuple[int, int, Waiting]] = []
        self._stack: list[Waiting] = []

    def __len__(self) -> int:
        return min(len(self._simplest), len(self._latest), len(self._stack))  # what is walked is taken from one only

    def add(self, waiting: Waiting) -> None:
        """Put a state in."""
        preemptions, length, serial, *_ = waiting
        heapq.heappush(self._simplest, (preemptions, length, serial, waiting))
        heapq.heappush(self._latest, (preemptions, -serial, waiting))
        self._stack.append(waiting)

    def next(self, turn: int) -> Waiting:
        """Take one out, in one of the three orders (0 to 2); it may have been taken out before."""
        if turn == 0:
            return heapq.heappop(self._simplest)[-1]
        return heapq.heappop(self._latest)[-1] if turn == 1 else self._stack.pop()


class Forwards:
    """Column search over pairs of a state and the thread that stepped last: from few letters to all of them."""

    def __init__(self, machine: Machine, folding: Folding, wanted: Wanted, inside: Inside | None) -> None:
        self.best = -1
        self.reached: tuple[int, ...] | None = None
        self._machine = machine
        self._folding = folding
        self._wanted = wanted
        self._inside = inside
        self._columns: dict[int, Column] = {}
        self._visited: set[tuple[int, int]] = set()
        self._serial = count()
        self._meet((0, 0, next(self._serial), (), machine.initial, -1))

    def _meet(self, waiting: Waiting) -> None:
        """Put a state into its column."""
        _, _, _, path, state, _ = waiting
        letters = self._wanted.letters(state)
        if letters < 0 or (self._inside is not None and not self._inside(state)):
            return
        self.best = max(self.best, letters)
        if letters == self._wanted.total and self.reached is None:
            self.reached = unlinked(path)
        self._columns.setdefault(letters, Column()).add(waiting)

    def sweep(self, width: int, watch: Watch) -> bool:
        """Walk so many of the waiting states of every column; True if the text is shown, or nothing is left to walk."""
        letters = 0
        while letters <= self.best and self.reached is None:
            column, walked = self._columns.setdefault(letters, Column()), 0
            while column and walked < width and self.reached is None:
                waiting = column.next(3 * walked // width)
                *_, state, last = waiting
                pair = self._folding.fold(state, last) if self._folding.active else (state, last)
                if pair in self._visited:
                    continue
                walked += 1
                self._visited.add(pair)
                if not len(self._visited) % STATES_BETWEEN_LOOKS:
                    look(watch, len(self._visited), sum(map(len, self._columns.values())), self._wanted, self.best)
                self._walk(waiting)
            letters += 1
        return self.reached is not None or not any(self._columns.values())

    def _walk(self, waiting: Waiting) -> None:
        preemptions, length, _, path, state, last = waiting
        moves = self._machine.moves(state)
        could_go_on = any(code >> OPTION_BITS == last for code, _ in moves)
        for code, after in sorted(moves, key=lambda move: move[0] >> OPTION_BITS == last):  # who goes on is the latest
            thread = code >> OPTION_BITS
            interrupted = could_go_on and thread != last
            self._meet((preemptions + interrupted, length + 1, next(self._serial), (path, code), after, thread))

    def follow(self, steps: Sequence[int]) -> None:
        """Learn of a way that the other search has found."""
        state, last = self._machine.initial, -1
        path: Path = ()
        for code in steps:
            path, last = (path, code), code >> OPTION_BITS
            after = self._machine.step(state, code)
            assert after is not None, "a way that was found can be walked"
            state = after
        self._meet((self._machine.preemptions(steps), len(steps), next(self._serial), path, state, last))


def unlinked(path: Path) -> tuple[int, ...]:
    """The codes of a path that was kept as (the path before, code)."""
    codes = []
    while path:
        path, code = path
        codes.append(code)
    return tuple(codes[::-1])
