"""Which locals of a suspended generator can still be read: the others need not distinguish two places in a thread.

Live variables, by the backward equations of A. V. Aho, M. S. Lam, R. Sethi, J. D. Ullman, "Compilers", 2nd ed.,
section 9.2.5, over the byte code of one function: live before an instruction is what it reads, and what is live after
it and not overwritten by it.

Deviations: an instruction is a block of its own, and it may raise before it has done anything, so whatever is live where its
exception would be handled is live before it too. Whatever is not known for certain counts as a read. Variables that are
shared with inner functions are always live, and so are all the variables of a function from which it may be that somebody
looks at the variables themselves (`looks_at_frames`).
"""

from __future__ import annotations

import builtins
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from simulator.bytecode import Instruction, Unreadable, graph_of, waiting_at
from simulator.objects.values import Same

Names = frozenset[str]
NONE: Names = frozenset()

STORES = {"STORE_FAST": 1, "STORE_FAST_LOAD_FAST": 1, "STORE_FAST_STORE_FAST": 2}
"""Instruction -> how many of the variables that it names, from the first, it overwrites before it reads the others."""
INLINED = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>"))

OWN_WORDS = frozenset(("locals", "vars", "dir"))
"""Names by which a function looks at its own variables without naming them."""
FRAME_WORDS = frozenset(
    (
        *("eval", "exec", "breakpoint", "inspect", "gc", "settrace", "setprofile", "currentframe", "walk_tb", "walk_stack"),
        *("_getframe", "_current_frames", "_current_exceptions", "StackSummary", "TracebackException"),
        *("f_locals", "f_back", "tb_frame", "gi_frame", "cr_frame", "ag_frame"),
    )
)
"""Names by which it may look at those of its callers, too."""
FRAME_THINGS = tuple(
    vars(module)[name] for module in (builtins, sys) for name in sorted(OWN_WORDS | FRAME_WORDS) if name in vars(module)
)
"""The same as things, for whoever calls them by another name."""
OURS = __name__.partition(".")[0]


@lru_cache(maxsize=4_096)
def dead_locals(code: Same, offset: int) -> Names:
    """The local variables that nobody will read again, in a generator with this code that is suspended at this offset.

    ``code`` is wrapped so that it is compared by identity. Nothing is said to be dead in a generator that has not begun.
    """
    if not _every_cell_has_its_place(code.thing):
        return NONE
    try:
        waits_at = waiting_at(code, offset)
        if waits_at is None:
            return NONE
        # `super()` reads the first argument without naming it.
        names = code.thing.co_varnames[1 if "super" in code.thing.co_names else 0 :]
        return frozenset(names).difference(code.thing.co_cellvars, _live_before(code)[waits_at])
    except Unreadable:
        return NONE


def _every_cell_has_its_place(code: CodeType) -> bool:
    """Whether every variable that inner functions see has its cell from the start on, so that its place is never empty.

    It has not where a comprehension, inlined since Python 3.12, shares a variable of its own with a function of its own.
    """
    shared = frozenset(code.co_cellvars).union(*(inner.co_cellvars for inner in _comprehensions(code)))
    return shared.intersection(code.co_varnames) <= _parameters(code)


def _parameters(code: CodeType) -> Names:
    number = code.co_argcount + code.co_kwonlyargcount
    number += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return frozenset(code.co_varnames[:number])


def _comprehensions(code: CodeType) -> Iterator[CodeType]:
    """The comprehensions within: functions of their own before Python 3.12, part of the code that they stand in since."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_name in INLINED:
            yield constant
            yield from _comprehensions(constant)


@lru_cache(maxsize=512)
def _live_before(code: Same) -> dict[int, Names]:
    """Offset of an instruction -> the variables that are live before it: the least solution of the equations."""
    graph = graph_of(code)
    effects = {offset: _effect(instruction) for offset, instruction in graph.items()}
    live = dict.fromkeys(graph, NONE)
    changed = True
    while changed:
        changed = False
        for offset in reversed(graph):
            reads, overwrites = effects[offset]
            after = NONE.union(*(live[next_one] for next_one in graph[offset].then))
            now = reads.union(after - overwrites, *(live[handler.offset] for handler in graph[offset].handlers))
            if now != live[offset]:
                live[offset] = now
                changed = True
    return live


def _effect(instruction: Instruction) -> tuple[Names, Names]:
    """What an instruction reads, and what it overwrites. Deleting reads, for it fails if there is nothing to delete."""
    if isinstance(instruction.value, CodeType) and instruction.value.co_name in INLINED:
        # Inlined it would save its variables and bring them back: the same answer for every version of CPython.
        inner = (instruction.value, *_comprehensions(instruction.value))
        return frozenset(name for comprehension in inner for name in comprehension.co_varnames), NONE
    if not instruction.local:
        return NONE, NONE
    names = instruction.value if isinstance(instruction.value, tuple) else (instruction.value,)
    if not all(isinstance(name, str) for name in names):
        raise Unreadable
    stores = STORES.get(instruction.name, 0)
    return frozenset(names[stores:]).difference(names[:stores]), frozenset(names[:stores])


# Who looks at variables without naming them ---------------------------------------------------------------------------


@lru_cache(maxsize=512)
def looks_at_frames(code: Same, namespace: Same) -> bool:
    """Whether this code may look at variables of its own or of its callers, or calls a function by name that may.

    Found by the names it uses, in inner functions too, and in what it can reach by them in its global ``namespace``.
    """
    if any(not OWN_WORDS.isdisjoint(part.co_names) for part in (code.thing, *_comprehensions(code.thing))):
        return True
    met: set[int] = set()
    waiting = [(code.thing, namespace.thing)]
    while waiting:
        here, names = waiting.pop()
        if id(here) in met:
            continue
        met.add(id(here))
        reachable = list(_named(here, names))
        if not FRAME_WORDS.isdisjoint(here.co_names) or any(map(_looks, reachable)):
            return True
        waiting += [(constant, names) for constant in here.co_consts if isinstance(constant, CodeType)]
        functions = [function for thing in reachable for function in _functions(thing) if not _trusted(function)]
        waiting += [(function.__code__, function.__globals__) for function in functions]
    return False


def _looks(thing: Any) -> bool:
    """Whether a thing is a way to look at variables, whatever it is called here."""
    if isinstance(thing, FunctionType | type) and thing.__module__ == inspect.__name__:
        return True
    return any(thing is other for other in FRAME_THINGS)


def _named(code: CodeType, namespace: dict[str, Any]) -> Iterator[Any]:
    """What the global names of a function stand for, and what it may take out of modules."""
    for name in code.co_names:
        thing = namespace.get(name)
        if isinstance(thing, ModuleType):
            yield from (vars(thing)[inner] for inner in code.co_names if inner in vars(thing))
        elif thing is not None:
            yield thing


def _functions(thing: Any) -> Iterator[FunctionType]:
    """The functions that may be called by calling, or by making, a thing."""
    if isinstance(thing, MethodType):
        thing = thing.__func__
    if isinstance(thing, FunctionType):
        yield thing
    elif isinstance(thing, type):
        yield from (part for part in vars(thing).values() if isinstance(part, FunctionType))


def _trusted(function: FunctionType) -> bool:
    """Our own functions, and those of the standard library: they look at frames for lines only, but for `inspect`."""
    package = str(function.__globals__.get("__name__", "")).partition(".")[0]
    return package == OURS or package in sys.stdlib_module_names
