"""What stands in the lanes of a drawn timeline: the value of every object after each step, who waits, what was stale.

Nothing is run for it. The events of an execution are folded through the objects' own pure ``transition``, so that an object
of any kind has its lane without anything being written for it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.execution import Event, Execution
from simulator.objects.base import BLOCKED, Acquirable, Operation, SharedObject
from simulator.render.text import event_text, place_text, shorten, thread_names

LONGEST_VALUE, LONGEST_STEP = 28, 44


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
    written it since; else None.
    """

    number: int
    thread: str
    text: str
    place: str
    cells: tuple[Cell, ...]
    blocked: Mapping[str, str]
    stale: int | None


@dataclass(frozen=True, slots=True)
class Lanes:
    """All lanes of an execution. ``blocked_at_end`` maps the threads of a deadlock to what they wait for."""

    threads: tuple[str, ...]
    objects: tuple[str, ...]
    start: tuple[str, ...]
    rows: tuple[Row, ...]
    blocked_at_end: Mapping[str, str]


def lanes(execution: Execution) -> Lanes:
    """Work out the lanes. An execution that was read from a file has none for objects: only their names are known."""
    threads = thread_names(execution)
    objects = _objects(execution)
    follower = _Follower(threads, {object: object.initial for object in objects})
    start = tuple(_shown(object, object.initial, threads) for object in objects)
    rows = []
    for event in execution.trace:
        cells = follower.follow(event)
        waiting = {
            name: shorten(operation.target.name if operation.target else repr(operation), LONGEST_VALUE)
            for name, operation in _pending(execution, event.index + 1, threads).items()
            if follower.is_blocked(name, operation)
        }
        step = shorten(event_text(event), LONGEST_STEP)
        rows.append(Row(event.index + 1, event.thread, step, place_text(event), cells, waiting, follower.stale))
    ended = execution.outcome.status == "deadlock"
    at_end = {name: shorten(repr(operation), LONGEST_STEP) for name, operation in execution.waiting.items() if ended}
    return Lanes(threads, tuple(object.name for object in objects), start, tuple(rows), at_end)


def _objects(execution: Execution) -> list[SharedObject]:
    asked: list[Any] = [*(event.operation for event in execution.trace), *execution.waiting.values()]
    targets = [operation.target for operation in asked if isinstance(operation, Operation) and operation.target is not None]
    return sorted(dict.fromkeys(targets), key=lambda target: target.serial)


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
    stale: int | None = None
    _read: dict[tuple[str, SharedObject], int] = field(default_factory=dict)
    _written: dict[SharedObject, tuple[int, str]] = field(default_factory=dict)

    def follow(self, event: Event) -> tuple[Cell, ...]:
        before = {object: _shown(object, state, self.threads) for object, state in self.states.items()}
        operation, target, self.stale = event.operation, None, None
        arrow = ""
        if isinstance(operation, Operation) and operation.target is not None:
            target = operation.target
            performed = target.transition(self.states[target], operation, self.threads.index(event.thread))
            if performed is not BLOCKED:
                self.states[target] = performed[0]
            arrow = "read" if target.reads_only(operation, event.answer) else "write"
            self._note_access(event, target, arrow)
        cells = []
        for object, state in self.states.items():
            text = _shown(object, state, self.threads)
            cells.append(Cell(text, arrow if object is target else "", text != before[object]))
        return tuple(cells)

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
        if not isinstance(operation, Operation) or operation.target is None:
            return False
        state = self.states[operation.target]
        return operation.target.transition(state, operation, self.threads.index(name)) is BLOCKED


def _shown(object: SharedObject, state: Any, threads: Sequence[str]) -> str:
    """A state in a few characters: who holds it, or its value."""
    holders = [threads[position] for position in object.holders(state)]
    if holders:
        return shorten(f"held by {', '.join(holders)}", LONGEST_VALUE)
    value = object.value(state)
    if isinstance(object, Acquirable) and value is False:
        return "free"
    return shorten(repr(value), LONGEST_VALUE)
