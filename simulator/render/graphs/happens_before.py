"""The happens-before graph: what orders the steps of an execution, and the pairs that nothing orders. DOT, text, JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.render.means.canvas import Canvas, Point, heading, mono_width, sans_width
from simulator.render.means.captions import redraw
from simulator.render.means.dot import Markup, html
from simulator.render.means.palette import LIGHT, Theme, pattern
from simulator.render.means.phrases import shorten
from simulator.render.means.places import brief
from simulator.texts import json_text, page

if TYPE_CHECKING:
    from simulator.analysis.event_graph import EventGraph

MOST_EVENTS = 60
MOST_RACES = 12
"""More racing pairs than this are counted in the caption, and not drawn."""
SENTENCES = 3
LONGEST_STEP, LONGEST_NAME, LONGEST_CAPTION = 40, 24, 300
ROW, HEAD, NUMBERS, BOX = 42.0, 40.0, 40.0, 20.0
WIDE, NARROWEST, FEW = 150.0, 90.0, 4
"""How far apart lanes are at least: up to a few of them, and more."""
ARROWS, PLACES = 54.0, 22.0
"""What a gap has besides a label, so that one sees the line that it stands on; and what is before the source."""
LABEL_SIZE = 9
NO_ORDER = "no order"
PARTS = sorted((step / 20 for step in range(21)), key=lambda part: (abs(part - 0.5), part))
"""Where a label may stand on its line, of the room that a gap between two lanes has for it: the best first."""
BESIDE = (14.0, -14.0, 26.0, -26.0)
"""How far below or above its line a label may be, if there is no room on it."""
LEGEND = "down: program order; across: what orders two threads"
WITHOUT_RACES, WITH_RACES = "without a path there is no order", "two heads: a race, for no path orders it"


def happens_before_dot(graph: EventGraph, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw what `analysis.happens_before` answers: a lane for each thread, time runs down.

    Program order runs down the lanes, and thick arrows across say what orders two threads. A racing pair is joined by a
    double-headed vermillion edge. ``caption`` replaces what stands below. Raises `TooLarge` above 60 events.
    """
    if len(graph) > MOST_EVENTS:
        raise TooLarge(
            f"the execution has {len(graph):,} steps, and nobody could read its happens-before graph above {MOST_EVENTS}.\n"
            "Read its races: print(*analysis.races(execution), sep='\\n'), or save the graph as .txt or .json;\n"
            f"or draw its beginning: analysis.happens_before(replay(program, execution.schedule[:{MOST_EVENTS}]))."
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
    return [
        *(shorten(line, LONGEST_CAPTION) for line in lines),
        f"{LEGEND}; {WITH_RACES if found else WITHOUT_RACES}",
        *ended,
        *drawn_again,
    ]


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
    below = happens_before_caption(graph) if caption is None else caption.split("\n")
    return page([*lines, "", *(line for line in below if not line.startswith(("Data race", "And ", LEGEND)))])


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
    return json_text(data)


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
        self.across = [edge for edge in graph.edges(data=True) if edge[2]["kind"] == "synchronisation"]
        self.races = _races(graph)[:MOST_RACES]
        self.gap = self._gap()
        self.middle: dict[str, float] = {}
        self.width: dict[str, float] = {}
        x = NUMBERS
        for name in self.threads:
            texts = [self._text(step) for step, data in graph.nodes(data=True) if data["thread"] == name]
            wide = max([sans_width(shorten(name, LONGEST_NAME), 13), *map(mono_width, texts)]) + 14
            self.middle[name], self.width[name] = x + wide / 2, wide
            x += wide + self.gap
        self.places_at = x - self.gap + PLACES
        self.brief = brief(data["location"] for _, data in graph.nodes(data=True))
        self.y = {step: HEAD + ROW * (place + 0.5) for place, step in enumerate(sorted(graph))}
        self._labels: list[tuple[Point, Point]] = []
        self._paths: list[list[Point]] = []

    def _gap(self) -> float:
        """How far apart the lanes are: as far as the labels between them need."""
        labels = [_said(data) for _, _, data in self.across] + [[NO_ORDER]] * bool(self.races)
        widest = max((_size(label)[0] for label in labels), default=0.0)
        return max(NARROWEST if len(self.threads) > FEW else WIDE, widest + ARROWS)

    def _text(self, step: int) -> str:
        return shorten(self.graph.nodes[step]["text"], LONGEST_STEP)

    def draw(self, canvas: Canvas) -> None:
        for name in self.threads:
            self._lane(canvas, name)
        for step in sorted(self.graph):
            self._step(canvas, step)
        self._paths = [self._path(first, last) for first, last, _ in self.across]
        self._paths += [self._path(race["first"], race["last"]) for race in self.races]
        paths = iter(self._paths)
        for first, last, data in self.across:
            path = next(paths)
            name, said = f"sync{first}_{last}", f"{first} before {last}: {data['how']} ({data['object']})"
            canvas.line(name, path, head="last", thick=2, kind="synchronisation", tooltip=said)
            self._label(canvas, f"how{first}_{last}", path, _said(data), self.theme.ink)
        for race in self.races:
            path = next(paths)
            name = f"race{race['first']}_{race['last']}"
            wrong = self.theme.wrong
            canvas.line(name, path, head="both", thick=2.5, colour=wrong, kind="race", tooltip=race["sentence"])
            self._label(canvas, f"no{name}", path, [NO_ORDER], wrong)

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
        place = shorten(self.brief(data["location"]), LONGEST_STEP)
        if place:
            canvas.text(f"place{step}", (self.places_at, y), place, LABEL_SIZE, mono_width(place, LABEL_SIZE) + 4)

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

    def _label(self, canvas: Canvas, name: str, path: list[Point], texts: list[str], ink: str) -> None:
        """On the line, best in the gap beside its start, where there is no other label and no other line; else beside it.

        "no order" is left out if there is no such place: the legend says what a line with two heads is.
        """
        size = _size(texts)
        margin = (size[0] / 2 + 2) / self.gap  # so that the label is beside both boxes
        parts = [margin + (1 - 2 * margin) * part for part in PARTS]
        places = [_on(start, tip, part) for start, tip in self._gaps(path) for part in parts]
        free = [place for place in places if self._is_free(place, size)]
        clear = next((place for place in free if not self._is_crossed(place, size, path)), None)
        if clear is None and texts == [NO_ORDER]:
            return
        beside = ((x, y + shift) for shift in BESIDE for x, y in places if self._is_free((x, y + shift), size))
        place = clear or next(iter(free), None) or next(beside, places[0])
        self._labels.append((place, size))
        label = Markup("<BR/>".join(f"<B>{html(text)}</B>" if text == NO_ORDER else html(text) for text in texts))
        canvas.box(name, place, size, label, fill=self.theme.paper, colour="", ink=ink, fontsize=LABEL_SIZE)

    def _gaps(self, path: list[Point]) -> Iterator[tuple[Point, Point]]:
        """The parts of a path that are between two lanes, from its start on."""
        side = 1 if path[-1][0] > path[0][0] else -1
        lanes = sorted(self.threads, key=lambda name: side * self.middle[name])
        for name, following in pairwise(lanes):
            near = self.middle[name] + side * self.width[name] / 2
            far = self.middle[following] - side * self.width[following] / 2
            if side * path[0][0] <= side * near and side * far <= side * path[-1][0]:
                yield (near, _height(path, near)), (far, _height(path, far))

    def _is_free(self, place: Point, size: Point) -> bool:
        return all(
            abs(place[0] - x) > (size[0] + wide) / 2 or abs(place[1] - y) > (size[1] + high) / 2
            for (x, y), (wide, high) in self._labels
        )

    def _is_crossed(self, place: Point, size: Point, own: list[Point]) -> bool:
        """Whether a label would hide a part of another line."""
        left, right = place[0] - size[0] / 2, place[0] + size[0] / 2
        for path in self._paths:
            for (x0, y0), (x1, y1) in pairwise(path):
                first, last = max(left, min(x0, x1)), min(right, max(x0, x1))
                if path is own or first >= last:
                    continue
                ys = sorted(y0 + (y1 - y0) * (x - x0) / (x1 - x0) for x in (first, last))
                if ys[0] < place[1] + size[1] / 2 and ys[1] > place[1] - size[1] / 2:
                    return True
        return False


def _said(data: dict[str, Any]) -> list[str]:
    """How two steps are ordered, and by what object."""
    return [shorten(line, LONGEST_NAME) for line in (data["how"], data["object"]) if line]


def _size(texts: list[str]) -> Point:
    """How much room a label takes."""
    return max((mono_width(text, LABEL_SIZE) for text in texts), default=0.0) + 4, 11.0 * len(texts) + 1


def _on(start: Point, tip: Point, part: float) -> Point:
    return start[0] + (tip[0] - start[0]) * part, start[1] + (tip[1] - start[1]) * part


def _height(path: list[Point], x: float) -> float:
    """Where a path is at some place from left to right."""
    for (x0, y0), (x1, y1) in pairwise(path):
        if min(x0, x1) <= x <= max(x0, x1) and x0 != x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return path[0][1]
