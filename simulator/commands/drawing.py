"""draw: a picture of an execution, by default of the simplest one that goes wrong."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.answers import answering, note
from simulator.commands.choosing import worst_execution
from simulator.commands.executions import EXECUTIONS, LANED, execution_options, save_shown
from simulator.commands.many import MANY, many_options, save_many
from simulator.commands.options import given, max_steps_option
from simulator.commands.outputs import SUFFIXES, check_output, save_picture, theme_option
from simulator.commands.paging import PAGES, check_quiz, quiz_option, save_page
from simulator.loading import load, read_schedule
from simulator.scheduler import replay as replay_program

PICTURES = ("timeline", "wait-for", "resource-allocation", *EXECUTIONS, *MANY, "player")


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
