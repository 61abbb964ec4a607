"""The interleaving tree: its paths are the interleavings, pruned or not, and its leaves look like their outcomes."""

import json
import re

import pytest
from brute_force import every_run
from golden_pictures.deadlocked import counter, increment, opposite, racy
from hypothesis import given, settings
from made_up import programs, small_enough

from simulator import Program, Shared, choose, state_graph
from simulator.errors import TooLarge
from simulator.render.interleavings.tree import interleaving_tree_dot, interleaving_tree_json, interleaving_tree_text
from simulator.render.interleavings.unfolding import MOST_LEAVES, interleaving_tree

x = Shared("x", 0)


def leaves(tree):
    return [branch for branch in tree.branches() if branch.ending is not None]


def stubs(tree):
    return [branch for branch in tree.branches() if branch.is_stub]


@settings(max_examples=25)
@given(programs())
def test_the_paths_of_the_tree_are_the_interleavings(made):
    program = small_enough(made, MOST_LEAVES - 60).program
    runs = list(every_run(program, 20_000))
    graph = state_graph(program)
    tree = interleaving_tree(graph)
    assert [branch.schedule for branch in leaves(tree)] == [run.schedule for run in runs]
    assert [branch.ending.outcome.status for branch in leaves(tree)] == [run.status for run in runs]
    assert not stubs(tree)
    for limit in (0, 1, len(runs) // 2, len(runs), len(runs) + 5):
        pruned = interleaving_tree(graph, limit=limit)
        assert [branch.schedule for branch in leaves(pruned)] == [run.schedule for run in runs[:limit]]
        assert len(leaves(pruned)) + sum(branch.pruned for branch in stubs(pruned)) == len(runs)
    for depth in (0, 1, 3):
        pruned = interleaving_tree(graph, depth=depth)
        assert all(len(branch.schedule) <= depth for branch in pruned.branches())
        assert {branch.schedule for branch in stubs(pruned)} == {
            run.schedule[:depth] for run in runs if len(run.schedule) > depth
        }
        assert len(leaves(pruned)) + sum(branch.pruned for branch in stubs(pruned)) == len(runs)
    last = runs[-1].schedule
    chosen = interleaving_tree(graph, limit=1, chosen=last)
    assert last in [branch.schedule for branch in leaves(chosen)]  # what is chosen is never pruned for the limit's sake


def test_leaves_have_the_shape_of_their_outcome():
    dot = interleaving_tree_dot(state_graph(opposite))
    assert (dot.count('shape="doubleoctagon"'), dot.count('style="rounded,filled"'), dot.count('shape="octagon"')) == (
        2,
        4,
        0,
    )
    dot = interleaving_tree_dot(state_graph(racy), bad=lambda outcome: outcome.final[counter] < 2)
    assert (dot.count('shape="doubleoctagon"'), dot.count('style="rounded,filled"'), dot.count('shape="octagon"')) == (
        0,
        2,
        4,
    )

    def fail():
        yield x.read()
        raise ValueError("boom")

    dot = interleaving_tree_dot(state_graph(Program(A=fail)))
    assert dot.count('shape="octagon"') == 1
    assert "A failed: ValueError:" in dot


def test_edges_carry_letter_operation_and_line_and_the_chosen_path_is_thick():
    dot = interleaving_tree_dot(state_graph(racy), chosen="ABBA")
    edges = [line for line in dot.split("\n") if "->" in line and line.startswith("  node")]
    assert len(edges) == 6 + 6 + 4 + 2
    assert all(">A<" in line or ">B<" in line for line in edges)
    assert all("counter." in line and "line 5" in line for line in edges)
    assert sum('penwidth="3.5"' in line for line in edges) == 4
    assert "Thick" not in dot.split("labelloc")[1]
    assert "thick: schedule ABBA" in dot


def test_options_are_steps_of_their_own():
    def toss():
        yield x.write((yield choose("heads", "tails")))

    tree = interleaving_tree(state_graph(Program(A=toss)))
    assert [branch.schedule for branch in leaves(tree)] == [("A=0", "A"), ("A=1", "A")]


def test_a_tree_above_the_limit_says_how_to_prune_it(raises_in_full):
    graph = state_graph(Program.copies(increment, 4))
    raises_in_full(
        TooLarge,
        "the program has 2,520 interleavings, and nobody could read a tree of more than 200 leaves.\n"
        "Prune it: limit=20 draws the first 20 interleavings, depth=3 the first 3 steps, and the rest as stubs with their\n"
        "numbers (on the command line --limit 20, --depth 3); or draw the state graph, in which interleavings meet.",
        lambda: interleaving_tree_dot(graph),
    )
    text = interleaving_tree_text(graph, limit=20)
    assert text.count("=>") == 20
    with pytest.raises(TooLarge):
        interleaving_tree_text(graph, depth=7)


def test_a_tree_without_an_end_can_be_drawn_to_some_depth(raises_in_full):
    def spin():
        while not (yield x.read()):
            pass

    graph = state_graph(Program(A=spin, B=increment))
    for pruned in ({}, {"limit": 20}):
        raises_in_full(
            TooLarge,
            "the program has endlessly many interleavings, and nobody could read a tree of more than 200 leaves.\n"
            "Prune it: depth=8 draws the first 8 steps, and the rest as stubs with their\n"
            "numbers (on the command line --depth 8); or draw the state graph, in which interleavings meet.",
            lambda: interleaving_tree_dot(graph, **pruned),  # noqa: B023 (it is called at once)
        )
    assert "… endlessly many interleavings" in interleaving_tree_text(graph, depth=8)


def test_what_is_advised_is_small_enough():
    for threads in (4, 5):
        graph = state_graph(Program.copies(increment, threads))
        with pytest.raises(TooLarge) as caught:
            interleaving_tree(graph)
        for option, value in re.findall(r"(limit|depth)=(\d+)", str(caught.value)):
            assert interleaving_tree(graph, **{option: int(value)}).leaves <= MOST_LEAVES


@pytest.mark.parametrize(("name", "value"), [("limit", -1), ("depth", True), ("limit", "many")])
def test_a_limit_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} has to be a number, 0 or more, but is {value!r}"):
        interleaving_tree(state_graph(racy), **{name: value})


def test_json_has_the_branches_in_order():
    data = json.loads(interleaving_tree_json(state_graph(racy), limit=1, chosen="AABB"))
    nodes = data["nodes"]
    assert nodes[0] == {"parent": None, "state": 0}
    assert all(nodes[node["parent"]] for node in nodes[1:])
    assert [node["schedule"] for node in nodes if "schedule" in node] == ["AABB"]
    assert sum(node["pruned"] for node in nodes if "pruned" in node) == 5
    assert (data["chosen"], data["interleavings"]) == ("AABB", 6)
