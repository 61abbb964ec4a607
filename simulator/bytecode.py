"""The byte code of one function as a graph: what may come after an instruction, and which two places are one.

The compiler writes some source lines twice (the condition of a ``while`` loop once before the loop and once at its end, a
``finally`` block once for every way to it), and each version of CPython others. Where two instructions begin copies of the
same code, a thread that waits at one has the future of a thread that waits at the other.

Copies are found as equivalent states of an automaton: by partition refinement, as in A. V. Aho, M. S. Lam, R. Sethi,
J. D. Ullman, "Compilers", 2nd ed., section 3.9.6. Deviation: jumps and other instructions that do nothing are stepped
over first, and a conditional jump is taken for what it tests, wherever it jumps to.
"""

from __future__ import annotations

import dis
import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from simulator.objects.values import Same

NEVER_GOES_ON = frozenset(("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"))
JUMPS = frozenset(("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))
DOES_NOTHING = JUMPS | {"NOP", "EXTENDED_ARG"}
CONDITIONAL = re.compile("POP_JUMP_(?:FORWARD_|BACKWARD_)?IF_(NOT_NONE|NONE|TRUE|FALSE)")


class Unreadable(Exception):
    """The byte code says something that nobody here understands."""


class Handler(NamedTuple):
    """Where an exception is handled, and what of the value stack is kept for that."""

    offset: int
    depth: int
    with_place: bool


class Instruction(NamedTuple):
    """One instruction: ``then`` are the offsets of those that may come next; if it raises, one of ``handlers`` does."""

    name: str
    argument: int | None
    value: Any
    line: int | None
    local: bool
    """Whether it names local variables, in ``value``: one name, or a tuple of names."""
    jumps: bool
    """Whether it may jump; then the last of ``then`` is where to."""
    then: tuple[int, ...]
    handlers: tuple[Handler, ...]


Graph = dict[int, Instruction]
"""Offset -> instruction, in the order of the offsets."""


@lru_cache(maxsize=512)
def graph_of(code: Same) -> Graph:
    """The graph of a code object, which is wrapped so that it is compared by identity; raises `Unreadable`."""
    listed = list(dis.get_instructions(code.thing))
    table = dis.Bytecode(code.thing).exception_entries  # type: ignore[attr-defined]
    following = {here.offset: after.offset for here, after in pairwise(listed)}
    graph: Graph = {}
    for step in listed:
        handlers = tuple(
            Handler(entry.target, entry.depth, entry.lasti) for entry in table if entry.start <= step.offset < entry.end
        )
        then = [] if step.opname in NEVER_GOES_ON or step.opname in JUMPS else [following.get(step.offset, -1)]
        jumps = step.opcode in dis.hasjrel or step.opcode in dis.hasjabs
        if jumps:
            then.append(step.argval)
        line = step.positions.lineno if step.positions is not None else None
        local = step.opcode in dis.haslocal
        graph[step.offset] = Instruction(step.opname, step.arg, step.argval, line, local, jumps, tuple(then), handlers)
    targets = {offset for here in graph.values() for offset in (*here.then, *(handler.offset for handler in here.handlers))}
    if not graph.keys() >= targets:
        raise Unreadable
    return graph


@lru_cache(maxsize=4_096)
def waiting_at(code: Same, offset: int) -> int | None:
    """The offset of the yield at which a generator waits that is suspended at this offset; None if it has not begun.

    CPython 3.13 says where it will go on instead, which is one instruction later.
    """
    graph = graph_of(code)
    here = graph.get(offset)
    if here is not None and here.name == "RESUME":
        offset = max((before for before in graph if before < offset), default=offset)
        here = graph[offset]
    return offset if here is not None and here.name == "YIELD_VALUE" else None


def place_of(code: Same, offset: int) -> int:
    """The first of the places in the code from which a generator goes on as one does that is suspended at this offset."""
    try:
        waits_at = waiting_at(code, offset)
        return offset if waits_at is None else _first_copy(code)[waits_at]
    except Unreadable:
        return offset


@lru_cache(maxsize=512)
def _first_copy(code: Same) -> dict[int, int]:
    """Offset of an instruction -> that of the first one that begins the same code: same lines, names, and order."""
    graph = {offset: here for offset, here in graph_of(code).items() if here.name not in DOES_NOTHING}
    onwards = {offset: _onwards(graph_of(code), here) for offset, here in graph.items()}
    kinds: dict[Any, int] = {}
    group = {offset: kinds.setdefault(_kind(here), len(kinds)) for offset, here in graph.items()}
    while True:
        finer: dict[Any, int] = {}
        refined = {
            offset: finer.setdefault(
                (group[offset], *(group.get(after, -1 - after) for after in onwards[offset])), len(finer)
            )
            for offset in graph
        }
        if len(finer) == len(kinds):
            break
        kinds, group = finer, refined
    first: dict[int, int] = {}
    for offset in graph:
        first.setdefault(group[offset], offset)
    return {offset: first[group[offset]] for offset in graph}


def _kind(here: Instruction) -> Any:
    """What an instruction does, but for where it goes on."""
    conditional = CONDITIONAL.fullmatch(here.name)
    name = ("IF", "NONE" in here.name) if conditional else here.name
    return (name, None if here.jumps else here.argument, here.line, tuple(handler[1:] for handler in here.handlers))


def _onwards(graph: Graph, here: Instruction) -> tuple[int, ...]:
    """Where it goes on, in an order that is the same for all of its kind: for a condition, first where it is true."""
    conditional = CONDITIONAL.fullmatch(here.name)
    after = here.then[::-1] if conditional is not None and conditional[1] in ("NONE", "TRUE") else here.then
    return tuple(_really(graph, offset) for offset in (*after, *(handler.offset for handler in here.handlers)))


def _really(graph: Graph, offset: int) -> int:
    """Where something is done next: an offset whose instruction does something, or one of a loop that does nothing."""
    met = set()
    while graph[offset].name in DOES_NOTHING and offset not in met:
        met.add(offset)
        (offset,) = graph[offset].then
    return offset
