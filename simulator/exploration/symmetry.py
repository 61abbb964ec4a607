"""Interchangeable threads, folded: one state stands for all that differ only in which thread is which.

Threads that run the same function can exchange their names in a state, and everything that can happen afterwards exchanges
them too (C. N. Ip and D. L. Dill, "Better verification through symmetry", FMSD 9, 1996). So all states of such an orbit
have equally many interleavings before and after them, and it is enough to walk one of them, here the sorted one.

Deviation from the paper: nobody declares a symmetric type. Threads are interchangeable if they run the same function with
the same arguments, and every object says itself what becomes of its states when threads change names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from simulator.errors import TooManyOutcomes
from simulator.exploration.sorting import Reads, Sorter
from simulator.journal import FOLD
from simulator.machine import Machine
from simulator.objects.values import value_key
from simulator.outcome import Outcome, result_key
from simulator.tables import FIELD, FIELD_BITS, ObjectTable

MOST_NAMES = 100_000
"""How many different ways to give the threads their names one outcome may have before it is refused."""


class CannotFold(Exception):
    """An object was met that does not say what exchanging threads means for it: start again without folding."""


class Folding:
    """Maps states of a machine to the one that stands for their orbit. Does nothing if no threads are interchangeable."""

    def __init__(self, machine: Machine, *, wanted: bool = True) -> None:
        self.machine = machine
        kinds = machine.kinds
        groups = [[thread for thread, kind in enumerate(kinds) if kind == first] for first in sorted(set(kinds))]
        self.groups = [group for group in groups if len(group) > 1] if wanted else []
        self._threads = sum(FIELD << (thread * FIELD_BITS) for group in self.groups for thread in group)
        places = tuple((thread * FIELD_BITS, FIELD) for thread in range(len(kinds)))
        self.sorter = Sorter(places, tuple(map(tuple, self.groups)))
        self.sorter.mentioned, self.sorter.looks, self.sorter.renamed = Mentioned(self), Looks(self), Renamed(self)
        self._mentioning: dict[int, ObjectTable] = {}
        self._objects = -1  # how many objects were known when the field was last worked out
        self._field = 0
        self._deltas: dict[tuple[int, int], tuple[int, int]] = {}
        self._signatures: dict[Any, int] = {}

    @property
    def active(self) -> bool:
        """Whether there is anything to fold."""
        return bool(self.groups)

    def fold(self, state: int, last: int = -1) -> tuple[int, int]:
        """The state that stands for this one, and what thread `last` is called in it; `last` itself is told apart."""
        if self._objects != len(self.machine.objects):
            self._meet_objects()
        part = state & self._field
        known = self._deltas.get((part, last))
        if known is None:
            known = self._deltas[part, last] = self._learn(part, last)
        return state + known[0], known[1]

    def folded(self, state: int) -> int:
        """The state that stands for this one."""
        return self.fold(state)[0]

    def mentioned(self, shift: int, number: int) -> tuple[int, ...]:
        """The threads that a state of an object mentions; all, if the object is none of ours and may do what it likes."""
        table = self._mentioning[shift]
        threads = range(len(self.machine.program.names))
        if not type(table.object).__module__.startswith("simulator."):
            return tuple(threads)
        reads = Reads(len(threads))
        table.object.renamed(table.states[number], reads)
        return tuple(sorted(reads.asked))

    def looks(self, shift: int, number: int, thread: int) -> int:
        """How a state looks to a thread: the number of what it becomes with this thread called 0 and all the others 1."""
        table = self._mentioning[shift]
        view = [0 if other == thread else 1 for other in range(len(self.machine.program.names))]
        key = (shift, value_key(table.object.renamed(table.states[number], view)))
        return self._signatures.setdefault(key, len(self._signatures))

    def renamed(self, shift: int, number: int, names: Sequence[int]) -> int:
        """The number of what a state becomes when the threads that it mentions get new names."""
        table = self._mentioning[shift]
        position = list(range(len(self.machine.program.names)))
        for thread, name in zip(self.sorter.mentioned[shift, number], names, strict=True):
            position[thread] = name
        return table.number(table.object.renamed(table.states[number], position))

    def _meet_objects(self) -> None:
        """Objects are met on the way; those whose states mention threads are part of what has to be sorted."""
        tables = self.machine.objects
        if not all(table.object.can_rename() for table in tables):
            raise CannotFold
        self._mentioning = {table.shift: table for table in tables if table.object.mentions_threads}
        self._field = self._threads | sum(FIELD << shift for shift in self._mentioning)
        self.sorter.objects = tuple((shift, FIELD) for shift in self._mentioning)
        self.sorter.bits = self._field
        self._objects = len(tables)
        self._deltas.clear()

    def _learn(self, part: int, last: int) -> tuple[int, int]:
        """Sort the threads of a state; noted in the journal if states were numbered in it, or looks, for the first time."""
        journal = self.machine.journal
        if journal is None:
            return self.sorter.sort(part, last)
        known = self._size()
        sorted_so = self.sorter.sort(part, last)
        if self._size() != known:
            journal.append((FOLD, part, last, *sorted_so))
        return sorted_so

    def _size(self) -> int:
        return len(self._signatures) + sum(len(table.states) for table in self._mentioning.values())

    def named(self, outcome: Outcome) -> tuple[int, Iterator[Outcome]]:
        """All outcomes that differ from this one only in which of the interchangeable threads ended how, and how many.

        Raises `TooManyOutcomes` if nobody could read them all.
        """
        names = self.machine.program.names
        number = 1
        for group in self.groups:
            number *= _arrangements([_ending(outcome, names[thread]) for thread in group])
        if number > MOST_NAMES:
            raise too_many(f"one outcome has {number:,}")
        return number, self._variants(outcome)

    def refuse_too_many(self, outcomes: Iterable[Outcome]) -> None:
        """Raise `TooManyOutcomes` if all these have too many variants together, before anybody begins to list them."""
        numbers = {outcome: self.named(outcome)[0] for outcome in outcomes} if self.active else {}
        if sum(numbers.values()) > MOST_NAMES:
            raise too_many(f"{len(numbers):,} outcomes have {sum(numbers.values()):,}")

    def renaming(self, outcome: Outcome, wanted: Outcome) -> list[int]:
        """New positions for the threads, so that an execution with one outcome becomes one with the other."""
        names = self.machine.program.names
        position = list(range(len(names)))
        for group in self.groups:
            free = list(group)
            for thread in group:
                place = next(place for place in free if _ending(wanted, names[place]) == _ending(outcome, names[thread]))
                free.remove(place)
                position[thread] = place
        return position

    def _variants(self, outcome: Outcome) -> Iterator[Outcome]:
        names = self.machine.program.names
        endings = [{names[thread]: _ending(outcome, names[thread]) for thread in group} for group in self.groups]
        originals = {(name, _ending(outcome, name)): name for group in endings for name in group}
        for renaming in _renamings(endings, 0):
            source = {name: originals_for(originals, name, ending) for name, ending in renaming.items()}
            failures = {name: outcome.failures.get(source.get(name, name)) for name in names}
            returned = {
                name: outcome.returned[source.get(name, name)]
                for name in names
                if source.get(name, name) in outcome.returned
            }
            yield Outcome(
                outcome.status,
                outcome.final,
                {name: text for name, text in failures.items() if text is not None},
                returned,
            )


class Mentioned(dict[tuple[int, int], tuple[int, ...]]):
    """`Folding.mentioned`, each asked once."""

    def __init__(self, folding: Folding) -> None:
        self.folding = folding

    def __missing__(self, key: tuple[int, int]) -> tuple[int, ...]:
        self[key] = threads = self.folding.mentioned(*key)
        return threads


class Looks(dict[tuple[int, int, int], int]):
    """`Folding.looks`, each asked once."""

    def __init__(self, folding: Folding) -> None:
        self.folding = folding

    def __missing__(self, key: tuple[int, int, int]) -> int:
        self[key] = look = self.folding.looks(*key)
        return look


class Renamed(dict[tuple[int, int, tuple[int, ...]], int]):
    """`Folding.renamed`, each asked once."""

    def __init__(self, folding: Folding) -> None:
        self.folding = folding

    def __missing__(self, key: tuple[int, int, tuple[int, ...]]) -> int:
        self[key] = number = self.folding.renamed(*key)
        return number


def too_many(how_many: str) -> TooManyOutcomes:
    """The error for more outcomes than anybody could read."""
    return TooManyOutcomes(
        f"{how_many} variants that differ only in which thread ended how.\n"
        "Say what you are interested in, as in explore(program, observe=lambda final: final[counter]),\n"
        "or let the threads return less."
    )


def originals_for(originals: dict[tuple[str, Any], str], name: str, ending: Any) -> str:
    """A thread that ended so: the thread itself if it did, else the first of those that did."""
    if (name, ending) in originals:
        return name
    return next(other for (other, known), _ in originals.items() if known == ending)


def _ending(outcome: Outcome, name: str) -> Any:
    if name in outcome.failures:
        return ("failed", outcome.failures[name])
    if name in outcome.returned:
        return ("returned", result_key(outcome.returned[name]))
    return ("waits",)


def _arrangements(endings: Sequence[Any]) -> int:
    """In how many ways the endings can be handed out: a multinomial coefficient."""
    number, placed = 1, 0
    for times in Counter(endings).values():
        for taken in range(1, times + 1):
            placed += 1
            number = number * placed // taken
    return number


def _renamings(groups: list[dict[str, Any]], first: int) -> Iterator[dict[str, Any]]:
    """Every different way to hand out the endings of each group among its threads."""
    if first == len(groups):
        yield {}
        return
    names = list(groups[first])
    for handed_out in _orders(list(Counter(groups[first].values()).items())):
        for rest in _renamings(groups, first + 1):
            yield {**dict(zip(names, handed_out, strict=True)), **rest}


def _orders(stock: list[tuple[Any, int]]) -> Iterator[tuple[Any, ...]]:
    if not stock:
        yield ()
        return
    for index, (ending, times) in enumerate(stock):
        left = stock[:index] + ([(ending, times - 1)] if times > 1 else []) + stock[index + 1 :]
        for rest in _orders(left):
            yield (ending, *rest)
