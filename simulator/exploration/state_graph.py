"""The state graph of a small program as one value: what the pictures of many interleavings, and the pages, are made of.

A state is what the threads still ask for and what the objects hold; an edge is one step. An interleaving is a path from the
start to an end, so the number of interleavings through an edge is the number of paths to its source times the number of
paths from its target: two sweeps in topological order, one forwards and one backwards (A. B. Kahn, CACM 5(11), 1962).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from simulator.errors import ScheduleError, TooLarge
from simulator.execution import Execution
from simulator.exploration.search import confirmed
from simulator.exploration.spot_checks import spot_check
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.location import Location
from simulator.machine import Machine
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.showing import Shown
from simulator.tables import OPTION, OPTION_BITS

MAX_STATES = 5_000


@dataclass(frozen=True, slots=True)
class State:
    """One state: the values of the objects, and where every thread is that has not ended.

    ``waiting`` is what each of them asks for next, and ``places`` where that stands in the user's code. ``outcome`` is None
    unless an execution ends here. ``paths_to`` is the number of ways from the start to here, ``paths_from`` the number of
    ways from here to an end; None where there is no end to them.
    """

    index: int
    values: Final
    waiting: dict[str, Operation[Any]]
    places: dict[str, Location | None]
    outcome: Outcome | None
    paths_to: int | None
    paths_from: int | None
    object_states: Mapping[SharedObject, Any] = field(default_factory=dict, repr=False)
    """What is behind the values: who holds a lock, for example."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from state ``source`` to state ``target`` (their places in ``states``), as a schedule spells it.

    ``interleavings`` is the number of interleavings that take this step; None where there is no end to them.
    """

    source: int
    target: int
    step: str
    thread: str
    operation: Operation[Any]
    answer: Any
    interleavings: int | None


@dataclass(frozen=True, eq=False, repr=False)
class StateGraph(Shown):
    """All states of a program, the start first, in the order in which breadth-first search meets them; and all steps.

    Steps come in the order of their sources, those of one state in program order.
    """

    program: Program
    states: tuple[State, ...]
    edges: tuple[Edge, ...]

    def __repr__(self) -> str:
        return f"StateGraph({len(self.states)} states, {len(self.edges)} steps)"

    @property
    def interleavings(self) -> int | None:
        """How many interleavings there are; None if there is no end to them."""
        return self.states[0].paths_from

    @cached_property
    def after(self) -> tuple[tuple[Edge, ...], ...]:
        """For each state, the steps that can be taken there."""
        steps: list[list[Edge]] = [[] for _ in self.states]
        for edge in self.edges:
            steps[edge.source].append(edge)
        return tuple(map(tuple, steps))

    def path(self, schedule: str | Sequence[str] | Execution) -> tuple[Edge, ...]:
        """The steps of an execution, or of a schedule, which may stop early. Raises `ScheduleError` where there is none."""
        if isinstance(schedule, Execution):
            schedule = schedule.schedule
        if isinstance(schedule, str):
            schedule = Schedule.parse(schedule, self.program.names)
        path: list[Edge] = []
        for number, wanted in enumerate(schedule, start=1):
            here = path[-1].target if path else 0
            steps = {edge.step: edge for edge in self.after[here]}
            if wanted not in steps:
                could = f"only {', '.join(steps)}" if steps else "nobody"
                raise ScheduleError(
                    f"step {number} of {str(Schedule(schedule))!r} wants {wanted}, but {could} can step there.",
                    number,
                    wanted,
                    tuple(dict.fromkeys(edge.thread for edge in steps.values())),
                )
            path.append(steps[wanted])
        return tuple(path)


def state_graph(
    program: Program, *, max_states: int = MAX_STATES, merge: bool = True, max_steps: int = THREAD_STEPS
) -> StateGraph:
    """Answer all states and steps of a small program, with the number of interleavings through each.

    Nothing is folded by symmetry: threads keep their names. ``merge=False`` tells states apart by all that their threads
    were told. One execution for each outcome is re-run on the live scheduler. Raises `TooLarge` above ``max_states``, and
    what `explore` raises for programs that are none.

    >>> from simulator import Program, sleep
    >>> def one_step():
    ...     yield sleep(1)
    >>> graph = state_graph(Program(A=one_step, B=one_step))
    >>> [(edge.step, edge.source, edge.target, edge.interleavings) for edge in graph.edges]
    [('A', 0, 1, 1), ('B', 0, 2, 1), ('B', 1, 3, 1), ('A', 2, 3, 1)]
    """
    if not isinstance(max_states, int) or isinstance(max_states, bool) or max_states < 1:
        raise ValueError(f"max_states has to be a number of states, at least 1, but is {max_states!r}")
    while True:
        machine = Machine(program, merge=merge, max_thread_steps=max_steps)
        try:
            return _graph(machine, max_states)
        except Reconsider:
            continue
        finally:
            machine.close()


def _graph(machine: Machine, max_states: int) -> StateGraph:
    """Breadth first; then the numbers; and only then what the states stand for, when every object is known."""
    queue, moves = _walk(machine, max_states)
    targets = [[target for _, target in steps] for steps in moves]
    paths_to, paths_from = _paths(targets)
    states = tuple(
        _state(machine, number, packed, bool(moves[number]), paths_to[number], paths_from[number])
        for number, packed in enumerate(queue)
    )
    edges = tuple(
        _edge(machine, queue[source], code, source, target, _product(paths_to[source], paths_from[target]))
        for source, steps in enumerate(moves)
        for code, target in steps
    )
    _confirm(machine, states, edges)
    return StateGraph(machine.program, states, edges)


def _walk(machine: Machine, max_states: int) -> tuple[list[int], list[list[tuple[int, int]]]]:
    """The packed states in the order in which they are met, and for each the codes of its steps and where they lead."""
    queue = [machine.initial]
    places = {machine.initial: 0}
    moves: list[list[tuple[int, int]]] = []
    for packed in queue:  # it grows while it is walked
        steps = []
        for code, after in machine.moves(packed):
            place = places.setdefault(after, len(queue))
            if place == len(queue):
                if place >= max_states:
                    raise _too_many(machine.program, max_states)
                queue.append(after)
            steps.append((code, place))
        moves.append(steps)
    return queue, moves


def _paths(targets: list[list[int]]) -> tuple[list[int | None], list[int | None]]:
    """How many paths lead from the start to each state, and from each state to an end; None: there is no end to them."""
    sources: list[list[int]] = [[] for _ in targets]
    for source, after in enumerate(targets):
        for target in after:
            sources[target].append(source)
    paths_to = _numbers(sources, targets, lambda state: int(state == 0))
    return paths_to, _numbers(targets, sources, lambda state: int(not targets[state]))


def _numbers(before: list[list[int]], after: list[list[int]], own: Callable[[int], int]) -> list[int | None]:
    """The number of each state: its own, plus those of the states before it; None on a circle, and behind one."""
    numbers: list[int | None] = [None] * len(before)
    missing = [len(sources) for sources in before]
    ready = [state for state, number in enumerate(missing) if not number]
    while ready:
        state = ready.pop()
        numbers[state] = own(state) + sum(numbers[source] or 0 for source in before[state])
        for following in after[state]:
            missing[following] -= 1
            if not missing[following]:
                ready.append(following)
    return numbers


def _product(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first * second


def _state(machine: Machine, index: int, packed: int, goes_on: bool, to: int | None, since: int | None) -> State:
    waiting = machine.waiting(packed)
    places = {name: machine.node(packed, machine.program.position(name)).place for name in waiting}
    outcome = None if goes_on else machine.outcome(packed)
    objects = dict(sorted(machine.object_states(packed).items(), key=lambda entry: entry[0].serial))
    return State(index, machine.values(packed), waiting, places, outcome, to, since, objects)


def _edge(machine: Machine, packed: int, code: int, source: int, target: int, interleavings: int | None) -> Edge:
    thread = machine.program.names[code >> OPTION_BITS]
    operation = machine.node(packed, code >> OPTION_BITS).operation
    assert operation is not None, "a thread that has ended takes no step"
    step = f"{thread}={code & OPTION}" if operation.options else thread
    return Edge(source, target, step, thread, operation, machine.answer(packed, code), interleavings)


def _confirm(machine: Machine, states: Sequence[State], edges: Sequence[Edge]) -> None:
    """Re-run one execution for each outcome, and some at random; raise `NondeterministicProgram` if one ends differently."""
    first_by: dict[int, Edge] = {}
    for edge in edges:
        first_by.setdefault(edge.target, edge)
    first_by.pop(0, None)
    seen = set()
    for state in states:
        if state.outcome is None or state.outcome.key in seen:
            continue
        seen.add(state.outcome.key)
        path, here = [], state.index
        while here:
            path.append(machine.code(first_by[here].step))
            here = first_by[here].source
        confirmed(machine, tuple(path[::-1]), state.outcome)
    spot_check(machine)


def _too_many(program: Program, max_states: int) -> TooLarge:
    return TooLarge(
        f"{program} has more than {max_states:,} states, and state_graph was asked for at most so many.\n"
        "A graph is for small programs: take fewer threads or fewer steps, or give it more with max_states=.\n"
        "What needs no graph: explore(program) counts states and interleavings of any number."
    )
