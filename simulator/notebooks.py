"""Where values and pictures meet: in a notebook, a value is shown by `simulator.render`, loaded when it is first needed."""

from __future__ import annotations

from simulator.showing import Bundle, show_with


def shown(value: object) -> Bundle:
    """How `value` shows itself in a notebook."""
    from simulator.render.notebook import bundle

    return bundle(value)


show_with(shown)
