"""Schedules: who stepped, in order. Data that means the same on every Python version."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import groupby, pairwise

from simulator.errors import ScheduleError

LONGEST = 10_000_000
"""How many steps a schedule may have that is read from a text: more would be a slip of the pen."""
LONGEST_IN_LETTERS = 60
"""Schedules of one-letter names are written ``ABAB`` up to this length, and with repeats (``A*1000 B``) beyond it."""


class Schedule(tuple[str, ...]):
    """The thread names in the order they stepped. A tuple of names; ``str()`` and `parse` go back and forth.

    Three spellings, which can be mixed: letters ``ABAB`` when every name is one capital letter, words
    ``producer consumer``, and repeats ``A*3 B A``. A step at which the environment chooses says which option: ``A=1``.

    >>> Schedule.parse("A*3 B A")
    Schedule('AAABA')
    >>> Schedule.parse("producer consumer*2")
    Schedule('producer consumer*2')
    """

    __slots__ = ()

    def __new__(cls, names: Iterable[str] = ()) -> Schedule:
        return super().__new__(cls, names)

    @classmethod
    def parse(cls, text: str, names: Collection[str] = ()) -> Schedule:
        """Read a schedule; `names`, if given, are the threads it may name. Raises `ScheduleError`."""
        steps: list[str] = []
        for token in text.split():
            match = re.fullmatch(r"([^*\s]+)(?:\*([0-9]+))?", token)
            if match is None:
                raise ScheduleError(
                    f"cannot read {token!r} in the schedule {text!r}.\n"
                    "A schedule is written ABAB, or with repeats A*3 B A, or in words: producer consumer*2."
                )
            word, times = match[1], match[2]
            if len(times or "") > 7 or len(steps) > LONGEST:
                raise ScheduleError(f"the schedule {text[:60]!r} has more than {LONGEST:,} steps.")
            letters = _is_letters(word) and (times is None or len(word) == 1)
            steps += _spelled(word, letters, names) * (1 if times is None else int(times))
        schedule = cls(steps)
        for step, name in enumerate(schedule, start=1):
            if names and thread_of(name) not in names:
                known = ", ".join(names)
                raise ScheduleError(
                    f"step {step} of {text!r} wants {name}, but there is no thread {name}.\nThe threads are {known}.",
                    step,
                    name,
                )
        return schedule

    def __str__(self) -> str:
        if all(map(_is_letter, self)) and len(self) <= LONGEST_IN_LETTERS:
            return "".join(self)
        runs = [(name, sum(1 for _ in run)) for name, run in groupby(self)]
        if all(map(_is_letter, self)) or sum(1 for _, times in runs if times == 1) < len(runs):
            return " ".join(_repeated(name, times) for name, times in runs)
        return " ".join(_repeated(name, 1) for name in self)

    def __repr__(self) -> str:
        return f"Schedule({str(self)!r})"

    @property
    def threads(self) -> tuple[str, ...]:
        """Only who stepped, without what was chosen."""
        return tuple(thread_of(step) for step in self)

    @property
    def context_switches(self) -> int:
        """How often another thread steps next."""
        return sum(1 for first, second in pairwise(self.threads) if first != second)


def thread_of(step: str) -> str:
    """The thread of one step of a schedule: ``A=1`` is thread A, with its option 1."""
    return step.partition("=")[0]


def option_of(step: str) -> int | None:
    """The option of one step of a schedule; None if it chooses nothing. Raises ValueError if it is no number."""
    _, chooses, option = step.partition("=")
    return int(option) if chooses else None


def _is_letter(name: str) -> bool:
    return len(name) == 1 and name.isalpha() and name.isupper()


def _is_letters(word: str) -> bool:
    return all(map(_is_letter, word))


def _repeated(name: str, times: int) -> str:
    """One run. A word in capitals carries its number even if it is 1, or it would be read as letters."""
    looks_like_letters = len(name) > 1 and _is_letters(name)
    return f"{name}*{times}" if times > 1 or looks_like_letters else name


def _spelled(word: str, letters: bool, names: Collection[str]) -> list[str]:
    """The names that a token stands for; what the program's names allow, where its look alone would not fit them."""
    as_letters, as_word = list(word), [word]
    first, second = (as_letters, as_word) if letters else (as_word, as_letters)
    if names and not set(first) <= set(names) and set(second) <= set(names):
        return second
    return first
