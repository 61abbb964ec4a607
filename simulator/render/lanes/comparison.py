"""Two executions side by side, as DOT and as text: the common beginning grey, the first difference ruled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import TooLarge
from simulator.execution import Event, Execution
from simulator.render.lanes.contents import lanes
from simulator.render.lanes.ladder import Ladder
from simulator.render.lanes.layout import Layout, is_tall
from simulator.render.means.canvas import Canvas, mono_width
from simulator.render.means.captions import redraw
from simulator.render.means.dot import Markup, html
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import event_text, shorten, waits, width
from simulator.render.means.places import brief_places
from simulator.texts import page, printable

if TYPE_CHECKING:
    from simulator.analysis.comparison import Comparison

MOST_STEPS = 40
FOLD_ABOVE = 8
"""A common beginning of more steps than this is folded in the text."""
TITLE, GAP = 44.0, 60.0
"""In points: how high the titles are, and how far apart the two sides."""
TITLE_SIZE, MOST_NARROW = 12.0, 16
"""Of the font of the titles; and how many characters they have in any case."""
LEGEND = "grey and dotted: what both have in common; the ruled line: the first difference"


def comparison_dot(comparison: Comparison, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw both executions as lanes beside each other. Raises `TooLarge` if one of them has more than 40 steps."""
    steps = max(len(comparison.first), len(comparison.second))
    if steps > MOST_STEPS:
        raise TooLarge(
            f"one of the two executions has {steps:,} steps, and nobody could compare pictures above {MOST_STEPS}.\n"
            "Read it: print(render.comparison_text(comparison)), or save it as .txt or .json."
        )
    tables = [lanes(execution) for execution in (comparison.first, comparison.second)]
    tall = {place for table in tables for place, row in enumerate(table.rows) if is_tall(row)}
    canvas = Canvas(theme)
    layouts: list[Layout] = []
    for table, name, title in zip(tables, "ab", _titles(comparison), strict=True):
        left = layouts[0].right + GAP if layouts else 0.0
        layout = Layout(table, left=left, top=TITLE, in_full=False, tall=tall, beside=tables)
        Ladder(layout, canvas, name, comparison.common).draw()
        _head(canvas, layout, name, title)
        layouts.append(layout)
    first, second = layouts
    middle = first.right + GAP / 2
    canvas.line("middle", [(middle, 0), (middle, max(first.bottom, second.bottom))], colour=theme.muted, kind="rule")
    if steps > comparison.common:
        longer = first if len(tables[0].rows) > comparison.common else second
        y = longer.tops[comparison.common]
        canvas.line("rule", [(first.left, y), (second.right, y)], colour=theme.wrong, thick=2, kind="rule difference")
    return canvas.picture("comparison", comparison_caption(comparison) if caption is None else caption.split("\n"))


def _head(canvas: Canvas, side: Layout, name: str, title: tuple[str, str]) -> None:
    """The schedule above one side, and below it how it ends: in the middle, and no wider than the side."""
    wide = side.right - side.left
    room = max(MOST_NARROW, int(wide / mono_width("x", TITLE_SIZE)) - 1)
    label = Markup("<BR/>".join(f"<B>{html(shorten(line, room))}</B>" for line in title))
    place = ((side.left + side.right) / 2, TITLE / 2 - 4)
    canvas.box(f"{name}title", place, (wide, TITLE - 12), label, colour="", kind="title", fontsize=TITLE_SIZE)


def comparison_caption(comparison: Comparison) -> list[str]:
    """What differs, in words; the legend; and the command that draws it again."""
    schedule, other = str(comparison.first.schedule), str(comparison.second.schedule)
    against = [] if comparison.is_serial else ["--against", other]
    return [*comparison.sentences, LEGEND, *redraw(comparison.source, "comparison", schedule, *against)]


def comparison_text(comparison: Comparison, caption: str | None = None) -> str:
    """Both executions in two columns, step beside step; of a long common beginning only the end is shown.

    What differs stands below; ``caption`` replaces it.
    """
    sides = [_lines(execution) for execution in (comparison.first, comparison.second)]
    titles = [shorten(": ".join(title)) for title in _titles(comparison)]
    length = max(map(len, sides))
    begin = comparison.common - 2 if comparison.common > FOLD_ABOVE else 0
    room = max(width(titles[0]), *(width(line) for line in sides[0][begin:]), 0) if sides[0][begin:] else width(titles[0])
    number = max(len(str(length)), 4)
    lines = [_row("step".rjust(number), titles, room)]
    if begin:
        lines.append(f"{'…':>{number}}  {begin} steps in common")
    for index in range(begin, length):
        if index == comparison.common:
            lines.append(f"{'':{number}}  {'─' * room}  first difference")
        row = [side[index] if index < len(side) else "" for side in sides]
        lines.append(_row(str(index + 1).rjust(number), row, room))
    below = comparison_caption(comparison) if caption is None else caption.split("\n")
    return page([*lines, "", *(line for line in below if line != LEGEND)])


def _titles(comparison: Comparison) -> tuple[tuple[str, str], tuple[str, str]]:
    second = "serial run " if comparison.is_serial else ""
    return _title(comparison.first, ""), _title(comparison.second, second)


def _title(execution: Execution, what: str) -> tuple[str, str]:
    """The schedule, and how it ends."""
    return printable(f"{what}{execution.schedule or 'no steps'}"), printable(str(execution.outcome))


def _lines(execution: Execution) -> list[str]:
    places = brief_places(execution.trace)
    steps = [_line(event, place) for event, place in zip(execution.trace, places, strict=True)]
    return [*steps, *waits(execution).values()]


def _line(event: Event, place: str) -> str:
    return printable(f"{event.thread}: {event_text(event)}" + (f"  ({place})" if place else ""))


def _row(step: str, cells: list[str], room: int) -> str:
    return f"{step}  {cells[0]}{' ' * (room - width(cells[0]))}  {cells[1]}".rstrip()
