"""The two graphs of waiting as text and as JSON: for terminals, screen readers, and whatever draws them elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.render.means.captions import graph_caption
from simulator.texts import json_text, page

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph


def graph_text(graph: Graph, caption: str | None = None) -> str:
    """One line for each thread and, in a resource-allocation graph, for each object; then the caption."""
    lines = [f"{graph.graph['picture']} graph"]
    for name, data in graph.nodes(data=True):
        lines.append(_object(graph, name) if data["kind"] == "object" else _thread(graph, name))
    return page([*lines, "", *(graph_caption(graph) if caption is None else caption.split("\n"))])


STATES = {"ended": "has ended", "enabled": "can go on", "not started": "has not been started"}
IN_THE_WAY = {
    "holds": "held by",
    "reads": "read by",
    "writes": "written by",
    "waits to write": "after",
    "took a unit": "units taken by",
    "is joined": "for the end of",
}
"""What stands between what a thread waits for and the threads that are in its way."""


def _thread(graph: Graph, name: str) -> str:
    data = graph.nodes[name]
    if data["state"] == "failed":
        return f"{name} failed: {data['error']}"
    if data["state"] != "blocked":
        return f"{name} {STATES[data['state']]}"
    where = f"  ({data['location']})" if data["location"] else ""
    if data.get("lack"):
        return f"{name} waits {': '.join(data['lack'])}{where}"
    return f"{name} waits: {data['waits_for']}{_why(graph, name)}{where}"


def _why(graph: Graph, name: str) -> str:
    """Who is in the way of a thread, and how; at which object, if the operation does not say so."""
    found: list[str] = []
    how, object = "holds", ""
    for _, other, data in graph.out_edges(name, data=True):
        how, requested = data.get("how", how), data.get("kind") == "request"
        object = graph.nodes[other]["object"] if requested else data["object"]
        found += data.get("waits_for", graph.successors(other)) if requested else [other]
    at = "" if str(graph.nodes[name]["waits_for"]).startswith(f"{object}.") else f"{object} "
    return f", {at}{IN_THE_WAY[how]} {', '.join(found)}" if found else ""


def _object(graph: Graph, name: str) -> str:
    """``pool (Semaphore of 2 units) is held by A``; and who waits inside, and how it stands."""
    data = graph.nodes[name]
    holders = [holder for _, holder, edge in graph.out_edges(name, data=True) if edge["kind"] == "assignment"]
    how = next((edge["how"] for _, _, edge in graph.out_edges(name, data=True) if edge["kind"] == "assignment"), "holds")
    units = f" of {data['units']} units" if data["units"] > 1 and data["type"] != "ReadWriteLock" else ""
    held = f"{IN_THE_WAY[how].replace('units taken', 'held')} {', '.join(holders)}" if holders else "held by nobody"
    parts = [] if not holders and not data["units"] and data.get("remark") else [f"is {held}"]
    parts += [data["remark"]] if data.get("remark") else []
    parts += [f"asleep: {', '.join(data['queue'])}"] if data.get("queue") and data["type"] == "Condition" else []
    parts += [f"inside: {', '.join(data['queue'])}"] if data.get("queue") and data["type"] != "Condition" else []
    parts += [f"woken: {', '.join(data['woken'])}"] if data.get("woken") else []
    return f"{data['object']} ({data['type']}{units}) {', '.join(parts)}"


def graph_json(graph: Graph) -> str:
    """The graph as JSON, with the version of the format: everything that the nodes and the edges know."""
    return json_text(graph_data(graph))


def graph_data(graph: Graph) -> dict[str, Any]:
    """The same as plain dictionaries and lists."""
    from simulator.analysis.deadlocks import find_cycle

    return {
        "format": "simulator graph",
        "version": 1,
        **{key: list(value) if isinstance(value, tuple) else value for key, value in graph.graph.items()},
        "cycle": list(find_cycle(graph)),
        "nodes": [{"name": name, **_plain(data)} for name, data in graph.nodes(data=True)],
        "edges": [{"from": first, "to": last, **_plain(data)} for first, last, data in graph.edges(data=True)],
    }


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}
