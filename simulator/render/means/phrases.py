"""What is said of threads, steps and outcomes in every picture, in one line each."""

from __future__ import annotations

import unicodedata

from simulator.execution import Event, Execution
from simulator.objects.values import text_of
from simulator.texts import printable

LONGEST = 60
"""Operations and answers that are longer than this are shortened in the middle."""


def thread_names(execution: Execution) -> tuple[str, ...]:
    """The threads of an execution in program order; by name, if it was read from a file and has no program."""
    if execution.program is not None:
        return execution.program.names
    outcome = execution.outcome
    return tuple(sorted({*execution.schedule.threads, *execution.waiting, *outcome.returned, *outcome.failures}))


def event_text(event: Event) -> str:
    """``counter.read() -> 0``, in at most twice 60 characters."""
    operation = shorten(repr(event.operation))
    return operation if event.answer is None else f"{operation} -> {shorten(text_of(event.answer))}"


def place_text(event: Event, where: str = "") -> str:
    """``lecture.py:12: counter.write(value + 1)``; only the file and line if the source cannot be read.

    ``where`` stands in the place of the file and line.
    """
    source = getattr(event.location, "source", "")
    if not event.location:
        return ""
    where = where or str(event.location)
    return printable(f"{where}: {source}" if source else where)


def waits(execution: Execution) -> dict[str, str]:
    """What to say of every thread that waits in vain; nothing if this is no deadlock."""
    if execution.outcome.status != "deadlock":
        return {}
    return {name: f"{printable(name)} waits: {shorten(repr(operation))}" for name, operation in execution.waiting.items()}


def caption_text(execution: Execution) -> str:
    """The schedule and the outcome, in one line."""
    outcome = str(execution.outcome)
    return printable(f"schedule {execution.schedule}: {outcome}" if execution.schedule else f"no steps: {outcome}")


def shorten(text: str, longest: int = LONGEST) -> str:
    """Leave out the middle of a long text, so that its beginning and its closing bracket stay; one line, printable."""
    text = printable(text)
    if len(text) <= longest:
        return text
    kept = longest - 1
    return f"{text[: kept - kept // 3]}…{text[-(kept // 3) :]}"


def width(text: str) -> int:
    """How many columns a text takes in a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me") for character in text)
