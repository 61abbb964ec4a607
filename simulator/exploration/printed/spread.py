"""Many states as one: threads that can have gone on, in secret, to any of several places.

A step that leaves every shared object as it is (a read, a pause, a refused try) cannot be noticed by anybody but the
thread that does it. Whether it has been done already, or will be done now, need not be decided until it matters. So a
*spread state* holds the objects, and for each thread the set of nodes at which it may stand by now: all that it can reach
from where it last changed something, by steps that changed nothing, each at a time when the objects were as it needs them.

The states that it stands for are exactly all combinations. That is so because such steps of different threads do not
disturb each other: what a thread can do in secret depends only on what the objects have been meanwhile, never on what the
others did in secret. Products of sets of places, one for each thread, are the abstraction of thread-modular checking
(C. Flanagan and S. Qadeer, "Thread-modular model checking", SPIN 2003). The deviation: no step that changes an object is
ever joined with another one, so nothing is approximated, and a spread state that is met is met by a real execution.

It is packed as a state is, with the number of a set where a state has the number of a node.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence

from simulator.automaton import Node
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine
from simulator.objects.base import SharedObject
from simulator.objects.threads import NEW
from simulator.tables import FIELD, FIELD_BITS, OPTION_BITS

Act = tuple[int, int]
"""(code of a step that changes an object, the node at which its thread stands before it)"""

Useful = Callable[[Node, int], bool]
"""Whether a thread at this node, with these objects, can still do something that anybody is interested in."""


class Closed(dict[int, int]):
    """For one thread and one set of nodes: states of the objects that it watches -> the number of the set it becomes."""

    watched = 0

    def watch(self, fields: int) -> None:
        """Watch these fields of the objects, too. What was known is known no more if it did not look at all of them."""
        if fields & ~self.watched:
            self.watched |= fields
            self.clear()


class Spread:
    """The spread states of a machine. ``useful`` may give up nodes from which nothing of interest can come any more."""

    def __init__(self, machine: Machine, folding: Folding, useful: Useful) -> None:
        self._machine = machine
        self._folding = folding
        self._useful = useful
        self._threads = range(len(machine.program.names))
        self._low = FIELD_BITS * len(self._threads)
        self._daemons = bool(machine.program.daemons)
        self._needed = [place for place, name in enumerate(machine.program.names) if name not in machine.program.daemons]
        self._sets: list[tuple[int, ...]] = [(0,)]
        self._numbers: dict[tuple[int, ...], int] = {(0,): 0}
        self._closed: dict[tuple[int, int], Closed] = {}
        self.initial = self.closed(machine.initial)

    def objects(self, state: int) -> int:
        """What a spread state says of the objects, packed as in a state."""
        return state >> self._low << self._low

    def nodes(self, state: int, thread: int) -> tuple[int, ...]:
        """Where a thread may stand."""
        return self._sets[(state >> (thread * FIELD_BITS)) & FIELD]

    def key(self, state: int) -> int:
        """Equal for spread states that differ only in which interchangeable thread is which."""
        return self._folding.folded(state) if self._folding.active else state

    def closed(self, state: int) -> int:
        """The same after everything that the threads may do in secret now."""
        if self._has_finished(state):
            return state
        objects, alike = self.objects(state), self._are_alike()
        for thread in self._threads:
            shift = thread * FIELD_BITS
            number = (state >> shift) & FIELD
            known = self._closed.setdefault((-1 - self._machine.kinds[thread] if alike else thread, number), Closed())
            closed = known.get(objects & known.watched)
            if closed is None:
                closed = self._number(self._reach(thread, self._sets[number], objects, known))
                known[objects & known.watched] = closed
            state += (closed - number) << shift
        return state

    def _are_alike(self) -> bool:
        """Whether no object can tell threads that run the same function apart."""
        return not any(table.object.mentions_threads for table in self._machine.objects)

    def _has_finished(self, state: int) -> bool:
        """Whether only threads are left that are meant to run for ever: then they cannot step any more."""
        return self._daemons and all(self._has_ended(state, thread) for thread in self._needed)

    def _has_ended(self, state: int, thread: int) -> bool:
        worker = self._machine.program.workers.get(self._machine.program.names[thread])
        if worker is not None and self._machine.object_states(state)[worker] == NEW:
            return True  # nobody has started it, so nobody waits for it to end
        shift = thread * FIELD_BITS
        return all(self._machine.node(node << shift, thread).operation is None for node in self.nodes(state, thread))

    def _reach(self, thread: int, nodes: Sequence[int], objects: int, known: Closed) -> tuple[int, ...]:
        """These nodes and those that can be reached from them without a change, as far as they are of use."""
        reached = dict.fromkeys(nodes)
        waiting = list(nodes)
        for node in waiting:  # grows while it is walked
            for _, after, changed in self.steps(thread, node, objects):
                if changed == objects and after not in reached:
                    reached[after] = None
                    waiting.append(after)
        known.watch(self._asked(thread, reached))
        return tuple(sorted(node for node in reached if self._is_useful(thread, node, objects)))

    def _asked(self, thread: int, nodes: Iterable[int]) -> int:
        """The fields of the objects that decide what a thread can do at these nodes."""
        touched: set[SharedObject] = set()
        for node in nodes:
            operation = self._machine.node(node << (thread * FIELD_BITS), thread).operation
            touched.update(() if operation is None else operation.touches)
        worker = self._machine.program.workers.get(self._machine.program.names[thread])
        return sum(
            FIELD << table.shift for table in self._machine.objects if table.object in touched or table.object is worker
        )

    def _is_useful(self, thread: int, node: int, objects: int) -> bool:
        place = self._machine.node(node << (thread * FIELD_BITS), thread)
        return self._daemons or (place.operation is not None and self._useful(place, objects))

    def steps(self, thread: int, node: int, objects: int) -> Iterator[tuple[int, int, int]]:
        """(code, node after it, objects after it), for each step of a thread at a node."""
        shift = thread * FIELD_BITS
        alone = objects | node << shift
        operation = self._machine.node(alone, thread).operation
        if operation is None:
            return
        for option in range(len(operation.options) or 1):
            code = thread << OPTION_BITS | option
            after = self._machine.step(alone, code)
            if after is None:
                return
            yield code, (after >> shift) & FIELD, self.objects(after)

    def _number(self, nodes: tuple[int, ...]) -> int:
        number = self._numbers.setdefault(nodes, len(self._sets))
        if number == len(self._sets):
            self._sets.append(nodes)
        return number

    def acts(self, state: int) -> Iterator[tuple[Act, int]]:
        """Every step that changes an object, from a closed spread state, with what comes of it (not closed yet).

        Of interchangeable threads with equal sets only the first acts, if no object can tell them apart.
        """
        if self._has_finished(state):
            return
        objects, kinds = self.objects(state), self._machine.kinds
        alike = self._folding.active and self._are_alike()
        seen: set[tuple[int, int]] = set()
        for thread in self._threads:
            shift = thread * FIELD_BITS
            number = (state >> shift) & FIELD
            if alike and (kinds[thread], number) in seen:
                continue
            seen.add((kinds[thread], number))
            for node in self._sets[number]:
                for code, after, changed in self.steps(thread, node, objects):
                    if changed != objects:
                        others = state - objects - (number << shift)
                        yield (code, node), others + changed + (self._number((after,)) << shift)

    def act(self, state: int, act: Act) -> int:
        """What comes of one step that changes an object, closed."""
        code, node = act
        thread = code >> OPTION_BITS
        shift, objects = thread * FIELD_BITS, self.objects(state)
        assert node in self.nodes(state, thread), "a thread acts from where it may stand"
        after, changed = next((after, changed) for done, after, changed in self.steps(thread, node, objects) if done == code)
        number = (state >> shift) & FIELD
        return self.closed(state - objects - (number << shift) + changed + (self._number((after,)) << shift))


def path_of(spread: Spread, acts: Sequence[Act]) -> tuple[int, ...]:
    """The codes of the steps of a real execution in which these acts are done in this order.

    The secret steps between them are placed where few threads have to be interrupted for them.
    """
    moments = [spread.initial]
    for act in acts:
        moments.append(spread.act(moments[-1], act))
    secret: list[list[int]] = [[] for _ in acts]
    since: dict[int, tuple[int, int]] = {}  # thread -> (moment after its last act, node it came to)
    for moment, (code, node) in enumerate(acts):
        thread = code >> OPTION_BITS
        first, start = since.get(thread, (0, 0))
        for when, step in _secretly(spread, moments, thread, start, node, range(first, moment + 1)):
            secret[when].append(step)
        objects = spread.objects(moments[moment])
        after = next(after for done, after, _ in spread.steps(thread, node, objects) if done == code)
        since[thread] = (moment + 1, after)
    path: list[int] = []
    for moment, (code, _) in enumerate(acts):
        before = path[-1] >> OPTION_BITS if path else -1
        # Who has just stepped goes on first, and who is going to act comes last; stable, so each keeps its own order.
        path += sorted(secret[moment], key=lambda step: _turn(step >> OPTION_BITS, before, code >> OPTION_BITS))
        path.append(code)
    return tuple(path)


def _turn(thread: int, before: int, following: int) -> tuple[bool, bool, int]:
    return (thread == following, thread != before, thread)


def _secretly(
    spread: Spread, moments: Sequence[int], thread: int, start: int, goal: int, between: range
) -> tuple[tuple[int, int], ...]:
    """How a thread gets from one node to another without a change: (moment, code of a step), at few different moments.

    Dijkstra's algorithm, moment after moment: going on at a moment costs one, but nothing where the thread steps anyway.
    """
    ways: dict[int, tuple[int, int, tuple[tuple[int, int], ...]]] = {start: (0, 0, ())}
    for moment in between:
        objects = spread.objects(moments[moment])
        free = moment == between[-1] or (moment == between[0] and moment > 0)
        frontier = [(visits + (not free), steps, way, node) for node, (visits, steps, way) in ways.items()]
        heapq.heapify(frontier)
        settled: set[int] = set()
        while frontier:
            visits, steps, way, node = heapq.heappop(frontier)
            if node in settled:
                continue
            settled.add(node)
            if node not in ways or (visits, steps) < ways[node][:2]:
                ways[node] = (visits, steps, way)
            for code, after, changed in spread.steps(thread, node, objects):
                if changed == objects and after not in settled:
                    heapq.heappush(frontier, (visits, steps + 1, (*way, (moment, code)), after))
    return ways[goal][2]
