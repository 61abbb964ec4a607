"""forever: can a program go on without an end, or let a thread wait for ever?"""

from __future__ import annotations

import click

from simulator.answers import CLEAN, FOUND, INCOMPLETE, answering, on_terminal, say, show_json
from simulator.commands.options import given, json_option, max_steps_option
from simulator.exploration.forever.lassos import forever as ask_forever
from simulator.loading import load


@click.command(short_help="Tell deadlock, livelock and starvation apart.")
@click.argument("file")
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Give up after N states.")
@click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Give up after S seconds.")
@max_steps_option
@json_option
@answering
def forever(file: str, max_states: int | None, max_seconds: float | None, max_steps: int | None, as_json: bool) -> int:
    """Tell what a program can do for ever: deadlock; livelock, where threads step and nobody ends although the scheduler is
    fair; starvation, where a thread waits and others step; and which lines no interleaving ever comes to.

    Each with a schedule that leads there and a round to be repeated. Exit code 1 if there is a deadlock, a livelock or
    starvation. Spinning that only an unfair scheduler allows, and lines that are never reached, are told and no reason.
    """
    how = given(max_states=max_states, max_seconds=max_seconds, max_steps=max_steps)
    found = ask_forever(load(file).program, progress=on_terminal(), **how)
    if as_json:
        show_json(found.to_data())
    else:
        say(str(found))
    if found.deadlocks or found.livelock or found.starving:
        return FOUND
    return CLEAN if found.claim == "complete" else INCOMPLETE
