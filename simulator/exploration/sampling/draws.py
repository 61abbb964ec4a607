"""Three ways to draw one execution at random, on the tables of the machine: walk, PCT, uniform.

* *walk*: at every step each of the possible steps is equally likely.
* *PCT*: threads have random priorities, and the highest that can steps; at a few random moments the one that has just
  stepped falls behind all the others (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, "A Randomized Scheduler with
  Probabilistic Guarantees of Finding Bugs", ASPLOS 2010, section 3). Deviations: what the environment chooses is drawn
  uniformly, since the paper has no choices; and a thread that spins is not made to fall behind.
* *uniform*: each interleaving is equally likely; the number of one is drawn, and it is found as `interleaving` finds it.

A drawn path is written down as the place of every step among the possible ones: one byte a step.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from simulator.exploration.completions import Completions
from simulator.learned import Move
from simulator.machine import Machine
from simulator.tables import OPTION_BITS

MOST_PLACES = 200_000
"""How many states are kept together with what can be done there; beyond it a state is worked out again at every visit."""

BATCH = 4_096
"""How many random bytes are drawn at once."""

Path = bytes | tuple[int, ...]
"""The place of each step among those that were possible; bytes, unless there were more than 256."""


class Dice:
    """Random whole numbers below any number, each exactly equally likely; from one seed the same on every Python."""

    def __init__(self, seed: int) -> None:
        self._bits = random.Random(seed).getrandbits
        self.rolls: dict[int, Iterator[int]] = {}
        """For each number: an iterator over some numbers below it, drawn in advance. It ends: then `refill`."""

    def below(self, n: int) -> int:
        """A number from 0 to n - 1, of any size."""
        bits = (n - 1).bit_length()
        while (number := self._bits(bits)) >= n:
            pass
        return number

    def shuffled(self, n: int) -> list[int]:
        """The numbers from 0 to n - 1 in any order (R. A. Fisher and F. Yates, 1938)."""
        numbers = list(range(n))
        for last in range(n - 1, 0, -1):
            other = self.below(last + 1)
            numbers[last], numbers[other] = numbers[other], numbers[last]
        return numbers

    def refill(self, n: int) -> int:
        """Put a new iterator into `rolls` and answer its first number.

        Bytes too large to be divided among `n` evenly are thrown away: the rest modulo `n` is exactly uniform.
        """
        even = 256 - 256 % n
        digits: bytes | list[int] = b""
        while not digits:
            if n > 256:
                digits = [self.below(n) for _ in range(BATCH // 16)]
            else:
                drawn = self._bits(8 * BATCH).to_bytes(BATCH, "little")
                digits = drawn.translate(bytes(byte % n for byte in range(256)), bytes(range(even, 256)))
        self.rolls[n] = iter(digits)
        return next(self.rolls[n])


class Place:
    """A state, what can be done there, and the places after that, as far as somebody has been there."""

    __slots__ = ("after", "bounds", "moves", "state")

    def __init__(self, state: int, moves: list[Move]) -> None:
        self.state = state
        self.moves = moves
        self.after: list[Place | None] = [None] * len(moves)
        self.bounds: list[int] | None = None
        """How many interleavings begin with the first step, with the first two, …"""


class Places:
    """The part of the state graph that the draws have seen."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.known: dict[int, Place] = {}
        self.first = self.of(machine.initial)

    def of(self, state: int) -> Place:
        """The place of a state."""
        place = self.known.get(state)
        if place is None:
            place = Place(state, self.machine.moves(state))
            if len(self.known) < MOST_PLACES:
                self.known[state] = place
        return place

    def follow(self, place: Place, digit: int) -> Place:
        """The place after one of the steps, where nobody may have been yet."""
        after = place.after[digit]
        if after is None:
            after = self.of(place.moves[digit][1])
            if after.state in self.known:
                place.after[digit] = after
        return after


def walk(places: Places, dice: Dice, max_steps: int) -> Callable[[], Path]:
    """Make a function that draws a random walk, at most so many steps long. A hot loop: three look-ups a step."""
    rolls, refill, follow, first = dice.rolls, dice.refill, places.follow, places.first

    def draw() -> Path:
        place, digits = first, []
        for _ in range(max_steps):
            after = place.after
            ways = len(after)
            if ways > 1:
                try:
                    digit = next(rolls[ways])
                except (StopIteration, KeyError):
                    digit = refill(ways)
            elif ways:
                digit = 0
            else:
                break
            digits.append(digit)
            place = after[digit] or follow(place, digit)
        return packed(digits)

    return draw


def uniform(places: Places, dice: Dice, completions: Completions) -> Callable[[], Path]:
    """Make a function that draws any interleaving with the same probability. Raises `Endless` if they have no number."""
    total = completions.of(places.machine.initial)

    def draw() -> Path:
        return numbered(places, completions, dice.below(total))

    return draw


def numbered(places: Places, completions: Completions, k: int) -> Path:
    """The path of the k-th interleaving; what begins with each step is counted once for each place."""
    place, digits = places.first, []
    while place.moves:
        bounds = place.bounds
        if bounds is None:
            bounds = place.bounds = list(accumulate(completions.after(place.state, place.moves)))
        digit = bisect_right(bounds, k)
        if digit:
            k -= bounds[digit - 1]
        digits.append(digit)
        place = place.after[digit] or places.follow(place, digit)
    return packed(digits)


def pct(places: Places, dice: Dice, depth: int, steps: int, max_steps: int) -> Callable[[], Path]:
    """Make a function that draws a run of PCT for bugs of a depth, in executions of at most so many steps."""
    threads = len(places.machine.program.names)

    def draw() -> Path:
        order = dice.shuffled(threads)
        changes = [1 + dice.below(steps) for _ in range(depth - 1)]
        return by_priority(places, dice, order, changes, max_steps)

    return draw


def by_priority(places: Places, dice: Dice, order: Sequence[int], changes: Sequence[int], max_steps: int) -> Path:
    """The path on which the thread steps that is first in `order` among those that can.

    Whoever takes the step with one of the numbers in `changes` (from 1) falls behind all others, but not behind those whom a
    later number of `changes` has put there, whichever of them came first.
    """
    ranks = [0] * len(order)
    for place_in_order, thread in enumerate(order):
        ranks[thread] = -place_in_order
    behind = {step: -len(order) - number for number, step in enumerate(changes)}
    place, digits = places.first, []
    for step in range(1, max_steps + 1):
        if not place.moves:
            break
        thread = max({code >> OPTION_BITS for code, _ in place.moves}, key=ranks.__getitem__)
        fitting = [digit for digit, (code, _) in enumerate(place.moves) if code >> OPTION_BITS == thread]
        digit = fitting[0] if len(fitting) == 1 else fitting[dice.below(len(fitting))]
        digits.append(digit)
        place = place.after[digit] or places.follow(place, digit)
        if step in behind:
            ranks[thread] = behind[step]
    return packed(digits)


def packed(digits: list[int]) -> Path:
    """The digits, as short as they can be."""
    try:
        return bytes(digits)
    except ValueError:
        return tuple(digits)
