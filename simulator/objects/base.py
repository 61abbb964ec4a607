"""The contract between threads, what they share, and whoever runs them.

A thread yields an `Operation`: plain data, saying what it wants done to which object. What that means stands in one
place, the object's `transition`: a pure function of a state. An object itself is only a *name with an initial value*;
its state lives in the run, which is why one object can serve in a million executions at once.

A primitive of your own is one class: say what its initial state is, make operations with `ask`, and write `transition`.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Generator, Hashable, Sequence
from enum import Enum
from types import CodeType, FrameType
from typing import Any, Generic, NoReturn, TypeVar

from simulator.errors import MissingYield, ProgramError, correction
from simulator.objects.values import Same, frozen, value_key

State = Hashable
T_co = TypeVar("T_co", covariant=True)


Blockers = tuple["SharedObject", tuple[int | str, ...]]


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
        """The line of the user's that made it; only of use if that line forgot to yield it."""

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
        made.made_at = (frame.f_code, frame.f_lineno)
    making.operations.append(made)


def _shown(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return repr(value)


_serial = itertools.count()


class SharedObject:
    """Something that threads share: a name and an initial state, and the rules for changing it.

    A subclass says:

    * ``initial``: the state in which every run starts; any hashable value.
    * `transition`: the meaning of every operation; a pure function.
    * ``mentions_threads`` and `renamed`: whether a state speaks of threads, and what it becomes when they change names.
      Threads that run the same function are counted by symmetry only if every object they touch has said so.
    """

    is_shared_object = True
    synchronises: bool = True
    """Whether its operations order threads (everything but a plain shared variable does)."""
    companions: tuple[SharedObject, ...] = ()
    """Other objects that its operations change too, as a condition changes its lock. Its `transition` is then handed, and
    answers, a tuple of states: its own, and theirs."""
    can_stay_locked: bool = False
    """Whether it is worth a word if a thread still holds it at the end."""
    mentions_threads: bool = True
    """Whether a state can hold positions of threads. If in doubt: True, which is never wrong, only slower."""

    def __init__(self, name: str, initial: State) -> None:
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"{type(self).__name__} was expecting a name, such as 'counter', but got {name!r}")
        self.name = name
        self.initial = initial
        self.essence = 0
        """Grows when an operation is made for the first time that makes more of a state `essential`."""
        self.serial = next(_serial)
        """The order in which objects were made; the order in which they are shown."""

    @property
    def kind(self) -> str:
        """The name of its class, as it stands in messages and in files."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"{self.kind}({self.name!r})"

    def ask(self, method: str, *arguments: Any, **keywords: Any) -> Operation[Any]:
        """Make an operation on this object. Its arguments must be values, which can never be changed."""
        values = tuple(self.check_value(argument, method) for argument in arguments)
        named = tuple((name, self.check_value(argument, method)) for name, argument in keywords.items())
        operation: Operation[Any] = Operation(self, method, values, named)
        noted(operation)
        return operation

    def check_value(self, value: Any, method: str) -> Any:
        """Answer `value` as it may be shared; raise `MutableValue` if it could be changed without a step."""
        try:
            return frozen(value, f"{self.name}.{method}({{}})")
        except ProgramError as error:
            mistake(error)

    # What a subclass says

    def transition(self, state: Any, operation: Operation[Any], thread: int) -> tuple[Any, Any] | Blocked:
        """Perform `operation`, asked by the thread at position `thread`: answer (next state, answer), or `BLOCKED`."""
        raise TypeError(f"{self.kind} does not say what {operation} does: write its transition()")

    def renamed(self, state: Any, position: Sequence[int]) -> Any:
        """The state after thread `i` has become thread ``position[i]``. Only asked if `mentions_threads`."""
        raise TypeError(f"{self.kind} mentions threads but does not say what they become: write its renamed()")

    def can_rename(self) -> bool:
        """Whether threads that run the same function may be exchanged in states of this object."""
        return not self.mentions_threads or type(self).renamed is not SharedObject.renamed

    def value(self, state: Any) -> Any:
        """What ``final[object]`` shows of a state. Must not depend on the positions of threads."""
        return state

    def news(self, value: Any) -> str:
        """What to say of it in an outcome of one line; nothing if it is as it started."""
        return "" if value_key(value) == value_key(self.value(self.initial)) else f"{self.name} = {value!r}"

    def holders(self, state: Any) -> tuple[int, ...]:
        """The positions of the threads that hold this object; a thread that waits for it waits for them."""
        return ()

    def blockers(self, states: Sequence[Any], operation: Operation[Any], thread: int) -> Blockers:
        """Why a blocked operation is blocked: the object in the way, and the threads (positions or names) that hold it."""
        return self, self.holders(states[0])

    def essential(self, state: Any) -> Any:
        """The part of a state that can matter in this program; all of it, unless an object knows better."""
        return state

    def units(self) -> int:
        """How many threads can hold it at once (one, but for a semaphore)."""
        return 1

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        """Whether this operation, which was answered so, left the object as it was, whatever state that had been."""
        return False

    def owed(self, operation: Operation[Any]) -> Operation[Any] | None:
        """What leaving ``with (yield operation):`` owes, or None if the operation cannot be used so."""
        return None

    # What a subclass says about real threads

    def twin(self, *companions: Any) -> Any:
        """A real object that does the same among real threads; for CPython's primitives, CPython's own.

        It is given the twins of its companions.
        """
        raise TypeError(f"{self.kind} has no twin() yet, so that it cannot be used on real threads")

    def attempt(self, twin: Any, operation: Operation[Any], patience: float) -> Any:
        """Perform `operation` on the real twin, waiting at most `patience` seconds; `BLOCKED` if that was not enough.

        Exceptions raised by the twin are raised here. Timeouts of the operation itself end at once: time is not modelled.
        """
        return getattr(twin, operation.method)(*operation.arguments, **dict(operation.keywords))

    def twin_value(self, twin: Any) -> Any:
        """What `value` shows, asked of the twin when all real threads have stopped."""
        raise TypeError(f"{self.kind} has no twin_value() yet, so that it cannot be used on real threads")


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
