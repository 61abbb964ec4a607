"""Witnesses: for what a walk has met, the way on which it was first met, re-run on the live scheduler.

Not the simplest execution, but there at no cost: it serves to confirm a walk, and as an example when a budget ran out, since
searching for the simplest one would then take as long as what the budget forbade.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.execution import Execution
from simulator.exploration.search import confirmed
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import Walk
from simulator.machine import Machine
from simulator.outcome import Outcome
from simulator.tables import OPTION, OPTION_BITS

MOST_CONFIRMED = 200
"""For how many outcomes a witness is re-run before an exploration is answered."""


def confirm(machine: Machine, folding: Folding, walk: Walk) -> None:
    """Re-run a witness for each outcome (for the first of them, if there are very many); raise if one ends differently."""
    seen: set[Any] = set()
    for end in walk.ends:
        if len(seen) >= MOST_CONFIRMED:
            return
        predicted = machine.outcome(end).key
        if predicted not in seen:
            seen.add(predicted)
            path, state = path_to(machine, folding, walk, end)
            confirmed(machine, path, machine.outcome(state))


def path_to(machine: Machine, folding: Folding, walk: Walk, end: int) -> tuple[tuple[int, ...], int]:
    """A real path to a state of the walk, and the state it ends in: interchangeable threads may have changed names."""
    chain = [end]
    while (before := walk.first_from[chain[-1]]) >= 0:
        chain.append(before)
    path, state = [], machine.initial
    for wanted in chain[-2::-1]:
        for code, after in machine.moves(state):
            if after == wanted or (folding.active and folding.folded(after) == wanted):
                path.append(code)
                state = after
                break
        else:
            raise AssertionError("every state of a walk is one step away from the state it was first reached from")
    return tuple(path), state


def witness(machine: Machine, folding: Folding, walk: Walk, end: int, wanted: Outcome | None) -> Execution:
    """The execution on which an end was first met; with the threads named so that its outcome is `wanted`, if given."""
    path, state = path_to(machine, folding, walk, end)
    outcome = machine.outcome(state)
    if wanted is not None and outcome != wanted:
        position = folding.renaming(outcome, wanted)
        path = tuple(position[code >> OPTION_BITS] << OPTION_BITS | code & OPTION for code in path)
        outcome = wanted
    return confirmed(machine, path, outcome)


def broken_by(machine: Machine, folding: Folding, walk: Walk, breaks: Callable[[int], bool], state: int) -> Execution:
    """The execution on which a state that breaks an invariant was first met, cut where the invariant breaks."""
    path, _ = path_to(machine, folding, walk, state)
    now, taken = machine.initial, 0
    while not breaks(now):
        after = machine.step(now, path[taken])
        assert after is not None, "a path of the walk leads through steps that can be done"
        now, taken = after, taken + 1
    return confirmed(machine, path[:taken], machine.outcome(now))
