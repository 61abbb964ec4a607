"""The outcome histogram: how many interleavings end in which outcome, and how probable that is. Not the same: two bars.

The upper bar is the share of the interleavings, the lower one the probability under a scheduler that picks uniformly among
the enabled threads at every step. Of a sample there is one bar, the share of the runs. What is bad is hatched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import TooLarge
from simulator.objects.values import text_of
from simulator.render.interleavings.endings import BAD, DEADLOCK, ORDER, Bad, natural, outcome_text, verdict
from simulator.render.means.canvas import Canvas, mono_width
from simulator.render.means.captions import redraw_program
from simulator.render.means.dot import Markup, html
from simulator.render.means.hatching import Square, hatch, picture
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.means.phrases import width as columns
from simulator.texts import json_text, page
from simulator.words import percent

if TYPE_CHECKING:
    from simulator.exploration.results import Exploration, OutcomeSummary

MOST_VALUES = 30
LONGEST_LABEL = 44
LONGEST_BAR = 300
"""The longest bar, in points; all others to scale."""
TEXT_BAR, SHORT_BAR, WIDEST = 40, 12, 80
"""How long the longest bar in a text is, in characters: shorter, but not too short, if a terminal would break the lines."""
TALL, LOW, PITCH, GAP = 15, 13, 42, 5
"""The heights of the two bars, from one outcome to the next, and between two hatch lines, in points."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, how long it is (0 to 1), and the number beside it."""

    kind: str
    part: float
    number: str


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome and its bars."""

    label: str
    verdict: str
    bars: tuple[Bar, ...]
    summary: OutcomeSummary

    @property
    def is_bad(self) -> bool:
        """Whether this must not happen."""
        return self.verdict in (BAD, DEADLOCK)


def rows(exploration: Exploration, bad: Bad | None = None) -> list[Row]:
    """The outcomes in the order of their values, those that finished first. Raises `TooLarge` above 30 of them."""
    if len(exploration.outcomes) > MOST_VALUES:
        raise TooLarge(
            f"there are {len(exploration.outcomes):,} different outcomes, and nobody could read a histogram of more than "
            f"{MOST_VALUES}.\n"
            "Say what you want to see of them: explore(program, observe=lambda final: final[counter]) groups them by that;\n"
            "or print(exploration), which lists them all."
        )
    found = [_row(exploration, summary, bad) for summary in exploration.outcomes]
    numbers = [row.summary.observed for row in found]
    if numbers and all(isinstance(number, int | float) for number in numbers):
        return sorted(found, key=lambda row: (ORDER.index(row.verdict) == ORDER.index(DEADLOCK), row.summary.observed))
    return sorted(found, key=lambda row: (row.summary.status != "finished", natural(row.label)))


def _row(exploration: Exploration, summary: OutcomeSummary, bad: Bad | None) -> Row:
    label = outcome_text(summary.outcome, LONGEST_LABEL)
    if summary.observed is not None:
        label = shorten(text_of(summary.observed), LONGEST_LABEL)
        label = label if summary.status == "finished" else f"{summary.status}, {label}"
    return Row(label, verdict(summary.outcome, bad), tuple(_bars(exploration, summary)), summary)


def _bars(exploration: Exploration, summary: OutcomeSummary) -> Iterator[Bar]:
    if summary.runs is not None:
        runs = exploration.sample.runs if exploration.sample is not None else summary.runs
        part = summary.runs / runs if runs else 0.0
        yield Bar("runs", part, f"{percent(part)}, {summary.runs:,} of {runs:,} runs")
        return
    if summary.share is not None:
        part = float(summary.share)
        yield Bar("share", part, f"{percent(part)}, {summary.interleavings:,} of {exploration.interleavings:,}")
    if summary.probability is not None:
        yield Bar("probability", summary.probability, percent(summary.probability))
    if summary.share is None and summary.probability is None:
        yield Bar("interleavings", 0.0, "endlessly many" if exploration.endless else "not counted")


def histogram_dot(
    exploration: Exploration, *, bad: Bad | None = None, caption: str | None = None, theme: Theme = LIGHT
) -> str:
    """Draw the outcomes of an exploration as bars, sorted by value, with their numbers.

    Deadlocks, outcomes in which a thread failed, and those of which ``bad`` says so are hatched. ``caption`` replaces what
    stands below. Raises `TooLarge` above 30 outcomes.
    """
    table = rows(exploration, bad)
    longest = _longest(table)
    canvas = Canvas(theme)
    for number, row in enumerate(table, start=1):
        top = PITCH * (number - 1)
        wide = mono_width(row.label, 11)
        label = Markup(f"<B>{html(row.label)}</B>") if row.is_bad else row.label
        canvas.box(f"label{number}", (-wide / 2 - 8, top + 12), (wide, 14), label, colour="", fontsize=11, tooltip=row.label)
        for place, bar in enumerate(row.bars, start=1):
            high = TALL if place == 1 else LOW
            length = max(1, round(LONGEST_BAR * bar.part / longest)) if bar.part else 0
            _draw(canvas, f"bar{number}_{place}", row, bar, (0, top, length, top + high))
            top += high
    below = caption.split("\n") if caption is not None else histogram_caption(exploration, table)
    return picture(canvas, "outcome histogram", below)


def _draw(canvas: Canvas, name: str, row: Row, bar: Bar, square: Square) -> None:
    """A bar and its number. The share is filled, the probability is not; a bad one is hatched instead."""
    theme = canvas.theme
    is_filled = bar.kind != "probability"
    fill = theme.muted if is_filled and not row.is_bad else theme.paper
    left, top, right, bottom = square
    middle, size = ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)
    if right > left:
        kind, tip = f"bar {bar.kind}{' bad' if row.is_bad else ''}", f"{row.label}: {bar.kind} {bar.number}"
        outline = theme.wrong if row.is_bad else theme.ink
        canvas.box(name, middle, size, "", fill=fill, colour=outline, kind=kind, tooltip=tip)
        if row.is_bad:
            hatch(canvas, f"{name}hatch", [square], GAP if is_filled else 2 * GAP, theme.wrong)
    text = f"{bar.kind} {bar.number}"
    font = 10 if is_filled else 9
    canvas.text(
        f"{name}number", (right + 6, middle[1] + (0 if is_filled else 1)), text, font, mono_width(text, font) + 2, theme.ink
    )


def _longest(table: list[Row]) -> float:
    """The longest bar: all others are drawn to its scale."""
    return max((bar.part for row in table for bar in row.bars), default=1.0) or 1.0


def histogram_caption(exploration: Exploration, table: list[Row]) -> list[str]:
    """What the bars mean, what the answer is worth, and the command that draws it again."""
    lines = [f"Outcome histogram: {exploration.headline()}."]
    if not table:
        lines.append("No interleaving comes to an end." if exploration.claim == "complete" else "No end was met.")
    kinds = {bar.kind for row in table for bar in row.bars}
    if "runs" in kinds:
        lines += exploration.legend().split("\n")
    if "share" in kinds:
        lines.append("Share: of the interleavings (filled bars).")
    if "probability" in kinds:
        lines.append("Probability: if each enabled thread is equally likely at every step (empty bars).")
    if any(row.is_bad for row in table):
        lines.append("Hatched: bad (a deadlock, a failed thread, or what must not be).")
    lines.append(f"Claim: {exploration.claim}.")
    return [*lines, *(redraw_program(exploration.program, "histogram") if "runs" not in kinds else [])]


def histogram_text(exploration: Exploration, *, bad: Bad | None = None, caption: str | None = None) -> str:
    """The histogram for terminals and screen readers: ``█`` for a share, ``░`` for a probability, ``/`` for what is bad."""
    table = rows(exploration, bad)
    longest = _longest(table)
    room = max((columns(row.label) for row in table), default=0)
    kinds = max((len(bar.kind) for row in table for bar in row.bars), default=0)
    numbers = max((len(bar.number) for row in table for bar in row.bars), default=0)
    longest_bar = min(TEXT_BAR, max(SHORT_BAR, WIDEST - len("!     ") - room - kinds - numbers - 1))
    lines = []
    for row in table:
        for place, bar in enumerate(row.bars):
            label = row.label if place == 0 else ""
            length = max(1, round(longest_bar * bar.part / longest)) if bar.part else 0
            drawn = ("/" if row.is_bad else "░" if bar.kind == "probability" else "█") * length
            mark = "!" if row.is_bad and place == 0 else " "
            lines.append(f"{mark} {label}{' ' * (room - columns(label))}  {bar.kind.ljust(kinds)}  {drawn} {bar.number}")
    said = caption.split("\n") if caption is not None else histogram_caption(exploration, table)
    return page(["outcome histogram", "", *lines, *([""] if lines else []), *said])


def histogram_json(exploration: Exploration, *, bad: Bad | None = None) -> str:
    """The bars as JSON, with the version of the format."""
    table = rows(exploration, bad)
    data: dict[str, Any] = {
        "format": "simulator histogram",
        "version": 1,
        "threads": list(exploration.program.names),
        "claim": exploration.claim.word,
        "interleavings": exploration.interleavings,
        "bars": [
            {
                "label": row.label,
                "verdict": row.verdict,
                "outcome": str(row.summary.outcome),
                "observed": None if row.summary.observed is None else text_of(row.summary.observed),
                "interleavings": row.summary.interleavings,
                "share": None if row.summary.share is None else str(row.summary.share),
                "probability": row.summary.probability,
                "runs": row.summary.runs,
            }
            for row in table
        ],
    }
    return json_text(data)
