"""What the pictures of many interleavings say of their ends: which outcomes there are, and which of them are bad.

An outcome has a number, a text and a verdict; the verdict decides the shape, so that colour is never alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.outcome import Outcome, outcome_data
from simulator.render.means.palette import Theme
from simulator.render.means.phrases import LONGEST, shorten
from simulator.words import count

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

Bad = Callable[[Outcome], object]
"""Whether an outcome is bad, beside deadlocks and failures, which always are."""

GOOD, BAD, DEADLOCK, UNFINISHED = "good", "bad", "deadlock", "unfinished"
ORDER = (GOOD, BAD, DEADLOCK, UNFINISHED)
SHAPES: dict[str, dict[str, object]] = {
    GOOD: {"shape": "box", "style": "rounded,filled"},
    BAD: {"shape": "octagon", "style": "filled"},
    DEADLOCK: {"shape": "doubleoctagon", "style": "filled"},
    UNFINISHED: {"shape": "box", "style": "dashed,filled"},
}
SHAPES_SAID = {
    GOOD: "rounded: good",
    BAD: "octagon: bad",
    DEADLOCK: "double octagon: deadlock",
    UNFINISHED: "dashed: unfinished",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """One outcome as the pictures show it. Numbers count from 1; ``interleavings`` is None where there is no end to them."""

    number: int
    outcome: Outcome
    verdict: str
    text: str
    interleavings: int | None

    @property
    def is_bad(self) -> bool:
        """Whether this must not happen."""
        return self.verdict in (BAD, DEADLOCK)

    def fill(self, theme: Theme) -> str:
        """The fill of what leads here and nowhere else."""
        return theme.bad if self.is_bad else theme.outcome(self.number - 1)


@dataclass(frozen=True, slots=True)
class Endings:
    """The outcomes of a state graph, good ones first; and for each state the numbers of those that can still come."""

    all: tuple[Ending, ...]
    at: dict[int, Ending]
    """The ending of every state in which an execution ends."""
    ahead: tuple[frozenset[int], ...]

    def decided(self, state: int) -> Ending | None:
        """The only outcome that can still come, if there is only one."""
        return self.all[next(iter(self.ahead[state])) - 1] if len(self.ahead[state]) == 1 else None

    def doomed(self, state: int) -> bool:
        """Whether only bad outcomes can still come."""
        return bool(self.ahead[state]) and all(self.all[number - 1].is_bad for number in self.ahead[state])


def verdict(outcome: Outcome, bad: Bad | None) -> str:
    """How an outcome is judged."""
    if outcome.status == "deadlock":
        return DEADLOCK
    if outcome.failures or (bad is not None and bad(outcome)):
        return BAD
    return UNFINISHED if outcome.status == "unfinished" else GOOD


def endings(graph: StateGraph, bad: Bad | None = None) -> Endings:
    """Number the outcomes of a state graph, and tell for every state which of them can still come."""
    ends = [state for state in graph.states if state.outcome is not None]
    numbers: dict[Any, int | None] = {}
    outcomes: dict[Any, Outcome] = {}
    for state in ends:
        assert state.outcome is not None
        key = state.outcome.key
        outcomes.setdefault(key, state.outcome)
        so_far = numbers.get(key, 0)
        numbers[key] = None if so_far is None or state.paths_to is None else so_far + state.paths_to
    judged = [(verdict(outcome, bad), outcome_text(outcome), key) for key, outcome in outcomes.items()]
    judged.sort(key=lambda entry: (ORDER.index(entry[0]), natural(entry[1])))
    all_of_them = tuple(
        Ending(number, outcomes[key], how, text, numbers[key]) for number, (how, text, key) in enumerate(judged, start=1)
    )
    by_key = {key: all_of_them[place] for place, (_, _, key) in enumerate(judged)}
    at = {state.index: by_key[state.outcome.key] for state in ends if state.outcome is not None}
    return Endings(all_of_them, at, _ahead(graph, at))


def _ahead(graph: StateGraph, at: dict[int, Ending]) -> tuple[frozenset[int], ...]:
    """Backwards from the ends, until nothing changes."""
    sources: list[list[int]] = [[] for _ in graph.states]
    for edge in graph.edges:
        sources[edge.target].append(edge.source)
    ahead: list[set[int]] = [set() for _ in graph.states]
    for state, ending in at.items():
        stack = [state]
        while stack:
            here = stack.pop()
            if ending.number not in ahead[here]:
                ahead[here].add(ending.number)
                stack += sources[here]
    return tuple(map(frozenset, ahead))


def outcome_text(outcome: Outcome, longest: int = LONGEST) -> str:
    """An outcome in one line."""
    return shorten(str(outcome), longest)


def natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """A key by which ``x = 2`` comes before ``x = 10``."""
    parts = re.split(r"((?<![\w.])-?\d+(?:\.\d+)?)", text)
    return tuple((0, float(part), part) if place % 2 else (1, 0.0, part) for place, part in enumerate(parts))


def counted(number: int | None, word: str = "interleaving") -> str:
    """``1 interleaving``, ``2 interleavings``, or that there is no end to them."""
    if number is None:
        return f"endlessly many {word}s"
    return count(number, word)


def listed(all_of_them: Iterable[Ending], most: int = 6) -> str:
    """``1: counter = 1 (4), 2: counter = 2 (2)``: the outcomes by number, and in how many interleavings."""
    shown = list(all_of_them)
    parts = [
        f"{each.number}: {each.text} ({'∞' if each.interleavings is None else f'{each.interleavings:,}'})" for each in shown
    ]
    more = [f"and {len(parts) - most} more"] if len(parts) > most else []
    return "; ".join([*parts[:most], *more])


def outcome_lines(all_of_them: Sequence[Ending], also: Sequence[str] = (), *, drawn: bool = True) -> list[str]:
    """Two lines of a caption: the outcomes by number, and what the shapes mean; a text has none."""
    if not all_of_them:
        return ["No interleaving comes to an end."]
    outcomes = f"Outcomes (interleavings): {listed(all_of_them)}."
    if not drawn:
        return [outcomes]
    shapes = [SHAPES_SAID[how] for how in ORDER if any(each.verdict == how for each in all_of_them)]
    legend = "; ".join([*shapes, *also])
    return [outcomes, f"{legend[0].upper()}{legend[1:]}."]


def ending_data(ending: Ending) -> dict[str, Any]:
    """An outcome and its number, for JSON."""
    told = outcome_data(ending.outcome)
    return {
        "number": ending.number,
        "verdict": ending.verdict,
        "text": ending.text,
        "interleavings": ending.interleavings,
        **told,
    }
