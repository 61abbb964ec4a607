"""The timeline as a sequence diagram of Mermaid: threads and objects take part, a step is an arrow between two of them."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.execution import Execution
from simulator.render.folding import fold_statements
from simulator.render.lanes import Lanes, Row, lanes
from simulator.render.layout import stale_text
from simulator.render.mermaid import checked, escaped, head
from simulator.render.palette import LIGHT, Theme
from simulator.render.text import caption_text, shorten

LONGEST_NAME, LONGEST_CAPTION = 24, 200
TITLE = "Timeline"


def timeline_mermaid(
    execution: Execution, *, caption: str | None = None, statements: bool = False, theme: Theme = LIGHT
) -> str:
    """Write the timeline as a sequence diagram: a dashed arrow from an object reads it, a solid one to an object changes it.

    Notes have the line of the source, a value that has changed, who waits for what, a stale read, and how a thread failed.
    ``caption`` replaces the schedule and the outcome; ``statements`` is that of the drawn timeline. Raises `TooLarge` above
    400 arrows or 40,000 characters.
    """
    table = fold_statements(lanes(execution), execution) if statements else lanes(execution)
    below = shorten(caption_text(execution) if caption is None else caption, LONGEST_CAPTION)
    lines = head("sequenceDiagram", TITLE, [below], theme)
    for kind, names in (("T", table.threads), ("O", table.objects)):
        for place, name in enumerate(names):
            word = "actor" if kind == "T" else "participant"
            lines.append(f"  {word} {kind}{place} as {escaped(shorten(name, LONGEST_NAME)) or '#32;'}")
    if not table.threads:
        lines += ["  participant T0 as no threads"]
    lines += [f"  Note over O{place}: {escaped(value) or '#32;'}" for place, value in enumerate(table.start)]
    before: dict[str, str] = {}
    for row in table.rows:
        lines += _row(table, row, before)
        before = {name: wanted for name, wanted in row.blocked.items() if name != row.thread}
    for place, name in enumerate(table.threads):
        if name in table.blocked_at_end:
            lines.append(f"  Note over T{place}: waits for ever#58; {escaped(table.blocked_at_end[name])}")
    lines.append(f"  Note over {_all(table)}: {escaped(below)}")
    return checked("\n".join(lines) + "\n", TITLE, sum(bool(cell.arrow) for row in table.rows for cell in row.cells))


def _row(table: Lanes, row: Row, before: dict[str, str]) -> Iterator[str]:
    if row.thread not in table.threads:
        return
    thread = f"T{table.threads.index(row.thread)}"
    said = escaped(f"{row.numbers}: {row.text}")
    touched = [place for place, cell in enumerate(row.cells) if cell.arrow]
    if row.place:
        yield f"  Note over {thread}: {escaped(row.place)}"
    for place in touched:
        reads = row.cells[place].arrow == "read"
        yield f"  O{place}-->>{thread}: {said}" if reads else f"  {thread}->>O{place}: {said}"
    if not touched:
        yield f"  Note over {thread}: {said}"
    for remark in [*([stale_text(row)] if row.stale else []), *([f"fails: {row.error}"] if row.error else [])]:
        yield f"  Note over {thread}: {escaped(remark)}"
    for place, cell in enumerate(row.cells):
        if cell.changed:
            yield f"  Note over O{place}: {escaped(cell.text) or '#32;'}"
    for place, name in enumerate(table.threads):
        if name in row.blocked and name != row.thread and before.get(name) != row.blocked[name]:
            yield f"  Note over T{place}: waits for {escaped(row.blocked[name])}"


def _all(table: Lanes) -> str:
    """The participants from the first to the last."""
    last = f"O{len(table.objects) - 1}" if table.objects else f"T{max(len(table.threads) - 1, 0)}"
    return "T0" if last == "T0" else f"T0,{last}"
