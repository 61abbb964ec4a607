"""Options that several commands have, and how what is written on the command line is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def in_bytes(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """How many bytes 2G, 500M or 1.5GiB are."""
    if text is None:
        return None
    spelled = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(|k|[MGT]|[KMGT]i)B?", text.strip())
    number = int(float(spelled[1]) * UNITS[spelled[2]]) if spelled else 0
    if number < 1:
        raise click.BadParameter(f"{text!r} is no amount of memory: write 2G, 500M or 1.5GiB.")
    return number


max_steps_option = click.option(
    "--max-steps", type=click.IntRange(min=1), metavar="N", help="How many steps a thread may take: more is an error."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


def budget_options(command: Command) -> Command:
    """After what an exploration is to stop."""
    for option in (
        click.option(
            "--max-memory",
            callback=in_bytes,
            metavar="BYTES",
            help="Stop after so much memory, as 2G; by default before swapping.",
        ),
        click.option(
            "--max-seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Stop after S seconds, likewise."
        ),
        click.option(
            "--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after N states: the claim is then partial."
        ),
    ):
        command = option(command)
    return command


def bound_options(command: Command) -> Command:
    """Which interleavings are looked at."""
    for option in (
        click.option(
            "--delays", type=click.IntRange(min=0), metavar="N", help="Only what takes at most N delays, likewise."
        ),
        click.option(
            "--preemptions",
            type=click.IntRange(min=0),
            metavar="N",
            help="Only interleavings with at most N preemptions: the claim is then bounded.",
        ),
    ):
        command = option(command)
    return command


def allowing_options(command: Command) -> Command:
    """What is nothing wrong."""
    for option in (
        click.option("--allow-failures", is_flag=True, help="A thread that an exception ends is nothing wrong."),
        click.option("--allow-deadlock", is_flag=True, help="A deadlock is nothing wrong."),
    ):
        command = option(command)
    return command


def given(**options: Any) -> dict[str, Any]:
    """Those that were given, as parameters."""
    return {name: value for name, value in options.items() if value is not None}
