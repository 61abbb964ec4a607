"""Where something stands in the user's code, as briefly as can be: the file is named only if there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from simulator.execution import Event
from simulator.texts import printable


def brief(locations: Iterable[str | None]) -> Callable[[str | None], str]:
    """A function that says ``line 12`` for ``bank.py:12`` if all of these locations lie in one file.

    Edges need the room, and captions name the file.

    >>> brief(["bank.py:12", "bank.py:20", None])("bank.py:20")
    'line 20'
    >>> brief(["bank.py:12", "teller.py:5"])("teller.py:5")
    'teller.py:5'
    """
    files = {location.rpartition(":")[0] for location in locations if location}
    return lambda location: _short(location) if location and len(files) == 1 else location or ""


def brief_places(trace: Sequence[Event]) -> list[str]:
    """The same of all steps, one line each."""
    places = [str(event.location or "") for event in trace]
    return [printable(place) for place in map(brief(places), places)]


def _short(location: str) -> str:
    return f"line {location.rpartition(':')[2]}"
