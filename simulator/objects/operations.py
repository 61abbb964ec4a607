"""Operations: what a thread asks for, as plain data; and what it can be answered."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Hashable, Sequence
from enum import Enum
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from simulator.errors import MissingYield, ProgramError, correction
from simulator.objects.values import Same, text_of, value_key

if TYPE_CHECKING:
    from simulator.objects.base import SharedObject

T_co = TypeVar("T_co", covariant=True)


class Blocked(Enum):
    """The type of `BLOCKED`."""

    BLOCKED = "blocked"

    def __repr__(self) -> str:
        return "BLOCKED"


BLOCKED = Blocked.BLOCKED
"""What a transition answers when the operation cannot be performed now. Blocking is not a step."""


class Raised:
    """An answer that is an exception, raised inside the thread that asked: ``Raised(queue.Empty)``."""

    __slots__ = ("arguments", "kind")

    def __init__(self, kind: type[Exception], *arguments: Any) -> None:
        self.kind = kind
        self.arguments = arguments

    def exception(self) -> Exception:
        """Make the exception; a fresh one each time, since an exception remembers where it has been."""
        return self.kind(*self.arguments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and (self.kind, self.arguments) == (other.kind, other.arguments)

    def __hash__(self) -> int:
        return hash((self.kind, self.arguments))

    def __repr__(self) -> str:
        message = ", ".join(map(str, self.arguments))
        return f"raises {self.kind.__name__}: {message}" if message else f"raises {self.kind.__name__}"


class _Making(threading.local):
    """What the thread that is computing right now has made: operations, and a mistake that it may have swallowed."""

    thread: str | None = None
    operations: list[Operation[Any] | Steps] | None = None
    mistake: ProgramError | None = None


making = _Making()


def mistake(error: ProgramError) -> NoReturn:
    """Raise `error`, and remember it: a thread that catches everything must not hide that its program is wrong."""
    if making.operations is not None and making.mistake is None:
        making.mistake = error
    raise error


class Operation(Generic[T_co]):
    """What a thread asks for next, and has not done yet: the object, the name of the method, the arguments.

    Yield it to have it performed; the answer comes back as the value of the ``yield``. ``yield from`` does the same and
    lets a type checker see the type of the answer.
    """

    __slots__ = ("_key", "arguments", "keywords", "made_at", "method", "target")
    is_operation = True

    def __init__(
        self,
        target: SharedObject | None,
        method: str,
        arguments: tuple[Any, ...] = (),
        keywords: tuple[tuple[str, Any], ...] = (),
    ) -> None:
        self.target = target
        self.method = method
        self.arguments = arguments
        self.keywords = keywords
        self._key: Hashable | None = None
        self.made_at: tuple[CodeType, int] | None = None
        """The code that made it, and the place in it; only of use if that line forgot to yield it."""

    @property
    def key(self) -> Hashable:
        """Equal for two operations that ask for the same thing of the same object."""
        if self._key is None:
            self._key = (Same(self.target), self.method, value_key(self.arguments), value_key(self.keywords))
        return self._key

    @property
    def touches(self) -> tuple[SharedObject, ...]:
        """The objects whose states it reads and changes: none, its target, or its target and that one's companions."""
        return () if self.target is None else (self.target, *self.target.companions)

    @property
    def options(self) -> tuple[Any, ...]:
        """The answers among which the environment chooses; () for everything but `choose`."""
        return self.arguments if self.target is None and self.method == "choose" else ()

    def perform(self, states: Sequence[Any], thread: int, option: int = 0) -> tuple[tuple[Any, ...], Any] | Blocked:
        """Perform it on the states of what it `touches`: answer (next states, answer), or `BLOCKED`."""
        if self.target is None:
            return (), (self.options[option] if self.options else None)
        if self.target.companions:
            return self.target.transition(tuple(states), self, thread)
        performed = self.target.transition(states[0], self, thread)
        return performed if performed is BLOCKED else ((performed[0],), performed[1])

    def argument(self, name: str, default: Any) -> Any:
        """The keyword argument `name`, or what it is when the user did not write it."""
        for keyword, value in self.keywords:
            if keyword == name:
                return value
        return default

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operation) and self.target is other.target and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        shown = [_shown(argument) for argument in self.arguments]
        shown += [f"{name}={_shown(value)}" for name, value in self.keywords]
        call = f"{self.method}({', '.join(shown)})"
        return call if self.target is None else f"{self.target.name}.{call}"

    def __iter__(self) -> Generator[Operation[T_co], T_co, T_co]:
        return (yield self)

    def __enter__(self) -> NoReturn:
        got = f"{self!r} was made but not yielded."
        wrong, right = f"with {self!r}:", f"with (yield {self!r}):"
        mistake(MissingYield(correction(f"use '{right}', not '{wrong}'. {got}", (wrong, ""), (right, ""))))

    def __exit__(self, *_: object) -> None:
        """Never reached: only there so that ``with`` finds the helpful ``__enter__``."""


class Steps:
    """A call made of several steps, ready for ``yield from``: ``yield from console.print(x)``.

    A plain generator would do, but would be silent if the ``yield from`` were forgotten.
    """

    def __init__(self, call: str, steps: Callable[[], Generator[Operation[Any], Any, Any]]) -> None:
        self.call = call
        self.steps = steps
        self.made_at: tuple[CodeType, int] | None = None
        noted(self)

    def __iter__(self) -> Generator[Operation[Any], Any, Any]:
        if making.operations is not None and self in making.operations:
            making.operations.remove(self)
        return self.steps()

    def __repr__(self) -> str:
        return self.call


def noted(made: Operation[Any] | Steps) -> None:
    """Note what the computing thread has made, so that a forgotten ``yield`` is found. Outside of threads: nothing."""
    if making.operations is None:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("simulator."):
        frame = frame.f_back
    if frame is not None:
        made.made_at = (frame.f_code, frame.f_lasti)
    making.operations.append(made)


def _shown(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return text_of(value)
