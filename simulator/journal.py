"""The journal of a machine: what it learned, in order, as plain integers; enough to learn the very same again.

How nodes and states of objects are numbered is decided by one thing only: the order in which the machine was asked. So a
fresh machine of the same program that is asked the same in the same order has the very same tables, and states that were
written down elsewhere mean there what they meant here. No value of the program is written down for that, let alone a
generator. Every entry holds the answer too: a program that has changed is found out as soon as it answers differently.

A fold is an entry of its own, if states of objects were numbered in it, or ranked, for the first time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.errors import StaleCheckpoint
from simulator.objects.operations import Operation

if TYPE_CHECKING:
    from simulator.machine import Machine

ROW, MOVE, FOLD = 0, 1, 2
"""What an entry is about: (ROW, thread, node, *answer), (MOVE, thread, node, fields, *answer), (FOLD, part, last,
delta, name)."""
NOTHING, ONE, SEVERAL = 0, 1, 2
"""How an answer starts: None, one number, or one for each option of a choice."""

Entry = tuple[int, ...]
Journal = list[Entry]


def told(answer: int | tuple[int, ...] | None) -> Entry:
    """An answer of the machine, as the end of an entry."""
    if answer is None:
        return (NOTHING,)
    return (SEVERAL, *answer) if isinstance(answer, tuple) else (ONE, answer)


def heard(end: Entry) -> int | tuple[int, ...] | None:
    """The answer that the end of an entry tells."""
    if end[0] == NOTHING:
        return None
    return end[1:] if end[0] == SEVERAL else end[1]


def replay(entries: Iterable[Entry], machine: Machine, fold: Callable[[int, int], Any]) -> None:
    """Ask a fresh machine what the journal says, in order; it keeps a journal of its own from then on.

    ``fold`` folds one state. Raises `StaleCheckpoint` at the first answer that is not the one in the journal.
    """
    journal: Journal = []
    machine.journal = journal
    for entry in entries:
        known = len(journal)
        try:
            _ask(entry, machine, fold)
        except (IndexError, TypeError, ValueError):  # there is no such node, thread or state, or nothing is asked for there
            raise stale() from None
        if journal[known:] != [entry]:
            raise stale()


def _ask(entry: Entry, machine: Machine, fold: Callable[[int, int], Any]) -> None:
    if entry[0] == FOLD:
        fold(entry[1], entry[2])
        return
    if entry[0] == ROW:
        machine.row(entry[1], entry[2])
        return
    row = machine.row(entry[1], entry[2])
    if row is None:
        raise stale()
    row[1][entry[3]]


class Fingerprint:
    """Equal for two machines after the same journal: what the threads are called, and what they ask for, in words."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._digest = hashlib.sha256()
        program = machine.program
        self._note(repr((program.names, program.daemons, machine.kinds, *map(_called, program.threads.values()))))

    def after(self, entries: Iterable[Entry]) -> str:
        """The fingerprint after these entries, and all those before."""
        for entry in entries:
            if entry[0] == ROW:
                self._note(_text(self._machine.operation(entry[1], entry[2])))
        return self._digest.hexdigest()

    def _note(self, text: str) -> None:
        self._digest.update(f"{text}\n".encode("utf-8", "backslashreplace"))


def _called(body: Any) -> str:
    """What a thread function is called, without an address."""
    return str(getattr(body.func if isinstance(body, partial) else body, "__qualname__", type(body).__name__))


def _text(operation: Operation[Any] | None) -> str:
    """What is asked for, in words that are the same in every process: not how things look that may show an address."""
    if operation is None:
        return "ends"
    target = operation.target.name if operation.target is not None else ""
    return f"{target}.{operation.method}{_plain(operation.arguments)}{_plain(operation.keywords)}"


def _plain(value: Any) -> str:
    if type(value) is tuple:
        return f"({', '.join(map(_plain, value))})"
    return repr(value) if isinstance(value, int | str | bytes | float | None) else type(value).__name__


def stale() -> StaleCheckpoint:
    """The error for a checkpoint of another program."""
    return StaleCheckpoint(
        "the checkpoint is of another program: this one does not ask for the same, or is not answered the same.\n"
        "Probably the program, the simulator or Python has changed since the checkpoint was written.\n"
        "Go on with what it was written with, or delete the file and explore from the start."
    )
