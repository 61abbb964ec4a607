"""Shared variables: what threads read and write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from simulator.errors import PredicateError
from simulator.objects.base import SharedObject
from simulator.objects.operations import BLOCKED, Blocked, Operation
from simulator.objects.values import frozen, text_of

V = TypeVar("V")


class Shared(SharedObject, Generic[V]):
    """A shared variable: a name and the value it starts with. Every read and every write is one step.

    ``value = yield counter.read()`` and ``yield counter.write(value + 1)`` are what ``counter += 1`` really does. Values
    must be immutable; anything else raises `MutableValue`.

    >>> counter = Shared("counter", 0)
    >>> counter.write(1)
    counter.write(1)
    """

    synchronises = False
    mentions_threads = False

    def __init__(self, name: str, initial: V) -> None:
        super().__init__(name, frozen(initial, f"Shared({name!r}, {{}})"))

    def read(self) -> Operation[V]:
        """Ask for the value."""
        return self.ask("read")

    def write(self, value: V) -> Operation[None]:
        """Ask for the value to become `value`."""
        return self.ask("write", value)

    def until(self, predicate: Callable[[V], object]) -> Operation[V]:
        """Ask for the value once it satisfies `predicate`, a pure function; until then the thread is blocked."""
        return self.ask("until", predicate)

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "read":
                return state, state
            case "write":
                return operation.arguments[0], None
            case "until":
                return (state, state) if satisfies(state, operation) else BLOCKED
        return super().transition(state, operation, thread)

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        return operation.method != "write"

    def overwrites(self, operation: Operation[Any]) -> bool:
        return operation.method == "write"

    def news(self, value: Any) -> str:
        return f"{self.name} = {text_of(value)}"  # a variable is always worth showing

    def twin(self) -> RealVariable:
        return RealVariable(self.initial)

    def attempt(self, twin: RealVariable, operation: Operation[Any], patience: float) -> Any:
        if operation.method == "until":
            return twin.until(lambda value: satisfies(value, operation), patience)
        return super().attempt(twin, operation, patience)

    def twin_value(self, twin: RealVariable) -> Any:
        return twin.value


def satisfies(value: Any, operation: Operation[Any]) -> bool:
    """Ask the predicate of `until` about a value; one that raises makes the program wrong, not the thread fail."""
    try:
        return bool(operation.arguments[0](value))
    except Exception as error:
        raise PredicateError(
            f"{operation} was asked about {value!r} and raised {type(error).__name__}: {error}.\n"
            "It must answer for every value that the variable can have."
        ) from error


class RealVariable:
    """A variable among real threads. Reading and writing an attribute is as little protected as a global is."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.changed = threading.Condition()

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        self.value = value
        with self.changed:
            self.changed.notify_all()

    def until(self, predicate: Callable[[Any], bool], patience: float) -> Any:
        seen: list[Any] = []

        def satisfied() -> bool:
            seen.append(self.value)
            return predicate(seen[-1])

        with self.changed:
            return seen[-1] if self.changed.wait_for(satisfied, patience) else BLOCKED
