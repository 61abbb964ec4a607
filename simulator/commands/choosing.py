"""Which execution is drawn if nobody says: the simplest one in which anything goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from simulator.answers import note, on_terminal
from simulator.errors import Inconclusive
from simulator.execution import Execution
from simulator.exploration.judging import judge
from simulator.exploration.results import simplicity
from simulator.exploration.search import find
from simulator.exploration.statespace import explore
from simulator.loading import Loaded
from simulator.outcome import Outcome
from simulator.schedule import thread_of
from simulator.scheduler import run

FIRST_STEPS = 16
"""How much is drawn of a program that goes on for ever."""


def worst_execution(loaded: Loaded, what: str, how: dict[str, Any]) -> Execution:
    """The simplest execution in which anything goes wrong; for a graph of who waits, the simplest deadlock."""
    program, holds = loaded.program, loaded.postcondition
    if what in ("wait-for", "resource-allocation"):
        stuck = find(program, lambda outcome: outcome.status == "deadlock", progress=on_terminal(), **how)
        if stuck is None:
            raise click.UsageError("no interleaving deadlocks: say which moment to draw, with --schedule and --step")
        return stuck

    def wrong(outcome: Outcome) -> bool:
        if outcome.failures or outcome.status == "deadlock":
            return True
        return holds is not None and not judge(holds, outcome.final)

    found = [find(program, wrong, progress=on_terminal(), **how)]
    if loaded.invariant is not None:
        result = explore(program, invariant=loaded.invariant, progress=on_terminal(), **how)
        if result.claim.reason == "interrupted":
            raise KeyboardInterrupt
        if result.claim == "partial":
            raise Inconclusive(f"not every state was asked whether the invariant holds: {result.claim.reason}")
        found += result.violations[:1]
    simplest = min((each for each in found if each is not None), key=simplicity, default=None)
    if simplest is not None:
        return simplest
    note("nothing goes wrong in any interleaving")
    any_of_them = find(program, lambda outcome: True, **how)
    if any_of_them is not None:
        return any_of_them
    note(f"and none comes to an end: these are {FIRST_STEPS} steps, with the threads in turn")
    return run(program, strategy=_InTurn())


class _InTurn:
    """For a few steps, whoever has gone least often."""

    def __init__(self) -> None:
        self.gone: Counter[str] = Counter()

    def next_thread(self, enabled: Sequence[str], step: int) -> str | None:
        if step == FIRST_STEPS:
            return None
        chosen = min(enabled, key=lambda one: self.gone[thread_of(one)])
        self.gone[thread_of(chosen)] += 1
        return chosen
