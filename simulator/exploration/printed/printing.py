"""An execution that prints exactly this, or the proof that none does.

A console only grows. So whatever does not start like the text that is wanted needs not be looked at, and what is shown so
far says how far one has come. Two searches go on in turn:

* *forwards*, over states, by `columns`: some of those with every number of letters, then some more of each. It soon finds
  an execution if there is one; if not, it would have to try everything.
* *one letter more*, over spread states (`spread`): can any execution show even one letter more than was met so far? Much
  less matters to that: reads are postponed, and who waits to print what belongs further down will not move again. If none
  can, none shows the whole text; if one can, the way there is shown to the first search.

Both come to an end if the program has finitely many states whose text starts like the one that is wanted.
"""

from __future__ import annotations

import heapq
from itertools import count

from simulator.exploration.budget import Watch
from simulator.exploration.printed.columns import STATES_BETWEEN_LOOKS, Forwards, Inside
from simulator.exploration.printed.spread import Act, Spread, path_of
from simulator.exploration.printed.wanted import Wanted, look
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

FIRST_WIDTH = 32
"""How many states of every column are walked at first; twice as many each time."""
SPREAD_STATES_FOR_A_WIDTH = 16
"""How many spread states are walked for each state of the width: the two searches take about equally long."""


class OneLetterMore:
    """Can any execution show so many letters? Best first over spread states: most letters first, then fewest changes."""

    def __init__(self, machine: Machine, folding: Folding, wanted: Wanted, inside: Inside | None, letters: int) -> None:
        self.letters = letters
        self.reached: int | None = None
        self._wanted = wanted
        self._inside = inside
        self._spread = Spread(machine, folding, lambda node, objects: wanted.can_still_print(node, objects, letters))
        self._came: dict[int, tuple[int, Act] | None] = {}
        self._visited: set[int] = set()
        self._serial = count()
        self._frontier: list[tuple[int, int, int, int, tuple[int, Act] | None]] = []
        self._meet(self._spread.initial, 0, None)

    def _meet(self, state: int, changes: int, came: tuple[int, Act] | None) -> None:
        objects = self._spread.objects(state)
        letters = self._wanted.letters(objects)
        if letters < 0 or (self._inside is not None and not self._inside(objects)):
            return
        if letters >= self.letters and self.reached is None:
            self.reached = state
            self._came.setdefault(state, came)
        heapq.heappush(self._frontier, (-letters, changes, next(self._serial), state, came))

    def search(self, most: int, watch: Watch) -> bool:
        """Walk at most so many spread states; True if so many letters were shown, or nothing is left to walk."""
        until = len(self._visited) + most
        while self._frontier and self.reached is None and len(self._visited) < until:
            letters, changes, _, met, came = heapq.heappop(self._frontier)
            state = self._spread.closed(met)
            key = self._spread.key(state)
            if key in self._visited:
                continue
            self._visited.add(key)
            self._came.setdefault(state, came)
            if not len(self._visited) % STATES_BETWEEN_LOOKS:
                look(watch, len(self._visited), len(self._frontier), self._wanted, -letters)
            for act, after in self._spread.acts(state):
                self._meet(after, changes + 1, (state, act))
        return self.reached is not None or not self._frontier

    def path(self) -> tuple[int, ...]:
        """The codes of the steps of a real execution that shows so many letters."""
        assert self.reached is not None
        acts, came = [], self._came[self.reached]
        while came is not None:
            acts.append(came[1])
            came = self._came[came[0]]
        return path_of(self._spread, acts[::-1])


def printing_path(
    machine: Machine, symmetry: bool, wanted: Wanted, inside: Inside | None, watch: Watch
) -> tuple[int, ...] | None:
    """A path to a state in which exactly the text is shown; None if there is none, which is then proved."""
    forwards = Forwards(machine, Folding(machine, wanted=symmetry), wanted, inside)
    one_more: OneLetterMore | None = None
    width = FIRST_WIDTH
    while not forwards.sweep(width, watch):
        letters = forwards.best + 1
        if one_more is None or one_more.letters != letters:
            one_more = OneLetterMore(machine, Folding(machine, wanted=symmetry), wanted, inside, letters)
        if one_more.search(width * SPREAD_STATES_FOR_A_WIDTH, watch):
            if one_more.reached is None:
                return None
            forwards.follow(one_more.path())
        width *= 2
    return forwards.reached
