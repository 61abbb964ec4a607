"""Locks: what one thread holds while the others wait."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from simulator.objects.base import BLOCKED, Acquirable, Blocked, Operation, Raised

FOREVER = -1


class Lock(Acquirable):
    """``threading.Lock``: free, or held. Acquiring it while it is held blocks.

    ``with (yield lock.acquire()):`` releases it on every way out of the block, as a step of its own. As in CPython
    (``Modules/_threadmodule.c``) any thread may release it, a thread that holds it and acquires it again waits for
    itself, and *which* of several waiting threads gets it next is left open: here every choice is explored.

    ``final[lock]`` is what ``lock.locked()`` would answer.

    >>> Lock("lock").acquire(timeout=2)
    lock.acquire(timeout=2)
    """

    def __init__(self, name: str = "lock") -> None:
        super().__init__(name, None)

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> Operation[bool]:
        """Ask for the lock. Answers True; if it is held, a non-blocking or timed acquire answers False, any other blocks.

        Time is not modelled: that the timeout fired while the lock was held is one of the interleavings.
        """
        check_waiting(blocking, timeout)
        keywords: dict[str, Any] = {}
        if not blocking:
            keywords["blocking"] = False
        if timeout != FOREVER:
            keywords["timeout"] = timeout
        return self.ask("acquire", **keywords)

    def release(self) -> Operation[None]:
        """Ask for the lock to become free. Raises RuntimeError in the thread if it already is."""
        return self.ask("release")

    def locked(self) -> Operation[bool]:
        """Ask whether anybody holds the lock. The answer may be old news at the next step."""
        return self.ask("locked")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "acquire":
                if state is None:
                    return thread, True
                return (state, False) if operation.keywords else BLOCKED
            case "release":
                return None, (None if state is not None else Raised(RuntimeError, "release unlocked lock"))
            case "locked":
                return state, state is not None
        return super().transition(state, operation, thread)

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        return None if state is None else position[state]

    def value(self, state: Any) -> bool:
        return state is not None

    def holders(self, state: Any) -> tuple[int, ...]:
        return () if state is None else (state,)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method == "locked" or answer is False or isinstance(answer, Raised)

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        return Operation(self, "release") if operation.method == "acquire" else None

    def twin(self) -> Any:
        return threading.Lock()

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        if operation.method != "acquire":
            return super().attempt(twin, operation, patience)
        if not operation.argument("blocking", True):
            return twin.acquire(blocking=False)
        timeout = operation.argument("timeout", FOREVER)
        if timeout != FOREVER:
            return twin.acquire(timeout=min(timeout, patience))
        return twin.acquire(timeout=patience) or BLOCKED

    def twin_value(self, twin: Any) -> bool:
        return bool(twin.locked())


def check_waiting(blocking: bool, timeout: float) -> None:
    """Refuse what ``threading`` refuses, in its own words."""
    if not blocking and timeout != FOREVER:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != FOREVER:
        raise ValueError("timeout value must be a non-negative number")
