"""How an execution ended: the outcome, and the final values. Also as JSON, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.console import Console
from simulator.objects.values import NoKey, text_of, value_key
from simulator.texts import printable


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
        return "{" + ", ".join(f"{_name(key)}: {text_of(value)}" for key, value in self._values.items()) + "}"

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
        return (type(value), text_of(value))


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
        parts += [f"{name} returned {text_of(value)}" for name, value in self.returned.items() if value is not None]
        return printable(", ".join(parts)) or "finished"


def _news(object: Any, value: Any) -> str:
    return object.news(value) if isinstance(object, SharedObject) else f"{_name(object)} = {text_of(value)}"


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain dictionaries, for JSON."""
    return {
        "status": outcome.status,
        "final": {_name(object): plain(value) for object, value in outcome.final.items()},
        "failures": dict(outcome.failures),
        "returned": {name: plain(value) for name, value in outcome.returned.items()},
    }


def plain(value: Any) -> Any:
    """A value as JSON: itself where JSON has it, else its text. A tuple is a list; JSON has no other use for one here."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and value == value and abs(value) != float("inf"):
        return value
    if type(value) is tuple:
        return [plain(part) for part in value]
    return {"repr": text_of(value)}


def unplain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(unplain(part) for part in value)
    return Quoted(text_in(value["repr"])) if isinstance(value, dict) else value


def text_in(value: Any) -> str:
    """A text from a file, which anybody may have edited. Raises TypeError if it is none."""
    if not isinstance(value, str):
        raise TypeError(f"where a text should stand, there is {type(value).__name__}")
    return value
