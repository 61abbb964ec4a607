"""The command line, and nothing else: it loads, asks, shows, and answers with an exit code.

Results go to stdout, everything else to stderr, what the user's file prints included. Exit codes: 0 explored completely and
nothing wrong; 1 something found; 2 usage or bad input; 3 nothing found, but the answer is not complete; 4 a replay did not
fit the program; 5 no renderer. The commands are in `simulator.commands`, one question a file.
"""

from __future__ import annotations

import click

from simulator.commands.about import demo, doctor
from simulator.commands.classes import classes
from simulator.commands.drawing import draw
from simulator.commands.exploring import explore, sample
from simulator.commands.lasting import forever
from simulator.commands.numbering import index, interleaving
from simulator.commands.outputs import SUFFIXES
from simulator.commands.running import crosscheck, replay
from simulator.commands.searching import find


def show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say the version; a copy that was never installed has none."""
    if wanted:
        from importlib import metadata

        try:
            click.echo(f"simulator {metadata.version('thread-interleaving-simulator')}")
        except metadata.PackageNotFoundError:
            click.echo("simulator (not installed, so the version is not known)")
        context.exit()


class InOrder(click.Group):
    """Lists its commands in the order in which one meets them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Show the version and exit."
)
def main() -> None:
    """Run small concurrent programs under every interleaving: count them, find what goes wrong, replay it, draw it.

    FILE is a Python file that says program = Program(A=..., B=...) at its top level; FILE:NAME picks another program in it.
    A function postcondition(final) or invariant(state) in the file is checked.

    Results go to stdout, everything else to stderr. Exit codes:

    \b
    0  explored completely and nothing wrong
    1  something found
    2  usage or bad input
    3  nothing found, but the answer is not complete
    4  a replay did not fit the program
    5  no renderer for pictures
    """


for command in (explore, replay, find, sample, classes, interleaving, index, forever, draw, crosscheck, demo, doctor):
    main.add_command(command)

__all__ = ["SUFFIXES", "main"]
