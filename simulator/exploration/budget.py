"""How far an exploration may go, and what it says on the way."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

FIRST_SIGN_AFTER = 1.0
"""Seconds before a live line appears: what is quicker needs none."""


class Watch:
    """Looks at an exploration from time to time: stops it at its budget, and shows a live line if that is wanted.

    Use it in a ``with`` block, so that the live line is wiped on every way out.
    """

    def __init__(self, max_states: int | None, max_seconds: float | None, progress: bool) -> None:
        for name, limit in (("max_states", max_states), ("max_seconds", max_seconds)):
            if limit is not None and limit <= 0:
                raise ValueError(f"{name} was expecting a positive number (None: no limit), but got {limit!r}")
        self.max_states = max_states
        self.max_seconds = max_seconds
        self._started = time.perf_counter()
        self._wanted = progress and sys.stderr.isatty()
        self._line: Any = None

    def look(self, states: int, frontier: int, ends: int) -> str:
        """Answer why the exploration has to stop here; nothing if it may go on."""
        seconds = time.perf_counter() - self._started
        if self._wanted and seconds > FIRST_SIGN_AFTER:
            self._show(states, frontier, ends, seconds)
        if self.max_states is not None and states > self.max_states:
            return f"the budget of {self.max_states:,} states ran out"
        if self.max_seconds is not None and seconds > self.max_seconds:
            return f"the budget of {self.max_seconds:g} seconds ran out"
        return ""

    def _show(self, states: int, frontier: int, ends: int, seconds: float) -> None:
        if self._line is None:
            from rich.console import Console
            from rich.live import Live

            self._line = Live(console=Console(stderr=True), refresh_per_second=4, transient=True)
            self._line.start()
        rate = states / seconds
        self._line.update(f"{states:,} states, {rate:,.0f} a second, {frontier:,} waiting, {ends:,} ends, {seconds:.0f} s")

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._line is not None:
            self._line.stop()
