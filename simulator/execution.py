"""The record of one run: event, outcome, execution. Values only; nothing here runs anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.body import Location
from simulator.errors import ScheduleError
from simulator.objects.base import Operation, SharedObject
from simulator.objects.console import Console
from simulator.objects.values import NoKey, value_key
from simulator.schedule import Schedule, thread_of

if TYPE_CHECKING:
    from simulator.program import Program

JSON_FORMAT = "simulator execution"
JSON_VERSION = 1


class Quoted:
    """Something read back from a file, of which only the text is known. It prints as that text and equals nothing else."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quoted) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


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
    return f"{operation}" if answer is None else f"{operation} -> {answer!r}"


class Final(Mapping[Any, Any]):
    """The values of the shared objects: ``final[counter]`` or ``final["counter"]``.

    An object that no thread has touched has the value it started with.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[Any, Any]) -> None:
        self._values = dict(sorted(values.items(), key=lambda entry: _serial(entry[0])))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._values[self._named(key)]
        if key in self._values:
            return self._values[key]
        if isinstance(key, SharedObject):
            found = [known for known in self._values if str(known) == key.name and isinstance(known, Quoted)]
            return self._values[found[0]] if found else key.value(key.initial)
        raise KeyError(key)

    def _named(self, name: str) -> Any:
        found = [key for key in self._values if _name(key) == name]
        if len(found) == 1:
            return found[0]
        if found:
            kinds = " and ".join(repr(key) for key in found)
            raise KeyError(f"{name!r} could be {kinds}: use the object itself, as in final[{name}]")
        known = ", ".join(map(_name, self._values)) or "none"
        raise KeyError(f"no shared object is called {name!r}; those that were used are: {known}")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{_name(key)}: {value!r}" for key, value in self._values.items()) + "}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Final) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal values; an object that still has its first value counts as one that was never touched."""
        return tuple(
            (_name(object), object.kind if isinstance(object, SharedObject) else "", result_key(value))
            for object, value in self._values.items()
            if not isinstance(object, SharedObject) or result_key(value) != result_key(object.value(object.initial))
        )


def _serial(object: Any) -> int:
    return object.serial if isinstance(object, SharedObject) else 0


def _name(object: Any) -> str:
    return object.name if isinstance(object, SharedObject) else str(object)


def result_key(value: Any) -> Any:
    """A key for anything a thread may return; what can be changed in place goes by what it looks like."""
    try:
        return value_key(value)
    except NoKey:
        return (type(value), repr(value))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How an execution ended.

    ``status`` is "finished" (every thread has ended), "deadlock" (nothing enabled, someone unfinished) or "unfinished" (the
    run was stopped). ``failures`` maps the threads that an exception ended to its text, ``returned`` the others that have
    ended to what they returned.
    """

    status: str
    final: Final
    failures: Mapping[str, str]
    returned: Mapping[str, Any]

    @property
    def output(self) -> str:
        """What the consoles show."""
        return "".join(value for object, value in self.final.items() if isinstance(object, Console))

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal outcomes."""
        returned = tuple((name, result_key(value)) for name, value in self.returned.items())
        return (self.status, self.final.key, tuple(self.failures.items()), returned)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        """One line: the status if it is no plain end, the values, what failed, what was returned if anything was."""
        parts = [] if self.status == "finished" else [self.status]
        parts += filter(None, (_news(object, value) for object, value in self.final.items()))
        locked = [
            _name(object) for object, value in self.final.items() if getattr(object, "can_stay_locked", False) and value
        ]
        parts += [f"{' and '.join(locked)} still locked"] if locked else []
        parts += [f"{name} failed: {text}" for name, text in self.failures.items()]
        parts += [f"{name} returned {value!r}" for name, value in self.returned.items() if value is not None]
        return ", ".join(parts) or "finished"


def _news(object: Any, value: Any) -> str:
    return object.news(value) if isinstance(object, SharedObject) else f"{_name(object)} = {value!r}"


class Execution:
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
        return json.dumps(self.to_data(), ensure_ascii=False, indent=1)

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
                    "answer": _plain(event.answer),
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
        schedule = Schedule.parse(data["schedule"], data["threads"])
        ended = data["outcome"]
        final = Final({Quoted(name): _unplain(value) for name, value in ended["final"].items()})
        returned = {name: _unplain(value) for name, value in ended["returned"].items()}
        outcome = Outcome(ended["status"], final, dict(ended["failures"]), returned)
        trace = tuple(
            Event(index, step["thread"], Quoted(step["operation"]), _unplain(step["answer"]), step["location"])  # type: ignore[arg-type]
            for index, step in enumerate(data["trace"])
        )
        if schedule.threads != tuple(event.thread for event in trace):
            raise ValueError("its trace does not take the steps of its schedule")
        waiting: dict[str, Any] = {name: Quoted(operation) for name, operation in data["waiting"].items()}
        execution = cls(None, schedule, outcome, trace, waiting)
        execution._names = tuple(data["threads"])
        return execution


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain dictionaries, for JSON."""
    return {
        "status": outcome.status,
        "final": {_name(object): _plain(value) for object, value in outcome.final.items()},
        "failures": dict(outcome.failures),
        "returned": {name: _plain(value) for name, value in outcome.returned.items()},
    }


def _plain(value: Any) -> Any:
    """A value as JSON: itself where JSON has it, else its text. A tuple is a list; JSON has no other use for one here."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and value == value and abs(value) != float("inf"):
        return value
    if type(value) is tuple:
        return [_plain(part) for part in value]
    return {"repr": repr(value)}


def _unplain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unplain(part) for part in value)
    return Quoted(value["repr"]) if isinstance(value, dict) else value


def same_record(recorded: Event, performed: Event) -> bool:
    """Whether a step read from a file is the step that was performed now, as far as texts can tell."""
    return repr(recorded.operation) == repr(performed.operation) and _plain(recorded.answer) == _plain(performed.answer)


def preemptions_in(schedule: Sequence[str], enabled: Sequence[Sequence[str]]) -> int:
    """How often another thread stepped although the one before was still enabled; ``enabled[i]`` before step `i`."""
    return sum(
        1
        for index in range(1, len(schedule))
        if thread_of(schedule[index]) != thread_of(schedule[index - 1])
        and thread_of(schedule[index - 1]) in map(thread_of, enabled[index])
    )
