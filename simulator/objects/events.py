"""Events: a flag that threads can wait for."""

from __future__ import annotations

import threading
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.locks import written
from simulator.objects.operations import BLOCKED, Blocked, Operation


class Event(SharedObject):
    """``threading.Event``: a flag, not set at first. Waiting blocks until it is set.

    In CPython (``Lib/threading.py``) ``set`` wakes everybody who waits, also if the flag is cleared right after it. So it
    is here: between ``set`` and ``clear`` every waiting thread can step, and what it does afterwards can be delayed for as
    long as you like. The order among woken threads is open, and is explored. ``final[event]`` is the flag.

    >>> Event("ready").wait(timeout=1)
    ready.wait(timeout=1)
    """

    mentions_threads = False

    def __init__(self, name: str = "event") -> None:
        super().__init__(name, False)

    def set(self) -> Operation[None]:
        """Ask for the flag to be set."""
        return self.ask("set")

    def clear(self) -> Operation[None]:
        """Ask for the flag not to be set any more."""
        return self.ask("clear")

    def is_set(self) -> Operation[bool]:
        """Ask whether the flag is set. The answer may be old news at the next step."""
        return self.ask("is_set")

    def wait(self, timeout: float | None = None) -> Operation[bool]:
        """Ask to go on once the flag is set. Answers True; with a timeout, False if the flag is not set."""
        return self.ask("wait", **written(timeout=(timeout, None)))

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "set":
                return True, None
            case "clear":
                return False, None
            case "is_set":
                return state, state
            case "wait":
                return (state, state) if state or operation.keywords else BLOCKED
        return super().transition(state, operation, thread)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method in ("is_set", "wait")

    def overwrites(self, operation: Operation[Any]) -> bool:
        return operation.method in ("set", "clear")

    def twin(self) -> Any:
        return threading.Event()

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        if operation.method != "wait":
            return super().attempt(twin, operation, patience)
        timeout = operation.argument("timeout", None)
        if timeout is not None:
            return twin.wait(min(timeout, patience))
        return twin.wait(patience) or BLOCKED

    def twin_value(self, twin: Any) -> bool:
        return bool(twin.is_set())
