"""Writing DOT: quoting, escaping, and the frame that all pictures share. Needs nothing installed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from simulator.render.palette import Theme
from simulator.render.text import printable

FONT = "DejaVu Sans,Verdana,sans-serif"
MONOSPACE = "DejaVu Sans Mono,Menlo,Consolas,monospace"
CAPTION_WIDTH, COMMAND_WIDTH = 96, 140


def quoted(text: object) -> str:
    """A quoted DOT string that shows exactly `text`; its line ends stay line ends.

    Graphviz reads backslashes in labels (``\\N`` is the name of the node), and ``&lt;`` too: both are escaped.
    """
    lines = [printable(line) for line in str(text).split("\n")]
    shown = "\n".join(lines).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
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


def digraph(name: str, lines: Iterable[str], caption: Iterable[str], theme: Theme, **values: object) -> str:
    """A whole picture: a white page, the lines in the order given, and the caption below."""
    label = "\n".join(part for line in caption for part in wrapped(line))
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


def wrapped(line: str) -> list[str]:
    """A line of a caption, in as many as it takes. Long words stay whole, and commands too: they are there to be copied."""
    room = COMMAND_WIDTH if line.startswith("python -m") else CAPTION_WIDTH
    return textwrap.wrap(printable(line), room, break_long_words=False, break_on_hyphens=False)
