"""Program: a fixed set of named thread functions. Nothing is running yet."""

from __future__ import annotations

import inspect
import string
import types
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from simulator.errors import InvalidBody, correction
from simulator.objects.threads import Worker
from simulator.objects.values import NoKey, Same, text_of, value_key

Body = Callable[[], Any]
"""A thread function: called without arguments, it answers a fresh generator."""


class Program:
    """A fixed set of named threads, each a generator function that takes no arguments.

    ``Program(A=increment, B=increment)``; give arguments with ``functools.partial(producer, 3)`` or a closure. The order of
    the names is the order of the threads everywhere: in schedules, in tables, in pictures. Threads that run the same
    function with the same arguments are interchangeable, and are counted by symmetry.

    A `Worker` is a thread that does not run until another one starts it: ``Program(main=main, W=Worker("W", body))``.

    ``daemons`` names threads that are meant to run for ever: an execution is finished when all the others are.

    Raises `InvalidBody` (a TypeError) for what is not a thread function.

    >>> def nothing():
    ...     yield from ()
    >>> Program(A=nothing, B=nothing)
    Program(A=nothing, B=nothing)
    """

    def __init__(self, *, daemons: Sequence[str] = (), **threads: Body | Worker) -> None:
        for name, body in threads.items():
            _check_body(name, body)
        unknown = [name for name in daemons if name not in threads]
        if unknown:
            known = ", ".join(threads)
            raise ValueError(f"daemons names {', '.join(unknown)}, but the threads of this program are {known}")
        self.workers: dict[str, Worker] = {name: body for name, body in threads.items() if isinstance(body, Worker)}
        """The threads that do not run from the start: another thread has to start them."""
        self.threads: dict[str, Body] = {
            name: body.body if isinstance(body, Worker) else body for name, body in threads.items()
        }
        self.names: tuple[str, ...] = tuple(threads)
        self.daemons: tuple[str, ...] = tuple(daemons)

    @classmethod
    def copies(cls, body: Body, n: int) -> Program:
        """`n` threads that all run `body`: A, B, C, … (T1, T2, … for more than 26)."""
        if n < 0:
            raise ValueError(f"copies(body, n) was expecting how many threads there are, but got {n}")
        names = string.ascii_uppercase if n <= 26 else [f"T{number}" for number in range(1, n + 1)]
        threads: dict[str, Any] = dict.fromkeys(names[:n], body)
        return cls(**threads)

    def position(self, name: str) -> int:
        """The place of a thread in the order of the threads, from 0."""
        return self.names.index(name)

    def kinds(self) -> tuple[int, ...]:
        """For each thread the position of the first one that is interchangeable with it (its own, if none is)."""
        keys = [(body_key(body), name in self.daemons, self.workers.get(name)) for name, body in self.threads.items()]
        return tuple(keys.index(key) for key in keys)

    def __repr__(self) -> str:
        shown = [f"{name}={describe_body(body)}" for name, body in self.threads.items()]
        shown += [f"daemons={self.daemons!r}"] if self.daemons else []
        return f"Program({', '.join(shown)})"


def body_key(body: Body) -> Hashable:
    """Equal for two bodies only if they do the same: the same function, and the same arguments if there are any."""
    try:
        return value_key(body)
    except NoKey:
        return Same(body)


def describe_body(body: Any) -> str:
    """The name of a thread function, as the user would know it."""
    if isinstance(body, partial):
        arguments = [*map(text_of, body.args), *(f"{name}={text_of(value)}" for name, value in body.keywords.items())]
        return f"partial({', '.join([describe_body(body.func), *arguments])})"
    return str(getattr(body, "__name__", None) or text_of(body))


def where_defined(body: Any) -> str:
    """File and line of a thread function, or nothing if it does not tell."""
    function = inspect.unwrap(body.func if isinstance(body, partial) else body)
    code = getattr(function, "__code__", None)
    return f" at {Path(code.co_filename).name}:{code.co_firstlineno}" if code else ""


def _check_body(name: str, body: Any) -> None:
    if not name or set(name) & set("*=") or any(map(str.isspace, name)):
        raise ValueError(
            f"{name!r} cannot be the name of a thread: in a schedule spaces, * and = have a meaning of their own.\n"
            "Use a letter or a word: Program(A=increment, producer=produce)"
        )
    if isinstance(body, Worker):
        if body.name != name:
            raise ValueError(f"{body!r} is to be thread {name}: a worker and its thread have one name.")
        _check_body(name, body.body)
        return
    if inspect.isgenerator(body):
        call = f"{body.__name__}()"
        raise InvalidBody(
            correction(
                f"Program was expecting a thread function for {name}, but got the generator {call}.",
                (f"Program({name}={call})", "a generator can run only once"),
                (f"Program({name}={body.__name__})", "every execution makes a fresh one"),
            )
        )
    if not callable(body):
        raise InvalidBody(
            f"Program was expecting a thread function for {name}, but got {body!r}.\n"
            "A thread function is a function that yields what it wants done, such as counter.read()."
        )


def start(name: str, body: Body) -> types.GeneratorType[Any, Any, Any]:
    """Make a fresh generator of a thread, or say why this is no thread function."""
    try:
        generator = body()
    except TypeError as error:
        if error.__traceback__ is None or error.__traceback__.tb_next is not None:
            raise  # from inside the function
        function = describe_body(body)
        raise InvalidBody(
            correction(
                f"thread {name} cannot be started without arguments: {error}{where_defined(body)}.",
                (f"Program({name}={function})", "a thread is called without arguments"),
                (f"Program({name}=partial({function}, …))", "with functools.partial"),
            )
        ) from None
    if isinstance(generator, types.GeneratorType):
        return generator
    if inspect.iscoroutine(generator):
        generator.close()
    function = describe_body(body)
    got = f"it returned {generator!r}" if generator is not None else "it has no yield"
    raise InvalidBody(
        correction(
            f"thread {name} is not a generator: {function}(){where_defined(body)} was called, but {got}.",
            ("value = counter.read()", "a plain call does nothing"),
            ("value = yield counter.read()", "asks for a step, and waits for its answer"),
        )
    )
