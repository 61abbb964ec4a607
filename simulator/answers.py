"""From what a command answers or raises to what a person sees: stdout, stderr and the exit code."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TextIO, cast

import click

from simulator.errors import (
    CheckFailed,
    CrosscheckFailed,
    Inconclusive,
    Interrupted,
    NoRenderer,
    ScheduleError,
    SearchStopped,
    SimulatorError,
    StepLimit,
)
from simulator.exploration.results import Exploration
from simulator.texts import json_text, legible, printable

CLEAN, FOUND, BAD_INPUT, INCOMPLETE, MISFIT, NO_RENDERER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
PATIENCE = 1.0
"""Seconds of silence before a line on stderr says what is going on."""


class Answer:
    """The stdout that only results go to. If its reader, such as head, has seen enough, the rest is dropped in silence."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # no character is worth losing a result for

    def is_terminal(self) -> bool:
        """Whether a person is looking."""
        return self.stream is not None and self.stream.isatty()

    def say(self, text: str) -> None:
        """Print it."""
        if self.stream is None:
            return
        try:
            self.stream.write(f"{legible(text)}\n")
            self.stream.flush()
        except BrokenPipeError:
            self._give_up()
        except OSError as error:
            self._give_up()
            raise OSError(f"cannot write the answer: {error.strerror or error}") from None

    def _give_up(self) -> None:
        """Point the stream to nowhere, or Python would complain about it once more at its end."""
        assert self.stream is not None
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())
        self.stream = None


def answer() -> Answer:
    """Where the result of the running command goes."""
    return cast(Answer, click.get_current_context().obj)


def say(text: str) -> None:
    """Print a result."""
    answer().say(text)


def note(text: str) -> None:
    """Print what is no result."""
    click.echo(legible(text), err=True)


def answering(command: Callable[..., int]) -> Callable[..., None]:
    """Turn what a command answers or raises into an exit code, and errors into one message without a traceback."""

    @wraps(command)
    def answered(*arguments: Any, **options: Any) -> None:
        click.get_current_context().obj = Answer(sys.stdout)
        sys.set_int_max_str_digits(0)  # numbers of interleavings are exact, of any size
        try:
            with contextlib.redirect_stdout(sys.stderr):  # what the user's file prints is not part of the result
                code = command(*arguments, **options)
        except SimulatorError as error:
            note(f"{type(error).__name__}: {worded(error, options)}")
            code = exit_code(error)
        except Interrupted as error:
            note(str(error))
            code = INTERRUPTED
        except KeyboardInterrupt:
            note("interrupted")
            code = INTERRUPTED
        except MemoryError:
            note("out of memory: this program has more states than fit here; explore --max-states N looks at the first N")
            code = INCOMPLETE
        except (ValueError, OSError) as error:
            note(f"error: {error}")
            code = BAD_INPUT
        sys.exit(code)

    return answered


def worded(error: SimulatorError, options: dict[str, Any]) -> str:
    """The message of an error; parameters of functions are called what they are called here."""
    if isinstance(error, StepLimit):
        here = "raise the limit with --max-steps." if "max_steps" in options else "give it an end."
        return str(error).replace("raise the limit with max_steps=.", here)
    return str(error)


def exit_code(error: SimulatorError) -> int:
    """The exit code that an error stands for. A schedule that could not even be read is bad input, and no misfit."""
    if isinstance(error, Inconclusive | SearchStopped):
        return INCOMPLETE
    if isinstance(error, CheckFailed | CrosscheckFailed):
        return FOUND
    if isinstance(error, ScheduleError):
        return MISFIT if error.step else BAD_INPUT
    return NO_RENDERER if isinstance(error, NoRenderer) else BAD_INPUT


@contextlib.contextmanager
def patience(what: str) -> Iterator[None]:
    """Say on stderr what is going on if it takes longer than a second, and if that is a terminal."""
    if not on_terminal():
        yield
        return
    shown = contextlib.ExitStack()

    def show() -> None:
        from rich.console import Console

        shown.enter_context(Console(stderr=True).status(plain(f"{what} …")))

    timer = threading.Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.close()


def on_terminal() -> bool:
    """Whether a person sees what goes to stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def show_json(data: Any) -> None:
    """Print JSON; in ASCII, if stdout can show nothing else."""
    text = json_text(data)
    try:
        text.encode(getattr(answer().stream, "encoding", None) or "utf-8")
    except UnicodeError:
        text = json.dumps(data, indent=1)
    say(text)


def show_exploration(result: Exploration) -> None:
    """Print the table: by rich in a terminal, as plain text elsewhere."""
    if not answer().is_terminal():
        say(str(result))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(header_style="bold")
    for position, heading in enumerate(result.columns()):
        table.add_column(heading, justify="right" if 0 < position < len(result.columns()) - 1 else "left", overflow="fold")
    for summary in result.outcomes:
        bad = summary.status == "deadlock" or summary.outcome.failures
        table.add_row(*map(plain, result.row(summary)), style="red" if bad else None)
    console = Console(file=answer().stream, highlight=False)
    console.print(result.headline(), style="bold", markup=False)
    if result.outcomes:
        console.print(table)
    for line in result.broken():
        console.print(plain(line), style="red")
    if result.outcomes:
        console.print(result.legend(), markup=False)
    console.print(f"claim: {result.claim}", markup=False)


def plain(text: str) -> Any:
    """A text that says what it says: brackets in it are no markup."""
    from rich.text import Text

    return Text(printable(text))
