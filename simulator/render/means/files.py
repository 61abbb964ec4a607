"""Writing files: the whole of one, or what was there before."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulator.errors import RenderError, correction
from simulator.texts import printable

_written = itertools.count()


def path_of(path: Any, function: str) -> Path:
    """Where to save something. Raises TypeError for what is no path, and says so where the arguments were swapped."""
    if isinstance(path, str | os.PathLike):
        named = os.fspath(path)
        if isinstance(named, str):
            return Path(named)
    raise TypeError(
        correction(
            f"{function}() was expecting the path of a file, a text or a Path, as its second argument, "
            f"but got {type(path).__name__}.",
            (f"{function}(path, value)", ""),
            (f'{function}(value, "picture.svg")', "first what is drawn, then where to"),
        )
    )


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file first and then rename: either the whole file is there, or what was there before.

    What a link leads to is written, and not the link; and what is no file, such as a device, is written as it is, for there
    is nothing that could be lost. Raises `RenderError` if it cannot be written.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)
            return
        beside = target.with_name(f".{os.getpid()}-{next(_written)}.part")  # short: the name may be as long as names can be
        try:
            beside.write_bytes(content)
            os.replace(beside, target)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()
    except (OSError, ValueError) as error:
        raise RenderError(f"cannot write {printable(str(path))}: {_why(path, error)}") from None


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there; not those above it. Raises `RenderError` if it cannot be made."""
    try:
        path.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        why = "it is a file" if _is(path.exists) else _why(path, error)
        raise RenderError(f"cannot write {printable(str(path))}: {why}") from None


def _why(path: Path, error: Exception) -> str:
    """What is wrong, in words. A ValueError is about a name that no file can have, with a NUL or half a character in it."""
    if not isinstance(error, OSError):
        return "no file can have such a name"
    if not _is(path.parent.exists):
        return f"there is no folder {path.parent}"
    if not _is(path.parent.is_dir):
        return f"{path.parent} is no folder"
    if _is(path.is_dir):
        return "it is a folder"
    return error.strerror or str(error)


def _is(question: Callable[[], bool]) -> bool:
    """The answer to a question about a path; False where even asking fails, as with a name that is too long."""
    try:
        return question()
    except (OSError, ValueError):
        return False
