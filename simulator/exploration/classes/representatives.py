"""One interleaving for each equivalence class, and how many classes there are.

Programs with daemons end when the others have finished, whatever the daemons are about to do: whether two steps may be
swapped depends there on what comes after them. These programs are enumerated, and the first of each class is kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Literal, NamedTuple

from simulator.errors import correction
from simulator.execution import Execution
from simulator.exploration.bounds import Bound
from simulator.exploration.classes.dpor import Reduction
from simulator.exploration.classes.keys import ClassKeys
from simulator.exploration.classes.reads_from import reads_from
from simulator.exploration.classes.steps import Step, StepTable
from simulator.exploration.classes.switching import fewest_preemptions
from simulator.exploration.enumerate import paths
from simulator.exploration.spot_checks import spot_check
from simulator.learned import THREAD_STEPS
from simulator.machine import Machine
from simulator.outcome import Outcome
from simulator.program import Program

Equivalence = Literal["mazurkiewicz", "reads-from"]
EQUIVALENCES = ("mazurkiewicz", "reads-from")


class Member(NamedTuple):
    """One interleaving of a class, and the state it ends in."""

    steps: list[Step]
    end: int


def representatives(
    program: Program, *, preemptions: int | None = None, merge: bool = True, max_steps: int = THREAD_STEPS
) -> Iterator[Execution]:
    """Yield one execution for each equivalence class of interleavings, lazily, by optimal partial order reduction.

    Interleavings that differ only by swapping neighbouring steps that do not conflict are one class, and end alike. With
    ``preemptions`` only the classes that have an interleaving with at most so many are answered, each by one of those with
    the fewest. Raises `StepLimit` where an interleaving has no end within `max_steps` steps of the whole program.

    >>> from simulator import Shared
    >>> counter = Shared("counter", 0)
    >>> def increment():
    ...     value = yield counter.read()
    ...     yield counter.write(value + 1)
    >>> [str(execution.schedule) for execution in representatives(Program(A=increment, B=increment))]
    ['AABB', 'ABBA', 'ABAB', 'BBAA']
    """
    bound = Bound.of(preemptions, None)
    machine = Machine(program, merge=merge, max_thread_steps=max_steps, keep_all=True)
    outcomes: dict[int, Outcome] = {}
    try:
        spot_check(machine)
        table = StepTable(machine)
        for member in members(machine, table, bound, max_steps):
            if member is None:
                continue
            if member.end not in outcomes:
                outcomes[member.end] = machine.outcome(member.end)
            yield machine.execution([step.code for step in member.steps], outcomes[member.end])
    finally:
        machine.close()


def count_classes(
    program: Program,
    *,
    equivalence: Equivalence = "mazurkiewicz",
    preemptions: int | None = None,
    merge: bool = True,
    max_steps: int = THREAD_STEPS,
) -> int:
    """Answer how many equivalence classes the interleavings of a program fall into.

    * "mazurkiewicz": swapping neighbouring steps that do not conflict does not leave the class (see `representatives`).
    * "reads-from": the same steps read from the same writes. Coarser; the values that are left at the end may differ.

    With ``preemptions`` only classes that have an interleaving with at most so many are counted. Raises `StepLimit` as
    `representatives` does.

    >>> from simulator import Atomic
    >>> hits = Atomic("hits", 0)
    >>> def hit():
    ...     yield hits.add(1)
    >>> count_classes(Program.copies(hit, 3))
    6
    """
    if equivalence not in EQUIVALENCES:
        got = f"equivalence was expecting one of {', '.join(map(repr, EQUIVALENCES))}, but got {equivalence!r}."
        wrong, right = (f"count_classes(program, equivalence={word!r})" for word in (equivalence, "mazurkiewicz"))
        raise ValueError(correction(got, (wrong, ""), (right, "the default")))
    bound = Bound.of(preemptions, None)
    machine = Machine(program, merge=merge, max_thread_steps=max_steps, keep_all=True)
    try:
        spot_check(machine)
        table = StepTable(machine)
        found = members(machine, table, bound, max_steps)
        if equivalence == "mazurkiewicz":
            return sum(member is not None for member in found)
        return len({reads_from(table, member.steps) for member in found if member is not None})
    finally:
        machine.close()


def members(machine: Machine, table: StepTable, bound: Bound | None, max_steps: int) -> Iterator[Member | None]:
    """One member of each class, None for a class beyond the bound. The list of steps may be the same every time: copy it."""
    if machine.program.daemons:
        yield from _enumerated(machine, table, bound, max_steps)
        return
    reduction = Reduction(machine, table, max_steps)
    for end in reduction.ends():
        if bound is None:
            yield Member(reduction.steps, end)
            continue
        found = fewest_preemptions(table, reduction.steps, reduction.pasts, bound.most)
        yield Member(found[1], end) if found is not None else None


def _enumerated(machine: Machine, table: StepTable, bound: Bound | None, max_steps: int) -> Iterator[Member | None]:
    """All interleavings are looked at, and the first of each class is kept, or the first with the fewest preemptions."""
    keys = ClassKeys(machine)
    kept: dict[Hashable, tuple[int, list[int], int]] = {}
    for path, end in paths(machine, max_steps):
        key = keys.of(path)
        cost = machine.preemptions(path) if bound is not None else 0
        if key not in kept or cost < kept[key][0]:
            kept[key] = (cost, list(path), end)
    for cost, codes, end in kept.values():
        yield Member(list(table.along(codes)), end) if bound is None or cost <= bound.most else None
