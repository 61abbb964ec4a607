"""Printing, as steps: why real output looks torn."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.operations import Blocked, Operation, Steps
from simulator.objects.values import text_of


class Console(SharedObject):
    """The screen that all threads print on.

    ``yield from console.print(x)`` is *two* steps, the text and the line end, as CPython's ``print`` is two writes; that is
    why two threads can print ``56`` on one line and then an empty one. ``final[console]`` is all that was printed.

    >>> Console().write("5")
    console.write('5')
    """

    mentions_threads = False

    def __init__(self, name: str = "console") -> None:
        super().__init__(name, "")

    def write(self, text: str) -> Operation[None]:
        """Ask for `text` to appear, whole: one step."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        return self.ask("write", text)

    def print(self, *values: Any, sep: str = " ", end: str = "\n") -> Steps:
        """Print as ``print`` does: one step for the text, one for the line end. Use it with ``yield from``."""
        text = sep.join(map(str, values))

        return Steps(f"{self.name}.print({', '.join(map(text_of, values))})", partial(_two_writes, self, text, end))

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        if operation.method == "write":
            return state + operation.arguments[0], None
        return super().transition(state, operation, thread)

    def news(self, value: Any) -> str:
        return f"printed {value!r}" if value else ""

    def twin(self) -> RealConsole:
        return RealConsole()

    def twin_value(self, twin: RealConsole) -> str:
        return "".join(twin.writes)


def _two_writes(console: Console, text: str, end: str) -> Generator[Operation[Any], Any, None]:
    """The two steps of a print. The text is a local of no use after the first, so that it does not tell states apart."""
    yield console.write(text)
    yield console.write(end)


class RealConsole:
    """Collects what real threads write, in the order they wrote it; adding to a list is atomic in CPython."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> None:
        self.writes.append(text)
