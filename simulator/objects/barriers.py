"""Barriers: a place where threads wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Generator
from threading import BrokenBarrierError
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.locks import written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised, Steps

FILLING, DRAINING, RESETTING, BROKEN = 0, 1, -1, -2
"""The states of a barrier, with the numbers that ``threading`` gives them."""


class Barrier(SharedObject):
    """``threading.Barrier``: `parties` threads wait until all of them are there, then all go on.

    ``index = yield from barrier.wait()`` is two steps, the arrival and the departure; the last one to arrive departs in the
    same step. As in CPython (``Lib/threading.py``) a barrier that is emptying lets nobody in until it is empty, the answers
    are the places in which the threads arrived, a timeout or `abort` breaks it for all, and `reset` for those inside. The
    order of departure is open, and is explored. An action is not supported: let the thread whose answer is 0 do it.

    ``final[barrier]`` is the number of threads inside, or "broken". Raises ValueError for less than one party.
    """

    mentions_threads = False

    def __init__(self, name: str = "barrier", parties: int = 2) -> None:
        if parties < 1:
            raise ValueError("parties must be > 0")
        super().__init__(name, (FILLING, 0))
        self.parties = parties

    def wait(self, timeout: float | None = None) -> Steps:
        """Arrive, wait for the others, depart; use it with ``yield from``. Answers the place in which this thread arrived.

        Raises ``threading.BrokenBarrierError`` in the thread if the barrier is, or gets, broken.
        """
        waiting = tuple(written(timeout=(timeout, None)).items())  # a tuple: a dict of each call would tell states apart

        def steps() -> Generator[Operation[Any], Any, int]:
            index: int = yield self.ask("arrive")
            if index + 1 < self.parties:
                yield self.ask("depart", **dict(waiting))
            return index

        return Steps(repr(Operation(self, "wait", (), waiting)), steps)

    def abort(self) -> Operation[None]:
        """Ask for the barrier to be broken: whoever waits there, or comes later, gets a BrokenBarrierError."""
        return self.ask("abort")

    def reset(self) -> Operation[None]:
        """Ask for an empty barrier. Whoever waits inside gets a BrokenBarrierError."""
        return self.ask("reset")

    def n_waiting(self) -> Operation[int]:
        """Ask how many threads wait inside. The answer may be old news at the next step."""
        return self.ask("n_waiting")

    def broken(self) -> Operation[bool]:
        """Ask whether the barrier is broken. The answer may be old news at the next step."""
        return self.ask("broken")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        phase, inside = state
        match operation.method:
            case "arrive":
                if phase in (DRAINING, RESETTING):
                    return BLOCKED
                if phase == BROKEN:
                    return state, Raised(BrokenBarrierError)
                if inside + 1 == self.parties:  # the last one departs at once
                    return self._left(DRAINING, inside + 1), inside
                return (phase, inside + 1), inside
            case "depart":
                if phase == FILLING and not operation.keywords:
                    return BLOCKED
                if phase == DRAINING:
                    return self._left(phase, inside), None
                return self._left(BROKEN if phase == FILLING else phase, inside), Raised(BrokenBarrierError)
            case "abort":
                return (BROKEN, inside), None
            case "reset":
                if not inside:
                    return (FILLING, 0), None
                return (DRAINING if phase == DRAINING else RESETTING, inside), None
            case "n_waiting":
                return state, (inside if phase == FILLING else 0)
            case "broken":
                return state, phase == BROKEN
        return super().transition(state, operation, thread)

    def _left(self, phase: int, inside: int) -> tuple[int, int]:
        empty = inside == 1 and phase in (DRAINING, RESETTING)
        return (FILLING if empty else phase), inside - 1

    def value(self, state: Any) -> Any:
        return "broken" if state[0] == BROKEN else state[1]

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method in ("n_waiting", "broken")

    def twin(self) -> RealBarrier:
        return RealBarrier(self.parties)

    def attempt(self, twin: RealBarrier, operation: Operation[Any], patience: float) -> Any:
        match operation.method:
            case "arrive":
                return twin.arrive(patience)
            case "depart":
                timeout = operation.argument("timeout", None)
                return twin.depart(patience if timeout is None else min(timeout, patience), timeout is not None)
            case "n_waiting" | "broken":
                return getattr(twin, operation.method)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: RealBarrier) -> Any:
        return "broken" if twin.broken else twin._count


class RealBarrier(threading.Barrier):
    """CPython's barrier, its ``wait`` cut in two where it would block."""

    _cond: threading.Condition
    _state: int
    _count: int

    def arrive(self, patience: float) -> Any:
        """The first half of ``wait``: up to where it would wait for the others."""
        with self._cond:
            if not self._cond.wait_for(lambda: self._state not in (DRAINING, RESETTING), patience):
                return BLOCKED
            self._enter()  # type: ignore[attr-defined]
            index = self._count
            self._count += 1
            if index + 1 == self.parties:
                self._release()  # type: ignore[attr-defined]
                self._leave()
            return index

    def depart(self, patience: float, timed: bool) -> Any:
        """The second half of ``wait``."""
        with self._cond:
            there = self._cond.wait_for(lambda: self._state != FILLING, patience)
            if not there and not timed:
                return BLOCKED
            try:
                if not there:
                    self._break()  # type: ignore[attr-defined]
                if self._state < 0:
                    raise BrokenBarrierError
            finally:
                self._leave()
        return None

    def _leave(self) -> None:
        self._count -= 1
        self._exit()  # type: ignore[attr-defined]
