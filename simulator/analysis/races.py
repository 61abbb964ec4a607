"""Data races: conflicting accesses to a shared variable that nothing orders.

After C. Flanagan and S. N. Freund, "FastTrack: Efficient and Precise Dynamic Race Detection" (PLDI 2009). It keeps just
enough of every variable to tell whether there is *a* race; here every pair is wanted, so that all accesses are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.analysis.ordering import Ordering, ordering
from simulator.analysis.synchronisation import is_plain_access
from simulator.execution import Event, Execution
from simulator.objects.base import SharedObject

DEEDS = {True: "reads it", False: "writes it"}


@dataclass(frozen=True, slots=True)
class Race:
    """Two accesses to one variable by different threads, at least one of them a write, that nothing orders.

    ``str()`` is a sentence; ``first`` is the one that came first in this execution, by chance.
    """

    variable: SharedObject
    first: Event
    second: Event

    def __str__(self) -> str:
        numbers = f"steps {self.first.index + 1} and {self.second.index + 1} race on {self.variable.name}"
        return f"{numbers}: {_deed(self.first)}, {_deed(self.second)}, and nothing orders the two"

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON; steps count from 1."""
        return {
            "variable": self.variable.name,
            "steps": [self.first.index + 1, self.second.index + 1],
            "threads": [self.first.thread, self.second.thread],
            "operations": [repr(self.first.operation), repr(self.second.operation)],
            "sentence": str(self),
        }


def races(execution: Execution) -> tuple[Race, ...]:
    """Find every data race of one execution, in the order of the second access.

    Only plain reads and writes of `Shared` race; ``until``, `Atomic` and all the others order threads. A race shows that
    the program is wrong, even where this execution ended well; that there is none here says nothing about other
    interleavings. There can be very many in a long execution: as many as pairs of accesses.

    Raises ValueError if the execution was read from a file.

    >>> from simulator import Program, Shared, replay
    >>> counter = Shared("counter", 0)
    >>> def increment():
    ...     value = yield counter.read()
    ...     yield counter.write(value + 1)
    >>> [(race.first.index, race.second.index) for race in races(replay(Program(A=increment, B=increment), "ABBA"))]
    [(0, 2), (1, 3), (2, 3)]
    """
    return tuple(races_in(ordering(execution)))


def races_in(order: Ordering) -> Iterator[Race]:
    """The same where the order is known already, one by one: for whoever does not want them all."""
    accesses: dict[SharedObject, list[list[tuple[Event, bool]]]] = {}
    threads = len(order.clocks[0]) if order.clocks else 0
    for event in order.execution.trace:
        target = event.operation.target
        if target is None or not is_plain_access(event.operation):
            continue
        reads = target.reads_only(event.operation, event.answer)
        seen = accesses.setdefault(target, [[] for _ in range(threads)])
        own, clock = order.positions[event.index], order.clocks[event.index]
        unordered: list[Event] = []
        for position, others in enumerate(seen):
            if position == own:
                continue
            for other, other_reads in reversed(others):  # those that come before this one are at the beginning
                if order.ranks[other.index] <= clock[position]:
                    break
                if not (reads and other_reads):
                    unordered.append(other)
        yield from (Race(target, other, event) for other in sorted(unordered, key=lambda other: other.index))
        seen[own].append((event, reads))


def _deed(event: Event) -> str:
    target = event.operation.target
    assert target is not None
    where = f" ({event.location})" if event.location else ""
    return f"{event.thread} {DEEDS[target.reads_only(event.operation, event.answer)]}{where}"
