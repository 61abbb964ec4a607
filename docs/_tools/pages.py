"""Pages as notebooks: the cells of a page, what they answer, and the committed ``docs/tutorial.ipynb``.

``python docs/_tools/pages.py`` makes the notebook again from ``docs/tutorial.md``. The same page makes the same notebook,
byte for byte: no process, no folder and no clock leaves a trace in it. It needs the simulator and Graphviz, and no Jupyter.

The site, the tests and the notebook all run cells in this one way (`run`), in one process: with a kernel for each page the
site took three times as long to build. Each page runs in an empty folder, in which its files are: a code block with a
caption is the file of that name, and so is a cell with a tag that ends in ``.py``. Commands of this project that a page
shows in a console are run where they stand.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import re
import runpy
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import showing

from simulator.render.notebook import begin_page
from simulator.render.page.player import Frame

DOCS = Path(__file__).resolve().parent.parent
PAGE, NOTEBOOK = DOCS / "tutorial.md", DOCS / "tutorial.ipynb"

HEAD = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TAGS = re.compile(r"\A:tags: \[([^\]]*)\]\n\n?")
FILE = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTEAD = "Here is a page to step through, for viewers that let it run."
"""What is left of a frame where a viewer takes it away, or shows text only."""
ANSWERS = (0, 1, 3)
"""Exit codes of commands that worked: all is well, something was found, the answer is not complete."""


@dataclass(frozen=True)
class Cell:
    """A piece of a page: ``code``, or text if that is None; its first line; for code its tags."""

    line: int
    text: str
    is_code: bool
    tags: tuple[str, ...] = ()


def cells(text: str) -> list[Cell]:
    """Take a page apart, in order. The head is left out, and so is text that is empty."""
    head = HEAD.match(text)
    start = head.end() if head else 0
    found: list[Cell] = []
    for match in CELL.finditer(text):
        found += _text(text, start, match.start())
        tags = TAGS.match(match[1])
        code = match[1][tags.end() :] if tags else match[1]
        names = tuple(tag.strip() for tag in tags[1].split(",")) if tags else ()
        line = text.count("\n", 0, match.start()) + 2
        found.append(Cell(line, code.strip("\n"), True, names))
        start = match.end()
    return found + _text(text, start, len(text))


def _text(text: str, start: int, end: int) -> list[Cell]:
    part = text[start:end].strip()
    return [Cell(text.count("\n", 0, start) + 1, part, False)] if part else []


def files(pieces: list[Cell]) -> dict[str, str]:
    """The files that a page shows: name to content."""
    found: dict[str, str] = {}
    for piece in pieces:
        if piece.is_code:
            found |= {tag: f"{piece.text}\n" for tag in piece.tags if tag.endswith(".py")}
        else:
            found |= {match[1]: match[2] for match in FILE.finditer(piece.text)}
    return found


def commands(piece: Cell) -> list[str]:
    """The commands that a piece of text shows."""
    lines = (line for match in CONSOLE.finditer(piece.text) for line in match[1].splitlines())
    return [] if piece.is_code else [line[2:] for line in lines if line.startswith("$ ")]


def perform(command: str) -> None:
    """Run one command, if it is one of this project; others are left to the tests, for they need more than Python."""
    from click.testing import CliRunner

    from simulator.cli import main as simulator

    match shlex.split(command):
        case ["mkdir", folder]:
            Path(folder).mkdir()
        case ["python", "-m", "simulator", *arguments]:
            done = CliRunner().invoke(simulator, arguments, prog_name="simulator")
            assert done.exit_code in ANSWERS, f"$ {command}\n{done.output}"
        case ["python", script] if script.endswith(".py"):
            runpy.run_path(script, run_name="__main__")


def run(pieces: list[Cell], *, site: bool = False) -> list[list[dict[str, Any]]]:
    """Run a page in a folder that is thrown away; for each cell, what it puts below itself, as in a notebook.

    Cells see each other's names. On the ``site`` pictures are shown for light and dark pages. An exception goes on out,
    with a note that says where it came from.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    outputs: list[list[dict[str, Any]]] = []
    begin_page()
    with _elsewhere(), showing.in_both_themes():
        for name, content in files(pieces).items():
            Path(name).write_text(content, encoding="utf-8")
        for piece in pieces:
            try:
                if piece.is_code:
                    outputs.append(_outputs(piece, len(outputs), names, site))
                else:
                    for command in commands(piece):
                        perform(command)
            except BaseException as error:
                error.add_note(
                    f"in the {'cell' if piece.is_code else 'text'} that begins in line {piece.line}:\n{piece.text}"
                )
                raise
    return outputs


def _outputs(cell: Cell, number: int, names: dict[str, Any], site: bool) -> list[dict[str, Any]]:
    file = f"<ipython-input-{number + 1}>"  # a name under which the simulator knows a cell
    linecache.cache[file] = (len(cell.text), None, cell.text.splitlines(keepends=True), file)
    body = ast.parse(cell.text, file).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    outputs: list[dict[str, Any]] = []
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), file, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), file, "eval"), names)
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    if value is not None:
        outputs.append(
            {"output_type": "execute_result", "execution_count": number + 1, "metadata": {}, "data": bundle(value, site)}
        )
    return outputs


def bundle(value: Any, site: bool = False) -> dict[str, list[str]]:
    """A value as a notebook shows it. Of a picture the HTML is left out, for viewers may strip it bare.

    On the ``site`` a picture is there twice, for light and dark pages.
    """
    shown = getattr(value, "_repr_mimebundle_", None)
    made = shown() if shown is not None else {}
    data = dict(made[0] if isinstance(made, tuple) else made or {})
    if isinstance(value, Frame):
        data = {"text/html": value.replace("></iframe>", f">{INSTEAD}</iframe>"), "text/plain": INSTEAD}
    data.setdefault("text/plain", repr(value))
    if "image/svg+xml" in data:
        if site:
            data = {"text/html": showing.drawn(value, data["image/svg+xml"]).html, "text/plain": data["text/plain"]}
        else:
            data.pop("text/html", None)
    return {kind: _lines(data[kind]) for kind in sorted(data)}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Work in an empty folder, from which can be imported, and leave nothing of it."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            os.chdir(before)
            sys.path.remove(folder)
            for name, module in list(sys.modules.items()):
                if str(getattr(module, "__file__", None)).startswith(folder):
                    del sys.modules[name]


def notebook(text: str, *, site: bool = False) -> dict[str, Any]:
    """Run a page and make a notebook of it, in the format of Jupyter, version 4.5."""
    pieces = cells(text)
    answers = iter(run(pieces, site=site))
    made = []
    count = 0
    for place, piece in enumerate(pieces):
        cell: dict[str, Any] = {"cell_type": "code" if piece.is_code else "markdown", "id": f"cell-{place + 1:02}"}
        if piece.is_code:
            count += 1
            cell |= {"execution_count": count, "outputs": next(answers)}
        cell |= {"metadata": {"tags": list(piece.tags)} if piece.tags else {}, "source": _lines(piece.text)}
        made.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python", "file_extension": ".py"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def read(text: str) -> Any:
    """A page as MyST-NB wants it; ``nb_custom_formats`` names this function."""
    import nbformat

    return nbformat.reads(written(notebook(text, site=True)), as_version=4)


def written(made: dict[str, Any]) -> str:
    """A notebook as it stands in its file."""
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Write the notebook of the tutorial."""
    NOTEBOOK.write_text(written(notebook(PAGE.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"wrote {NOTEBOOK.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
