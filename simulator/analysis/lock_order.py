"""The order in which locks are taken: an edge from L to M where a thread took M, or asked for it, while it held L.

A circle is a potential deadlock, also where no run deadlocked: the threads have only to meet. That is the GoodLock algorithm
(K. Havelund, "Using Runtime Analysis to Guide Model Checking of Java Programs", SPIN 2000), in the form for any number of
threads of S. Bensalem and K. Havelund, "Dynamic Deadlock Analysis of Multi-threaded Programs" (Haifa Verification
Conference 2005): the steps of a circle have to belong to different threads, and no two of them may be guarded by one lock,
a *gate*. What orders threads in other ways (start and join, events, queues) is not looked at, and can make a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import networkx

from simulator.analysis.drawn import DrawnGraph
from simulator.analysis.lock_circles import Taking, circles
from simulator.analysis.moments import moment, source_of
from simulator.execution import Execution
from simulator.objects.base import SharedObject
from simulator.objects.locks import Lock, RLock
from simulator.objects.operations import BLOCKED, Operation
from simulator.objects.readers_writers import ReadWriteLock
from simulator.program import Program
from simulator.scheduler import Scheduler
from simulator.words import count

if TYPE_CHECKING:
    from simulator.exploration.results import Exploration
    from simulator.exploration.state_graph import StateGraph

Graph: TypeAlias = "networkx.DiGraph[str]"
LOCKS = (Lock, RLock, ReadWriteLock)
Held = Mapping[SharedObject, bool]
"""The locks that a thread holds, and whether it holds each alone (and not as a reader)."""


def lock_order_graph(of: Execution | Iterable[Execution] | StateGraph | Exploration | Program) -> Graph:
    """Draw up in which order locks are taken: in one execution, in several, or in all that a program has.

    For a `StateGraph` every interleaving counts; a program, or an exploration of one, is walked likewise, up to the states
    that `state_graph` allows. Nodes are the locks (`Lock`, `RLock`, `ReadWriteLock`; no semaphores: anybody may release
    them), in the order in which they were made, with ``type``. An edge has ``takings``: who took, or waited for, the second
    lock while holding the first, each with ``thread``, ``location``, ``held`` and ``took``. What cannot wait
    (``blocking=False``, a timeout) makes no edge. A thread that waits for what it holds itself is a circle of one lock.

    ``graph.graph`` has ``picture`` ("lock-order"), ``threads``, ``source``, ``schedule`` (of a single execution),
    ``circles`` (of `Circle`; the dangerous ones first), ``complete`` (whether these are all circles), ``looked_at`` (in
    words) and ``deadlocks`` (how many of what was looked at end in a deadlock; None: endlessly many). Raises ValueError for
    an execution that was read from a file, and `TooLarge` for a program with too many states.
    """
    program, takings, looked_at, deadlocks = _looked_at(of)
    locks: dict[SharedObject, None] = {}
    found: dict[tuple[SharedObject, SharedObject], dict[Taking, None]] = {}
    for taking in takings:
        for lock in (*dict(taking.held), taking.lock):
            locks.setdefault(lock)
        for lock, _ in taking.held:
            if lock is not taking.lock or not taking.took:
                found.setdefault((lock, taking.lock), {}).setdefault(taking)
    names = _names(sorted(locks, key=lambda lock: lock.serial))
    graph: Graph = DrawnGraph(
        picture="lock-order",
        threads=program.names if program else (),
        source=source_of(program),
        looked_at=looked_at,
        deadlocks=deadlocks,
    )
    graph.add_nodes_from((name, {"type": lock.kind}) for lock, name in names.items())
    in_order = sorted(found, key=lambda pair: (pair[0].serial, pair[1].serial))
    for pair in in_order:
        graph.add_edge(names[pair[0]], names[pair[1]], takings=tuple(_data(taking) for taking in _once(found[pair])))
    by_name = {(names[first], names[last]): _once(found[first, last]) for first, last in in_order}
    if isinstance(of, Execution):
        graph.graph["schedule"] = str(of.schedule)
    all_circles, complete = circles(list(graph), by_name, len(graph.graph["threads"]))
    graph.graph |= {"circles": tuple(all_circles), "complete": complete}
    return graph


Looked = tuple[Program | None, list[Taking], str, int | None]


def _looked_at(of: Any) -> Looked:
    """The program, everything that was taken, what was looked at in words, and how much of it deadlocks."""
    if isinstance(of, Program):
        return _all_of(_state_graph(of))
    if not hasattr(of, "states"):
        executions = _executions(of)
        takings = [taking for execution in executions for taking in _in_execution(execution)]
        deadlocks = sum(execution.outcome.status == "deadlock" for execution in executions)
        many = count(len(executions), "execution")
        return (executions[0].program if executions else None), takings, many, deadlocks
    return _all_of(of if hasattr(of, "edges") else _state_graph(of.program))


def _executions(of: Any) -> list[Execution]:
    executions = [of] if isinstance(of, Execution) else list(of) if isinstance(of, Iterable) else [of]
    for execution in executions:
        if not isinstance(execution, Execution):
            raise TypeError(
                "lock_order_graph() was expecting executions, a program, its state graph or an exploration of it, "
                f"but got {type(execution).__name__}"
            )
    return executions


def _state_graph(program: Program) -> StateGraph:
    from simulator.exploration.state_graph import state_graph

    return state_graph(program)


def _all_of(graph: StateGraph) -> Looked:
    number = graph.interleavings
    many = (
        "all interleavings" if number is None else f"all {number:,} interleavings" if number > 1 else "the only interleaving"
    )
    stuck = [state.paths_to for state in graph.states if state.outcome is not None and state.outcome.status == "deadlock"]
    counted = [number for number in stuck if number is not None]
    return graph.program, list(_in_graph(graph)), many, sum(counted) if len(counted) == len(stuck) else None


def _in_execution(execution: Execution) -> Iterator[Taking]:
    """What was taken in one execution, which is run once more; and what its threads wait for at its end."""
    program = moment(execution, 0).program  # or this says why nobody knows
    with Scheduler(program) as scheduler:
        before = _holdings(program, scheduler.states)
        for step in execution.schedule:
            event = scheduler.step(step)
            after = _holdings(program, scheduler.states)
            yield from _taken(event.thread, event.operation, str(event.location or "") or None, before, after)
            before = after
        scheduler.enabled()
        for name in program.names:
            operation = scheduler.bodies[name].pending
            if operation is not None and not scheduler.is_enabled(name):
                place = scheduler.bodies[name].place
                yield from _asked(program, name, operation, str(place or "") or None, scheduler.states, before)


def _in_graph(graph: StateGraph) -> Iterator[Taking]:
    """The same for all states: every step that takes a lock, and every thread that waits for one."""
    program = graph.program
    holdings = [_holdings(program, state.object_states) for state in graph.states]
    for edge in graph.edges:
        place = graph.states[edge.source].places.get(edge.thread)
        where = str(place) if place is not None else None
        yield from _taken(edge.thread, edge.operation, where, holdings[edge.source], holdings[edge.target])
    for state, held in zip(graph.states, holdings, strict=True):
        for name, operation in state.waiting.items():
            place = state.places.get(name)
            where = str(place) if place is not None else None
            yield from _asked(program, name, operation, where, state.object_states, held)


def _holdings(program: Program, states: Mapping[SharedObject, Any]) -> dict[str, Held]:
    """What every thread holds."""
    held: dict[str, dict[SharedObject, bool]] = {name: {} for name in program.names}
    for lock in sorted((object for object in states if isinstance(object, LOCKS)), key=lambda lock: lock.serial):
        alone = not isinstance(lock, ReadWriteLock) or states[lock][1] is not None
        for position in lock.holders(states[lock]):
            held[program.names[position]][lock] = alone
    return dict(held)


def _taken(
    thread: str, operation: Operation[Any], where: str | None, before: Mapping[str, Held], after: Mapping[str, Held]
) -> Iterator[Taking]:
    """The locks that a thread holds after its step and did not hold before, unless it only tried."""
    for lock, alone in after[thread].items():
        if lock not in before[thread]:
            held = () if operation.keywords else tuple(before[thread].items())
            yield Taking(thread, lock, where, alone, held, took=True)


def _asked(
    program: Program,
    name: str,
    operation: Operation[Any],
    where: str | None,
    states: Mapping[SharedObject, Any],
    held: Mapping[str, Held],
) -> Iterator[Taking]:
    """The lock that a blocked thread waits for, if it is one."""
    if operation.target is None:
        return
    inner = [states.get(object, object.initial) for object in operation.touches]
    position = program.position(name)
    if operation.perform(inner, position) is not BLOCKED:
        return
    lock, _ = operation.target.blockers(inner, operation, position)
    if isinstance(lock, LOCKS):
        yield Taking(name, lock, where, operation.method != "acquire_read", tuple(held[name].items()), took=False)


def _names(locks: Sequence[SharedObject]) -> dict[SharedObject, str]:
    """The names of the nodes; two locks of different kinds may have the same one."""
    names: dict[SharedObject, str] = {}
    for lock in locks:
        names[lock] = lock.name if lock.name not in names.values() else f"{lock.name} ({lock.kind})"
    return names


def _once(takings: Iterable[Taking]) -> tuple[Taking, ...]:
    """Without those that are only waited for, where the same is taken in another run."""
    taken = {taking for taking in takings if taking.took}
    return tuple(taking for taking in takings if taking.took or replace(taking, took=True) not in taken)


def _data(taking: Taking) -> dict[str, Any]:
    held = tuple(lock.name for lock, _ in taking.held)
    return {"thread": taking.thread, "location": taking.location, "held": held, "took": taking.took}
