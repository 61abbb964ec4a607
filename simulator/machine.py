"""The machine: the program as a pure transition system, learned on demand from its generators.

Generators cannot be copied, so a thread is made an automaton: *node --answer--> node*, every node labelled with the
operation that is pending there, or with how the thread ended. A generator is run only when an answer arrives at a node
for the first time. Objects are automata too: their states are numbered as they are met. So a global state is a row of
small integers, packed into one: a step is two look-ups and an addition, and going back costs nothing.

The machine knows nothing about locks or queues, and those who walk it know nothing about generators. They need only
this narrow interface, over plain integers: ``initial``, `successors`, `moves`, `step`; and `outcome` and its like to say
what a state means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.automaton import Automaton, Node
from simulator.body import Failed, Returned
from simulator.execution import Event, Execution, Final, Outcome
from simulator.objects.base import BLOCKED, Operation, SharedObject
from simulator.objects.values import value_key
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.scheduler import duplicate_name

FIELD_BITS = 24
"""How many bits of a packed state each thread and each object has: room for 16 million nodes, or states."""
FIELD = (1 << FIELD_BITS) - 1
THREAD_STEPS = 10_000
"""How many steps one thread may take before it is taken to go on for ever."""

Move = tuple[int, int]
"""(position of the thread that steps, state after the step)"""


class ObjectTable:
    """The states of one object that were met so far, numbered; the first is its initial state."""

    def __init__(self, object: SharedObject, shift: int) -> None:
        self.object = object
        self.shift = shift
        self.states: list[Any] = [object.initial]
        self._numbers: dict[Any, int] = {value_key(object.initial): 0}

    def number(self, state: Any) -> int:
        """The number of a state; a new one if it was not met before."""
        number = self._numbers.setdefault(value_key(state), len(self.states))
        if number == len(self.states):
            self.states.append(state)
        return number


class Machine:
    """The program as learned automata.

    ``merge=False`` makes every history of a thread a node of its own; otherwise histories that leave a thread in the same
    local state are one node. Both have the same interleavings and outcomes.
    """

    def __init__(self, program: Program, *, merge: bool = True, max_thread_steps: int = THREAD_STEPS) -> None:
        self.program = program
        self.kinds = program.kinds()
        self.initial = 0
        """The packed state in which every thread is at its first node and every object in its first state."""
        self.objects: list[ObjectTable] = []
        self._numbers: dict[int, int] = {}  # id of an object -> its place in `objects`, which keeps it alive
        self._automata = {
            kind: Automaton(program, program.names[kind], merge=merge, max_steps=max_thread_steps)
            for kind in sorted(set(self.kinds))
        }
        self._automaton = [self._automata[kind] for kind in self.kinds]
        self._pending = [_Pending(self, thread) for thread in range(len(program.names))]
        self._fields = [(pending.field, pending) for pending in self._pending]
        self._needed = [position for position, name in enumerate(program.names) if name not in program.daemons]

    # Walking: integers in, integers out

    def successors(self, state: int) -> list[int]:
        """The states after one step of each enabled thread, in the order of the threads. None: the execution has ended.

        A hot loop: two look-ups and an addition a step, nothing else.
        """
        after = []
        for field, pending in self._fields:
            row = pending[state & field]
            if row is not None:
                delta = row[1][state & row[0]]
                if delta is not None:
                    after.append(state + delta)
        return after if not self.program.daemons or not self._has_finished(state) else []

    def moves(self, state: int) -> list[Move]:
        """The same, with the position of the thread that steps. (The same hot loop, too.)"""
        after = []
        for field, pending in self._fields:
            row = pending[state & field]
            if row is not None:
                delta = row[1][state & row[0]]
                if delta is not None:
                    after.append((pending.thread, state + delta))
        return after if not self.program.daemons or not self._has_finished(state) else []

    def step(self, state: int, thread: int) -> int | None:
        """The state after a step of one thread; None if it is blocked or has ended."""
        pending = self._pending[thread]
        row = pending[state & pending.field]
        delta = None if row is None else row[1][state & row[0]]
        return None if delta is None else state + delta

    def _has_finished(self, state: int) -> bool:
        return all(self.node(state, thread).operation is None for thread in self._needed)

    # Learning: what the tables ask for when they meet something new

    def learn_row(self, thread: int, node: int) -> _Row | None:
        """The row of a thread's table for a node: the field of the object it asks for, and what comes of each state."""
        operation = self._automaton[thread].nodes[node].operation
        if operation is None:
            return None
        if operation.target is None:
            return 0, _Moves(self, thread, node, None)
        table = self._table(operation.target)
        return FIELD << table.shift, _Moves(self, thread, node, table)

    def learn_move(self, thread: int, node: int, table: ObjectTable | None, number: int) -> int | None:
        """What a step adds to a packed state: the thread goes to its next node, the object to its next state."""
        operation = self._automaton[thread].nodes[node].operation
        assert operation is not None
        change = 0
        answer = None
        if table is not None:
            performed = table.object.transition(table.states[number], operation, thread)
            if performed is BLOCKED:
                return None
            after, answer = performed
            change = (table.number(after) - number) << table.shift
        following = self._automaton[thread].follow(node, answer)
        return change + ((following - node) << (thread * FIELD_BITS))

    def _table(self, object: SharedObject) -> ObjectTable:
        number = self._numbers.get(id(object))
        if number is not None:
            return self.objects[number]
        if any(table.object.name == object.name and table.object.kind == object.kind for table in self.objects):
            raise duplicate_name(object)
        table = ObjectTable(object, FIELD_BITS * (len(self.program.names) + len(self.objects)))
        self._numbers[id(object)] = len(self.objects)
        self.objects.append(table)
        return table

    def close(self) -> None:
        """Let go of the suspended generators. The machine can still be asked, and still learns."""
        for automaton in self._automata.values():
            automaton.close()

    # Meaning: what a state stands for

    def node(self, state: int, thread: int) -> Node:
        """The node of a thread in a state."""
        return self._automaton[thread].nodes[(state >> (thread * FIELD_BITS)) & FIELD]

    def object_states(self, state: int) -> Mapping[SharedObject, Any]:
        """The states of the objects that were used so far anywhere."""
        return {table.object: table.states[(state >> table.shift) & FIELD] for table in self.objects}

    def values(self, state: int) -> Final:
        """The values of the objects, as ``final`` shows them."""
        return Final({object: object.value(inner) for object, inner in self.object_states(state).items()})

    def objects_field(self) -> int:
        """The bits of a packed state that belong to objects."""
        return ((1 << (FIELD_BITS * len(self.objects))) - 1) << (FIELD_BITS * len(self.program.names))

    def waiting(self, state: int) -> dict[str, Operation[Any]]:
        """The threads that have not ended, and what each asks for next."""
        operations = {name: self.node(state, thread).operation for thread, name in enumerate(self.program.names)}
        return {name: operation for name, operation in operations.items() if operation is not None}

    def outcome(self, state: int) -> Outcome:
        """How an execution that ends in this state has ended."""
        pending = self.waiting(state)
        if all(name in self.program.daemons for name in pending):
            status = "finished"
        else:
            status = "unfinished" if self.successors(state) else "deadlock"
        endings = {name: self.node(state, thread).ending for thread, name in enumerate(self.program.names)}
        return Outcome(
            status,
            self.values(state),
            {name: ending.text for name, ending in endings.items() if isinstance(ending, Failed)},
            {name: ending.value for name, ending in endings.items() if isinstance(ending, Returned)},
        )

    def execution(self, path: Iterable[int], outcome: Outcome | None = None) -> Execution:
        """The execution in which the threads at these positions step, in this order. Its trace is made when asked for."""
        path = tuple(path)
        names = self.program.names
        schedule = Schedule([names[thread] for thread in path])

        def ends_in() -> int:
            state = self.initial
            for thread in path:
                state = self._certain_step(state, thread)
            return state

        return Execution(
            self.program,
            schedule,
            outcome if outcome is not None else self.outcome(ends_in()),
            lambda: self.trace(path),
            lambda: self.waiting(ends_in()),
        )

    def _certain_step(self, state: int, thread: int) -> int:
        after = self.step(state, thread)
        assert after is not None, "a path of the machine leads through steps that can be done"
        return after

    def trace(self, path: Iterable[int]) -> tuple[Event, ...]:
        """The events of an execution."""
        state, events, names = self.initial, [], self.program.names
        for index, thread in enumerate(path):
            node = self.node(state, thread)
            operation = node.operation
            assert operation is not None
            answer = None
            if operation.target is not None:
                table = self._table(operation.target)
                number = (state >> table.shift) & FIELD
                performed = table.object.transition(table.states[number], operation, thread)
                assert performed is not BLOCKED
                answer = performed[1]
            events.append(Event(index, names[thread], operation, answer, node.place))
            state = self._certain_step(state, thread)
        return tuple(events)


class _Moves(dict[int, "int | None"]):
    """For one node of a thread: state of the object it asks for (in its place in a packed state) -> what a step adds.

    None stands for blocked. A missing entry is learned when it is first looked up.
    """

    __slots__ = ("machine", "node", "table", "thread")

    def __init__(self, machine: Machine, thread: int, node: int, table: ObjectTable | None) -> None:
        self.machine = machine
        self.thread = thread
        self.node = node
        self.table = table

    def __missing__(self, field: int) -> int | None:
        number = field >> self.table.shift if self.table is not None else 0
        self[field] = delta = self.machine.learn_move(self.thread, self.node, self.table, number)
        return delta


_Row = tuple[int, _Moves]


class _Pending(dict[int, "_Row | None"]):
    """For one thread: node (in its place in a packed state) -> the row of what it asks for there, None once it ended."""

    __slots__ = ("field", "machine", "thread")

    def __init__(self, machine: Machine, thread: int) -> None:
        self.machine = machine
        self.thread = thread
        self.field = FIELD << (thread * FIELD_BITS)

    def __missing__(self, field: int) -> _Row | None:
        self[field] = row = self.machine.learn_row(self.thread, field >> (self.thread * FIELD_BITS))
        return row
