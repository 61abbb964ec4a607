"""One step as the pictures of many interleavings show it: the letter of the thread, what it does, and the line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.location import Location
from simulator.objects.values import text_of
from simulator.render.means.dot import MONOSPACE, Markup, html
from simulator.render.means.palette import Theme, pattern
from simulator.render.means.phrases import shorten

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, StateGraph

LONGEST_STEP = 40
CHOSEN_WIDTH = 3.5
"""How thick the chosen path is, in points."""


class Lines:
    """Where steps stand in the user's code: ``line 12``, or ``bank.py:12`` if there are several files."""

    def __init__(self, graph: StateGraph) -> None:
        self._places = [state.places for state in graph.states]
        files = {place.file for places in self._places for place in places.values() if place is not None}
        self._several = len(files) > 1

    def of(self, edge: Edge) -> str:
        """Where a step stands; nothing if nobody knows."""
        return self.said(self.place(edge))

    def place(self, edge: Edge) -> Location | None:
        """The same as a value."""
        return self._places[edge.source].get(edge.thread)

    def said(self, place: Location | None) -> str:
        """A place in words."""
        if place is None:
            return ""
        return str(place) if self._several else f"line {place.line}"


def step_text(edge: Edge, longest: int = LONGEST_STEP) -> str:
    """``counter.read() -> 0``, shortened."""
    operation = shorten(text_of(edge.operation), longest)
    return operation if edge.answer is None else f"{operation} -> {shorten(text_of(edge.answer), longest // 2)}"


def step_label(edge: Edge, thread: int, where: str, theme: Theme, many: str = "") -> Markup:
    """The label of an edge: the letter on the fill of its thread, what it does, and below that how many and where."""
    letter = (
        f'<TD BGCOLOR="{theme.fill(thread)}"><FONT COLOR="{theme.ink}"><B>{html(shorten(edge.thread, 16))}</B></FONT></TD>'
    )
    what = f'<TD ALIGN="LEFT"><FONT FACE="{MONOSPACE}" POINT-SIZE="9">{html(step_text(edge))}</FONT></TD>'
    remarks = [f"<B>{html(many)}</B>"] if many else []
    remarks += [html(where)] if where else []
    below = f'<TD></TD><TD></TD><TD ALIGN="LEFT"><FONT POINT-SIZE="8">{"   ".join(remarks)}</FONT></TD><TD></TD>'
    room = '<TD WIDTH="4"></TD>'  # or lines would run through the letters
    rows = [f"{room}{letter}{what}{room}", *([below] if remarks else []), '<TD HEIGHT="5"></TD>']
    return label_table(rows)


def label_table(rows: Iterable[str]) -> Markup:
    """A label of several cells without lines."""
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>')


def step_line(thread: int, chosen: bool, theme: Theme) -> dict[str, object]:
    """The line of an edge: the dash pattern of its thread; thick if it is on the chosen path."""
    own = pattern(thread)
    double = f"{theme.ink}:{theme.paper}:{theme.ink}" if own.double and not chosen else theme.ink
    thick: dict[str, object] = {"penwidth": CHOSEN_WIDTH} if chosen else {}
    return {"style": own.style, "color": double, "arrowsize": 0.7, **thick, "class": "step chosen" if chosen else "step"}


def tooltip(edge: Edge, lines: Lines) -> str:
    """What a pointer on a step shows: the step and its source."""
    place = lines.place(edge)
    source = f"  {place}: {place.source}" if place is not None and place.source else ""
    return f"{edge.step}: {step_text(edge)}{source}"


def schedule_text(steps: Iterable[str]) -> str:
    """Steps as a schedule spells them."""
    from simulator.schedule import Schedule

    return str(Schedule(steps))
