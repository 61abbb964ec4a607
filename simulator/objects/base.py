"""The contract between threads, what they share, and whoever runs them.

A thread yields an `Operation`: plain data, saying what it wants done to which object. What that means stands in one
place, the object's `transition`: a pure function of a state. An object itself is only a *name with an initial value*;
its state lives in the run, which is why one object can serve in a million executions at once.

A primitive of your own is one class: say what its initial state is, make operations with `ask`, and write `transition`.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from typing import Any

from simulator.errors import ProgramError
from simulator.objects.operations import Blocked, Operation, mistake, noted
from simulator.objects.values import frozen, text_of, value_key

State = Hashable


Blockers = tuple["SharedObject", tuple[int | str, ...]]


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
        return "" if value_key(value) == value_key(self.value(self.initial)) else f"{self.name} = {text_of(value)}"

    def holders(self, state: Any) -> tuple[int, ...]:
        """The positions of the threads that hold this object; a thread that waits for it waits for them."""
        return ()

    def blockers(self, states: Sequence[Any], operation: Operation[Any], thread: int) -> Blockers:
        """Why a blocked operation is blocked: the object in the way, and the threads (positions or names) that hold it."""
        return self, self.holders(states[0])

    def essential(self, state: Any) -> Any:
        """The part of a state that can matter in this program; all of it, unless an object knows better."""
        return state

    def recall(self, essence: int) -> None:
        """Make as much of a state essential as it was in another process where `essence` had grown so far."""
        self.essence = max(self.essence, essence)

    def units(self) -> int:
        """How many threads can hold it at once (one, but for a semaphore)."""
        return 1

    def reads_only(self, operation: Operation[Any], answer: Any) -> bool:
        """Whether this operation, which was answered so, left the object as it was, whatever state that had been."""
        return False

    def overwrites(self, operation: Operation[Any]) -> bool:
        """Whether this operation replaces the state without a look at it, so that neither answer nor effect depend on it."""
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
