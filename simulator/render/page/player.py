"""The HTML player: one page that works from a file, without any network, and shows an execution step by step.

Its second mode makes the reader the scheduler, who picks who goes next in a small program. A quiz hides the values.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from simulator.execution import Execution
from simulator.render.means.palette import DARK, LIGHT, PRINT, Theme, theme_named
from simulator.texts import printable

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

SCRIPTS = ("core", "story", "waits", "panels", "lanes", "player", "scheduler", "start")
"""The parts of the script, in the order in which they are needed."""
FRAME_HEIGHT = 640


def player(
    execution: Execution | None,
    graph: StateGraph | None = None,
    *,
    quiz: bool = False,
    title: str | None = None,
    theme: str | Theme | None = None,
) -> str:
    """Make the page for an execution, for a state graph (the reader is the scheduler), or for both, with a switch.

    ``quiz`` hides the values until they are asked for; the reader can switch that. ``title`` is the headline, by default
    the file of the program. ``theme`` is "light", "dark" or "print"; if none is named, the page is light or dark as the
    system of its reader is. On paper it is always black and white. The step is kept in the fragment of the address
    (``#step=3``, ``#schedule=A+B``).

    The page is HTML with everything in it, and may not load anything else. Raises `TooLarge` above 300 steps or 1,000
    states, `UnknownTheme`, ValueError if there is nothing to show or if the two are of different programs.
    """
    from simulator.render.page.data import page_data, page_title  # which needs networkx: only when a page is made

    colours = None if theme is None else theme_named(theme)
    data = page_data(execution, graph, quiz, colours)
    headline = printable(page_title(execution, graph) if title is None else title)
    style, script = _style(colours), _script()
    policy = [
        "default-src 'none'",
        f"script-src '{_hash(script)}'",
        f"style-src '{_hash(style)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    parts = {
        "POLICY": "; ".join(policy),
        "SCHEME": _scheme(colours),
        "TITLE": html.escape(headline),
        "STYLE": style,
        "DATA": embedded(data),
        "SCRIPT": script,
    }
    return re.sub("%%([A-Z]+)%%", lambda match: parts[match[1]], _asset("player.html"))


class Frame(str):
    """HTML that a notebook shows as a page, and not as a text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<a page of {len(self):,} characters; a notebook shows it>"

    def _repr_html_(self) -> str:
        return str(self)


def player_frame(page: str, height: int = FRAME_HEIGHT) -> Frame:
    """Put a page into a frame of its own, for a notebook: it can run its script there, and reach nothing outside.

    ``height`` is in pixels.
    """
    style = f"width:100%;height:{int(height)}px;border:1px solid #6b6b6b"
    return Frame(f'<iframe sandbox="allow-scripts" title="Player" style="{style}" srcdoc="{html.escape(page)}"></iframe>')


def embedded(data: dict[str, Any]) -> str:
    """JSON that can stand inside of a page: nothing in it can end the element that it stands in, or begin another.

    >>> embedded({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _asset(name: str) -> str:
    return (resources.files("simulator.render.page") / "assets" / name).read_text(encoding="utf-8")


@cache
def _style(theme: Theme | None) -> str:
    """The colours of the palette, so that a thread has its fill here as in every picture, and then the style itself.

    Without a theme the reader's system says whether it is light or dark. On paper it is black and white in any case.
    """
    screen = [_colours(theme or LIGHT)]
    if theme is None:
        screen.append(f"@media (prefers-color-scheme: dark) {{ {_colours(DARK)} }}")
    return "\n".join(["", *screen, f"@media print {{ {_colours(PRINT)} }}", _asset("player.css")])


def _scheme(theme: Theme | None) -> str:
    """In which colours a browser draws what is its own: the boxes to tick, the slider, the bars for scrolling."""
    if theme is None:
        return "light dark"
    return "dark" if _brightness(theme.paper) < _brightness(theme.ink) else "light"


def _colours(theme: Theme) -> str:
    roles = {
        "ink": theme.ink,
        "paper": theme.paper,
        "muted": theme.muted,
        "wait": theme.waiting,
        "wrong": theme.wrong,
        "changed": theme.changed,
        "mark": theme.lines[0],
        "line": _between(theme.paper, theme.ink, 0.3),
        "soft": _between(theme.paper, theme.ink, 0.06),
        "edge": "2px" if _is_grey(theme.changed) else "0px",  # what no colour can say is said by a frame
        **{f"fill{number}": fill for number, fill in enumerate(theme.fills)},
    }
    said = " ".join(f"--{name}: {colour};" for name, colour in roles.items())
    return f":root {{ color-scheme: {_scheme(theme)}; {said} }}"


def _parts(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _brightness(colour: str) -> int:
    return sum(_parts(colour))


def _is_grey(colour: str) -> bool:
    return len(set(_parts(colour))) == 1


def _between(one: str, other: str, share: float) -> str:
    """The colour that is so much of the way from one to the other."""
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(first + share * (second - first)):02X}" for first, second in parts)


@cache
def _script() -> str:
    parts = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _hash(text: str) -> str:
    """The source of an inline script or style, as a Content-Security-Policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
