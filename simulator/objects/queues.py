"""Queues: the safest way to hand data from one thread to another."""

from __future__ import annotations

import heapq
import queue
import sys
import threading
import time
from queue import Empty, Full
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.locks import may_give_up, written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised

if sys.version_info >= (3, 13):
    from queue import ShutDown
else:

    class ShutDown(Exception):
        """Raised in a thread that uses a queue which was shut down; CPython's own from 3.13 on."""


BAD_TIMEOUT = Raised(ValueError, "'timeout' must be a non-negative number")
Items = tuple[Any, ...]


class Queue(SharedObject):
    """``queue.Queue``: first in, first out, with room for `maxsize` items (0: for any number).

    ``put`` blocks while the queue is full and ``get`` while it is empty; with ``block=False`` or a timeout they raise
    ``queue.Full`` or ``queue.Empty`` inside the thread instead. As in CPython (``Lib/queue.py``) items come out in the
    order they went in, whoever waits; which waiting thread comes next is left open, and every choice is explored.
    ``shutdown`` is as in CPython 3.13, also on earlier versions.

    ``final[queue]`` is the tuple of the items left in it.

    >>> Queue("orders", maxsize=2).put("tea")
    orders.put('tea')
    """

    mentions_threads = False

    def __init__(self, name: str = "queue", maxsize: int = 0) -> None:
        super().__init__(name, ((), 0, False))
        self.maxsize = maxsize
        self.counts_tasks = False
        """Whether any thread has ever asked for something that depends on how many tasks are unfinished."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> Operation[None]:
        """Ask for `item` to be added. Blocks while full, or raises ``queue.Full`` if it may not wait."""
        return self.ask("put", item, **written(block=(block, True), timeout=(timeout, None)))

    def get(self, block: bool = True, timeout: float | None = None) -> Operation[Any]:
        """Ask for the next item. Blocks while empty, or raises ``queue.Empty`` if it may not wait."""
        return self.ask("get", **written(block=(block, True), timeout=(timeout, None)))

    def put_nowait(self, item: Any) -> Operation[None]:
        """The same as ``put(item, block=False)``."""
        return self.put(item, block=False)

    def get_nowait(self) -> Operation[Any]:
        """The same as ``get(block=False)``."""
        return self.get(block=False)

    def task_done(self) -> Operation[None]:
        """Tell that an item that was got is dealt with. Raises ValueError if there are none left to be told about."""
        self._count_tasks()
        return self.ask("task_done")

    def join(self) -> Operation[None]:
        """Ask to go on once every item that was put has been told to be dealt with."""
        self._count_tasks()
        return self.ask("join")

    def shutdown(self, immediate: bool = False) -> Operation[None]:
        """Ask for an end: ``put`` raises ``ShutDown`` from then on, and ``get`` once it is empty; at once if `immediate`.

        The exception is ``queue.ShutDown`` from CPython 3.13 on, and `simulator.objects.queues.ShutDown` before.
        """
        return self.ask("shutdown", **written(immediate=(immediate, False)))

    def qsize(self) -> Operation[int]:
        """Ask how many items there are. The answer may be old news at the next step."""
        return self.ask("qsize")

    def empty(self) -> Operation[bool]:
        """Ask whether there is no item. The answer may be old news at the next step."""
        return self.ask("empty")

    def full(self) -> Operation[bool]:
        """Ask whether there is no room. The answer may be old news at the next step."""
        return self.ask("full")

    # How the items are kept: what the subclasses differ in

    def added(self, items: Items, item: Any) -> tuple[Items, Raised | None]:
        """The items after `item` was put, and what went wrong if anything did."""
        return (*items, item), None

    def taken(self, items: Items) -> tuple[Items, Any]:
        """The items after one was got, and that one, or what went wrong."""
        return items[1:], items[0]

    def _count_tasks(self) -> None:
        if not self.counts_tasks:
            self.counts_tasks = True
            self.essence += 1

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        items, unfinished, closed = state
        match operation.method:
            case "put":
                return self._put(state, operation)
            case "get":
                return self._get(state, operation)
            case "task_done":
                if not unfinished:
                    return state, Raised(ValueError, "task_done() called too many times")
                return (items, unfinished - 1, closed), None
            case "join":
                return BLOCKED if unfinished else (state, None)
            case "shutdown":
                return self._shut_down(items, unfinished, operation.argument("immediate", False))
            case "qsize":
                return state, len(items)
            case "empty":
                return state, not items
            case "full":
                return state, 0 < self.maxsize <= len(items)
        return super().transition(state, operation, thread)

    def _put(self, state: Any, operation: Operation[Any]) -> tuple[Any, Any] | Blocked:
        items, unfinished, closed = state
        if closed:
            return state, Raised(ShutDown)
        if self.maxsize > 0 and _bad_timeout(operation):
            return state, BAD_TIMEOUT
        if 0 < self.maxsize <= len(items):
            return (state, Raised(Full)) if may_give_up(operation, None) else BLOCKED
        after, error = self.added(items, operation.arguments[0])
        return (after, unfinished + (error is None), closed), error

    def _get(self, state: Any, operation: Operation[Any]) -> tuple[Any, Any] | Blocked:
        items, unfinished, closed = state
        if closed and not items:
            return state, Raised(ShutDown)
        if _bad_timeout(operation):
            return state, BAD_TIMEOUT
        if not items:
            return (state, Raised(Empty)) if may_give_up(operation, None) else BLOCKED
        left, item = self.taken(items)
        return (left, unfinished, closed), item

    def _shut_down(self, items: Items, unfinished: int, immediate: bool) -> tuple[Any, Any]:
        """At once, the items are got one by one, and dealt with; that can go wrong as any other get can."""
        while immediate and items:
            items, item = self.taken(items)
            if isinstance(item, Raised):
                return (items, unfinished, True), item
            unfinished = max(0, unfinished - 1)
        return (items, unfinished, True), None

    def essential(self, state: Any) -> Any:
        """Where nobody asks how many tasks are unfinished their number must not tell states apart: it only ever grows."""
        return state if self.counts_tasks else (state[0], 0, state[2])

    def recall(self, essence: int) -> None:
        if essence:
            self._count_tasks()

    def value(self, state: Any) -> Any:
        return state[0]

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        refused = isinstance(answer, Raised) and answer.kind is not TypeError  # that one leaves its mark on a heap
        return operation.method in ("qsize", "empty", "full", "join") or refused

    def twin(self, *companions: Any) -> Any:
        return closable(queue.Queue)(self.maxsize)

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        if operation.method == "join":
            return _attempt_join(twin, patience)
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


class LifoQueue(Queue):
    """``queue.LifoQueue``: last in, first out. ``final[queue]`` is what is left, the next one last."""

    def taken(self, items: Items) -> tuple[Items, Any]:
        return items[:-1], items[-1]

    def twin(self, *companions: Any) -> Any:
        return closable(queue.LifoQueue)(self.maxsize)


class PriorityQueue(Queue):
    """``queue.PriorityQueue``: the smallest first. ``final[queue]`` is what is left, as ``heapq`` keeps it.

    Items that cannot be compared raise the TypeError that they raise in CPython, in the thread that puts or gets.
    """

    def added(self, items: Items, item: Any) -> tuple[Items, Raised | None]:
        heap, error = list(items), None
        try:
            heapq.heappush(heap, item)
        except TypeError as problem:  # the item is in the heap all the same, as in CPython
            error = Raised(TypeError, *problem.args)
        return tuple(heap), error

    def taken(self, items: Items) -> tuple[Items, Any]:
        heap, item = list(items), None
        try:
            item = heapq.heappop(heap)
        except TypeError as problem:  # the item is lost all the same, as in CPython
            item = Raised(TypeError, *problem.args)
        return tuple(heap), item

    def twin(self, *companions: Any) -> Any:
        return closable(queue.PriorityQueue)(self.maxsize)


def closable(kind: type[queue.Queue[Any]]) -> type[queue.Queue[Any]]:
    """CPython's class, with ``shutdown`` as from 3.13 on; before, one that stands in for it."""
    return kind if hasattr(kind, "shutdown") else stand_in(kind)


def stand_in(kind: type[queue.Queue[Any]]) -> type[queue.Queue[Any]]:
    """CPython's class before 3.13, with ``shutdown`` added.

    Nobody waits in it for ever, but only in slices: a thread that waits there while it is shut down sees that when it
    tries again.
    """

    class Closable(kind):  # type: ignore[valid-type, misc]
        unfinished_tasks: int

        def __init__(self, maxsize: int) -> None:
            super().__init__(maxsize)
            self.closed = False
            self.mutex = threading.RLock()  # to look, and to go on to what CPython does, without letting go of it
            self.not_empty = threading.Condition(self.mutex)
            self.not_full = threading.Condition(self.mutex)
            self.all_tasks_done = threading.Condition(self.mutex)

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            with self.mutex:
                if self.closed:
                    raise ShutDown
                super().put(item, block, timeout)

        def _put(self, item: Any) -> None:
            if self.closed:  # since this thread began to wait for room
                raise ShutDown
            super()._put(item)

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            with self.mutex:
                if self.closed and not self._qsize():
                    raise ShutDown
                return super().get(block, timeout)

        def shutdown(self, immediate: bool = False) -> None:
            with self.mutex:
                self.closed = True
                while immediate and self._qsize():
                    self._get()
                    self.unfinished_tasks = max(0, self.unfinished_tasks - 1)
                if immediate:
                    self.all_tasks_done.notify_all()
                self.not_empty.notify_all()
                self.not_full.notify_all()

    return Closable


def _attempt_join(twin: Any, patience: float) -> Any:
    limit = time.monotonic() + patience
    with twin.all_tasks_done:
        while twin.unfinished_tasks:
            left = limit - time.monotonic()
            if left <= 0:
                return BLOCKED
            twin.all_tasks_done.wait(left)
    return None


def _bad_timeout(operation: Operation[Any]) -> bool:
    timeout = operation.argument("timeout", None)
    return bool(operation.argument("block", True)) and timeout is not None and timeout < 0
