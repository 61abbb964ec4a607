"""Who waits for whom: the wait-for graph, the resource-allocation graph, and the circle in them.

Both graphs go back to R. C. Holt, "Some Deadlock Properties of Computer Systems" (Computing Surveys 4(3), 1972). Where
every object has one unit, a circle is a deadlock; with several units it is only a possible one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any, TypeAlias

import networkx

from simulator.analysis.moments import Moment, moment, source_of
from simulator.execution import Execution
from simulator.objects.base import Acquirable, SharedObject

Graph: TypeAlias = "networkx.DiGraph[str]"


def wait_for_graph(execution: Execution, step: int | None = None) -> Graph:
    """Draw up who waits for whom, at the end or after `step` steps.

    Every thread of the program is a node, in program order, with ``state`` ("blocked", "enabled", "ended", "failed"),
    ``waits_for`` (the operation a blocked thread cannot perform, else None), ``location``, ``holds`` (names of objects) and
    ``error`` (what a failed thread failed with). An edge goes from a blocked thread to every thread that holds what it
    waits for, with ``object``, ``operation``, ``location`` and ``units``; also to a thread that has ended and never gave it
    back; to itself, if it holds it already. What nobody holds (an empty queue) makes no edge.

    ``graph.graph`` has ``picture`` ("wait-for"), ``threads``, ``schedule``, ``caption`` and ``source``. Raises ValueError if
    there is no such step, or if the execution was read from a file and has no program.
    """
    now = moment(execution, step)
    graph = _new_graph("wait-for", now)
    for thread in now.threads:
        if thread.state != "blocked" or thread.operation is None or thread.operation.target is None:
            continue
        object = thread.operation.target
        for holder in dict.fromkeys(now.holders[object]):
            graph.add_edge(
                thread.name,
                holder,
                object=object.name,
                operation=repr(thread.operation),
                location=_text(thread.location),
                units=object.units(),
            )
    return graph


def resource_allocation_graph(execution: Execution, step: int | None = None) -> Graph:
    """Draw up who asks for what and who has it, at the end or after `step` steps.

    Nodes are the threads (``kind`` "thread", and the attributes they have in `wait_for_graph`) and the objects (``kind``
    "object", ``object`` its name, ``type`` its class, ``units`` how many threads can hold it at once, 0 for what is not
    acquired, such as a queue). Edges are ``kind`` "request", from a blocked thread to the object it waits for, and
    "assignment", from an object to the thread that holds it, ``units`` of it.

    An object is there if it can be acquired and was used, or if somebody is blocked on it. Its node is called by its name;
    if something else has that name too, by what it is: ``Lock('A')``. Raises as `wait_for_graph` does.
    """
    now = moment(execution, step)
    graph = _new_graph("resource-allocation", now)
    wanted = [thread.operation.target for thread in now.threads if thread.state == "blocked" and thread.operation]
    shown = [object for object in now.holders if isinstance(object, Acquirable) or now.holders[object] or object in wanted]
    nodes = _node_names(shown, graph)
    for object, node in nodes.items():
        units = object.units() if isinstance(object, Acquirable) or now.holders[object] else 0
        graph.add_node(node, kind="object", object=object.name, type=object.kind, units=units)
    for thread in now.threads:
        if thread.state == "blocked" and thread.operation is not None and thread.operation.target is not None:
            graph.add_edge(
                thread.name,
                nodes[thread.operation.target],
                kind="request",
                operation=repr(thread.operation),
                location=_text(thread.location),
            )
    for object, node in nodes.items():
        for holder, units in Counter(now.holders[object]).items():
            graph.add_edge(node, holder, kind="assignment", units=units)
    return graph


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """Answer the threads of a circle, each waiting for the next and the last for the first; () if there is none.

    It begins with the first thread, in program order, that is on any circle, and is the shortest one through it. Takes
    either of the two graphs; in a resource-allocation graph the objects are left out.
    """
    return next(iter(find_cycles(graph)), ())


def find_cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """One circle for each group of threads that wait for each other, in program order; see `find_cycle`."""
    order = _in_order(graph)
    cycles: list[tuple[str, ...]] = []
    components = [component for component in networkx.strongly_connected_components(graph) if _is_circular(graph, component)]
    for component in sorted(components, key=lambda members: min(map(order.__getitem__, members))):
        threads = [node for node in sorted(component, key=order.__getitem__) if _is_thread(graph, node)]
        if threads:
            circle = _shortest_circle(graph, threads[0], order)
            cycles.append(tuple(node for node in circle if _is_thread(graph, node)))
    return tuple(cycles)


def _is_circular(graph: Graph, component: set[str]) -> bool:
    return len(component) > 1 or any(graph.has_edge(node, node) for node in component)


def _shortest_circle(graph: Graph, start: str, order: dict[str, int]) -> list[str]:
    """Breadth first from `start`, neighbours in order: the first way back is a shortest one, and always the same."""
    ways = deque([[start]])
    reached = {start}
    while ways:
        way = ways.popleft()
        for neighbour in sorted(graph.successors(way[-1]), key=order.__getitem__):
            if neighbour == start:
                return way
            if neighbour not in reached:
                reached.add(neighbour)
                ways.append([*way, neighbour])
    return []


def _new_graph(picture: str, now: Moment) -> Graph:
    graph: Graph = networkx.DiGraph(
        picture=picture,
        threads=now.program.names,
        schedule=str(now.schedule),
        caption=f"schedule {now.schedule}: {now.outcome}" if now.schedule else f"before the first step: {now.outcome}",
        source=source_of(now.program),
    )
    for thread in now.threads:
        graph.add_node(
            thread.name,
            kind="thread",
            state=thread.state,
            waits_for=repr(thread.operation) if thread.state == "blocked" else None,
            location=_text(thread.location),
            holds=now.held_by(thread.name),
            error=thread.error,
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
