"""The command line, and nothing else: it loads, asks, shows, and answers with an exit code.

Results go to stdout, everything else to stderr. Exit codes: 0 explored completely and nothing wrong; 1 something found;
2 usage or bad input; 3 nothing found, but the answer is not complete; 4 a replay did not fit the program; 5 no renderer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from simulator.errors import (
    CheckFailed,
    CrosscheckFailed,
    Interrupted,
    NoRenderer,
    PredicateError,
    ScheduleError,
    SimulatorError,
)
from simulator.execution import Execution, Outcome
from simulator.exploration.results import Exploration
from simulator.exploration.search import find as find_execution
from simulator.exploration.statespace import explore as explore_program
from simulator.loading import Loaded, load
from simulator.scheduler import replay as replay_program
from simulator.testing import crosscheck as crosscheck_program
from simulator.testing import findings, story

CLEAN, FOUND, BAD_INPUT, INCOMPLETE, MISFIT, NO_RENDERER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def answering(command: Callable[..., int]) -> Callable[..., None]:
    """Turn what a command answers or raises into an exit code, and errors into one message without a traceback."""

    @wraps(command)
    def answered(*arguments: Any, **options: Any) -> None:
        try:
            code = command(*arguments, **options)
            sys.stdout.flush()
        except SimulatorError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            code = exit_code(error)
        except Interrupted as error:
            click.echo(str(error), err=True)
            code = INTERRUPTED
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = CLEAN
        except (ValueError, OSError) as error:
            click.echo(f"error: {error}", err=True)
            code = BAD_INPUT
        sys.exit(code)

    return answered


def exit_code(error: SimulatorError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, CheckFailed | CrosscheckFailed):
        return FOUND
    if isinstance(error, ScheduleError):
        return MISFIT
    return NO_RENDERER if isinstance(error, NoRenderer) else BAD_INPUT


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="thread-interleaving-simulator", prog_name="simulator")
def main() -> None:
    """Run small concurrent programs under every interleaving: count them, find what goes wrong, replay it, draw it.

    FILE is a Python file that says ``program = Program(A=…, B=…)``; FILE:NAME picks another program in it. A function
    ``postcondition(final)`` or ``invariant(state)`` in the file is checked.

    Exit codes: 0 explored completely and nothing wrong, 1 something found, 2 usage or bad input, 3 nothing found but the
    answer is not complete, 4 a replay did not fit the program, 5 no renderer.
    """


@main.command()
@click.argument("file")
@click.option("--max-states", type=click.IntRange(min=1), help="Stop after so many states; the claim is then partial.")
@click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so many seconds.")
@click.option("--max-steps", type=click.IntRange(min=1), help="How many steps one thread may take before it is an error.")
@click.option("--allow-deadlock", is_flag=True, help="A deadlock is nothing wrong.")
@click.option("--allow-failures", is_flag=True, help="A thread that an exception ends is nothing wrong.")
@click.option("--no-symmetry", is_flag=True, help="Do not count interchangeable threads by symmetry.")
@click.option("--no-merge", is_flag=True, help="Do not merge histories that leave a thread in the same local state.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
@answering
def explore(
    file: str,
    max_states: int | None,
    max_seconds: float | None,
    max_steps: int | None,
    allow_deadlock: bool,
    allow_failures: bool,
    no_symmetry: bool,
    no_merge: bool,
    as_json: bool,
) -> int:
    """Count every interleaving of a program and list its outcomes, each with its simplest example."""
    loaded = load(file)
    limits: dict[str, Any] = {} if max_steps is None else {"max_steps": max_steps}
    result = explore_program(
        loaded.program,
        invariant=loaded.invariant,
        max_states=max_states,
        max_seconds=max_seconds,
        symmetry=not no_symmetry,
        merge=not no_merge,
        progress=True,
        **limits,
    )
    wrong = findings(result, loaded.postcondition, deadlock=allow_deadlock, failures=allow_failures)
    if as_json:
        show_json(result.to_data() | {"findings": [finding.to_data() for finding in wrong]})
    else:
        show_exploration(result)
        for finding in wrong:
            click.echo(f"\n{finding}")
    if wrong:
        return FOUND
    return CLEAN if result.claim == "complete" else INCOMPLETE


@main.command()
@click.argument("file")
@click.argument("schedule")
@click.option("-o", "--output", type=click.Path(), help="Draw it to this file instead; the suffix decides.")
@click.option("--json", "as_json", is_flag=True, help="The execution as JSON.")
@answering
def replay(file: str, schedule: str, output: str | None, as_json: bool) -> int:
    """Run exactly the steps of SCHEDULE: 'ABAB', 'A*1000 B', 'producer consumer', or a .json file of an execution."""
    loaded = load(file)
    execution = replay_program(loaded.program, read_schedule(schedule))
    if output is not None:
        return save_picture(execution, output)
    if as_json:
        show_json(execution.to_data())
    else:
        click.echo(story(execution))
    return CLEAN


@main.command()
@click.argument("file")
@click.argument("condition")
@click.option("--json", "as_json", is_flag=True, help="The execution as JSON, null if there is none.")
@answering
def find(file: str, condition: str, as_json: bool) -> int:
    """Find the simplest execution whose outcome satisfies CONDITION, or prove that there is none.

    CONDITION is a Python expression over the names of the shared objects, and status, failures, returned, output:
    'counter == 1', 'status == "deadlock"', '"A" in failures'. Exit code 1 if there is one, 0 if it is proved that there
    is none.
    """
    loaded = load(file)
    execution = find_execution(loaded.program, condition_of(condition), progress=True)
    if as_json:
        show_json(None if execution is None else execution.to_data())
    elif execution is None:
        click.echo(f"no interleaving ends with {condition} (every one was examined)")
    else:
        click.echo(story(execution))
    return CLEAN if execution is None else FOUND


PICTURES = ("timeline", "wait-for", "resource-allocation")


@main.command()
@click.argument("file")
@click.argument("what", type=click.Choice(PICTURES))
@click.option("-s", "--schedule", help="The execution to draw; by default the simplest one in which something goes wrong.")
@click.option("--step", type=click.IntRange(min=0), help="Draw the moment after so many steps; by default the end.")
@click.option("-o", "--output", type=click.Path(), required=True, help="The suffix decides: .svg .png .pdf .dot .txt .json")
@answering
def draw(file: str, what: str, schedule: str | None, step: int | None, output: str) -> int:
    """Draw a picture: the timeline of an execution, or the wait-for or resource-allocation graph at a moment of it."""
    from simulator import analysis

    loaded = load(file)
    if schedule is not None:
        execution = replay_program(loaded.program, read_schedule(schedule))
    else:
        execution = worst_execution(loaded, deadlock=what != "timeline")
        click.echo(f"drawing {execution.schedule}: {execution.outcome}", err=True)
    if what == "timeline":
        return save_picture(execution, output)
    graph = analysis.wait_for_graph if what == "wait-for" else analysis.resource_allocation_graph
    return save_picture(graph(execution, step), output)


@main.command()
@click.argument("file")
@click.option(
    "--runs", type=click.IntRange(min=0), default=200, show_default=True, help="How often to let threads run free."
)
@click.option("--limit", type=click.IntRange(min=1), default=1_000, show_default=True, help="Force at most so many.")
@answering
def crosscheck(file: str, runs: int, limit: int) -> int:
    """Compare the simulator with real threads: force interleavings on them, then let them run free."""
    loaded = load(file)
    click.echo(str(crosscheck_program(loaded.program, runs=runs, limit=limit)))
    return CLEAN


@main.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("pictures"), show_default=True)
@answering
def demo(output: Path) -> int:
    """Show it all on the lost update and a deadlock; leaves pictures in a folder."""
    from simulator.demo import show

    return NO_RENDERER if show(output, click.echo) else CLEAN


@main.command()
@answering
def doctor() -> int:
    """Say what this installation can do: Python, Graphviz, fonts, and how to get what is missing."""
    from simulator.doctor import examine

    report = examine()
    click.echo(str(report))
    return CLEAN if report.can_draw else NO_RENDERER


def read_schedule(text: str) -> str | Execution:
    """A schedule as it stands on the command line: a text, or the .json file of an execution."""
    if text.endswith(".json"):
        return Execution.from_json(Path(text).read_text(encoding="utf-8"))
    return text


def condition_of(text: str) -> Callable[[Outcome], object]:
    """A goal from a Python expression over the values at the end."""
    try:
        code = compile(text.strip(), "<condition>", "eval")
    except SyntaxError as error:
        raise PredicateError(
            f"cannot read the condition {text!r}: {error.msg}.\nWrite a Python expression, such as: counter == 1"
        ) from None

    def condition(outcome: Outcome) -> object:
        values: dict[str, Any] = {getattr(object, "name", str(object)): value for object, value in outcome.final.items()}
        values |= {"final": outcome.final, "status": outcome.status, "failures": outcome.failures}
        values |= {"returned": outcome.returned, "output": outcome.output}
        try:
            return eval(code, {}, values)
        except NameError as error:
            raise NameError(f"{error}; the names are: {', '.join(values)}") from None

    condition.__name__ = f"the condition {text!r}"
    return condition


def worst_execution(loaded: Loaded, deadlock: bool) -> Execution:
    """The simplest execution in which something goes wrong; for a graph of waiting threads, the simplest deadlock."""
    result = explore_program(loaded.program, invariant=loaded.invariant, progress=True)
    if deadlock:
        if not result.deadlocks:
            raise click.UsageError("no interleaving deadlocks: say which moment to draw, with --schedule and --step")
        return result.deadlocks[0].example
    wrong = findings(result, loaded.postcondition)
    if wrong:
        return wrong[0].execution
    return result.outcomes[0].example if result.outcomes else replay_program(loaded.program, "")


def save_picture(value: Any, path: str) -> int:
    """Save a picture and say where."""
    from simulator.render import save

    save(value, path)
    click.echo(f"wrote {path}", err=True)
    return CLEAN


def show_json(data: Any) -> None:
    """Print JSON."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


def show_exploration(result: Exploration) -> None:
    """Print the table: by rich in a terminal, as plain text elsewhere."""
    if not sys.stdout.isatty():
        click.echo(str(result))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=None, header_style="bold")
    for position, heading in enumerate(result.columns()):
        table.add_column(heading, justify="right" if 0 < position < 4 else "left", overflow="fold")
    for summary in result.outcomes:
        bad = summary.status == "deadlock" or summary.outcome.failures
        table.add_row(*result.row(summary), style="red" if bad else None)
    console = Console(highlight=False)
    console.print(result.headline(), style="bold", markup=False)
    console.print(table)
    console.print(f"claim: {result.claim}", markup=False)
