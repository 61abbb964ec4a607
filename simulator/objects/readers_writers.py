"""A readers-writer lock: many may read together, or one may write alone. ``threading`` has none, and courses need one."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from typing import Any, Literal

from simulator.objects.base import Blockers
from simulator.objects.guards import Acquirable
from simulator.objects.locks import FOREVER, check_waiting, written
from simulator.objects.operations import BLOCKED, Blocked, Operation, Raised, Steps

Preference = Literal["readers", "writers"]
WORDS = {"release_read": "read", "release_write": "write"}


class ReadWriteLock(Acquirable):
    """Many readers at once, or one writer alone.

    ``with (yield lock.acquire_read()):`` and ``with (yield from lock.acquire_write()):``.

    With preference "readers" a reader gets in whenever nobody writes, so that writers can starve. With "writers" a reader
    also waits while a writer is waiting, so that readers can starve; asking to write is then two steps, for others must see
    that a writer waits: the announcement, and the entrance. Who of those that could get in does is open, and is explored.

    ``final[lock]`` is the pair (how many read, whether one writes).

    >>> ReadWriteLock("table").acquire_read()
    table.acquire_read()
    """

    def __init__(self, name: str = "lock", preference: Preference = "readers") -> None:
        if preference not in ("readers", "writers"):
            raise ValueError(f"preference was expecting 'readers' or 'writers', but got {preference!r}")
        super().__init__(name, ((), None, 0))
        self.preference = preference

    def acquire_read(self, blocking: bool = True, timeout: float = FOREVER) -> Operation[bool]:
        """Ask to read. Answers True; if that cannot be now, a non-blocking or timed one answers False, others block."""
        return self.ask("acquire_read", **_waiting(blocking, timeout))

    def release_read(self) -> Operation[None]:
        """Ask to stop reading. Raises RuntimeError in a thread that does not read."""
        return self.ask("release_read")

    def acquire_write(self, blocking: bool = True, timeout: float = FOREVER) -> Steps:
        """Ask to write, alone; use it with ``yield from``. Answers as `acquire_read` does; a try announces nothing."""
        waiting = tuple(_waiting(blocking, timeout).items())  # a tuple: a dict of each call would tell states apart
        announces = self.preference == "writers" and not waiting

        def steps() -> Generator[Operation[Any], Any, Any]:
            if announces:
                yield self.ask("announce_write")
            return (yield self.ask("acquire_write", **dict(waiting)))

        return Steps(repr(Operation(self, "acquire_write", (), waiting)), steps)

    def release_write(self) -> Operation[None]:
        """Ask to stop writing. Raises RuntimeError in a thread that does not write."""
        return self.ask("release_write")

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        readers, writer, waiting = state
        match operation.method:
            case "acquire_read":
                if writer is None and not waiting:
                    return (tuple(sorted((*readers, thread))), None, waiting), True
                return (state, False) if operation.keywords else BLOCKED
            case "announce_write":
                return (readers, writer, waiting + 1), None
            case "acquire_write":
                if writer is None and not readers:
                    announced = self.preference == "writers" and not operation.keywords
                    return (readers, thread, waiting - announced), True
                return (state, False) if operation.keywords else BLOCKED
            case "release_read" if thread in readers:
                place = readers.index(thread)
                return ((*readers[:place], *readers[place + 1 :]), writer, waiting), None
            case "release_write" if writer == thread:
                return (readers, None, waiting), None
            case "release_read" | "release_write":
                return state, Raised(RuntimeError, f"cannot release un-acquired {WORDS[operation.method]} lock")
        return super().transition(state, operation, thread)

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        readers, writer, waiting = state
        return tuple(sorted(position[reader] for reader in readers)), None if writer is None else position[writer], waiting

    def value(self, state: Any) -> tuple[int, bool]:
        return len(state[0]), state[1] is not None

    def holders(self, state: Any) -> tuple[int, ...]:
        return state[0] if state[1] is None else (state[1],)

    def blockers(self, states: Sequence[Any], operation: Operation[Any], thread: int) -> Blockers:
        _, writer, _ = states[0]
        if operation.method == "acquire_read" and writer is None:
            return self, ()  # writers that have announced go first, and a state tells only how many
        return super().blockers(states, operation, thread)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return answer is False or isinstance(answer, Raised)

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        word = operation.method.removeprefix("acquire_")
        return Operation(self, f"release_{word}") if word != operation.method else None

    def twin(self) -> RealReadWriteLock:
        return RealReadWriteLock(self.preference)

    def attempt(self, twin: RealReadWriteLock, operation: Operation[Any], patience: float) -> Any:
        if not operation.method.startswith("acquire"):
            return super().attempt(twin, operation, patience)
        announced = self.preference == "writers" and not operation.keywords
        enter = twin.acquire_read if operation.method == "acquire_read" else lambda wait: twin.acquire_write(wait, announced)
        if operation.keywords:
            timeout = operation.argument("timeout", 0)
            return enter(min(timeout, patience))
        return enter(patience) or BLOCKED

    def twin_value(self, twin: RealReadWriteLock) -> tuple[int, bool]:
        return len(twin.readers), twin.writer is not None


def _waiting(blocking: bool, timeout: float) -> dict[str, Any]:
    """What may end the waiting; nothing if it may last for ever, however that is spelled."""
    check_waiting(blocking, timeout)
    return written(blocking=(bool(blocking), True), timeout=(FOREVER if timeout == FOREVER else timeout, FOREVER))


class RealReadWriteLock:
    """The same among real threads, on a condition of CPython's."""

    def __init__(self, preference: Preference) -> None:
        self.changed = threading.Condition()
        self.readers: list[int] = []
        self.writer: int | None = None
        self.waiting = 0
        self.preference = preference

    def acquire_read(self, wait: float) -> bool:
        with self.changed:
            if not self.changed.wait_for(lambda: self.writer is None and not self.waiting, wait):
                return False
            self.readers.append(threading.get_ident())
            return True

    def announce_write(self) -> None:
        with self.changed:
            self.waiting += 1

    def acquire_write(self, wait: float, announced: bool) -> bool:
        with self.changed:
            if not self.changed.wait_for(lambda: self.writer is None and not self.readers, wait):
                return False
            self.writer = threading.get_ident()
            self.waiting -= announced
            return True

    def release_read(self) -> None:
        with self.changed:
            if threading.get_ident() not in self.readers:
                raise RuntimeError("cannot release un-acquired read lock")
            self.readers.remove(threading.get_ident())
            self.changed.notify_all()

    def release_write(self) -> None:
        with self.changed:
            if self.writer != threading.get_ident():
                raise RuntimeError("cannot release un-acquired write lock")
            self.writer = None
            self.changed.notify_all()
