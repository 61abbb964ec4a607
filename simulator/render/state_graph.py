"""The state graph as a picture: what is shared in every state, who can step, and how many interleavings take each step.

Interleavings that come to the same state meet there. The fill of a state says what can still come of it: one outcome has
its own fill (and its number in the state), bad ones are vermillion; white is not decided yet.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.objects.base import SharedObject
from simulator.objects.values import text_of
from simulator.render.captions import redraw_program
from simulator.render.dot import MONOSPACE, Markup, digraph, edge, html, node
from simulator.render.endings import SHAPES, Bad, Endings, counted, ending_data, endings, outcome_lines
from simulator.render.palette import LIGHT, Theme
from simulator.render.states import state_text
from simulator.render.steps import Lines, label_table, schedule_text, step_label, step_line, step_text, tooltip
from simulator.render.text import shorten
from simulator.render.unfolding import Chosen

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, State, StateGraph

MOST_STATES = 150
DETAILS_UP_TO = 40
"""Graphs with more states than this have letters and numbers at their edges, and no operations."""
CHOSEN_WEIGHT = 20
"""How much Graphviz is to care that the chosen path is short and straight; other steps have 1."""
VALUE_WIDTH, AHEAD_WIDTH = 28, 28


class Shown:
    """A state graph, and what the picture and the text say of it."""

    def __init__(self, graph: StateGraph, chosen: Chosen | None, bad: Bad | None) -> None:
        self.graph = graph
        self.endings: Endings = endings(graph, bad)
        self.lines = Lines(graph)
        path = None if chosen is None else graph.path(chosen)
        self.schedule = None if path is None else schedule_text(step.step for step in path)
        self.steps = {(step.source, step.step) for step in path or ()}
        self.visited = set() if path is None else {0, *(step.target for step in path)}
        objects = list(graph.states[0].object_states)
        self.objects = [one for one in objects if self._varies(one)] or objects

    def _varies(self, object: SharedObject) -> bool:
        """Whether an object is ever seen in another state: the others would only take room."""
        texts = {text_of(state.object_states[object]) for state in self.graph.states}
        return len(texts) > 1

    def values(self, state: State) -> list[str]:
        """``counter: 1``, ``left: held by A``; one line for each object that ever changes."""
        names = self.graph.program.names
        return [f"{shorten(one.name, 20)}: {self._text(one, state, names)}" for one in self.objects]

    @staticmethod
    def _text(object: SharedObject, state: State, names: tuple[str, ...]) -> str:
        return state_text(object, state.object_states[object], names, VALUE_WIDTH)

    def stuck(self, state: State) -> list[str]:
        """``B waits: left.acquire()``, for those who cannot step here."""
        can_step = {step.thread for step in self.graph.after[state.index]}
        blocked = {name: operation for name, operation in state.waiting.items() if name not in can_step}
        return [f"{name} waits: {shorten(text_of(operation), VALUE_WIDTH)}" for name, operation in blocked.items()]

    def ahead(self, state: State) -> str:
        """Which outcomes can still come: ``→ 1, 2``; at an end, which one it is."""
        if state.index in self.endings.at:
            ending = self.endings.at[state.index]
            return f"{ending.number}: {ending.text}"
        numbers = sorted(self.endings.ahead[state.index])
        return f"→ {', '.join(map(str, numbers))}" if numbers else "→ no end"

    def caption(self, *, drawn: bool = True) -> list[str]:
        """What the picture shows, the outcomes, and the command that draws it again."""
        graph = self.graph
        many = f"{len(graph.states):,} state{'' if len(graph.states) == 1 else 's'}, {counted(graph.interleavings)}"
        names = ", ".join(graph.program.names) or "no threads"
        thick = [] if self.schedule is None else [f"thick: schedule {self.schedule}"]
        fills = ["→ and fill: what can still come"]
        options = [] if self.schedule is None else ["--schedule", self.schedule]
        return [
            f"State graph of {names}: {many}.",
            "At a step: how many interleavings take it.",
            *outcome_lines(self.endings.all, [*fills, *thick], drawn=drawn),
            *redraw_program(graph.program, "states", *options),
        ]


def state_graph_dot(
    graph: StateGraph,
    *,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Draw every state once: what it holds, who waits in it, and by its fill and its numbers what can still come of it.

    An end is rounded if the outcome is good, an octagon if it is bad (a thread failed, or ``bad`` says so of the outcome),
    a double octagon if it is a deadlock. At every step stands how many interleavings take it. ``chosen`` is an execution or
    a schedule that is drawn thick. ``caption`` replaces what stands below. Raises `TooLarge` above 150 states.
    """
    if len(graph.states) > MOST_STATES:
        raise TooLarge(
            f"the program has {len(graph.states):,} states, and nobody could read a graph of more than {MOST_STATES}.\n"
            "Draw fewer threads or fewer steps; or what comes of it all, the outcome histogram of explore(program);\n"
            "or its beginning, the interleaving tree with depth=4. As .txt or .json it can be saved all the same."
        )
    shown = Shown(graph, chosen, bad)
    details = len(graph.states) <= DETAILS_UP_TO
    written = [_state(shown, state, theme) for state in graph.states]
    for number, step in enumerate(graph.edges, start=1):
        thread = graph.program.position(step.thread)
        label = _in_full(shown, step, thread, theme) if details else _letter(step, thread, theme)
        on_path = (step.source, step.step) in shown.steps
        written.append(
            edge(
                f"state{step.source}",
                f"state{step.target}",
                label=label,
                id=f"edge{number}",
                weight=CHOSEN_WEIGHT if on_path else None,
                tooltip=f"{tooltip(step, shown.lines)}: {counted(step.interleavings)}",
                **step_line(thread, on_path, theme),
            )
        )
    below = caption.split("\n") if caption is not None else shown.caption()
    return digraph("state graph", written, below, theme, nodesep=0.2, ranksep=0.35)


def _state(shown: Shown, state: State, theme: Theme) -> str:
    ending = shown.endings.at.get(state.index)
    rows = [f'<FONT FACE="{MONOSPACE}" POINT-SIZE="10">{html(line)}</FONT>' for line in shown.values(state)]
    rows += [f'<FONT POINT-SIZE="9"><I>{html(line)}</I></FONT>' for line in shown.stuck(state)]
    ahead = "<BR/>".join(map(html, textwrap.wrap(shown.ahead(state), AHEAD_WIDTH)))
    rows.append(f'<FONT POINT-SIZE="9"><B>{ahead}</B></FONT>' if ending else f'<FONT POINT-SIZE="9">{ahead}</FONT>')
    decided = shown.endings.decided(state.index)
    fill = decided.fill(theme) if decided is not None else theme.bad if shown.endings.doomed(state.index) else theme.paper
    look = SHAPES[ending.verdict] if ending is not None else {"shape": "box", "style": "filled"}
    kind = f"state {ending.verdict}" if ending is not None else "state"
    wrong = {"color": theme.wrong} if ending is not None and ending.is_bad else {}
    return node(
        f"state{state.index}",
        label=label_table(f"<TD>{row}</TD>" for row in rows),
        margin="0.05,0.02",
        height=0.3,
        fillcolor=fill,
        penwidth=3 if state.index in shown.visited else 1,
        id=f"state{state.index}",
        tooltip="; ".join([*shown.values(state), *shown.stuck(state), shown.ahead(state)]),
        **look,
        **wrong,
        **{"class": kind},
    )


def _in_full(shown: Shown, step: Edge, thread: int, theme: Theme) -> Markup:
    """The label of an edge in a small graph: everything."""
    many = "∞" if step.interleavings is None else f"{step.interleavings:,} of {shown.graph.interleavings or '∞'}"
    return step_label(step, thread, shown.lines.of(step), theme, many)


def _letter(step: Edge, thread: int, theme: Theme) -> Markup:
    """The label of an edge in a large graph: the letter and the number."""
    many = "∞" if step.interleavings is None else f"{step.interleavings:,}"
    letter = f'<TD BGCOLOR="{theme.fill(thread)}"><B>{html(shorten(step.step, 8))}</B></TD>'
    return label_table([f'<TD WIDTH="2"></TD>{letter}<TD>{many}</TD>'])


def state_graph_text(
    graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None, caption: str | None = None
) -> str:
    """Every state with what it holds and the steps that lead on from it; ``*`` marks the chosen path."""
    shown = Shown(graph, chosen, bad)
    written = []
    for state in graph.states:
        mark = "*" if state.index in shown.visited else " "
        parts = ", ".join([*shown.values(state), *shown.stuck(state)])
        written.append(f"{mark} state {state.index}: {f'{parts}  ' if parts else ''}{_end_words(shown, state)}")
        for step in graph.after[state.index]:
            mark = "*" if (step.source, step.step) in shown.steps else " "
            where = f"  ({shown.lines.of(step)})" if shown.lines.of(step) else ""
            many = counted(step.interleavings)
            written.append(f"{mark}     {step.step}: {step_text(step)} -> state {step.target}, {many}{where}")
    said = [caption] if caption is not None else shown.caption(drawn=False)
    return "\n".join(["state graph", *written, "", *said])


def _end_words(shown: Shown, state: State) -> str:
    ending = shown.endings.at.get(state.index)
    if ending is None:
        return shown.ahead(state)
    return f"ends: {'BAD: ' if ending.verdict == 'bad' else ''}{ending.text}"


def state_graph_json(graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None) -> str:
    """The graph as JSON, with the version of the format: the states, the steps, and the outcomes."""
    shown = Shown(graph, chosen, bad)
    data = {
        "format": "simulator state graph",
        "version": 1,
        "threads": list(graph.program.names),
        "interleavings": graph.interleavings,
        "chosen": shown.schedule,
        "outcomes": [ending_data(ending) for ending in shown.endings.all],
        "states": [_state_data(shown, state) for state in graph.states],
        "steps": [_step_data(shown, step) for step in graph.edges],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _state_data(shown: Shown, state: State) -> dict[str, Any]:
    ending = shown.endings.at.get(state.index)
    names = shown.graph.program.names
    return {
        "values": {object.name: shown._text(object, state, names) for object in state.object_states},
        "waiting": {name: text_of(operation) for name, operation in state.waiting.items()},
        "places": {name: str(place) if place is not None else None for name, place in state.places.items()},
        "outcome": None if ending is None else ending.number,
        "ahead": sorted(shown.endings.ahead[state.index]),
        "paths_to": state.paths_to,
        "paths_from": state.paths_from,
    }


def _step_data(shown: Shown, step: Edge) -> dict[str, Any]:
    place = shown.lines.place(step)
    return {
        "from": step.source,
        "to": step.target,
        "step": step.step,
        "thread": step.thread,
        "operation": text_of(step.operation),
        "answer": None if step.answer is None else text_of(step.answer),
        "location": str(place) if place is not None else None,
        "interleavings": step.interleavings,
    }
