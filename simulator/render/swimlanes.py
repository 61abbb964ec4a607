"""The drawn timeline: a lane for each thread, a lane for each shared object, steps numbered down the page."""

from __future__ import annotations

from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.render.canvas import Canvas
from simulator.render.captions import replay_command
from simulator.render.folding import fold_runs, fold_statements
from simulator.render.ladder import Ladder
from simulator.render.lanes import Lanes, lanes
from simulator.render.layout import Layout
from simulator.render.palette import LIGHT, Theme
from simulator.render.text import caption_text, shorten

MOST_STEPS = 40
MOST_FOLDED = 400
"""Nobody wants to look at more steps than this, folded or not."""
LONGEST_CAPTION = 300


def timeline_dot(
    execution: Execution,
    *,
    caption: str | None = None,
    theme: Theme = LIGHT,
    statements: bool = False,
    shown: int | None = None,
) -> str:
    """Draw an execution as lanes; ``caption`` replaces the legend, schedule, outcome and command below.

    ``statements`` puts the steps of one ``yield from`` together, where nobody comes between them. ``shown`` makes a slide:
    that step is thick, and all later ones are transparent. Above 40 steps, what one thread does in a row is folded; raises
    `TooLarge` if that is not enough.
    """
    table = shown_lanes(execution, statements)
    ended = shorten(caption_text(execution), LONGEST_CAPTION)
    said = [*_legend(table, theme), ended, *replay_command(execution, statements)]
    below = said if caption is None else caption.split("\n")
    canvas = Canvas(theme, shown)
    Ladder(Layout(table), canvas).draw()
    return canvas.picture("timeline", below)


def shown_lanes(execution: Execution, statements: bool = False) -> Lanes:
    """The lanes as they are drawn: folded if they must be. Raises `TooLarge`."""
    steps = len(execution)
    if steps <= MOST_FOLDED:
        table = fold_statements(lanes(execution), execution) if statements else lanes(execution)
        table = fold_runs(table) if len(table.rows) > MOST_STEPS else table
        if len(table.rows) <= MOST_STEPS:
            return table
    raise TooLarge(
        f"the execution has {steps:,} steps, and nobody could read its timeline above {MOST_STEPS}, folded or not.\n"
        "Print it, print(render.timeline(execution)), or save it as .txt or .json; or draw its beginning:\n"
        f"replay(program, str(execution.schedule[:{MOST_STEPS}]))."
    )


def legend(theme: Theme) -> str:
    """What arrows, colours and hatched bars mean."""
    return f"an arrow to an object writes, one from it reads; {theme.changed_said}: changed; hatched: the thread waits"


def _legend(table: Lanes, theme: Theme) -> list[str]:
    if not table.objects:
        return []
    stale = f"{theme.wrong_said}: a write after a stale read, for another thread had written in between"
    return [legend(theme), stale] if any(row.stale for row in table.rows) else [legend(theme)]
