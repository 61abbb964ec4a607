"""interleaving, index: which interleaving has this number, and which number has that one?"""

from __future__ import annotations

import click

from simulator.answers import CLEAN, answering, patience, say, show_json
from simulator.commands.options import given, json_option, max_steps_option
from simulator.exploration.ranking import index_of
from simulator.exploration.ranking import interleaving as interleaving_of
from simulator.loading import load, read_schedule
from simulator.testing import story


@click.command(short_help="Show the interleaving with a number.")
@click.argument("file")
@click.argument("number", type=int)
@max_steps_option
@json_option
@answering
def interleaving(file: str, number: int, max_steps: int | None, as_json: bool) -> int:
    """Show the interleaving with this NUMBER, from 0, in lexicographic order of the threads, without those before it."""
    loaded = load(file)
    with patience("counting interleavings"):
        execution = interleaving_of(loaded.program, number, **given(max_steps=max_steps))
    if as_json:
        show_json(execution.to_data())
    else:
        say(story(execution))
    return CLEAN


@click.command(short_help="Tell the number of an interleaving.")
@click.argument("file")
@click.argument("schedule")
@max_steps_option
@answering
def index(file: str, schedule: str, max_steps: int | None) -> int:
    """Tell the number, from 0, of the interleaving with this SCHEDULE (spelled as for replay; it has to be complete)."""
    loaded = load(file)
    with patience("counting interleavings"):
        read = read_schedule(schedule)
        which = read if isinstance(read, str) else read.schedule
        number = index_of(loaded.program, which, **given(max_steps=max_steps))
    say(f"{number:,}")
    return CLEAN
