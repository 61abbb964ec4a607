"""What is told of a sample: how it was drawn, what it saw, and what it would have found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from simulator.exploration.results import OutcomeSummary
from simulator.words import count, percent

METHODS = {"walk": "random walk", "pct": "PCT run", "uniform": "uniform draw"}
"""The ways to draw, and what one is called."""

SHARES = {
    "walk": "how often it came about where each enabled thread was equally likely at every step",
    "pct": "how often PCT came to it, which says nothing about how many interleavings do",
    "uniform": "an estimate of the share of the interleavings",
}
"""What a share of the runs means."""


@dataclass(frozen=True)
class SampleFacts:
    """How a sample was drawn and what it saw: numbers of *different* interleavings, classes and outcomes.

    ``unfinished`` runs were stopped after ``max_steps`` steps, and are none of these. ``guarantee`` says in words what such
    a sample would have found; ``bound`` is what PCT promises for each run (None for other methods).
    """

    method: str
    runs: int
    seed: int
    interleavings: int
    classes: int
    outcomes: int
    unfinished: int
    max_steps: int
    guarantee: str
    bound: Fraction | None = None

    def headline(self, all_interleavings: int | None) -> str:
        """One sentence: what was drawn, and what was seen."""
        of = f" of {all_interleavings:,} interleavings" if all_interleavings is not None else ""
        drawn = f"{count(self.runs, METHODS[self.method])}{of} (seed {self.seed})"
        seen = f"{count(self.interleavings, 'distinct interleaving')} in {count(self.classes, 'class', 'classes')}"
        stopped = f"; {count(self.unfinished, 'run')} stopped after {self.max_steps:,} steps" if self.unfinished else ""
        return f"{drawn}: {seen}, {count(self.outcomes, 'outcome')}{stopped}"

    def row(self, summary: OutcomeSummary) -> tuple[str, ...]:
        """One line of the table."""
        runs = summary.runs or 0
        return (str(summary.outcome), f"{runs:,}", percent(runs / self.runs), str(summary.example.schedule))

    def legend(self) -> str:
        """What the numbers mean, and what they do not say."""
        return f"share of runs: {SHARES[self.method]}\n{self.guarantee}"

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {**vars(self), "bound": str(self.bound) if self.bound is not None else None}


def likely_seen(runs: int, of_what: str) -> str:
    """What is missed with a probability of 5% at most: (1 - p) ** runs = 0.05."""
    if not runs:
        return "nothing was drawn, so that nothing is known"
    least = 1 - 0.05 ** (1 / runs)
    return f"whatever has {of_what} of {percent(least)} or more, a sample of {count(runs, 'run')} sees with 95% certainty"


def promised(bound: Fraction, runs: int, threads: int, steps: int, depth: int, how_found: str) -> str:
    """What PCT promises for one run, and for all."""
    at_least = 1 - (1 - float(bound)) ** runs
    formula = f"1/(n k^(d - 1)) = {percent(float(bound))}"
    return (
        f"a bug of depth d = {depth} or less is found by each run with a probability of at least {formula},\n"
        f"by {count(runs, 'run')} with one of at least {nearly(at_least)}; n = {count(threads, 'thread')}, "
        f"k = {count(steps, 'step')} ({how_found})"
    )


def nearly(part: float) -> str:
    """A probability, which is never said to be certainty."""
    return "99.99%" if part > 0.9999 else percent(part)
