"""The two pictures of waiting: the wait-for graph and the resource-allocation graph, as DOT.

Pure functions from a graph that `simulator.analysis` made to text. The same graph gives the same bytes every time: nodes
come in program order, and their names in the DOT are positions, never what the user called them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.render.graphs.waiting_text import IN_THE_WAY
from simulator.render.means.captions import graph_caption
from simulator.render.means.dot import Markup, digraph, edge, html, node
from simulator.render.means.palette import LIGHT, Theme, pattern
from simulator.render.means.phrases import shorten
from simulator.render.means.places import brief
from simulator.words import count

if TYPE_CHECKING:
    from simulator.analysis.deadlocks import Graph

MOST_NODES = 60
LONG_NAME = 8
"""A thread with a longer name than this gets an ellipse: a circle would be huge."""
MOST_DOTS = 8
LONGEST_LINE, NOTE_WIDTH = 40, 40
ROW = 5
"""So many nodes without an edge stand beside each other: slides are wide."""
TOOK = "took a unit"
AT_EDGES: dict[str | None, str] = {"is joined": "join", "waits to write": "goes first"}
"""What stands at an edge beside the object, if not how the other thread is in the way."""


def wait_for_dot(graph: Graph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw who waits for whom: threads are circles, an edge is labelled with the object, the circle is thick vermillion.

    A thread that waits for something that nobody holds points at a note that says what is missing. ``caption`` replaces
    what stands below (the circle in words, schedule, outcome, command). Raises `TooLarge` above 60 nodes.
    """
    names = node_names(graph)
    circle = circle_edges(graph)
    where = lines_of(graph)
    rows = _rows(name for name in names if not graph.degree(name) and not graph.nodes[name].get("waits_for"))
    lines = [_thread(graph, name, names, circle, theme) for name in _in_order(names, rows)]
    for number, (name, holder, data) in enumerate(edges_in_order(graph, names), start=1):
        how = data.get("how", "holds")
        lines.append(
            edge(
                names[name],
                names[holder],
                label=_edge_label(data["object"], where(data.get("location")), how),
                id=f"edge{number}",
                tooltip=f"{name} waits for {data['object']}, {IN_THE_WAY[how]} {holder}",
                **_stroke(names, name, (name, holder) in circle, theme),
            )
        )
    for name in names:
        if graph.nodes[name].get("waits_for") and not graph.out_degree(name):
            lines += _note(graph, name, names, theme)
    lines += _unseen(names, rows)
    return digraph("wait-for graph", lines, _below(graph, caption), theme, rankdir="LR", nodesep=0.6, ranksep=0.6)


def resource_allocation_dot(graph: Graph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw who asks for what and who has it, from left to right.

    Threads are circles; what they acquire is a square with one dot per unit; who waits inside a condition or a barrier
    is listed there. A request is a dashed edge to the square, an assignment a solid one from a dot to the thread (a free
    dot has none); a join is a dashed edge from thread to thread, and a writer that goes first has a dotted one. The circle
    is thick and vermillion. Raises `TooLarge` above 60 nodes.
    """
    names = node_names(graph)
    circle = circle_edges(graph)
    where = lines_of(graph)
    taken: dict[str, int] = {}
    lines = []
    alone = [name for name in names if not graph.degree(name)]
    kinds = [[name for name in alone if graph.nodes[name]["kind"] == kind] for kind in ("thread", "object")]
    rows = [row for alike in kinds for row in _rows(alike)]
    for name in _in_order(names, rows):
        place, is_thread = names[name], graph.nodes[name]["kind"] == "thread"
        draw = _thread(graph, name, names, circle, theme) if is_thread else _square(graph, name, place, circle, theme)
        lines.append(draw)
    for number, (first, last, data) in enumerate(edges_in_order(graph, names), start=1):
        on_circle = (first, last) in circle
        shared = {"id": f"edge{number}", "class": _classes(data["kind"], on_circle), **_marked(on_circle, theme)}
        if data["kind"] == "assignment":
            lines += _assignment(graph, names, (first, last, data), taken, shared)
            continue
        label = _edge_label("", where(data.get("location")))
        tooltip = f"{first} waits for {graph.nodes[last].get('object', '')}"
        if data["kind"] == "join":
            label = _edge_label("", where(data.get("location")), data["how"])
            tooltip = f"{first} waits for the end of {last}"
        elif data["kind"] == "announcement":
            label, tooltip = _edge_label("", None, data["how"]), f"{last} waits to write, and goes first"
        style = "dotted" if data["kind"] == "announcement" else "dashed"
        lines.append(edge(names[first], names[last], style=style, label=label, tooltip=tooltip, **shared))
    lines += _unseen(names, rows)
    page: dict[str, Any] = {"rankdir": "LR", "nodesep": 0.5, "ranksep": 0.7}
    return digraph("resource-allocation graph", lines, _below(graph, caption), theme, **page)


def _assignment(
    graph: Graph,
    names: dict[str, str],
    step: tuple[str, str, dict[str, Any]],
    taken: dict[str, int],
    shared: dict[str, object],
) -> list[str]:
    """An edge from a dot for each unit that a thread has; only one, if the object is too large for a dot each."""
    object, thread, data = step
    many = graph.nodes[object]["units"] > MOST_DOTS
    how, name = data.get("how", "holds"), graph.nodes[object]["object"]
    tooltip = f"{thread} took a unit of {name}" if how == TOOK else f"{thread} {how} {name}"
    label = f"× {data['units']}" if many and data["units"] > 1 else how if how in ("reads", "writes") else None
    lines = []
    for _ in range(1 if many else data["units"]):
        taken[object] = taken.get(object, 0) + 1
        dot = f"{names[object]}:unit{1 if many else taken[object]}:c"
        values = {"style": "solid", "label": label, "tailclip": "false", "tooltip": tooltip, **shared}
        lines.append(edge(dot, names[thread], **values))
    return lines


def lines_of(graph: Graph) -> Callable[[str | None], str]:
    """What stands at the edges of a graph for a location."""
    return brief(data.get("location") for _, _, data in graph.edges(data=True))


def _rows(alone: Iterable[str]) -> list[list[str]]:
    """Nodes without an edge, in rows: Graphviz would put them one above the other."""
    names = list(alone)
    return [names[start : start + ROW] for start in range(0, len(names), ROW)]


def _in_order(names: dict[str, str], rows: list[list[str]]) -> Iterator[str]:
    """All nodes so that Graphviz draws the rows at the bottom, the last one lowest: it begins there."""
    alone = [name for row in reversed(rows) for name in row]
    yield from alone
    yield from (name for name in names if name not in alone)


def _unseen(names: dict[str, str], rows: list[list[str]]) -> Iterator[str]:
    """Edges that nobody sees, which make a row of a row."""
    for row in rows:
        yield from (edge(names[first], names[last], style="invis") for first, last in pairwise(row))


def _below(graph: Graph, caption: str | None) -> list[str]:
    return graph_caption(graph) if caption is None else caption.split("\n")


def node_names(graph: Graph) -> dict[str, str]:
    """What every node is called in the DOT: threads in program order, then objects as they were made."""
    if len(graph) > MOST_NODES:
        picture = graph.graph.get("picture", "wait-for")
        raise TooLarge(
            f"the {picture} graph has {len(graph)} nodes, and nobody could read it above {MOST_NODES}.\n"
            "Draw the circle alone: graph.subgraph(analysis.find_cycle(graph)) of the wait-for graph;\n"
            "or read it: print(analysis.explain_deadlock(execution)), or save it as .txt or .json."
        )
    order = _order(graph)
    threads = [name for name in order if name in graph]
    objects = [name for name in graph.nodes if name not in order]
    names = {name: f"thread{order.index(name) + 1}" for name in threads}
    return names | {name: f"object{number}" for number, name in enumerate(objects, start=1)}


def _order(graph: Graph) -> list[str]:
    known = graph.graph.get("threads")
    return list(known) if known else [name for name, data in graph.nodes(data=True) if data.get("kind") != "object"]


def edges_in_order(graph: Graph, names: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """The edges, sorted by what they begin and end at."""
    positions = {name: position for position, name in enumerate(names)}
    return sorted(graph.edges(data=True), key=lambda edge: (positions[edge[0]], positions[edge[1]]))


def circle_edges(graph: Graph) -> set[tuple[str, str]]:
    """The edges on a circle, whichever: all those that join two nodes which can reach each other."""
    from simulator.analysis.deadlocks import find_cycles

    found: set[tuple[str, str]] = set()
    for cycle in find_cycles(graph):
        for name, holder in pairwise([*cycle, cycle[0]]):
            if graph.has_edge(name, holder):
                found.add((name, holder))
            found.update(
                step
                for object in graph.successors(name)
                if graph.has_edge(object, holder) and graph.nodes[object].get("kind") == "object"
                for step in _through(name, object, holder)
            )
    return found


def _through(name: str, object: str, holder: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (name, object), (object, holder)


def _thread(graph: Graph, name: str, names: dict[str, str], circle: set[tuple[str, str]], theme: Theme) -> str:
    data = graph.nodes[name]
    state = data.get("state", "")
    remark = f'<BR/><FONT POINT-SIZE="9">{html(state)}</FONT>' if state not in ("blocked", "") else ""
    position = int(names[name].removeprefix("thread")) - 1
    on_circle = any(name in step for step in circle)
    tooltip = f"{name}: {state}" + (f", waits for {data['waits_for']}" if data.get("waits_for") else "")
    tooltip += f", {data['error']}" if data.get("error") else ""
    return node(
        names[name],
        label=Markup(f"<B>{html(shorten(name, 24))}</B>{remark}"),
        shape="circle" if len(name) <= LONG_NAME else "ellipse",
        style="filled",
        fillcolor=theme.fill(position),
        penwidth=1,
        width=0.75,
        margin="0.05,0.05",
        id=names[name],
        tooltip=tooltip,
        **{"class": _classes(f"thread {state}".strip(), on_circle)},
    )


def _square(graph: Graph, name: str, place: str, circle: set[tuple[str, str]], theme: Theme) -> str:
    data = graph.nodes[name]
    units = data["units"]
    if units > MOST_DOTS:
        dots = [f'<TD>{units} ×</TD><TD PORT="unit1">●</TD>']
    else:  # one below the other: the edges go to the sides, and would run through the neighbours
        dots = [f'<TD PORT="unit{number}">●</TD>' for number in range(1, units + 1)]
    span = 2 if units > MOST_DOTS else 1
    across = f' COLSPAN="{span}"' if span > 1 else ""
    rows = [f'<TD COLSPAN="{span}"><B>{html(shorten(data["object"], 24))}</B></TD>']
    rows += [f'<TD{across}><FONT POINT-SIZE="9">{html(line)}</FONT></TD>' for line in remarks(data)]
    rows += dots
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{body}</TABLE>'
    small = units and len(data["object"]) <= LONG_NAME and len(rows) <= 4 and not remarks(data)
    return node(
        place,
        label=Markup(table),
        shape="square" if small else "box",
        style="filled" if units else "filled,rounded",
        fillcolor=theme.paper,
        margin="0.02,0.02",
        id=place,
        tooltip=f"{data.get('type', 'object')} {data['object']}: {count(units, 'unit')}",
        **{"class": _classes("object", any(name in step for step in circle))},
    )


def remarks(data: dict[str, Any]) -> list[str]:
    """What stands in a square below the name: what it is if it has no dots, how it stands, and who waits inside."""
    lines = [] if data["units"] else [data.get("type", "")]
    lines += [data["remark"]] if data.get("remark") else []
    if data.get("queue"):
        word = "asleep" if data["type"] == "Condition" else "inside"
        lines.append(shorten(f"{word}: {', '.join(data['queue'])}", LONGEST_LINE))
    if data.get("woken"):
        lines.append(shorten(f"woken: {', '.join(data['woken'])}", LONGEST_LINE))
    return lines


def _edge_label(object: str, location: str | None, how: str | None = None) -> Markup | None:
    """What stands at an edge, with some room below, or the line would run through the letters."""
    rows = [f"<B>{html(shorten(object, 24))}</B>"] if object else []
    rows += [f'<FONT POINT-SIZE="9"><I>{html(AT_EDGES.get(how, how))}</I></FONT>'] if how not in (None, "holds") else []
    rows += [f'<FONT POINT-SIZE="9">{html(location)}</FONT>'] if location else []
    if not rows:
        return None
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return Markup(f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}<TR><TD HEIGHT="6"></TD></TR></TABLE>')


def _note(graph: Graph, name: str, names: dict[str, str], theme: Theme) -> Sequence[str]:
    data = graph.nodes[name]
    note = f"note{names[name].removeprefix('thread')}"
    where = [data["location"]] if data.get("location") else []
    waits, lack = data.get("lack") or (f"for {data['waits_for']}", "held by nobody")
    text = "\n".join([f"waits {shorten(waits)}:", *textwrap.wrap(lack, NOTE_WIDTH), *where])
    return (
        node(note, label=text, shape="note", fontsize=10, id=note, **{"class": "note"}),
        edge(names[name], note, id=f"{note}edge", **_stroke(names, name, False, theme)),
    )


def _stroke(names: dict[str, str], name: str, on_circle: bool, theme: Theme) -> dict[str, object]:
    """The line of a thread: its own dash pattern; thick and vermillion where it is on the circle."""
    own = pattern(int(names[name].removeprefix("thread")) - 1)
    colour = theme.wrong if on_circle else theme.ink
    strong: dict[str, object] = {"penwidth": 3 if not own.double else 2} if on_circle else {}
    double = f"{colour}:{theme.paper}:{colour}" if own.double else colour
    return {"style": own.style, "color": double, "class": _classes("wait", on_circle), **strong}


def _marked(on_circle: bool, theme: Theme) -> dict[str, object]:
    return {"color": theme.wrong, "penwidth": 3} if on_circle else {}


def _classes(kind: str, on_circle: bool) -> str:
    return f"{kind} circle" if on_circle else kind
