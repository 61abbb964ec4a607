"""Areas that are hatched, and shapes at given places, for the pictures of many interleavings on a `Canvas`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from simulator.render.means.canvas import PIN, Canvas, Point
from simulator.render.means.dot import digraph, node

Square = tuple[int, int, int, int]
"""(left, top, right, bottom) in points, y downwards."""
MOST_TOGETHER = 100
"""So many lines are one object: Graphviz reads no string of more than 16,384 characters."""


def picture(canvas: Canvas, title: str, caption: Iterable[str]) -> str:
    """The whole as DOT, like `Canvas.picture`; but lines lie above boxes, so that areas can be drawn behind them."""
    pin = node(PIN, pos="0,0", shape="point", width=0.01, height=0.01, style="invis")
    return digraph(title, [pin, *canvas.lines], caption, canvas.theme, layout="nop2", outputorder="nodesfirst")


def shape(canvas: Canvas, name: str, place: Point, size: Point, label: str, **values: object) -> None:
    """A node of any shape, of exactly this size."""
    where = f"{place[0]:.10g},{0.0 - place[1]:.10g}"
    fixed = {"width": f"{size[0] / 72:.3f}", "height": f"{size[1] / 72:.3f}", "fixedsize": "true", "margin": 0}
    canvas.lines.append(node(name, pos=where, **fixed, label=label, id=name, **values))


def hatch(canvas: Canvas, name: str, squares: Sequence[Square], gap: int, colour: str) -> None:
    """Hatch an area that is made of squares."""
    lines = hatching(squares, gap)
    for start in range(0, len(lines), MOST_TOGETHER):
        part = lines[start : start + MOST_TOGETHER]
        canvas.line(f"{name}{start // MOST_TOGETHER + 1}", *part, colour=colour, kind="hatch")


def hatching(squares: Sequence[Square], gap: int) -> list[Sequence[Point]]:
    """Lines that rise across an area that is made of squares; those that meet are one line.

    A hatch line is where x + y is a multiple of the gap, so that neighbouring areas have no seam.
    """
    if not squares:
        return []
    lowest = min(left + top for left, top, _, _ in squares) // gap
    highest = max(right + bottom for _, _, right, bottom in squares) // gap
    lines: list[Sequence[Point]] = []
    for total in range(lowest * gap, (highest + 1) * gap, gap):
        spans = [(max(left, total - bottom), min(right, total - top)) for left, top, right, bottom in squares]
        parts = sorted((first, last) for first, last in spans if first < last)
        lines += [[(first, total - first), (last, total - last)] for first, last in _joined(parts)]
    return lines


def _joined(parts: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Intervals, in order, of which those that touch are one."""
    pending: tuple[int, int] | None = None
    for first, last in parts:
        if pending is not None and first <= pending[1]:
            pending = pending[0], max(pending[1], last)
            continue
        if pending is not None:
            yield pending
        pending = first, last
    if pending is not None:
        yield pending
