"""The lanes of one execution, drawn on a canvas: heads, life lines, then step by step."""

from __future__ import annotations

from simulator.render.lanes.contents import Cell, Row
from simulator.render.lanes.layout import (
    HEAD,
    LONGEST_NAME,
    NUMBERS,
    PLACE_SIZE,
    ROW,
    TALL_ROW,
    Column,
    Layout,
    is_tall,
    stale_text,
)
from simulator.render.means.canvas import Canvas, heading, mono_width
from simulator.render.means.dot import Markup, html
from simulator.render.means.palette import pattern
from simulator.render.means.phrases import shorten

BOX, BAR, FOOT = 20.0, 14.0, 22.0
"""How high the box of a step is, how wide the bar of a thread that waits, and how high a name at the bottom."""
ARROWS = {"read": "first", "write": "last", "both": "both"}
"""Where the arrow from a step to an object has its head."""


class Ladder:
    """Draws what a `Layout` has laid out. ``name`` is what all names begin with; the first ``faded`` rows are grey."""

    def __init__(self, layout: Layout, canvas: Canvas, name: str = "", faded: int = 0) -> None:
        self.layout, self.canvas, self.theme = layout, canvas, canvas.theme
        self.table, self.name, self.faded = layout.table, name, faded

    def draw(self) -> None:
        """Heads, life lines, then step by step."""
        self._lifelines()
        self._heads()
        if self.layout.has_feet:
            self._feet()
        self._start()
        before: dict[str, str] = {}
        for position, row in enumerate(self.table.rows):
            self.canvas.step = row.number
            self._row(position, row)
            self._waits(position, row, before)
            before = {name: wanted for name, wanted in row.blocked.items() if name != row.thread}
        self.canvas.step = self.table.rows[-1].number if self.table.rows else 0
        self._end()
        self.canvas.step = 0

    def _heads(self) -> None:
        middle = self.layout.top + HEAD / 2
        for position, (name, column) in enumerate(zip(self.table.threads, self.layout.threads, strict=True)):
            self.canvas.box(
                f"{self.name}thread{position + 1}",
                (column.middle, middle),
                (column.width, 26),
                _named(name, 13),
                fill=self.theme.fill(position),
                style="rounded",
                kind="thread",
                tooltip=f"thread {name}",
            )
        for position, (name, column) in enumerate(zip(self.table.objects, self.layout.objects, strict=True)):
            self.canvas.box(
                f"{self.name}object{position + 1}",
                (column.middle, middle),
                (column.width, 28),
                _named(name, 12, self.layout.kind(position)),
                fill=self.theme.paper,
                kind="object",
                tooltip=f"{self.layout.kind(position)} {name}",
            )

    def _feet(self) -> None:
        """The names once more, where the heads are far away."""
        middle = self.layout.bottom + FOOT / 2 + 2
        for position, (name, column) in enumerate(zip(self.table.threads, self.layout.threads, strict=True)):
            which, fill, label = f"{self.name}foot{position + 1}", self.theme.fill(position), _named(name, 13)
            self.canvas.box(which, (column.middle, middle), (column.width, FOOT), label, fill=fill, style="rounded")
        for position, (name, column) in enumerate(zip(self.table.objects, self.layout.objects, strict=True)):
            which, fill, label = f"{self.name}base{position + 1}", self.theme.paper, _named(name, 12)
            self.canvas.box(which, (column.middle, middle), (column.width, FOOT), label, fill=fill)

    def _lifelines(self) -> None:
        """A thread's line is its own, from the step that starts it to its last one; an object's is grey."""
        top = self.layout.top + HEAD - 4
        rows = zip(self.table.rows, self.layout.tops, self.layout.bottoms, strict=True)
        last = {row.thread: (above + below) / 2 for row, above, below in rows}
        for position, (name, column) in enumerate(zip(self.table.threads, self.layout.threads, strict=True)):
            begin = self.layout.begun(name) if name in self.table.new else top
            end = last.get(name, begin) if name in self.table.ended else self.layout.bottom
            if end <= begin:
                continue
            own, colour = pattern(position), self.theme.lines[position % len(self.theme.lines)]
            stroke = f"{colour}:{self.theme.paper}:{colour}" if own.double else colour
            thick = 1.0 if own.double else 2.0
            paths = [[(column.middle, y) for y in part] for part in self.layout.unblocked(name, begin, end)]
            if not paths:
                continue
            self.canvas.line(
                f"{self.name}life{position + 1}", *paths, colour=stroke, thick=thick, style=own.style, kind="life"
            )
        for position, column in enumerate(self.layout.objects):
            path = [(column.middle, top), (column.middle, self.layout.bottom)]
            self.canvas.line(f"{self.name}line{position + 1}", path, colour=self.theme.waiting, thick=1.5, kind="line")

    def _start(self) -> None:
        if self.table.objects:
            self.canvas.box(
                f"{self.name}number0",
                (self.layout.number_at, self.layout.start_at),
                (NUMBERS - 4, 14),
                "start",
                colour="",
                ink=self.theme.muted,
            )
        for position, name in enumerate(self.table.threads):
            if name in self.table.new:
                self._remark(
                    f"{self.name}new{position + 1}", self.layout.threads[position], self.layout.start_at, "not started"
                )
        for position, value in enumerate(self.table.start):
            self._value(f"{self.name}start{position + 1}", position, self.layout.start_at, Cell(value))

    def _remark(self, name: str, column: Column, y: float, text: str) -> None:
        label = Markup(f"<I>{html(text)}</I>")
        size = (mono_width(text) + 4, 14)
        self.canvas.box(name, (column.middle, y), size, label, colour="", fill=self.theme.paper, ink=self.theme.muted)

    def _row(self, index: int, row: Row) -> None:
        y = (self.layout.tops[index] + self.layout.bottoms[index]) / 2
        self.canvas.box(
            f"{self.name}number{row.number}",
            (self.layout.number_at, y),
            (NUMBERS - 8, 14),
            row.numbers,
            colour="",
            ink=self.theme.muted,
        )
        if row.thread in self.table.threads:
            self._step(index, row, y)
        for position, cell in enumerate(row.cells):
            self._value(f"{self.name}value{row.number}_{position + 1}", position, y, cell, index < self.faded)
        place = self.layout.place(row)
        if place:
            left, room = self.layout.places_at, self.layout.right - self.layout.places_at
            self.canvas.text(f"{self.name}place{row.number}", (left, y), place, PLACE_SIZE, room)

    def _step(self, index: int, row: Row, y: float) -> None:
        thread = self.table.threads.index(row.thread)
        column = self.layout.threads[thread]
        marked, faded = is_tall(row), index < self.faded
        below = stale_text(row) if row.stale else f"✗ {row.error}" if row.error else ""
        label = f"<BR/><B>{html(below)}</B>" if below else ""
        self.canvas.box(
            f"{self.name}step{row.number}",
            (column.middle, y),
            (column.width - 2, BOX + (TALL_ROW - ROW if is_tall(row) else 0)),
            Markup(html(row.text) + label),
            fill=self.theme.paper if faded else self.theme.fill(thread),
            ink=self.theme.muted if faded else None,
            colour=self.theme.wrong if marked else self.theme.muted if faded else None,
            thick=3 if marked else 1,
            style="dotted" if faded else "dashed" if row.last and row.text.startswith("…") else "",
            kind="event",
            tooltip=f"{row.numbers} {row.thread}: {row.text}" + (f" ({row.place})" if row.place else ""),
        )
        for position, cell in enumerate(row.cells):
            if cell.arrow:
                head = ARROWS[cell.arrow]
                path = [(column.right - 1, y), (self.layout.box_left(position, cell), y)]
                own = pattern(thread)
                self.canvas.line(
                    f"{self.name}arrow{row.number}_{position + 1}",
                    path,
                    head=head,
                    thick=1.5,
                    style="solid" if own.double else own.style,
                    kind=cell.arrow,
                    colour=self.theme.wrong if row.stale and cell.arrow != "read" else self.theme.muted if faded else None,
                )

    def _value(self, name: str, position: int, y: float, cell: Cell, faded: bool = False) -> None:
        column = self.layout.objects[position]
        size = (mono_width(cell.text) + 12, BOX - 2)
        if not cell.arrow and not cell.changed:
            small = (mono_width(cell.text) + 4, 14)
            self.canvas.box(
                name, (column.middle, y), small, cell.text, colour="", fill=self.theme.paper, ink=self.theme.muted
            )
            return
        label = Markup(f"<B>{html(cell.text)}</B>") if cell.changed else cell.text
        fill = self.theme.changed if cell.changed and not faded else self.theme.paper
        grey = self.theme.muted if faded else None
        kind = "value changed" if cell.changed else "value"
        thick = 2.5 if cell.changed and self.theme.changed == self.theme.paper else 1  # for want of a colour
        self.canvas.box(name, (column.middle, y), size, label, fill=fill, kind=kind, ink=grey, colour=grey, thick=thick)

    def _waits(self, index: int, row: Row, before: dict[str, str]) -> None:
        for position, name in enumerate(self.table.threads):
            if not self.layout.is_barred(index, name):
                continue
            column = self.layout.threads[position]
            self._bar(f"{self.name}wait{row.number}_{position + 1}", column, name, index)
            if before.get(name) == row.blocked[name]:
                continue
            text = f"waits for {row.blocked[name]}"
            place = (column.middle, (self.layout.tops[index] + self.layout.bottoms[index]) / 2)
            size = (mono_width(text) + 8, 16)
            label = Markup(f"<I>{html(text)}</I>")
            which = f"{self.name}waits{row.number}_{position + 1}"
            self.canvas.box(which, place, size, label, fill=self.theme.waiting, kind="wait")

    def _bar(self, which: str, column: Column, name: str, index: int) -> None:
        at_end = index == len(self.table.rows)
        top, bottom = (
            (self.layout.end_top, self.layout.bottom) if at_end else (self.layout.tops[index], self.layout.bottoms[index])
        )
        goes_on = (self.layout.is_barred(index - 1, name), self.layout.is_barred(index + 1, name))
        self.canvas.hatch(which, column.middle - BAR / 2, column.middle + BAR / 2, top, bottom, goes_on)

    def _end(self) -> None:
        """Who waits for ever, and who was never started."""
        never_started = self.table.rows[-1].new if self.table.rows else self.table.new
        y = (self.layout.end_top + self.layout.bottom) / 2
        for position, name in enumerate(self.table.threads):
            column = self.layout.threads[position]
            if name in never_started:
                self._remark(f"{self.name}end{position + 1}", column, y, "never started")
            elif name in self.table.blocked_at_end:
                self._bar(f"{self.name}last{position + 1}", column, name, len(self.table.rows))
                text = self.table.blocked_at_end[name]
                label = Markup(f"<I>waits for ever:</I><BR/>{html(text)}")
                size = (max(mono_width(text), mono_width("waits for ever:")) + 10, 30)
                self.canvas.box(
                    f"{self.name}end{position + 1}",
                    (column.middle, y),
                    size,
                    label,
                    fill=self.theme.waiting,
                    colour=self.theme.wrong,
                    thick=2,
                    kind="wait",
                )


def _named(name: str, size: float, below: str = "") -> Markup:
    return heading(shorten(name, LONGEST_NAME), size, below)
