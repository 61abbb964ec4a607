"""Texts that are safe to show. Names and values are the user's, and nothing in them may steer a terminal or forge a line.

What cannot be seen is spelled out: line ends, terminal escapes, characters that turn the reading direction round, half
characters. ``repr()`` does so for texts; the ``__repr__`` of a class of the user's need not, and names are no reprs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any


def printable(text: str) -> str:
    """Spell out what cannot be shown in one line: line ends, control characters, half characters."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii") for character in text
    )


def page(lines: Iterable[str]) -> str:
    """Lines as one text, which has exactly these lines."""
    return "\n".join(map(printable, lines))


def legible(text: str) -> str:
    """A text of several lines, which may be shown: its line ends stay."""
    return page(text.split("\n"))


def json_text(data: Any) -> str:
    r"""Data as JSON that can be read. What cannot be seen is written as JSON has it, so that it reads back as the same data.

    >>> print(json_text(["\u202e", "é"]))
    [
     "\u202e",
     "é"
    ]
    """
    text = json.dumps(data, ensure_ascii=False, indent=1)  # in which only texts can hold anything but these
    return re.sub(r"[^\n -~]", lambda found: _seen(found[0]), text)


def _seen(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
