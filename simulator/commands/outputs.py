"""Where a picture is written: which suffixes there are, and what is wrong with a path before the work is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simulator.answers import CLEAN, note, patience
from simulator.commands.executions import LOGS
from simulator.commands.paging import PAGES
from simulator.errors import RenderError, UnknownFormat

SUFFIXES = (".svg", ".png", ".pdf", ".tex", ".dot", ".mmd", ".txt", ".json")
"""What nearly every picture can be saved as; Mermaid (.mmd) has not all of them."""
NOT_IN_MERMAID = ("comparison", "lattice", "histogram")
THEMES = ("light", "dark", "print")

theme_option = click.option(
    "--theme",
    type=click.Choice(THEMES),
    help="The colours, by default light, in a page (.html) those of the reader's system; print is black and white.",
)


def check_output(path: str, what: str) -> None:
    """Complain about the file for a picture before the work is done, and not after it."""
    output = Path(path)
    suffixes = suffixes_of(what)
    if what == "slides" and output.suffix.lower() not in ("", ".svg"):
        raise UnknownFormat(f"cannot save slides as {output.suffix!r}. Say a folder, for Beamer, or an .svg, for reveal.js.")
    if what != "slides" and output.suffix.lower() not in suffixes:
        got = repr(output.suffix) if output.suffix else f"{path!r}, which has no suffix"
        raise UnknownFormat(f"cannot save a {what} as {got}. It can be saved as: {' '.join(suffixes)}")
    if not output.parent.is_dir():
        why = f"{output.parent} is no folder" if output.parent.exists() else f"there is no folder {output.parent}"
        raise RenderError(f"cannot write {path}: {why}")


def suffixes_of(what: str) -> tuple[str, ...]:
    """What one picture can be saved as: an execution as a page, too."""
    special = {"timeline": (*SUFFIXES, *PAGES, *LOGS), "player": PAGES, "shiviz": LOGS}
    return special.get(what, tuple(suffix for suffix in SUFFIXES if suffix != ".mmd" or what not in NOT_IN_MERMAID))


def save_picture(value: Any, path: str, **options: Any) -> int:
    """Save a picture and say where."""
    from simulator.render import save

    with patience(f"drawing {path}"):
        save(value, path, **options)
    note(f"wrote {path}")
    return CLEAN
