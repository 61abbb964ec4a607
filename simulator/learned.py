"""The program as learned automata: tables of integers that grow when something is asked for the first time.

Generators cannot be copied, so a thread is made an automaton: *node --answer--> node*, every node labelled with the
operation that is pending there, or with how the thread ended. A generator is run only when an answer arrives at a node
for the first time. Objects are automata too: their states are numbered as they are met. So a global state is a row of
small integers, packed into one: a step is two look-ups and an addition, and going back costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.automaton import Automaton, Node
from simulator.journal import MOVE, ROW, Journal, told
from simulator.objects.base import SharedObject
from simulator.objects.operations import BLOCKED, Operation
from simulator.objects.threads import ENDED, NEW, STARTED, Worker
from simulator.program import Program
from simulator.scheduler import duplicate_name
from simulator.tables import FIELD, FIELD_BITS, OPTION, OPTION_BITS, Delta, Moves, ObjectTable, Pending, Row

THREAD_STEPS = 2_000
"""How many steps one thread may take before it is taken to go on for ever."""

START = 0
"""The node of every thread at which it begins."""

Move = tuple[int, int]
"""(code of the step, state after it)"""


class Reconsider(Exception):
    """A thread has asked for something that makes more of an object's states matter: begin again, with a new machine."""


class LearnedProgram:
    """The program as learned automata; what its states mean is said by the `Machine`.

    ``merge=False`` makes every history of a thread a node of its own; otherwise histories that leave a thread in the same
    local state are one node; ``liveness=False`` tells them apart by the locals that are never read again, too. All have the
    same interleavings and outcomes. Raises `Reconsider` while it learns, unless
    ``keep_all`` makes it keep all of every state.
    """

    def __init__(
        self,
        program: Program,
        *,
        merge: bool = True,
        liveness: bool = True,
        max_thread_steps: int = THREAD_STEPS,
        keep_all: bool = False,
    ) -> None:
        self.program = program
        self.most_steps = max_thread_steps * len(program.names)
        """The number of steps after which one of the threads must have taken too many."""
        self._keep_all = keep_all
        self._chooses = False
        self.journal: Journal | None = None
        """What was learned, in order, for whoever wants to learn the same again; None: nobody does."""
        self.recalled: Sequence[int] = ()
        """How much of their states was essential to the first objects that are going to be met, if that is known."""
        self.kinds = program.kinds()
        self.initial = 0
        """The packed state in which every thread is at its first node and every object in its first state."""
        self.objects: list[ObjectTable] = []
        self._numbers: dict[int, int] = {}  # id of an object -> its place in `objects`, which keeps it alive
        self._automata = {
            kind: Automaton(program, program.names[kind], merge=merge, liveness=liveness, max_steps=max_thread_steps)
            for kind in sorted(set(self.kinds))
        }
        self._automaton = [self._automata[kind] for kind in self.kinds]
        self._pending = [Pending(self, thread) for thread in range(len(program.names))]
        self._fields = [(pending.field, pending) for pending in self._pending]
        self._needed = [position for position, name in enumerate(program.names) if name not in program.daemons]
        self._workers = {program.position(name): self._table(worker) for name, worker in program.workers.items()}

    # Walking: integers in, integers out

    def successors(self, state: int) -> list[int]:
        """The states after one step of each enabled thread, in the order of the threads. None: the execution has ended.

        A hot loop: two look-ups and an addition a step, nothing else. A choice has several results: adding those fails.
        """
        after = []
        try:
            for field, pending in self._fields:
                row = pending[state & field]
                if row is not None:
                    delta = row[1][state & row[0]]
                    if delta is not None:
                        after.append(state + delta)
        except TypeError:
            if not self._chooses:
                raise
            after = [next_state for _, next_state in self._moves_with_choices(state)]
        return after if not self.program.daemons or not self._has_finished(state) else []

    def moves(self, state: int) -> list[Move]:
        """The same, with what has to be done to get there. (The same hot loop, too.)"""
        after = []
        try:
            for field, pending in self._fields:
                row = pending[state & field]
                if row is not None:
                    delta = row[1][state & row[0]]
                    if delta is not None:
                        after.append((pending.code, state + delta))
        except TypeError:
            if not self._chooses:
                raise
            after = self._moves_with_choices(state)
        return after if not self.program.daemons or not self._has_finished(state) else []

    def _moves_with_choices(self, state: int) -> list[Move]:
        after = []
        for _, pending in self._fields:
            for option, delta in enumerate(self._deltas(state, pending)):
                after.append((pending.code + option, state + delta))
        return after

    def _deltas(self, state: int, pending: Pending) -> tuple[int, ...]:
        row = pending[state & pending.field]
        delta = None if row is None else row[1][state & row[0]]
        if delta is None:
            return ()
        return delta if isinstance(delta, tuple) else (delta,)

    def step(self, state: int, code: int) -> int | None:
        """The state after one step, as `moves` codes it; None if the thread is blocked, has ended, or has no such option."""
        deltas = self._deltas(state, self._pending[code >> OPTION_BITS])
        option = code & OPTION
        return state + deltas[option] if option < len(deltas) else None

    def fields_asked(self, state: int, thread: int) -> int | None:
        """The fields of a packed state that decide what comes of a thread's next step; None if it has ended."""
        pending = self._pending[thread]
        row = pending[state & pending.field]
        return None if row is None else pending.field | row[0]

    def answer(self, state: int, code: int) -> Any:
        """What a thread is told when it takes a step that is possible in this state."""
        thread = code >> OPTION_BITS
        operation = self.node(state, thread).operation
        assert operation is not None
        states = [self._table(object).state(state) for object in operation.touches]
        performed = operation.perform(states, thread, code & OPTION)
        assert performed is not BLOCKED
        return performed[1]

    def _has_finished(self, state: int) -> bool:
        return all(self.node(state, thread).operation is None or self._is_new(state, thread) for thread in self._needed)

    # Learning: what the tables ask for when they meet something new

    def learn_row(self, thread: int, node: int) -> Row | None:
        """The row of a thread's table for a node: the fields of what it asks for, and what comes of each of their states."""
        row = self._learn_row(thread, node)
        if self.journal is not None:
            self.journal.append((ROW, thread, node, *told(None if row is None else row[0])))
        return row

    def _learn_row(self, thread: int, node: int) -> Row | None:
        operation = self._automaton[thread].nodes[node].operation
        if operation is None:
            return None
        tables = [self._table(object) for object in operation.touches]
        waits_for_start = node == START and thread in self._workers
        watched = {*tables, self._workers[thread]} if waits_for_start else tables
        return sum(FIELD << table.shift for table in watched), Moves(self, thread, node, tables)

    def learn_move(self, thread: int, node: int, tables: Sequence[ObjectTable], state: int) -> Delta:
        """What a step adds to a packed state; None if it is blocked; one for each option if it is a choice."""
        delta = self._learn_move(thread, node, tables, state)
        if self.journal is not None:
            self.journal.append((MOVE, thread, node, state, *told(delta)))
        return delta

    def _learn_move(self, thread: int, node: int, tables: Sequence[ObjectTable], state: int) -> Delta:
        operation = self._automaton[thread].nodes[node].operation
        assert operation is not None
        if node == START and thread in self._workers and self._workers[thread].state(state) == NEW:
            return None
        if not operation.options:
            return self._learn_delta(thread, node, tables, state, 0)
        self._chooses = True
        deltas = [self._learn_delta(thread, node, tables, state, option) for option in range(len(operation.options))]
        return tuple(delta for delta in deltas if delta is not None)

    def _learn_delta(self, thread: int, node: int, tables: Sequence[ObjectTable], state: int, option: int) -> int | None:
        """The thread goes to its next node, the objects to their next states."""
        operation = self._automaton[thread].nodes[node].operation
        assert operation is not None
        performed = operation.perform([table.state(state) for table in tables], thread, option)
        if performed is BLOCKED:
            return None
        after, answer = performed
        change = 0
        for table, inner in zip(tables, after, strict=True):
            change += (table.number(self._or_ended(operation, inner)) << table.shift) - (state & (FIELD << table.shift))
        following = self._automaton[thread].follow(node, answer)
        self._reconsider()
        if thread in self._workers and self._automaton[thread].nodes[following].operation is None:
            worker = self._workers[thread]  # it can be joined from now on: that is no step of its own
            change += (worker.number(ENDED) - worker.number(STARTED)) << worker.shift
        return change + ((following - node) << (thread * FIELD_BITS))

    def _or_ended(self, operation: Operation[Any], after: Any) -> Any:
        """A worker without a single step has come to its end as soon as it is started."""
        if operation.method != "start" or not isinstance(operation.target, Worker) or after != STARTED:
            return after
        thread = self.program.position(operation.target.name)
        return ENDED if self._automaton[thread].nodes[START].operation is None else after

    def _reconsider(self) -> None:
        if not self._keep_all and any(table.object.essence != table.essence for table in self.objects):
            self.close()
            raise Reconsider

    def _table(self, object: SharedObject) -> ObjectTable:
        number = self._numbers.get(id(object))
        if number is not None:
            return self.objects[number]
        if any(table.object.name == object.name and table.object.kind == object.kind for table in self.objects):
            raise duplicate_name(object)
        for essence in self.recalled[len(self.objects) : len(self.objects) + 1]:
            object.recall(essence)
        table = ObjectTable(object, FIELD_BITS * (len(self.program.names) + len(self.objects)), self._keep_all)
        self._numbers[id(object)] = len(self.objects)
        self.objects.append(table)
        return table

    def place(self, object: SharedObject) -> int:
        """Where an object stands among `objects`."""
        self._table(object)
        return self._numbers[id(object)]

    def close(self) -> None:
        """Let go of the suspended generators. The machine can still be asked, and still learns."""
        for automaton in self._automata.values():
            automaton.close()

    def row(self, thread: int, node: int) -> Row | None:
        """The row of a thread's table for a node, learned if it is not known yet."""
        pending = self._pending[thread]
        return pending[node * (pending.field & -pending.field)]

    def thread_fields(self) -> list[int]:
        """For each thread the bits of a packed state that hold its node."""
        return [pending.field for pending in self._pending]

    def needed_threads(self) -> list[tuple[int, int]] | None:
        """If there are daemons, the other threads, each with the bits that are 0 until it is started (no bits: it runs)."""
        if not self.program.daemons:
            return None
        workers = self._workers
        return [(thread, FIELD << workers[thread].shift if thread in workers else 0) for thread in self._needed]

    def operation(self, thread: int, node: int) -> Operation[Any] | None:
        """What a thread asks for at a node; None if it has ended there."""
        return self._automaton[thread].nodes[node].operation

    def node(self, state: int, thread: int) -> Node:
        """The node of a thread in a state."""
        return self._automaton[thread].nodes[(state >> (thread * FIELD_BITS)) & FIELD]

    def _is_new(self, state: int, thread: int) -> bool:
        return thread in self._workers and self._workers[thread].state(state) == NEW
