"""find: is there an interleaving that ends like this, or prints that?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from simulator.answers import CLEAN, FOUND, answering, on_terminal, say, show_json
from simulator.commands.options import given, json_option, max_steps_option
from simulator.exploration.search import find as find_execution
from simulator.loading import condition_of, load
from simulator.outcome import Outcome
from simulator.testing import story


@click.command(short_help="Find the simplest execution that ends in a given way.")
@click.argument("file")
@click.argument("condition", required=False)
@click.option("--prints", metavar="TEXTFILE", help="One that prints exactly what is in this file (-: on standard input).")
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Give up after N states.")
@click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Give up after S seconds.")
@max_steps_option
@json_option
@answering
def find(
    file: str,
    condition: str | None,
    prints: str | None,
    max_states: int | None,
    max_seconds: float | None,
    max_steps: int | None,
    as_json: bool,
) -> int:
    """Find the simplest execution whose outcome satisfies CONDITION, or prove that there is none.

    CONDITION is a Python expression over the names of the shared objects, and status, failures, returned, output, final:

    \b
    'counter == 1'
    'status == "deadlock"'
    '"A" in failures'
    'final["fork 1"]'    (for a name that is no word)

    With --prints, find an execution that shows exactly a text, line ends included, and is cut there; it need not be the
    simplest. Exit code 1 if there is one, 0 if it is proved that there is none, 3 if it was given up.
    """
    if condition is None and prints is None:
        raise click.UsageError("say what to find: a CONDITION such as 'counter == 1', or --prints TEXTFILE")
    text = None if prints is None else read_text(prints)
    loaded = load(file)
    goal: Callable[[Outcome], object] | None = None if condition is None else condition_of(condition, loaded.program)
    how: dict[str, Any] = given(prints=text, max_states=max_states, max_seconds=max_seconds, max_steps=max_steps)
    execution = find_execution(loaded.program, goal, progress=on_terminal(), **how)
    if as_json:
        show_json(None if execution is None else execution.to_data())
    elif execution is None:
        wanted = [] if condition is None else [f"ends with {condition.strip()}"]
        wanted += [] if prints is None else [f"prints {'standard input' if prints == '-' else prints}"]
        say(f"no interleaving {' and '.join(wanted)} (every one was examined)")
    else:
        say(story(execution))
    return CLEAN if execution is None else FOUND


def read_text(path: str) -> str:
    """What a file says, to the letter: UTF-8, with the line ends it has."""
    try:
        data: bytes = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise OSError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"cannot read {path}: it is no text in UTF-8") from None
