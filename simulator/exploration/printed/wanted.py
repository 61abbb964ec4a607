"""A text that the console is to show, and what the states of a machine say about it."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.automaton import Node
from simulator.errors import ProgramError, SearchStopped, correction
from simulator.exploration.budget import Watch
from simulator.machine import Machine
from simulator.objects.console import Console
from simulator.tables import FIELD

Prints = str | Mapping[Console, str]
"""What is to be printed: on the only console there is, or on each of several."""


class Wanted:
    """What the consoles are to show, and what the states of a machine say about it."""

    def __init__(self, machine: Machine, prints: Prints) -> None:
        self._machine = machine
        self._prints = prints
        self._objects = -1  # how many objects were known when the consoles were last looked for
        self._consoles: dict[Console, tuple[int, str]] = {}
        self._fitting: dict[tuple[int, int], int] = {}
        texts = [prints] if isinstance(prints, str) else list(prints.values())
        self.text = texts[0] if len(texts) == 1 else ""
        """The text, if there is only one."""
        self.total = sum(map(len, texts))
        """How many letters there are to show, on all consoles together."""
        self.met_returns = False
        """Whether any thread wanted to print a carriage return."""

    def letters(self, state: int) -> int:
        """How many letters of what is wanted are shown, on all consoles together; -1 if something else is shown."""
        if self._objects != len(self._machine.objects):
            self._meet_objects()
        letters = 0
        for console, (shift, _) in self._consoles.items():
            shown = self._shown(console, shift, state)
            if shown < 0:
                return -1
            letters += shown
        return letters

    def _meet_objects(self) -> None:
        tables = [table for table in self._machine.objects if isinstance(table.object, Console)]
        self._objects = len(self._machine.objects)
        if isinstance(self._prints, str) and len(tables) > 1:
            raise _several([table.object.name for table in tables])
        for table in tables:
            assert isinstance(table.object, Console)
            if type(table.object).transition is not Console.transition:
                raise _not_only_growing(table.object)
            if isinstance(self._prints, str) or table.object in self._prints:
                text = self._prints if isinstance(self._prints, str) else self._prints[table.object]
                self._consoles[table.object] = (table.shift, text)

    def _shown(self, console: Console, shift: int, state: int) -> int:
        """How many letters one console shows, or -1; each of its states is looked at once."""
        number = (state >> shift) & FIELD
        shown = self._fitting.get((shift, number))
        if shown is None:
            text = next(table for table in self._machine.objects if table.shift == shift).states[number]
            shown = len(text) if self._consoles[console][1].startswith(text) else -1
            self._fitting[shift, number] = shown
        return shown

    def refuse_foreign_line_ends(self) -> None:
        """Raise `ProgramError` if nothing was found because the text came from another system."""
        consoles = [table for table in self._machine.objects if isinstance(table.object, Console)]
        shown = any("\r" in text for table in consoles for text in table.states)  # in all that was ever tried
        if "\r" in self.text and not self.met_returns and not shown:
            raise ProgramError(
                correction(
                    r"the text that find was given has Windows line ends (\r\n), and this program never prints one.",
                    ("prints=text", r"no thread prints \r"),
                    (r'prints=text.replace("\r\n", "\n")', ""),
                )
            )

    def can_still_print(self, node: Node, objects: int, letters: int) -> bool:
        """Whether what a thread asks for can be of use on the way to so many letters: if it prints, does it fit anywhere?"""
        operation = node.operation
        if operation is None or not isinstance(operation.target, Console):
            return operation is not None
        text = operation.arguments[0]
        self.met_returns = self.met_returns or "\r" in text
        if self._objects != len(self._machine.objects):
            self._meet_objects()
        if operation.target not in self._consoles or not text:
            return True
        shift, wanted = self._consoles[operation.target]
        last_place = wanted.rfind(text, 0, letters - 1 + len(text))  # it begins before the last of these letters
        return last_place >= self._shown(operation.target, shift, objects) >= 0


def _several(names: list[str]) -> ProgramError:
    return ProgramError(
        correction(
            f"find was expecting a program with one console, but the threads of this one print on {' and '.join(names)}.",
            ("find(program, prints=text)", "which of them shows it?"),
            (f"find(program, prints={{{names[0]}: text}})", "the others may show anything"),
        )
    )


def _not_only_growing(console: Console) -> ProgramError:
    return ProgramError(
        f"find(program, prints=...) needs a console that only grows, but {console!r} has a transition() of its own.\n"
        f"Say what it has to show as a goal: find(program, lambda outcome: outcome.final[{console.name}] == text)"
    )


def look(watch: Watch, states: int, frontier: int, wanted: Wanted, letters: int) -> None:
    """Raise `SearchStopped` if the budget has run out."""
    reason = watch.look(states, frontier)
    if reason:
        raise SearchStopped(reason, f"Of the {wanted.total:,} letters of the text, {max(letters, 0):,} were shown.")
