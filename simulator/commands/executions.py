"""Pictures of one or two executions, for `draw`: happens-before, a comparison, slides, a log for ShiViz."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.answers import CLEAN, note, patience
from simulator.execution import Execution
from simulator.loading import read_schedule
from simulator.scheduler import replay

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison

EXECUTIONS = ("happens-before", "comparison", "slides", "shiviz")
LOGS = (".log",)
FORMATS = ("pdf", "png", "svg")
LANED = (".svg", ".png", ".pdf", ".dot", ".tex")
"""Where a timeline has lanes, so that a step and a statement are two zoom levels."""


def execution_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What can be said of them."""
    for option in (
        click.option("--format", type=click.Choice(FORMATS), help="Of slides in a folder; by default pdf, for Beamer."),
        click.option("--statements", is_flag=True, help="One line for each statement, in a drawn timeline and slides."),
        click.option("--against", metavar="SCHEDULE", help="What to compare with; by default the nearest serial run."),
    ):
        command = option(command)
    return command


def save_shown(
    what: str, execution: Execution, against: str | None, statements: bool, format: str | None, path: str, theme: str | None
) -> int:
    """Save one of them and say where."""
    from simulator import analysis
    from simulator.render import save, slides
    from simulator.render.means.palette import LIGHT

    with patience(f"drawing {path}"):
        if what == "slides":
            made = slides(execution, path, format=format or FORMATS[0], statements=statements, theme=theme or LIGHT)
        elif what == "comparison":
            other = None
            if against is not None and execution.program is not None:
                other = replay(execution.program, read_schedule(against))
            made = (save(_compared(execution, other), path, theme=theme),)
        else:
            made = (save(analysis.happens_before(execution) if what == "happens-before" else execution, path, theme=theme),)
    note(f"wrote {made[0]}" if len(made) == 1 else f"wrote {len(made)} files in {Path(path)}")
    return CLEAN


def _compared(execution: Execution, other: Execution | None) -> Comparison:
    from simulator import analysis
    from simulator.analysis.serial import MOST_STEPS

    try:
        return analysis.compare(execution, other)
    except ValueError:
        ends = f"no serial run of this program ends within {MOST_STEPS:,} steps"
        raise click.UsageError(f"{ends}: say what to compare with, --against SCHEDULE") from None
