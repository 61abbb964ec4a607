"""Steps as the reductions see them: who steps, what it adds to the packed state, which objects it touches and changes.

Two steps conflict if one thread takes both, or if both touch an object and not both only read it. Whether an operation only
reads may depend on its answer, and so on the state: a refused attempt reads, one that succeeds does not.

A worker is an object, too. Its first step needs it started and so reads it; its last step ends it and so changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from simulator.machine import Machine
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.tables import FIELD, FIELD_BITS, OPTION_BITS


@dataclass(slots=True, eq=False)
class Step:
    """One step, possible in a state. ``touched`` and ``changed`` are sets of objects, as bits: object ``i`` is bit ``i``."""

    code: int
    thread: int
    delta: int
    touched: int
    changed: int
    reads: int
    """Those it looks at, which is all but those it overwrites."""
    objects: tuple[int, ...]
    """The objects it touches, as bits, one by one."""
    options: int
    """How many options the environment has here: 1 unless it is a choice."""

    def conflicts(self, other: Step) -> bool:
        """Whether the order of the two steps matters, or is given."""
        return bool(self.thread == other.thread or self.changed & other.touched or self.touched & other.changed)


class StepTable:
    """The steps of a machine, learned when they are first asked for."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._threads = [FIELD << (thread * FIELD_BITS) for thread in range(len(machine.program.names))]
        self._rows: list[dict[int, tuple[int, dict[int, tuple[Step, ...]]] | None]] = [{} for _ in self._threads]

    def options(self, state: int, thread: int) -> tuple[Step, ...]:
        """The steps that a thread can take in a state: none if it is blocked or has ended, several if it is a choice.

        A hot path: two look-ups once the state is known.
        """
        rows = self._rows[thread]
        node = state & self._threads[thread]
        if node not in rows:
            rows[node] = self._row(state, thread)
        row = rows[node]
        if row is None:
            return ()
        fields, known = row
        steps = known.get(state & fields)
        if steps is None:
            steps = known[state & fields] = tuple(self._learn(state, thread))
        return steps

    def step(self, state: int, code: int) -> Step | None:
        """The step with this code, as `Machine.moves` codes it; None if it is not possible."""
        for step in self.options(state, code >> OPTION_BITS):
            if step.code == code:
                return step
        return None

    def along(self, path: Iterable[int]) -> Iterator[Step]:
        """The steps of a path, given as codes."""
        state = self.machine.initial
        for code in path:
            step = self.step(state, code)
            assert step is not None, "a path of the machine leads through steps that can be done"
            yield step
            state += step.delta

    def asked(self, state: int, thread: int) -> tuple[int, ...]:
        """The objects that a thread asks for in a state, as bits, whether or not it is blocked."""
        operation = self.machine.node(state, thread).operation
        return separate(self._bit_set(operation)) if operation is not None else ()

    def _row(self, state: int, thread: int) -> tuple[int, dict[int, tuple[Step, ...]]] | None:
        fields = self.machine.fields_asked(state, thread)
        return None if fields is None else (fields, {})

    def _learn(self, state: int, thread: int) -> list[Step]:
        operation = self.machine.node(state, thread).operation
        assert operation is not None
        steps = []
        for option in range(max(1, len(operation.options))):
            code = thread << OPTION_BITS | option
            after = self.machine.step(state, code)
            if after is not None:
                steps.append(self._step(state, after, code, operation))
        return steps

    def _step(self, state: int, after: int, code: int, operation: Operation[Any]) -> Step:
        thread = code >> OPTION_BITS
        answer = self.machine.answer(state, code)
        touched = self._bit_set(operation)
        changed = 0 if operation.target is None or operation.target.reads_only(operation, answer) else touched
        reads = 0 if operation.target is not None and operation.target.overwrites(operation) else touched
        worker = self.machine.program.workers.get(self.machine.program.names[thread])
        if worker is not None:
            bit = self._bit(worker)
            if self.machine.node(state, thread).depth == 0:
                touched |= bit
                reads |= bit
            if self.machine.node(after, thread).operation is None:
                touched |= bit
                changed |= bit
        return Step(code, thread, after - state, touched, changed, reads, separate(touched), max(1, len(operation.options)))

    def _bit_set(self, operation: Operation[Any]) -> int:
        return sum(self._bit(object) for object in dict.fromkeys(operation.touches))

    def _bit(self, object: SharedObject) -> int:
        return 1 << self.machine.place(object)


def separate(objects: int) -> tuple[int, ...]:
    """The objects of a set, as bits, one by one."""
    return tuple(1 << place for place in range(objects.bit_length()) if objects >> place & 1)
