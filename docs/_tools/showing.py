"""What a page of the documentation shows of a file that it has just saved."""

from __future__ import annotations

import re
from pathlib import Path


class Shown:
    """A saved picture, as it goes into a page: drawn, or in words."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.text}


def show(path: str, height: int = 480) -> Shown:
    """Show a saved picture (.svg) or page (.html) in the page."""
    saved = Path(path)
    text = saved.read_text(encoding="utf-8")
    if saved.suffix == ".html":
        from simulator.render import player_frame

        return Shown(f'<div class="picture">{player_frame(text, height)}</div>', f"the page {saved.name}")
    svg = re.sub(r"<!--.*?-->\s*", "", text[text.index("<svg") :], flags=re.DOTALL)
    return Shown(f'<div class="picture">\n{svg.strip()}\n</div>', f"the picture {saved.name}")
