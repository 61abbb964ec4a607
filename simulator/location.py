"""Where a thread stands in the user's code."""

from __future__ import annotations

import os
import re
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
DEMO = os.sep + "demo.py"
CELL = re.compile(r"<ipython-input-.*>|.*[/\\]ipykernel_\d+[/\\]\d+\.py")
"""The made-up names under which notebooks compile their cells: no file that anybody could open."""


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the user's code, and the line that called it (through ``yield from``), if any."""

    file: str
    line: int
    function: str
    caller: Location | None = None

    def __str__(self) -> str:
        return f"{file_name(self.file)}:{self.line}"

    @property
    def source(self) -> str:
        """The code of the line, without the comment behind it; nothing if the file cannot be read."""
        import linecache

        return linecache.getline(self.file, self.line).partition("  # ")[0].strip()


def is_cell(file: str) -> bool:
    """Whether the code stands in a cell of a notebook, and in no file."""
    return CELL.fullmatch(file) is not None


def file_name(file: str) -> str:
    """What a file is called where it is shown, without its folder: a cell is called ``cell``."""
    return "cell" if is_cell(file) else Path(file).name


def is_ours(file: str) -> bool:
    """Whether a file is part of this package, and so no line of the user's. (The threads of the demo stand for theirs.)"""
    return is_installed(file) and not file.endswith(DEMO)


def is_installed(file: str) -> bool:
    """Whether a file is part of this package, the demo too: nobody can name it on the command line."""
    return file.startswith(HERE)


def suspended_at(generator: types.GeneratorType[Any, Any, Any]) -> Location | None:
    """Where a suspended generator stands: the innermost line of the user's, with its chain of callers.

    Never ask this of a running generator: reading ``gi_yieldfrom`` of one crashes CPython 3.11.7 and 3.12.1.
    """
    place: Location | None = None
    current: Any = generator
    while isinstance(current, types.GeneratorType) and current.gi_frame is not None:
        frame = current.gi_frame
        if not is_ours(frame.f_code.co_filename):
            place = Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, place)
        current = current.gi_yieldfrom
    return place


def running_at(frame: types.FrameType | None, gate: types.CodeType) -> Location | None:
    """Where running code of the user's stands, walking out from a frame to the gate it was entered through."""
    frames = []
    while frame is not None and frame.f_code is not gate:
        if not is_ours(frame.f_code.co_filename):
            frames.append(frame)
        frame = frame.f_back
    place: Location | None = None
    for frame in reversed(frames):
        place = Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, place)
    return place


def raised_at(trace: types.TracebackType | None) -> Location | None:
    """The innermost line of the user's that an exception went through."""
    place: Location | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if not is_ours(code.co_filename):
            place = Location(code.co_filename, trace.tb_lineno, code.co_name, place)
        trace = trace.tb_next
    return place
