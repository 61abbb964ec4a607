"""The answer about many interleavings: values. Printing them is somebody else's job, but for a plain table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulator.execution import Execution
from simulator.outcome import Final, Outcome, outcome_data
from simulator.showing import Shown
from simulator.texts import page, printable
from simulator.words import count, percent

if TYPE_CHECKING:
    from simulator.exploration.sampling.facts import SampleFacts
    from simulator.program import Program

JSON_FORMAT = "simulator exploration"
JSON_VERSION = 1

MEANINGS = {
    "complete": "every interleaving was examined: what is not listed cannot happen in this program",
    "bounded": "every interleaving within the bound was examined; beyond it nothing is known",
    "sampled": "only some interleavings were examined: what is not listed may still happen",
    "partial": "the exploration stopped early: what is not listed may still happen",
}


class Claim(str):
    """What an answer is worth: equal to "complete", "bounded", "sampled" or "partial"; ``str()`` explains it in words."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, word: str, reason: str = "") -> Claim:
        claim = super().__new__(cls, word)
        claim.reason = reason
        return claim

    def __str__(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        return f"{self[:]}{because}: {MEANINGS[self[:]]}"

    @property
    def word(self) -> str:
        """The bare word."""
        return self[:]


@dataclass(frozen=True, eq=False)
class OutcomeSummary(Shown):
    """One outcome: how many interleavings end in it, how probable that is, and the simplest example.

    ``interleavings`` is exact; None if their number has no end or is not known. ``share`` is the part of all interleavings,
    ``probability`` the chance under a scheduler that picks uniformly among the enabled threads at every step: not the same,
    because short executions have fewer choices. With claim "bounded" the share is of those within the bound, and the
    probability None: it depends on what is beyond. ``observed`` is what ``observe`` answered, if it was given.
    """

    outcome: Outcome
    interleavings: int | None
    share: Fraction | None
    probability: float | None
    observed: Any = None
    _find_example: Callable[[], Execution] = field(repr=False, default=lambda: _no_example())
    runs: int | None = None
    """How many runs of a sample ended so; then nobody knows how many interleavings do, or how probable that is."""
    classes: int | None = None
    """How many classes of interleavings end so, where one of each was looked at; then nobody knows how many they are."""

    @cached_property
    def example(self) -> Execution:
        """The execution with the fewest preemptions, then the shortest, then the first in the order of the threads.

        Searched for when it is first asked for, and re-run on the live scheduler before it is answered. With claim
        "partial", or if it was explored by classes, it is not the simplest, but the one that was met first: a search could
        take longer than all the rest. With claim "sampled" it is the simplest of those that were seen.
        """
        return self._find_example()

    @property
    def final(self) -> Final:
        """The values of the shared objects at the end."""
        return self.outcome.final

    @property
    def status(self) -> str:
        """ "finished" or "deadlock"; in samples also "unfinished"."""
        return self.outcome.status

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {
            **outcome_data(self.outcome),
            "interleavings": self.interleavings,
            "share": str(self.share) if self.share is not None else None,
            "probability": self.probability,
            "example": str(self.example.schedule),
            "preemptions": self.example.preemptions,
            **({"classes": self.classes} if self.classes is not None else {}),
            **({"runs": self.runs} if self.runs is not None else {}),
        }


def _no_example() -> Execution:
    raise LookupError("this summary was made without an example")


class Summaries(tuple[OutcomeSummary, ...], Shown):
    """Several outcomes: a tuple that a notebook shows as a table."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Exploration(Shown):
    """The answer about all interleavings of a program. ``print`` it for the table.

    ``claim`` says what the answer is worth. ``interleavings`` is exact, of any size; None if there is no end to them (a loop
    that can spin for ever); with claim "partial" it counts those that were seen to their end, with claim "bounded" those
    within the bound. ``states`` are different states of the program; ``transitions`` the steps that were looked at, within a
    bound those from one state more than once. ``outcomes`` are sorted, the most frequent first. ``violations`` are
    executions that end where the invariant first breaks, simplest first.
    """

    program: Program
    claim: Claim
    interleavings: int | None
    states: int
    transitions: int
    outcomes: tuple[OutcomeSummary, ...]
    endless: bool = False
    violations: tuple[Execution, ...] = ()
    sample: SampleFacts | None = None
    """With claim "sampled": how the sample was drawn. ``interleavings`` is then known only for uniform draws."""
    groups: tuple[tuple[str, ...], ...] = ()
    """The threads of each group, if the program was split into groups that share nothing; the states are theirs together."""

    classes: int | None = None
    """How many classes of interleavings were looked at, one of each; then neither interleavings nor states are counted."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "outcomes", Summaries(self.outcomes))

    @property
    def deadlocks(self) -> tuple[OutcomeSummary, ...]:
        """The outcomes that are deadlocks."""
        return Summaries(summary for summary in self.outcomes if summary.status == "deadlock")

    @property
    def failures(self) -> tuple[OutcomeSummary, ...]:
        """The outcomes in which an exception ended a thread."""
        return Summaries(summary for summary in self.outcomes if summary.outcome.failures)

    def example(self, goal: Callable[[Outcome], object]) -> Execution | None:
        """The simplest execution whose outcome satisfies `goal`, or None if there is none among the outcomes."""
        fitting = [summary.example for summary in self.outcomes if goal(summary.outcome)]
        return min(fitting, key=simplicity, default=None)

    def __str__(self) -> str:
        lines = [self.headline(), ""]
        rows = [self.columns(), *(tuple(map(printable, self.row(summary))) for summary in self.outcomes)]
        if self.outcomes:
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [_line(row, widths) for row in rows]
        lines += ["", *self.broken()] if self.violations else []
        lines += ["", self.legend(), f"claim: {self.claim}"] if self.outcomes else [f"claim: {self.claim}"]
        return page(line for part in lines for line in part.split("\n"))

    def headline(self) -> str:
        """One sentence: how many interleavings, outcomes and states."""
        if self.sample is not None:
            return self.sample.headline(self.interleavings)
        outcomes = f"{count(len(self.outcomes), 'outcome')}"
        if self.classes is not None:
            return f"{self._classes(self.classes)}, {outcomes}"
        if self.endless:
            many = "endlessly many interleavings (a loop can spin for ever)"
        elif self.interleavings is None:
            many = "interleavings not counted"
        else:
            at_least = "at least " if self.claim == "partial" else ""
            many = f"{at_least}{count(self.interleavings, 'interleaving')}"
        if self.claim == "bounded":
            many += f" with {self.claim.reason}"
        apart = f" in {len(self.groups)} groups that share nothing" if self.groups else ""
        return f"{many}, {outcomes}, {count(self.states, 'state')}{apart}"

    def _classes(self, number: int) -> str:
        within = f" with {self.claim.reason}" if self.claim == "bounded" else ""
        at_least = "at least " if self.claim == "partial" else ""
        return f"{at_least}{count(number, 'class', 'classes')} of interleavings{within}"

    def broken(self) -> tuple[str, ...]:
        """A line about the broken invariant, if it was broken."""
        if not self.violations:
            return ()
        others = len(self.violations) - 1
        more = f" (and {count(others, 'other combination')} of values)" if others else ""
        return (f"invariant broken, {self._quality() or 'for'} example: {self.violations[0].schedule}{more}",)

    def legend(self) -> str:
        """What the two numbers that are easily confused mean."""
        if self.sample is not None:
            return self.sample.legend()
        if self.classes is not None:
            return "class: interleavings that differ only by swapping neighbouring steps that do not conflict"
        if self.claim == "bounded":
            return f"share: of the interleavings with {self.claim.reason}; probability: not known within a bound"
        return "share: of the interleavings; probability: if each enabled thread is equally likely at every step"

    def columns(self) -> tuple[str, ...]:
        """The headings of the table."""
        if self.sample is not None:
            return ("outcome", "runs", "share of runs", "simplest example seen")
        if self.classes is not None:
            return ("outcome", "classes", "example")
        return ("outcome", "interleavings", "share", "probability", f"{self._quality()} example".lstrip())

    def _quality(self) -> str:
        return "simplest" if self.claim not in ("partial", "sampled") and self.classes is None else ""

    def row(self, summary: OutcomeSummary) -> tuple[str, ...]:
        """One line of the table."""
        if self.sample is not None:
            return self.sample.row(summary)
        if self.classes is not None:
            return (str(summary.outcome), f"{summary.classes:,}", str(summary.example.schedule))
        number = "–" if summary.interleavings is None else f"{summary.interleavings:,}"
        share = "–" if summary.share is None else percent(float(summary.share))
        probability = "–" if summary.probability is None else percent(summary.probability)
        return (str(summary.outcome), number, share, probability, str(summary.example.schedule))

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {
            "format": JSON_FORMAT,
            "version": JSON_VERSION,
            "threads": list(self.program.names),
            "claim": self.claim.word,
            "reason": self.claim.reason,
            "endless": self.endless,
            "interleavings": self.interleavings,
            "states": self.states,
            "transitions": self.transitions,
            "outcomes": [summary.to_data() for summary in self.outcomes],
            "violations": [str(execution.schedule) for execution in self.violations],
            **({"classes": self.classes} if self.classes is not None else {}),
            **({"sample": self.sample.to_data()} if self.sample is not None else {}),
        }


def simplicity(execution: Execution) -> tuple[int, int, tuple[int, ...]]:
    """The order of examples: fewest preemptions, then shortest, then first in the order of the threads."""
    names: Mapping[str, int] = {
        name: place for place, name in enumerate(execution.program.names if execution.program else ())
    }
    return (execution.preemptions or 0, len(execution), tuple(names.get(name, 0) for name in execution.schedule))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *numbers, last = row
    cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True)), last]
    return "  ".join(cells).rstrip()
