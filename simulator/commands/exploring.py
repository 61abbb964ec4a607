"""explore, sample: what can all the interleavings do, or some of them?"""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import click

from simulator.answers import INCOMPLETE, answering, on_terminal, patience, say, show_json
from simulator.commands.options import (
    allowing_options,
    bound_options,
    budget_options,
    given,
    json_option,
    max_steps_option,
)
from simulator.commands.telling import Telling
from simulator.exploration.estimate import estimate as estimate_size
from simulator.exploration.sampling.sample import sample as sample_program
from simulator.exploration.statespace import explore as explore_program
from simulator.loading import load
from simulator.program import Program

SECONDS_OF_PROBES = 1.0
"""How long an estimate may take if no budget was given."""


@click.command(short_help="Count every interleaving and list the outcomes.")
@click.argument("file")
@bound_options
@budget_options
@max_steps_option
@allowing_options
@click.option("--no-symmetry", is_flag=True, help="Tell interchangeable threads apart: slower, same answer.")
@click.option("--no-merge", is_flag=True, help="Tell histories with one local state apart: slower, same answer.")
@click.option("--no-liveness", is_flag=True, help="Tell dead local variables apart: slower, same answer.")
@click.option("--no-split", is_flag=True, help="Do not split groups of threads that share nothing: slower, same answer.")
@click.option(
    "--by",
    type=click.Choice(("states", "classes")),
    default="states",
    show_default=True,
    help="Visit every state; or one interleaving of each class, where there are far fewer.",
)
@click.option("--checkpoint", metavar="PATH", help="Keep the walk in this file, and go on from there if it exists.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Share large layers with N processes.")
@click.option("--estimate", is_flag=True, help="Only estimate how many interleavings there are; explore nothing.")
@json_option
@answering
def explore(
    file: str,
    preemptions: int | None,
    delays: int | None,
    max_states: int | None,
    max_seconds: float | None,
    max_memory: int | None,
    max_steps: int | None,
    allow_deadlock: bool,
    allow_failures: bool,
    no_symmetry: bool,
    no_merge: bool,
    no_liveness: bool,
    no_split: bool,
    by: Literal["states", "classes"],
    checkpoint: str | None,
    workers: int | None,
    estimate: bool,
    as_json: bool,
) -> int:
    """Count every interleaving of a program and list its outcomes, each with its simplest example.

    Then tells what is wrong, if anything is: a broken invariant, a failed thread, a deadlock, a postcondition that does not
    hold. Ctrl-C ends the exploration and shows what is known so far.
    """
    bounds = given(preemptions=preemptions, delays=delays)
    if len(bounds) == 2:
        raise click.UsageError("--preemptions and --delays are two different bounds: give one of them")
    if estimate and bounds:
        raise click.UsageError("--estimate is about all interleavings, and cannot tell how many are within a bound")
    loaded = load(file)
    if estimate:
        return tell_estimate(loaded.program, max_seconds, as_json, given(max_steps=max_steps))
    with sharing(workers) as executor:
        result = explore_program(
            loaded.program,
            invariant=loaded.invariant,
            by=by,
            max_states=max_states,
            max_seconds=max_seconds,
            max_memory=max_memory,
            symmetry=not no_symmetry,
            merge=not no_merge,
            liveness=not no_liveness,
            split=not no_split,
            progress=on_terminal(),
            checkpoint=checkpoint,
            executor=executor,
            **bounds,
            **given(max_steps=max_steps),
        )
    return Telling(loaded, allow_deadlock, allow_failures, as_json).tell(result)


def sharing(workers: int | None) -> AbstractContextManager[Executor | None]:
    """Processes to share the work with, if any are wanted."""
    if workers is None:
        return nullcontext()
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers)


def tell_estimate(program: Program, seconds: float | None, as_json: bool, how: dict[str, Any]) -> int:
    """Say how large it may be. That is no answer about the program, so it is never a clean one."""
    with patience("probing"):
        estimated = estimate_size(program, seconds=SECONDS_OF_PROBES if seconds is None else seconds, **how)
    if as_json:
        show_json(estimated.to_data())
    else:
        say(str(estimated))
    return INCOMPLETE


@click.command(short_help="Draw interleavings at random and list the outcomes.")
@click.argument("file")
@click.option("--runs", type=click.IntRange(min=1), metavar="N", default=10_000, show_default=True, help="How many.")
@click.option("--seed", type=int, metavar="N", default=0, show_default=True, help="The same seed draws the same ones.")
@click.option(
    "--method",
    type=click.Choice(("walk", "pct", "uniform")),
    default="walk",
    show_default=True,
    help="Any enabled thread at every step; random priorities; or any interleaving.",
)
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", default=3, show_default=True, help="For pct: how deep the bugs are."
)
@click.option("--max-steps", type=click.IntRange(min=1), metavar="N", help="Stop a run after so many steps.")
@allowing_options
@json_option
@answering
def sample(
    file: str,
    runs: int,
    seed: int,
    method: Literal["walk", "pct", "uniform"],
    depth: int,
    max_steps: int | None,
    allow_deadlock: bool,
    allow_failures: bool,
    as_json: bool,
) -> int:
    """Draw interleavings of a program at random and list the outcomes that were seen.

    Tells what is wrong as explore does. What was not seen may still happen, so the exit code is 3 if nothing was found.
    Ctrl-C shows what was drawn so far.
    """
    loaded = load(file)
    result = sample_program(
        loaded.program,
        runs=runs,
        seed=seed,
        method=method,
        depth=depth,
        invariant=loaded.invariant,
        progress=on_terminal(),
        **given(max_steps=max_steps),
    )
    return Telling(loaded, allow_deadlock, allow_failures, as_json).tell(result)
