"""Writing files: the whole of one, or what was there before."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from simulator.errors import RenderError


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file first and then rename: either the whole file is there, or what was there before.

    Raises `RenderError` if it cannot be written.
    """
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


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there; not those above it. Raises `RenderError` if it cannot be made."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise RenderError(f"cannot write {path}: {'it is a file' if path.exists() else _why(path, error)}") from None


def _why(path: Path, error: OSError) -> str:
    if not path.parent.exists():
        return f"there is no folder {path.parent}"
    if path.is_dir():
        return "it is a folder"
    return error.strerror or str(error)
