"""From what stands on the command line to values: the program in a file, a schedule, a condition. Or a word on why not."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.machinery
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from simulator.errors import Interrupted, LoadError, PredicateError, ScheduleError
from simulator.execution import Execution
from simulator.exploration.statespace import explore
from simulator.location import is_ours
from simulator.objects.base import SharedObject
from simulator.objects.values import text_of
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.scheduler import MAX_STEPS

Predicate = Callable[[Any], object]
GIVE = "Give the Python file that holds the program, as FILE or FILE:NAME."
STATES_ASKED_FOR_OBJECTS = 100_000
"""How many states are visited to learn which objects a program uses, if a condition names one that was not met."""


@dataclass(frozen=True)
class Loaded:
    """A program from a file, and what the file says must hold of it."""

    program: Program
    path: Path
    name: str
    postcondition: Predicate | None
    invariant: Predicate | None


# --- the program ------------------------------------------------------------------------------------------------------


def load(address: str) -> Loaded:
    """Import ``FILE[:NAME]`` and answer its program; NAME is ``program`` if left out. Raises `LoadError`."""
    path, name = _split(address)
    module = _import(path)
    if not isinstance(getattr(module, name, None), Program):
        raise LoadError(_no_program(module, path, name))
    postcondition, invariant = _predicate(module, path, "postcondition"), _predicate(module, path, "invariant")
    return Loaded(getattr(module, name), path, name, postcondition, invariant)


def _split(address: str) -> tuple[Path, str]:
    file, colon, name = address.rpartition(":")
    if colon and name.isidentifier() and not Path(address).exists():
        return Path(file), name
    if not address:
        raise LoadError(f"FILE is empty.\n{GIVE}")
    return Path(address), "program"


class FreshSource(importlib.machinery.SourceFileLoader):
    """Compiles a file each time and leaves no cache, which would miss the second of two edits in one second."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _import(path: Path) -> ModuleType:
    if not path.exists():
        other = path.with_name(f"{path.name}.py")
        raise LoadError(f"there is no file {path}.\n{f'There is {other}.' if other.is_file() else GIVE}")
    if path.is_dir():
        raise LoadError(f"{path} is a folder.\n{GIVE}")
    if path.suffix != ".py":
        raise LoadError(f"{path} is no Python file: its name does not end in .py")
    taken = path.stem in sys.modules or path.stem in sys.stdlib_module_names
    name = f"{path.stem} (program)" if taken else path.stem  # a queue.py may import the queue of the standard library
    loader = FreshSource(name, str(path.absolute()))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None, "a loader was given"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.parent.resolve())
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the file prints is not part of the answer
            loader.exec_module(module)
    except KeyboardInterrupt as interrupt:
        frames = _users_frames(interrupt)
        at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        raise Interrupted(f"interrupted: {path} was being imported{at}.") from None
    except BaseException as error:
        raise LoadError(_does_not_import(path, error)) from None
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        sys.path.append(folder)  # for what its functions import later; last, so that it hides nothing of ours
    return module


def _users_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The user's lines of the traceback, without ours and without the import system's."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if not is_ours(frame.filename) and not frame.filename.startswith("<frozen")]


def _does_not_import(path: Path, error: BaseException) -> str:
    frames = [] if isinstance(error, SyntaxError) else traceback.format_list(_users_frames(error))
    said = "".join([*frames, *traceback.format_exception_only(error)]).rstrip()
    said = said.replace(os.getcwd() + os.sep, "").replace("simulator.errors.", "")
    return f"{path} does not import.\n{said}"


def _no_program(module: ModuleType, path: Path, name: str) -> str:
    others = [other for other, value in vars(module).items() if isinstance(value, Program)]
    found = getattr(module, name, None)
    what = f"{path} has no {name}" if found is None else f"{name} in {path} is no Program but {_described(found)}"
    if len(others) == 1:
        return f"{what}.\nThe program in it is {others[0]}. Say so: {path}:{others[0]}"
    if others:
        return f"{what}.\nThe programs in it are: {', '.join(others)}. Say which one: {path}:{others[0]}"
    return f"{what}.\nSay what the threads are, at the top level of the file:\n\n    program = Program(A=body, B=body)"


def _described(value: Any) -> str:
    """A value in a few words, the same at every run."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if inspect.isroutine(value):
        return f"the function {value.__name__}()"
    shown = text_of(value)
    return f"an object of type {type(value).__name__}" if " at 0x" in shown or len(shown) > 60 else shown


def _predicate(module: ModuleType, path: Path, word: str) -> Predicate | None:
    """A function of the file that judges values, checked as far as it can be without asking it."""
    predicate = getattr(module, word, None)
    if predicate is None:
        return None
    argument = "final" if word == "postcondition" else "state"
    write = f"Write: def {word}({argument}): return {argument}[counter] == 2"
    if not callable(predicate):
        raise LoadError(f"{word} in {path} is no function but {_described(predicate)}.\n{write}")
    if inspect.isgeneratorfunction(predicate) or inspect.iscoroutinefunction(predicate):
        raise LoadError(f"{word} in {path} is no plain function: it must answer at once, without yield or await.\n{write}")
    with contextlib.suppress(ValueError):  # the signature is not known, as for some builtins
        try:
            inspect.signature(predicate).bind(None)
        except TypeError:
            raise LoadError(f"{word} in {path} must take one argument, the values.\n{write}") from None
    return _answering(predicate, word)


def _answering(predicate: Predicate, word: str) -> Predicate:
    """The same predicate, but no answer is an error, and ending the program in it too."""

    @wraps(predicate)
    def answered(subject: Any) -> object:
        try:
            answer = predicate(subject)
        except SystemExit:
            raise RuntimeError("it called exit()") from None
        if answer is None:
            raise TypeError("it answered None (is there a return?)")
        return answer

    answered.__name__ = word
    return answered


# --- a schedule -------------------------------------------------------------------------------------------------------


def read_schedule(text: str) -> str | Execution:
    """A schedule as it stands on the command line: a text, or the .json file of an execution. Raises `ScheduleError`."""
    if text.lower().endswith(".json"):
        return _recorded(Path(text))
    asked = sum(int(times) if len(times) < 10 else MAX_STEPS + 1 for times in re.findall(r"\*0*([0-9]+)", text))
    if asked > MAX_STEPS:
        raise ScheduleError(f"the schedule {text!r} asks for more than {MAX_STEPS:,} steps, and that is too many.")
    return text


def _recorded(path: Path) -> Execution:
    try:
        return Execution.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ScheduleError(f"there is no file {path}.") from None
    except OSError as error:
        raise ScheduleError(f"cannot read {path}: {error.strerror or error}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise ScheduleError(f"{path} is no execution: it is not JSON.") from None
    except ScheduleError as error:
        raise ScheduleError(f"cannot read {path}: {error}") from None


# --- a condition ------------------------------------------------------------------------------------------------------

WORDS = ("final", "status", "failures", "returned", "output")
"""What a condition can ask about besides the shared objects."""


def condition_of(text: str, program: Program) -> Callable[[Outcome], object]:
    """A goal from a Python expression over the values at the end. Raises `PredicateError`, now or when it is asked.

    An object that no thread has touched has the value it started with; so a name that is missing in an outcome is looked
    for in the whole program before it is called unknown.
    """
    try:
        tree = ast.parse(text.strip(), "<condition>", "eval")
        code = compile(tree, "<condition>", "eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        why = error.msg if isinstance(error, SyntaxError) else str(error) or "it is too deep"
        raise PredicateError(
            f"cannot read the condition {text!r}: {why}.\nWrite a Python expression, such as: counter == 1"
        ) from None
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    objects: list[SharedObject] = []

    def condition(outcome: Outcome) -> object:
        known = {*WORDS, *dir(builtins), *map(_name, outcome.final)}
        if not objects and ("final" in used or not used <= known):
            objects.extend(objects_of(program))
        final = Final({object: object.value(object.initial) for object in objects} | dict(outcome.final))
        names = _names(used, final)
        words = (final, outcome.status, outcome.failures, outcome.returned, outcome.output)
        try:
            return eval(code, names | dict(zip(WORDS, words, strict=True)))
        except SystemExit:
            raise RuntimeError("it called exit()") from None
        except NameError as error:
            shown = ", ".join([*filter(str.isidentifier, names), *WORDS])
            raise NameError(f"{error}; the names are: {shown}") from None

    condition.__name__ = f"the condition {text!r}"
    return condition


def _names(used: set[str], final: Final) -> dict[str, Any]:
    """The values by the names of their objects. (As globals of the condition: a lambda or a comprehension sees them too.)"""
    names: dict[str, Any] = {}
    for object, value in final.items():
        name = _name(object)
        if name in names and name in used:
            raise NameError(f"{name} could be {' or '.join(repr(other) for other in final if _name(other) == name)}")
        names[name] = value
    return names


def _name(object: Any) -> str:
    return str(getattr(object, "name", object))


def objects_of(program: Program) -> list[SharedObject]:
    """The shared objects that a program uses, as far as the first states show them."""
    seen: dict[SharedObject, None] = {}

    def look(state: Final) -> bool:
        seen.update(dict.fromkeys(state))
        return True

    result = explore(program, invariant=look, max_states=STATES_ASKED_FOR_OBJECTS)
    if result.claim == "partial" and result.claim.reason == "interrupted":
        raise KeyboardInterrupt
    for summary in result.outcomes:
        seen.update(dict.fromkeys(summary.final))
    return list(seen)
