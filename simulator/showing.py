"""How values show themselves in notebooks: the values do not know, and need not.

A value says that it can be shown (`Shown`) in the layer where it lives; how is known to `simulator.render`, which stands
above. So that the arrow points down, nothing is imported here: whoever stands above both says what shows values. That is
`simulator.notebooks`, with a function that loads the pictures only when something is shown for the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Bundle = Mapping[str, str]
"""MIME type to content."""


class Shown:
    """A value that shows itself in a notebook, as `IPython` asks for it; it never raises."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        shown = _ways[-1](self)
        return {
            kind: text for kind, text in shown.items() if (not include or kind in include) and kind not in (exclude or ())
        }


def as_text(value: object) -> Bundle:
    """What every value can be shown as; also if its text raises."""
    try:
        return {"text/plain": str(value)}
    except Exception as error:
        return {"text/plain": f"<{type(value).__name__} whose text raises {type(error).__name__}>"}


_ways: list[Callable[[object], Bundle]] = [as_text]


def show_with(way: Callable[[object], Bundle]) -> None:
    """Say what shows values from now on. It must not raise."""
    _ways[:] = [as_text, way]
