"""What this installation can do, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from dataclasses import dataclass

PACKAGES = ("networkx", "graphviz", "rich", "click")


@dataclass(frozen=True)
class Report:
    """What was found, line by line. ``can_draw`` tells whether SVG, PNG and PDF can be made."""

    lines: tuple[str, ...]
    can_draw: bool

    def __str__(self) -> str:
        return "\n".join(self.lines)


def examine() -> Report:
    """Look at Python, the packages, Graphviz and the fonts."""
    from simulator.errors import RenderError
    from simulator.render.means.engine import FONT_PACKAGE, fonts_found, renderer

    lines = [f"Python    {platform.python_implementation()} {platform.python_version()} on {sys.platform}"]
    lines += [f"packages  {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}"]
    lines += ["text      timelines, explanations, DOT and JSON can be written"]
    try:
        lines += [f"pictures  SVG, PNG and PDF are drawn by {renderer()}"]
    except RenderError as error:
        first, *rest = str(error).splitlines()
        return Report((*lines, f"pictures  missing: {first}", *rest), can_draw=False)
    fonts = fonts_found()
    if not fonts:
        lines += ["fonts     nobody here can tell (fc-list is missing); if PNG and PDF show empty boxes, install fonts"]
    elif any(fonts.values()):
        lines += [f"fonts     {', '.join(font for font, found in fonts.items() if found)}"]
    else:
        lines += [f"fonts     missing: PNG and PDF may show empty boxes. Install {FONT_PACKAGE}."]
    return Report(tuple(lines), can_draw=True)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(missing)"
