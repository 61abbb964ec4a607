"""How far an exploration may go, and what it says on the way."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Collection
from itertools import islice
from numbers import Real
from types import TracebackType
from typing import Any

from simulator.exploration import memory
from simulator.words import count

FIRST_SIGN_AFTER = 1.0
"""Seconds before a live line appears: what is quicker needs none."""
BETWEEN_SIGNS = 0.25
"""Seconds between two looks of the live line."""
STATES_BETWEEN_MEMORY_LOOKS = 10_000
"""How many states are met before memory is looked at again, unless a budget of memory was given."""


OUTCOMES_BETWEEN_SIGNS = 1_000
"""How many ends the live line looks at in one go, to tell how many different outcomes there are."""


class Watch:
    """Looks at an exploration from time to time: stops it at its budget, and shows a live line if that is wanted.

    Use it in a ``with`` block, so that the live line is wiped on every way out. Raises `ValueError` or `TypeError` for a
    budget that is no positive number. The live line shows no estimate of what is left: how many states there are is not
    known before all have been met, and how many wait says nothing about it.
    """

    def __init__(
        self, max_states: int | None, max_seconds: float | None, progress: bool, max_memory: int | None = None
    ) -> None:
        self.max_states = positive("max_states", max_states)
        self.max_seconds = positive("max_seconds", max_seconds)
        self.max_memory = positive("max_memory", max_memory)
        self._started = time.perf_counter()
        self._memory_at_start = memory.taken() if max_memory is not None else None
        if max_memory is not None and self._memory_at_start is None:
            raise ValueError("max_memory cannot be kept: this system does not tell how much memory a process takes")
        self._spare: int | None = None
        self._next_memory_look = STATES_BETWEEN_MEMORY_LOOKS
        self._wanted = progress and sys.stderr is not None and sys.stderr.isatty()
        self._next_sign = FIRST_SIGN_AFTER
        self._line: Any = None
        self._outcome_of: Callable[[int], Any] | None = None
        self._outcomes: set[Any] = set()
        self._heard = 0

    def listen(self, outcome_of: Callable[[int], Any]) -> None:
        """From now on the ends are those of another walk; `outcome_of` tells what they stand for."""
        self._outcome_of = outcome_of
        self._outcomes.clear()
        self._heard = 0

    def look(self, states: int, frontier: int, ends: Collection[int] = ()) -> str:
        """Answer why the exploration has to stop here; nothing if it may go on.

        ``ends`` are the states in which executions end, in the order in which they were met.
        """
        seconds = time.perf_counter() - self._started
        if self._wanted and seconds > self._next_sign:
            self._next_sign = seconds + BETWEEN_SIGNS
            self._show(states, frontier, ends, seconds)
        if self.max_states is not None and states > self.max_states:
            return f"the budget of {self.max_states:,} states ran out"
        if self.max_seconds is not None and seconds > self.max_seconds:
            return f"the budget of {self.max_seconds:g} seconds ran out"
        if self.max_memory is not None:
            return f"the budget of {in_bytes(self.max_memory)} of memory ran out" if self._over(self.max_memory) else ""
        if states >= self._next_memory_look:
            self._next_memory_look = states + STATES_BETWEEN_MEMORY_LOOKS
            return self._swapping_soon()
        return ""

    def _over(self, most: float) -> bool:
        now = memory.taken()
        return now is not None and now - (self._memory_at_start or 0) > most

    def _swapping_soon(self) -> str:
        """Asked only for explorations of some size: small ones are over before it could be measured."""
        if self._memory_at_start is None:
            self._memory_at_start = memory.taken()
            self._spare = memory.spare()
        if self._spare is None or not self._over(self._spare):
            return ""
        return f"the machine would soon be out of memory: {in_bytes(self._spare)} were taken"

    def _show(self, states: int, frontier: int, ends: Collection[int], seconds: float) -> None:
        if self._line is None:
            from rich.console import Console
            from rich.live import Live

            self._line = Live(console=Console(stderr=True), refresh_per_second=4, transient=True)
            self._line.start()
        self._line.update(self.sign(states, frontier, ends, seconds))

    def sign(self, states: int, frontier: int, ends: Collection[int], seconds: float) -> str:
        """The live line: what is known after so many seconds."""
        known = f"{states:,} states, {states / seconds:,.0f} a second, {frontier:,} waiting"
        if self._outcome_of is not None and ends:
            if len(ends) < self._heard:  # counting has begun again, in another way
                self.listen(self._outcome_of)
            new = list(islice(ends, self._heard, self._heard + OUTCOMES_BETWEEN_SIGNS))
            self._heard += len(new)
            self._outcomes.update(map(self._outcome_of, new))
            at_least = "at least " if self._heard < len(ends) else ""
            known += f", {at_least}{count(len(self._outcomes), 'outcome')} so far"
        return f"{known}, {seconds:.0f} s"

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._line is not None:
            self._line.stop()


def positive(name: str, limit: Any) -> Any:
    """A budget, if it is one: a positive, finite number, or None. Raises `ValueError` or `TypeError` if not."""
    wrong = f"{name} was expecting a positive number (None: no limit), but got {limit!r}"
    number = limit  # the type checker takes nothing that is Real to be comparable
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, Real):
        raise TypeError(wrong)
    if not number > 0 or number == math.inf:
        raise ValueError(wrong)
    return number


def in_bytes(number: float) -> str:
    """So many bytes as a person says it."""
    units = iter(("bytes", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while number >= 1_000 and unit != "TB":
        number, unit = number / 1_000, next(units)
    return f"{number:.3g} {unit}"
