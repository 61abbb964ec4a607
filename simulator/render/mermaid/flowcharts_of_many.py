"""The pictures of many interleavings as flowcharts of Mermaid: the state graph and the interleaving tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.render.interleavings.endings import BAD, DEADLOCK, Bad, Ending, counted
from simulator.render.interleavings.state_graph import StateTexts, refuse_too_many
from simulator.render.interleavings.tree import tree_caption
from simulator.render.interleavings.unfolding import Branch, Chosen, Tree, interleaving_tree
from simulator.render.means.palette import LIGHT, Theme
from simulator.render.means.steps import Lines, schedule_text, step_text
from simulator.render.mermaid.writer import Arrow, Box, Flow, flowchart

if TYPE_CHECKING:
    from simulator.exploration.state_graph import StateGraph

SHAPES = {BAD: "bad", DEADLOCK: "deadlock"}


def state_graph_mermaid(
    graph: StateGraph,
    *,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Write the state graph as a flowchart, downwards; the chosen path is thick. Raises `TooLarge` above 150 states."""
    refuse_too_many(graph)
    texts = StateTexts(graph, chosen, bad)
    flow = Flow("State graph", texts.caption() if caption is None else [caption], "TB")
    for state in graph.states:
        ending = texts.endings.at.get(state.index)
        said = [*texts.values(state), *texts.stuck(state), texts.ahead(state)]
        flow.add(Box(said, _shape(ending, "box"), texts.fill(state, theme), bool(ending and ending.is_bad)))
    for step in graph.edges:
        style = "thick" if (step.source, step.step) in texts.steps else "solid"
        said = [f"{step.step}: {step_text(step)}", counted(step.interleavings), texts.lines.of(step)]
        flow.arrows.append(Arrow(step.source, step.target, said, style))
    return flowchart(flow, theme)


def interleaving_tree_mermaid(
    graph: StateGraph,
    *,
    limit: int | None = None,
    depth: int | None = None,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
    caption: str | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Write the interleaving tree as a flowchart, from left to right; arguments as for the tree itself."""
    tree = interleaving_tree(graph, limit=limit, depth=depth, chosen=chosen, bad=bad)
    lines = Lines(graph)
    flow = Flow("Interleaving tree", tree_caption(tree) if caption is None else [caption])
    places: dict[int, int] = {}
    for branch in tree.branches():
        places[id(branch)] = flow.add(_branch(branch, theme))
    for branch in tree.branches():
        for child in branch.children:
            assert child.step is not None
            said = [f"{child.step.step}: {step_text(child.step)}", lines.of(child.step)]
            flow.arrows.append(Arrow(places[id(branch)], places[id(child)], said, _line(tree, child)))
    return flowchart(flow, theme)


def _branch(branch: Branch, theme: Theme) -> Box:
    if branch.ending is not None:
        said = [branch.ending.text, schedule_text(branch.schedule)]
        return Box(said, _shape(branch.ending, "rounded"), branch.ending.fill(theme), branch.ending.is_bad)
    if branch.is_stub:
        return Box([f"… {counted(branch.pruned)}"], "note")
    return Box([], "circle", theme.waiting)


def _line(tree: Tree, branch: Branch) -> str:
    return "thick" if tree.is_chosen(branch) else "solid"


def _shape(ending: Ending | None, otherwise: str) -> str:
    if ending is None:
        return otherwise
    return SHAPES.get(ending.verdict, "rounded")
