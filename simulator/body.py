"""One live generator: prime, send, owed releases, how it ended, errors thrown in.

This is the one gate between the user's code and the rest: whoever runs a thread holds a `Body`, looks at what is
`pending`, and calls `answer`. A body knows nothing about scheduling and nothing about locks.
"""

from __future__ import annotations

import sys
import time
import traceback
import types
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from simulator.errors import (
    ForgottenYield,
    Interrupted,
    InvalidYield,
    NondeterministicProgram,
    ProgramError,
    correction,
)
from simulator.location import Location, raised_at, running_at, suspended_at
from simulator.objects.guards import Guard
from simulator.objects.operations import Operation, Raised, Steps, making
from simulator.objects.values import text_of, without_guards
from simulator.program import Program, start

QUICK = 0.1
"""Seconds between two yields that are nobody's fault: an interrupt within them was meant for whoever runs the thread."""
UNWINDING_STEPS = 100
"""How many yields an abandoned generator may still make in its ``finally`` blocks before it is given up."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A thread that came to its end, and what it returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A thread that an exception ended: its text, as in ``ValueError: boom``, and where it was raised."""

    text: str
    location: Location | None = None


Ending = Returned | Failed
E = TypeVar("E", bound=ProgramError)


class OwingGuard(Guard):
    """A guard that tells the body it was made for. Weakly: collecting a cycle through a generator crashes CPython 3.11."""

    body: weakref.ref[Body]

    def for_body(self, body: Body) -> OwingGuard:
        """Tell the guard whom to tell."""
        self.body = weakref.ref(body)
        return self

    def owe(self) -> None:
        body = self.body()
        if body is not None:
            body.owe(self.operation)


OwingGuard.__name__ = OwingGuard.__qualname__ = "bool"  # for messages such as: unsupported operand type(s) for +


class Body:
    """One run of one thread.

    ``pending`` is the operation it asks for next, None once it has ended; ``ending`` says how it ended. Invariant: exactly
    one of the two is None, except while the generator is computing.
    """

    def __init__(self, program: Program, name: str) -> None:
        self.name = name
        self.pending: Operation[Any] | None = None
        self.ending: Ending | None = None
        self._place: Location | None = None
        self._place_known = True
        self._made: list[Operation[Any] | Steps] = []
        self._owed: list[tuple[Operation[Any], Location | None]] = []
        self._asked: Operation[Any] | None = None  # what the generator itself waits for, while releases are owed
        self._generator: types.GeneratorType[Any, Any, Any] | None = None
        self._ending: Ending = Returned(None)
        self._advance(lambda: self._start(program))

    @property
    def generator(self) -> types.GeneratorType[Any, Any, Any] | None:
        """The suspended generator; None once it has ended."""
        return self._generator

    @property
    def place(self) -> Location | None:
        """Where the pending operation stands in the user's code; where it was raised, for a failed thread."""
        if not self._place_known and self._generator is not None:
            self._place, self._place_known = suspended_at(self._generator), True
        return self._place

    @property
    def owed(self) -> tuple[tuple[Operation[Any], Location | None], ...]:
        """The releases that come before anything else, and the ``with`` lines they stand for."""
        return tuple(self._owed)

    @property
    def asked(self) -> Operation[Any] | None:
        """What the generator itself is waiting for; the pending operation, unless releases are owed."""
        return self._asked

    @property
    def last_ending(self) -> Ending:
        """How the generator ended, even if releases are still owed."""
        return self._ending

    def answer(self, answer: Any) -> None:
        """Tell the thread that its pending operation was performed, and let it compute up to the next one."""
        if self._owed:
            self._owed.pop(0)
            self._settle(answer)
            return
        operation, generator = self._asked, self._generator
        assert operation is not None, "a thread that has ended cannot be answered"
        assert generator is not None
        if isinstance(answer, Raised):
            self._advance(lambda: generator.throw(answer.exception()))
        else:
            value = self._guard(operation, answer)
            self._advance(lambda: generator.send(value))

    def close(self) -> None:
        """Abandon the thread. Its ``with`` and ``finally`` blocks run, and nothing comes of what they yield."""
        generator, self._generator = self._generator, None
        self.pending = self._asked = None
        self._owed.clear()
        if generator is not None:
            unwind(generator)

    def owe(self, acquired: Operation[Any]) -> None:
        """Note the release that leaving a ``with`` block owes; called from within the generator, while it is computing."""
        release = acquired.target.owed(acquired) if acquired.target else None
        if release is not None and making.operations is self._made:
            self._owed.append((release, running_at(sys._getframe(2), Body._advance.__code__)))

    def _start(self, program: Program) -> Any:
        self._generator = start(self.name, program.threads[self.name])
        return next(self._generator)

    def _guard(self, operation: Operation[Any], answer: Any) -> Any:
        if not isinstance(answer, bool) or operation.target is None or operation.target.owed(operation) is None:
            return answer
        return OwingGuard(answer, operation).for_body(self)

    def _advance(self, compute: Any) -> None:
        """Let the generator compute until it yields or ends, then look at what came of it."""
        outer, making.operations = making.operations, self._made
        making.mistake, making.thread = None, self.name
        self._asked = None
        began = time.perf_counter()
        try:
            self._look_at(compute())
        except StopIteration as stop:
            self._end(Returned(without_guards(stop.value)))
        except ProgramError as error:
            raise self._located(error) from None
        except KeyboardInterrupt as interrupt:
            if time.perf_counter() - began < QUICK:
                raise
            where = raised_at(interrupt.__traceback__)
            raise Interrupted(
                f"interrupted: thread {self.name} was computing at {where or 'an unknown line'} and had not come to its "
                "next yield."
            ) from None
        except BaseException as error:
            self._fail(error)
        finally:
            making.operations, making.thread = outer, None
            swallowed, making.mistake = making.mistake, None
        if swallowed is not None:  # the thread caught it; the program is wrong all the same
            raise self._located(swallowed) from None
        self._settle(None)

    def _look_at(self, asked: Any) -> None:
        generator = self._generator
        assert generator is not None
        if not isinstance(asked, Operation):
            raise self._invalid_yield(asked, suspended_at(generator))
        self._asked = asked
        for position in range(len(self._made) - 1, -1, -1):
            if self._made[position] is asked:
                del self._made[position]
                break

    def _settle(self, owed_answer: Any) -> None:
        """Decide what is pending: an owed release first, then what the generator asked for, else the thread has ended."""
        if isinstance(owed_answer, Raised):
            self._owed_release_failed(owed_answer)
        elif self._owed:
            self.pending, self._place = self._owed[0]
            self._place_known = True
        elif self._asked is not None:
            self.pending, self._place_known = self._asked, False  # the place is looked up when somebody asks for it
        else:
            self.pending = None
            self.ending = self._ending
            if isinstance(self._ending, Failed):
                self._place, self._place_known = self._ending.location, True

    def _owed_release_failed(self, answer: Raised) -> None:
        """The user's code is past the ``with`` already: the error is raised at the yield where it is waiting now."""
        generator = self._generator
        if generator is not None and self._asked is not None:
            self._advance(lambda: generator.throw(answer.exception()))
        else:
            error = answer.exception()
            self._ending = Failed(describe_exception(error), self.place)
            self._settle(None)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, TypeError | AttributeError) and self._made:
            raise self._located(self._forgotten()) from error
        self._end(Failed(describe_exception(error), raised_at(error.__traceback__)))

    def _end(self, ending: Ending) -> None:
        self._ending = ending
        self._generator = None
        if self._made and isinstance(ending, Returned):
            raise self._located(self._forgotten())

    def _forgotten(self) -> ForgottenYield:
        forgotten = self._made[0]
        word = "yield from" if isinstance(forgotten, Steps) else "yield"
        return self._final(
            ForgottenYield,
            correction(
                f"thread {self.name} made {forgotten}{_at(forgotten.made_at)} but never yielded it, so it never happened.",
                (f"{forgotten}", ""),
                (f"{word} {forgotten}", ""),
            ),
        )

    def _invalid_yield(self, asked: Any, place: Location | None) -> InvalidYield:
        where = f" at {place}" if place else ""
        if isinstance(asked, types.GeneratorType | Steps):
            call = repr(asked) if isinstance(asked, Steps) else f"{asked.__name__}()"
            if not isinstance(asked, Steps):
                asked.close()
            return self._final(
                InvalidYield,
                correction(
                    f"thread {self.name} yielded a generator, {call}{where}, which is not an operation.",
                    (f"yield {call}", "one step cannot contain several"),
                    (f"yield from {call}", "a call"),
                ),
            )
        return self._final(
            InvalidYield,
            f"thread {self.name} yielded {text_of(asked)}{where}, which is not an operation.\n"
            "A thread yields what it wants done, such as counter.read() or lock.acquire().",
        )

    def _final(self, kind: type[E], message: str) -> E:
        """An error whose message already names the line."""
        error = kind(message)
        error.located = True
        return error

    def _located(self, error: ProgramError) -> ProgramError:
        """Put the user's file, line and source into the message, once; the thread is over."""
        if not error.located and not isinstance(error, NondeterministicProgram):
            place = raised_at(error.__traceback__)
            where = f"\n\nin thread {self.name}"
            if place is not None:
                where += f", {place}" + (f":  {place.source}" if place.source else "")
            error = self._final(type(error), f"{error}{where}")
        self.close()
        return error


def _at(place: tuple[types.CodeType, int] | None) -> str:
    if place is None:
        return ""
    code, offset = place
    line = next((line for first, end, line in code.co_lines() if first <= offset < end), code.co_firstlineno)
    return f" at {Path(code.co_filename).name}:{line}"


def describe_exception(error: BaseException) -> str:
    """What a traceback ends with, without notes: ``ValueError: boom``. A message of several lines is kept whole.

    Two failures that differ in any line are two outcomes.
    """
    told = traceback.TracebackException(type(error), error, None)
    told.__notes__ = None
    *_, text = told.format_exception_only()  # what is shown above it is the line of a SyntaxError
    return text.strip()


def unwind(generator: types.GeneratorType[Any, Any, Any]) -> None:
    """Close a generator that may yield in its ``finally`` blocks: ``close()`` alone would raise RuntimeError."""
    outer, making.operations = making.operations, []
    try:
        generator.throw(GeneratorExit)
        for _ in range(UNWINDING_STEPS):
            generator.send(None)
        _never_let_go_of(generator)
    except BaseException:  # it has ended, one way or another; nobody is interested in how
        pass
    finally:
        making.operations = outer
        making.mistake = None


def _never_let_go_of(generator: types.GeneratorType[Any, Any, Any]) -> None:
    """Keep a generator that catches everything until the process is gone: the interpreter would try to end it, and complain.

    A reference from a module would not do, for modules are cleared before the interpreter ends.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(generator))
