"""How groups of threads that share nothing end together: the ends of each, joined; numbers and chances multiplied.

Of the executions of the groups, one of each, there are as many shuffles as their lengths allow: a multinomial coefficient.
So the ends of a group are counted by the length of the executions that lead there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from simulator.exploration.budget import Watch
from simulator.exploration.splitting.grouping import GroupMachine, Threads
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import CERTAIN, CHANCE, CHANCE_BITS, Walk, interleavings_of
from simulator.objects.base import SharedObject
from simulator.objects.threads import NEW, Worker
from simulator.outcome import Outcome, result_key

Lengths = dict[int, int]
"""Length -> how many executions have it."""


@dataclass
class End:
    """One way in which a group ends: the state that was met first, and the word that leads there.

    A word is the steps of an execution, with interchangeable threads under the names that they have where states are folded.
    """

    state: int
    word: tuple[int, ...]
    lengths: Lengths
    chance: int


@dataclass
class Part:
    """A group of threads, the objects that it has met, and what exploring it alone has found."""

    threads: Threads
    names: tuple[str, ...]
    objects: list[SharedObject]
    folding: Folding
    walk: Walk
    ends: list[End]

    def key(self, outcome: Outcome) -> tuple[Any, ...]:
        """What an outcome of the whole program says of this group; equal for equal ends of it."""
        failed = tuple(outcome.failures.get(name) for name in self.names)
        returned = tuple((result_key(outcome.returned[name]),) if name in outcome.returned else () for name in self.names)
        return (failed, returned, tuple(result_key(outcome.final[object]) for object in self.objects))

    def is_stuck(self, outcome: Outcome) -> bool:
        """Whether some of its threads have begun and not ended, in an outcome in which nobody can step."""
        unstarted = {object.name for object in self.objects if isinstance(object, Worker) and outcome.final[object] == NEW}
        ended = {*outcome.failures, *outcome.returned}
        return any(name not in ended and name not in unstarted for name in self.names)


def find_ends(machine: GroupMachine, part: Part, layered: bool, watch: Watch) -> None:
    """Fill in the ends of a group whose states were walked; ends of which nobody could tell one from another are one."""
    walk = part.walk
    counted = not walk.endless and not walk.stopped
    lengths = _lengths(machine, part, watch) if counted and not layered else {}
    found: dict[Any, End] = {}
    for state, weight in walk.ends.items():  # in the order in which they were met
        word = word_to(machine, part, state)
        key = part.key(machine.outcome(state))
        end = found.setdefault(key, End(state, word, {}, 0))
        end.chance += weight & CHANCE
        for length, number in (lengths[state] if lengths else {len(word): interleavings_of(weight)}).items():
            end.lengths[length] = end.lengths.get(length, 0) + number
    part.ends = list(found.values())


def _lengths(machine: GroupMachine, part: Part, watch: Watch) -> dict[int, Lengths]:
    """For every end how many executions of each length lead there: as counting by layers does, but with no end to layers."""
    fold = part.folding.folded if part.folding.active else None
    ends: dict[int, Lengths] = {}
    layer = dict.fromkeys(list(part.walk.first_from)[:1], 1)
    length = 0
    while layer:
        following: dict[int, int] = {}
        for state, number in layer.items():
            after = machine.successors(state)
            if not after:
                ends.setdefault(state, {})[length] = number
            for next_state in map(fold, after) if fold is not None else after:
                following[next_state] = following.get(next_state, 0) + number
        part.walk.stopped = watch.look(len(part.walk.first_from), len(following))
        if part.walk.stopped:
            return {}
        layer = following
        length += 1
    return ends


def word_to(machine: GroupMachine, part: Part, end: int) -> tuple[int, ...]:
    """The word on which a state was first met: the first, of all that are as short."""
    fold = part.folding.folded if part.folding.active else None
    word, state = [], end
    while (before := part.walk.first_from[state]) >= 0:
        moves = machine.moves(before)
        word.append(next(code for code, after in moves if after == state or (fold is not None and fold(after) == state)))
        state = before
    return tuple(word[::-1])


def join(parts: Sequence[Part]) -> dict[int, int]:
    """Every state in which all groups have ended, with its weight, in the order in which exploring the whole meets them.

    That goes by the number of steps, and for equally long words by the order of the threads.
    """
    joined = sorted(map(_joined, product(*(part.ends for part in parts))))
    return {state: weight for _, _, state, weight in joined}


def _joined(ends: Sequence[End]) -> tuple[int, tuple[int, ...], int, int]:
    word = first_shuffle([end.word for end in ends])
    lengths: Lengths = {0: 1}
    for end in ends:
        lengths = _shuffled(lengths, end.lengths)
    chance = math.prod(end.chance for end in ends) // CERTAIN ** (len(ends) - 1)
    return len(word), word, sum(end.state for end in ends), (sum(lengths.values()) << CHANCE_BITS) + chance


def _shuffled(first: Lengths, second: Lengths) -> Lengths:
    together: Lengths = {}
    for one, ways in first.items():
        for other, more in second.items():
            together[one + other] = together.get(one + other, 0) + ways * more * math.comb(one + other, other)
    return together


def first_shuffle(words: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The first of all shuffles, in the order of the threads; no thread is in two of the words."""
    taken = [0] * len(words)
    shuffle: list[int] = []
    while left := [(word[taken[place]], place) for place, word in enumerate(words) if taken[place] < len(word)]:
        code, place = min(left)
        shuffle.append(code)
        taken[place] += 1
    return tuple(shuffle)
