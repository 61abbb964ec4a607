"""Who has which colour. A thread keeps its letter, fill and dash pattern in all pictures of one program.

The colours are Okabe and Ito's ("Color Universal Design", 2008), which colour-blind people can tell apart; still, colour is
never alone: there is always a letter, a word or a dash pattern beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import UnknownTheme


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
    bad: str = "#F6C9AC"
    """The fill of what leads to bad outcomes only."""
    outcomes: tuple[str, ...] = ("#DCE69A", "#CDC6EA", "#E3D0B8", "#DADADA")
    """The fills of what leads to one good outcome only: none of them the fill of a thread."""

    changed_said: str = "yellow"
    """What a legend calls the fill of a changed value."""
    wrong_said: str = "vermillion"
    """What a legend calls the colour of what is wrong."""

    def fill(self, position: int) -> str:
        """The fill of the thread at `position`; more than four threads repeat fills."""
        return self.fills[position % len(self.fills)]

    def outcome(self, position: int) -> str:
        """The fill of the outcome at `position`; more than four outcomes repeat fills, and have a number besides."""
        return self.outcomes[position % len(self.outcomes)]


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
DARK = Theme(
    name="dark",
    ink="#F2F2F2",
    paper="#1A1A1E",
    fills=("#1B5478", "#6A4C00", "#0B5C46", "#713F5C"),
    lines=("#56B4E9", "#E69F00", "#2CC49A", "#E08DBB"),
    wrong="#FF7F32",
    changed="#6B6400",
    muted="#A6A6A6",
    waiting="#3C3C44",
    bad="#7A3410",
    outcomes=("#4C5A12", "#48408C", "#5C4526", "#4E4E4E"),
)
"""For dark slides: the same hues, deep as fills and bright as lines, with light texts on them."""

PRINT = Theme(
    name="print",
    ink="#000000",
    paper="#FFFFFF",
    fills=("#FFFFFF", "#E3E3E3", "#C9C9C9", "#F1F1F1"),
    lines=("#000000", "#000000", "#000000", "#000000"),
    wrong="#000000",
    changed="#FFFFFF",
    muted="#595959",
    waiting="#EDEDED",
    bad="#BDBDBD",
    outcomes=("#EDEDED", "#DFDFDF", "#F7F7F7", "#D2D2D2"),
    changed_said="bold",
    wrong_said="a thick frame",
)
"""Black and white: what colour says elsewhere is said by thickness, dash patterns, hatching, bold letters and shapes."""

THEMES = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}


def theme_named(theme: str | Theme) -> Theme:
    """The theme of a name, "light", "dark" or "print"; a theme of one's own is taken as it is. Raises `UnknownTheme`."""
    if isinstance(theme, Theme):
        return theme
    if isinstance(theme, str) and theme in THEMES:
        return THEMES[theme]
    raise UnknownTheme(f"there is no theme {theme!r}. The themes are: {', '.join(THEMES)}.")


PATTERNS = (
    Pattern("solid", "solid"),
    Pattern("dashed", "dashed"),
    Pattern("dotted", "dotted"),
    Pattern("double", "solid", double=True),
)


def pattern(position: int) -> Pattern:
    """The line pattern of the thread at `position`."""
    return PATTERNS[position % len(PATTERNS)]
