"""The simplest execution that does something: fewest preemptions, then shortest, then first in the order of the threads.

Dijkstra's algorithm (Numerische Mathematik 1, 1959) over pairs of a state and the thread that stepped last, since that is
what decides whether the next step is a preemption; with keys that are compared as (preemptions, length, schedule). Of two
executions that come to one such pair the simpler one stays simpler whatever follows, so each pair is visited once. And a
pair with two preemptions more than another of the same state is never needed: changing threads there costs only one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from simulator.errors import NondeterministicProgram, PredicateError, SimulatorError, TooManyOutcomes
from simulator.execution import Execution
from simulator.exploration.budget import Watch
from simulator.exploration.counting import STATES_BETWEEN_LOOKS
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.machine import THREAD_STEPS, Machine, Reconsider
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.scheduler import replay
from simulator.tables import OPTION_BITS

CODE_BITS = 16 + OPTION_BITS

MOST_VARIANTS = 1_000
"""For how many ways to name the threads of one outcome a goal is asked before folding is given up."""

Found = tuple[int, tuple[int, ...]]
"""(state, the path to it as codes of steps)"""


def simplest_paths(
    machine: Machine,
    folding: Folding,
    *,
    stop_at: Callable[[int], bool] | None = None,
    within: Callable[[int], bool] | None = None,
    watch: Watch | None = None,
) -> Iterator[Found]:
    """Every end of an execution, simplest path first; with folding, one for each orbit.

    ``stop_at`` picks states that are answered too, and not walked beyond; states outside of ``within`` are never entered.
    """
    fewest: dict[int, int] = {}
    visited: set[tuple[int, int]] = set()
    # The path is kept as one number, a few bits a step: paths of equal length compare as their schedules do.
    frontier: list[tuple[int, int, int, int, int]] = [(0, 0, 0, machine.initial, -1)]
    if within is not None and not within(machine.initial):
        return
    while frontier:
        preemptions, length, path, state, last = heapq.heappop(frontier)
        pair = folding.fold(state, last) if folding.active else (state, last)
        canonical = folding.folded(state) if folding.active else state
        if pair in visited or preemptions > fewest.setdefault(canonical, preemptions) + 1:
            continue
        visited.add(pair)
        if watch is not None and not len(visited) & (STATES_BETWEEN_LOOKS - 1):
            watch.look(len(visited), len(frontier), 0)
        moves = machine.moves(state) if stop_at is None or not stop_at(state) else []
        if not moves:
            yield state, _unpacked(path, length)
            continue
        could_go_on = any(code >> OPTION_BITS == last for code, _ in moves)
        for code, after in moves:
            thread = code >> OPTION_BITS
            if within is None or within(after):
                interrupted = could_go_on and thread != last
                step = (preemptions + interrupted, length + 1, path << CODE_BITS | code, after, thread)
                heapq.heappush(frontier, step)


def _unpacked(path: int, length: int) -> tuple[int, ...]:
    return tuple(path >> (CODE_BITS * place) & ((1 << CODE_BITS) - 1) for place in range(length - 1, -1, -1))


class Examples:
    """The simplest execution for each outcome, found on demand: a search that is continued as far as it is needed.

    An outcome in which interchangeable threads can change names without changing it is searched for with folding. That
    finds the same execution: of all that differ in names only, the first in order is the first to come to any state.
    """

    def __init__(
        self, machine: Machine, folding: Folding, key: Callable[[Outcome], Any], symmetric: Callable[[Outcome], bool]
    ) -> None:
        self._machine = machine
        self._key = key
        self._symmetric = symmetric
        self._plain = simplest_paths(machine, Folding(machine, wanted=False))
        self._folded = simplest_paths(machine, folding) if folding.active else self._plain
        self._found: dict[Any, Execution] = {}

    def of(self, outcome: Outcome) -> Execution:
        """The simplest execution that ends like this. There is one, or nobody would ask."""
        wanted, symmetric = self._key(outcome), self._symmetric(outcome)
        paths = self._folded if symmetric else self._plain
        while wanted not in self._found:
            state, path = next(paths)
            found = self._machine.outcome(state)
            if paths is self._plain or self._symmetric(found):
                key = self._key(found)
                if key not in self._found:
                    self._found[key] = confirmed(self._machine, path, found)
        return self._found[wanted]


def confirmed(machine: Machine, path: tuple[int, ...], outcome: Outcome) -> Execution:
    """Re-run a path on the live scheduler and answer its execution; the outcome must be the one that was predicted."""
    schedule = machine.schedule(path)
    try:
        execution = replay(machine.program, schedule)
    except NondeterministicProgram:
        raise
    except SimulatorError as error:
        raise NondeterministicProgram(
            f"the schedule {schedule} was possible when the program was explored, and is not when it is run again: {error}"
        ) from None
    if execution.outcome != outcome:
        raise NondeterministicProgram(
            f"the schedule {execution.schedule} ended with {outcome} when the program was explored, and with "
            f"{execution.outcome} when it was run again."
        )
    return execution


def find(
    program: Program,
    goal: Callable[[Outcome], object],
    *,
    within: Callable[[Final], object] | None = None,
    merge: bool = True,
    symmetry: bool = True,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
) -> Execution | None:
    """Answer the simplest execution whose outcome satisfies `goal`; None proves that there is none.

    Simplest: the fewest preemptions, then the shortest, then the first in the order of the threads. With ``within`` only
    executions that never leave the states (mappings, as ``final``) that satisfy it. Raises `PredicateError` if either
    predicate raises.
    """
    with Watch(None, None, progress) as watch:
        folds = symmetry
        while True:
            machine = Machine(program, merge=merge, max_thread_steps=max_steps)
            try:
                spot_check(machine)  # first, so that `within` may name objects that are used only later
                return _find(machine, Folding(machine, wanted=folds), goal, within, watch)
            except CannotFold:
                folds = False
            except Reconsider:
                continue
            finally:
                machine.close()


def _find(
    machine: Machine,
    folding: Folding,
    goal: Callable[[Outcome], object],
    within: Callable[[Final], object] | None,
    watch: Watch,
) -> Execution | None:
    inside = None if within is None else (lambda state: judge(within, machine.values(state)))
    for state, path in simplest_paths(machine, folding, within=inside, watch=watch):
        outcome = Watched.of(machine.outcome(state))
        verdict = judge(goal, outcome)
        if folding.active and outcome.told_names and not _is_symmetric(folding, outcome, goal, verdict):
            raise CannotFold
        if verdict:
            return confirmed(machine, path, outcome)
    return None


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


def _is_symmetric(folding: Folding, outcome: Outcome, goal: Callable[[Outcome], object], verdict: bool) -> bool:
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
