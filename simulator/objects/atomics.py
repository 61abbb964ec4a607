"""Atomics: variables with operations that read and write in one step."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

from simulator.objects.operations import Blocked, Operation, Raised
from simulator.objects.variables import RealVariable, Shared

V = TypeVar("V")


class Atomic(Shared[V]):
    """A shared variable that the processor can change in one step: what locks and lock-free algorithms are built of.

    ``threading`` has none; on real threads a lock stands in. Also has all that `Shared` has.

    >>> Atomic("ticket", 0).compare_exchange(0, 1)
    ticket.compare_exchange(0, 1)
    """

    synchronises = True

    def add(self, n: Any) -> Operation[V]:
        """Ask for `n` to be added. Answers the old value."""
        return self.ask("add", n)

    def exchange(self, new: V) -> Operation[V]:
        """Ask for the value to become `new`. Answers the old one."""
        return self.ask("exchange", new)

    def compare_exchange(self, expected: V, new: V) -> Operation[bool]:
        """Ask for the value to become `new` if it equals `expected`. Answers whether it did."""
        return self.ask("compare_exchange", expected, new)

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        match operation.method:
            case "add":
                return self._added(state, operation.arguments[0])
            case "exchange":
                return operation.arguments[0], state
            case "compare_exchange":
                expected, new = operation.arguments
                return (new, True) if state == expected else (state, False)
        return super().transition(state, operation, thread)

    def _added(self, value: Any, n: Any) -> tuple[Any, Any]:
        try:
            total = value + n
        except TypeError as error:
            return value, Raised(TypeError, *error.args)
        return self.check_value(total, "add"), value

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        if operation.method == "compare_exchange":
            return answer is False
        return operation.method in ("read", "until") or isinstance(answer, Raised)

    def overwrites(self, operation: Operation[Any]) -> bool:
        return operation.method == "write"

    def twin(self) -> RealVariable:
        return RealAtomic(self.initial)


class RealAtomic(RealVariable):
    """A variable among real threads that changes under a lock."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.mutex = threading.Lock()

    def write(self, value: Any) -> None:
        with self.mutex:
            super().write(value)

    def add(self, n: Any) -> Any:
        with self.mutex:
            old = self.value
            super().write(old + n)
            return old

    def exchange(self, new: Any) -> Any:
        with self.mutex:
            old = self.value
            super().write(new)
            return old

    def compare_exchange(self, expected: Any, new: Any) -> bool:
        with self.mutex:
            equal = bool(self.value == expected)
            if equal:
                super().write(new)
            return equal
