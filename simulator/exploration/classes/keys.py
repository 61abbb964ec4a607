"""Equivalence classes: a key that two interleavings share if and only if they are equivalent.

Two executed operations on one object conflict unless both only read (`SharedObject.reads_only`); a blocked attempt is no
event. Interleavings are equivalent if swapping neighbours that do not conflict leads from one to the other (A. Mazurkiewicz,
"Concurrent program schemes and their interpretations", DAIMI PB-78, 1977).

The key is what every access of every thread has seen, as a number: how many writes to the object came before it. That is
all there is to know. The number of a write is its place among the writes of its object, and the number of a read tells
between which writes it stands, so the numbers say of any two conflicting operations which came first; and which operations
there are follows, for a thread is a function of its answers, and an answer is a function of the writes before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.exploration.classes.steps import StepTable
from simulator.machine import Machine
from simulator.tables import OPTION

ClassKey = tuple[tuple[int, ...], ...]
"""For each thread, for each of its events: the number of every access, or what it was that touched nothing."""

NOTHING = -1
"""Stands for an event that touches nothing; lower numbers for the options of a choice."""


def class_key(machine: Machine, path: Iterable[int]) -> ClassKey:
    """A key of the equivalence class of a path; equal for two paths of one machine exactly if they are equivalent."""
    return ClassKeys(machine).of(path)


class ClassKeys:
    """The keys of many paths of one machine: what is known of a step is worked out once."""

    def __init__(self, machine: Machine) -> None:
        self._table = StepTable(machine)

    def of(self, path: Iterable[int]) -> ClassKey:
        """The key of the class of a path, given as codes of steps."""
        logs: list[list[int]] = [[] for _ in self._table.machine.kinds]
        writes: dict[int, int] = {}
        for step in self._table.along(path):
            log = logs[step.thread]
            for object in step.objects:
                number = writes.get(object, 0)
                log.append(number)
                if step.changed & object:
                    writes[object] = number + 1
            if not step.objects or step.code & OPTION:
                log.append(NOTHING - (step.code & OPTION))
        return tuple(map(tuple, logs))
