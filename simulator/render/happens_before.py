"""The happens-before graph: what orders the steps of an execution, and the pairs that nothing orders. DOT, text, JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.render.canvas import Canvas, Point, heading, mono_width, sans_width
from simulator.render.captions import redraw
from simulator.render.dot import Markup, html
from simulator.render.palette import LIGHT, Theme, pattern
from simulator.render.text import shorten

if TYPE_CHECKING:
    from simulator.analysis.event_graph import EventGraph

MOST_EVENTS = 60
MOST_RACES = 12
"""More racing pairs than this are counted in the caption, and not drawn."""
SENTENCES = 3
LONGEST_STEP, LONGEST_NAME, LONGEST_CAPTION = 40, 24, 300
ROW, HEAD, GAP, NUMBERS, BOX = 42.0, 40.0, 150.0, 40.0, 20.0
LEGEND = "down: program order; across: what orders two threads; without a path there is no order"


def happens_before_dot(graph: EventGraph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw what `analysis.happens_before` answers: a lane for each thread, time runs down.

    Program order runs down the lanes, and thick arrows across say what orders two threads. A racing pair is joined by a
    double-headed vermillion edge. ``caption`` replaces what stands below. Raises `TooLarge` above 60 events.
    """
    if len(graph) > MOST_EVENTS:
        raise TooLarge(
            f"the execution has {len(graph):,} steps, and nobody could read its happens-before graph above {MOST_EVENTS}.\n"
            "Read its races: print(*analysis.races(execution), sep='\\n'), or save the graph as .txt or .json;\n"
            f"or draw its beginning: analysis.happens_before(replay(program, str(execution.schedule[:{MOST_EVENTS}])))."
        )
    canvas = Canvas(theme)
    _Lanes(graph, theme).draw(canvas)
    return canvas.picture("happens-before graph", happens_before_caption(graph) if caption is None else caption.split("\n"))


def happens_before_caption(graph: EventGraph) -> list[str]:
    """What races, the legend, the schedule and the outcome, and the command that draws it again."""
    facts = graph.graph
    found = _races(graph)
    lines = [f"Data race: {race['sentence']}." for race in found[:SENTENCES]]
    if len(found) > SENTENCES:
        least = "at least " if facts.get("more_races") else ""
        drawn = f"; the first {MOST_RACES} are drawn" if len(found) > MOST_RACES else ""
        lines.append(f"And {least}{len(found) - SENTENCES:,} more pairs without an order{drawn}.")
    if not found:
        lines.append("No data race here: every two conflicting accesses are ordered.")
    drawn_again = redraw(facts.get("source"), "happens-before", facts.get("schedule", ""))
    ended = [shorten(facts["caption"], LONGEST_CAPTION)] if facts.get("caption") else []
    return [*(shorten(line, LONGEST_CAPTION) for line in lines), LEGEND, *ended, *drawn_again]


def happens_before_text(graph: EventGraph, caption: str | None = None) -> str:
    """One line for each step, for each synchronisation and for each race; then the caption."""
    lines = ["happens-before graph"]
    number = len(str(max(graph, default=0)))
    for step, data in graph.nodes(data=True):
        where = f"  ({data['location']})" if data["location"] else ""
        lines.append(f"{step:>{number}}  {data['thread']}: {shorten(data['text'])}{where}")
    across = [edge for edge in graph.edges(data=True) if edge[2]["kind"] == "synchronisation"]
    lines += ["", *(f"{first} before {last}: {data['how']} ({data['object']})" for first, last, data in across)] * bool(
        across
    )
    found = _races(graph)
    lines += ["", *(f"no order: {race['sentence']}" for race in found)] * bool(found)
    lines += ["no order: more pairs than are listed here"] * bool(graph.graph.get("more_races"))
    below = happens_before_caption(graph) if caption is None else [caption]
    return "\n".join([*lines, "", *(line for line in below if not line.startswith(("Data race", "And ", LEGEND)))])


def happens_before_json(graph: EventGraph) -> str:
    """The graph as JSON, with the version of the format."""
    facts = {key: list(value) if isinstance(value, tuple) else value for key, value in graph.graph.items()}
    data = {
        "format": "simulator graph",
        "version": 1,
        **facts,
        "nodes": [{"name": step, **data} for step, data in graph.nodes(data=True)],
        "edges": [{"from": first, "to": last, **data} for first, last, data in graph.edges(data=True)],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _races(graph: EventGraph) -> list[dict[str, Any]]:
    """The racing pairs of which both steps are in the graph, which may be a part of what was made."""
    return [race for race in graph.graph.get("races", ()) if race["first"] in graph and race["last"] in graph]


class _Lanes:
    """Where everything stands."""

    def __init__(self, graph: EventGraph, theme: Theme) -> None:
        self.graph, self.theme = graph, theme
        known = graph.graph.get("threads", ())
        stepping = {data["thread"] for _, data in graph.nodes(data=True)}
        self.threads = [name for name in known if name in stepping] or list(known)
        self.position = {name: known.index(name) for name in self.threads}
        self.middle: dict[str, float] = {}
        self.width: dict[str, float] = {}
        x = NUMBERS
        for name in self.threads:
            texts = [self._text(step) for step, data in graph.nodes(data=True) if data["thread"] == name]
            wide = max([sans_width(shorten(name, LONGEST_NAME), 13), *map(mono_width, texts)]) + 14
            self.middle[name], self.width[name] = x + wide / 2, wide
            x += wide + GAP
        self.y = {step: HEAD + ROW * (place + 0.5) for place, step in enumerate(sorted(graph))}
        self._labels: list[Point] = []

    def _text(self, step: int) -> str:
        return shorten(self.graph.nodes[step]["text"], LONGEST_STEP)

    def draw(self, canvas: Canvas) -> None:
        for name in self.threads:
            self._lane(canvas, name)
        for step in sorted(self.graph):
            self._step(canvas, step)
        across = [edge for edge in self.graph.edges(data=True) if edge[2]["kind"] == "synchronisation"]
        for first, last, data in across:
            path = self._path(first, last)
            name, said = f"sync{first}_{last}", f"{first} before {last}: {data['how']} ({data['object']})"
            canvas.line(name, path, head="last", thick=2, kind="synchronisation", tooltip=said)
            self._label(canvas, f"how{first}_{last}", path, [data["how"], data["object"]], self.theme.ink)
        for race in _races(self.graph)[:MOST_RACES]:
            path = self._path(race["first"], race["last"])
            name = f"race{race['first']}_{race['last']}"
            wrong = self.theme.wrong
            canvas.line(name, path, head="both", thick=2.5, colour=wrong, kind="race", tooltip=race["sentence"])
            self._label(canvas, f"no{name}", path, ["no order"], wrong)

    def _lane(self, canvas: Canvas, name: str) -> None:
        position, x = self.position[name], self.middle[name]
        steps = [step for step in self.y if self.graph.nodes[step]["thread"] == name]
        label = heading(shorten(name, LONGEST_NAME), 13)
        fill = self.theme.fill(position)
        size = (self.width[name], 26.0)
        canvas.box(f"thread{position + 1}", (x, 13), size, label, fill=fill, style="rounded", kind="thread", tooltip=name)
        own, colour = pattern(position), self.theme.lines[position % len(self.theme.lines)]
        stroke = f"{colour}:{self.theme.paper}:{colour}" if own.double else colour
        tops = [26.0, *(self.y[step] + BOX / 2 for step in steps)]
        for number, (top, step) in enumerate(zip(tops, steps, strict=False)):
            path = [(x, top), (x, self.y[step] - BOX / 2)]
            thick = 1.0 if own.double else 2.0
            head = "last" if number else ""
            canvas.line(f"program{step}", path, head=head, colour=stroke, thick=thick, style=own.style, kind="program")

    def _step(self, canvas: Canvas, step: int) -> None:
        data = self.graph.nodes[step]
        name, y = data["thread"], self.y[step]
        racing = any(step in (race["first"], race["last"]) for race in _races(self.graph))
        canvas.box(f"number{step}", (NUMBERS / 2 - 4, y), (NUMBERS - 8, 14), str(step), colour="", ink=self.theme.muted)
        canvas.box(
            f"step{step}",
            (self.middle[name], y),
            (self.width[name], BOX),
            self._text(step),
            fill=self.theme.fill(self.position[name]),
            colour=self.theme.wrong if racing else None,
            thick=2 if racing else 1,
            kind="event",
            tooltip=f"{step} {name}: {shorten(data['text'], LONGEST_CAPTION)}"
            + (f" ({data['location']})" if data["location"] else ""),
        )

    def _path(self, first: int, last: int) -> list[Point]:
        """From the side of one box to the side of the other that looks at it; between the steps of lanes on the way."""
        begin, end = (self.graph.nodes[step]["thread"] for step in (first, last))
        side = 1 if self.middle[end] > self.middle[begin] else -1
        start = (self.middle[begin] + side * self.width[begin] / 2, self.y[first])
        tip = (self.middle[end] - side * self.width[end] / 2, self.y[last])
        path = [start]
        for name in sorted(self.threads, key=lambda name: side * self.middle[name]):
            if not side * start[0] < side * self.middle[name] < side * tip[0]:
                continue
            slope = (tip[1] - path[-1][1]) / (tip[0] - path[-1][0])
            half = self.width[name] / 2 + 6
            near, far = self.middle[name] - side * half, self.middle[name] + side * half
            ys = sorted(path[-1][1] + slope * (x - path[-1][0]) for x in (near, far))
            steps = [y for step, y in self.y.items() if self.graph.nodes[step]["thread"] == name]
            if any(ys[0] - BOX / 2 - 4 < y < ys[1] + BOX / 2 + 4 for y in steps):
                between = HEAD + ROW * round((sum(ys) / 2 - HEAD) / ROW)
                path += [(near, between), (far, between)]
        return [*path, tip]

    def _label(self, canvas: Canvas, name: str, path: list[Point], lines: list[str], ink: str) -> None:
        """On the line, in the gap beside its start, and not on another label if that can be helped."""
        (x0, y0), (x1, y1) = path[:2]
        across = abs(x1 - x0) or 1
        tries = [GAP * part / across for part in (0.5, 0.36, 0.64, 0.24, 0.76)]
        places = [(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part) for part in tries]
        place = next((place for place in places if self._is_free(place)), places[0])
        self._labels.append(place)
        texts = [shorten(line, LONGEST_NAME) for line in lines if line]
        wide = max(mono_width(text, 9) for text in texts)
        label = Markup("<BR/>".join(f"<B>{html(text)}</B>" if text == "no order" else html(text) for text in texts))
        size = (wide + 4, 11.0 * len(texts) + 1)
        canvas.box(name, place, size, label, fill=self.theme.paper, colour="", ink=ink, fontsize=9)

    def _is_free(self, place: Point) -> bool:
        return all(abs(place[0] - x) > GAP / 2 or abs(place[1] - y) > 24 for x, y in self._labels)
