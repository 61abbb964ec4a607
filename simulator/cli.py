"""The command line, and nothing else: it loads, asks, shows, and answers with an exit code.

Results go to stdout, everything else to stderr, what the user's file prints included. Exit codes: 0 explored completely and
nothing wrong; 1 something found; 2 usage or bad input; 3 nothing found, but the answer is not complete; 4 a replay did not
fit the program; 5 no renderer.
"""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from simulator.answers import (
    CLEAN,
    FOUND,
    INCOMPLETE,
    NO_RENDERER,
    answering,
    note,
    on_terminal,
    patience,
    say,
    show_exploration,
    show_json,
)
from simulator.errors import (
    RenderError,
    SimulatorError,
    UnknownFormat,
)
from simulator.execution import Execution
from simulator.exploration.results import Exploration, simplicity
from simulator.exploration.search import find as find_execution
from simulator.exploration.search import judge
from simulator.exploration.statespace import explore as explore_program
from simulator.loading import Loaded, condition_of, load, read_schedule
from simulator.outcome import Outcome
from simulator.scheduler import replay as replay_program
from simulator.testing import crosscheck as crosscheck_program
from simulator.testing import findings, story

PICTURES = ("timeline", "wait-for", "resource-allocation")
SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".txt", ".json")
"""What every picture can be saved as."""


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


max_steps_option = click.option(
    "--max-steps", type=click.IntRange(min=1), metavar="N", help="How many steps a thread may take: more is an error."
)


@main.command(short_help="Count every interleaving and list the outcomes.")
@click.argument("file")
@click.option(
    "--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after N states: the claim is then partial."
)
@click.option(
    "--max-seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Stop after S seconds, likewise."
)
@max_steps_option
@click.option("--allow-deadlock", is_flag=True, help="A deadlock is nothing wrong.")
@click.option("--allow-failures", is_flag=True, help="A thread that an exception ends is nothing wrong.")
@click.option("--no-symmetry", is_flag=True, help="Tell interchangeable threads apart: slower, same answer.")
@click.option("--no-merge", is_flag=True, help="Tell histories with one local state apart: slower, same answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@answering
def explore(
    file: str,
    max_states: int | None,
    max_seconds: float | None,
    max_steps: int | None,
    allow_deadlock: bool,
    allow_failures: bool,
    no_symmetry: bool,
    no_merge: bool,
    as_json: bool,
) -> int:
    """Count every interleaving of a program and list its outcomes, each with its simplest example.

    Then tells what is wrong, if anything is: a broken invariant, a failed thread, a deadlock, a postcondition that does not
    hold. Ctrl-C ends the exploration and shows what is known so far.
    """
    loaded = load(file)
    result = explore_program(
        loaded.program,
        invariant=loaded.invariant,
        max_states=max_states,
        max_seconds=max_seconds,
        symmetry=not no_symmetry,
        merge=not no_merge,
        progress=on_terminal(),
        **limits(max_steps),
    )
    try:
        with patience("looking for the simplest examples (Ctrl-C: do without)"):
            for summary in result.outcomes:
                summary.example  # noqa: B018  it is searched for when it is first asked for
    except KeyboardInterrupt:
        return without_examples(result, loaded, allow_deadlock, allow_failures, as_json)
    if not as_json:
        show_exploration(result)
    try:
        wrong = findings(result, loaded.postcondition, deadlock=allow_deadlock, failures=allow_failures)
    except SimulatorError:  # the postcondition raised: that is told, but what was found out is not lost
        if as_json:
            show_json(result.to_data() | {"findings": None})
        raise
    if as_json:
        show_json(result.to_data() | {"findings": [finding.to_data() for finding in wrong]})
    else:
        for finding in wrong:
            say(f"\n{finding}")
    return verdict(result, bool(wrong), loaded.postcondition is not None)


@main.command(short_help="Run exactly the steps of a schedule.")
@click.argument("file")
@click.argument("schedule")
@click.option("-o", "--output", metavar="PICTURE", help=f"Draw it too; the suffix decides: {' '.join(SUFFIXES)}")
@click.option("--json", "as_json", is_flag=True, help="Print the execution as JSON.")
@answering
def replay(file: str, schedule: str, output: str | None, as_json: bool) -> int:
    """Run exactly the steps of SCHEDULE, then stop.

    SCHEDULE says who takes each step: ABAB, or with repeats 'A*1000 B', or in words 'producer consumer*2'; or it is the
    .json file of an execution, whose events are then compared too.
    """
    if output is not None:
        check_output(output, "timeline")
    loaded = load(file)
    execution = replay_program(loaded.program, read_schedule(schedule))
    if as_json:
        show_json(execution.to_data())
    else:
        say(story(execution))
    return CLEAN if output is None else save_picture(execution, output)


@main.command(short_help="Find the simplest execution that ends in a given way.")
@click.argument("file")
@click.argument("condition")
@max_steps_option
@click.option("--json", "as_json", is_flag=True, help="Print the execution as JSON, null if there is none.")
@answering
def find(file: str, condition: str, max_steps: int | None, as_json: bool) -> int:
    """Find the simplest execution whose outcome satisfies CONDITION, or prove that there is none.

    CONDITION is a Python expression over the names of the shared objects, and status, failures, returned, output, final:

    \b
    'counter == 1'
    'status == "deadlock"'
    '"A" in failures'
    'final["fork 1"]'    (for a name that is no word)

    Exit code 1 if there is one, 0 if it is proved that there is none.
    """
    loaded = load(file)
    goal = condition_of(condition, loaded.program)
    execution = find_execution(loaded.program, goal, progress=on_terminal(), **limits(max_steps))
    if as_json:
        show_json(None if execution is None else execution.to_data())
    elif execution is None:
        say(f"no interleaving ends with {condition.strip()} (every one was examined)")
    else:
        say(story(execution))
    return CLEAN if execution is None else FOUND


@main.command(short_help="Draw a timeline, or a graph of who waits for whom.")
@click.argument("file")
@click.argument("what", type=click.Choice(PICTURES), metavar="WHAT")
@click.option("-s", "--schedule", help="The execution to draw, as for replay; by default the simplest that goes wrong.")
@click.option("--step", type=click.IntRange(min=0), metavar="N", help="Draw the moment after N steps; by default the end.")
@max_steps_option
@click.option("-o", "--output", metavar="PICTURE", required=True, help=f"The suffix decides: {' '.join(SUFFIXES)}")
@answering
def draw(file: str, what: str, schedule: str | None, step: int | None, max_steps: int | None, output: str) -> int:
    """Draw a picture of an execution. WHAT is one of:

    \b
    timeline             one column per thread, one line per step
    wait-for             which thread waits for which other one
    resource-allocation  the same with the locks between them

    Without --schedule a graph shows the simplest deadlock, a timeline the simplest execution in which anything goes wrong.
    """
    check_output(output, what)
    loaded = load(file)
    if schedule is not None:
        execution = replay_program(loaded.program, read_schedule(schedule))
    else:
        execution = worst_execution(loaded, what, limits(max_steps))
        note(f"drawing {execution.schedule}: {execution.outcome}" if execution.schedule else f"drawing {execution.outcome}")
    if step is not None and step > len(execution):
        raise click.UsageError(f"there is no moment after {step} steps: the execution has {len(execution)}")
    if what == "timeline":
        upto = execution if step is None else replay_program(loaded.program, execution.schedule[:step])
        return save_picture(upto, output)
    from simulator import analysis

    graph = analysis.wait_for_graph if what == "wait-for" else analysis.resource_allocation_graph
    return save_picture(graph(execution, step), output)


@main.command(short_help="Compare the simulator with real threads.")
@click.argument("file")
@click.option(
    "--runs", type=click.IntRange(min=0), metavar="N", default=200, show_default=True, help="How often threads run free."
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=1_000,
    show_default=True,
    help="Force at most N interleavings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@answering
def crosscheck(file: str, runs: int, limit: int, as_json: bool) -> int:
    """Compare the simulator with real threads: force interleavings on them, then let them run free.

    Every trace and every outcome must be one that was predicted; the first difference is told, with exit code 1.
    """
    loaded = load(file)
    with patience("comparing with real threads"):
        compared = crosscheck_program(loaded.program, runs=runs, limit=limit)
    if as_json:
        show_json(compared.to_data())
    else:
        say(str(compared))
    return CLEAN


@main.command(short_help="Show it all on two small programs.")
@click.option(
    "-o", "--output", metavar="FOLDER", default="pictures", show_default=True, help="The folder to leave pictures in."
)
@answering
def demo(output: str) -> int:
    """Show it all on two small programs, the lost update and a deadlock, and leave pictures in a folder."""
    from simulator.demo import show

    return NO_RENDERER if show(Path(output), say) else CLEAN


@main.command(short_help="Say what this installation can do.")
@answering
def doctor() -> int:
    """Say what this installation can do: Python, Graphviz, fonts; and how to get what is missing."""
    from simulator.doctor import examine

    report = examine()
    say(str(report))
    return CLEAN if report.can_draw else NO_RENDERER


# --- what the commands have in common ---------------------------------------------------------------------------------


def limits(max_steps: int | None) -> dict[str, Any]:
    """The limits that were given, as parameters."""
    return {} if max_steps is None else {"max_steps": max_steps}


def verdict(result: Exploration, wrong: bool, asked_at_the_end: bool) -> int:
    """The exit code of an exploration."""
    if wrong:
        return FOUND
    if asked_at_the_end and not any(summary.status == "finished" for summary in result.outcomes):
        note("the postcondition was never asked: no execution comes to its end")
        return INCOMPLETE
    return CLEAN if result.claim == "complete" else INCOMPLETE


def without_examples(result: Exploration, loaded: Loaded, deadlock: bool, failures: bool, as_json: bool) -> int:
    """Show an exploration whose examples nobody wanted to wait for."""
    none: Any = SimpleNamespace(schedule="–", preemptions=None)
    known = [each if "example" in vars(each) else changed(each, _find_example=lambda: none) for each in result.outcomes]
    bare = changed(result, outcomes=tuple(known))
    if as_json:
        data = bare.to_data()
        for each in data["outcomes"]:
            each["example"] = None if each["example"] == none.schedule else each["example"]
        show_json(data | {"findings": None})
    else:
        show_exploration(bare)
    note("interrupted: the examples were not looked for")
    finished = [each for each in result.outcomes if each.status == "finished"]
    wrong = bool(result.violations or (result.failures and not failures) or (result.deadlocks and not deadlock))
    holds = loaded.postcondition
    return verdict(
        result, wrong or (holds is not None and not all(judge(holds, each.final) for each in finished)), holds is not None
    )


def worst_execution(loaded: Loaded, what: str, how: dict[str, Any]) -> Execution:
    """The simplest execution in which anything goes wrong; for a graph of who waits, the simplest deadlock."""
    program, holds = loaded.program, loaded.postcondition
    if what != "timeline":
        stuck = find_execution(program, lambda outcome: outcome.status == "deadlock", progress=on_terminal(), **how)
        if stuck is None:
            raise click.UsageError("no interleaving deadlocks: say which moment to draw, with --schedule and --step")
        return stuck

    def wrong(outcome: Outcome) -> bool:
        if outcome.failures or outcome.status == "deadlock":
            return True
        return holds is not None and not judge(holds, outcome.final)

    found = [find_execution(program, wrong, progress=on_terminal(), **how)]
    if loaded.invariant is not None:
        result = explore_program(program, invariant=loaded.invariant, progress=on_terminal(), **how)
        if result.claim == "partial":
            raise KeyboardInterrupt
        found += result.violations[:1]
    simplest = min((each for each in found if each is not None), key=simplicity, default=None)
    if simplest is not None:
        return simplest
    note("nothing goes wrong in any interleaving")
    any_of_them = find_execution(program, lambda outcome: True, **how)
    return any_of_them if any_of_them is not None else replay_program(program, "")


def check_output(path: str, what: str) -> None:
    """Complain about the file for a picture before the work is done, and not after it."""
    output = Path(path)
    if output.suffix.lower() not in SUFFIXES:
        got = repr(output.suffix) if output.suffix else f"{path!r}, which has no suffix"
        raise UnknownFormat(f"cannot save a {what} as {got}. It can be saved as: {' '.join(SUFFIXES)}")
    if not output.parent.is_dir():
        why = f"{output.parent} is no folder" if output.parent.exists() else f"there is no folder {output.parent}"
        raise RenderError(f"cannot write {path}: {why}")


def save_picture(value: Any, path: str) -> int:
    """Save a picture and say where."""
    from simulator.render import save

    with patience(f"drawing {path}"):
        save(value, path)
    note(f"wrote {path}")
    return CLEAN
