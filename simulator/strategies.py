"""Strategies: how to choose who goes next in one run. An oracle asked once before every step."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from simulator.schedule import Schedule, thread_of


class Strategy(Protocol):
    """Chooses the next thread. Any object with this one method will do.

    ``enabled`` are the names of the threads that can step, in order, at least one; ``step`` counts from 0. Answer one
    of the names, or None to stop the run there. A strategy may keep notes between steps; make a fresh one for each run.
    """

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        """Answer who steps next."""


class FirstEnabled:
    """Always the first thread that can: each runs until it ends or blocks. What a test without threads would see."""

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        return enabled[0]


class RandomWalk:
    """Any of the threads that can, each with the same probability. The same seed makes the same choices everywhere."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._random = random.Random(seed)

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        return enabled[self._random.randrange(len(enabled))]


class PCT:
    """Random priorities: always the highest thread that can; at `depth` - 1 random steps the one that took it falls behind.

    Probabilistic concurrency testing (S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding
    Bugs", ASPLOS 2010, section 3): a bug of that depth (how many orderings of two steps it takes) is found with a
    probability of at least ``1 / (n * steps ** (depth - 1))`` among `n` threads, if no execution has more than `steps`
    steps. Deviations: options of a choice are drawn uniformly, and a thread that spins does not fall behind. The same seed
    makes the same choices everywhere. Raises `ValueError` unless `depth` and `steps` are positive.
    """

    def __init__(self, seed: int, depth: int, steps: int) -> None:
        for name, number in (("depth", depth), ("steps", steps)):
            if number < 1:
                raise ValueError(f"PCT was expecting a positive number as {name}, but got {number!r}")
        self.seed = seed
        self._random = random.Random(seed)
        self.changes = [1 + self._random.randrange(steps) for _ in range(depth - 1)]
        """The numbers of the steps, from 1, after which a thread falls behind."""
        self.order: list[str] = []
        """The threads that were met so far, the highest first."""
        self.behind: dict[str, int] = {}
        """Those that have fallen behind, and by which of the changes: the later in the list, the further behind."""
        self._last = ""

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        if step in self.changes:
            self.behind[self._last] = max(number for number, change in enumerate(self.changes) if change == step)
        names = list(dict.fromkeys(map(thread_of, enabled)))
        for name in names:
            if name not in self.order:  # a random place for each newcomer makes every order equally likely
                self.order.insert(self._random.randrange(len(self.order) + 1), name)
        self._last = min(names, key=lambda name: (self.behind.get(name, -1), self.order.index(name)))
        options = [one for one in enabled if thread_of(one) == self._last]
        return options[0] if len(options) == 1 else options[self._random.randrange(len(options))]


class Follow:
    """Exactly the threads of a schedule, then stop. Replaying is just a strategy."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        return self.schedule[step] if step < len(self.schedule) else None
