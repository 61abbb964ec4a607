"""From a file to the program in it, or a clear word on why not."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from simulator.body import is_ours
from simulator.errors import LoadError
from simulator.program import Program


@dataclass(frozen=True)
class Loaded:
    """A program from a file, and what the file says must hold of it."""

    program: Program
    path: Path
    name: str
    postcondition: Callable[[Any], object] | None
    invariant: Callable[[Any], object] | None

    @property
    def address(self) -> str:
        """How to name it on the command line again."""
        return str(self.path) if self.name == "program" else f"{self.path}:{self.name}"


def load(address: str) -> Loaded:
    """Import ``FILE[:NAME]`` and answer its program; NAME is ``program`` if left out. Raises `LoadError`."""
    path, name = _split(address)
    module = _import(path)
    program = getattr(module, name, None)
    if not isinstance(program, Program):
        raise LoadError(_no_program(module, path, name, program))
    postcondition, invariant = (_predicate(module, path, word) for word in ("postcondition", "invariant"))
    return Loaded(program, path, name, postcondition, invariant)


def _split(address: str) -> tuple[Path, str]:
    file, colon, name = address.rpartition(":")
    if colon and name.isidentifier() and not Path(address).exists():
        return Path(file), name
    return Path(address), "program"


def _import(path: Path) -> ModuleType:
    if not path.exists():
        raise LoadError(f"there is no file {path}.\nGive the Python file that holds the program, as FILE or FILE:NAME.")
    if path.is_dir():
        raise LoadError(f"{path} is a folder.\nGive the Python file that holds the program, as FILE or FILE:NAME.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path} is no Python file: its name does not end in .py")
    module = importlib.util.module_from_spec(spec)
    shadowed = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the file prints is not part of the answer
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise LoadError(_does_not_import(path, error)) from None
    finally:
        sys.path.pop(0)
        if shadowed is not None:
            sys.modules[path.stem] = shadowed
    return module


def _does_not_import(path: Path, error: BaseException) -> str:
    """The user's lines of the traceback, without ours and without the import system's."""
    if isinstance(error, SyntaxError):
        return f"{path} does not import.\n" + "".join(traceback.format_exception_only(error)).rstrip()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not is_ours(frame.filename) and not frame.filename.startswith("<frozen")
    ]
    lines = traceback.format_list(frames) + traceback.format_exception_only(error)
    return f"{path} does not import.\n" + "".join(lines).rstrip().replace(os.getcwd() + os.sep, "")


def _no_program(module: ModuleType, path: Path, name: str, found: Any) -> str:
    others = [other for other, value in vars(module).items() if isinstance(value, Program)]
    what = f"{path} has no {name}" if found is None else f"{name} in {path} is no Program but {found!r}"
    if others:
        return f"{what}.\nThe programs in it are: {', '.join(others)}. Say which one: {path}:{others[0]}"
    return f"{what}.\nSay what the threads are, at the top level of the file:\n\n    program = Program(A=body, B=body)"


def _predicate(module: ModuleType, path: Path, word: str) -> Callable[[Any], object] | None:
    predicate = getattr(module, word, None)
    if predicate is not None and not callable(predicate):
        raise LoadError(f"{word} in {path} is no function but {predicate!r}.\nWrite: def {word}(final): return …")
    return predicate
