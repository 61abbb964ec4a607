"""Which pictures there are of a value, and what each of them can be saved as: one table for `save` and for notebooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.execution import Execution
from simulator.render.graphs.happens_before import (
    happens_before_caption,
    happens_before_dot,
    happens_before_json,
    happens_before_text,
)
from simulator.render.graphs.lock_order import lock_order_dot, lock_order_json, lock_order_text
from simulator.render.graphs.waiting import resource_allocation_dot, wait_for_dot
from simulator.render.graphs.waiting_text import graph_json, graph_text
from simulator.render.interleavings.histogram import histogram_dot, histogram_json, histogram_text
from simulator.render.interleavings.lattice import lattice_dot
from simulator.render.interleavings.lattice_text import lattice_json, lattice_text
from simulator.render.interleavings.state_graph import state_graph_dot, state_graph_json, state_graph_text
from simulator.render.interleavings.tree import (
    interleaving_tree_dot,
    interleaving_tree_json,
    interleaving_tree_text,
)
from simulator.render.lanes.comparison import comparison_caption, comparison_dot, comparison_text
from simulator.render.lanes.shiviz import shiviz
from simulator.render.lanes.swimlanes import timeline_dot
from simulator.render.lanes.text import timeline
from simulator.render.means.captions import graph_caption
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.mermaid.flowcharts import happens_before_mermaid, lock_order_mermaid, waiting_mermaid
from simulator.render.mermaid.flowcharts_of_many import interleaving_tree_mermaid, state_graph_mermaid
from simulator.render.mermaid.sequences import timeline_mermaid
from simulator.render.page.player import player

Writer = Callable[..., str]
THEMED = (".dot", ".mmd")
"""Texts that have colours."""
PAGES = (".html",)
"""What has the colours of the reader's system, if no theme is named."""
LONGEST_DESCRIPTION = 6_000
BREAK = "\n\n"
"""What stands between a picture as text and its caption."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of one kind of value.

    ``called`` is what the value is called in errors; ``writers`` have the function for each suffix that is text, and
    whatever has .dot can be drawn; ``told`` is the description for readers who do not see it.
    """

    called: str
    title: str
    writers: dict[str, Writer]
    told: Callable[..., str] = lambda value, **_: str(value)

    def write(self, suffix: str, value: Any, options: dict[str, Any]) -> str:
        """The text for a suffix."""
        kept = {name: option for name, option in options.items() if name != "theme"}
        theme = options.get("theme")
        if suffix in THEMED:
            kept["theme"] = theme or LIGHT
        elif suffix in PAGES:
            kept["theme"] = theme
        self._check(suffix, kept)
        return self.writers[suffix](value, **kept)

    def fitting(self, suffix: str, options: dict[str, Any]) -> dict[str, Any]:
        """Those of the options that the text for a suffix has."""
        _, *known = inspect.signature(self.writers[suffix]).parameters
        return {name: option for name, option in options.items() if name in ("theme", *known)}

    def _check(self, suffix: str, options: dict[str, Any]) -> None:
        """Complain about options that this picture does not have, in the words of the caller, not of the function inside."""
        _, *known = inspect.signature(self.writers[suffix]).parameters
        unknown = [name for name in options if name not in known]
        if unknown:
            offered = [name for name in known if name != "theme"]
            has = f"It has: {', '.join(offered)}." if offered else "It has none."
            raise TypeError(f"{self.called} saved as {suffix} has no option {', '.join(unknown)}. {has}")
        caption = options.get("caption")
        if caption is not None and not isinstance(caption, str | bool):
            raise TypeError(f"caption= was expecting a text, but got {type(caption).__name__}.")


def _captioned(caption: Callable[[Any], list[str]]) -> Callable[..., str]:
    """A description: the caption that is given, or else the picture's own."""
    return lambda value, **options: str(options.get("caption") or " ".join(caption(value)))


def _in_full(title: str, text: Writer) -> Callable[..., str]:
    """A description: the picture as text, or only its caption if that is too long to be listened to."""

    def told(value: Any, **options: Any) -> str:
        options.pop("theme", None)
        said = text(value, **options)
        return said if len(said) <= LONGEST_DESCRIPTION else f"{title}. {said.rpartition(BREAK)[2]}"

    return told


def _long_timeline(execution: Execution, *, caption: bool = True, locations: bool = True) -> str:
    return timeline(execution, caption=caption, locations=locations)


def _said(value: Any) -> str:
    return str(value)


def _json(value: Any) -> str:
    return str(value.to_json())


def _player_of_graph(graph: Any, *, quiz: bool = False, title: str | None = None, theme: Theme | None = None) -> str:
    return player(None, graph, quiz=quiz, title=title, theme=theme)


TIMELINE = Picture(
    "an execution",
    "Timeline",
    {
        ".dot": timeline_dot,
        ".mmd": timeline_mermaid,
        ".txt": _long_timeline,
        ".json": _json,
        ".html": player,
        ".log": shiviz,
    },
    lambda execution, **_: timeline(execution),
)
COMPARISON = Picture(
    "a comparison",
    "Comparison of two executions",
    {".dot": comparison_dot, ".txt": comparison_text, ".json": _json},
    _captioned(comparison_caption),
)
HISTOGRAM = Picture(
    "an exploration",
    "Outcome histogram",
    {".dot": histogram_dot, ".txt": histogram_text, ".json": histogram_json},
    _in_full("Outcome histogram", histogram_text),
)
GRAPHS = {
    "wait-for": Picture(
        "a wait-for graph",
        "Wait-for graph",
        {".dot": wait_for_dot, ".mmd": waiting_mermaid, ".txt": graph_text, ".json": graph_json},
        _captioned(graph_caption),
    ),
    "resource-allocation": Picture(
        "a resource-allocation graph",
        "Resource-allocation graph",
        {".dot": resource_allocation_dot, ".mmd": waiting_mermaid, ".txt": graph_text, ".json": graph_json},
        _captioned(graph_caption),
    ),
    "happens-before": Picture(
        "a happens-before graph",
        "Happens-before graph",
        {
            ".dot": happens_before_dot,
            ".mmd": happens_before_mermaid,
            ".txt": happens_before_text,
            ".json": happens_before_json,
        },
        _captioned(happens_before_caption),
    ),
    "lock-order": Picture(
        "a lock-order graph",
        "Lock-order graph",
        {".dot": lock_order_dot, ".mmd": lock_order_mermaid, ".txt": lock_order_text, ".json": lock_order_json},
        _in_full("Lock-order graph", lock_order_text),
    ),
}
"""By what ``graph.graph["picture"]`` says."""

OF_STATES = {
    "states": Picture(
        "a state graph",
        "State graph",
        {
            ".dot": state_graph_dot,
            ".mmd": state_graph_mermaid,
            ".txt": state_graph_text,
            ".json": state_graph_json,
            ".html": _player_of_graph,
        },
        _in_full("State graph", state_graph_text),
    ),
    "tree": Picture(
        "an interleaving tree",
        "Interleaving tree",
        {
            ".dot": interleaving_tree_dot,
            ".mmd": interleaving_tree_mermaid,
            ".txt": interleaving_tree_text,
            ".json": interleaving_tree_json,
        },
        _in_full("Interleaving tree", interleaving_tree_text),
    ),
    "lattice": Picture(
        "a lattice",
        "Lattice",
        {".dot": lattice_dot, ".txt": lattice_text, ".json": lattice_json},
        _in_full("Lattice", lattice_text),
    ),
}
"""The pictures of a state graph, by the name that the command ``draw`` has for them; the first one if none is named."""


def picture_of(value: Any, name: str | None = None) -> Picture:
    """The picture of a value; ``name`` says which one of a state graph: "states", "tree" or "lattice".

    Values whose classes stand where pictures may not look are known by what they have. Raises TypeError if it is nothing
    that can be drawn, ValueError if there is no such picture of it.
    """
    if all(hasattr(value, part) for part in ("program", "states", "edges")):
        known = OF_STATES
    else:
        found = _only_one(value)
        known = {found.title.lower().replace(" ", "-"): found}
    first = next(iter(known.values()))
    if name is None:
        return first
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"picture={name!r} is no picture of {next(iter(known.values())).called}. There are: {', '.join(known)}."
        )
    return known[name]


def _only_one(value: Any) -> Picture:
    if isinstance(value, Execution):
        return TIMELINE
    facts = getattr(value, "graph", None)
    if isinstance(facts, dict) and facts.get("picture") in GRAPHS:
        return GRAPHS[facts["picture"]]
    if type(value).__name__ == "Comparison":
        return COMPARISON
    if all(hasattr(value, part) for part in ("claim", "outcomes", "headline")):
        return HISTOGRAM
    if hasattr(value, "to_json"):
        kind = type(value).__name__
        return Picture(f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}", kind, {".txt": _said, ".json": _json})
    raise TypeError(
        f"save() was expecting something that can be drawn, but got {type(value).__name__}.\n"
        "That is an execution, an exploration, a state graph, or what simulator.analysis answers: a graph of who waits,\n"
        "of what happens before what or of the order of locks, a comparison, or an explanation."
    )
