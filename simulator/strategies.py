"""Strategies: how to choose who goes next in one run. An oracle asked once before every step."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from simulator.schedule import Schedule


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


class Follow:
    """Exactly the threads of a schedule, then stop. Replaying is just a strategy."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        return self.schedule[step] if step < len(self.schedule) else None
