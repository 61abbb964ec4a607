"""Who has which colour. A thread keeps its letter, fill and dash pattern in all pictures of one program.

The colours are Okabe and Ito's ("Color Universal Design", 2008), which colour-blind people can tell apart; still, colour is
never alone: there is always a letter, a word or a dash pattern beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """How the lines of a thread are drawn. Graphviz has no dash-dot, so that the fourth pattern is a double line."""

    name: str
    style: str
    double: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour for each role. Texts and outlines are ``ink``, on ``paper`` or on a fill."""

    name: str
    ink: str
    paper: str
    fills: tuple[str, ...]
    lines: tuple[str, ...]
    wrong: str
    changed: str
    muted: str
    waiting: str

    def fill(self, position: int) -> str:
        """The fill of the thread at `position`; more than four threads repeat fills."""
        return self.fills[position % len(self.fills)]


LIGHT = Theme(
    name="light",
    ink="#000000",
    paper="#FFFFFF",
    fills=("#80B8D8", "#F2CF80", "#80CEB9", "#E6BCD3"),
    lines=("#0072B2", "#E69F00", "#009E73", "#CC79A7"),
    wrong="#D55E00",
    changed="#F0E442",
    muted="#6B6B6B",
    waiting="#E4E4E4",
)

PATTERNS = (
    Pattern("solid", "solid"),
    Pattern("dashed", "dashed"),
    Pattern("dotted", "dotted"),
    Pattern("double", "solid", double=True),
)


def pattern(position: int) -> Pattern:
    """The line pattern of the thread at `position`."""
    return PATTERNS[position % len(PATTERNS)]
