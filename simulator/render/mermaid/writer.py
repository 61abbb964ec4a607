"""Writing Mermaid: escaping, the frame of a flowchart, and the size above which Mermaid itself gives up.

Names in the text are ours (``n1``), never the user's, so that no keyword of Mermaid (``end``, ``style``) can be met by
accident. What the user called things stands in labels only, where all that Mermaid or HTML could read is a character code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from simulator.errors import TooLarge
from simulator.render.means.palette import Theme
from simulator.texts import printable

MOST_EDGES, MOST_BYTES = 400, 40_000
"""Mermaid refuses 500 edges and 50,000 characters."""
LONGEST_DESCRIPTION = 600
PLAIN = frozenset(" _.,()=/[]'!?")
"""The punctuation that means nothing to Mermaid inside of a label."""
SHAPES = {
    "box": ("[", "]"),
    "rounded": ("(", ")"),
    "stadium": ("([", "])"),
    "circle": ("((", "))"),
    "bad": ("{{", "}}"),
    "deadlock": ("[[", "]]"),
    "note": (">", "]"),
}
LINES = {"solid": "-->", "dashed": "-.->", "thick": "==>", "both": "<-->"}


@dataclass(frozen=True, slots=True)
class Box:
    """A node: what stands in it, line by line; its shape; its fill, if it is not the paper's."""

    lines: Sequence[str]
    shape: str = "box"
    fill: str = ""
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between two boxes, by their places in the flowchart."""

    first: int
    last: int
    lines: Sequence[str] = ()
    style: str = "solid"
    wrong: bool = False


@dataclass(slots=True)
class Flow:
    """A flowchart: ``direction`` is "LR" (left to right) or "TB" (down)."""

    title: str
    description: Sequence[str]
    direction: str = "LR"
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)

    def add(self, box: Box) -> int:
        """Add a box and answer its place."""
        self.boxes.append(box)
        return len(self.boxes) - 1


def flowchart(flow: Flow, theme: Theme) -> str:
    """The flowchart as Mermaid. Raises `TooLarge` above 400 edges or 40,000 characters."""
    lines = [*head(f"flowchart {flow.direction}", flow.title, flow.description, theme)]
    for place, box in enumerate(flow.boxes):
        begin, end = SHAPES[box.shape]
        lines.append(f'  n{place}{begin}"{label(box.lines)}"{end}')
    for arrow in flow.arrows:
        said = f'|"{label(arrow.lines)}"|' if any(arrow.lines) else ""
        lines.append(f"  n{arrow.first} {LINES[arrow.style]}{said} n{arrow.last}")
    lines += _looks(flow, theme)
    marked = [str(place) for place, arrow in enumerate(flow.arrows) if arrow.wrong]
    if marked:
        lines.append(f"  linkStyle {','.join(marked)} stroke:{theme.wrong},stroke-width:3px")
    return checked("\n".join(lines) + "\n", flow.title, len(flow.arrows))


def _looks(flow: Flow, theme: Theme) -> Iterator[str]:
    """The fills and outlines: a class for all boxes that look alike."""
    alike: dict[str, list[str]] = {}
    for place, box in enumerate(flow.boxes):
        stroke = f"stroke:{theme.wrong},stroke-width:3px" if box.wrong else f"stroke:{theme.ink}"
        look = f"fill:{box.fill or theme.paper},{stroke},color:{theme.ink}"
        alike.setdefault(look, []).append(f"n{place}")
    for number, (look, places) in enumerate(alike.items()):
        yield f"  classDef look{number} {look}"
        yield f"  class {','.join(places)} look{number}"


def head(kind: str, title: str, description: Iterable[str], theme: Theme) -> list[str]:
    """The first lines: the theme, what kind of diagram it is, and what a screen reader says of it."""
    said = " ".join(" ".join(description).split())
    if len(said) > LONGEST_DESCRIPTION:
        said = f"{said[: LONGEST_DESCRIPTION - 1]}…"
    described = [f"  accDescr: {escaped(said)}"] if said else []
    return [_colours(theme), kind, f"  accTitle: {escaped(title)}", *described]


def _colours(theme: Theme) -> str:
    """Mermaid's theme for themes of others, with the colours of ours."""
    ink = ("primaryTextColor", "lineColor", "textColor", "noteTextColor", "signalColor", "signalTextColor")
    colours = {
        "background": theme.paper,
        "primaryColor": theme.paper,
        "primaryBorderColor": theme.ink,
        "noteBkgColor": theme.waiting,
        "noteBorderColor": theme.muted,
        "actorLineColor": theme.muted,
        "edgeLabelBackground": theme.paper,
        **dict.fromkeys(ink, theme.ink),
    }
    return f"%%{{init: {json.dumps({'theme': 'base', 'themeVariables': colours})}}}%%"


def checked(text: str, title: str, edges: int) -> str:
    """The text, unless Mermaid would fail with it."""
    if edges > MOST_EDGES or len(text.encode(errors="replace")) > MOST_BYTES:
        raise TooLarge(
            f"as Mermaid the {title.lower()} would have {edges:,} arrows and {len(text):,} characters, and Mermaid fails\n"
            f"above {MOST_EDGES} or {MOST_BYTES:,}.\n"
            "Save it as .svg or .pdf, which have limits of their own; as .txt or .json; or draw a smaller part of it."
        )
    return text


def label(lines: Iterable[str]) -> str:
    """A label of several lines."""
    return "<br/>".join(escaped(line) for line in lines if line) or " "


def escaped(text: str) -> str:
    """A text that shows as it is, and means nothing to Mermaid, Markdown or HTML.

    >>> escaped('a "b" <c>; end')
    'a #34;b#34; #60;c#62;#59; end'
    """
    shown = printable(text)
    first = shown[:1]
    safe = "".join(character if _is_plain(character) else f"#{ord(character)};" for character in shown)
    return f"#{ord(first)};{safe[1:]}" if first.isdigit() and first.isascii() and shown[1:2] in (".", ")") else safe


def _is_plain(character: str) -> bool:
    return not character.isascii() or character.isalnum() or character in PLAIN
