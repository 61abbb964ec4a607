"""The state graph as a picture: what can still come of a state, against brute force; fills, numbers, labels."""

import json

import pytest
from brute_force import every_run
from golden_pictures.deadlocked import counter, increment, opposite, philosophers, racy
from hypothesis import assume, given, note, settings
from made_up import build, programs

from simulator import Lock, Program, Shared, explore, state_graph
from simulator.errors import NoRenderer
from simulator.render.interleavings.endings import endings, natural
from simulator.render.interleavings.state_graph import state_graph_dot, state_graph_json, state_graph_text
from simulator.render.means.engine import laid_out
from simulator.render.means.palette import LIGHT

MOST_INTERLEAVINGS = 300


def lost(outcome):
    return outcome.final[counter] != 2


@settings(max_examples=25)
@given(programs())
def test_what_can_still_come_is_what_comes_in_some_interleaving(made):
    built = build(made)
    note(built.text)
    assume(0 < (explore(built.program, max_states=2_000).interleavings or 0) <= MOST_INTERLEAVINGS)
    graph = state_graph(built.program)
    ends = endings(graph)
    ahead = [set() for _ in graph.states]
    counts = {}
    for run in every_run(built.program, 20 * MOST_INTERLEAVINGS):
        path = graph.path(run.schedule)
        here = [0, *(step.target for step in path)]
        ending = ends.at[here[-1]]
        assert ending.is_bad == (run.status == "deadlock" or bool(run.failures))
        counts[ending.number] = counts.get(ending.number, 0) + 1
        for state in here:
            ahead[state].add(ending.number)
    assert [set(numbers) for numbers in ends.ahead] == ahead
    assert {ending.number: ending.interleavings for ending in ends.all} == counts
    for state, numbers in enumerate(ahead):
        assert ends.doomed(state) == all(ends.all[number - 1].is_bad for number in numbers)
        assert (ends.decided(state) is None) == (len(numbers) > 1)


def line_of(dot, name):
    return next(line for line in dot.split("\n") if line.startswith(f"  {name} ["))


def test_a_state_has_the_fill_of_the_only_outcome_that_can_come_of_it():
    dot = state_graph_dot(state_graph(racy), bad=lost)
    assert f'fillcolor="{LIGHT.paper}"' in line_of(dot, "state0")
    assert f'fillcolor="{LIGHT.outcomes[0]}"' in line_of(dot, "state3")
    assert f'fillcolor="{LIGHT.bad}"' in line_of(dot, "state4")
    assert "→ 1, 2" in line_of(dot, "state0")
    assert "→ 2" in line_of(dot, "state4")
    assert 'shape="octagon"' in line_of(dot, "state11")
    assert "<B>2: counter = 1</B>" in line_of(dot, "state11")


def test_a_state_says_what_it_holds_and_who_waits_in_it():
    dot = state_graph_dot(state_graph(opposite))
    stuck = next(line for line in dot.split("\n") if "doubleoctagon" in line)
    assert all(words in stuck for words in ("left: held by A", "right: held by B", "A waits: right.acquire()"))
    assert "waits" not in line_of(dot, "state0")


def test_objects_that_never_change_take_no_room():
    still, moving, lock = Shared("still", 7), Shared("moving", 0), Lock("unused")

    def body():
        yield moving.write((yield still.read()) + 1)
        yield lock.locked()

    dot = state_graph_dot(state_graph(Program(A=body)))
    assert "moving: 0" in line_of(dot, "state0")
    assert "still" not in line_of(dot, "state0")
    assert "unused" not in line_of(dot, "state0")


def test_the_chosen_path_is_thick_and_may_stop_early():
    dot = state_graph_dot(state_graph(racy), chosen="AB")
    assert dot.count('class="step chosen"') == 2
    assert dot.count('penwidth="3.5"') == 2
    assert dot.count('penwidth="3"') == 3
    assert state_graph_text(state_graph(racy), chosen="AB").count("\n* state") == 3


def test_an_edge_says_how_many_interleavings_take_it():
    dot = state_graph_dot(state_graph(racy))
    assert dot.count("<B>3 of 6</B>") == 2
    large = state_graph_dot(state_graph(Program.copies(increment, 3)))
    assert large.count("<TD>30</TD>") == 3
    assert "-&gt;" in dot
    assert "-&gt;" not in large  # operations are in tooltips alone


def test_with_many_steps_between_few_states_operations_are_left_out():
    def read():
        yield counter.read()

    graph = state_graph(Program.copies(read, 5))
    assert (len(graph.states), len(graph.edges)) == (32, 80)
    assert "counter.read()</FONT>" not in state_graph_dot(graph)


def points(spline):
    """Many points on the curves of an edge, as Graphviz spells them."""
    for curves in spline.split(";"):
        ends = [tuple(map(float, pair.split(","))) for pair in curves.split() if pair[0] not in "es"]
        for start in range(0, len(ends) - 3, 3):
            for part in (step / 40 for step in range(41)):
                weights = ((1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3)
                yield tuple(
                    sum(weight * end[axis] for weight, end in zip(weights, ends[start : start + 4], strict=True))
                    for axis in (0, 1)
                )


@pytest.mark.parametrize(
    ("program", "chosen"), [(racy, "ABBA"), (opposite, "AB"), (philosophers, None), (Program.copies(increment, 3), None)]
)
def test_no_edge_runs_through_a_state(program, chosen):
    try:
        picture = json.loads(laid_out(state_graph_dot(state_graph(program), chosen=chosen)))
    except NoRenderer:
        pytest.skip("there is no Graphviz")
    boxes = {}
    for state in picture["objects"]:
        x, y = map(float, state["pos"].split(","))
        wide, high = float(state["width"]) * 72, float(state["height"]) * 72
        boxes[state["_gvid"]] = (x - wide / 2, x + wide / 2, y - high / 2, y + high / 2)
    for edge in picture["edges"]:
        for x, y in points(edge["pos"]):
            for place, (left, right, bottom, top) in boxes.items():
                assert place in (edge["tail"], edge["head"]) or not (left < x < right and bottom < y < top), edge["id"]


def test_json_has_states_and_steps():
    data = json.loads(state_graph_json(state_graph(racy), chosen="ABBA", bad=lost))
    assert [(step["from"], step["to"], step["step"], step["interleavings"]) for step in data["steps"]][:2] == [
        (0, 1, "A", 3),
        (0, 2, "B", 3),
    ]
    assert data["states"][0]["waiting"] == {"A": "counter.read()", "B": "counter.read()"}
    assert [outcome["verdict"] for outcome in data["outcomes"]] == ["good", "bad"]
    assert data["chosen"] == "ABBA"


def test_texts_are_sorted_as_people_do():
    texts = ["x = 10", "x = 9", "x = -3", "x = 2.5", "y = 1", "a", ""]
    assert sorted(texts, key=natural) == ["", "a", "x = -3", "x = 2.5", "x = 9", "x = 10", "y = 1"]
