"""The tables of the machine: integers in, integers out; what is missing is learned when it is first looked up.

A global state is packed into one integer: a field of bits for each thread (the number of its node) and for each object
(the number of its state). A row tells, for one node of one thread, which fields matter to its next step, and what the step
adds to the packed state for each content of these fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from simulator.objects.base import SharedObject
from simulator.objects.values import value_key

FIELD_BITS = 24
"""How many bits of a packed state each thread and each object has: room for 16 million nodes, or states."""
FIELD = (1 << FIELD_BITS) - 1

OPTION_BITS = 8
"""What is done in a step is coded as one integer: the position of the thread, and in so many lower bits its option."""
OPTION = (1 << OPTION_BITS) - 1


class Learner(Protocol):
    """What the tables ask when they meet something new: the machine."""

    def learn_row(self, thread: int, node: int) -> Row | None:
        """The row of a thread for a node; None if it has ended there."""

    def learn_move(self, thread: int, node: int, tables: Sequence[ObjectTable], state: int) -> Delta:
        """What a step from that node adds to a packed state."""


class ObjectTable:
    """The states of one object that were met so far, numbered; the first is its initial state."""

    def __init__(self, object: SharedObject, shift: int, keep_all: bool) -> None:
        self.object = object
        self.essence = object.essence
        self.keep_all = keep_all
        self.shift = shift
        self.states: list[Any] = [object.initial]
        self._numbers: dict[Any, int] = {value_key(object.initial): 0}

    def state(self, packed: int) -> Any:
        """The state of the object in a packed state."""
        return self.states[(packed >> self.shift) & FIELD]

    def number(self, state: Any) -> int:
        """The number of a state; a new one if it was not met before."""
        state = state if self.keep_all else self.object.essential(state)
        number = self._numbers.setdefault(value_key(state), len(self.states))
        if number == len(self.states):
            self.states.append(state)
        return number


Delta = int | tuple[int, ...] | None
"""What a step adds to a packed state; several if the environment has a choice; None if it is blocked."""


class Moves(dict[int, Any]):
    """For one node of a thread: states of the objects it asks for (in their places in a packed state) -> what a step adds.

    None stands for blocked. A missing entry is learned when it is first looked up.
    """

    __slots__ = ("machine", "node", "tables", "thread")

    def __init__(self, machine: Learner, thread: int, node: int, tables: Sequence[ObjectTable]) -> None:
        self.machine = machine
        self.thread = thread
        self.node = node
        self.tables = tables

    def __missing__(self, fields: int) -> Delta:
        self[fields] = delta = self.machine.learn_move(self.thread, self.node, self.tables, fields)
        return delta


Row = tuple[int, Moves]


class Pending(dict[int, "Row | None"]):
    """For one thread: node (in its place in a packed state) -> the row of what it asks for there, None once it ended."""

    __slots__ = ("code", "field", "machine", "thread")

    def __init__(self, machine: Learner, thread: int) -> None:
        self.machine = machine
        self.thread = thread
        self.code = thread << OPTION_BITS
        self.field = FIELD << (thread * FIELD_BITS)

    def __missing__(self, field: int) -> Row | None:
        self[field] = row = self.machine.learn_row(self.thread, field >> (self.thread * FIELD_BITS))
        return row
