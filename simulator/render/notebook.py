"""What a notebook shows of a value: a picture where there is one, a table, or the text alone; and it never raises.

There is no Markdown among it: notebooks would take that instead of the picture.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from simulator.execution import Execution
from simulator.render.lanes.text import timeline
from simulator.render.means.engine import draw
from simulator.render.means.palette import LIGHT
from simulator.render.pictures import Picture, picture_of
from simulator.showing import as_text
from simulator.texts import printable
from simulator.words import count, percent

PLAIN, HTML, SVG = "text/plain", "text/html", "image/svg+xml"
MOST_ROWS = 200
"""A table of more outcomes than this shows the first ones, and says how many more there are."""
LONGEST_TEXT = 20_000
"""A longer text is not laid out: the value says in one line what it is."""
TEXTS = ("Lasso", "Forever", "Explanation")
"""Classes whose text says it best."""
NUMBERS = ("interleavings", "share", "probability", "runs", "classes")
_drawn: Counter[str] = Counter()
"""How often each picture was shown: a picture that is shown twice in one page has other ids the second time."""


def begin_page() -> None:
    """Number the pictures from the beginning: what is shown next stands in another page than what was shown before."""
    _drawn.clear()


def bundle(value: Any) -> dict[str, str]:
    """What ``_repr_mimebundle_`` answers: MIME type to content.

    Executions, comparisons and state graphs are pictures: ``text/html`` (the SVG in a box that scrolls), ``image/svg+xml``,
    and ``text/plain``. Explorations and their outcomes are tables. Where there is no Graphviz, where the picture would be
    too large, and for everything else, there is the text.
    """
    shown: dict[str, str] = {**as_text(value)}
    try:
        if _is_exploration(value):
            return shown | {HTML: _exploration(value)}
        if isinstance(value, tuple):
            return {PLAIN: "\n".join(str(summary.outcome) for summary in value) or "()", HTML: _summaries(value)}
        if isinstance(value, Execution):
            shown[PLAIN] = timeline(value)
        elif type(value).__name__ == "OutcomeSummary":
            return {PLAIN: str(value.outcome), HTML: _summaries([value])}
        return shown | _picture(value)
    except Exception:  # no engine, too large, a value whose text raises: what is left is the text
        return shown


def _picture(value: Any) -> dict[str, str]:
    """The picture of a value, if it has one, and its text; of other values the text in a box."""
    kind = type(value).__name__
    if kind in TEXTS:
        return {HTML: box(f'<pre style="margin:0">{_escaped(str(value))}</pre>', kind)}
    found = picture_of(value)
    dot = found.writers[".dot"](value, theme=LIGHT)
    text = {} if isinstance(value, Execution) else _text(found, value)
    _drawn[dot] += 1
    svg = draw(dot, "svg", title=found.title, description=found.told(value), copy=_drawn[dot]).decode()
    inline = svg[svg.index("<svg") :]  # no declaration and no document type: it stands inside of a page
    return {**text, HTML: box(inline, found.title), SVG: svg}


def _text(picture: Picture, value: Any) -> dict[str, str]:
    text = picture.writers[".txt"](value)
    return {PLAIN: text} if len(text) <= LONGEST_TEXT else {}


def box(content: str, title: str) -> str:
    """A box that scrolls if its content is wide; also with the keyboard."""
    named = f'role="region" aria-label="{_escaped(title)}" tabindex="0"'
    return f'<div {named} style="max-width:100%;overflow:auto">{content}</div>'


def _is_exploration(value: Any) -> bool:
    return all(hasattr(value, part) for part in ("claim", "outcomes", "headline"))


def _exploration(exploration: Any) -> str:
    rows = [exploration.row(summary) for summary in exploration.outcomes[:MOST_ROWS]]
    left_out = len(exploration.outcomes) - len(rows)
    below = [f"and {left_out:,} more outcomes"] if left_out > 0 else []
    below += [*exploration.broken(), *([exploration.legend()] if rows else []), f"claim: {exploration.claim}"]
    return box(_table(exploration.headline(), exploration.columns(), rows, below), "Outcomes")


def _summaries(summaries: Sequence[Any]) -> str:
    """The outcomes alone: only the columns of which something is known."""
    shown = summaries[:MOST_ROWS]
    known = [name for name in NUMBERS if any(getattr(summary, name) is not None for summary in shown)]
    rows = [
        (str(summary.outcome), *(_number(getattr(summary, name)) for name in known), str(summary.example.schedule))
        for summary in shown
    ]
    left_out = len(summaries) - len(rows)
    below = [f"and {left_out:,} more outcomes"] if left_out > 0 else []
    many = count(len(summaries), "outcome")
    return box(_table(many, ("outcome", *known, "example"), rows, below), "Outcomes")


def _number(number: Any) -> str:
    if number is None:
        return "–"
    return f"{number:,}" if isinstance(number, int) else percent(float(number))


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], below: Iterable[str]) -> str:
    """A table: the first column and the last are texts, those between are numbers."""
    last = len(columns) - 1

    def cells(row: Sequence[str], kind: str) -> str:
        sides = ("left" if place in (0, last) else "right" for place in range(len(row)))
        begin, end = f'<{kind} style="padding:0 0.6em;text-align:', f"</{kind.split()[0]}>"
        return "".join(f'{begin}{side}">{_escaped(cell)}{end}' for side, cell in zip(sides, row, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    head = f"<thead><tr>{cells(columns, 'th scope=col')}</tr></thead>"
    small = "".join(f'<p style="margin:0.2em 0;font-size:90%">{_escaped(line)}</p>' for line in below if line)
    table = f'<table><caption style="text-align:left">{_escaped(title)}</caption>{head}<tbody>{body}</tbody></table>'
    return table + small


def _escaped(text: str) -> str:
    """A text inside of a page; line ends stay where they are."""
    return html.escape("\n".join(map(printable, text.split("\n"))))
