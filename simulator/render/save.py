"""Saving pictures: one function, and the suffix of the file decides what is written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.errors import NoRenderer, RenderError, UnknownFormat
from simulator.execution import Execution
from simulator.render.captions import graph_caption
from simulator.render.engine import FORMATS, draw
from simulator.render.graph_text import graph_json, graph_text
from simulator.render.graphs import resource_allocation_dot, wait_for_dot
from simulator.render.swimlanes import timeline_dot
from simulator.render.text import timeline

GRAPHS: dict[str, Callable[..., str]] = {"wait-for": wait_for_dot, "resource-allocation": resource_allocation_dot}
Writer = Callable[..., str]


def save(value: Any, path: str | os.PathLike[str], **options: Any) -> Path:
    """Save a picture of `value`, and answer the path. The suffix decides: .svg .png .pdf .dot .txt .json.

    An `Execution` is saved as its timeline; what `analysis.wait_for_graph` and `analysis.resource_allocation_graph` answer
    as that graph; an `Explanation` as .txt or .json. ``options`` are those of the function that makes the text: a text as
    ``caption=`` for pictures and graphs; for the timeline as .txt ``caption=`` and ``locations=``, True if not given.

    Nothing half-written is ever left. Raises `UnknownFormat` naming the suffixes that would do; `TooLarge`; `RenderError` if
    the file cannot be written; and `NoRenderer` if there is no Graphviz: the .dot has been written beside it all the same.
    """
    path = Path(path)
    what, writers = _writers(value)
    suffix = path.suffix.lower()
    drawable = [f".{format}" for format in FORMATS] if ".dot" in writers else []
    if suffix not in [*drawable, *writers]:
        got = f"{path.suffix!r}" if path.suffix else f"{path.name!r}, which has no suffix"
        raise UnknownFormat(f"cannot save {what} as {got}. It can be saved as: {' '.join([*drawable, *writers])}")
    if suffix in writers:
        _write(path, _encoded(writers[suffix](**options)))
        return path
    text = writers[".dot"](**options)
    title, description = _said(value)
    try:
        drawn = draw(text, suffix[1:], title=title, description=description)
    except NoRenderer as error:
        dot = path.with_suffix(".dot")
        _write(dot, text.encode())
        raise NoRenderer(f"{error}\n\nThe picture was written as {dot.name} all the same.") from None
    _write(path, drawn)
    return path


def _writers(value: Any) -> tuple[str, dict[str, Writer]]:
    """What a value is called, and the function for each suffix that is text."""
    if isinstance(value, Execution):
        return "an execution", {
            ".dot": lambda **options: timeline_dot(value, **options),
            ".txt": lambda **options: timeline(value, **{"locations": True, **options}),
            ".json": value.to_json,
        }
    picture = getattr(value, "graph", {}).get("picture") if isinstance(getattr(value, "graph", None), dict) else None
    if picture in GRAPHS:
        return f"a {picture} graph", {
            ".dot": lambda **options: GRAPHS[picture](value, **options),
            ".txt": lambda **options: graph_text(value, **options),
            ".json": lambda: graph_json(value),
        }
    if hasattr(value, "to_json"):
        kind = type(value).__name__
        article = "an" if kind[0] in "AEIOU" else "a"
        return f"{article} {kind}", {".txt": lambda: str(value), ".json": value.to_json}
    raise TypeError(
        f"save() was expecting something that can be drawn, but got {type(value).__name__}.\n"
        "That is an execution, a graph made by analysis.wait_for_graph or analysis.resource_allocation_graph,\n"
        "or an explanation made by analysis.explain_deadlock."
    )


def _said(value: Any) -> tuple[str, str]:
    """Title and description, for readers who do not see the picture."""
    if isinstance(value, Execution):
        return "Timeline", timeline(value)
    picture = value.graph["picture"]
    return f"{picture.capitalize()} graph", " ".join(graph_caption(value))


def _encoded(text: str) -> bytes:
    return f"{text.rstrip()}\n".encode(errors="backslashreplace")


def _write(path: Path, content: bytes) -> None:
    """Write beside the file first and then rename: either the whole file is there, or what was there before."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()
    except OSError as error:
        raise RenderError(f"cannot write {path}: {_why(path, error)}") from None


def _why(path: Path, error: OSError) -> str:
    if not path.parent.exists():
        return f"there is no folder {path.parent}"
    if path.is_dir():
        return "it is a folder"
    return error.strerror or str(error)
