"""The interleaving tree: every interleaving a path of its own, from the root to a leaf that shows how it ends.

The tree unfolds the state graph, so that nothing is run to draw it. Pruned branches are stubs that say how many
interleavings they stand for; the numbers of all leaves and stubs add up to those of the program.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from simulator.location import Location
from simulator.objects.values import text_of
from simulator.render.interleavings.endings import SHAPES, Bad, Ending, counted, ending_data, outcome_lines
from simulator.render.interleavings.unfolding import Branch, Chosen, Tree, interleaving_tree
from simulator.render.means.captions import redraw_program
from simulator.render.means.dot import digraph, edge, node
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.phrases import shorten
from simulator.render.means.steps import Lines, schedule_text, step_label, step_line, step_text, tooltip
from simulator.texts import json_text, page

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

LINES_UP_TO = 40
"""Trees with more leaves than this leave out the lines at their edges; tooltips, text and JSON have them all the same."""
LEAF_WIDTH, LONGEST_SCHEDULE = 24, 40


def interleaving_tree_dot(
    graph: StateGraph,
    *,
    limit: int | None = None,
    depth: int | None = None,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Draw the tree from left to right: an edge is the thread's letter and its operation, a leaf is how it ended.

    A leaf is rounded if the outcome is good, an octagon if it is bad (a thread failed, or ``bad`` says so of the outcome),
    and a double octagon if it is a deadlock. A stub is dashed and says how many interleavings go on there. ``chosen`` is
    an execution or a schedule that is drawn thick. ``caption`` replaces what stands below. Raises `TooLarge` above 200
    leaves: ``limit`` and ``depth`` prune, as in `interleaving_tree`.
    """
    tree = interleaving_tree(graph, limit=limit, depth=depth, chosen=chosen, bad=bad)
    lines, written = Lines(graph), []
    names: dict[int, str] = {}
    for number, branch in enumerate(tree.branches()):
        names[id(branch)] = f"node{number}"
        written.append(_node(tree, branch, f"node{number}", theme))
    for branch in tree.branches():
        for child in branch.children:
            assert child.step is not None
            thread = graph.program.position(child.step.thread)
            where = lines.of(child.step) if tree.leaves <= LINES_UP_TO else ""
            written.append(
                edge(
                    names[id(branch)],
                    names[id(child)],
                    label=step_label(child.step, thread, where, theme),
                    tooltip=tooltip(child.step, lines),
                    id=f"edge{names[id(child)].removeprefix('node')}",
                    **step_line(thread, tree.is_chosen(child), theme),
                )
            )
    below = caption.split("\n") if caption is not None else tree_caption(tree)
    page: dict[str, Any] = {"rankdir": "LR", "nodesep": 0.12, "ranksep": 0.25, "ordering": "out"}
    return digraph("interleaving tree", written, below, theme, **page)


def _node(tree: Tree, branch: Branch, name: str, theme: Theme) -> str:
    on_path = tree.is_chosen(branch)
    shared = {"id": name, "penwidth": 2.5 if on_path else None}
    schedule = shorten(schedule_text(branch.schedule), LONGEST_SCHEDULE)
    if branch.ending is not None:
        ending = branch.ending
        look = {"fillcolor": ending.fill(theme), **({"color": theme.wrong} if ending.is_bad else {})}
        label = "\n".join([*textwrap.wrap(ending.text, LEAF_WIDTH), *([schedule] if schedule else [])])
        kind = {"class": f"leaf {ending.verdict}"}
        return node(
            name,
            label=label,
            fontsize=11,
            margin="0.12,0.06",
            tooltip=label,
            **SHAPES[ending.verdict],
            **look,
            **shared,
            **kind,
        )
    if branch.is_stub:
        label = f"… {counted(branch.pruned)}"
        return node(
            name,
            label=label,
            shape="box",
            style="dashed",
            fontsize=10,
            tooltip=f"{schedule} …",
            **shared,
            **{"class": "stub"},
        )
    tip = schedule or "the start"
    return node(
        name,
        label="",
        shape="circle",
        width=0.12,
        style="filled",
        fillcolor=theme.ink,
        tooltip=tip,
        **shared,
        **{"class": "state"},
    )


def tree_caption(tree: Tree, *, drawn: bool = True) -> list[str]:
    """What the tree shows, the outcomes, and the command that draws it again."""
    graph = tree.graph
    names = ", ".join(graph.program.names) or "no threads"
    thick = [] if tree.chosen is None else [f"thick: schedule {schedule_text(tree.chosen)}"]
    lines = [
        f"Interleaving tree of {names}: {counted(graph.interleavings)}.",
        *outcome_lines(tree.endings.all, thick, drawn=drawn),
    ]
    return [*lines, *redraw_program(graph.program, "tree", *tree.options)]


def interleaving_tree_text(
    graph: StateGraph,
    *,
    limit: int | None = None,
    depth: int | None = None,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
) -> str:
    """The tree as text: a line for each step, indented where the interleavings part; ``*`` marks the chosen path."""
    tree = interleaving_tree(graph, limit=limit, depth=depth, chosen=chosen, bad=bad)
    lines, written = Lines(graph), []
    stack: list[tuple[Branch, str, str]] = [(tree.root, "", "")]
    while stack:
        branch, before, below = stack.pop()
        written += _lines(tree, branch, before, below, lines)
        parts = len(branch.children) > 1
        for place, child in reversed(list(enumerate(branch.children))):
            last = place == len(branch.children) - 1
            corner = ("└─ " if last else "├─ ") if parts else ""
            rest = ("   " if last else "│  ") if parts else ""
            stack.append((child, below + corner, below + rest))
    said = caption.split("\n") if caption is not None else tree_caption(tree, drawn=False)
    return page(["interleaving tree", *written, "", *said])


def _lines(tree: Tree, branch: Branch, before: str, below: str, lines: Lines) -> list[str]:
    written = []
    mark = "* " if tree.is_chosen(branch) and branch.step is not None else ""
    if branch.step is not None:
        where = lines.of(branch.step)
        written.append(f"{before}{mark}{branch.step.step}: {step_text(branch.step)}{f'  ({where})' if where else ''}")
    if branch.ending is not None:
        written.append(
            f"{below}=> {_spoken(branch.ending)}{f'  [{schedule_text(branch.schedule)}]' if branch.schedule else ''}"
        )
    elif branch.is_stub:
        written.append(f"{below}… {counted(branch.pruned)}")
    return written


def _spoken(ending: Ending) -> str:
    return f"BAD: {ending.text}" if ending.verdict == "bad" else ending.text


def interleaving_tree_json(
    graph: StateGraph,
    *,
    limit: int | None = None,
    depth: int | None = None,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
) -> str:
    """The tree as JSON, with the version of the format: the branches depth first, each with its place and its parent's."""
    tree = interleaving_tree(graph, limit=limit, depth=depth, chosen=chosen, bad=bad)
    places: dict[int, int] = {}
    nodes: list[dict[str, Any]] = []
    parents = {id(child): branch for branch in tree.branches() for child in branch.children}
    for place, branch in enumerate(tree.branches()):
        places[id(branch)] = place
        parent = parents.get(id(branch))
        nodes.append({"parent": None if parent is None else places[id(parent)], **_branch_data(tree, branch)})
    data = {
        "format": "simulator interleaving tree",
        "version": 1,
        "threads": list(graph.program.names),
        "interleavings": graph.interleavings,
        "chosen": None if tree.chosen is None else schedule_text(tree.chosen),
        "outcomes": [ending_data(ending) for ending in tree.endings.all],
        "nodes": nodes,
    }
    return json_text(data)


def _branch_data(tree: Tree, branch: Branch) -> dict[str, Any]:
    data: dict[str, Any] = {"state": branch.state}
    if branch.step is not None:
        place: Location | None = tree.graph.states[branch.step.source].places.get(branch.step.thread)
        data |= {
            "step": branch.step.step,
            "operation": text_of(branch.step.operation),
            "answer": None if branch.step.answer is None else text_of(branch.step.answer),
            "location": str(place) if place is not None else None,
        }
    if branch.ending is not None:
        data |= {"outcome": branch.ending.number, "schedule": schedule_text(branch.schedule)}
    if branch.is_stub:
        data["pruned"] = branch.pruned
    return data
