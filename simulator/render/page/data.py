"""All that a page of the player is told: what it is about, the execution, the state graph, and the tables of both."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from simulator.analysis.moments import Moment, source_of
from simulator.errors import correction
from simulator.execution import Execution
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.program import Program
from simulator.render.means.palette import THEMES, Theme
from simulator.render.means.phrases import thread_names
from simulator.render.page.graph import check_states, graph_data, graph_operations
from simulator.render.page.moments import Data, Tables, all_moments, check_steps, counted_queues, play_data

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

FORMAT, VERSION = "simulator player", 1


def page_data(execution: Execution | None, graph: StateGraph | None, quiz: bool, theme: Theme | None = None) -> Data:
    """The data of a page; ``play`` and ``graph`` are None where there is none. Raises as `render.player` does."""
    _check(execution, graph)
    found = () if execution is None else all_moments(execution)
    tables = Tables(_threads(execution, graph), *_objects(execution, graph, found))
    played = play_data(execution, found, tables) if execution is not None else None
    chosen = graph_data(graph, tables) if graph is not None else None
    return {
        "format": FORMAT,
        "version": VERSION,
        "quiz": bool(quiz),
        "command": _command(execution, graph, [*_theme(theme), *(["--quiz"] if quiz else [])]),
        "play": played,
        "graph": chosen,
        **tables.data(),
    }


def page_title(execution: Execution | None, graph: StateGraph | None) -> str:
    """The file of the program, or what there is to see if nobody knows where it is."""
    return source_of(_program(execution, graph)) or ("An execution" if execution is not None else "A program")


def _check(execution: Execution | None, graph: StateGraph | None) -> None:
    if execution is None and graph is None:
        raise ValueError("player() was expecting an execution, a state graph or both, but got neither.")
    if execution is not None and not isinstance(execution, Execution):
        raise TypeError(
            correction(
                f"player() was expecting an execution first, but got {type(execution).__name__}.",
                ("player(graph)", ""),
                ("player(None, graph)", "only the states: the reader is the scheduler"),
            )
        )
    if execution is not None:
        check_steps(execution)
    if graph is not None:
        check_states(graph)
    if execution is not None and graph is not None and thread_names(execution) != graph.program.names:
        one, other = ", ".join(thread_names(execution)), ", ".join(graph.program.names)
        raise ValueError(
            f"the execution is of threads {one}, but the graph is of threads {other}.\n"
            "A page shows one program: make both from the same one."
        )


def _objects(
    execution: Execution | None, graph: StateGraph | None, found: tuple[Moment, ...]
) -> tuple[set[SharedObject], set[SharedObject]]:
    """The objects that have a lane, and the queues among them of which somebody counts the items."""
    asked: list[Any] = [] if graph is None else graph_operations(graph)
    if execution is not None and found:
        asked += [*(event.operation for event in execution.trace), *execution.waiting.values()]
    objects = {object for each in asked if isinstance(each, Operation) for object in each.touches}
    program = _program(execution, graph)
    if program is not None and objects:
        objects |= set(program.workers.values())
    return objects, counted_queues(asked)


def _threads(execution: Execution | None, graph: StateGraph | None) -> tuple[str, ...]:
    if execution is not None:
        return thread_names(execution)
    return graph.program.names if graph is not None else ()


def _program(execution: Execution | None, graph: StateGraph | None) -> Program | None:
    if execution is not None and execution.program is not None:
        return execution.program
    return graph.program if graph is not None else None


def _theme(theme: Theme | None) -> list[str]:
    """How a command names the theme; not at all if there is none, or if it is one of the reader's own."""
    return [] if theme is None or THEMES.get(theme.name) != theme else ["--theme", theme.name]


def _command(execution: Execution | None, graph: StateGraph | None, options: list[str]) -> str:
    """The command that makes the page again; nothing if nobody knows where the program is."""
    source = source_of(_program(execution, graph))
    if source is None:
        return ""
    schedule = [] if execution is None else ["--schedule", str(execution.schedule)]
    what = "player" if graph is not None else "timeline"
    return shlex.join(["python", "-m", "simulator", "draw", source, what, *schedule, *options, "-o", f"{what}.html"])
