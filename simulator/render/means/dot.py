"""Writing DOT: quoting, escaping, and the frame that all pictures share. Needs nothing installed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from simulator.render.means.palette import Theme
from simulator.render.means.phrases import shorten
from simulator.texts import legible, printable

FONT = "DejaVu Sans,Verdana,sans-serif"
MONOSPACE = "DejaVu Sans Mono,Menlo,Consolas,monospace"
CAPTION_WIDTH, COMMAND_WIDTH = 96, 140
LONGEST_LINE = 2_000
"""A line of a caption that is longer, for names can be of any length, is shortened in the middle."""
MOST_BYTES, KEPT = 16_000, 1_000
"""Graphviz cannot read a string of more bytes than this: of that, so many characters are kept."""


def quoted(text: object) -> str:
    """A quoted DOT string that shows exactly `text`; its line ends stay line ends.

    Graphviz reads backslashes in labels (``\\N`` is the name of the node), and ``&lt;`` too: both are escaped. What is
    longer than Graphviz can read is shortened in the middle.
    """
    shown = legible(str(text)).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    if len(shown.encode()) > MOST_BYTES:
        return quoted(shorten(str(text), KEPT))
    return '"' + shown.replace("\n", "\\n") + '"'


def html(text: object) -> str:
    """A text inside an HTML-like label. There too Graphviz reads ``\\N`` as the name of the node."""
    shown = printable(str(text)).replace("\\", "\\\\")
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        shown = shown.replace(character, entity)
    return shown


class Markup(str):
    """An HTML-like label, ready: it is not quoted again."""

    __slots__ = ()


def attributes(values: Mapping[str, object]) -> str:
    """``[a="b", c=<…>]`` in the order given; None is left out."""
    shown = [
        f"{name}=<{value}>" if isinstance(value, Markup) else f"{name}={quoted(value)}"
        for name, value in values.items()
        if value is not None
    ]
    return f" [{', '.join(shown)}]" if shown else ""


def node(name: str, **values: object) -> str:
    """The line for one node. Names are ours (``thread1``), never the user's, so that they need no care."""
    return f"  {name}{attributes(values)};"


def edge(first: str, last: str, **values: object) -> str:
    """The line for one edge."""
    return f"  {first} -> {last}{attributes(values)};"


def digraph(
    name: str, lines: Iterable[str], caption: Iterable[str], theme: Theme, room: int = CAPTION_WIDTH, **values: object
) -> str:
    """A whole picture: a white page, the lines in the order given, and the caption below, in so many characters."""
    label = "\n".join(part for line in caption for part in wrapped(line, room))
    page = {
        "bgcolor": theme.paper,
        "fontname": FONT,
        "fontsize": 10,
        "fontcolor": theme.ink,
        "label": f"\n{label}" if label else None,
        "labelloc": "b" if label else None,
        "pad": 0.2,
        **values,
    }
    common = {"fontname": FONT, "fontcolor": theme.ink, "color": theme.ink}
    head = [
        f"digraph {quoted(name)} {{",
        f"  graph{attributes(page)};",
        f"  node{attributes({**common, 'fontsize': 12})};",
        f"  edge{attributes({**common, 'fontsize': 10})};",
    ]
    return "\n".join([*head, *lines, "}"]) + "\n"


def wrapped(line: str, room: int = CAPTION_WIDTH) -> list[str]:
    """A line of a caption, in as many as it takes, and these about equally long: no word is left alone in the last one.

    Long words stay whole, and commands too: they are there to be copied. Only words that are longer than any page is wide
    are broken.
    """
    is_command = line.startswith("python -m")
    room = COMMAND_WIDTH if is_command else room
    line = shorten(line, LONGEST_LINE)
    endless = any(len(word) > 2 * COMMAND_WIDTH for word in line.split())
    found = textwrap.wrap(line, room, break_long_words=endless, break_on_hyphens=False)
    while len(found) > 1 and not is_command:
        room = max(map(len, found)) - 1
        narrower = textwrap.wrap(line, room, break_long_words=endless, break_on_hyphens=False)
        if len(narrower) > len(found) or max(map(len, narrower)) > room:
            break
        found = narrower
    return found
