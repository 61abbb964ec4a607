"""Threads that other threads start, and wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from simulator.objects.base import Blockers, SharedObject
from simulator.objects.locks import written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised, making

NEW, STARTED, ENDED = "new", "started", "ended"


class Worker(SharedObject):
    """A thread that does not run until another one starts it, as a ``threading.Thread``.

    It is part of the program under its own name: ``Program(main=main, W=Worker("W", body))``. One that nobody starts does
    not keep an execution from being finished. As in CPython (``Lib/threading.py``) starting twice, joining before the
    start, and joining oneself raise RuntimeError in the thread that tries. ``final[worker]`` is "new", "started" or "ended".

    >>> Worker("W", lambda: iter(())).join(timeout=1)
    W.join(timeout=1)
    """

    mentions_threads = False

    def __init__(self, name: str, body: Callable[[], Any]) -> None:
        super().__init__(name, NEW)
        self.body = body

    def start(self) -> Operation[None]:
        """Ask for the thread to run. Raises RuntimeError if it was started before."""
        return self.ask("start")

    def join(self, timeout: float | None = None) -> Operation[None]:
        """Ask to go on once the thread has ended; with a timeout, in any case."""
        if making.thread == self.name:
            raise RuntimeError("cannot join current thread")
        return self.ask("join", **written(timeout=(timeout, None)))

    def is_alive(self) -> Operation[bool]:
        """Ask whether the thread was started and has not ended. The answer may be old news at the next step."""
        return self.ask("is_alive")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "start":
                return (STARTED, None) if state == NEW else (state, Raised(RuntimeError, "threads can only be started once"))
            case "join":
                if state == NEW:
                    return state, Raised(RuntimeError, "cannot join thread before it is started")
                return (state, None) if state == ENDED or operation.keywords else BLOCKED
            case "is_alive":
                return state, state == STARTED
        return super().transition(state, operation, thread)

    def blockers(self, states: Sequence[Any], operation: Operation[Any], thread: int) -> Blockers:
        return self, ((self.name,) if operation.method == "join" else ())

    def news(self, value: Any) -> str:
        return ""  # that a thread has come to its end can be seen from what it returned

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method != "start" or isinstance(answer, Raised)

    def twin(self, *companions: Any) -> RealWorker:
        return RealWorker(self.name)

    def attempt(self, twin: RealWorker, operation: Operation[Any], patience: float) -> Any:
        if operation.method != "join":
            return getattr(twin, operation.method)()
        timeout = operation.argument("timeout", None)
        twin.thread.join(patience if timeout is None else min(timeout, patience))
        return BLOCKED if timeout is None and twin.thread.is_alive() else None

    def twin_value(self, twin: RealWorker) -> str:
        return NEW if twin.is_new else ENDED if twin.has_ended else STARTED


class RealWorker:
    """A genuine ``threading.Thread`` that is started, joined and asked whether it is alive, in the place of the worker.

    The generator itself lives on another real thread, which exists from the beginning, so that it can be primed as in a
    simulated run. That one waits for `started`; this one waits for the generator to come to its end.
    """

    def __init__(self, name: str) -> None:
        self.started = threading.Event()
        self.has_ended = False
        self._starting = threading.Lock()
        self._over = threading.Event()
        self.thread = threading.Thread(target=self._over.wait, name=f"{name} (worker)", daemon=True)

    @property
    def is_new(self) -> bool:
        """Whether nobody has started it yet."""
        return self.thread.ident is None

    def start(self) -> None:
        with self._starting:  # CPython looks and starts in two moments: two that start it at once might both succeed
            self.thread.start()
        self.started.set()
        if self.has_ended:  # it had nothing to do
            self.thread.join()

    def is_alive(self) -> bool:
        return self.thread.is_alive()

    def end(self) -> None:
        """The generator has come to its end: from now on the worker can be joined, and is not alive."""
        self.has_ended = True
        self.dismiss()

    def dismiss(self) -> None:
        """Let the thread die, and see it dead."""
        self._over.set()
        if not self.is_new:
            self.thread.join()
