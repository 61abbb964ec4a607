"""Which threads can ever have to do with each other: groups that share nothing, found and not declared.

Every thread begins as a group of its own. A group is explored alone, while all others stand at their start; whenever one of
its threads asks for an object that a thread of another group has asked for, the two groups become one, and everything is
looked at again. At the fixpoint no group, explored alone, meets an object that another one meets.

Then the groups never notice each other, in any execution of the whole program. By induction on its steps: as long as the
steps of each group, taken out of the execution, are an execution of that group alone, each thread asks only for objects
that its group has met; their states were changed by nobody else; so whether it is blocked, what it is answered and where it
comes to are what they are in its group alone. And the reverse: any shuffle of executions of the groups is one of the whole.

A worker and whoever starts it, joins it or asks for it share the worker, which is an object like any other. Only daemons
have to do with threads with which they share nothing: they stop when all the others have ended. So programs with daemons
are not split.

Nothing is walked that exploring the whole program would not walk too: what a group can do alone, it can do while the others
stand at their start. So a program that turns out to be one group late takes at most twice the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from simulator.machine import Machine
from simulator.objects.base import SharedObject
from simulator.tables import Row

Threads = tuple[int, ...]
"""The positions of the threads of one group, in order."""

MOST_LOOKED_AT = 20_000
"""How many states are walked in vain before splitting is given up."""


class Regrouped(Exception):
    """A thread has asked for an object of another group: the two groups are one from now on."""


class Grouping:
    """A partition of the threads that only ever grows coarser, and the objects that each group has met."""

    def __init__(self, machine: Machine) -> None:
        self.program = program = machine.program
        self._leader = list(range(len(program.names)))
        self._met: dict[
            int, tuple[SharedObject, int]
        ] = {}  # id of an object -> the object, which lives on here, and a thread
        for name, worker in program.workers.items():
            self.meets(program.position(name), [worker])
        first = {thread: machine.node(machine.initial, thread).operation for thread in range(len(program.names))}
        self._acting = [thread for thread, operation in first.items() if operation is not None]
        for thread, operation in first.items():
            self.meets(thread, () if operation is None else operation.touches)

    @property
    def splits(self) -> bool:
        """Whether threads that have something to do are still in more than one group."""
        return len({self._leader[thread] for thread in self._acting}) > 1

    def meets(self, thread: int, objects: Iterable[SharedObject]) -> bool:
        """Note what a thread asks for; answer whether that has made two groups one."""
        grown = False
        for object in objects:
            _, other = self._met.setdefault(id(object), (object, thread))
            grown = self.unite(thread, other) or grown
        return grown

    def unite(self, first: int, second: int) -> bool:
        """Make the groups of two threads one; answer whether they were two."""
        old, new = self._leader[first], self._leader[second]
        self._leader = [new if leader == old else leader for leader in self._leader]
        return old != new

    def groups(self) -> list[Threads]:
        """The groups, in the order of their first threads."""
        members: dict[int, list[int]] = {}
        for thread, leader in enumerate(self._leader):
            members.setdefault(leader, []).append(thread)
        return [tuple(threads) for threads in members.values()]

    def objects(self, group: Threads) -> list[SharedObject]:
        """What the threads of a group have met, in the order of making."""
        met = [object for object, thread in self._met.values() if self._leader[thread] == self._leader[group[0]]]
        return sorted(met, key=attrgetter("serial"))


class GroupMachine(Machine):
    """A machine that can be made to step some threads only, and that tells a `Grouping` what each of them asks for."""

    def __init__(self, grouping: Grouping, **how: Any) -> None:
        super().__init__(grouping.program, **how)
        self._grouping = grouping

    def learn_row(self, thread: int, node: int) -> Row | None:
        operation = self._automaton[thread].nodes[node].operation
        if operation is not None and self._grouping.meets(thread, operation.touches):
            raise Regrouped
        return super().learn_row(thread, node)

    @contextmanager
    def only(self, threads: Threads) -> Iterator[None]:
        """Step these threads only, and call no others interchangeable, inside a ``with`` block."""
        fields, kinds = self._fields, self.kinds
        self._fields = [(pending.field, pending) for pending in map(self._pending.__getitem__, threads)]
        self.kinds = tuple(kind if thread in threads else -1 - thread for thread, kind in enumerate(kinds))
        try:
            yield
        finally:
            self._fields, self.kinds = fields, kinds


def look_at_each_alone(grouping: Grouping, machine: GroupMachine) -> None:
    """Go through the states of each thread alone, for a while: what most threads share they ask for whatever happens."""
    left = MOST_LOOKED_AT
    for (thread,) in [group for group in grouping.groups() if len(group) == 1]:
        with machine.only((thread,)):
            again = True
            while again and left > 0 and grouping.splits:
                try:
                    left -= _look_around(machine, left)
                    again = False
                except Regrouped:  # what was learned so far is kept: it meets the others that it shares something with
                    left -= 1


def _look_around(machine: Machine, most: int) -> int:
    """Go to the states of one thread alone, but to no more than so many; answer how many they are."""
    seen = {machine.initial}
    queue = [machine.initial]
    for state in queue:  # the queue grows while it is walked
        for after in machine.successors(state):
            if after not in seen and len(seen) < most:
                seen.add(after)
                queue.append(after)
    return len(seen)
