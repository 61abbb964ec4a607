"""What users ask about outcomes and states: their predicates, asked with care.

A predicate has to be pure, or nothing could be proved with it. It is asked twice, and some of what it was asked about once
more at the end, which finds most that are not; one that changes its mind rarely enough is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.errors import PredicateError, TooManyOutcomes, correction
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine
from simulator.objects.values import text_of
from simulator.outcome import Final, Outcome

MOST_VARIANTS = 1_000
"""For how many ways to name the threads of one outcome a goal is asked before folding is given up."""

ASKED_AGAIN = 100
"""How many of its first answers a predicate is asked for again, when all is done."""


def check_question(goal: object, prints: object) -> None:
    if goal is None and prints is None:
        raise TypeError("find was expecting a goal, or what is printed: find(program, lambda outcome: …), prints=text")
    if isinstance(goal, str):
        raise TypeError(
            correction(
                f"find was expecting a function that judges an outcome, but got the text {_shortened(goal)}.",
                ("find(program, text)", "a goal is asked about outcomes"),
                ("find(program, prints=text)", "what the console shows"),
            )
        )
    if goal is not None and not callable(goal):
        raise TypeError(f"find was expecting a function that judges an outcome, but got {goal!r}")
    for text in prints.values() if isinstance(prints, Mapping) else (prints,):
        if text is not None and not isinstance(text, str):
            advice = ".\nDecode it: prints=data.decode()" if isinstance(text, bytes) else ""
            raise TypeError(f"prints was expecting the text that the console shows, but got {_shortened(text)}{advice}")


def _shortened(value: object) -> str:
    text = text_of(value)
    return text if len(text) <= 40 else text[:37] + "..."


class Inside:
    """Whether states satisfy `within`; each combination of values is judged once, and the first ones again at the end."""

    def __init__(self, machine: Machine, within: Callable[[Final], object]) -> None:
        self._machine = machine
        self._within = within
        self._known: dict[int, bool] = {}

    def __call__(self, state: int) -> bool:
        part = state & self._machine.objects_field()
        if part not in self._known:
            self._known[part] = judge_twice(self._within, self._machine.values(part))
        return self._known[part]

    def ask_again(self) -> None:
        """Raise `PredicateError` if an answer has changed in the meantime."""
        for part, answer in list(self._known.items())[:ASKED_AGAIN]:
            same_answer(self._within, self._machine.values(part), answer, judge(self._within, self._machine.values(part)))


class Watched(Outcome):
    """An outcome that notes whether anybody has asked which thread ended how; if not, all variants were judged at once."""

    __slots__ = ("told_names",)
    told_names: bool

    @classmethod
    def of(cls, outcome: Outcome) -> Watched:
        """The same outcome, watched."""
        watched = cls(outcome.status, outcome.final, outcome.failures, outcome.returned)
        object.__setattr__(watched, "told_names", False)
        return watched

    def __getattribute__(self, name: str) -> Any:
        if name in ("failures", "returned"):
            object.__setattr__(self, "told_names", True)
        return super().__getattribute__(name)


def is_symmetric(folding: Folding, outcome: Outcome, goal: Callable[[Outcome], object], verdict: bool) -> bool:
    """Whether the goal judges alike whichever interchangeable thread ended how; if that is too much to ask, say no."""
    try:
        number, variants = folding.named(outcome)
    except TooManyOutcomes:
        return False
    return number <= MOST_VARIANTS and all(judge(goal, variant) == verdict for variant in variants)


def judge(predicate: Callable[[Any], object], subject: Any) -> bool:
    """Ask a predicate of the user's; raise `PredicateError` if it raises instead of answering."""
    try:
        return bool(predicate(subject))
    except Exception as error:
        name = getattr(predicate, "__name__", repr(predicate))
        raise PredicateError(
            f"{name} was asked about {subject} and raised {type(error).__name__}: {error}\n"
            "It must answer for every outcome and every state, deadlocks and failed threads included."
        ) from error


def judge_twice(predicate: Callable[[Any], object], subject: Any) -> bool:
    """The same, for a predicate that has to answer alike when it is asked again: on that rests every proof."""
    answer = judge(predicate, subject)
    same_answer(predicate, subject, answer, judge(predicate, subject))
    return answer


def same_answer(predicate: Callable[[Any], object], subject: Any, first: bool, again: bool) -> None:
    if first != again:
        name = getattr(predicate, "__name__", repr(predicate))
        raise PredicateError(
            f"{name} was asked about {subject} and answered {first}, and {again} when it was asked again.\n"
            "It may depend on nothing but what it is given: no counter, no random number, no time."
        )


def observed_of(observe: Callable[[Final], Any], outcome: Outcome) -> Any:
    """Ask an observer; raise `PredicateError` if it raises, or answers something by which nothing can be grouped."""
    name = getattr(observe, "__name__", repr(observe))
    try:
        observed = observe(outcome.final)
    except Exception as error:
        raise PredicateError(
            f"{name} was asked about {outcome.final} and raised {type(error).__name__}: {error}\n"
            "It must answer for every outcome, deadlocks and failed threads included."
        ) from error
    try:
        hash(observed)
    except TypeError:
        raise PredicateError(
            f"{name} answered {observed!r}, by which outcomes cannot be grouped: a {type(observed).__name__} has no hash.\n"
            "Answer a value that cannot be changed: a number, a text, a tuple, a frozenset."
        ) from None
    return observed
