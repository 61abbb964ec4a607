"""The machine: the program as a pure transition system, and what its states mean.

The machine knows nothing about locks or queues, and those who walk it know nothing about generators. They need only
this narrow interface, over plain integers: ``initial``, `successors`, `moves`, `step`; and `outcome` and its like to say
what a state means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from simulator.body import Failed, Returned
from simulator.execution import Event, Execution
from simulator.learned import LearnedProgram
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.outcome import Final, Outcome
from simulator.schedule import Schedule, option_of, thread_of
from simulator.tables import FIELD_BITS, OPTION, OPTION_BITS


class Machine(LearnedProgram):
    """A program to be walked, and to be asked what was met on the way; made as `LearnedProgram` says."""

    def object_states(self, state: int) -> Mapping[SharedObject, Any]:
        """The states of the objects that were used so far anywhere."""
        return {table.object: table.state(state) for table in self.objects}

    def values(self, state: int) -> Final:
        """The values of the objects, as ``final`` shows them."""
        return Final({object: object.value(inner) for object, inner in self.object_states(state).items()})

    def objects_field(self) -> int:
        """The bits of a packed state that belong to objects."""
        return ((1 << (FIELD_BITS * len(self.objects))) - 1) << (FIELD_BITS * len(self.program.names))

    def waiting(self, state: int) -> dict[str, Operation[Any]]:
        """The threads that run and have not ended, and what each asks for next."""
        operations = {name: self.node(state, thread).operation for thread, name in self._running(state)}
        return {name: operation for name, operation in operations.items() if operation is not None}

    def _running(self, state: int) -> list[tuple[int, str]]:
        """The threads, but for those that nobody has started yet."""
        names = enumerate(self.program.names)
        return [(thread, name) for thread, name in names if not self._is_new(state, thread)]

    def outcome(self, state: int) -> Outcome:
        """How an execution that ends in this state has ended."""
        pending = self.waiting(state)
        if all(name in self.program.daemons for name in pending):
            status = "finished"
        else:
            status = "unfinished" if self.successors(state) else "deadlock"
        endings = {name: self.node(state, thread).ending for thread, name in self._running(state)}
        return Outcome(
            status,
            self.values(state),
            {name: ending.text for name, ending in endings.items() if isinstance(ending, Failed)},
            {name: ending.value for name, ending in endings.items() if isinstance(ending, Returned)},
        )

    def execution(self, path: Iterable[int], outcome: Outcome | None = None) -> Execution:
        """The execution of steps with these codes, in this order. Its trace is made when asked for."""
        path = tuple(path)

        def ends_in() -> int:
            state = self.initial
            for code in path:
                state = self._certain_step(state, code)
            return state

        return Execution(
            self.program,
            self.schedule(path),
            outcome if outcome is not None else self.outcome(ends_in()),
            lambda: self.trace(path),
            lambda: self.waiting(ends_in()),
            lambda: self.preemptions(path),
        )

    def schedule(self, path: Sequence[int]) -> Schedule:
        """The schedule of steps with these codes."""
        names = self.program.names
        if not self._chooses:
            return Schedule([names[code >> OPTION_BITS] for code in path])
        state, steps = self.initial, []
        for code in path:
            operation = self.node(state, code >> OPTION_BITS).operation
            chosen = f"={code & OPTION}" if operation is not None and operation.options else ""
            steps.append(names[code >> OPTION_BITS] + chosen)
            state = self._certain_step(state, code)
        return Schedule(steps)

    def code(self, step: str) -> int:
        """The code of one step of a schedule."""
        return self.program.position(thread_of(step)) << OPTION_BITS | (option_of(step) or 0)

    def preemptions(self, path: Sequence[int]) -> int:
        """How often a path changes threads although the last one could have gone on."""
        state, number = self.initial, 0
        for last, code in pairwise(path):
            state = self._certain_step(state, last)
            thread = last >> OPTION_BITS
            number += thread != code >> OPTION_BITS and self.step(state, thread << OPTION_BITS) is not None
        return number

    def _certain_step(self, state: int, code: int) -> int:
        after = self.step(state, code)
        assert after is not None, "a path of the machine leads through steps that can be done"
        return after

    def trace(self, path: Iterable[int]) -> tuple[Event, ...]:
        """The events of an execution."""
        state, events, names = self.initial, [], self.program.names
        for index, code in enumerate(path):
            thread = code >> OPTION_BITS
            node = self.node(state, thread)
            assert node.operation is not None
            events.append(Event(index, names[thread], node.operation, self.answer(state, code), node.place))
            state = self._certain_step(state, code)
        return tuple(events)
