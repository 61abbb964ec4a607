"""The drawn timeline: a lane for each thread, a lane for each shared object, steps numbered down the page.

It is one DOT node with an HTML-like table, which every version of Graphviz lays out alike.
"""

from __future__ import annotations

from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.render.captions import replay_command
from simulator.render.dot import MONOSPACE, Markup, digraph, html, node
from simulator.render.lanes import Cell, Lanes, Row, lanes
from simulator.render.palette import LIGHT, Theme
from simulator.render.text import caption_text, shorten

MOST_STEPS = 40
ARROWS = {"read": "←", "write": "→", "": ""}
LEGEND = "→ the step writes, ← the step reads; yellow: the value has changed; grey: the thread waits"
STALE = "vermillion: a write after a stale read, for another thread had written in between"


def timeline_dot(execution: Execution, *, caption: str | None = None, theme: Theme = LIGHT) -> str:
    """Draw an execution as a swimlane table; ``caption`` replaces the legend, schedule, outcome and command below.

    Raises `TooLarge` above 40 steps.
    """
    steps = len(execution)
    if steps > MOST_STEPS:
        raise TooLarge(
            f"the execution has {steps:,} steps, and nobody could read its timeline above {MOST_STEPS}.\n"
            "Print it, print(render.timeline(execution)), or save it as .txt or .json; or draw its beginning:\n"
            f"replay(program, str(execution.schedule[:{MOST_STEPS}]))."
        )
    table = lanes(execution)
    below = (
        [*_legend(table), caption_text(execution), *replay_command(execution)] if caption is None else caption.split("\n")
    )
    picture = node("timeline", label=Markup(_table(table, theme)), shape="plain", id="timeline", tooltip="timeline")
    return digraph("timeline", [picture], below, theme)


def _legend(table: Lanes) -> list[str]:
    if not table.objects:
        return []
    return [LEGEND, STALE] if any(row.stale for row in table.rows) else [LEGEND]


def _table(table: Lanes, theme: Theme) -> str:
    has_places = any(row.place for row in table.rows)
    lines = [_head(table, theme, has_places), _start(table, theme, has_places)]
    waiting: dict[str, str] = {}
    for row in table.rows:
        lines.append(_row(table, row, waiting, theme, has_places))
        waiting = {name: wanted for name, wanted in row.blocked.items() if name != row.thread}
    if table.blocked_at_end:
        lines.append(_end(table, theme, has_places))
    body = "\n".join(f"<TR>{line}</TR>" for line in lines if line)
    frame = f'BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4" COLOR="{theme.muted}"'
    return f"<TABLE {frame}>\n{body}\n</TABLE>"


def _head(table: Lanes, theme: Theme, has_places: bool) -> str:
    cells = [_cell("<B>step</B>", sides="B")]
    for position, name in enumerate(table.threads):
        cells.append(_cell(f"<B>{html(shorten(name, 24))}</B>", fill=theme.fill(position), sides="B"))
    cells += [_cell(f"<B>{html(shorten(name, 24))}</B>", sides="LB") for name in table.objects]
    return "".join([*cells, *([_cell("<B>line</B>", sides="LB", align="LEFT")] if has_places else [])])


def _start(table: Lanes, theme: Theme, has_places: bool) -> str:
    if not table.objects:
        return ""
    cells = [_cell("start", sides="")]
    cells += [_cell(_small("not started", theme) if name in table.new else "", sides="L") for name in table.threads]
    cells += [_cell(_mono(f"{value}"), sides="L") for value in table.start]
    return "".join([*cells, *([_cell("", sides="L")] if has_places else [])])


def _row(table: Lanes, row: Row, before: dict[str, str], theme: Theme, has_places: bool) -> str:
    cells = [_cell(str(row.number), sides="", align="RIGHT")]
    for position, name in enumerate(table.threads):
        if name == row.thread:
            text = _mono(row.text)
            if row.stale is None:
                cells.append(_cell(text, fill=theme.fill(position), sides="L"))
            else:
                remark = f'<BR/><FONT POINT-SIZE="10"><B>stale: read at step {row.stale}</B></FONT>'
                cells.append(_cell(text + remark, fill=theme.fill(position), sides="LTRB", colour=theme.wrong, border=3))
        elif name in row.blocked:
            again = before.get(name) == row.blocked[name]
            text = "⋮" if again else f"waits for {html(row.blocked[name])}"
            cells.append(_cell(f'<FONT POINT-SIZE="10"><I>{text}</I></FONT>', fill=theme.waiting, sides="L"))
        elif name in row.new:
            cells.append(_cell(_small("⋮", theme), sides="L"))
        else:
            cells.append(_cell("", sides="L"))
    cells += [_value(cell, theme) for cell in row.cells]
    return "".join([*cells, *([_cell(_mono(row.place), sides="L", align="LEFT")] if has_places else [])])


def _value(cell: Cell, theme: Theme) -> str:
    arrow = f"{ARROWS[cell.arrow]} " if cell.arrow else ""
    text = _mono(arrow + cell.text)
    if cell.changed:
        return _cell(f"<B>{text}</B>", fill=theme.changed, sides="L")
    return _cell(text if cell.arrow else f'<FONT COLOR="{theme.muted}">{text}</FONT>', sides="L")


def _end(table: Lanes, theme: Theme, has_places: bool) -> str:
    cells = [_cell("end", sides="T")]
    never_started = table.rows[-1].new if table.rows else table.new
    for name in table.threads:
        text = table.blocked_at_end.get(name)
        if name in never_started:
            cells.append(_cell(_small("never started", theme), sides="LT"))
            continue
        shown = "" if text is None else f'<FONT POINT-SIZE="10"><I>waits for ever:</I></FONT><BR/>{_mono(text)}'
        cells.append(_cell(shown, fill=theme.waiting if text else None, sides="LT"))
    return "".join(
        [*cells, *(_cell("", sides="LT") for _ in table.objects), *([_cell("", sides="LT")] if has_places else [])]
    )


def _small(text: str, theme: Theme) -> str:
    return f'<FONT POINT-SIZE="10" COLOR="{theme.muted}"><I>{html(text)}</I></FONT>'


def _mono(text: str) -> str:
    return f'<FONT FACE="{MONOSPACE}" POINT-SIZE="10">{html(text)}</FONT>'


def _cell(
    content: str,
    *,
    fill: str | None = None,
    sides: str,
    align: str = "CENTER",
    colour: str | None = None,
    border: int | None = None,
) -> str:
    """A cell of the table, with lines on the given sides only."""
    shown = {"ALIGN": align, "BGCOLOR": fill, "COLOR": colour, "BORDER": border if sides else 0, "SIDES": sides or None}
    text = " ".join(f'{name}="{value}"' for name, value in shown.items() if value is not None)
    return f"<TD {text}>{content}</TD>"
