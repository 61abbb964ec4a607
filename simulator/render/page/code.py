"""The source code that a player shows beside the steps: whole functions, each once, with the numbers of their lines."""

from __future__ import annotations

import ast
import linecache
import textwrap
import tokenize
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from simulator.location import Location, file_name
from simulator.render.means.phrases import shorten
from simulator.texts import printable

LONGEST_FUNCTION = 60
"""Of longer functions only the lines around those where a thread stands are shown."""
AROUND = 3
WIDEST_LINE = 160

Span = tuple[int, int]


@dataclass(slots=True)
class Block:
    """A function: its lines from ``first`` to ``last``, and those of them at which a thread stands somewhere."""

    file: str
    function: str
    first: int
    last: int
    used: set[int] = field(default_factory=set)

    def data(self) -> dict[str, Any]:
        """Its title and its lines, as they stand in the page: the number, the text, and where in it a comment begins.

        Without source: the used ones, empty.
        """
        source = linecache.getlines(self.file)[self.first - 1 : self.last]
        numbers = [number for number in range(self.first, self.last + 1) if self._is_shown(number, bool(source))]
        texts = textwrap.dedent("".join(line.expandtabs() for line in source)).split("\n") if source else []
        lines = [(number, texts[number - self.first] if number - self.first < len(texts) else "") for number in numbers]
        comments = _comments(texts)
        shown = [_line(number, text.rstrip(), comments.get(number - self.first)) for number, text in lines]
        return {"title": f"{printable(file_name(self.file))}: {printable(self.function)}", "lines": shown}

    def _is_shown(self, number: int, has_source: bool) -> bool:
        if not has_source:
            return number in self.used
        if self.last - self.first < LONGEST_FUNCTION or number == self.first:
            return True
        return any(abs(number - used) <= AROUND for used in self.used)


def _line(number: int, text: str, comment: int | None) -> list[Any]:
    shown = shorten(printable(text), WIDEST_LINE)
    return [number, shown] if comment is None or shown != text else [number, shown, comment]


def _comments(lines: Sequence[str]) -> dict[int, int]:
    """In which of these lines there is a comment, and where it begins."""
    found = {}
    with suppress(SyntaxError, tokenize.TokenError):  # not the Python that ran, or no Python at all
        for token in tokenize.generate_tokens(StringIO("\n".join(lines)).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0] - 1] = token.start[1]
    return found


class Sources:
    """Finds the function around every line, and remembers which lines were asked for."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._functions: dict[str, list[Span]] = {}

    def line(self, location: Location) -> tuple[int, int]:
        """The number of the block that a line is in, and the number of the line."""
        spans = [span for span in self._spans(location.file) if span[0] <= location.line <= span[1]]
        first, last = max(spans, default=(location.line, location.line))
        if not spans:  # no source, or code at no function's: one block for all such lines of a function
            return self._loose(location)
        number = self._numbers.setdefault((location.file, first, last), len(self.blocks))
        if number == len(self.blocks):
            self.blocks.append(Block(location.file, location.function, first, last))
        self.blocks[number].used.add(location.line)
        return number, location.line

    def _loose(self, location: Location) -> tuple[int, int]:
        file, function, line = location.file, location.function, location.line
        names = [(block.file, block.function) for block in self.blocks]
        if (file, function) not in names:
            names.append((file, function))
            self.blocks.append(Block(file, function, line, line))
        number = names.index((file, function))
        block = self.blocks[number]
        block.first, block.last = min(block.first, line), max(block.last, line)
        block.used.add(line)
        return number, location.line

    def _spans(self, file: str) -> list[Span]:
        """First and last line of every function of a file, decorators included; none if it cannot be read."""
        if file not in self._functions:
            try:
                tree = ast.parse("".join(linecache.getlines(file)))
            except (SyntaxError, ValueError):  # not the Python that ran, or no Python at all
                tree = ast.Module([], [])
            functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
            self._functions[file] = [
                (min([node.lineno, *(mark.lineno for mark in node.decorator_list)]), node.end_lineno or node.lineno)
                for node in functions
            ]
        return self._functions[file]
