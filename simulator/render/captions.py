"""What stands below a picture: what it shows, the schedule and the outcome, and the command that draws it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.execution import Execution

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph

SPELLED_OUT = 6
"""Circles of more threads than this are shown as arrows only, not in sentences."""


def redraw(source: str | None, picture: str, schedule: str) -> list[str]:
    """The command that draws the same picture again; nothing if nobody knows where the program is."""
    if source is None:
        return []
    words = ["python", "-m", "simulator", "draw", source, picture, "--schedule", schedule, "-o", f"{picture}.svg"]
    return [shlex.join(words)]


def replay_command(execution: Execution) -> list[str]:
    """The command that draws the timeline of an execution again; nothing if nobody knows where its program is."""
    from simulator.analysis.moments import source_of

    source = source_of(execution.program)
    if source is None:
        return []
    return [shlex.join(["python", "-m", "simulator", "replay", source, str(execution.schedule), "-o", "timeline.svg"])]


def graph_caption(graph: Graph) -> list[str]:
    """The caption of a wait-for or resource-allocation graph."""
    facts = graph.graph
    return [
        *cycle_words(graph),
        *([facts["caption"]] if facts.get("caption") else []),
        *redraw(facts.get("source"), facts["picture"], facts.get("schedule", "")),
    ]


def cycle_words(graph: Graph) -> list[str]:
    """The circle in words, and what it is worth; or that there is none."""
    from simulator.analysis.deadlocks import find_cycle

    cycle = find_cycle(graph)
    if not cycle:
        return ["No circle of threads that wait for each other."]
    arrows = " → ".join([*cycle, cycle[0]])
    words = [f"Circle {arrows}: {_sentences(graph, cycle)}"]
    if any(_units(graph, name) > 1 for name in cycle):
        stuck = not any(data.get("state") == "enabled" for _, data in graph.nodes(data=True))
        here = "here nobody can go on, so it is one." if stuck else "another holder may still give a unit back."
        words.append(f"Several units: a circle is only a possible deadlock; {here}")
    return words


def _sentences(graph: Graph, cycle: Sequence[str]) -> str:
    if len(cycle) > SPELLED_OUT:
        return "each waits for what the next one holds."
    if len(cycle) == 1:
        return f"{cycle[0]} waits for {wanted(graph, cycle[0])}, which it holds itself."
    pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    return "; ".join(f"{name} waits for {wanted(graph, name)}, which {holder} holds" for name, holder in pairs) + "."


def wanted(graph: Graph, name: str) -> str:
    """The name of the object that a blocked thread waits for."""
    for _, other, data in graph.out_edges(name, data=True):
        return str(data["object"] if "object" in data else graph.nodes[other]["object"])
    return "nothing"


def _units(graph: Graph, name: str) -> int:
    for _, other, data in graph.out_edges(name, data=True):
        return int(data["units"] if "units" in data else graph.nodes[other]["units"])
    return 1
