"""Assertions about all interleavings, and the second opinion: `check` and `crosscheck`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from simulator.errors import CheckFailed, CrosscheckFailed, Inconclusive, correction
from simulator.execution import Event, Execution
from simulator.exploration.enumerate import interleavings
from simulator.exploration.judging import judge_twice
from simulator.exploration.results import Exploration, OutcomeSummary, simplicity
from simulator.exploration.statespace import explore
from simulator.outcome import Final, Outcome, outcome_data
from simulator.program import Program
from simulator.scheduler import run

MOST_FORCED = 1_000
"""How many interleavings `crosscheck` forces on real threads before it makes do with a sample."""


def check(
    program: Program,
    postcondition: Callable[[Final], object] | None = None,
    invariant: Callable[[Final], object] | None = None,
    deadlock: bool = False,
    failures: bool = False,
    **how: Any,
) -> Exploration:
    """Assert that no interleaving of a program goes wrong, and answer the `Exploration` that proves it.

    * ``postcondition`` must hold of the final values of every execution in which all threads came to their end.
    * ``invariant`` must hold in every state.
    * A deadlock, or a thread ended by an exception, fails the check unless ``deadlock`` or ``failures`` allows it.
    * ``**how`` goes to `explore`; but ``observe`` is refused, for it would hide outcomes behind each other.

    A bound that is asked for (``preemptions``, ``delays``) is no reason to complain: what holds within it passes, and what
    that is worth stands in the claim of the answer, "bounded" unless there is nothing beyond the bound.

    Raises `CheckFailed` (an AssertionError) with the simplest failing example, as ``.execution``; `Inconclusive` if nothing
    wrong was found but nothing is proved: a budget ran out, or no execution ever came to where the postcondition is asked.
    """
    __tracebackhide__ = True
    if "observe" in how:
        raise TypeError(
            correction(
                "check() judges every outcome, and observe= would show it only one of each group.",
                ("check(program, postcondition, observe=…)", ""),
                ("check(program, postcondition)", "explore(program, observe=…) groups"),
            )
        )
    result = explore(program, invariant=invariant, **how)
    wrong = findings(result, postcondition, deadlock=deadlock, failures=failures)
    if wrong:
        raise CheckFailed(str(wrong[0]), wrong[0].execution, result)
    if result.claim == "partial":
        looked_at = f"{result.states:,} states" if result.classes is None else f"{result.classes:,} classes"
        raise Inconclusive(
            f"nothing wrong was found, but {result.claim.reason} after {looked_at}: nothing is proved.\n"
            "Raise the budget, or make the program smaller.",
            exploration=result,
        )
    if postcondition is not None and not any(summary.status == "finished" for summary in result.outcomes):
        raise Inconclusive(
            "the postcondition was never asked: no execution comes to its end.\n"
            "Use invariant= for what must hold all the time, or daemons= for threads that are meant to run for ever.",
            exploration=result,
        )
    return result


@dataclass(frozen=True)
class Finding:
    """Something wrong with a program: what, in how many interleavings, and the simplest execution of it."""

    headlines: tuple[str, ...]
    execution: Execution
    simplest: bool = True
    """Whether there is no simpler one."""

    def __str__(self) -> str:
        example = "simplest" if self.simplest else "for example"
        return "\n".join(self.headlines) + f"; {example}:\n\n{story(self.execution)}"

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {"what": list(self.headlines), "schedule": str(self.execution.schedule)}


def findings(
    result: Exploration,
    postcondition: Callable[[Final], object] | None = None,
    *,
    deadlock: bool = False,
    failures: bool = False,
) -> list[Finding]:
    """What is wrong in an exploration: broken invariant, failed threads, deadlocks, failed postcondition, in this order.

    Two things that are wrong in one and the same simplest execution are one finding.
    """
    found = [("invariant broken", execution) for execution in result.violations[:1]]
    if not failures and result.failures:
        texts = dict.fromkeys(text for summary in result.failures for text in summary.outcome.failures.values())
        found.append(_in_outcomes(f"a thread failed ({'; '.join(texts)})", result, result.failures))
    if not deadlock and result.deadlocks:
        found.append(_in_outcomes("deadlock", result, result.deadlocks))
    if postcondition is not None:
        finished = [summary for summary in result.outcomes if summary.status == "finished"]
        wrong = tuple(summary for summary in finished if not judge_twice(postcondition, summary.final))
        if wrong:
            found.append(_in_outcomes("postcondition failed", result, wrong))
    executions = dict.fromkeys(execution for _, execution in found)
    simplest = result.claim not in ("partial", "sampled") and result.classes is None
    return [
        Finding(tuple(headline for headline, other in found if other == execution), execution, simplest)
        for execution in executions
    ]


def _in_outcomes(what: str, result: Exploration, wrong: tuple[OutcomeSummary, ...]) -> tuple[str, Execution]:
    """How often it goes wrong, and the simplest execution in which it does."""
    numbers = [summary.interleavings for summary in wrong]
    if result.sample is not None:
        where = f"in {sum(summary.runs or 0 for summary in wrong):,} of {result.sample.runs:,} runs"
    elif result.classes is not None:
        classes = sum(summary.classes or 0 for summary in wrong)
        where = f"in {classes:,} of {result.classes:,} classes of interleavings"
    elif result.interleavings is None or None in numbers or result.claim == "partial":
        where = "in some interleavings"
    else:
        where = f"in {sum(number or 0 for number in numbers):,} of {result.interleavings:,} interleavings"
    if result.claim == "bounded":
        where += f" with {result.claim.reason}"
    return f"{what} {where}", min((summary.example for summary in wrong), key=simplicity)


def story(execution: Execution) -> str:
    """An execution told for a person: the steps, how it ended, why it will never move on, and the line to replay it."""
    from simulator.render.lanes.text import timeline

    parts = [timeline(execution, caption=False), ""]
    if execution.outcome.status == "deadlock":
        from simulator.analysis import explain_deadlock

        parts.append(str(explain_deadlock(execution)))
    else:
        parts.append(_how_it_ended(execution.outcome))
    parts.append(f"replay it: replay(program, {_quoted(str(execution.schedule))})")
    return "\n".join(parts)


def _quoted(schedule: str) -> str:
    """As it can be pasted: in double quotes, unless a name has one in it."""
    return repr(schedule) if '"' in schedule or "\\" in schedule or not schedule.isprintable() else f'"{schedule}"'


def _how_it_ended(outcome: Outcome) -> str:
    if outcome.status == "unfinished":
        return (
            f"stopped before the end: {str(outcome).removeprefix('unfinished').removeprefix(', ') or 'nothing was changed'}"
        )
    return f"ended with {outcome}" if str(outcome) != "finished" else "finished"


@dataclass(frozen=True)
class Crosscheck:
    """What `crosscheck` compared: ``forced`` of the ``interleavings``, and what ``free`` running threads showed."""

    forced: int
    interleavings: int | None
    free: Counter[Outcome]
    predicted: tuple[Outcome, ...]

    @property
    def exhaustive(self) -> bool:
        """Whether every interleaving was forced on real threads, and not only a sample."""
        return self.forced == self.interleavings

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        seen = [{**outcome_data(outcome), "seen": self.free.get(outcome, 0)} for outcome in self.predicted]
        return {"forced": self.forced, "interleavings": self.interleavings, "exhaustive": self.exhaustive, "outcomes": seen}

    def __str__(self) -> str:
        which = "all" if self.exhaustive else "a sample:"
        of = "" if self.exhaustive else f" of {self.interleavings:,}" if self.interleavings else " of endlessly many"
        lines = [f"forced on real threads, {which} {self.forced:,}{of} interleavings: each trace was the one predicted"]
        lines += [
            f"ran free {sum(self.free.values()):,} times: every outcome was one of the {len(self.predicted)} predicted"
        ]
        lines += [f"  {self.free.get(outcome, 0):>7,}  {outcome}" for outcome in self.predicted]
        return "\n".join(lines)


def crosscheck(program: Program, *, runs: int = 200, limit: int = MOST_FORCED, seed: int = 0) -> Crosscheck:
    """Compare the simulator with CPython: real threads, real locks, real queues.

    Forces every interleaving on real threads if there are at most ``limit`` (else ``limit`` random ones from ``seed``, and
    says so); the traces must be equal, event for event. Then lets real threads run free ``runs`` times; every outcome must
    be one that was predicted. Raises `CrosscheckFailed` naming the first difference.
    """
    __tracebackhide__ = True
    from simulator.real_threads import replay_on_threads, sample_on_threads

    result = explore(program)
    if result.claim.reason == "interrupted":
        raise KeyboardInterrupt
    if result.claim == "partial":
        raise Inconclusive(
            f"there is nothing to compare real threads with: {result.claim.reason} after {result.states:,} states.\n"
            "Make the program smaller.",
            exploration=result,
        )
    predicted = tuple(summary.outcome for summary in result.outcomes)
    forced = 0
    for execution in _to_force(program, result, limit, seed):
        _compare(execution, replay_on_threads(program, execution.schedule))
        forced += 1
    free = sample_on_threads(program, runs=runs) if runs else Counter()
    for outcome, times in free.items():
        if outcome not in predicted:
            known = "\n  ".join(map(str, predicted))
            raise CrosscheckFailed(
                f"real threads, running free, ended {times} times with an outcome that was not predicted:\n  {outcome}\n"
                f"predicted:\n  {known}"
            )
    return Crosscheck(forced, result.interleavings, free, predicted)


def _to_force(program: Program, result: Exploration, limit: int, seed: int) -> Iterator[Execution]:
    if result.interleavings is not None and result.interleavings <= limit:
        return interleavings(program)
    random = (run(program, seed=seed + number) for number in range(limit))
    return islice(random, limit)


def _compare(simulated: Execution, real: Execution) -> None:
    """Raise at the first difference between an execution in the simulator and the same schedule on real threads."""
    schedule = simulated.schedule
    expected: tuple[Event, ...] = simulated.trace
    for step, (mine, theirs) in enumerate(zip(expected, real.trace, strict=False), start=1):
        if mine != theirs:
            raise CrosscheckFailed(
                f"step {step} of {str(schedule)!r} differs.\nsimulator:    {mine}  ({mine.location})\n"
                f"real threads: {theirs}  ({theirs.location})"
            )
    if len(expected) != len(real.trace):
        raise CrosscheckFailed(f"{str(schedule)!r} has {len(expected)} steps here and {len(real.trace)} on real threads")
    if simulated.outcome != real.outcome:
        raise CrosscheckFailed(
            f"{str(schedule)!r} ends differently.\nsimulator:    {simulated.outcome}\nreal threads: {real.outcome}"
        )


__all__ = ["Crosscheck", "check", "crosscheck", "story"]
