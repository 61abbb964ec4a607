"""Where everything in a timeline stands: the lanes side by side, the steps one below the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

from simulator.render.lanes.contents import Cell, Lanes, Row
from simulator.render.means.canvas import mono_width, sans_width
from simulator.render.means.phrases import shorten

LANE_GAP, GROUP_GAP, ROW, TALL_ROW, HEAD, NUMBERS = 22.0, 40.0, 30.0, 42.0, 34.0, 40.0
"""In points. The heights of rows are multiples of what lies between two lines of a hatching."""
LONGEST_NAME = 24
LONG = 20
"""Above so many rows the names of the lanes stand below them, too."""
PLACE_SIZE = 9
"""Of the font for the lines of the source."""


@dataclass(slots=True)
class Column:
    """A lane: its middle and its width."""

    middle: float
    width: float

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def right(self) -> float:
        return self.middle + self.width / 2


class Layout:
    """The lanes of one execution, laid out: thread lanes to the left, object lanes to the right, time runs down.

    ``left`` and ``top`` are where it begins, so that two can stand side by side; lanes are then as wide as those of the
    same name in the tables ``beside``, and the rows at the places ``tall`` are high in any case. ``in_full`` says whether
    the source of each step stands at the right edge, or only the number of its line.
    """

    def __init__(
        self,
        table: Lanes,
        *,
        left: float = 0,
        top: float = 0,
        in_full: bool = True,
        tall: Collection[int] = (),
        beside: Sequence[Lanes] = (),
    ) -> None:
        self.table, self.top, self.tall, self.in_full = table, top, tall, in_full
        x = left + NUMBERS
        self.left, self.number_at = left, left + NUMBERS / 2 - 4
        self.threads: list[Column] = []
        tables = (table, *beside)
        for name in table.threads:
            wide = max(_thread_width(each, name) for each in tables if name in each.threads)
            self.threads.append(Column(x + wide / 2, wide))
            x += wide + LANE_GAP
        x += GROUP_GAP - LANE_GAP
        self.objects: list[Column] = []
        for name in table.objects:
            wide = max(_object_width(each, each.objects.index(name)) for each in tables if name in each.objects)
            self.objects.append(Column(x + wide / 2, wide))
            x += wide + LANE_GAP
        self.right = x - LANE_GAP
        self.places_at = x
        widest = max((mono_width(self.place(row), PLACE_SIZE) for row in table.rows), default=0)
        self.right = x + widest if widest else self.right
        heights = [HEAD, ROW if table.objects or table.new else 6, *map(self._height, range(len(table.rows)))]
        heights += [TALL_ROW] if self._has_end() else [8]
        edges = list(accumulate(heights, initial=top))
        self.start_at = (edges[1] + edges[2]) / 2
        self.tops, self.bottoms = edges[2 : 2 + len(table.rows)], edges[3 : 3 + len(table.rows)]
        self.end_top, self.bottom = edges[-2], edges[-1]
        self.has_feet = len(table.rows) > LONG

    def place(self, row: Row) -> str:
        """What stands at the right edge beside a step."""
        return row.source if self.in_full else row.line

    def kind(self, position: int) -> str:
        """The class of the object at a position."""
        return kind_of(self.table, position)

    def _height(self, index: int) -> float:
        return TALL_ROW if index in self.tall or is_tall(self.table.rows[index]) else ROW

    def _has_end(self) -> bool:
        never_started = self.table.rows[-1].new if self.table.rows else self.table.new
        return bool(self.table.blocked_at_end or never_started)

    def begun(self, name: str) -> float:
        """Where the step stands that starts a thread; the bottom, if there is none."""
        rows = zip(self.table.rows, self.tops, self.bottoms, strict=True)
        return next(((top + bottom) / 2 for row, top, bottom in rows if name not in row.new), self.bottom)

    def unblocked(self, name: str, begin: float, end: float) -> list[tuple[float, float]]:
        """The parts of a life line that no hatched bar hides."""
        parts, at = [], begin
        for row, top, bottom in zip(self.table.rows, self.tops, self.bottoms, strict=True):
            if name in row.blocked and name != row.thread:
                parts += [(at, top)] if top > at else []
                at = bottom
        if name in self.table.blocked_at_end:
            end = self.end_top
        return [*parts, (at, end)] if end > at else parts

    def is_barred(self, index: int, name: str) -> bool:
        """Whether a thread waits in a row; the row after the last one is the end."""
        if not 0 <= index < len(self.table.rows):
            return index == len(self.table.rows) and name in self.table.blocked_at_end
        row = self.table.rows[index]
        return name in row.blocked and name != row.thread

    def box_left(self, position: int, cell: Cell) -> float:
        """Where the box of a value begins, in the lane of the object at a position."""
        return self.objects[position].middle - (mono_width(cell.text) + 12) / 2


def kind_of(table: Lanes, position: int) -> str:
    """The class of the object at a position; nothing if it is not known."""
    return table.kinds[position] if position < len(table.kinds) else ""


def _thread_width(table: Lanes, name: str) -> float:
    texts = [row.text for row in table.rows if row.thread == name]
    texts += [stale_text(row) for row in table.rows if row.thread == name and row.stale]
    texts += [f"✗ {row.error}" for row in table.rows if row.thread == name and row.error]
    texts += [f"waits for {row.blocked[name]}" for row in table.rows if name in row.blocked]
    texts += [table.blocked_at_end[name], "waits for ever:"] if name in table.blocked_at_end else []
    texts += ["never started"] if name in table.new else []
    widest = max((mono_width(text) for text in texts), default=0)
    return max(widest, sans_width(shorten(name, LONGEST_NAME), 13)) + 14


def _object_width(table: Lanes, position: int) -> float:
    name = shorten(table.objects[position], LONGEST_NAME)
    texts = [table.start[position], *(row.cells[position].text for row in table.rows)]
    return max(max(map(mono_width, texts)), sans_width(name), mono_width(kind_of(table, position), 9)) + 14


def is_tall(row: Row) -> bool:
    """Whether there is a second line in the box of the step."""
    return bool(row.stale or row.error)


def stale_text(row: Row) -> str:
    """What stands below a write after a stale read."""
    return f"stale: read at step {row.stale}"
