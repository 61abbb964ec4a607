"""Two executions side by side: where they part, what was read stale, and whose write was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.analysis.moments import source_of
from simulator.analysis.serial import MOST_STEPS, common_steps, nearest_serial
from simulator.errors import correction
from simulator.execution import Event, Execution
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.objects.values import text_of
from simulator.showing import Shown
from simulator.texts import json_text, page

LONGEST = 90
"""Operations, answers and outcomes that are longer are shortened in the sentences."""


@dataclass(frozen=True, slots=True)
class Comparison(Shown):
    """Two executions of one program.

    ``common`` is how many steps they have in common at the beginning; ``is_serial`` whether the second is the nearest serial
    run of the first. ``str()`` is the comparison in words.
    """

    first: Execution
    second: Execution
    common: int
    is_serial: bool
    source: str | None

    @property
    def difference(self) -> str:
        """The first difference, in a sentence."""
        first, second = (_step(execution, self.common) for execution in (self.first, self.second))
        if first is None and second is None:
            return "No difference: both take the same steps."
        number = self.common + 1
        if first is None or second is None:
            which, event = ("first", second) if first is None else ("second", first)
            taken = f"{event.thread}: {_said(event)}" if event is not None else ""
            return f"First difference: the {which} has ended before step {number}, where the other takes {taken}."
        if first.thread != second.thread:
            said, instead = f"{first.thread} steps ({_said(first)})", f"{second.thread} ({_said(second)})"
            return f"First difference: at step {number}, {said}, not {instead}."
        return f"First difference: at step {number}, {first.thread} takes {_said(first)}, not {_said(second)}."

    @property
    def stale(self) -> tuple[str, ...]:
        """Every write after a stale read in the first execution, in a sentence."""
        return tuple(
            f"Stale read: {write.thread} writes {_name(write)} at step {write.index + 1} from what it read at step "
            f"{read.index + 1}, but {between.thread} has written it at step {between.index + 1}."
            for read, between, write in _stale(self.first)
        )

    @property
    def overwritten(self) -> tuple[str, ...]:
        """Every write of the first execution that was overwritten by a thread that had not seen it, in a sentence."""
        return tuple(
            f"Overwritten write: {_said(between)} of {between.thread} at step {between.index + 1} is lost: {write.thread} "
            f"overwrites it at step {write.index + 1} without having seen it."
            for _, between, write in _stale(self.first)
        )

    @property
    def ends(self) -> str:
        """How the two end."""
        outcomes = [str(execution.outcome) for execution in (self.first, self.second)]
        first, second = map(_brief, outcomes)
        other = "the serial run" if self.is_serial else "the second"
        return (
            f"Both end the same: {first}."
            if outcomes[0] == outcomes[1]
            else f"The first ends with {first}; {other} with {second}."
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it, in the order in which one asks."""
        return (self.difference, *self.stale, *self.overwritten, self.ends)

    def __str__(self) -> str:
        return page(self.sentences)

    def to_json(self) -> str:
        """As JSON, with the version of the format and both executions in full."""
        return json_text(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        return {
            "format": "simulator comparison",
            "version": 1,
            "common": self.common,
            "serial": self.is_serial,
            "sentences": list(self.sentences),
            "first": self.first.to_data(),
            "second": self.second.to_data(),
        }


def compare(execution: Execution, other: Execution | None = None) -> Comparison:
    """Compare two executions of one program; without a second one, with the nearest serial run.

    Raises ValueError if there is no serial run that ends soon enough, or if the executions are of different programs.
    """
    second = other if other is not None else nearest_serial(execution)
    if second is None:
        raise ValueError(
            correction(
                f"no serial run of this program ends within {MOST_STEPS:,} steps.",
                ("analysis.compare(execution)", ""),
                ("analysis.compare(execution, replay(program, schedule))", "say what to compare with"),
            )
        )
    if execution.program is not None and second.program is not None and execution.program.names != second.program.names:
        raise ValueError("these two executions are of different programs: their threads have different names")
    source = source_of(execution.program)
    return Comparison(execution, second, common_steps(execution, second), other is None, source)


def _step(execution: Execution, index: int) -> Event | None:
    return execution.trace[index] if index < len(execution) else None


def _said(event: Event) -> str:
    operation = _brief(repr(event.operation))
    return operation if event.answer is None else f"{operation} -> {_brief(text_of(event.answer))}"


def _brief(text: str) -> str:
    """A long text without its middle, so that a sentence stays one."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST * 2 // 3]}…{text[-LONGEST // 3 :]}"


def _name(event: Event) -> str:
    target = event.operation.target if isinstance(event.operation, Operation) else None
    return target.name if target is not None else "it"


def _stale(execution: Execution) -> list[tuple[Event, Event, Event]]:
    """(read, the last write of another thread since, write after it) for every write after a stale read."""
    found: list[tuple[Event, Event, Event]] = []
    reads: dict[tuple[str, SharedObject], Event] = {}
    writes: dict[SharedObject, Event] = {}
    for event in execution.trace:
        target = event.operation.target if isinstance(event.operation, Operation) else None
        if target is None or target.synchronises:
            continue
        if target.reads_only(event.operation, event.answer):
            reads[event.thread, target] = event
            continue
        read, last = reads.pop((event.thread, target), None), writes.get(target)
        if read is not None and last is not None and last.index > read.index and last.thread != event.thread:
            found.append((read, last, event))
        writes[target] = event
    return found
