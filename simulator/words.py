"""Words and numbers as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence

TIMES = {0: "never", 1: "once", 2: "twice"}


def listed(names: Sequence[str]) -> str:
    """``A, B and C``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def count(number: int, thing: str, things: str = "") -> str:
    """``1 unit``, ``2,000 units``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def times(number: int) -> str:
    """``never``, ``once``, ``twice``, ``3 times``."""
    return TIMES.get(number, f"{number} times")


def arrows(cycle: Sequence[str]) -> str:
    """``A → B → A``."""
    return " → ".join([*cycle, cycle[0]])


def percent(part: float) -> str:
    """A share as a student reads it; never rounded to nothing, and never to everything."""
    if part in (0, 1):
        return f"{part:.0%}"
    if part < 0.0005:
        return f"1 in {1 / part:,.0f}"
    return f"{min(part, 0.9999):.2%}" if part > 0.9995 else f"{part:.1%}"
