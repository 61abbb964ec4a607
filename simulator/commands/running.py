"""replay, crosscheck: what does this schedule do, and do real threads agree?"""

from __future__ import annotations

import click

from simulator.answers import CLEAN, answering, patience, say, show_json
from simulator.commands.outputs import SUFFIXES, check_output, save_picture, theme_option
from simulator.loading import load, read_schedule
from simulator.scheduler import replay as replay_program
from simulator.testing import crosscheck as crosscheck_program
from simulator.testing import story


@click.command(short_help="Run exactly the steps of a schedule.")
@click.argument("file")
@click.argument("schedule")
@click.option("-o", "--output", metavar="PICTURE", help=f"Draw it too; the suffix decides: {' '.join(SUFFIXES)}")
@theme_option
@click.option("--json", "as_json", is_flag=True, help="Print the execution as JSON.")
@answering
def replay(file: str, schedule: str, output: str | None, theme: str | None, as_json: bool) -> int:
    """Run exactly the steps of SCHEDULE, then stop.

    SCHEDULE says who takes each step: ABAB, or with repeats 'A*1000 B', or in words 'producer consumer*2'; or it is the
    .json file of an execution, whose events are then compared too.
    """
    if output is not None:
        check_output(output, "timeline")
    elif theme is not None:
        raise click.UsageError("--theme is for a picture: say which file to draw it into, with -o")
    loaded = load(file)
    execution = replay_program(loaded.program, read_schedule(schedule))
    if as_json:
        show_json(execution.to_data())
    else:
        say(story(execution))
    return CLEAN if output is None else save_picture(execution, output, theme=theme)


@click.command(short_help="Compare the simulator with real threads.")
@click.argument("file")
@click.option(
    "--runs", type=click.IntRange(min=0), metavar="N", default=200, show_default=True, help="How often threads run free."
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=1_000,
    show_default=True,
    help="Force at most N interleavings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@answering
def crosscheck(file: str, runs: int, limit: int, as_json: bool) -> int:
    """Compare the simulator with real threads: force interleavings on them, then let them run free.

    Every trace and every outcome must be one that was predicted; the first difference is told, with exit code 1.
    """
    loaded = load(file)
    with patience("comparing with real threads"):
        compared = crosscheck_program(loaded.program, runs=runs, limit=limit)
    if as_json:
        show_json(compared.to_data())
    else:
        say(str(compared))
    return CLEAN
