"""What can be acquired, and given back by leaving a ``with`` block."""

from __future__ import annotations

from typing import Any, NoReturn

from simulator.errors import MissingYield, correction
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation, mistake


class Guard(int):
    """The answer to an acquire: true or false, and good for ``with``.

    It stands where ``threading`` would answer a bool, so it compares and prints as one (but ``is True`` it is not).
    Leaving the ``with`` block owes a release. How the release becomes a step is known to whoever runs the thread.
    """

    is_guard = True
    operation: Operation[Any]

    def __new__(cls, answer: bool, operation: Operation[Any]) -> Guard:
        guard = super().__new__(cls, answer)
        guard.operation = operation
        return guard

    def __repr__(self) -> str:
        return repr(bool(self))

    def __enter__(self) -> Guard:
        if not self:
            name = self.operation.target.name if self.operation.target else "it"
            mistake(
                MissingYield(
                    correction(
                        f"{self.operation} answered False: {name} was not acquired, so that 'with' has nothing to release.",
                        (f"with (yield {self.operation}):", ""),
                        (f"if (yield {self.operation}):", "and release it yourself"),
                    )
                )
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.owe()

    def owe(self) -> None:
        """Note that the release is owed. Replaced by whoever runs the thread."""


class Acquirable(SharedObject):
    """An object that is taken and given back, and so can be used in ``with (yield thing.acquire()):``."""

    def __enter__(self) -> NoReturn:
        wrong, right = f"with {self.name}:", f"with (yield {self.name}.acquire()):"
        mistake(
            MissingYield(
                correction(f"use '{right}', not '{wrong}': taking a {self.kind} is a step.", (wrong, ""), (right, ""))
            )
        )

    def __exit__(self, *_: object) -> None:
        """Never reached: only there so that ``with`` finds the helpful ``__enter__``."""
