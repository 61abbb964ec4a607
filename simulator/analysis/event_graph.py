"""The happens-before order as a graph: the steps, what orders them, and the races among them. Drawn by `render`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import networkx

from simulator.analysis.drawn import DrawnGraph
from simulator.analysis.moments import source_of
from simulator.analysis.ordering import ordering
from simulator.analysis.races import races_in
from simulator.execution import Event, Execution
from simulator.objects.operations import Operation
from simulator.objects.values import text_of

if TYPE_CHECKING:
    EventGraph: TypeAlias = "networkx.DiGraph[int]"

MOST_RACES = 1_000
"""So many are noted in a graph: a long execution can have as many as pairs of steps."""


def happens_before(execution: Execution) -> EventGraph:
    """Draw up what orders the steps of an execution.

    Every step is a node, numbered from 1 as in the texts, with ``thread``, ``text`` and ``location``. An edge has ``kind``
    "program" (the next step of the same thread) or "synchronisation", the latter with ``object`` and ``how``
    (``release → acquire``). Synchronisations that follow from others are left out: steps are ordered if there is a path.

    ``graph.graph`` has ``picture`` ("happens-before"), ``threads``, ``schedule``, ``caption``, ``source``, ``races`` (a pair
    of steps each, with the variable and a sentence; the first 1,000) and ``more_races``. Raises ValueError if the execution
    was read from a file.
    """
    order = ordering(execution)
    program = execution.program
    ended = str(execution.outcome)
    found = list(islice(races_in(order), MOST_RACES + 1))
    graph: EventGraph = DrawnGraph(
        picture="happens-before",
        threads=program.names if program else (),
        schedule=str(execution.schedule),
        caption=f"schedule {execution.schedule}: {ended}" if execution.schedule else f"no steps: {ended}",
        source=source_of(program),
        races=tuple(
            {
                "first": race.first.index + 1,
                "last": race.second.index + 1,
                "variable": race.variable.name,
                "sentence": str(race),
            }
            for race in found[:MOST_RACES]
        ),
        more_races=len(found) > MOST_RACES,
    )
    last: dict[str, int] = {}
    for event in execution.trace:
        graph.add_node(event.index + 1, thread=event.thread, text=_text(event), location=_place(event))
        if event.thread in last:
            graph.add_edge(last[event.thread], event.index + 1, kind="program")
        last[event.thread] = event.index + 1
    for link in order.links:
        graph.add_edge(link.first + 1, link.last + 1, kind="synchronisation", object=link.object, how=link.how)
    return graph


def _text(event: Event) -> str:
    operation: Operation[Any] = event.operation
    return repr(operation) if event.answer is None else f"{operation!r} -> {text_of(event.answer)}"


def _place(event: Event) -> str | None:
    return str(event.location) if event.location else None
