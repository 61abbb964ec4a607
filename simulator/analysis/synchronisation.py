"""Which steps order which later ones: what each kind of object promises about whoever uses it.

A step *publishes* if others that later *receive* from it may rely on all that was done before it. Only what a program may
rely on counts, not what happens to be so inside: a failed try, ``qsize`` or ``locked`` orders nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.execution import Event
from simulator.objects.atomics import Atomic
from simulator.objects.barriers import Barrier
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.objects.console import Console
from simulator.objects.events import Event as Flag
from simulator.objects.locks import Lock, RLock
from simulator.objects.operations import Operation, Raised
from simulator.objects.queues import LifoQueue, Queue
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore

Source = tuple[int, str]
"""(index of the event that publishes, what orders the two in words: ``release → acquire``)"""


Published = dict[tuple[str, str], int]
"""The latest event that published, by thread and method: the earlier ones of the thread come before it anyway."""


class Channels:
    """What has been published for one object. `receive` is asked before `publish`, for every event that touches it."""

    def __init__(self, object: SharedObject) -> None:
        self.object = object
        self.published: Published = {}

    def receive(self, event: Event) -> Iterable[Source]:
        """The earlier events that this one comes after, because of the object."""
        return _sources(self.published, event)

    def publish(self, event: Event) -> None:
        """Note the event, if later ones may rely on what was done before it.

        Of a kind that is not known here: whatever may have changed the state publishes to all that comes later. That is what
        the Java language specification (17.4.4) promises of volatile variables, and what holds for `Atomic`.
        """
        if not self.object.reads_only(event.operation, event.answer):
            self._note(event)

    def _note(self, event: Event) -> None:
        self.published[event.thread, event.operation.method] = event.index


def _sources(published: Published, event: Event) -> list[Source]:
    return [(index, f"{method} → {event.operation.method}") for (_, method), index in published.items()]


class _Variable(Channels):
    """A plain variable orders nothing, but for ``until``: that relies on the writes before it."""

    def receive(self, event: Event) -> Iterable[Source]:
        return super().receive(event) if event.operation.method == "until" else ()


class _Console(Channels):
    """Nobody can rely on what was printed: no thread can read it."""

    def publish(self, event: Event) -> None:
        """Nothing is."""


class _Lock(Channels):
    """From every release to every later acquire that got it, or got a unit: those have no names.

    A condition's wait releases the lock, its wake acquires it.
    """

    def receive(self, event: Event) -> Iterable[Source]:
        gets = event.operation.method in ("acquire", "reacquire") or (
            event.operation.method == "wake" and not event.operation.keywords
        )
        refused = isinstance(event.answer, Raised) or (event.operation.method == "acquire" and not event.answer)
        return super().receive(event) if gets and not refused else ()

    def publish(self, event: Event) -> None:
        if event.operation.method in ("release", "wait") and not isinstance(event.answer, Raised):
            self._note(event)


class _ReadWrite(_Lock):
    """A reader comes after the writers before it, a writer after everybody."""

    def receive(self, event: Event) -> Iterable[Source]:
        if not event.operation.method.startswith("acquire_") or not event.answer:
            return ()
        reads = event.operation.method == "acquire_read"
        return [source for source in Channels.receive(self, event) if not reads or "release_write" in source[1]]

    def publish(self, event: Event) -> None:
        if event.operation.method.startswith("release_") and not isinstance(event.answer, Raised):
            self._note(event)


class _Flag(Channels):
    """From ``set`` to whoever then sees the flag set."""

    def receive(self, event: Event) -> Iterable[Source]:
        return super().receive(event) if event.operation.method in ("wait", "is_set") and event.answer else ()

    def publish(self, event: Event) -> None:
        if event.operation.method == "clear":
            self.published.clear()
        elif event.operation.method == "set":
            self._note(event)


class _Condition(Channels):
    """From ``notify`` to the wake-up of those that it woke; the lock is a matter of its own."""

    def __init__(self, object: SharedObject) -> None:
        super().__init__(object)
        self.asleep: list[str] = []
        self.woken: dict[str, tuple[int, str]] = {}

    def receive(self, event: Event) -> Iterable[Source]:
        told = event.operation.method == "wake" and (event.answer or not event.operation.keywords)
        if not told or event.thread not in self.woken:
            return ()
        index, method = self.woken[event.thread]
        return [(index, f"{method} → wake")]

    def publish(self, event: Event) -> None:
        if isinstance(event.answer, Raised):
            return
        match event.operation.method:
            case "wait":
                self.asleep.append(event.thread)
            case "notify" | "notify_all":
                everybody = event.operation.method == "notify_all"
                n = len(self.asleep) if everybody else max(0, event.operation.argument("n", 1))
                for name in self.asleep[:n]:
                    self.woken[name] = (event.index, event.operation.method)
                self.asleep = self.asleep[n:]
            case "wake" if event.operation.keywords:
                pass  # the thread can be notified until it has the lock back
            case "wake" | "reacquire":
                self.woken.pop(event.thread, None)
                self.asleep = [name for name in self.asleep if name != event.thread]


class _Barrier(Channels):
    """From every arrival to every departure of the same round, and from whoever breaks it to those that are told."""

    def __init__(self, object: SharedObject) -> None:
        super().__init__(object)
        self.breaking: Published = {}
        self.round: Published = {}

    def receive(self, event: Event) -> Iterable[Source]:
        if isinstance(event.answer, Raised):
            return _sources(self.breaking, event)
        if event.operation.method == "depart":
            return _sources(self.round, event)
        is_last = event.operation.method == "arrive" and event.answer + 1 == self._parties
        return super().receive(event) if is_last else ()

    def publish(self, event: Event) -> None:
        if isinstance(event.answer, Raised):
            return
        if event.operation.method in ("abort", "reset"):
            self.breaking[event.thread, event.operation.method] = event.index
            self.published = {}
        elif event.operation.method == "arrive":
            self._note(event)
            if event.answer + 1 == self._parties:
                self.round, self.published = self.published, {}

    @property
    def _parties(self) -> int:
        return self.object.parties if isinstance(self.object, Barrier) else 0


class _Queue(Channels):
    """From the put of an item to the get of that item; from ``task_done`` to ``join``; from ``shutdown`` to whoever is told.

    With room for so many items, the get that makes room comes before the put that needs it, as for channels in The Go
    Memory Model ("the kth receive is synchronized before the completion of the k+Cth send").
    """

    def __init__(self, object: SharedObject) -> None:
        super().__init__(object)
        self.inside: list[tuple[Any, int]] = []  # (item, index of its put), in the order in which they were put
        self.gets: list[int] = []
        self.puts = 0
        self.done: Published = {}
        self.closed: Published = {}

    def receive(self, event: Event) -> Iterable[Source]:
        method, room = event.operation.method, self._room
        if isinstance(event.answer, Raised):
            told = event.answer.kind.__name__ == "ShutDown"
            return _sources(self.closed, event) if told else ()
        if method == "get":
            return [(self.inside[place][1], "put → get") for place in self._places(event.answer)]
        if method == "join":
            return _sources(self.done, event)
        if method == "put" and room and self.puts >= room and self.puts - room < len(self.gets):
            return [(self.gets[self.puts - room], "get → put")]
        return ()

    def publish(self, event: Event) -> None:
        if self.object.reads_only(event.operation, event.answer):
            return
        match event.operation.method:
            case "put":  # one that raised TypeError has left its item in a heap, as in CPython
                self.inside.append((event.operation.arguments[0], event.index))
                self.puts += 1
            case "get":
                for place in self._places(event.answer):
                    del self.inside[place]
                self.gets.append(event.index)
            case "task_done":
                self.done[event.thread, "task_done"] = event.index
            case "shutdown":
                self.closed[event.thread, "shutdown"] = event.index
                if event.operation.argument("immediate", False):
                    self.done[event.thread, "shutdown"] = event.index
                    self.inside = []

    @property
    def _room(self) -> int:
        return max(0, self.object.maxsize) if isinstance(self.object, Queue) else 0

    def _places(self, item: Any) -> list[int]:
        """Which of the items inside was got, if any: the last of its kind from a stack, the first from anything else."""
        places = [place for place, (inside, _) in enumerate(self.inside) if inside is item or inside == item]
        return places[-1:] if isinstance(self.object, LifoQueue) else places[:1]


KINDS: tuple[tuple[type[SharedObject], type[Channels]], ...] = (
    (Console, _Console),
    (Atomic, Channels),
    (Semaphore, _Lock),
    (Lock, _Lock),
    (RLock, _Lock),
    (ReadWriteLock, _ReadWrite),
    (Flag, _Flag),
    (Condition, _Condition),
    (Barrier, _Barrier),
    (Queue, _Queue),
)
"""The first that fits decides. Workers are not among them: who started and who joined is told by the trace itself."""


def channels_of(object: SharedObject) -> Channels:
    """Begin to follow one object."""
    if not object.synchronises:
        return _Variable(object)
    return next((channels(object) for kind, channels in KINDS if isinstance(object, kind)), Channels(object))


def is_plain_access(operation: Operation[Any]) -> bool:
    """Whether an operation reads or writes a variable without ordering anything."""
    target = operation.target
    return target is not None and not target.synchronises and operation.method != "until"
