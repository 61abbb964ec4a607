"""Locks: what one thread holds while the others wait."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from simulator.objects.guards import Acquirable
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised

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

    can_stay_locked = True

    def __init__(self, name: str = "lock") -> None:
        super().__init__(name, None)

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> Operation[bool]:
        """Ask for the lock. Answers True; if it is held, a non-blocking or timed acquire answers False, any other blocks.

        Time is not modelled: that the timeout fired while the lock was held is one of the interleavings.
        """
        check_waiting(blocking, timeout)
        return self.ask("acquire", **written(blocking=(blocking, True), timeout=(timeout, FOREVER)))

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
                return (state, False) if may_give_up(operation, FOREVER) else BLOCKED
            case "release":
                return None, (None if state is not None else Raised(RuntimeError, "release unlocked lock"))
            case "locked":
                return state, state is not None
        return super().transition(state, operation, thread)

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        return None if state is None else position[state]

    def value(self, state: Any) -> bool:
        return state is not None

    def news(self, value: Any) -> str:
        return ""  # locks that stay locked are told in one go

    def holders(self, state: Any) -> tuple[int, ...]:
        return () if state is None else (state,)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method == "locked" or answer is False or isinstance(answer, Raised)

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        return Operation(self, "release") if operation.method == "acquire" else None

    def twin(self) -> Any:
        return threading.Lock()

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        if operation.method == "acquire":
            return attempt_acquire(twin, operation, patience, FOREVER)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: Any) -> bool:
        return bool(twin.locked())


class RLock(Acquirable):
    """``threading.RLock``: a lock that the thread which holds it can acquire again; it is free after as many releases.

    As in CPython (``Modules/_threadmodule.c``) only the thread that holds it may release it; any other gets a RuntimeError.
    Which of several waiting threads gets it next is left open there, and every choice is explored here.

    ``final[lock]`` tells whether anybody holds it.

    >>> RLock("lock").acquire()
    lock.acquire()
    """

    can_stay_locked = True

    def __init__(self, name: str = "lock") -> None:
        super().__init__(name, None)

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> Operation[bool]:
        """Ask for the lock, once more if this thread holds it already. Answers as `Lock.acquire` does."""
        check_waiting(blocking, timeout)
        return self.ask("acquire", **written(blocking=(blocking, True), timeout=(timeout, FOREVER)))

    def release(self) -> Operation[None]:
        """Ask for one acquire to be taken back. Raises RuntimeError in a thread that does not hold the lock."""
        return self.ask("release")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        holder, times = state or (thread, 0)
        match operation.method:
            case "acquire":
                if holder == thread:
                    return (thread, times + 1), True
                return (state, False) if may_give_up(operation, FOREVER) else BLOCKED
            case "release":
                if state is None or holder != thread:
                    return state, Raised(RuntimeError, "cannot release un-acquired lock")
                return ((thread, times - 1) if times > 1 else None), None
        return super().transition(state, operation, thread)

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        return None if state is None else (position[state[0]], state[1])

    def value(self, state: Any) -> bool:
        return state is not None

    def news(self, value: Any) -> str:
        return ""  # locks that stay locked are told in one go

    def holders(self, state: Any) -> tuple[int, ...]:
        return () if state is None else (state[0],)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return answer is False or isinstance(answer, Raised)

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        return Operation(self, "release") if operation.method == "acquire" else None

    def twin(self) -> RealRLock:
        return RealRLock()

    def attempt(self, twin: RealRLock, operation: Operation[Any], patience: float) -> Any:
        if operation.method == "acquire":
            return attempt_acquire(twin, operation, patience, FOREVER)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: RealRLock) -> bool:
        return twin.depth > 0


class RealRLock:
    """A ``threading.RLock`` that can tell whether it is held, which CPython's learned to do only in 3.14."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.depth = 0  # changed by the thread that holds the lock, and by nobody else

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> bool:
        acquired = self.lock.acquire(blocking, timeout)
        self.depth += acquired
        return acquired

    def release(self) -> None:
        if self.lock._is_owned():  # type: ignore[attr-defined]
            self.depth -= 1  # first, for after the release it may be another thread's
        self.lock.release()  # raises if this thread does not hold it


def check_waiting(blocking: bool, timeout: float) -> None:
    """Refuse what ``threading`` refuses, in its own words, which change from version to version: so let it speak itself."""
    threading.Lock().acquire(blocking, timeout)


def may_give_up(operation: Operation[Any], forever: float | None) -> bool:
    """Whether it is answered in any case, because it does not wait at all or has a timeout."""
    waits = operation.argument("blocking", True) and operation.argument("block", True)
    return not waits or operation.argument("timeout", forever) != forever


def written(**arguments: tuple[Any, Any]) -> dict[str, Any]:
    """Of pairs (what was given, what is the default) only what differs: so an operation reads as it was written."""
    return {
        name: given for name, (given, default) in arguments.items() if given != default or type(given) is not type(default)
    }


def attempt_acquire(twin: Any, operation: Operation[Any], patience: float, forever: float | None) -> Any:
    """Acquire something real: at once if it may not wait, else for as long as there is patience."""
    if not operation.argument("blocking", True):
        return twin.acquire(blocking=False)
    timeout = operation.argument("timeout", forever)
    if timeout != forever:
        return twin.acquire(timeout=min(timeout, patience))
    return twin.acquire(timeout=patience) or BLOCKED
