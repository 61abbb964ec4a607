"""The drawn timeline: a lane for each thread, a lane for each shared object, steps numbered down the page."""

from __future__ import annotations

from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.render.lanes.contents import Lanes, lanes
from simulator.render.lanes.folding import fold_runs, fold_statements
from simulator.render.lanes.ladder import Ladder
from simulator.render.lanes.layout import Layout
from simulator.render.means.canvas import Canvas
from simulator.render.means.captions import replay_command
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import caption_text, shorten

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
    said = [*legend(table, theme), ended, *replay_command(execution, statements)]
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
        f"replay(program, execution.schedule[:{MOST_STEPS}])."
    )


def legend(table: Lanes, theme: Theme) -> list[str]:
    """What arrows, colours and hatched bars mean, and what is marked as wrong; only of what there is."""
    if not table.objects:
        return []
    cells = [cell for row in table.rows for cell in row.cells]
    waits = bool(table.blocked_at_end) or any(name != row.thread for row in table.rows for name in row.blocked)
    said = ["an arrow to an object writes, one from it reads"] * any(cell.arrow for cell in cells)
    said += [f"{theme.changed_said}: changed"] * any(cell.changed for cell in cells)
    said += ["hatched: the thread waits"] * waits
    stale = f"{theme.wrong_said}: a write after a stale read, for another thread had written in between"
    return ["; ".join(said)] * bool(said) + [stale] * any(row.stale for row in table.rows)
