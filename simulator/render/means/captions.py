"""What stands below a picture: what it shows, the schedule and the outcome, and the command that draws it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.execution import Execution

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph
    from simulator.program import Program

SPELLED_OUT = 6
"""Circles of more threads than this are shown as arrows only, not in sentences."""


def redraw(source: str | None, picture: str, schedule: str, *options: str) -> list[str]:
    """The command that draws the same picture again; nothing if nobody knows where the program is."""
    return redraw_source(source, picture, "--schedule", schedule, *options)


def redraw_program(program: Program | None, picture: str, *options: str) -> list[str]:
    """The command that draws a picture of all interleavings of a program again."""
    from simulator.analysis.moments import source_of

    return redraw_source(source_of(program), picture, *options)


def redraw_source(source: str | None, picture: str, *options: str) -> list[str]:
    """The same, where it is known already where the program is."""
    if source is None:
        return []
    return [shlex.join(["python", "-m", "simulator", "draw", source, picture, *options, "-o", f"{picture}.svg"])]


def replay_command(execution: Execution, statements: bool = False) -> list[str]:
    """The command that draws the timeline of an execution again; nothing if nobody knows where its program is."""
    from simulator.analysis.moments import source_of

    source = source_of(execution.program)
    if source is None:
        return []
    if statements:
        return [f"{line} --statements" for line in redraw(source, "timeline", str(execution.schedule))]
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
    links = [_link(graph, name, holder) for name, holder in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    if any(units > 1 for _, _, units in links):
        stuck = not any(data.get("state") == "enabled" for _, data in graph.nodes(data=True))
        here = "here nobody can go on, so it is one." if stuck else "another holder may still give a unit back."
        words.append(f"Several units: a circle is only a possible deadlock; {here}")
    return words


def _sentences(graph: Graph, cycle: Sequence[str]) -> str:
    if len(cycle) > SPELLED_OUT:
        return "each waits for what the next one holds."
    pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    return "; ".join(_sentence(name, holder, *_link(graph, name, holder)[:2]) for name, holder in pairs) + "."


def _sentence(name: str, holder: str, object: str, how: str) -> str:
    who, itself = ("it", " itself") if name == holder else (holder, "")
    match how:
        case "took a unit":
            return f"{name} waits for a unit of {object}, and {who} took one{itself}"
        case "is joined":
            return f"{name} waits for {holder} to end"
        case "waits to write":
            return f"{name} waits to read {object}, and {who} waits to write it first"
        case "reads" | "writes":
            return f"{name} waits for {object}, which {who} {how}{itself}"
    return f"{name} waits for {object}, which {who} holds{itself}"


def _link(graph: Graph, name: str, holder: str) -> tuple[str, str, int]:
    """What a thread waits for at another one: the object, how that one is in the way, the units of the object."""
    for _, other, data in graph.out_edges(name, data=True):
        if other == holder:
            return str(data["object"]), str(data.get("how", "holds")), int(data.get("units", 1))
        if data.get("kind") == "request" and (graph.has_edge(other, holder) or holder in data.get("waits_for", ())):
            node, how = graph.nodes[other], str(data.get("how", "holds"))
            return str(node["object"]), how, int(node["units"]) if how in ("holds", "took a unit") else 1
    return "nothing", "holds", 1
