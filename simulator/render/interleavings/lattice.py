"""The lattice of two threads (progress graph) as a picture.

To the right a step of the first thread, upwards one of the second: an interleaving is a path that never goes back.
"""

from __future__ import annotations

import textwrap
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from simulator.render.interleavings.crossings import Lattice, Place, lattice
from simulator.render.interleavings.endings import SHAPES, Bad, counted
from simulator.render.interleavings.forbidden import forbidden
from simulator.render.interleavings.lattice_text import MOST_NAMES, everywhere, lattice_caption, named
from simulator.render.interleavings.unfolding import Chosen
from simulator.render.means.canvas import Canvas, Point, heading, mono_width, sans_width
from simulator.render.means.hatching import Square, hatch, picture, shape
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.means.phrases import width as columns
from simulator.render.means.steps import CHOSEN_WIDTH

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

NARROWEST, WIDEST, LOWEST = 76, 120, 56
"""The size of a square of the lattice, in points; rows and columns in which an end has much to say are larger."""
ROOM = 36
"""Between a point and the next one, for the arrow and its number."""
GAP = 9
"""Between two hatch lines."""
NUMBERS_UP_TO = 90
"""Lattices of more points than this have no numbers at their edges; tooltips, text and JSON have them."""
END_WIDTH, MOST_LINES = 18, 4
"""Of the text in an end."""
WORSE = ("good", "unfinished", "bad", "deadlock")


def lattice_dot(
    graph: StateGraph,
    *,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Draw the interleavings of two threads as paths from the bottom left to an end.

    In a point stands how many ways lead to it from the start, at an edge how many interleavings take it. What is hatched
    is forbidden: there both would have the same lock. Dotted points are not forbidden, but no way leads to them. Of a
    shaded point only bad outcomes can come, and a deadlock is a double octagon.
    ``chosen`` is an execution or a schedule that is drawn thick. ``caption`` replaces what stands below. Raises `TooLarge`
    above 20 steps of a thread, and ValueError if the program has not exactly two threads.
    """
    table = lattice(graph, chosen=chosen, bad=bad)
    drawing = _Drawing(table, theme)
    drawing.areas()
    for place in table.points:
        drawing.point(place)
    drawing.axes()
    drawing.moves()
    below = caption.split("\n") if caption is not None else lattice_caption(table)
    return picture(drawing.canvas, "lattice", below)


class _Drawing:
    """A lattice on its canvas."""

    def __init__(self, table: Lattice, theme: Theme) -> None:
        self.table = table
        self.theme = theme
        self.canvas = Canvas(theme)
        self.forbidden = forbidden(table)
        self._labels = {place: self._label(place) for place in table.points}
        longest = max((mono_width(line, 9) for text in table.axes[0] for line in _wrapped(text)), default=0)
        wide = min(max(NARROWEST, longest + 12), WIDEST)
        self.borders = self._borders(0, wide), self._borders(1, LOWEST)

    def _borders(self, axis: int, least: float) -> list[int]:
        """Where the columns of the lattice begin and end, or its rows, so that its first point is at 0."""
        sizes = [least] * (self.table.size[axis] + 1)
        for place in self.table.points:
            sizes[place[axis]] = max(sizes[place[axis]], self._size(place)[axis] + ROOM)
        whole = [2 * (int(size) // 2) for size in sizes]
        return list(accumulate(whole, initial=-whole[0] // 2))

    @cached_property
    def middles(self) -> tuple[list[float], list[float]]:
        """Where the points are, along both axes."""
        first, second = ([(begin + end) / 2 for begin, end in pairwise(borders)] for borders in self.borders)
        return first, second

    def _middle(self, place: Place) -> Point:
        """Where a point is: upwards is less."""
        return self.middles[0][place[0]], 0.0 - self.middles[1][place[1]]

    def _square(self, place: Place) -> Square:
        """The square around a point."""
        (across, up), (x, y) = self.borders, place
        return across[x], -up[y + 1], across[x + 1], -up[y]

    def areas(self) -> None:
        """What lies behind the points, hatched where it is forbidden to come, and shaded where nothing good comes of it."""
        for place in everywhere(self.table):
            if place in self.forbidden:
                tip = f"forbidden by {named(self.forbidden[place])}"
                self._area(place, self.theme.waiting, "forbidden", tip)
            elif place in self.table.points and self.table.doomed(place):
                self._area(place, self.theme.bad, "unsafe", "nothing good can come of this")
        hatch(self.canvas, "hatch", list(map(self._square, sorted(self.forbidden))), GAP, self.theme.muted)
        for place in everywhere(self.table):
            if place not in self.table.points and place not in self.forbidden:
                look: dict[str, object] = {"shape": "ellipse", "style": "dotted", "color": self.theme.muted, "penwidth": 2}
                name, kind = f"point{place[0]}_{place[1]}", {"class": "unreachable"}
                shape(self.canvas, name, self._middle(place), (26, 22), "", tooltip="no way leads here", **look, **kind)

    def _area(self, place: Place, fill: str, kind: str, tooltip: str) -> None:
        look: dict[str, object] = {"shape": "box", "style": "filled", "fillcolor": fill, "color": fill, "penwidth": 0}
        left, top, right, bottom = self._square(place)
        middle, size = ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)
        shape(self.canvas, f"area{place[0]}_{place[1]}", middle, size, "", tooltip=tooltip, **look, **{"class": kind})

    def _label(self, place: Place) -> list[str]:
        """What stands in a point: how many ways lead to it; at an end, which one it is."""
        point = self.table.points[place]
        if not point.ends:
            return ["start"] if place == (0, 0) else [f"{point.ways:,}"]
        if len(point.ends) > 1:
            numbers = ", ".join(str(number) for number in sorted(ending.number for ending in point.ends))
            told = f"outcomes {numbers}" if len(point.ends) <= MOST_NAMES else f"{len(point.ends)} outcomes"
            return [told, f"{point.ways:,}"]
        ending = point.ends[0]
        text = f"{ending.number}: {'deadlock' if ending.verdict == 'deadlock' else ending.text}"
        return [*textwrap.wrap(text, END_WIDTH, max_lines=MOST_LINES, placeholder=" …"), f"{point.ways:,}"]

    def _size(self, place: Place) -> Point:
        lines = self._labels[place]
        wide = max(sans_width(line, 9) for line in lines)
        ends = bool(self.table.points[place].ends)
        return max(26.0, wide + (18 if ends else 10)), max(22.0, 12.0 * len(lines) + (12 if ends else 8))

    def point(self, place: Place) -> None:
        """One point, in the shape of its end."""
        table, point, theme = self.table, self.table.points[place], self.theme
        look: dict[str, object] = {"shape": "ellipse", "style": "filled", "fillcolor": theme.paper}
        kind = "point"
        if point.ends:
            worst = max(point.ends, key=lambda ending: WORSE.index(ending.verdict))
            fill = worst.fill(theme) if len(point.ends) == 1 else theme.paper
            look = {**SHAPES[worst.verdict], "fillcolor": fill, **({"color": theme.wrong} if worst.is_bad else {})}
            kind = f"point {worst.verdict}"
        elif table.doomed(place):
            look, kind = {**SHAPES["bad"], "fillcolor": theme.paper, "color": theme.wrong}, "point doomed"
        first, second = table.graph.program.names
        told = [f"{ending.number}: {ending.text}" for ending in point.ends]
        tip = "; ".join([f"{first} {place[0]}, {second} {place[1]}: {counted(point.ways, 'way')} from the start", *told])
        label = "\n".join(self._labels[place])
        thick = 3 if place in table.chosen else 1
        name = f"point{place[0]}_{place[1]}"
        where, size = self._middle(place), self._size(place)
        shape(self.canvas, name, where, size, label, fontsize=9, penwidth=thick, tooltip=tip, **look, **{"class": kind})

    def axes(self) -> None:
        """The operations along both axes, between the points that they lead from and to, and whose they are."""
        table, theme = self.table, self.theme
        beginning = [(0, y) for y in range(table.size[1] + 1)]
        is_area = any(place in self.forbidden or (place in table.points and table.doomed(place)) for place in beginning)
        below = self.borders[1][1] + 8 if self.borders[1][1] > LOWEST / 2 else LOWEST / 2 + 8
        left = self.borders[0][0] - 6 if is_area else -32
        for axis, texts in enumerate(table.axes):
            for place, text in enumerate(texts):
                between = sum(self.middles[axis][place : place + 2]) / 2
                for number, said in enumerate(_wrapped(text)):
                    wide = mono_width(said, 9)
                    x, y = between, below + 12 * number
                    if axis == 1:
                        x, y = left - wide / 2, -between + 12 * number - 6
                    name = f"{'xy'[axis]}axis{place}_{number}"
                    self.canvas.box(name, (x, y), (wide, 12), said, colour="", fontsize=9)
        room = max((mono_width(line, 9) for text in table.axes[1] for line in _wrapped(text)), default=0)
        first, second = (shorten(name, 24) for name in table.graph.program.names)
        half_way = [(middles[0] + middles[-1]) / 2 for middles in self.middles]
        under = half_way[0], below + 46
        beside = left - room - sans_width(second) / 2 - 24, -half_way[1]
        for name, text, where, position in (("xname", f"{first} →", under, 0), ("yname", f"{second} ↑", beside, 1)):
            size = (sans_width(text) + 12, 20)
            self.canvas.box(name, where, size, heading(text), fill=theme.fill(position), kind="thread", tooltip=text)

    def moves(self) -> None:
        """The edges, from the outline of one point to that of the next one, and how many interleavings take them."""
        table = self.table
        steps = set(zip(table.chosen, table.chosen[1:], strict=False))
        for number, ((place, axis), many) in enumerate(sorted(table.moves.items()), start=1):
            after = (place[0] + 1, place[1]) if axis == 0 else (place[0], place[1] + 1)
            on_path = (place, after) in steps
            (x0, y0), (x1, y1) = self._middle(place), self._middle(after)
            start = self._size(place)[axis] / 2
            end = self._size(after)[axis] / 2 + (5 if self._is_double(after) else 1)
            path = [(x0 + start, y0), (x1 - end, y1)] if axis == 0 else [(x0, y0 - start), (x1, y1 + end)]
            text = table.axes[axis][place[axis]].replace("\n", ", ")
            tip = f"{table.graph.program.names[axis]}: {text}: {counted(many)}"
            thick = CHOSEN_WIDTH if on_path else 1
            kind = "step chosen" if on_path else "step"
            self.canvas.line(f"edge{number}", path, head="last", thick=thick, kind=kind, tooltip=tip)
            if len(table.points) <= NUMBERS_UP_TO:
                wide = mono_width(f"{many:,}", 9)
                x, y = (path[0][0] + path[1][0]) / 2, (path[0][1] + path[1][1]) / 2
                where = (x - 2, y - 8) if axis == 0 else (x - wide / 2 - 5, y + 1)
                self.canvas.box(f"number{number}", where, (wide, 11), f"{many:,}", colour="", fontsize=9)

    def _is_double(self, place: Place) -> bool:
        return any(ending.verdict == "deadlock" for ending in self.table.points[place].ends)


def _wrapped(text: str) -> list[str]:
    """An operation in lines that fit: ``counter.`` and ``read()`` if they do not fit in one."""
    lines = []
    for line in text.split("\n"):
        shown = shorten(line, 38)
        object, dot, method = shown.partition(".")
        lines += [object + dot, method] if columns(shown) > 18 and dot and not shown.startswith("line") else [shown]
    return [shorten(line, 19) for line in lines if line]
