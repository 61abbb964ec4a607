"""The lock-order graph as DOT, as text and as JSON: in which order locks are taken, and where that goes in a circle.

Pure functions from a graph that `simulator.analysis.lock_order_graph` made.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.render.means.captions import redraw_source
from simulator.render.means.dot import Markup, digraph, edge, html, node
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.means.places import brief
from simulator.render.means.steps import label_table
from simulator.texts import json_text, page

if TYPE_CHECKING:
    from simulator.analysis.lock_circles import Circle
    from simulator.analysis.lock_order import Graph

MOST_LOCKS = 40
MOST_TAKINGS = 3
"""So many threads and lines stand at an edge; the others are counted."""
MOST_CIRCLES = 4
"""So many circles are spelled out."""
LONGEST_NAME = 24


def lock_order_dot(graph: Graph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw the locks: an edge from L to M says which thread took M while it held L, and where.

    A circle that can become a deadlock is thick and vermillion, one that cannot is dashed; the caption says why.
    ``caption`` replaces what stands below. Raises `TooLarge` above 40 locks.
    """
    if len(graph) > MOST_LOCKS:
        raise TooLarge(
            f"the lock-order graph has {len(graph)} locks, and nobody could read it above {MOST_LOCKS}.\n"
            'Draw one circle alone: graph.subgraph(graph.graph["circles"][0].locks); or save it as .txt or .json.'
        )
    names = {name: f"lock{number}" for number, name in enumerate(graph, start=1)}
    dangerous = edges_of([circle for circle in circles_in(graph) if circle.is_dangerous])
    guarded = edges_of(circles_in(graph)) - dangerous
    lines = [_lock(graph, name, names[name], any(name in step for step in dangerous), theme) for name in graph]
    for number, (first, last, data) in enumerate(_edges(graph), start=1):
        on_circle = (first, last) in dangerous
        look: dict[str, object] = {"class": "order"}
        if on_circle:
            look = {"color": theme.wrong, "penwidth": 3, "class": "order circle"}
        elif (first, last) in guarded:
            look = {"style": "dashed", "penwidth": 2, "class": "order guarded"}
        tip = "; ".join(f"{_where(taking)} {_took(taking)} {last} while it held {first}" for taking in data["takings"])
        label = _label(graph, data["takings"], theme)
        lines.append(edge(names[first], names[last], label=label, tooltip=tip, id=f"edge{number}", **look))
    below = lock_order_caption(graph) if caption is None else caption.split("\n")
    return digraph("lock-order graph", lines, below, theme, rankdir="LR", nodesep=0.5, ranksep=0.6)


def circles_in(graph: Graph) -> list[Circle]:
    """Those that lie in the graph: it may be a part of the one that was made."""
    return [circle for circle in graph.graph.get("circles", ()) if all(name in graph for name in circle.locks)]


def edges_of(circles: list[Circle]) -> set[tuple[str, str]]:
    return {step for circle in circles for step in pairwise([*circle.locks, circle.locks[0]])}


def _edges(graph: Graph) -> list[tuple[str, str, dict[str, Any]]]:
    """In the order of the locks."""
    order = {name: place for place, name in enumerate(graph)}
    return sorted(graph.edges(data=True), key=lambda step: (order[step[0]], order[step[1]]))


def _lock(graph: Graph, name: str, id: str, on_circle: bool, theme: Theme) -> str:
    kind = graph.nodes[name].get("type", "Lock")
    remark = "" if kind == "Lock" else f'<BR/><FONT POINT-SIZE="9">{html(kind)}</FONT>'
    return node(
        id,
        label=Markup(f"<B>{html(shorten(name, LONGEST_NAME))}</B>{remark}"),
        shape="box",
        style="filled",
        fillcolor=theme.paper,
        margin="0.15,0.08",
        penwidth=2 if on_circle else 1,
        id=id,
        tooltip=f"{kind} {name}",
        **{"class": "lock circle" if on_circle else "lock"},
    )


def lines_of(graph: Graph) -> Callable[[str | None], str]:
    """What stands at the edges of a graph for a location."""
    return brief(taking["location"] for _, _, data in graph.edges(data=True) for taking in data["takings"])


def _label(graph: Graph, takings: tuple[dict[str, Any], ...], theme: Theme) -> Markup:
    """Who took the second lock, and where: a letter on the fill of its thread, and a line."""
    threads = list(graph.graph.get("threads", ()))
    lines, rows = lines_of(graph), []
    for taking in takings[:MOST_TAKINGS]:
        name = taking["thread"]
        fill = f' BGCOLOR="{theme.fill(threads.index(name))}"' if name in threads else ""
        where = f'<FONT POINT-SIZE="9">{html(lines(taking["location"]))}</FONT>'
        rows.append(f'<TD{fill}><B>{html(shorten(name, 16))}</B></TD><TD ALIGN="LEFT">{where}</TD>')
    if len(takings) > MOST_TAKINGS:
        rows.append(f'<TD></TD><TD ALIGN="LEFT"><FONT POINT-SIZE="9">and {len(takings) - MOST_TAKINGS} more</FONT></TD>')
    return label_table([*rows, '<TD HEIGHT="5"></TD>'])


def lock_order_caption(graph: Graph) -> list[str]:
    """What the edges mean, the circles in words and what they are worth, and the command that draws it again."""
    looked_at = graph.graph.get("looked_at")
    lines = [
        f"Lock-order graph of {looked_at}." if looked_at else "Lock-order graph.",
        "L → M: a thread that held L took M, or waited for it.",
        *circle_words(graph),
    ]
    source, schedule = graph.graph.get("source"), graph.graph.get("schedule")
    if schedule is None and not _is_everything(graph):
        return lines
    options = [] if schedule is None else ["--schedule", schedule]
    return [*lines, *redraw_source(source, "lock-order", *options)]


def _is_everything(graph: Graph) -> bool:
    """Whether all interleavings were looked at."""
    return str(graph.graph.get("looked_at", "")).startswith(("all", "the only"))


def circle_words(graph: Graph) -> list[str]:
    """The circles in sentences; or that there is none, and what that is worth."""
    circles = circles_in(graph)
    everything = _is_everything(graph)
    if not circles:
        return [
            "No circle: the order of these locks is no cause for a deadlock."
            if everything
            else "No circle in what was looked at."
        ]
    lines = [_sentence(circle) for circle in circles[:MOST_CIRCLES]]
    if len(circles) > MOST_CIRCLES or not graph.graph.get("complete", True):
        more = f"{len(circles) - MOST_CIRCLES:,}" if graph.graph.get("complete", True) else "more than could be looked at"
        lines.append(f"Further circles: {more}.")
    if any(circle.is_dangerous for circle in circles):
        lines.append(_verdict(graph, everything))
    return lines


def _sentence(circle: Circle) -> str:
    arrows = " → ".join([*circle.locks, circle.locks[0]])
    if not circle.is_dangerous:
        return f"Circle {arrows}: no deadlock, because {circle.safe_because}."
    following = [*circle.locks[1:], circle.locks[0]]
    parts = [
        f"{thread} takes {wanted}{f' ({where})' if where else ''} while it holds {held}"
        for thread, wanted, where, held in zip(circle.threads, following, circle.locations, circle.locks, strict=True)
    ]
    return f"Circle {arrows}: {'; '.join(parts)}. A potential deadlock."


def _verdict(graph: Graph, everything: bool) -> str:
    """What is known of real deadlocks."""
    deadlocks = graph.graph.get("deadlocks", 0)
    if deadlocks is None or deadlocks:
        many = "endlessly many" if deadlocks is None else f"{deadlocks:,}"
        return f"Of {graph.graph['looked_at']}, {many} end{'s' if deadlocks == 1 else ''} in a deadlock."
    if everything:
        return "No interleaving deadlocks all the same: something else than locks keeps these threads apart."
    return "No deadlock was seen, but another schedule may have one; or something else keeps these threads apart."


def lock_order_text(graph: Graph, caption: str | None = None) -> str:
    """A line for each pair of locks, and for each thread that takes them in this order."""
    lines = ["lock-order graph"]
    for first, last, data in _edges(graph):
        lines.append(f"{first} -> {last}")
        for taking in data["takings"]:
            lines.append(f"    {_where(taking)} {_took(taking)} {last} while it held {', '.join(taking['held'])}")
    alone = [name for name in graph if not graph.degree(name)]
    lines += [f"{', '.join(alone)}: never together with another lock"] if alone else []
    lines += ["no lock was taken"] if not len(graph) else []
    return page([*lines, "", *(lock_order_caption(graph) if caption is None else caption.split("\n"))])


def _where(taking: dict[str, Any]) -> str:
    return f"{taking['thread']} ({taking['location']})" if taking["location"] else str(taking["thread"])


def _took(taking: dict[str, Any]) -> str:
    return "took" if taking["took"] else "waited for"


def lock_order_json(graph: Graph) -> str:
    """The graph as JSON, with the version of the format."""
    facts = graph.graph
    data = {
        "format": "simulator lock-order graph",
        "version": 1,
        "threads": list(facts.get("threads", ())),
        "looked_at": facts.get("looked_at"),
        "deadlocks": facts.get("deadlocks"),
        "complete": facts.get("complete", True),
        "locks": [{"name": name, **values} for name, values in graph.nodes(data=True)],
        "order": [
            {
                "from": first,
                "to": last,
                "takings": [{**taking, "held": list(taking["held"])} for taking in values["takings"]],
            }
            for first, last, values in _edges(graph)
        ],
        "circles": [
            {
                "locks": list(circle.locks),
                "threads": list(circle.threads),
                "locations": list(circle.locations),
                "dangerous": circle.is_dangerous,
                "safe_because": circle.safe_because,
            }
            for circle in circles_in(graph)
        ],
    }
    return json_text(data)
