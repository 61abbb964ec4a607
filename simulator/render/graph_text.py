"""The two graphs of waiting as text and as JSON: for terminals, screen readers, and whatever draws them elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.render.captions import graph_caption

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph


def graph_text(graph: Graph, caption: str | None = None) -> str:
    """One line for each thread and, in a resource-allocation graph, for each object; then the caption."""
    lines = [f"{graph.graph['picture']} graph"]
    for name, data in graph.nodes(data=True):
        lines.append(_object(graph, name) if data["kind"] == "object" else _thread(graph, name))
    return "\n".join([*lines, "", *(graph_caption(graph) if caption is None else [caption])])


def _thread(graph: Graph, name: str) -> str:
    data = graph.nodes[name]
    if data["state"] == "failed":
        return f"{name} failed: {data['error']}"
    if data["state"] != "blocked":
        return f"{name} {'has ended' if data['state'] == 'ended' else 'can go on'}"
    where = f"  ({data['location']})" if data["location"] else ""
    holders = ", ".join(_holders(graph, name))
    return f"{name} waits: {data['waits_for']}{', held by ' + holders if holders else ''}{where}"


def _holders(graph: Graph, name: str) -> list[str]:
    found: list[str] = []
    for _, other, data in graph.out_edges(name, data=True):
        found += list(graph.successors(other)) if data.get("kind") == "request" else [other]
    return found


def _object(graph: Graph, name: str) -> str:
    data = graph.nodes[name]
    holders = ", ".join(graph.successors(name))
    units = f" of {data['units']} units" if data["units"] > 1 else ""
    return f"{data['object']} ({data['type']}{units}) {'is held by ' + holders if holders else 'is held by nobody'}"


def graph_json(graph: Graph) -> str:
    """The graph as JSON, with the version of the format: everything that the nodes and the edges know."""
    return json.dumps(graph_data(graph), ensure_ascii=False, indent=1)


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
