"""The pictures of many interleavings, for `draw`: state graph, interleaving tree, lattice, histogram, lock-order graph."""

from __future__ import annotations

from typing import Any

import click

from simulator.answers import CLEAN, note, on_terminal, patience
from simulator.commands.options import Command
from simulator.errors import TooLarge
from simulator.exploration.judging import judge
from simulator.exploration.state_graph import MAX_STATES, StateGraph, state_graph
from simulator.exploration.statespace import explore
from simulator.loading import Loaded, read_schedule
from simulator.scheduler import replay

OF_STATES = ("states", "tree", "lattice")
MANY = (*OF_STATES, "histogram", "lock-order")


def many_options(command: Command) -> Command:
    """How a tree is pruned."""
    for option in (
        click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Only the first N steps of a tree."),
        click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Only the first N interleavings of a tree."),
    ):
        command = option(command)
    return command


def save_many(
    loaded: Loaded,
    what: str,
    schedule: str | None,
    pruned: dict[str, Any],
    how: dict[str, Any],
    output: str,
    theme: str | None,
) -> int:
    """Save a picture of many interleavings and say where; the schedule, if there is one, is drawn thick."""
    from simulator.render import save

    if pruned and what != "tree":
        raise click.UsageError(f"--limit and --depth prune a tree, and this is a {what}")
    if schedule is not None and what == "histogram":
        raise click.UsageError("a histogram shows all interleavings, and none of them alone: leave out --schedule")
    with patience(f"drawing {output}"):
        if what == "histogram":
            save(explore(loaded.program, progress=on_terminal(), **how), output, theme=theme, **_judged(loaded))
        elif what == "lock-order":
            save(_lock_order(loaded, schedule, how), output, theme=theme)
        else:
            chosen: dict[str, Any] = {} if schedule is None else {"chosen": read_schedule(schedule)}
            graph = all_states(loaded, how)
            save(graph, output, picture=what, theme=theme, **chosen, **pruned, **_judged(loaded))
    note(f"wrote {output}")
    return CLEAN


def _lock_order(loaded: Loaded, schedule: str | None, how: dict[str, Any]) -> Any:
    from simulator.analysis import lock_order_graph

    if schedule is not None:
        return lock_order_graph(replay(loaded.program, read_schedule(schedule)))
    return lock_order_graph(all_states(loaded, how))


def all_states(loaded: Loaded, how: dict[str, Any]) -> StateGraph:
    """What those pictures are made of. Raises `TooLarge`, with what can be drawn instead."""
    try:
        return state_graph(loaded.program, **how)
    except TooLarge:
        raise TooLarge(
            f"the program has more than {MAX_STATES:,} states, and this picture is made of all of them.\n"
            "Take fewer threads or fewer steps; or draw what comes of it all, the histogram, which counts any number;\n"
            "or one execution: its timeline, or its lock-order with --schedule."
        ) from None


def _judged(loaded: Loaded) -> dict[str, Any]:
    """What the file says must hold in the end: an outcome in which it does not is bad."""
    holds = loaded.postcondition
    return {} if holds is None else {"bad": lambda outcome: not judge(holds, outcome.final)}
