"""What stands in the lanes of a drawn timeline: the value of every object after each step, who waits, what was stale.

Nothing is run for it. The events of an execution are folded through the objects' own pure ``transition``, so that an object
of any kind has its lane without anything being written for it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.execution import Event, Execution
from simulator.objects.base import SharedObject
from simulator.objects.operations import BLOCKED, Operation
from simulator.objects.queues import Queue
from simulator.objects.threads import ENDED, NEW, STARTED, Worker
from simulator.render.lanes.states import state_text
from simulator.render.means.phrases import event_text, place_text, shorten, thread_names
from simulator.render.means.places import brief_places

LONGEST_VALUE, LONGEST_STEP, LONGEST_PLACE = 32, 44, 90


@dataclass(frozen=True, slots=True)
class Cell:
    """The lane of an object after one step; ``arrow`` is "read" or "write" if the step was about this object."""

    text: str
    arrow: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One step: who did what, what the objects are then, and who waits for what.

    ``stale`` is the number of the step at which this thread read the variable that it writes now, if another thread has
    written it since; else None. ``new`` are the threads that nobody has started yet. ``error`` is what the thread failed
    with after this step. ``place`` is the file, the line and its source; ``source`` is the same without the file, if all
    steps lie in one, and ``line`` only where that is. Where steps are folded into one row, ``number`` is the first and
    ``last`` the last of them.
    """

    number: int
    thread: str
    text: str
    place: str
    cells: tuple[Cell, ...]
    blocked: Mapping[str, str]
    stale: int | None
    new: tuple[str, ...] = ()
    error: str = ""
    last: int = 0
    line: str = ""
    source: str = ""

    @property
    def numbers(self) -> str:
        """``3``, or ``3–7``."""
        return f"{self.number}–{self.last}" if self.last > self.number else f"{self.number}"


@dataclass(frozen=True, slots=True)
class Lanes:
    """All lanes of an execution.

    ``kinds`` are the classes of the objects; ``blocked_at_end`` maps the threads of a deadlock to what they wait for;
    ``new`` are the threads that have to be started by others; ``ended`` those that came to their end.
    """

    threads: tuple[str, ...]
    objects: tuple[str, ...]
    start: tuple[str, ...]
    rows: tuple[Row, ...]
    blocked_at_end: Mapping[str, str]
    new: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ended: frozenset[str] = frozenset()


def lanes(execution: Execution) -> Lanes:
    """Work out the lanes. An execution that was read from a file has none for objects: only their names are known."""
    threads = thread_names(execution)
    objects = _objects(execution)
    follower = _Follower(threads, {object: object.initial for object in objects}, _ends(execution), _counted(execution))
    start = tuple(follower.shown(object) for object in objects)
    new = follower.new()
    failures = {name: shorten(text, LONGEST_STEP) for name, text in execution.outcome.failures.items()}
    rows = []
    for event, line in zip(execution.trace, brief_places(execution.trace), strict=True):
        cells = follower.follow(event)
        waiting = {
            name: shorten(obstacle.name if obstacle else repr(operation), LONGEST_VALUE)
            for name, operation in _pending(execution, event.index + 1, threads).items()
            if follower.is_blocked(name, operation)
            for obstacle in [follower.obstacle(name, operation)]
        }
        step = shorten(event_text(event), LONGEST_STEP)
        place = shorten(place_text(event), LONGEST_PLACE)
        error = failures.pop(event.thread, "") if follower.ends.get(event.thread) == event.index + 1 else ""
        row = Row(event.index + 1, event.thread, step, place, cells, waiting, follower.stale, follower.new(), error)
        source = shorten(place_text(event, line), LONGEST_PLACE)
        rows.append(replace(row, line=shorten(line, LONGEST_VALUE), source=source))
    ended = execution.outcome.status == "deadlock"
    at_end = {name: shorten(repr(operation), LONGEST_STEP) for name, operation in execution.waiting.items() if ended}
    kinds = tuple(object.kind for object in objects)
    over = frozenset(follower.ends)
    return Lanes(threads, tuple(object.name for object in objects), start, tuple(rows), at_end, new, kinds, over)


def _asked(execution: Execution) -> list[Operation[Any]]:
    """All operations that were performed, or waited for at the end. (Of an execution from a file only texts are known.)"""
    asked: list[Any] = [*(event.operation for event in execution.trace), *execution.waiting.values()]
    return [operation for operation in asked if isinstance(operation, Operation)]


def _objects(execution: Execution) -> list[SharedObject]:
    """The objects that were used, and the workers."""
    used = [object for operation in _asked(execution) for object in operation.touches]
    workers = execution.program.workers.values() if execution.program and used else ()
    return sorted(dict.fromkeys([*used, *workers]), key=lambda target: target.serial)


def _counted(execution: Execution) -> frozenset[SharedObject]:
    """The queues of which somebody wanted to know how many items are unfinished."""
    asked = [operation for operation in _asked(execution) if operation.method in ("join", "task_done")]
    return frozenset(operation.target for operation in asked if isinstance(operation.target, Queue))


def _ends(execution: Execution) -> dict[str, int]:
    """After how many steps each thread has ended. Those that never did are not there."""
    ends = {name: 0 for name in thread_names(execution) if name not in execution.waiting}
    for event in execution.trace:
        if event.thread in ends:
            ends[event.thread] = event.index + 1
    return ends


def _pending(execution: Execution, index: int, threads: Sequence[str]) -> dict[str, Any]:
    """What each thread asks for before the step at `index`: what it does next, or what it waits for at the end."""
    pending: dict[str, Any] = dict(execution.waiting)
    for event in reversed(execution.trace[index:]):
        pending[event.thread] = event.operation
    return {name: pending[name] for name in threads if name in pending}


@dataclass(slots=True)
class _Follower:
    """Follows the events of one execution and knows the states they lead to."""

    threads: tuple[str, ...]
    states: dict[SharedObject, Any]
    ends: Mapping[str, int]
    counted: frozenset[SharedObject]
    stale: int | None = None
    _read: dict[tuple[str, SharedObject], int] = field(default_factory=dict)
    _written: dict[SharedObject, tuple[int, str]] = field(default_factory=dict)

    def follow(self, event: Event) -> tuple[Cell, ...]:
        before = {object: self.shown(object) for object in self.states}
        operation, target, self.stale = event.operation, None, None
        arrow = ""
        if isinstance(operation, Operation) and operation.target is not None:
            target = operation.target
            performed = self._performed(event.thread, operation)
            if performed is not BLOCKED:
                self.states.update(zip(operation.touches, performed[0], strict=True))
            arrow = "read" if target.reads_only(operation, event.answer) else "write"
            self._note_access(event, target, arrow)
        self._see_who_has_ended(event.index + 1)
        cells = []
        for object in self.states:
            text = self.shown(object)
            changed = text != before[object]
            touched = isinstance(operation, Operation) and object in operation.touches and changed
            cells.append(Cell(text, arrow if object is target else "write" if touched else "", changed))
        return tuple(cells)

    def _performed(self, name: str, operation: Operation[Any]) -> Any:
        states = [self.states[object] for object in operation.touches]
        return operation.perform(states, self.threads.index(name))

    def _see_who_has_ended(self, steps: int) -> None:
        """A worker that has come to its end can be joined from then on: that is no step of its own."""
        for object, state in self.states.items():
            if isinstance(object, Worker) and state == STARTED and steps >= self.ends.get(object.name, steps + 1):
                self.states[object] = ENDED

    def _note_access(self, event: Event, target: SharedObject, arrow: str) -> None:
        if target.synchronises:
            return
        step = event.index + 1
        if arrow == "read":
            self._read[event.thread, target] = step
            return
        read = self._read.pop((event.thread, target), None)
        written, writer = self._written.get(target, (0, ""))
        self.stale = read if read is not None and written > read and writer != event.thread else None
        self._written[target] = (step, event.thread)

    def is_blocked(self, name: str, operation: Any) -> bool:
        if not isinstance(operation, Operation) or operation.target is None or name in self.new():
            return False
        return self._performed(name, operation) is BLOCKED

    def obstacle(self, name: str, operation: Operation[Any]) -> SharedObject | None:
        """What is in the way of a thread: the lock, if it was woken from a condition."""
        if operation.target is None:
            return None
        states = [self.states[object] for object in operation.touches]
        return operation.target.blockers(states, operation, self.threads.index(name))[0]

    def new(self) -> tuple[str, ...]:
        """The threads that nobody has started yet."""
        return tuple(object.name for object, state in self.states.items() if isinstance(object, Worker) and state == NEW)

    def shown(self, object: SharedObject) -> str:
        """A state in a few characters: who holds it, or its value."""
        return state_text(object, self.states[object], self.threads, LONGEST_VALUE, self.counted)
