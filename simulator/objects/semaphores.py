"""Semaphores: a number of units, taken one at a time."""

from __future__ import annotations

import threading
from typing import Any

from simulator.objects.guards import Acquirable
from simulator.objects.locks import attempt_acquire, may_give_up, written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised


class Semaphore(Acquirable):
    """``threading.Semaphore``: `value` units; acquiring takes one, or blocks while there is none.

    As in CPython (``Lib/threading.py``) nobody owns a unit, so any thread may release, and which waiting thread gets the
    next unit is left open: every choice is explored. ``final[semaphore]`` is the number of units left.

    Raises ValueError for a negative `value`.

    >>> Semaphore("pool", 3).acquire(blocking=False)
    pool.acquire(blocking=False)
    """

    mentions_threads = False

    def __init__(self, name: str = "semaphore", value: int = 1) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        super().__init__(name, value)
        self._units = value

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> Operation[bool]:
        """Ask for a unit. Answers True; if there is none, a non-blocking or timed acquire answers False, others block."""
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        return self.ask("acquire", **written(blocking=(blocking, True), timeout=(timeout, None)))

    def release(self, n: int = 1) -> Operation[None]:
        """Ask for `n` units to be put back. Raises ValueError if `n` is less than one."""
        return self.ask("release", **written(n=(n, 1)))

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "acquire":
                if state > 0:
                    return state - 1, True
                return (state, False) if may_give_up(operation, None) else BLOCKED
            case "release":
                return self._released(state, operation.argument("n", 1))
        return super().transition(state, operation, thread)

    def _released(self, state: int, n: int) -> tuple[Any, Any]:
        return (state, Raised(ValueError, "n must be one or more")) if n < 1 else (state + n, None)

    def units(self) -> int:
        return self._units

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return answer is False or isinstance(answer, Raised)

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        return Operation(self, "release") if operation.method == "acquire" else None

    def twin(self) -> Any:
        return threading.Semaphore(self.units())

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        if operation.method == "acquire":
            return attempt_acquire(twin, operation, patience, None)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: Any) -> int:
        return int(twin._value)


class BoundedSemaphore(Semaphore):
    """``threading.BoundedSemaphore``: raises ValueError in a thread that puts back more units than there were at first."""

    def _released(self, state: int, n: int) -> tuple[Any, Any]:
        if n >= 1 and state + n > self.units():
            return state, Raised(ValueError, "Semaphore released too many times")
        return super()._released(state, n)

    def twin(self) -> Any:
        return threading.BoundedSemaphore(self.units())
