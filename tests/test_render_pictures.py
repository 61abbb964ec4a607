"""The pictures as DOT: kept word for word in golden_pictures/, and what they must show.

If a change is meant: ``python tests/test_render_pictures.py`` writes the golden files anew. Then look at them.
"""

from pathlib import Path

import networkx
import pytest
from golden_pictures.deadlocked import Pool, abandoned, both, classics, left, opposite, racy, right, stepped

from simulator import Execution, Lock, Program, replay, run
from simulator.analysis import resource_allocation_graph, wait_for_graph
from simulator.errors import TooLarge
from simulator.render import resource_allocation_dot, timeline_dot, wait_for_dot

GOLDEN = Path(__file__).parent / "golden_pictures"


def pictures():
    for name, execution in classics().items():
        if name != "lost_update":
            yield f"{name}_wait_for.dot", wait_for_dot(wait_for_graph(execution))
            yield f"{name}_resource_allocation.dot", resource_allocation_dot(resource_allocation_graph(execution))
        yield f"{name}_timeline.dot", timeline_dot(execution)


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.dot")))
def test_the_classic_pictures_are_what_they_were(name):
    assert dict(pictures())[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_classic_picture_is_kept():
    assert {path.name for path in GOLDEN.glob("*.dot")} == {name for name, _ in pictures()}


def test_the_same_graph_is_the_same_bytes():
    assert dict(pictures()) == dict(pictures())


def node_line(dot, name):
    return next(line for line in dot.split("\n") if line.startswith(f"  {name} ["))


def test_the_circle_is_thick_vermillion_and_spelled_out():
    dot = wait_for_dot(wait_for_graph(replay(opposite, "AB")))
    edges = [line for line in dot.split("\n") if "->" in line and line.startswith("  thread")]
    assert len(edges) == 2
    assert all('penwidth="3"' in edge and "#D55E00" in edge for edge in edges)
    assert "Circle A → B → A: A waits for right, which B holds; B waits for left, which A holds." in dot


def test_an_edge_that_is_on_no_circle_is_black():
    dot = wait_for_dot(wait_for_graph(replay(abandoned, "A")))
    assert "#D55E00" not in dot
    assert "No circle of threads that wait for each other." in dot


def test_the_caption_ends_in_the_command_that_draws_it_again():
    graph = wait_for_graph(replay(opposite, "AB"))
    command = "python -m simulator draw deadlocked.py:opposite wait-for --schedule AB -o wait-for.svg"
    assert f'\\n{command}"' in wait_for_dot(graph)
    assert 'label="\\nmine"' in wait_for_dot(graph, caption="mine")


def test_a_thread_keeps_its_colour_in_all_pictures():
    execution = replay(opposite, "AB")
    for dot in (wait_for_dot(wait_for_graph(execution)), resource_allocation_dot(resource_allocation_graph(execution))):
        assert "#80B8D8" in node_line(dot, "thread1")
        assert "#F2CF80" in node_line(dot, "thread2")
    part = wait_for_graph(execution).subgraph(["B"])
    assert "#F2CF80" in node_line(wait_for_dot(part), "thread2")


def test_a_lock_is_a_square_with_one_dot_for_each_unit():
    pool = Pool("pool", 3)
    dot = resource_allocation_dot(resource_allocation_graph(replay(Program(A=both(pool, left)), "A")))
    assert 'shape="square"' in node_line(dot, "object2")
    assert [node_line(dot, name).count("●") for name in ("object1", "object2")] == [1, 3]
    many = Pool("many", 20)
    dot = resource_allocation_dot(resource_allocation_graph(replay(Program(A=both(many, left)), "A")))
    assert "● × 20" in node_line(dot, "object2")


def test_requests_are_dashed_and_assignments_are_solid_and_start_at_the_dot():
    dot = resource_allocation_dot(resource_allocation_graph(replay(opposite, "AB")))
    lines = dot.split("\n")
    assert 'style="dashed"' in next(line for line in lines if line.startswith("  thread1 -> object2"))
    assert 'style="solid"' in next(line for line in lines if line.startswith("  object1:unit1:c -> thread1"))


def test_with_several_units_a_circle_is_only_a_possible_deadlock():
    pool = Pool("pool", 2)
    program = Program(A=both(pool, left), B=both(left, pool), C=both(pool, right))
    open_graph = wait_for_graph(replay(program, "ABC"))
    said = "Several units: a circle is only a possible deadlock; another holder may still give a unit back."
    assert said in wait_for_dot(open_graph).replace("\\n", " ")
    stuck = Program(A=both(pool, left), B=both(left, pool), C=both(pool, left))
    said = "Several units: a circle is only a possible deadlock; here nobody can go on, so it is one."
    execution = replay(stuck, "ABC")
    assert execution.outcome.status == "deadlock"
    assert said in wait_for_dot(wait_for_graph(execution)).replace("\\n", " ")
    assert said in resource_allocation_dot(resource_allocation_graph(execution)).replace("\\n", " ")


def test_every_character_of_a_name_is_escaped():
    name = 'a "b" <c> & &amp; \\N \n 😀'
    lock = Lock(name)
    program = Program(**{name.replace(" ", "_").replace("\n", ""): both(lock, right), "B": both(right, lock)})
    execution = stepped(program)
    dot = wait_for_dot(wait_for_graph(execution))
    assert 'a \\"b\\" <c> &amp; &amp;amp; \\\\N' in dot  # in a string
    dot = resource_allocation_dot(resource_allocation_graph(execution))
    assert "<B>a &quot;b&quot; &lt;c&gt; &amp; " in dot  # in a label like HTML
    assert "\\\\N \\\\n 😀</B>" in timeline_dot(execution)


def test_too_large_a_graph_is_refused_with_advice():
    graph = wait_for_graph(replay(Program.copies(racy.threads["A"], 61), ""))
    with pytest.raises(TooLarge) as caught:
        wait_for_dot(graph)
    assert str(caught.value) == (
        "the wait-for graph has 61 nodes, and nobody could read it above 60.\n"
        "Draw the circle alone: graph.subgraph(analysis.find_cycle(graph)) of the wait-for graph;\n"
        "or read it: print(analysis.explain_deadlock(execution)), or save it as .txt or .json."
    )
    assert wait_for_dot(graph.subgraph(["T1", "T61"])).count("shape=") == 2


def test_a_graph_made_by_hand_can_be_drawn():
    graph = networkx.DiGraph(picture="wait-for")
    graph.add_edge("X", "Y", object="lock")
    assert "thread1 -> thread2" in wait_for_dot(graph)


# --- the drawn timeline


def test_the_lane_of_an_object_shows_its_value_after_each_step():
    dot = timeline_dot(replay(racy, "ABBA"))
    assert dot.count(">← 0<") == 2
    assert dot.count(">→ 1<") == 2
    assert dot.count("#F0E442") == 1  # only the first write changes the value


def test_a_write_after_a_stale_read_is_marked():
    assert timeline_dot(replay(racy, "ABBA")).count("stale: read at step 1") == 1
    assert "stale" not in timeline_dot(replay(racy, "AABB"))


def test_a_lock_shows_who_holds_it_and_who_waits():
    dot = timeline_dot(replay(opposite, "AAAABBBB"))
    assert "→ held by A" in dot
    assert "→ free" in dot
    assert "waits for right" in dot
    assert "waits for ever:" in timeline_dot(replay(opposite, "AB"))


def test_a_timeline_from_a_file_has_the_lanes_of_its_threads():
    dot = timeline_dot(Execution.from_json(replay(racy, "ABBA").to_json()))
    assert "counter.read() -&gt; 0" in dot
    assert "← 0" not in dot


def test_too_long_a_timeline_is_refused_with_advice():
    def spin():
        for _ in range(41):
            yield racy_counter.read()

    from golden_pictures.deadlocked import counter as racy_counter

    with pytest.raises(TooLarge) as caught:
        timeline_dot(run(Program(A=spin)))
    assert str(caught.value) == (
        "the execution has 41 steps, and nobody could read its timeline above 40.\n"
        "Print it, print(render.timeline(execution)), or save it as .txt or .json; or draw its beginning:\n"
        "replay(program, str(execution.schedule[:40]))."
    )


if __name__ == "__main__":
    for name, dot in pictures():
        (GOLDEN / name).write_text(dot, encoding="utf-8")
