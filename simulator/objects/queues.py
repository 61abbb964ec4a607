"""Queues: the safest way to hand data from one thread to another."""

from __future__ import annotations

import queue
from queue import Empty, Full
from typing import Any

from simulator.objects.base import BLOCKED, Blocked, Operation, Raised, SharedObject


class Queue(SharedObject):
    """``queue.Queue``: first in, first out, with room for `maxsize` items (0: for any number).

    ``put`` blocks while the queue is full and ``get`` while it is empty; with ``block=False`` or a timeout they raise
    ``queue.Full`` or ``queue.Empty`` inside the thread instead. As in CPython (``Lib/queue.py``) items come out in the
    order they went in, whoever waits; which waiting thread comes next is left open, and every choice is explored.

    ``final[queue]`` is the tuple of the items left in it.

    >>> Queue("orders", maxsize=2).put("tea")
    orders.put('tea')
    """

    mentions_threads = False

    def __init__(self, name: str = "queue", maxsize: int = 0) -> None:
        super().__init__(name, ())
        self.maxsize = maxsize

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> Operation[None]:
        """Ask for `item` to be added at the end. Blocks while full, or raises ``queue.Full`` if it may not wait."""
        return self.ask("put", self.check_value(item, "put"), **_waiting(block, timeout))

    def get(self, block: bool = True, timeout: float | None = None) -> Operation[Any]:
        """Ask for the first item. Blocks while empty, or raises ``queue.Empty`` if it may not wait."""
        return self.ask("get", **_waiting(block, timeout))

    def put_nowait(self, item: Any) -> Operation[None]:
        """The same as ``put(item, block=False)``."""
        return self.put(item, block=False)

    def get_nowait(self) -> Operation[Any]:
        """The same as ``get(block=False)``."""
        return self.get(block=False)

    def qsize(self) -> Operation[int]:
        """Ask how many items there are. The answer may be old news at the next step."""
        return self.ask("qsize")

    def empty(self) -> Operation[bool]:
        """Ask whether there is no item. The answer may be old news at the next step."""
        return self.ask("empty")

    def full(self) -> Operation[bool]:
        """Ask whether there is no room. The answer may be old news at the next step."""
        return self.ask("full")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "put":
                if 0 < self.maxsize <= len(state):
                    return _cannot(state, operation, Full)
                if self.maxsize > 0 and _bad_timeout(operation):
                    return state, BAD_TIMEOUT
                return (*state, operation.arguments[0]), None
            case "get":
                if _bad_timeout(operation):
                    return state, BAD_TIMEOUT
                return (state[1:], state[0]) if state else _cannot(state, operation, Empty)
            case "qsize":
                return state, len(state)
            case "empty":
                return state, not state
            case "full":
                return state, 0 < self.maxsize <= len(state)
        return super().transition(state, operation, thread)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method in ("qsize", "empty", "full") or isinstance(answer, Raised)

    def twin(self) -> Any:
        return queue.Queue(self.maxsize)

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        waits = operation.method in ("put", "get") and operation.argument("block", True)
        if not waits or _bad_timeout(operation):
            return super().attempt(twin, operation, patience)
        timeout = operation.argument("timeout", None)
        try:
            limit = patience if timeout is None else min(timeout, patience)
            return getattr(twin, operation.method)(*operation.arguments, timeout=limit)
        except (Empty, Full):
            if timeout is not None:
                raise
            return BLOCKED

    def twin_value(self, twin: Any) -> tuple[Any, ...]:
        return tuple(twin.queue)


BAD_TIMEOUT = Raised(ValueError, "'timeout' must be a non-negative number")


def _waiting(block: bool, timeout: float | None) -> dict[str, Any]:
    """Only what the user wrote differently from the default: so the operation reads as it was written."""
    keywords: dict[str, Any] = {}
    if not block:
        keywords["block"] = False
    if timeout is not None:
        keywords["timeout"] = timeout
    return keywords


def _bad_timeout(operation: Operation[Any]) -> bool:
    timeout = operation.argument("timeout", None)
    return bool(operation.argument("block", True)) and timeout is not None and timeout < 0


def _cannot(state: Any, operation: Operation[Any], problem: type[Exception]) -> tuple[Any, Any] | Blocked:
    if _bad_timeout(operation):
        return state, BAD_TIMEOUT
    return (state, Raised(problem)) if operation.keywords else BLOCKED
