"""What the states of objects do not tell and the steps before do: who took which unit, and which writers have announced.

Nobody owns a unit of a semaphore; any thread may put one back. So who took what is worked out from the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation, Raised
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore


@dataclass(frozen=True, slots=True)
class Deed:
    """One step and what it met: ``number`` counts from 1, ``before`` are the states of all that the operation touches."""

    number: int
    thread: str
    operation: Operation[Any]
    answer: Any
    before: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A unit of a semaphore that a thread took at a step, and that was not put back."""

    thread: str
    number: int


def deeds_on(object: SharedObject, deeds: Sequence[Deed], *methods: str) -> list[Deed]:
    """The steps that did one of these things to an object; those that only raised an exception have done nothing."""
    return [
        deed
        for deed in deeds
        if deed.operation.target is object and deed.operation.method in methods and not isinstance(deed.answer, Raised)
    ]


def taken_units(semaphore: Semaphore, deeds: Sequence[Deed]) -> tuple[Taken, ...]:
    """The units of a semaphore that were taken and not put back, the oldest first.

    A release puts back the oldest unit of the thread that releases. One by a thread that has none puts back the oldest of
    another's, and shows that the semaphore is a signal: nobody in particular owes a unit, and the answer is empty. A release
    while nobody has a unit makes a new one, and who takes that owes nothing.
    """
    taken: list[Taken] = []
    made = 0
    for deed in deeds_on(semaphore, deeds, "acquire", "release"):
        if deed.operation.method == "release":
            for _ in range(deed.operation.argument("n", 1)):
                own = next((unit for unit in taken if unit.thread == deed.thread), None)
                if own is not None:
                    taken.remove(own)
                elif taken:
                    return ()
                else:
                    made += 1
        elif deed.answer and made:
            made -= 1
        elif deed.answer:
            taken.append(Taken(deed.thread, deed.number))
    return tuple(taken)


def announced_writers(lock: ReadWriteLock, deeds: Sequence[Deed]) -> tuple[str, ...]:
    """The threads that have announced to write and have not got in yet, in the order in which they did."""
    waiting: list[str] = []
    for deed in deeds_on(lock, deeds, "announce_write", "acquire_write"):
        if deed.operation.method == "announce_write":
            waiting.append(deed.thread)
        elif deed.answer and not deed.operation.keywords and deed.thread in waiting:
            waiting.remove(deed.thread)
    return tuple(waiting)
