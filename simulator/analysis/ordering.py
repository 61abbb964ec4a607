"""Happens-before: which steps of an execution are ordered, whatever the scheduler does.

L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System" (CACM 21(7), 1978): program order plus
synchronisation order, closed. Kept as vector clocks (F. Mattern, "Virtual Time and Global States of Distributed Systems",
1989): event e comes before f if the clock of f counts e. What orders two threads is in `synchronisation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.analysis.synchronisation import Channels, Source, channels_of
from simulator.errors import correction
from simulator.execution import Event, Execution
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.objects.operations import Raised
from simulator.objects.threads import Worker

Clock = tuple[int, ...]
"""For every thread of the program, how many of its steps come before."""


@dataclass(frozen=True, slots=True)
class Link:
    """Something that orders two steps of different threads: indices of events, the object, and what they did in words."""

    first: int
    last: int
    object: str
    how: str


@dataclass(frozen=True, slots=True)
class Ordering:
    """The happens-before order of one execution.

    ``clocks[i]`` counts for every thread the steps that come before the event of index i, or are it. ``links`` are the
    synchronisations that add something, and the notifications: those that follow from others are left out.
    """

    execution: Execution
    clocks: tuple[Clock, ...]
    positions: tuple[int, ...]
    """For every event, the position of its thread."""
    ranks: tuple[int, ...]
    """For every event, which step of its thread it is, from 1."""
    links: tuple[Link, ...]

    def before(self, first: int, last: int) -> bool:
        """Whether the event of index `first` comes before that of index `last`, or is it."""
        return self.clocks[last][self.positions[first]] >= self.ranks[first]

    def ordered(self, first: int, last: int) -> bool:
        """Whether either comes before the other."""
        return self.before(first, last) or self.before(last, first)


def ordering(execution: Execution) -> Ordering:
    """Work out the happens-before order. Raises ValueError for an execution from a file, which knows only texts."""
    if execution.program is None:
        raise ValueError(
            correction(
                "this execution was read from a file, and so does not know its program: nobody can tell what orders what.",
                ("analysis.happens_before(execution)", "it has no program"),
                ("analysis.happens_before(replay(program, execution))", "replay it against the program first"),
            )
        )
    follower = _Follower(execution)
    for event in execution.trace:
        follower.follow(event)
    return Ordering(
        execution,
        tuple(follower.clocks),
        tuple(follower.positions),
        tuple(follower.ranks),
        tuple(follower.links),
    )


class _Follower:
    """Follows the events and keeps the clocks."""

    def __init__(self, execution: Execution) -> None:
        program = execution.program
        assert program is not None
        self.execution = execution
        self.place = {name: position for position, name in enumerate(program.names)}
        self.workers = {worker: name for name, worker in program.workers.items()}
        self.clocks: list[Clock] = []
        self.positions: list[int] = []
        self.ranks: list[int] = []
        self.links: list[Link] = []
        self._last: dict[str, int] = {}  # the latest event of every thread
        self._started: dict[str, int] = {}
        self._channels: dict[SharedObject, Channels] = {}
        self._steps_left = dict.fromkeys(program.names, 0)
        for event in execution.trace:
            self._steps_left[event.thread] += 1

    def follow(self, event: Event) -> None:
        position = self.place[event.thread]
        clock = list(self.clocks[self._last[event.thread]]) if event.thread in self._last else [0] * len(self.place)
        clock[position] += 1
        for object, (index, how) in self._sources(event):
            source = self.clocks[index]
            is_new = clock[self.positions[index]] < self.ranks[index]
            if is_new or isinstance(object, Condition):  # who was notified wants to see by whom
                self.links.append(Link(index, event.index, object.name, how))
            if is_new:
                clock = [max(pair) for pair in zip(clock, source, strict=True)]
        self.clocks.append(tuple(clock))
        self.positions.append(position)
        self.ranks.append(clock[position])
        self._last[event.thread] = event.index
        self._steps_left[event.thread] -= 1
        self._publish(event)

    def _sources(self, event: Event) -> list[tuple[SharedObject, Source]]:
        """The latest first, so that what follows from a later one is not named."""
        found = [(object, source) for object in event.operation.touches for source in self._from(object, event)]
        found += [(worker, source) for worker, source in self._start(event)]
        return sorted(found, key=lambda entry: -entry[1][0])

    def _from(self, object: SharedObject, event: Event) -> Sequence[Source]:
        if not isinstance(object, Worker):
            return list(self._channel(object).receive(event))
        name = self.workers.get(object, object.name)
        if not self._has_ended(name) or not self._waits_for_end(event):
            return ()
        if name in self._last:
            return [(self._last[name], f"end → {event.operation.method}")]
        return [(self._started[name], f"start → {event.operation.method}")]

    def _start(self, event: Event) -> list[tuple[Worker, Source]]:
        """The step that started this thread, before its first one."""
        if event.thread in self._last or event.thread not in self._started:
            return []
        worker = next(worker for worker, name in self.workers.items() if name == event.thread)
        return [(worker, (self._started[event.thread], "start"))]

    def _has_ended(self, name: str) -> bool:
        return name in self._started and not self._steps_left.get(name, 1) and name not in self.execution.waiting

    @staticmethod
    def _waits_for_end(event: Event) -> bool:
        if isinstance(event.answer, Raised):
            return False
        return event.operation.method == "join" or (event.operation.method == "is_alive" and event.answer is False)

    def _publish(self, event: Event) -> None:
        for object in event.operation.touches:
            if not isinstance(object, Worker):
                self._channel(object).publish(event)
            elif event.operation.method == "start" and not isinstance(event.answer, Raised):
                self._started[self.workers.get(object, object.name)] = event.index

    def _channel(self, object: SharedObject) -> Channels:
        if object not in self._channels:
            self._channels[object] = channels_of(object)
        return self._channels[object]
