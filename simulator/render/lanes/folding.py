"""Fewer rows for the lanes of a timeline: runs of one thread folded, or the steps of one statement put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from simulator.execution import Event, Execution
from simulator.location import Location
from simulator.render.lanes.contents import LONGEST_PLACE, LONGEST_STEP, Cell, Lanes, Row
from simulator.render.means.phrases import shorten

SHORTEST_RUN = 4
"""Fewer steps of one thread in a row are not worth folding: the first and the last stay as they are."""


def fold_runs(table: Lanes) -> Lanes:
    """Fold what is in the middle where one thread takes many steps in a row. What is marked stays."""
    rows: list[Row] = []
    for _, run in groupby(table.rows, key=lambda row: (row.thread, row.number if row.stale or row.error else 0)):
        steps = list(run)
        if len(steps) < SHORTEST_RUN:
            rows += steps
            continue
        inner = steps[1:-1]
        rows += [
            steps[0],
            _joined(inner, f"… {(inner[-1].last or inner[-1].number) - inner[0].number + 1} steps"),
            steps[-1],
        ]
    return replace(table, rows=tuple(rows))


def fold_statements(table: Lanes, execution: Execution) -> Lanes:
    """Put the steps of each statement of a thread's own function together, as far as nobody came between them."""
    rows: list[Row] = []
    for steps in _statements(execution.trace):
        own = [table.rows[event.index] for event in steps]
        if len(own) == 1:
            rows += own
            continue
        outermost = _outermost(steps[0].location)
        text = outermost.source.removeprefix("yield from ") if outermost else ""
        joined = _joined(own, shorten(text, LONGEST_STEP) or f"{len(own)} steps")
        if outermost:
            known = isinstance(steps[0].location, Location) and steps[0].location.file == outermost.file
            where = f"line {outermost.line}" if known and own[0].line.startswith("line ") else f"{outermost}"
            joined = replace(
                joined,
                place=shorten(f"{outermost}: {outermost.source}", LONGEST_PLACE),
                source=shorten(f"{where}: {outermost.source}", LONGEST_PLACE),
            )
        rows.append(joined)
    return replace(table, rows=tuple(rows))


def _statements(trace: Sequence[Event]) -> Iterator[list[Event]]:
    """The steps of one statement, if they follow each other: one ``yield from``, until it begins once more."""
    steps: list[Event] = []
    for event in trace:
        if steps and not _belongs(event, steps):
            yield steps
            steps = []
        steps.append(event)
    if steps:
        yield steps


def _belongs(event: Event, steps: list[Event]) -> bool:
    first = steps[0]
    if event.thread != first.thread or not isinstance(event.location, Location) or not isinstance(first.location, Location):
        return False
    outer, begun = _outermost(event.location), _outermost(first.location)
    if outer is None or begun is None or outer != begun or "yield from" not in outer.source:
        return False
    return (event.location, repr(event.operation)) != (first.location, repr(first.operation))


def _outermost(location: Location | None) -> Location | None:
    while isinstance(location, Location) and location.caller is not None:
        location = location.caller
    return location if isinstance(location, Location) else None


def _joined(rows: Sequence[Row], text: str) -> Row:
    """Several rows as one: what the objects are after the last, and all that was done to them."""
    cells = tuple(_over_all(cells) for cells in zip(*(row.cells for row in rows), strict=True))
    stale = next((row.stale for row in rows if row.stale is not None), None)
    return replace(
        rows[-1],
        number=rows[0].number,
        last=rows[-1].last or rows[-1].number,
        text=text,
        cells=cells,
        stale=stale,
        place="",
        line="",
        source="",
    )


def _over_all(cells: Sequence[Cell]) -> Cell:
    done = {cell.arrow for cell in cells} - {""}
    arrow = "both" if len(done) > 1 else "".join(done)
    return Cell(cells[-1].text, arrow, any(cell.changed for cell in cells))
