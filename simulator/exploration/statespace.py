"""Explore: every state once, and the exact number of interleavings for each outcome."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from simulator.execution import Execution
from simulator.exploration.budget import Watch
from simulator.exploration.counting import Walk, count, interleavings_of, probability_of
from simulator.exploration.results import Claim, Exploration, OutcomeSummary, simplicity
from simulator.exploration.search import Examples, confirmed, judge, simplest_paths
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.exploration.witnesses import broken_by, confirm, witness
from simulator.machine import THREAD_STEPS, Machine, Reconsider
from simulator.outcome import Final, Outcome, result_key
from simulator.program import Program

MOST_VIOLATIONS = 10


def explore(
    program: Program,
    *,
    invariant: Callable[[Final], object] | None = None,
    observe: Callable[[Final], Any] | None = None,
    max_states: int | None = None,
    max_seconds: float | None = None,
    symmetry: bool = True,
    merge: bool = True,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
) -> Exploration:
    """Visit every state of a program once and answer the `Exploration`: exact numbers, examples, and what they are worth.

    * ``invariant`` is asked of the values in every state; the result lists the simplest executions that break it.
    * ``observe`` groups outcomes by what it answers about the final values, instead of by everything.
    * ``max_states`` and ``max_seconds`` are budgets; when one runs out, or at Ctrl-C, the claim is "partial".
    * ``symmetry=False`` and ``merge=False`` switch the reductions off, to cross-check them.
    * ``max_steps`` is how many steps one thread may take before `StepLimit` is raised.
    * ``progress`` shows a live line on stderr, if that is a terminal.

    Raises what is wrong with the program (`ProgramError`), `NondeterministicProgram` among it.
    """
    with Watch(max_states, max_seconds, progress) as watch:
        while True:
            machine = Machine(program, merge=merge, max_thread_steps=max_steps)
            try:
                return _explore(machine, watch, invariant, observe, symmetry)
            except Reconsider:
                continue
            finally:
                machine.close()


def _explore(
    machine: Machine,
    watch: Watch,
    invariant: Callable[[Final], object] | None,
    observe: Callable[[Final], Any] | None,
    symmetry: bool,
) -> Exploration:
    try:
        folding = Folding(machine, wanted=symmetry)
        walk = _walk(machine, folding, watch, invariant)
    except CannotFold:
        folding = Folding(machine, wanted=False)
        walk = _walk(machine, folding, watch, invariant)
    return _answer(machine, folding, walk, observe, invariant)


def _walk(machine: Machine, folding: Folding, watch: Watch, invariant: Callable[[Final], object] | None) -> Walk:
    walk = count(machine, folding, watch)
    if invariant is not None:  # asked at the end, when every object is known, so that it may name objects
        walk.broken = list(filter(Verdicts(machine, invariant), walk.first_from))
    return walk


class Verdicts:
    """Whether states break an invariant; each combination of values is judged once."""

    def __init__(self, machine: Machine, invariant: Callable[[Final], object]) -> None:
        self._machine = machine
        self._invariant = invariant
        self._known: dict[int, bool] = {}

    def __call__(self, state: int) -> bool:
        part = state & self._machine.objects_field()
        if part not in self._known:
            self._known[part] = not judge(self._invariant, self._machine.values(state))
        return self._known[part]


def _answer(
    machine: Machine,
    folding: Folding,
    walk: Walk,
    observe: Callable[[Final], Any] | None,
    invariant: Callable[[Final], object] | None,
) -> Exploration:
    claim = Claim("partial", walk.stopped) if walk.stopped else Claim("complete")
    confirm(machine, folding, walk)
    if not walk.stopped:
        spot_check(machine)
    counted = not walk.endless and not (walk.stopped and not any(walk.ends.values()))
    total = sum(map(interleavings_of, walk.ends.values())) if counted else None
    return Exploration(
        machine.program,
        claim,
        total,
        len(walk.first_from),
        walk.transitions,
        _summaries(machine, folding, walk, total, observe),
        walk.endless,
        _violations(machine, folding, walk, invariant),
    )


def _summaries(
    machine: Machine, folding: Folding, walk: Walk, total: int | None, observe: Callable[[Final], Any] | None
) -> tuple[OutcomeSummary, ...]:
    """Group the ends by outcome; each orbit of interchangeable threads is spread evenly over the names it can have."""

    def key(outcome: Outcome) -> Any:
        if observe is None:
            return outcome.key
        return (outcome.status, tuple(outcome.failures.items()), result_key(observe(outcome.final)))

    def symmetric(outcome: Outcome) -> bool:
        return (observe is not None and not outcome.failures) or folding.named(outcome)[0] == 1

    if observe is None:
        folding.refuse_too_many(map(machine.outcome, walk.ends))
    groups: dict[Any, tuple[Outcome, Fraction, Fraction, int]] = {}
    for state, weight in walk.ends.items():
        outcome = machine.outcome(state)
        ways, variants = (1, iter((outcome,))) if symmetric(outcome) else folding.named(outcome)
        number, chance = Fraction(interleavings_of(weight), ways), Fraction(probability_of(weight)) / ways
        for variant in variants:
            first, numbers, chances, end = groups.get(key(variant), (variant, Fraction(0), Fraction(0), state))
            groups[key(variant)] = (first, numbers + number, chances + chance, end)
    examples = Examples(machine, folding, key, symmetric)

    def example(outcome: Outcome, end: int) -> Execution:
        if walk.stopped:
            return witness(machine, folding, walk, end, outcome if observe is None else None)
        return examples.of(outcome)

    summaries = [
        OutcomeSummary(
            outcome,
            int(number) if total is not None else None,
            number / total if total and not walk.stopped else None,
            float(chance) if total is not None and not walk.stopped else None,
            observe(outcome.final) if observe is not None else None,
            partial(example, outcome, end),
        )
        for outcome, number, chance, end in groups.values()
    ]
    return tuple(sorted(summaries, key=lambda summary: (-(summary.interleavings or 0), _order(summary.outcome))))


def _order(outcome: Outcome) -> tuple[Any, ...]:
    """A fixed order among outcomes that are equally frequent: finished first, then by how they read."""
    return (outcome.status != "finished", str(outcome), repr(outcome.returned))


def _violations(
    machine: Machine, folding: Folding, walk: Walk, invariant: Callable[[Final], object] | None
) -> tuple[Execution, ...]:
    """The simplest executions that end where the invariant first breaks: one for each different combination of values."""
    if invariant is None or not walk.broken:
        return ()
    breaks = Verdicts(machine, invariant)
    field = machine.objects_field()
    found: dict[int, Execution] = {}
    if walk.stopped:
        for state in walk.broken:
            if len(found) < MOST_VIOLATIONS and (state & field) not in found:
                found[state & field] = broken_by(machine, folding, walk, breaks, state)
        return tuple(sorted(dict.fromkeys(found.values()), key=simplicity))
    for state, path in simplest_paths(machine, folding, stop_at=breaks):
        if breaks(state) and (state & field) not in found:
            found[state & field] = confirmed(machine, path, machine.outcome(state))
            if len(found) >= MOST_VIOLATIONS:
                break
    return tuple(found.values())
