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
from simulator.render.palette import DARK, LIGHT, PRINT, Theme
from simulator.render.text import printable

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

SCRIPTS = ("core", "story", "waits", "panels", "lanes", "player", "scheduler", "start")
"""The parts of the script, in the order in which they are needed."""
FRAME_HEIGHT = 640


def player(
    execution: Execution | None, graph: StateGraph | None = None, *, quiz: bool = False, title: str | None = None
) -> str:
    """Make the page for an execution, for a state graph (the reader is the scheduler), or for both, with a switch.

    ``quiz`` hides the values until they are asked for; the reader can switch that. ``title`` is the headline, by default
    the file of the program. The step is kept in the fragment of the address (``#step=3``, ``#schedule=A+B``).

    The page is HTML with everything in it, and may not load anything else. Raises `TooLarge` above 300 steps or 1,000
    states, ValueError if there is nothing to show or if the two are of different programs.
    """
    from simulator.render.page_data import page_data, page_title  # which needs networkx: only when a page is made

    data = page_data(execution, graph, quiz)
    headline = printable(page_title(execution, graph) if title is None else title)
    style, script = _style(), _script()
    policy = [
        "default-src 'none'",
        f"script-src '{_hash(script)}'",
        f"style-src '{_hash(style)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    parts = {
        "POLICY": "; ".join(policy),
        "TITLE": html.escape(headline),
        "STYLE": style,
        "DATA": embedded(data),
        "SCRIPT": script,
    }
    return re.sub("%%([A-Z]+)%%", lambda match: parts[match[1]], _asset("player.html"))


class Frame(str):
    """HTML that a notebook shows as a page, and not as a text."""

    __slots__ = ()

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
    return (resources.files("simulator.render") / "assets" / name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    """The colours of the palette, so that a thread has its fill here as in every picture, and then the style itself."""
    dark, paper = f"@media (prefers-color-scheme: dark) {{ {_colours(DARK)} }}", f"@media print {{ {_colours(PRINT)} }}"
    return "\n".join(["", _colours(LIGHT), dark, paper, _asset("player.css")])


def _colours(theme: Theme) -> str:
    roles = {
        "ink": theme.ink,
        "paper": theme.paper,
        "muted": theme.muted,
        "wait": theme.waiting,
        "wrong": theme.wrong,
        "changed": theme.changed,
        **{f"fill{number}": fill for number, fill in enumerate(theme.fills)},
    }
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in roles.items())} }}"


@cache
def _script() -> str:
    parts = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _hash(text: str) -> str:
    """The source of an inline script or style, as a Content-Security-Policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
