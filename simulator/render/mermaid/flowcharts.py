"""The graphs as flowcharts of Mermaid: who waits for whom, who has what, what happens before what, and in which order locks
are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.render.graphs.happens_before import happens_before_caption
from simulator.render.graphs.lock_order import circles_in, edges_of, lock_order_caption
from simulator.render.graphs.lock_order import lines_of as lines_of_takings
from simulator.render.graphs.waiting import AT_EDGES, circle_edges, edges_in_order, lines_of, node_names, remarks
from simulator.render.means.captions import graph_caption
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.mermaid.writer import Arrow, Box, Flow, flowchart

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph
    from simulator.analysis.event_graph import EventGraph

LONGEST_NAME = 24
STYLES = {"request": "dashed", "join": "dashed", "announcement": "dashed", "assignment": "solid", None: "solid"}


def waiting_mermaid(graph: Graph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Write a wait-for or a resource-allocation graph as a flowchart, with the same words at its edges.

    Raises `TooLarge` above 60 nodes.
    """
    names = node_names(graph)
    circle = circle_edges(graph)
    picture = str(graph.graph["picture"])
    said = graph_caption(graph) if caption is None else [caption]
    flow, lines = Flow(f"{picture.capitalize()} graph", said), lines_of(graph)
    places: dict[str, int] = {}
    for name, place in names.items():
        on_circle = any(name in step for step in circle)
        places[name] = flow.add(_node(graph, name, place, on_circle, theme))
    for first, last, data in edges_in_order(graph, names):
        style = STYLES[data.get("kind")]
        arrow = Arrow(places[first], places[last], _edge_lines(data, lines), style, (first, last) in circle)
        flow.arrows.append(arrow)
    for name in names:
        data = graph.nodes[name]
        if data.get("waits_for") and not graph.out_degree(name):
            waits, lack = data.get("lack") or (f"for {data['waits_for']}", "held by nobody")
            note = flow.add(Box([f"waits {shorten(waits)}:", lack, data.get("location") or ""], "note"))
            flow.arrows.append(Arrow(places[name], note, (), "dashed"))
    return flowchart(flow, theme)


def _node(graph: Graph, name: str, place: str, on_circle: bool, theme: Theme) -> Box:
    data = graph.nodes[name]
    if data.get("kind") == "object":
        units = ["●" * data["units"]] if 0 < data["units"] <= 8 else [f"{data['units']} units"] if data["units"] else []
        return Box([shorten(data["object"], LONGEST_NAME), *remarks(data), *units], "box", "", on_circle)
    state = data.get("state", "")
    fill = theme.fill(int(place.removeprefix("thread")) - 1)
    return Box([shorten(name, LONGEST_NAME), state if state != "blocked" else ""], "circle", fill, on_circle)


def _edge_lines(data: dict[str, Any], lines: Callable[[str | None], str]) -> list[str]:
    how = data.get("how")
    shown = [] if how in (None, "holds") else [str(AT_EDGES.get(how, how))]
    units = [f"× {data['units']}"] if data.get("kind") == "assignment" and data["units"] > 1 else []
    name = [] if data.get("kind") else [shorten(data["object"], LONGEST_NAME)]
    return [*name, *shown, *units, lines(data.get("location"))]


def happens_before_mermaid(graph: EventGraph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Write a happens-before graph as a flowchart: thick is what orders two threads, double-headed what nothing orders."""
    threads = list(graph.graph.get("threads", ()))
    flow = Flow("Happens-before graph", happens_before_caption(graph) if caption is None else [caption], "TB")
    races = [race for race in graph.graph.get("races", ()) if race["first"] in graph and race["last"] in graph]
    racing = {step for race in races for step in (race["first"], race["last"])}
    places: dict[int, int] = {}
    for step, data in graph.nodes(data=True):
        fill = theme.fill(threads.index(data["thread"])) if data["thread"] in threads else ""
        said = [f"{step} {shorten(data['thread'], LONGEST_NAME)}: {shorten(data['text'])}", data["location"] or ""]
        places[step] = flow.add(Box(said, "box", fill, step in racing))
    for first, last, data in graph.edges(data=True):
        across = data["kind"] == "synchronisation"
        said = [data["how"], data["object"]] if across else []
        flow.arrows.append(Arrow(places[first], places[last], said, "thick" if across else "solid"))
    for race in races:
        flow.arrows.append(Arrow(places[race["first"]], places[race["last"]], ["no order"], "both", True))
    return flowchart(flow, theme)


def lock_order_mermaid(graph: Graph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Write a lock-order graph as a flowchart; at an edge stands who took the second lock, and where."""
    dangerous = edges_of([circle for circle in circles_in(graph) if circle.is_dangerous])
    guarded = edges_of(circles_in(graph)) - dangerous
    flow = Flow("Lock-order graph", lock_order_caption(graph) if caption is None else [caption])
    lines = lines_of_takings(graph)
    places = {
        name: flow.add(Box([shorten(name, LONGEST_NAME)], wrong=any(name in step for step in dangerous))) for name in graph
    }
    for first, last, data in graph.edges(data=True):
        said = [f"{shorten(taking['thread'], LONGEST_NAME)} {lines(taking['location'])}" for taking in data["takings"][:3]]
        style = "dashed" if (first, last) in guarded else "solid"
        flow.arrows.append(Arrow(places[first], places[last], said, style, (first, last) in dangerous))
    return flowchart(flow, theme)
