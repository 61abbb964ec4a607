"""A canvas for pictures of executions: lanes with boxes, arrows and hatched bars, each thing at a given place.

``layout=nop2`` makes Graphviz take every place as it is given, those of edges too, with the program and in process alike. So
a picture has the same geometry whatever is hidden in it, and slides that build it up do not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from simulator.render.means.dot import CAPTION_WIDTH, COMMAND_WIDTH, MONOSPACE, Markup, digraph, edge, html, node
from simulator.render.means.palette import Theme
from simulator.render.means.phrases import width
from simulator.texts import printable

Point = tuple[float, float]
CHARACTER = 0.602
"""How wide a character of the monospaced font is, for each point of its size."""
LETTER = 0.66
"""The same for an average letter of the other font; bold ones included."""
CAPITAL, WIDER = 0.12, {"m": 0.39, "w": 0.27, "M": 0.34, "W": 0.45, "@": 0.35, "%": 0.35, "—": 0.35}
"""How much wider than that other letters are."""
CAPTION_CHARACTER = 6.0
"""How wide an average letter of a caption is, in points."""
HATCH = 6.0
"""Between two lines of a hatching. Parts of a bar must be as high as a multiple of it, or there is a seam."""
HIDDEN = "#FFFFFF00"
HIDDEN_TEXT = "#FFFFFE00"
"""A colour of its own, since SVG text loses its transparency on the way: `engine.accessible` gives it back."""
PIN = "pin"
"""The node at which all lines begin and end, as far as Graphviz knows."""
HEADS = {"": "none", "last": "forward", "first": "back", "both": "both"}


@dataclass(slots=True)
class Canvas:
    """What has been drawn so far. Places are in points, x to the right and y downwards, and name the middle of a box.

    ``step`` is the step that the next things belong to (0: none); they get the class ``step`` and ``stepN``. If ``shown`` is
    given, what belongs to later steps is transparent, and what belongs to that one has thick lines.
    """

    theme: Theme
    shown: int | None = None
    step: int = 0
    lines: list[str] = field(default_factory=list)
    right: float = 0
    """Where the rightmost box ends."""

    def picture(self, title: str, caption: Iterable[str]) -> str:
        """The whole as DOT. The caption is as wide as the picture, within reason."""
        room = min(max(int(self.right / CAPTION_CHARACTER), CAPTION_WIDTH), COMMAND_WIDTH)
        pin = node(PIN, pos="0,0", shape="point", width=0.01, height=0.01, style="invis")
        page = {"layout": "nop2", "outputorder": "edgesfirst"}
        return digraph(title, [pin, *self.lines], caption, self.theme, room, **page)

    def box(
        self,
        name: str,
        place: Point,
        size: tuple[float, float],
        label: str | Markup,
        *,
        fill: str | None = None,
        colour: str | None = None,
        thick: float = 1,
        style: str = "",
        kind: str = "",
        ink: str | None = None,
        fontsize: float = 10,
        tooltip: str = "",
    ) -> None:
        """A box with a text; ``fill`` None is see-through, ``colour`` "" is no outline. ``name`` must be new."""
        self.right = max(self.right, place[0] + size[0] / 2)
        hidden = self._hidden()
        outline = self.theme.ink if colour is None else colour
        if self._is_current() and outline and kind:
            thick = max(thick, 3)
        styles = [*(["filled"] if fill else []), *([style] if style else [])]
        self.lines.append(
            node(
                name,
                pos=_at(place),
                width=_inches(size[0]),
                height=_inches(size[1]),
                shape="box" if outline else "plaintext",
                style=",".join(styles) or None,
                fillcolor=(HIDDEN if hidden else fill) if fill else None,
                color=(HIDDEN if hidden else outline) if outline else None,
                fontcolor=HIDDEN_TEXT if hidden else ink or self.theme.ink,
                penwidth=thick if outline and thick != 1 else None,
                fontname=MONOSPACE,
                fontsize=fontsize,
                margin="0,0",
                label=label,
                id=name,
                tooltip=tooltip or None,
                **{"class": self._classes(kind)},
            )
        )

    def text(self, name: str, place: Point, text: str, fontsize: float, wide: float, ink: str | None = None) -> None:
        """A text in one line that begins at a place."""
        cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{wide:.0f}" HEIGHT="14" ALIGN="LEFT">{html(text)}</TD>'
        label = Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cell}</TR></TABLE>')
        middle = (place[0] + wide / 2, place[1])
        self.box(name, middle, (wide, 14), label, colour="", ink=ink or self.theme.muted, fontsize=fontsize)

    def line(
        self,
        name: str,
        *paths: Sequence[Point],
        colour: str | None = None,
        thick: float = 1,
        style: str | None = None,
        head: str = "",
        kind: str = "",
        tooltip: str = "",
    ) -> None:
        """Straight lines through the points of each path. ``head`` "last", "first" or "both" puts an arrow head there."""
        self.lines.append(
            edge(
                PIN,
                PIN,
                pos=";".join(_spline(path, head) for path in paths),
                dir=HEADS[head],
                color=HIDDEN if self._hidden() else colour or self.theme.ink,
                penwidth=thick if thick != 1 else None,
                style=style,
                arrowsize=0.8 if head else None,
                id=name,
                tooltip=tooltip or None,
                **{"class": self._classes(kind)},
            )
        )

    def hatch(self, name: str, left: float, right: float, top: float, bottom: float, goes_on: tuple[bool, bool]) -> None:
        """A part of a hatched bar; ``goes_on`` says whether another part is above, and below, so that there is no seam."""
        above, below = goes_on
        paths: list[Sequence[Point]] = [[(left, top), (left, bottom)], [(right, top), (right, bottom)]]
        start = top + HATCH
        while start <= bottom or (start < bottom + right - left and not below):  # where it meets the left side
            cut = max(0.0, start - bottom)
            rise = right - left if above else min(right - left, start - top)
            if rise > cut:
                paths.append([(left + cut, start - cut), (left + rise, start - rise)])
            start += HATCH
        self.line(name, *paths, kind="wait")

    def _hidden(self) -> bool:
        return self.shown is not None and self.step > self.shown

    def _is_current(self) -> bool:
        return self.step > 0 and self.step == self.shown

    def _classes(self, kind: str) -> str | None:
        classes = [*([kind] if kind else []), *([f"step step{self.step}"] if self.step else [])]
        return " ".join(classes) or None


def mono_width(text: str, size: float = 10) -> float:
    """How wide a text is in the monospaced font, in points."""
    return width(printable(text)) * CHARACTER * size


def sans_width(text: str, size: float = 12) -> float:
    """How wide a text is at most, likely, in the other font."""
    wider = sum(WIDER.get(character, CAPITAL if character.isupper() else 0.0) for character in text)
    return (width(printable(text)) * LETTER + wider) * size


def heading(text: str, size: float = 12, below: str = "") -> Markup:
    """A bold text, with a small line below it if there is one."""
    small = f'<BR/><FONT POINT-SIZE="9">{html(below)}</FONT>' if below else ""
    return Markup(f'<FONT FACE="DejaVu Sans,Verdana,sans-serif" POINT-SIZE="{size:g}"><B>{html(text)}</B></FONT>{small}')


def _spline(path: Sequence[Point], head: str) -> str:
    """A path as the cubic curves of Graphviz; where there is an arrow head, it ends a little before the tip."""
    points = [*path]
    ends = ""
    if head in ("first", "both"):
        ends += f"s,{_at(path[0])} "
        points[0] = _shortened(path[1], path[0])
    if head in ("last", "both"):
        ends += f"e,{_at(path[-1])} "
        points[-1] = _shortened(path[-2], path[-1])
    curve = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        curve += [(x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3), (x0 + 2 * (x1 - x0) / 3, y0 + 2 * (y1 - y0) / 3), (x1, y1)]
    return ends + " ".join(map(_at, curve))


def _shortened(start: Point, tip: Point, head: float = 8) -> Point:
    """Where a line ends whose arrow head is so long."""
    across, down = tip[0] - start[0], tip[1] - start[1]
    length = max((across**2 + down**2) ** 0.5, 0.01)
    part = max(0.0, 1 - head / length)
    return start[0] + across * part, start[1] + down * part


def _at(place: Point) -> str:
    """Graphviz counts y upwards. (Rounded before the sign is turned, so that there is no minus zero.)"""
    return f"{round(place[0], 2):.10g},{0.0 - round(place[1], 2):.10g}"


def _inches(points: float) -> str:
    return f"{points / 72:.3f}"
