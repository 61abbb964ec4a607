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

from simulator.errors import (
    NondeterministicProgram,
    SearchStopped,
    SimulatorError,
)
from simulator.execution import Execution
from simulator.exploration.budget import Watch
from simulator.exploration.judging import (
    ASKED_AGAIN,
    Inside,
    Watched,
    check_question,
    is_symmetric,
    judge,
    judge_twice,
    same_answer,
)
from simulator.exploration.printed.printing import printing_path
from simulator.exploration.printed.wanted import Prints, Wanted
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.exploration.walks import STATES_BETWEEN_LOOKS, refuse_endless
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.machine import Machine
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.scheduler import replay
from simulator.tables import OPTION_BITS

CODE_BITS = 16 + OPTION_BITS

SIMPLEST_AMONG = 4_096
"""How many pairs of state and thread the simplest execution that prints a text is searched among."""
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
        refuse_endless(machine, length)
        if watch is not None and (not len(visited) & (STATES_BETWEEN_LOOKS - 1) or watch.max_states is not None):
            reason = watch.look(len(visited), len(frontier))
            if reason:
                raise SearchStopped(reason, f"{len(visited):,} states were looked at.")
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
    goal: Callable[[Outcome], object] | None = None,
    *,
    prints: Prints | None = None,
    within: Callable[[Final], object] | None = None,
    merge: bool = True,
    symmetry: bool = True,
    simplest: bool = False,
    max_states: int | None = None,
    max_seconds: float | None = None,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
) -> Execution | None:
    """Answer the simplest execution whose outcome satisfies `goal`; None proves that there is none.

    Simplest: the fewest preemptions, then the shortest, then the first in the order of the threads. With ``within`` only
    executions that never leave the states (mappings, as ``final``) that satisfy it; if the first state does not, there is
    none.

    With ``prints`` an execution that is cut where the console shows exactly this text, as a real program may have printed
    it; for a program with several consoles, a mapping of some of them to their texts. It is the simplest one if that is
    among the first `SIMPLEST_AMONG` states of the search for it, as in small programs; else one with few preemptions,
    unless ``simplest=True`` insists, however long it takes. With a goal, too: the simplest that is cut where both hold.

    ``max_states`` and ``max_seconds`` are budgets of each search that is made: `SearchStopped` is raised when one runs out.
    Raises `PredicateError` if a predicate raises, or answers differently when it is asked again, and TypeError for what is
    no goal and no text.
    """
    check_question(goal, prints)
    with Watch(max_states, max_seconds, progress) as watch:
        folds = symmetry
        while True:
            machine = Machine(program, merge=merge, max_thread_steps=max_steps)
            try:
                spot_check(machine)  # first, so that `within` may name objects that are used only later
                inside = None if within is None else Inside(machine, within)
                if prints is not None:
                    return _find_printed(machine, folds, goal, prints, inside, watch, simplest)
                assert goal is not None
                return _find(machine, Folding(machine, wanted=folds), goal, inside, watch)
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
    inside: Inside | None,
    watch: Watch,
    wanted: Wanted | None = None,
) -> Execution | None:
    """The simplest path to an end that satisfies the goal; with `wanted`, to any state that shows it and satisfies it."""
    asked: list[tuple[Outcome, bool]] = []

    def satisfies(state: int) -> bool:
        outcome = Watched.of(machine.outcome(state))
        verdict = judge_twice(goal, outcome)
        if folding.active and outcome.told_names and not is_symmetric(folding, outcome, goal, verdict):
            raise CannotFold
        if len(asked) < ASKED_AGAIN:
            asked.append((machine.outcome(state), verdict))
        return verdict

    def shown(state: int) -> bool:
        return wanted is not None and wanted.letters(state) == wanted.total and satisfies(state)

    def fits(state: int) -> bool:
        return (wanted is None or wanted.letters(state) >= 0) and (inside is None or inside(state))

    found = None
    for state, path in simplest_paths(machine, folding, stop_at=None if wanted is None else shown, within=fits, watch=watch):
        if shown(state) if wanted is not None else satisfies(state):
            found = confirmed(machine, path, machine.outcome(state))
            break
    for outcome, verdict in asked:
        same_answer(goal, outcome, verdict, judge(goal, outcome))
    if inside is not None:
        inside.ask_again()
    return found


def _find_printed(
    machine: Machine,
    symmetry: bool,
    goal: Callable[[Outcome], object] | None,
    prints: Prints,
    inside: Inside | None,
    watch: Watch,
    simplest: bool,
) -> Execution | None:
    wanted = Wanted(machine, prints)
    path = printing_path(machine, symmetry, wanted, inside, watch)
    if path is None:
        wanted.refuse_foreign_line_ends()
        return None
    folding = Folding(machine, wanted=symmetry)
    if goal is not None or simplest:
        return _find(machine, folding, goal or _anything, inside, watch, wanted)
    try:
        return _find(machine, folding, _anything, inside, Watch(SIMPLEST_AMONG, None, False), wanted)
    except SearchStopped:
        if inside is not None:
            inside.ask_again()
    state = machine.initial
    for code in path:
        after = machine.step(state, code)
        assert after is not None, "a path that was found can be walked"
        state = after
    return confirmed(machine, path, machine.outcome(state))


def _anything(_: Outcome) -> bool:
    return True
