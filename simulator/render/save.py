"""Saving pictures: one function, and the suffix of the file decides what is written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.errors import NoRenderer, TooLarge, UnknownFormat
from simulator.render.means.engine import FORMATS, draw
from simulator.render.means.files import path_of, write_whole
from simulator.render.means.palette import Theme, theme_named
from simulator.render.means.tikz import tikz
from simulator.render.pictures import Picture, picture_of
from simulator.words import listed

DRAWN = (*(f".{format}" for format in FORMATS), ".tex")
"""What Graphviz has to lay out."""
TEXTS = (".dot", ".mmd", ".txt", ".json")
"""What it has not."""


def save(
    value: Any,
    path: str | os.PathLike[str],
    *,
    theme: str | Theme | None = None,
    picture: str | None = None,
    **options: Any,
) -> Path:
    """Save a picture of `value`, and answer the path. The suffix decides: .svg .png .pdf .tex .dot .mmd .txt .json.

    An `Execution` is saved as its timeline (as .html: a player; as .log: for ShiViz); what `analysis` answers as a graph or
    as a comparison as that; an `Exploration` as the histogram of its outcomes; a `StateGraph` as the ``picture`` "states"
    (if none is named), "tree" or "lattice"; an `Explanation` as .txt or .json. As Mermaid (.mmd) there is no comparison,
    lattice or histogram. ``theme`` is "light", "dark" or "print", for what has colours; if none is named, pictures are
    light, and a page is as the system of its reader is. ``options`` are those of the function that makes the text: a text as
    ``caption=`` for pictures and graphs; for the timeline as .txt ``caption=`` and ``locations=``, True if not given.

    Nothing half-written is ever left. Raises `UnknownFormat` naming the suffixes that would do; `UnknownTheme`; `TooLarge`;
    `RenderError` if the file cannot be written; and `NoRenderer` if there is no Graphviz: the picture has been written as
    .dot, .mmd, .txt and .json all the same, as far as there is such a text of it.
    """
    path = path_of(path, "save")
    options["theme"] = None if theme is None else theme_named(theme)
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
        written = listed([instead.name for instead in _as_texts(found, value, path, options)])
        raise NoRenderer(f"{error}\n\nThe picture was written as {written} all the same.") from None
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


def _as_texts(picture: Picture, value: Any, path: Path, options: dict[str, Any]) -> Iterator[Path]:
    """Write the picture as every text that it can be, if that is not too large and no other file is in its place."""
    for suffix in TEXTS:
        instead = path.with_suffix(suffix)
        if suffix in picture.writers and (suffix == ".dot" or not instead.exists()):
            with contextlib.suppress(TooLarge):
                write_whole(instead, _encoded(picture.write(suffix, value, picture.fitting(suffix, options))))
                yield instead


def _encoded(text: str) -> bytes:
    return f"{text.rstrip()}\n".encode(errors="backslashreplace")
