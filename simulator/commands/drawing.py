"""draw: a picture of an execution, by default of the simplest one that goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from simulator.answers import CLEAN, answering, note, on_terminal, patience
from simulator.commands.executions import EXECUTIONS, LANED, LOGS, execution_options, save_shown
from simulator.commands.many import MANY, many_options, save_many
from simulator.commands.options import given, max_steps_option
from simulator.commands.paging import PAGES, check_quiz, quiz_option, save_page
from simulator.errors import Inconclusive, RenderError, UnknownFormat
from simulator.execution import Execution
from simulator.exploration.judging import judge
from simulator.exploration.results import simplicity
from simulator.exploration.search import find as find_execution
from simulator.exploration.statespace import explore as explore_program
from simulator.loading import Loaded, load, read_schedule
from simulator.outcome import Outcome
from simulator.schedule import thread_of
from simulator.scheduler import replay as replay_program
from simulator.scheduler import run as run_program

PICTURES = ("timeline", "wait-for", "resource-allocation", *EXECUTIONS, *MANY, "player")
SUFFIXES = (".svg", ".png", ".pdf", ".tex", ".dot", ".mmd", ".txt", ".json")
"""What nearly every picture can be saved as; Mermaid (.mmd) has not all of them."""
NOT_IN_MERMAID = ("comparison", "lattice", "histogram")
THEMES = ("light", "dark", "print")

theme_option = click.option(
    "--theme",
    type=click.Choice(THEMES),
    help="The colours, by default light, in a page (.html) those of the reader's system; print is black and white.",
)
FIRST_STEPS = 16
"""How much is drawn of a program that goes on for ever."""


@click.command(short_help="Draw a timeline, or a graph of who waits for whom.")
@click.argument("file")
@click.argument("what", type=click.Choice(PICTURES), metavar="WHAT")
@click.option("-s", "--schedule", help="The execution to draw, as for replay; by default the simplest that goes wrong.")
@click.option("--step", type=click.IntRange(min=0), metavar="N", help="Draw the moment after N steps; by default the end.")
@execution_options
@many_options
@quiz_option
@theme_option
@max_steps_option
@click.option("-o", "--output", metavar="PICTURE", required=True, help=f"The suffix decides: {' '.join(SUFFIXES)}")
@answering
def draw(
    file: str,
    what: str,
    schedule: str | None,
    step: int | None,
    against: str | None,
    statements: bool,
    format: str | None,
    limit: int | None,
    depth: int | None,
    quiz: bool,
    theme: str | None,
    max_steps: int | None,
    output: str,
) -> int:
    """Draw a picture of an execution, or of all. WHAT is one of:

    \b
    timeline             one column per thread, one line per step
    wait-for             which thread waits for which other one
    resource-allocation  the same with the locks between them
    happens-before       what orders the steps, and the data races
    comparison           the execution beside the nearest serial run, or beside --against another one
    slides               the timeline step by step: a folder of pictures, an .svg for reveal.js
    shiviz               a .log for ShiViz
    states               every state once, and how many interleavings take each step
    tree                 every interleaving a path; prune it with --limit and --depth
    lattice              two threads: every interleaving a path through a grid
    histogram            how many interleavings end in which outcome
    lock-order           in which order locks are taken; a circle can become a deadlock
    player               a page, .html, to step through; in it you can be the scheduler, too

    Without --schedule the two graphs of waiting show the simplest deadlock, all others the simplest execution in which
    anything goes wrong. In a picture of all interleavings the one of --schedule is thick.
    """
    check_output(output, what)
    check_quiz(quiz, output)
    if format is not None and (what != "slides" or Path(output).suffix):
        raise click.UsageError("--format is of slides in a folder; of everything else the suffix decides")
    loaded = load(file)
    if what in MANY:
        if step is not None:
            raise click.UsageError(f"--step is a moment of one execution, and a {what} shows many")
        return save_many(loaded, what, schedule, given(limit=limit, depth=depth), given(max_steps=max_steps), output, theme)
    if schedule is not None:
        execution = replay_program(loaded.program, read_schedule(schedule))
    else:
        execution = worst_execution(loaded, what, given(max_steps=max_steps))
        note(f"drawing {execution.schedule}: {execution.outcome}" if execution.schedule else f"drawing {execution.outcome}")
    if step is not None and step > len(execution):
        raise click.UsageError(f"there is no moment after {step} steps: the execution has {len(execution)}")
    upto = execution if step is None else replay_program(loaded.program, execution.schedule[:step])
    if what == "player":
        return save_page(loaded.program, upto, quiz, output, theme)
    if what in EXECUTIONS:
        return save_shown(what, upto, against, statements, format, output, theme)
    if what == "timeline":
        zoom = {"statements": True} if statements and Path(output).suffix.lower() in LANED else {}
        page = {"quiz": quiz} if Path(output).suffix.lower() in PAGES else zoom
        return save_picture(upto, output, theme=theme, **page)
    from simulator import analysis

    graph = analysis.wait_for_graph if what == "wait-for" else analysis.resource_allocation_graph
    return save_picture(graph(execution, step), output, theme=theme)


def worst_execution(loaded: Loaded, what: str, how: dict[str, Any]) -> Execution:
    """The simplest execution in which anything goes wrong; for a graph of who waits, the simplest deadlock."""
    program, holds = loaded.program, loaded.postcondition
    if what in ("wait-for", "resource-allocation"):
        stuck = find_execution(program, lambda outcome: outcome.status == "deadlock", progress=on_terminal(), **how)
        if stuck is None:
            raise click.UsageError("no interleaving deadlocks: say which moment to draw, with --schedule and --step")
        return stuck

    def wrong(outcome: Outcome) -> bool:
        if outcome.failures or outcome.status == "deadlock":
            return True
        return holds is not None and not judge(holds, outcome.final)

    found = [find_execution(program, wrong, progress=on_terminal(), **how)]
    if loaded.invariant is not None:
        result = explore_program(program, invariant=loaded.invariant, progress=on_terminal(), **how)
        if result.claim.reason == "interrupted":
            raise KeyboardInterrupt
        if result.claim == "partial":
            raise Inconclusive(f"not every state was asked whether the invariant holds: {result.claim.reason}")
        found += result.violations[:1]
    simplest = min((each for each in found if each is not None), key=simplicity, default=None)
    if simplest is not None:
        return simplest
    note("nothing goes wrong in any interleaving")
    any_of_them = find_execution(program, lambda outcome: True, **how)
    if any_of_them is not None:
        return any_of_them
    note(f"and none comes to an end: these are {FIRST_STEPS} steps, with the threads in turn")
    return run_program(program, strategy=_InTurn())


class _InTurn:
    """For a few steps, whoever has gone least often."""

    def __init__(self) -> None:
        self.gone: Counter[str] = Counter()

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        if step == FIRST_STEPS:
            return None
        chosen = min(enabled, key=lambda one: self.gone[thread_of(one)])
        self.gone[thread_of(chosen)] += 1
        return chosen


def check_output(path: str, what: str) -> None:
    """Complain about the file for a picture before the work is done, and not after it."""
    output = Path(path)
    suffixes = suffixes_of(what)
    if what == "slides" and output.suffix.lower() not in ("", ".svg"):
        raise UnknownFormat(f"cannot save slides as {output.suffix!r}. Say a folder, for Beamer, or an .svg, for reveal.js.")
    if what != "slides" and output.suffix.lower() not in suffixes:
        got = repr(output.suffix) if output.suffix else f"{path!r}, which has no suffix"
        raise UnknownFormat(f"cannot save a {what} as {got}. It can be saved as: {' '.join(suffixes)}")
    if not output.parent.is_dir():
        why = f"{output.parent} is no folder" if output.parent.exists() else f"there is no folder {output.parent}"
        raise RenderError(f"cannot write {path}: {why}")


def suffixes_of(what: str) -> tuple[str, ...]:
    """What one picture can be saved as: an execution as a page, too."""
    special = {"timeline": (*SUFFIXES, *PAGES, *LOGS), "player": PAGES, "shiviz": LOGS}
    return special.get(what, tuple(suffix for suffix in SUFFIXES if suffix != ".mmd" or what not in NOT_IN_MERMAID))


def save_picture(value: Any, path: str, **options: Any) -> int:
    """Save a picture and say where."""
    from simulator.render import save

    with patience(f"drawing {path}"):
        save(value, path, **options)
    note(f"wrote {path}")
    return CLEAN
