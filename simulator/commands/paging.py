"""The page of the player, for `draw`: the execution, and the state graph too where the program is small enough."""

from __future__ import annotations

from pathlib import Path

import click

from simulator.answers import CLEAN, note, patience
from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.exploration.state_graph import state_graph
from simulator.program import Program

PAGES = (".html",)

quiz_option = click.option("--quiz", is_flag=True, help="Hide the values in a page (.html) until they are asked for.")


def check_quiz(quiz: bool, path: str) -> None:
    """Complain where nothing could be hidden."""
    if quiz and Path(path).suffix.lower() not in PAGES:
        raise click.UsageError(f"--quiz hides the values in a page: save it as {PAGES[0]}, not as {path}")


def save_page(program: Program, execution: Execution, quiz: bool, path: str, theme: str | None) -> int:
    """Save the page with both modes, or without the second one if the program has too many states, and say where."""
    from simulator.render import save
    from simulator.render.page.graph import MOST_STATES

    with patience(f"drawing {path}"):
        try:
            graph = state_graph(program, max_states=MOST_STATES)
        except TooLarge:
            graph = None
            note(f"the program has more than {MOST_STATES:,} states: the page has no mode in which you are the scheduler")
        save(execution, path, graph=graph, quiz=quiz, theme=theme)
    note(f"wrote {path}")
    return CLEAN
