"""Sorting the interchangeable threads of a packed state, with integers only.

What objects say about threads is looked up in three tables: who is mentioned in a state of an object, how the state looks to
one thread, and what it becomes when threads change names. Where an object can be asked, a missing entry is learned; in a
worker, who has integers only, it is a KeyError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Place = tuple[int, int]
"""A field of a packed state: its lowest bit, and the mask of the field when shifted down."""


@dataclass
class Sorter:
    """Knows which threads are interchangeable, where their nodes are, and which objects mention threads."""

    threads: tuple[Place, ...]
    groups: tuple[tuple[int, ...], ...]
    objects: tuple[Place, ...] = ()
    bits: int = 0
    """The bits of a packed state on which the order of the threads depends."""
    mentioned: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    """(lowest bit of an object, number of its state) -> the threads that the state mentions."""
    looks: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """(lowest bit of an object, number of its state, thread) -> how the state looks to the thread, as a number."""
    renamed: dict[tuple[int, int, tuple[int, ...]], int] = field(default_factory=dict)
    """(lowest bit of an object, number of its state, new names of those mentioned) -> number of the state after that."""

    def sort(self, part: int, last: int) -> tuple[int, int]:
        """What to add to a state to have its threads sorted, and the new name of `last`, who is told apart (-1: nobody)."""
        position = list(range(len(self.threads)))
        for group in self.groups:
            ranked = sorted(group, key=lambda thread: (thread != last, self._rank(part, thread)))
            for place, thread in zip(group, ranked, strict=True):
                position[thread] = place
        delta = 0
        for group in self.groups:
            for thread in group:
                shift, mask = self.threads[thread]
                node = (part >> shift) & mask
                delta += (node << self.threads[position[thread]][0]) - (node << shift)
        for shift, mask in self.objects:
            number = (part >> shift) & mask
            names = tuple(map(position.__getitem__, self.mentioned[shift, number]))
            delta += (self.renamed[shift, number, names] - number) << shift
        return delta, position[last] if last >= 0 else last

    def _rank(self, part: int, thread: int) -> tuple[int, ...]:
        """Where a thread belongs: by its node, then by what the objects say of it."""
        shift, mask = self.threads[thread]
        looks = self.looks
        return ((part >> shift) & mask, *(looks[low, (part >> low) & bits, thread] for low, bits in self.objects))


class Reads(Sequence[int]):
    """New names of threads that leave all as they are, and remember whose was asked for."""

    def __init__(self, threads: int) -> None:
        self.asked: set[int] = set()
        self._threads = threads

    def __len__(self) -> int:
        return self._threads

    def __getitem__(self, thread: int) -> int:  # type: ignore[override]
        self.asked.add(thread)
        return range(self._threads)[thread]
