"""The lattice in words: its caption, the grid as text for a terminal, and the whole as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from simulator.render.interleavings.crossings import Lattice, Place, lattice
from simulator.render.interleavings.endings import Bad, counted, ending_data, outcome_lines
from simulator.render.interleavings.forbidden import forbidden
from simulator.render.interleavings.unfolding import Chosen
from simulator.render.means.captions import redraw_program
from simulator.render.means.phrases import shorten
from simulator.texts import json_text, page, printable
from simulator.words import listed

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

MOST_NAMES = 4
"""Of what forbids points, and of outcomes in one point."""


def everywhere(table: Lattice) -> Iterator[Place]:
    """All places of the lattice, whether an interleaving comes there or not."""
    return ((x, y) for x in range(table.size[0] + 1) for y in range(table.size[1] + 1))


def named(names: Iterable[str]) -> str:
    """``left and right``, of at most four objects."""
    shown = [shorten(name, 24) for name in dict.fromkeys(names)]
    more = [f"{len(shown) - MOST_NAMES + 1} more"] if len(shown) > MOST_NAMES else []
    shown = [*shown[: MOST_NAMES - 1], *more] if more else shown
    return listed(shown)


def _regions(table: Lattice, hatched: str, dotted: str) -> list[str]:
    """What a legend says of the points to which no interleaving comes."""
    found = forbidden(table)
    unreached = [place for place in everywhere(table) if place not in table.points and place not in found]
    said = [f"{hatched}: forbidden by {named(name for by in found.values() for name in by)}"] if found else []
    return [*said, *([f"{dotted}: no way leads there"] if unreached else [])]


def lattice_caption(table: Lattice, *, drawn: bool = True) -> list[str]:
    """What the lattice shows, the outcomes, and the command that draws it again."""
    first, second = table.graph.program.names
    lines = [
        f"Lattice: steps of {first} to the right, of {second} upwards; {counted(table.graph.interleavings)}.",
        *(["In a point: the ways from the start. At an edge: the interleavings that take it."] if drawn else []),
    ]
    also = _regions(table, "hatched", "dotted")
    also += ["shaded: nothing good can come of it"] if any(map(table.doomed, table.points)) else []
    also += [f"thick: schedule {table.schedule}"] if table.schedule is not None else []
    lines += outcome_lines(table.endings.all, also, drawn=drawn)
    different = [table.graph.program.names[axis] for axis in table.varies()]
    if different:
        lines.append(f"{' and '.join(different)}: not always the same number of steps; an end is where an execution ends.")
    options = [] if table.schedule is None else ["--schedule", table.schedule]
    return [*lines, *redraw_program(table.graph.program, "lattice", *options)]


def lattice_text(
    graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None, caption: str | None = None
) -> str:
    """The lattice as a table of numbers of ways: ``/`` what is forbidden, ``.`` where no way leads, ``!`` what is doomed."""
    table = lattice(graph, chosen=chosen, bad=bad)
    cells = {place: _cell(table, place) for place in table.points}
    size = max(map(len, cells.values()))
    cells |= dict.fromkeys(forbidden(table), "/" * size)
    first, second = map(printable, graph.program.names)
    lines = [f"lattice: steps of {first} to the right, steps of {second} upwards", ""]
    number = max(len(second), len(str(table.size[1])))
    for y in range(table.size[1], -1, -1):
        row = [cells.get((x, y), "." * size).rjust(size) for x in range(table.size[0] + 1)]
        lines.append(f"{y:>{number}}  {'  '.join(row)}")
    steps = "  ".join(str(x).rjust(size) for x in range(table.size[0] + 1))
    lines += [f"{second.rjust(number)}  {steps}  {first}", ""]
    for axis, name in enumerate(graph.program.names):
        for place, text in enumerate(table.axes[axis], start=1):
            lines.append(f"step {place} of {name}: {text.replace(chr(10), '  ')}")
    marks = ["numbers: ways from the start"]
    marks += ["*: on the chosen path"] if table.chosen else []
    marks += _regions(table, "/" * size, "." * size)
    marks += ["!: nothing good can come of it"] if any(map(table.doomed, table.points)) else []
    marks += (
        ["X: deadlock"] if any(end.verdict == "deadlock" for point in table.points.values() for end in point.ends) else []
    )
    said = caption.split("\n") if caption is not None else lattice_caption(table, drawn=False)
    return page([*lines, "; ".join(marks), "", *said])


def _cell(table: Lattice, place: Place) -> str:
    point = table.points[place]
    stuck = any(ending.verdict == "deadlock" for ending in point.ends)
    mark = "X" if stuck else "!" if table.doomed(place) else ""
    return f"{'*' if place in table.chosen else ''}{point.ways:,}{mark}"


def lattice_json(graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None) -> str:
    """The lattice as JSON, with the version of the format: the points that are reached, and the moves between them."""
    table = lattice(graph, chosen=chosen, bad=bad)
    points: list[dict[str, Any]] = [
        {
            "at": list(place),
            "ways": point.ways,
            "interleavings": point.interleavings,
            "ahead": sorted(point.ahead),
            "ends": sorted(ending.number for ending in point.ends),
            "doomed": table.doomed(place),
        }
        for place, point in table.points.items()
    ]
    data = {
        "format": "simulator lattice",
        "version": 1,
        "threads": list(graph.program.names),
        "size": list(table.size),
        "interleavings": graph.interleavings,
        "chosen": table.schedule,
        "outcomes": [ending_data(ending) for ending in table.endings.all],
        "steps": [[text.replace("\n", ", ") for text in axis] for axis in table.axes],
        "points": points,
        "forbidden": [{"at": list(place), "by": list(by)} for place, by in forbidden(table).items()],
        "moves": [
            {"from": list(place), "thread": graph.program.names[axis], "interleavings": many}
            for (place, axis), many in sorted(table.moves.items())
        ],
    }
    return json_text(data)
