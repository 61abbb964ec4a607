"""demo, doctor: what this is, and what this installation can do."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.answers import CLEAN, NO_RENDERER, answering, say


@click.command(short_help="Show it all on two small programs.")
@click.option(
    "-o", "--output", metavar="FOLDER", default="pictures", show_default=True, help="The folder to leave pictures in."
)
@answering
def demo(output: str) -> int:
    """Show it all on two small programs, the lost update and a deadlock, and leave pictures in a folder."""
    from simulator.demo import show

    return NO_RENDERER if show(Path(output), say) else CLEAN


@click.command(short_help="Say what this installation can do.")
@answering
def doctor() -> int:
    """Say what this installation can do: Python, Graphviz, fonts; and how to get what is missing."""
    from simulator.doctor import examine

    report = examine()
    say(str(report))
    return CLEAN if report.can_draw else NO_RENDERER
