"""Which lines with a ``yield`` no interleaving ever comes to."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import CodeType

from simulator.location import Location, is_ours
from simulator.machine import Machine
from simulator.program import Program
from simulator.tables import FIELD, FIELD_BITS

Line = tuple[str, int]
"""(file, number)"""


def lines_of(machine: Machine, states: Iterable[int]) -> set[Line]:
    """The lines at which any thread stands in any of these states, and the lines that called them."""
    places: set[tuple[int, int]] = set()
    for thread, kind in enumerate(machine.kinds):
        shift = thread * FIELD_BITS
        places |= {(kind, (state >> shift) & FIELD) for state in states}
    lines: set[Line] = set()
    for kind, node in places:
        place: Location | None = machine.node(node << (kind * FIELD_BITS), kind).place
        while place is not None:
            lines.add((place.file, place.line))
            place = place.caller
    return lines


def unreached(program: Program, reached: set[Line]) -> tuple[str, ...]:
    """The lines of the thread functions that yield and were not reached, as "file:line", in order.

    Functions that a thread calls with ``yield from`` count as the line of the call: which functions that may be is only
    known when it is reached.
    """
    missing: set[Line] = set()
    for body in program.threads.values():
        code = _code_of(body)
        if code is not None and not is_ours(code.co_filename):
            missing |= set(_yields(code)) - reached
    return tuple(f"{Path(file).name}:{line}" for file, line in sorted(missing))


def _code_of(body: object) -> CodeType | None:
    while isinstance(body, partial):
        body = body.func
    function = inspect.unwrap(body) if callable(body) else body
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) and inspect.isgeneratorfunction(function) else None


def _yields(code: CodeType) -> Iterable[Line]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "YIELD_VALUE" and instruction.positions is not None and instruction.positions.lineno:
            yield code.co_filename, instruction.positions.lineno
