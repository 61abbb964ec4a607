"""The timeline as a sequence diagram of Mermaid: threads and objects take part, a step is an arrow between two of them."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.execution import Execution
from simulator.render.lanes.contents import Lanes, Row, lanes
from simulator.render.lanes.folding import fold_statements
from simulator.render.lanes.layout import stale_text
from simulator.render.means.captions import replay_command
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import caption_text, shorten
from simulator.render.mermaid.writer import checked, escaped, head, label

LONGEST_NAME, LONGEST_CAPTION = 24, 200
TITLE = "Timeline"


def timeline_mermaid(
    execution: Execution, *, caption: str | None = None, statements: bool = False, theme: Theme = LIGHT
) -> str:
    """Write the timeline as a sequence diagram: a dashed arrow from an object reads it, a solid one to an object changes it.

    The lane of a thread has its fill. Notes have the line of the source, a value that has changed, who waits for what, a
    stale read, and how a thread failed; behind the last two there is a bar. ``caption`` replaces the schedule, the outcome
    and the command below; ``statements`` is that of the drawn timeline. Raises `TooLarge` above 400 arrows or 40,000
    characters.
    """
    table = fold_statements(lanes(execution), execution) if statements else lanes(execution)
    ended = shorten(caption_text(execution), LONGEST_CAPTION)
    below = [ended, *replay_command(execution, statements)] if caption is None else caption.split("\n")
    lines = head("sequenceDiagram", TITLE, below, theme)
    for place, name in enumerate(table.threads):
        lines += [f"  box {_rgb(theme.fill(place))}", f"    participant T{place} as {_name(name)}", "  end"]
    lines += [f"  participant O{place} as {_name(name)}" for place, name in enumerate(table.objects)]
    if not table.threads:
        lines += ["  participant T0 as no threads"]
    lines += [f"  Note over O{place}: {escaped(value) or '#32;'}" for place, value in enumerate(table.start)]
    before: dict[str, str] = {}
    for row in table.rows:
        marked = row.stale or row.error
        lines += [f"  rect {_rgb(theme.bad)}", *_row(table, row, before), "  end"] if marked else _row(table, row, before)
        before = {name: wanted for name, wanted in row.blocked.items() if name != row.thread}
    for place, name in enumerate(table.threads):
        if name in table.blocked_at_end:
            lines.append(f"  Note over T{place}: waits for ever#58; {escaped(table.blocked_at_end[name])}")
    lines.append(f"  Note over {_all(table)}: {label(below)}")
    return checked("\n".join(lines) + "\n", TITLE, sum(bool(cell.arrow) for row in table.rows for cell in row.cells))


def _row(table: Lanes, row: Row, before: dict[str, str]) -> Iterator[str]:
    if row.thread not in table.threads:
        return
    thread = f"T{table.threads.index(row.thread)}"
    said = escaped(f"{row.numbers}: {row.text}")
    touched = [place for place, cell in enumerate(row.cells) if cell.arrow]
    if row.source:
        yield f"  Note over {thread}: {escaped(row.source)}"
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


def _name(name: str) -> str:
    return escaped(shorten(name, LONGEST_NAME)) or "#32;"


def _rgb(colour: str) -> str:
    """A colour as Mermaid reads it where ``#`` would begin a character code."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _all(table: Lanes) -> str:
    """The participants from the first to the last."""
    last = f"O{len(table.objects) - 1}" if table.objects else f"T{max(len(table.threads) - 1, 0)}"
    return "T0" if last == "T0" else f"T0,{last}"
