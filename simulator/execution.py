"""The record of one run: event, outcome, execution. Values only; nothing here runs anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import ScheduleError
from simulator.location import Location
from simulator.objects.operations import Operation
from simulator.objects.values import text_of
from simulator.outcome import Final, Outcome, Quoted, outcome_data, plain, text_in, unplain
from simulator.schedule import Schedule, thread_of
from simulator.showing import Shown
from simulator.texts import json_text

if TYPE_CHECKING:
    from simulator.program import Program

JSON_FORMAT = "simulator execution"
JSON_VERSION = 1


@dataclass(frozen=True, slots=True)
class Event:
    """The record of one step: who did what, what was answered, and where in the user's code it stands.

    ``index`` counts from 0, so that ``trace[event.index] is event``; texts and pictures number steps from 1.
    """

    index: int
    thread: str
    operation: Operation[Any]
    answer: Any
    location: Location | None

    def __str__(self) -> str:
        return f"{self.thread}: {describe_step(self.operation, self.answer)}"


def describe_step(operation: Any, answer: Any) -> str:
    """``counter.read() -> 0``; nothing after the call when there is nothing to say."""
    return f"{operation}" if answer is None else f"{operation} -> {text_of(answer)}"


class Execution(Shown):
    """One run: the schedule, the trace, the outcome, and what everybody was waiting for when it ended.

    Executions are values: two are equal if the same threads took the same steps with the same answers. The trace is
    worked out when it is first asked for.
    """

    def __init__(
        self,
        program: Program | None,
        schedule: Schedule,
        outcome: Outcome,
        trace: tuple[Event, ...] | Callable[[], tuple[Event, ...]],
        waiting: Mapping[str, Operation[Any]] | Callable[[], Mapping[str, Operation[Any]]],
        preemptions: int | Callable[[], int] | None = None,
    ) -> None:
        self.program = program
        self._names: tuple[str, ...] = ()  # of the threads, where only a file knows of the program
        self.schedule = schedule
        self.outcome = outcome
        self._trace = trace
        self._waiting = waiting
        self._preemptions = preemptions

    @property
    def trace(self) -> tuple[Event, ...]:
        """The events, in order."""
        if callable(self._trace):
            self._trace = self._trace()
        return self._trace

    @property
    def waiting(self) -> Mapping[str, Operation[Any]]:
        """The threads that had not ended, and the operation each of them was waiting to perform."""
        if callable(self._waiting):
            self._waiting = self._waiting()
        return self._waiting

    @property
    def preemptions(self) -> int | None:
        """How often a thread was interrupted that could have gone on; None if nobody could count (real threads, files)."""
        if callable(self._preemptions):
            self._preemptions = self._preemptions()
        return self._preemptions

    @property
    def final(self) -> Final:
        """The values of the shared objects at the end."""
        return self.outcome.final

    @property
    def output(self) -> str:
        """What the consoles show."""
        return self.outcome.output

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Execution):
            return NotImplemented
        return (self.schedule, self.outcome, self.trace) == (other.schedule, other.outcome, other.trace)

    def __hash__(self) -> int:
        return hash((self.schedule, self.outcome))

    def __len__(self) -> int:
        return len(self.schedule)

    def __bool__(self) -> bool:
        """An execution is one even if it has no steps, so that ``if find(...):`` asks whether there is one."""
        return True

    def __repr__(self) -> str:
        return f"Execution({str(self.schedule)!r}: {self.outcome})"

    def to_json(self) -> str:
        """Write it down, with the version of the format; `from_json` reads it back, and replaying checks it."""
        return json_text(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        outcome = self.outcome
        return {
            "format": JSON_FORMAT,
            "version": JSON_VERSION,
            "threads": list(self.program.names if self.program else self._names),
            "schedule": str(self.schedule),
            "outcome": outcome_data(outcome),
            "waiting": {name: repr(operation) for name, operation in self.waiting.items()},
            "trace": [
                {
                    "thread": event.thread,
                    "operation": repr(event.operation),
                    "answer": plain(event.answer),
                    "location": str(event.location) if event.location else None,
                }
                for event in self.trace
            ],
        }

    @classmethod
    def from_json(cls, text: str) -> Execution:
        """Read an execution back. Operations and unusual values are known by their text only. Raises `ScheduleError`."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ScheduleError(f"this is not JSON: {error}") from None
        if not isinstance(data, dict) or data.get("format") != JSON_FORMAT:
            raise ScheduleError(f'this JSON is no execution: it does not say "format": "{JSON_FORMAT}"')
        if data.get("version") != JSON_VERSION:
            raise ScheduleError(f"this execution has version {data.get('version')!r}; only {JSON_VERSION} can be read")
        try:
            return cls._from_data(data)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ScheduleError(f"this execution is damaged: {type(error).__name__}: {error}") from None

    @classmethod
    def _from_data(cls, data: Mapping[str, Any]) -> Execution:
        names = tuple(map(text_in, data["threads"]))
        schedule = Schedule.parse(text_in(data["schedule"]), names)
        ended = data["outcome"]
        final = Final({Quoted(name): unplain(value) for name, value in ended["final"].items()})
        returned = {name: unplain(value) for name, value in ended["returned"].items()}
        failures = {name: text_in(error) for name, error in ended["failures"].items()}
        outcome = Outcome(text_in(ended["status"]), final, failures, returned)
        trace = tuple(_event(index, step) for index, step in enumerate(data["trace"]))
        if schedule.threads != tuple(event.thread for event in trace):
            raise ValueError("its trace does not take the steps of its schedule")
        waiting: dict[str, Any] = {name: Quoted(text_in(operation)) for name, operation in data["waiting"].items()}
        execution = cls(None, schedule, outcome, trace, waiting)
        execution._names = names
        return execution


def _event(index: int, step: Mapping[str, Any]) -> Event:
    """An event as it stands in a file: its operation and its place are texts."""
    operation: Any = Quoted(text_in(step["operation"]))
    location: Any = step["location"] and text_in(step["location"])
    return Event(index, text_in(step["thread"]), operation, unplain(step["answer"]), location)


def same_record(recorded: Event, performed: Event) -> bool:
    """Whether a step read from a file is the step that was performed now, as far as texts can tell."""
    return repr(recorded.operation) == repr(performed.operation) and plain(recorded.answer) == plain(performed.answer)


def preemptions_in(schedule: Sequence[str], enabled: Sequence[Sequence[str]]) -> int:
    """How often another thread stepped although the one before was still enabled; ``enabled[i]`` before step `i`."""
    return sum(
        1
        for index in range(1, len(schedule))
        if thread_of(schedule[index]) != thread_of(schedule[index - 1])
        and thread_of(schedule[index - 1]) in map(thread_of, enabled[index])
    )
