"""What a page of the documentation shows of a picture: for light and dark pages, never too small to read, and its facts."""

from __future__ import annotations

import base64
import contextlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import render
from simulator.commands.outputs import suffixes_of
from simulator.render.graphs import happens_before, lock_order, waiting
from simulator.render.interleavings import crossings, histogram, state_graph, unfolding
from simulator.render.lanes import comparison, swimlanes, text
from simulator.render.page import graph, moments

DOCS = Path(__file__).resolve().parent.parent
SMALLEST = 0.7
"""A picture shrinks to this share of its size; on a page that is narrower still, one scrolls."""
LIMITS = {
    "timeline": f"{swimlanes.MOST_STEPS} steps; a text has none, but above {text.FOLD_ABOVE} steps its middle is folded",
    "slides": f"{swimlanes.MOST_STEPS} steps",
    "comparison": f"{comparison.MOST_STEPS} steps each",
    "happens-before": f"{happens_before.MOST_EVENTS} events",
    "wait-for": f"{waiting.MOST_NODES} threads",
    "resource-allocation": f"{waiting.MOST_NODES} threads and locks",
    "lock-order": f"{lock_order.MOST_LOCKS} locks",
    "tree": f"{unfolding.MOST_LEAVES} leaves",
    "states": f"{state_graph.MOST_STATES} states",
    "lattice": f"{crossings.MOST_STEPS} steps for each thread",
    "histogram": f"{histogram.MOST_VALUES} outcomes",
    "player": f"{moments.MOST_STEPS} steps; with “you are the scheduler”, {graph.MOST_STATES:,} states",
}
SLIDES = ("a folder of .pdf for Beamer", ".svg for reveal.js", "with --format a folder of .png or .svg")


class Shown:
    """Something that goes into a page as HTML, or in words."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


@dataclass(frozen=True)
class Drawn:
    """A picture as it was shown: an SVG and its twin for dark pages, or a page (which has both in itself)."""

    light: str
    dark: str | None = None
    page: bool = False


shown: list[Drawn] = []
"""What was shown since the list was last emptied; the gallery takes its thumbnails from it."""


def show(path: str, height: int = 480) -> Shown:
    """Show a saved picture (.svg) or page (.html) in the page."""
    saved = Path(path)
    content = saved.read_text(encoding="utf-8")
    if saved.suffix == ".html":
        shown.append(Drawn(content, page=True))
        return Shown(f'<div class="picture">{render.player_frame(content, height)}</div>', f"the page {saved.name}")
    dark = twin(saved).read_text(encoding="utf-8") if twin(saved).exists() else None
    return _pair(content, dark, f"the picture {saved.name}")


def drawn(value: Any, svg: str) -> Shown:
    """Show a value that shows itself as a picture, ``svg``."""
    return _pair(svg, render.save(value, "dark.svg", theme="dark").read_text(encoding="utf-8"), "a picture")


def _pair(light: str, dark: str | None, words: str) -> Shown:
    shown.append(Drawn(light, dark))
    if dark is None:
        return Shown(_scrolling(light, ""), words)
    return Shown(_scrolling(light, " only-light") + "\n" + _scrolling(dark, " only-dark"), words)


def _scrolling(svg: str, classes: str) -> str:
    """The picture in a box that scrolls, also with the keyboard, before its words get too small."""
    svg = re.sub(r"<!--.*?-->\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL).strip()
    width = re.search(r'<svg\b[^>]*?\bwidth="([\d.]+)pt"', svg)
    least = "" if width is None else f' style="min-width:{float(width[1]) * 4 / 3 * SMALLEST:.0f}px"'
    title = re.search(r"<title[^>]*>([^<]*)<", svg)
    name = f"Picture: {title[1]}" if title else "Picture"
    named = f'role="region" tabindex="0" aria-label="{html.escape(name)}"'
    return f'<div class="picture{classes}" {named}>\n{svg.replace("<svg", f"<svg{least}", 1)}\n</div>'


def twin(path: Path) -> Path:
    """Where the same picture for dark pages is."""
    return path.parent / "dark" / path.name


@contextlib.contextmanager
def in_both_themes() -> Iterator[None]:
    """As long as this lasts, an SVG for which a page names no theme is saved for dark pages, too."""
    save, slides = render.save, render.slides

    def save_both(value: Any, path: Any, **options: Any) -> Path:
        saved = save(value, path, **options)
        if saved.suffix == ".svg" and "theme" not in options:
            twin(saved).parent.mkdir(exist_ok=True)
            save(value, twin(saved), theme="dark", **options)
        return saved

    def slides_both(execution: Any, path: Any, **options: Any) -> tuple[Path, ...]:
        made = slides(execution, path, **options)
        if options.get("format") == "svg" and "theme" not in options:
            slides(execution, twin(made[0]).parent, theme="dark", **options)
        return made

    render.save, render.slides = save_both, slides_both
    try:
        yield
    finally:
        render.save, render.slides = save, slides


def facts(what: str) -> Shown:
    """The formats and the limit of a picture, from what the program says itself."""
    suffixes = SLIDES if what == "slides" else suffixes_of(what)
    names = ", ".join(f"<code>{each}</code>" if each.startswith(".") and " " not in each else each for each in suffixes)
    words = f"Formats: {', '.join(suffixes)}\nLimit: {LIMITS[what]}"
    return Shown(f"<p><strong>Formats:</strong> {names}<br><strong>Limit:</strong> {LIMITS[what]}</p>", words)


def gallery(pages: dict[str, str]) -> Shown:
    """Cards that link to the pages of the gallery: the first picture of each, small, its title, and what it shows."""
    cards, words = [], []
    for name, what in pages.items():
        title, picture = first_picture(name)
        cards.append(f'<div class="card">{_thumbnail(picture, title)}<a href="{name}.html">{title}</a><p>{what}</p></div>')
        words.append(f"{title}: {what}")
    return Shown(f'<div class="cards">{"".join(cards)}</div>', "\n".join(words))


def first_picture(name: str) -> tuple[str, Drawn]:
    """The title of a page of the gallery, and the first picture that it shows."""
    import pages  # which needs this module, too

    page = (DOCS / "gallery" / f"{name}.md").read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", page, re.MULTILINE)
    assert title is not None, f"{name} has no title"
    shown.clear()
    pages.run(pages.cells(page))
    return title[1], shown[0]


def _thumbnail(picture: Drawn, title: str) -> str:
    if picture.page:  # a page is its own picture: it is drawn small, and cannot be touched
        frame = render.player_frame(picture.light).replace("<iframe ", '<iframe tabindex="-1" ', 1)
        return f'<div class="thumbnail" inert><div class="reduced">{frame}</div></div>'
    images = [_image(picture.light, title, "only-light" if picture.dark else "")]
    images += [_image(picture.dark, title, "only-dark")] if picture.dark else []
    return f'<div class="thumbnail">{"".join(images)}</div>'


def _image(svg: str, title: str, classes: str) -> str:
    data = base64.b64encode(svg[svg.index("<svg") :].encode()).decode()
    return f'<img class="{classes}" alt="An example of the picture: {title}" src="data:image/svg+xml;base64,{data}">'
