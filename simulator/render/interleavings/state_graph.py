"""The state graph as a picture: what is shared in every state, who can step, and how many interleavings take each step.

Interleavings that come to the same state meet there. The fill of a state says what can still come of it: one outcome has
its own fill (and its number in the state), bad ones are vermillion; white is not decided yet.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.objects.base import SharedObject
from simulator.objects.values import text_of
from simulator.render.interleavings.endings import SHAPES, Bad, Endings, counted, ending_data, endings, outcome_lines
from simulator.render.interleavings.unfolding import Chosen
from simulator.render.lanes.states import state_text
from simulator.render.means.captions import redraw_program
from simulator.render.means.dot import MONOSPACE, Markup, digraph, edge, html, node
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.means.steps import Lines, label_table, schedule_text, step_label, step_line, step_text, tooltip
from simulator.texts import json_text, page
from simulator.words import count

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, State, StateGraph

MOST_STATES = 150
DETAILS_UP_TO, MOST_DETAILED_STEPS = 40, 60
"""Graphs with more states or steps than this have letters and numbers at their edges, and no operations."""
CHOSEN_WEIGHT = 20
"""How much Graphviz is to care that the chosen path is short and straight; other steps have 1."""
VALUE_WIDTH, AHEAD_WIDTH = 28, 28


class StateTexts:
    """What the picture and the text say of a state graph, and of each of its states."""

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
        blocked = [(name, text_of(operation)) for name, operation in state.waiting.items() if name not in can_step]
        return [f"{shorten(name, 20)} waits: {shorten(wanted, VALUE_WIDTH)}" for name, wanted in blocked]

    def ahead(self, state: State) -> str:
        """Which outcomes can still come: ``→ 1, 2``; at an end, which one it is."""
        if state.index in self.endings.at:
            ending = self.endings.at[state.index]
            return f"{ending.number}: {ending.text}"
        numbers = sorted(self.endings.ahead[state.index])
        return f"→ {', '.join(map(str, numbers))}" if numbers else "→ no end"

    def fill(self, state: State, theme: Theme) -> str:
        """The fill of the only outcome that can still come, or of all that is bad; paper if that is open."""
        decided = self.endings.decided(state.index)
        if decided is not None:
            return decided.fill(theme)
        return theme.bad if self.endings.doomed(state.index) else theme.paper

    def caption(self, *, drawn: bool = True) -> list[str]:
        """What the picture shows, the outcomes, and the command that draws it again."""
        graph = self.graph
        many = f"{count(len(graph.states), 'state')}, {counted(graph.interleavings)}"
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
    refuse_too_many(graph)
    texts = StateTexts(graph, chosen, bad)
    details = len(graph.states) <= DETAILS_UP_TO and len(graph.edges) <= MOST_DETAILED_STEPS
    written = [_state(texts, state, theme) for state in graph.states]
    for number, step in enumerate(graph.edges, start=1):
        thread = graph.program.position(step.thread)
        label = _in_full(texts, step, thread, theme) if details else _letter(step, thread, theme)
        on_path = (step.source, step.step) in texts.steps
        first, last = _ends(step)
        written.append(
            edge(
                first,
                last,
                label=label,
                id=f"edge{number}",
                weight=CHOSEN_WEIGHT if on_path else None,
                tooltip=f"{tooltip(step, texts.lines)}: {counted(step.interleavings)}",
                **step_line(thread, on_path, theme),
            )
        )
    below = caption.split("\n") if caption is not None else texts.caption()
    return digraph("state graph", written, below, theme, nodesep=0.4, ranksep=0.5)


def refuse_too_many(graph: StateGraph) -> None:
    """Raise `TooLarge` above 150 states."""
    if len(graph.states) > MOST_STATES:
        raise TooLarge(
            f"the program has {len(graph.states):,} states, and nobody could read a graph of more than {MOST_STATES}.\n"
            "Draw fewer threads or fewer steps; or what comes of it all, the outcome histogram of explore(program);\n"
            "or its beginning, the interleaving tree with depth=3. As .txt or .json it can be saved all the same."
        )


def _state(texts: StateTexts, state: State, theme: Theme) -> str:
    ending = texts.endings.at.get(state.index)
    rows = [f'<FONT FACE="{MONOSPACE}" POINT-SIZE="10">{html(line)}</FONT>' for line in texts.values(state)]
    rows += [f'<FONT POINT-SIZE="9"><I>{html(line)}</I></FONT>' for line in texts.stuck(state)]
    ahead = "<BR/>".join(map(html, textwrap.wrap(texts.ahead(state), AHEAD_WIDTH)))
    rows.append(f'<FONT POINT-SIZE="9"><B>{ahead}</B></FONT>' if ending else f'<FONT POINT-SIZE="9">{ahead}</FONT>')
    look = SHAPES[ending.verdict] if ending is not None else {"shape": "box", "style": "filled"}
    kind = f"state {ending.verdict}" if ending is not None else "state"
    wrong = {"color": theme.wrong} if ending is not None and ending.is_bad else {}
    return node(
        f"state{state.index}",
        label=label_table(f"<TD>{row}</TD>" for row in rows),
        margin="0.05,0.02",
        height=0.3,
        fillcolor=texts.fill(state, theme),
        penwidth=3 if state.index in texts.visited else 1,
        id=f"state{state.index}",
        tooltip="; ".join([*texts.values(state), *texts.stuck(state), texts.ahead(state)]),
        **look,
        **wrong,
        **{"class": kind},
    )


def _ends(step: Edge) -> tuple[str, str]:
    """Where an edge begins and ends. From the bottom of one state to the top of the next, or it would skim others."""
    first, last = f"state{step.source}", f"state{step.target}"
    return (f"{first}:s", f"{last}:n") if step.source < step.target else (first, last)


def _in_full(texts: StateTexts, step: Edge, thread: int, theme: Theme) -> Markup:
    """The label of an edge in a small graph: everything."""
    many = "∞" if step.interleavings is None else f"{step.interleavings:,} of {texts.graph.interleavings or '∞'}"
    return step_label(step, thread, texts.lines.of(step), theme, many)


def _letter(step: Edge, thread: int, theme: Theme) -> Markup:
    """The label of an edge in a large graph: the letter and the number."""
    many = "∞" if step.interleavings is None else f"{step.interleavings:,}"
    letter = f'<TD BGCOLOR="{theme.fill(thread)}"><B>{html(shorten(step.step, 8))}</B></TD>'
    return label_table([f'<TD WIDTH="2"></TD>{letter}<TD>{many}</TD>'])


def state_graph_text(
    graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None, caption: str | None = None
) -> str:
    """Every state with what it holds and the steps that lead on from it; ``*`` marks the chosen path."""
    texts = StateTexts(graph, chosen, bad)
    written = []
    for state in graph.states:
        mark = "*" if state.index in texts.visited else " "
        parts = ", ".join([*texts.values(state), *texts.stuck(state)])
        written.append(f"{mark} state {state.index}: {f'{parts}  ' if parts else ''}{_end_words(texts, state)}")
        for step in graph.after[state.index]:
            mark = "*" if (step.source, step.step) in texts.steps else " "
            where = f"  ({texts.lines.of(step)})" if texts.lines.of(step) else ""
            many = counted(step.interleavings)
            written.append(f"{mark}     {step.step}: {step_text(step)} -> state {step.target}, {many}{where}")
    said = caption.split("\n") if caption is not None else texts.caption(drawn=False)
    return page(["state graph", *written, "", *said])


def _end_words(texts: StateTexts, state: State) -> str:
    ending = texts.endings.at.get(state.index)
    if ending is None:
        return texts.ahead(state)
    return f"ends: {'BAD: ' if ending.verdict == 'bad' else ''}{ending.text}"


def state_graph_json(graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None) -> str:
    """The graph as JSON, with the version of the format: the states, the steps, and the outcomes."""
    texts = StateTexts(graph, chosen, bad)
    data = {
        "format": "simulator state graph",
        "version": 1,
        "threads": list(graph.program.names),
        "interleavings": graph.interleavings,
        "chosen": texts.schedule,
        "outcomes": [ending_data(ending) for ending in texts.endings.all],
        "states": [_state_data(texts, state) for state in graph.states],
        "steps": [_step_data(texts, step) for step in graph.edges],
    }
    return json_text(data)


def _state_data(texts: StateTexts, state: State) -> dict[str, Any]:
    ending = texts.endings.at.get(state.index)
    names = texts.graph.program.names
    return {
        "values": {object.name: texts._text(object, state, names) for object in state.object_states},
        "waiting": {name: text_of(operation) for name, operation in state.waiting.items()},
        "places": {name: str(place) if place is not None else None for name, place in state.places.items()},
        "outcome": None if ending is None else ending.number,
        "ahead": sorted(texts.endings.ahead[state.index]),
        "paths_to": state.paths_to,
        "paths_from": state.paths_from,
    }


def _step_data(texts: StateTexts, step: Edge) -> dict[str, Any]:
    place = texts.lines.place(step)
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
