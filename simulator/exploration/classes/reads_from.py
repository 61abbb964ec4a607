"""Reads-from classes: a coarser equivalence, which other tools count.

Two executions are equivalent if the same steps read from the same writes (M. Chalupa, K. Chatterjee, A. Pavlogiannis, N.
Sinha and K. Vaidya, "Data-centric dynamic partial order reduction", POPL 2018). The order of two writes that nobody reads
does not matter then, although it may decide what is left at the end: so outcomes are not the same throughout such a class,
and here it is used for counting only.

Every operation reads what it touches, unless it replaces it without a look (`SharedObject.overwrites`). An acquire reads
from the release before it. Equivalent interleavings read from the same writes, so that it is enough to look at one of each
class.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.exploration.classes.steps import Step, StepTable

START = -1
"""Stands for the initial state of an object, which nobody has written."""


def reads_from(table: StepTable, steps: Sequence[Step]) -> tuple[tuple[int, ...], ...]:
    """Answer, for each thread, the code of each of its steps and by which writes it was told what it read.

    A write is told by its thread and how many steps that had taken before. Equal exactly for executions that are equivalent.
    """
    logs: list[list[int]] = [[] for _ in table.machine.program.names]
    numbers = [0] * len(logs)
    writers: dict[int, tuple[int, int]] = {}
    for step in steps:
        log = logs[step.thread]
        log.append(step.code)
        for object in step.objects:
            if step.reads & object:
                log += writers.get(object, (START, START))
            if step.changed & object:
                writers[object] = (step.thread, numbers[step.thread])
        numbers[step.thread] += 1
    return tuple(map(tuple, logs))
