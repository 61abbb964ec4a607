"""The timeline as text, one column per thread: for terminals, test failures and screen readers.

The look is Lincheck's: read it downwards, and a step stands in the column of the thread that performed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulator.execution import Event, Execution
from simulator.render.means.phrases import caption_text, event_text, place_text, shorten, thread_names, waits, width
from simulator.texts import printable

FOLD_ABOVE, KEPT = 200, 40
"""Executions of more steps than this show only so many of the first and of the last."""
WIDEST = 150
"""Characters that the columns of the threads may take together; beyond it there is one column for all."""

ONE_FOR_ALL = "thread: step"

Row = tuple[str, str, str, str]
"""(step number, thread, what it does, where)"""


def timeline(execution: Execution, *, caption: bool = True, locations: bool = False) -> str:
    """Lay out an execution as a table, one column per thread, steps numbered from 1.

    A thread that an exception ended has a line that says so, and a deadlock ends in one for each thread that waits. Where
    the columns would not fit in a page there is only one, with the name of the thread before each step. ``locations`` adds
    the file, line and source of each step; ``caption`` a last line with the schedule and the outcome. Above 200
    steps the middle is folded into one line.

    >>> from simulator import Program, Shared, replay
    >>> counter = Shared("counter", 0)
    >>> def increment():
    ...     value = yield counter.read()
    ...     yield counter.write(value + 1)
    >>> print(timeline(replay(Program(A=increment, B=increment), "ABBA"), caption=False))
    step  A                    B
       1  counter.read() -> 0
       2                       counter.read() -> 0
       3                       counter.write(1)
       4  counter.write(1)
    """
    names = thread_names(execution)
    events, folded = _kept(execution.trace)
    rows = [(str(event.index + 1), event.thread, event_text(event), place_text(event)) for event in events]
    if folded:
        rows.insert(KEPT, ("…", "", f"{folded:,} steps folded ({KEPT + 1:,} to {KEPT + folded:,})", ""))
    rows = _with_failures(rows, execution.outcome.failures)
    rows += [("", name, text, "") for name, text in waits(execution).items()]
    if _too_wide(names, rows):
        names, rows = (ONE_FOR_ALL,), [_in_one_column(row) for row in rows]
    heads = [printable(name) for name in names]
    widths = [
        max([width(head), *(width(text) for _, thread, text, _ in rows if thread == name)])
        for name, head in zip(names, heads, strict=True)
    ]
    number = max(len("step"), *(len(row[0]) for row in rows), 0) if rows else len("step")
    lines = [_line("step".rjust(number), heads, widths, "line" if locations and rows else "")]
    for step, thread, text, place in rows:
        cells = [text if name == thread else "" for name in names] if thread else [text]
        lines.append(_line(step.rjust(number), cells, widths if thread else [0], place if locations else ""))
    if caption:
        lines += ["", caption_text(execution)]
    return "\n".join(lines)


def _with_failures(rows: list[Row], failures: Mapping[str, str]) -> list[Row]:
    """Tell how a thread failed after the last step that it took, or at the start if it took none."""
    for name, text in reversed(list(failures.items())):
        last = max((place for place, row in enumerate(rows) if row[1] == name), default=-1)
        rows = [*rows[: last + 1], ("", name, f"{printable(name)} fails: {shorten(text)}", ""), *rows[last + 1 :]]
    return rows


def _in_one_column(row: Row) -> Row:
    step, thread, text, place = row
    name = printable(thread)
    named = text if not name or text.startswith(f"{name} ") else f"{name}: {text}"
    return step, name and ONE_FOR_ALL, named, place


def _too_wide(names: Sequence[str], rows: Sequence[Row]) -> bool:
    columns = dict.fromkeys(names, 0) | {name: 0 for _, name, _, _ in rows}
    for _, name, text, _ in rows:
        columns[name] = max(columns[name], width(text), width(printable(name)))
    return sum(columns.values()) + 2 * len(columns) > WIDEST


def _kept(trace: Sequence[Event]) -> tuple[list[Event], int]:
    if len(trace) <= FOLD_ABOVE:
        return list(trace), 0
    return [*trace[:KEPT], *trace[-KEPT:]], len(trace) - 2 * KEPT


def _line(step: str, cells: Sequence[str], widths: Sequence[int], place: str) -> str:
    columns = [cell + " " * (room - width(cell)) for cell, room in zip(cells, widths, strict=True)]
    return "  ".join([step, *columns, place]).rstrip()
