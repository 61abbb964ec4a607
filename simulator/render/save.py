"""Saving pictures: one function, and the suffix of the file decides what is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from simulator.errors import NoRenderer, UnknownFormat
from simulator.render.engine import FORMATS, draw
from simulator.render.files import write_whole
from simulator.render.palette import LIGHT, Theme, theme_named
from simulator.render.pictures import Picture, picture_of
from simulator.render.tikz import tikz

DRAWN = (*(f".{format}" for format in FORMATS), ".tex")
"""What Graphviz has to lay out."""


def save(
    value: Any,
    path: str | os.PathLike[str],
    *,
    theme: str | Theme = LIGHT,
    picture: str | None = None,
    **options: Any,
) -> Path:
    """Save a picture of `value`, and answer the path. The suffix decides: .svg .png .pdf .tex .dot .mmd .txt .json.

    An `Execution` is saved as its timeline (as .html: a player; as .log: for ShiViz); what `analysis` answers as a graph or
    as a comparison as that; an `Exploration` as the histogram of its outcomes; a `StateGraph` as the ``picture`` "states"
    (if none is named), "tree" or "lattice"; an `Explanation` as .txt or .json. As Mermaid (.mmd) there is no comparison,
    lattice or histogram. ``theme`` is "light", "dark" or "print", for what has colours. ``options`` are those of the
    function that makes the text: a text as ``caption=`` for pictures and graphs; for the timeline as .txt ``caption=`` and
    ``locations=``, True if not given.

    Nothing half-written is ever left. Raises `UnknownFormat` naming the suffixes that would do; `UnknownTheme`; `TooLarge`;
    `RenderError` if the file cannot be written; and `NoRenderer` if there is no Graphviz: the .dot has been written beside
    it all the same.
    """
    path = Path(path)
    options["theme"] = theme_named(theme)
    found = picture_of(value, picture)
    suffix = path.suffix.lower()
    suffixes = suffixes_of(found)
    if suffix not in suffixes:
        got = f"{path.suffix!r}" if path.suffix else f"{path.name!r}, which has no suffix"
        raise UnknownFormat(f"cannot save {found.called} as {got}. It can be saved as: {' '.join(suffixes)}")
    if suffix in found.writers:
        write_whole(path, _encoded(found.write(suffix, value, options)))
        return path
    text = found.write(".dot", value, options)
    try:
        drawn = _drawn(found, value, text, path, options)
    except NoRenderer as error:
        dot = path.with_suffix(".dot")
        write_whole(dot, text.encode())
        raise NoRenderer(f"{error}\n\nThe picture was written as {dot.name} all the same.") from None
    write_whole(path, drawn)
    return path


def suffixes_of(picture: Picture) -> tuple[str, ...]:
    """What a picture can be saved as."""
    drawn = DRAWN if ".dot" in picture.writers else ()
    return (*drawn, *picture.writers)


def _drawn(picture: Picture, value: Any, text: str, path: Path, options: dict[str, Any]) -> bytes:
    suffix = path.suffix.lower()
    if suffix == ".tex":
        return tikz(text, picture.title, path.name).encode()
    told = picture.told(value, **options) if suffix == ".svg" else ""
    return draw(text, suffix[1:], title=picture.title, description=told)


def _encoded(text: str) -> bytes:
    return f"{text.rstrip()}\n".encode(errors="backslashreplace")
