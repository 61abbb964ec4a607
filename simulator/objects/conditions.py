"""Conditions: waiting for something that another thread will tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any

from simulator.objects.base import Blockers
from simulator.objects.guards import Acquirable
from simulator.objects.locks import FOREVER, Lock, RealRLock, RLock, written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised, Steps

Waiter = tuple[int, int]
"""(position of a thread that waits, how often it held the lock)"""


class Condition(Acquirable):
    """``threading.Condition``: a lock, and a place to wait for a notification while the lock is free for others.

    With a lock of its own (an `RLock`), or with a `Lock` or `RLock` that it may share with other conditions.

    ``yield from condition.wait()`` is two steps: release and sleep, then wake and reacquire. With a timeout there is one
    more between them, at which the notification is there or the timeout fires. What CPython guarantees
    (``Lib/threading.py``) is guaranteed here: ``notify`` wakes those who have waited longest. It leaves open in which order
    woken threads get the lock back, so every order is explored. And as there, a thread whose timeout has fired can still
    swallow a notification until it has the lock again. Spurious wake-ups, which POSIX allows, do not happen in CPython,
    and not here.

    >>> Condition("ready").notify()
    ready.notify()
    """

    def __init__(self, name: str = "condition", lock: Lock | RLock | None = None) -> None:
        super().__init__(name, ((), ()))
        if lock is not None and not isinstance(lock, Lock | RLock):
            raise TypeError(f"a Condition shares a Lock or an RLock, but got {lock!r}")
        self.lock = lock if lock is not None else RLock(f"{name}.lock")
        self.companions = (self.lock,)

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> Operation[bool]:
        """Ask for the lock."""
        return self.lock.acquire(blocking, timeout)

    def release(self) -> Operation[None]:
        """Ask for the lock to become free."""
        return self.lock.release()

    def wait(self, timeout: float | None = None) -> Steps:
        """Release the lock, wait for a notification, reacquire the lock; use it with ``yield from``.

        Answers True; with a timeout, False if that fired. Raises RuntimeError in the thread if the lock is not held.
        """

        def steps() -> Generator[Operation[Any], Any, bool]:
            yield self.ask("wait")
            if timeout is None:
                yield self.ask("wake")
                return True
            notified: bool = yield self.ask("wake", timeout=timeout)
            yield self.ask("reacquire")
            return notified

        return Steps(f"{self.name}.wait({'' if timeout is None else f'timeout={timeout!r}'})", steps)

    def wait_for(self, predicate: Callable[[], Generator[Any, Any, Any]], timeout: float | None = None) -> Steps:
        """Wait until a predicate holds; use it with ``yield from``. Answers what the predicate last answered.

        The predicate is a generator function that reads what it needs by steps: ``return (yield counter.read()) > 0``.
        """

        def steps() -> Generator[Operation[Any], Any, Any]:
            holds: Any = yield from predicate()
            while not holds:
                notified: bool = yield from self.wait(timeout)
                holds = yield from predicate()
                if not notified:
                    break
            return holds

        return Steps(f"{self.name}.wait_for({getattr(predicate, '__name__', predicate)!s})", steps)

    def notify(self, n: int = 1) -> Operation[None]:
        """Ask for the `n` threads that have waited longest to be woken. Raises RuntimeError if the lock is not held."""
        return self.ask("notify", **written(n=(n, 1)))

    def notify_all(self) -> Operation[None]:
        """Ask for all waiting threads to be woken. Raises RuntimeError if the lock is not held."""
        return self.ask("notify_all")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        (waiting, woken), held = state
        match operation.method:
            case "wait":
                if not self._owned(held, thread):
                    return state, Raised(RuntimeError, "cannot wait on un-acquired lock")
                depth = held[1] if isinstance(self.lock, RLock) else 1
                return (((*waiting, (thread, depth)), woken), None), None
            case "wake" if operation.keywords:
                return state, any(waiter == thread for waiter, _ in woken)
            case "wake":
                if held is not None or not any(waiter == thread for waiter, _ in woken):
                    return BLOCKED
                return self._reacquired(waiting, woken, thread), None
            case "reacquire":
                return BLOCKED if held is not None else (self._reacquired(waiting, woken, thread), None)
            case "notify" | "notify_all":
                if not self._owned(held, thread):
                    return state, Raised(RuntimeError, "cannot notify on un-acquired lock")
                n = len(waiting) if operation.method == "notify_all" else max(0, operation.argument("n", 1))
                return ((waiting[n:], tuple(sorted((*woken, *waiting[:n])))), held), None
        return super().transition(state, operation, thread)

    def _owned(self, held: Any, thread: int) -> bool:
        """As in CPython: who holds a plain lock is not known there, so that anybody may pass as its owner."""
        return held is not None and (not isinstance(self.lock, RLock) or held[0] == thread)

    def _reacquired(self, waiting: tuple[Waiter, ...], woken: tuple[Waiter, ...], thread: int) -> Any:
        depth = next(depth for waiter, depth in (*woken, *waiting) if waiter == thread)
        others = tuple(tuple(entry for entry in entries if entry[0] != thread) for entries in (waiting, woken))
        return others, ((thread, depth) if isinstance(self.lock, RLock) else thread)

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        waiting, woken = ([(position[waiter], depth) for waiter, depth in entries] for entries in state)
        return tuple(waiting), tuple(sorted(woken))

    def value(self, state: Any) -> int:
        """How many threads wait for a notification."""
        return len(state[0])

    def news(self, value: Any) -> str:
        return ""  # who waits is told with the waiting threads

    def blockers(self, states: Sequence[Any], operation: Operation[Any], thread: int) -> Blockers:
        (_, woken), held = states
        if operation.method == "reacquire" or any(waiter == thread for waiter, _ in woken):
            return self.lock, self.lock.holders(held)
        return self, ()

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return isinstance(answer, Raised)

    def twin(self, *companions: Any) -> RealCondition:
        return RealCondition(companions[0])

    def attempt(self, twin: RealCondition, operation: Operation[Any], patience: float) -> Any:
        match operation.method:
            case "wait":
                return twin.fall_asleep()
            case "wake" if operation.keywords:
                return twin.is_woken(min(max(0, operation.argument("timeout", 0)), patience))
            case "wake":
                return twin.wake(patience)
            case "reacquire":
                return twin.reacquire(patience)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: RealCondition) -> int:
        return len(twin.condition._waiters)


class RealCondition:
    """CPython's condition, its ``wait`` cut where it would block: what is done in each part is what CPython does there."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.condition: Any = threading.Condition(lock.lock if isinstance(lock, RealRLock) else lock)
        self._asleep = threading.local()

    def notify(self, n: int = 1) -> None:
        self.condition.notify(n)

    def notify_all(self) -> None:
        self.condition.notify_all()

    def fall_asleep(self) -> None:
        if not self.condition._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        waiter = threading.Lock()
        waiter.acquire()
        depth = self.lock.depth if isinstance(self.lock, RealRLock) else 1
        self._asleep.waiter, self._asleep.depth, self._asleep.woken = waiter, depth, False
        self.condition._waiters.append(waiter)
        for _ in range(depth):
            self.lock.release()

    def is_woken(self, patience: float) -> bool:
        self._asleep.woken = self._asleep.woken or self._asleep.waiter.acquire(timeout=patience)
        return bool(self._asleep.woken)

    def wake(self, patience: float) -> Any:
        if not self.is_woken(patience):
            return BLOCKED
        return self.reacquire(patience)

    def reacquire(self, patience: float) -> Any:
        if not self.lock.acquire(timeout=patience):
            return BLOCKED
        for _ in range(self._asleep.depth - 1):
            self.lock.acquire()
        if not self._asleep.woken and self._asleep.waiter in self.condition._waiters:
            self.condition._waiters.remove(self._asleep.waiter)
        return None
