"""classes: how many interleavings are there that differ in more than the order of what has nothing to do with each other?"""

from __future__ import annotations

from typing import Any

import click

from simulator.answers import CLEAN, FOUND, INCOMPLETE, answering, note, patience, say, show_json
from simulator.commands.options import allowing_options, given, json_option, max_steps_option
from simulator.execution import Execution
from simulator.exploration.bounds import Bound
from simulator.exploration.classes.representatives import EQUIVALENCES, Equivalence, count_classes, representatives
from simulator.exploration.judging import judge
from simulator.exploration.results import simplicity
from simulator.loading import Loaded, load
from simulator.testing import Finding, story
from simulator.words import count


@click.command(short_help="Count the equivalence classes of the interleavings.")
@click.argument("file")
@click.option(
    "--equivalence",
    type=click.Choice(EQUIVALENCES),
    default=EQUIVALENCES[0],
    show_default=True,
    help="Same order of all conflicts; or each read reads from the same write.",
)
@click.option(
    "--preemptions",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only classes with an interleaving of at most N preemptions.",
)
@click.option("--list", "listed", is_flag=True, help="List one interleaving of each class, with its outcome.")
@max_steps_option
@allowing_options
@json_option
@answering
def classes(
    file: str,
    equivalence: Equivalence,
    preemptions: int | None,
    listed: bool,
    max_steps: int | None,
    allow_deadlock: bool,
    allow_failures: bool,
    as_json: bool,
) -> int:
    """Count the equivalence classes of the interleavings of a program, one interleaving of each being taken to its end.

    Interleavings that differ only by swapping neighbouring steps that do not conflict are one class, and end alike. Steps on
    one object conflict unless both only read. Deadlocks, failed threads and postconditions are judged; an invariant is not,
    since that takes all states: explore does it.
    """
    loaded = load(file)
    how = given(preemptions=preemptions, max_steps=max_steps)
    with patience("counting classes"):
        members = list(representatives(loaded.program, **how))
        number = len(members)
        if equivalence != EQUIVALENCES[0]:
            number = count_classes(loaded.program, equivalence=equivalence, **how)
    wrong = _wrong(members, loaded, allow_deadlock, allow_failures)
    if as_json:
        data: dict[str, Any] = {"classes": number, "equivalence": equivalence, "preemptions": preemptions}
        data |= {"representatives": [str(member.schedule) for member in members]} if listed else {}
        show_json(data | {"findings": [finding.to_data() for finding in wrong]})
    else:
        bound = Bound.of(preemptions, None)
        within = "" if bound is None else f" with an interleaving of {bound}"
        say(f"{count(number, f'{equivalence} class', f'{equivalence} classes')}{within}")
        for member in members if listed else ():
            say(f"{member.schedule}  {member.outcome}")
        for finding in wrong:
            say(f"\n{'; '.join(finding.headlines)}, such as:\n\n{story(finding.execution)}")
    return _verdict(loaded, bool(wrong), bounded=preemptions is not None)


def _wrong(members: list[Execution], loaded: Loaded, deadlock: bool, failures: bool) -> list[Finding]:
    """What is wrong in how many of the classes, and the simplest of the interleavings that stand for them."""
    holds = loaded.postcondition
    judged = {
        "a thread failed": [] if failures else [one for one in members if one.outcome.failures],
        "deadlock": [] if deadlock else [one for one in members if one.outcome.status == "deadlock"],
        "postcondition failed": []
        if holds is None
        else [one for one in members if one.outcome.status == "finished" and not judge(holds, one.final)],
    }
    return [
        Finding((f"{what} in {len(found):,} of {len(members):,} classes",), min(found, key=simplicity))
        for what, found in judged.items()
        if found
    ]


def _verdict(loaded: Loaded, wrong: bool, bounded: bool) -> int:
    if wrong:
        return FOUND
    if loaded.invariant is not None:
        note("the invariant was not asked: that takes all states, which explore looks at")
        return INCOMPLETE
    return INCOMPLETE if bounded else CLEAN
