"""Who waits for whom: the wait-for graph, the resource-allocation graph, and the circle in them.

Both graphs go back to R. C. Holt, "Some Deadlock Properties of Computer Systems" (Computing Surveys 4(3), 1972). Where
every object has one unit, a circle is a deadlock; with several units it is only a possible one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any, TypeAlias

import networkx

from simulator.analysis.drawn import DrawnGraph
from simulator.analysis.lacks import lack
from simulator.analysis.moments import GOES_FIRST, JOINED, Moment, Standing, moment, source_of
from simulator.analysis.queueing import in_line, remark, woken
from simulator.execution import Execution
from simulator.objects.barriers import Barrier
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.objects.guards import Acquirable
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore
from simulator.objects.threads import Worker

Graph: TypeAlias = "networkx.DiGraph[str]"


def wait_for_graph(execution: Execution, step: int | None = None) -> Graph:
    """Draw up who waits for whom, at the end or after `step` steps.

    Every thread of the program is a node, in program order, with ``state`` ("blocked", "enabled", "ended", "failed", "not
    started"), ``waits_for`` (the operation a blocked thread cannot perform, else None), ``location``, ``holds`` (names of
    objects), ``error`` (what a failed thread failed with) and ``lack`` (where a thread waits for something that nobody
    holds: for what, and what is missing, in words; else None).

    An edge goes from a blocked thread to every thread in its way, with ``object``, ``operation``, ``location``, ``units``
    and ``how`` the other one is in the way: "holds", "reads" or "writes" (a readers-writer lock), "waits to write" (it
    does, and writers go first), "took a unit" (of a semaphore, and has not put it back), "is joined". Also to a thread that
    has ended and never gave it back; to itself, if it has it already. What nobody holds (an empty queue, a condition that
    nobody notifies) makes no edge.

    ``graph.graph`` has ``picture`` ("wait-for"), ``threads``, ``schedule``, ``caption`` and ``source``. Raises ValueError if
    there is no such step, or if the execution was read from a file and has no program.
    """
    return wait_for_graph_of(moment(execution, step))


def wait_for_graph_of(now: Moment) -> Graph:
    """The same for a moment that was found already."""
    graph = _new_graph("wait-for", now)
    for thread in now.threads:
        for holder in thread.in_the_way:
            assert thread.obstacle is not None
            graph.add_edge(
                thread.name,
                holder,
                object=thread.obstacle.name,
                operation=repr(thread.operation),
                location=_text(thread.location),
                units=thread.obstacle.units(),
                how=thread.how,
            )
    return graph


def resource_allocation_graph(execution: Execution, step: int | None = None) -> Graph:
    """Draw up who asks for what and who has it, at the end or after `step` steps.

    Nodes are the threads (``kind`` "thread", and the attributes they have in `wait_for_graph`) and the objects: ``kind``
    "object", ``object`` its name, ``type`` its class, ``units`` how many dots it has (taken and free units, 0 for what is
    not acquired, such as a queue), ``free`` how many of them are, ``queue`` who waits inside a condition or a barrier, the
    longest first, ``woken`` who was woken from a condition and has not got the lock yet, ``remark`` how it stands in a few
    words.

    Edges are ``kind`` "request", from a blocked thread to the object in its way; "assignment", from an object to the thread
    that has it, ``units`` of it, ``how`` as in `wait_for_graph`; "announcement", from a readers-writer lock to a writer
    that goes before a reader; "join", from a thread to the thread whose end it waits for.

    An object is there if it can be acquired and was used, or if somebody is blocked on it. Its node is called by its name;
    if something else has that name too, by what it is: ``Lock('A')``. Raises as `wait_for_graph` does.
    """
    now = moment(execution, step)
    graph = _new_graph("resource-allocation", now)
    nodes = _node_names(_shown(now), graph)
    for object, node in nodes.items():
        _add_object(graph, node, object, now)
    for thread in now.threads:
        _add_request(graph, thread, nodes)
    for object, node in nodes.items():
        for holder, units in Counter(now.holders[object]).items():
            graph.add_edge(node, holder, kind="assignment", units=units, how=now.how_held(object))
    return graph


def _shown(now: Moment) -> list[SharedObject]:
    """The objects worth showing. A worker is shown as the thread that it is."""
    wanted = [thread.obstacle for thread in now.threads if thread.obstacle is not None]
    shown = []
    for object in now.states:
        used = isinstance(object, Acquirable) and not isinstance(object, Condition)
        occupied = now.holders[object] or in_line(object, now) or woken(object, now)
        if (used or occupied or object in wanted) and not isinstance(object, Worker):
            shown.append(object)
    return shown


def _add_object(graph: Graph, node: str, object: SharedObject, now: Moment) -> None:
    held = len(now.holders[object])
    units = object.units() if isinstance(object, Acquirable) or held else 0
    if isinstance(object, Condition | Barrier):
        units = 0
    elif isinstance(object, Semaphore):
        units = held + now.states[object]
    elif isinstance(object, ReadWriteLock):
        units = max(1, held)
    graph.add_node(
        node,
        kind="object",
        object=object.name,
        type=object.kind,
        units=units,
        free=units - held,
        queue=in_line(object, now),
        woken=woken(object, now),
        remark=remark(object, now),
    )


def _add_request(graph: Graph, thread: Standing, nodes: dict[SharedObject, str]) -> None:
    asked = {"operation": repr(thread.operation), "location": _text(thread.location)}
    if thread.obstacle in nodes:
        node = nodes[thread.obstacle]
        graph.add_edge(thread.name, node, kind="request", waits_for=thread.in_the_way, how=thread.how, **asked)
        for writer in thread.in_the_way if thread.how == GOES_FIRST else ():
            graph.add_edge(node, writer, kind="announcement", how=thread.how)
    elif thread.obstacle is not None:
        for other in thread.in_the_way:
            graph.add_edge(thread.name, other, kind="join", object=thread.obstacle.name, how=JOINED, units=1, **asked)


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """Answer the threads of a circle, each waiting for the next and the last for the first; () if there is none.

    It begins with the first thread, in program order, that is on any circle, and is the shortest one through it; but if that
    thread is on one with others, this one is told, and not that it is in its own way too. Takes either of the two graphs; in
    a resource-allocation graph the objects are left out.
    """
    return next(iter(find_cycles(graph)), ())


def find_cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """One circle for each group of threads that wait for each other, in program order; see `find_cycle`."""
    order = _in_order(graph)
    waiting = _who_for_whom(graph)
    cycles: list[tuple[str, ...]] = []
    components = [group for group in networkx.strongly_connected_components(waiting) if _is_circular(waiting, group)]
    for component in sorted(components, key=lambda members: min(map(order.__getitem__, members))):
        first = min(component, key=order.__getitem__)
        cycles.append(tuple(_shortest_circle(waiting, first, order, alone=len(component) == 1)))
    return tuple(cycles)


def _who_for_whom(graph: Graph) -> Graph:
    """Either graph, with threads only."""
    threads = [node for node in graph if _is_thread(graph, node)]
    waiting: Graph = networkx.DiGraph()
    waiting.add_nodes_from(threads)
    for name in threads:
        for _, other, data in graph.out_edges(name, data=True):
            others = [other] if _is_thread(graph, other) else data.get("waits_for", graph.successors(other))
            waiting.add_edges_from((name, holder) for holder in others if holder in graph)
    return waiting


def _is_circular(waiting: Graph, component: set[str]) -> bool:
    return len(component) > 1 or any(waiting.has_edge(node, node) for node in component)


def _shortest_circle(waiting: Graph, start: str, order: dict[str, int], alone: bool) -> list[str]:
    """Breadth first from `start`, neighbours in order: the first way back is a shortest one, and always the same."""
    ways = deque([[start]])
    reached = {start}
    while ways:
        way = ways.popleft()
        for neighbour in sorted(waiting.successors(way[-1]), key=order.__getitem__):
            if neighbour == start and (alone or len(way) > 1):
                return way
            if neighbour not in reached:
                reached.add(neighbour)
                ways.append([*way, neighbour])
    return []


def _new_graph(picture: str, now: Moment) -> Graph:
    graph: Graph = DrawnGraph(
        picture=picture,
        threads=now.program.names,
        schedule=str(now.schedule),
        caption=f"schedule {now.schedule}: {now.outcome}" if now.schedule else f"before the first step: {now.outcome}",
        source=source_of(now.program),
    )
    for thread in now.threads:
        missing = lack(thread, now) if thread.state == "blocked" and not thread.in_the_way else None
        graph.add_node(
            thread.name,
            kind="thread",
            state=thread.state,
            waits_for=repr(thread.operation) if thread.state == "blocked" else None,
            location=_text(thread.location),
            holds=now.held_by(thread.name),
            error=thread.error,
            lack=(missing.where, missing.what) if missing else None,
        )
    return graph


def _node_names(objects: Iterable[SharedObject], graph: Graph) -> dict[SharedObject, str]:
    objects = list(objects)
    often = Counter([*graph.nodes, *(object.name for object in objects)])
    names: dict[SharedObject, str] = {}
    for object in objects:
        name = object.name if often[object.name] == 1 else repr(object)
        while name in graph or name in names.values():
            name = f"object {name}"
        names[object] = name
    return names


def _in_order(graph: Graph) -> dict[str, int]:
    """Threads in program order, then the rest as they came."""
    threads = [name for name in graph.graph.get("threads", ()) if name in graph]
    return {name: index for index, name in enumerate(dict.fromkeys([*threads, *graph.nodes]))}


def _is_thread(graph: Graph, node: str) -> bool:
    return bool(graph.nodes[node].get("kind", "thread") == "thread")


def _text(location: Any) -> str | None:
    return None if location is None else str(location)
