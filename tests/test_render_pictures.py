"""The pictures as DOT: kept word for word in golden_pictures/, and what they must show.

If a change is meant: ``python tests/test_render_pictures.py`` writes the golden files anew. Then look at them.
"""

import re
from pathlib import Path

import networkx
import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import Pool, abandoned, both, classics, counter, left, lock, opposite, racy, right, stepped

from simulator import Barrier, Condition, Execution, Lock, Program, Semaphore, Shared, Worker, replay, run
from simulator.analysis import resource_allocation_graph, wait_for_graph
from simulator.errors import TooLarge
from simulator.render import draw, resource_allocation_dot, timeline_dot, wait_for_dot
from simulator.render.graphs.waiting_text import graph_text
from simulator.render.lanes.contents import lanes
from simulator.render.lanes.folding import fold_runs
from simulator.render.lanes.swimlanes import shown_lanes
from simulator.render.means.dot import wrapped
from simulator.render.means.palette import LIGHT, PRINT

GOLDEN = Path(__file__).parent / "golden_pictures"


def pictures():
    for name, execution in (classics() | stuck.classics()).items():
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
    assert '20 ×</TD><TD PORT="unit1">●' in node_line(dot, "object2")


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


def test_a_free_dot_has_no_edge_and_a_taken_one_has_one():
    pool = Semaphore("pool", 3)
    dot = resource_allocation_dot(resource_allocation_graph(replay(Program(A=both(pool, pool), B=both(pool, left)), "AA")))
    assert node_line(dot, "object1").count("●") == 3
    starts = [line.split(" -> ")[0].strip() for line in dot.split("\n") if line.startswith("  object1:")]
    assert starts == ["object1:unit1:c", "object1:unit2:c"]


def test_an_edge_says_how_the_other_thread_is_in_the_way():
    assert "<I>took a unit</I>" in wait_for_dot(wait_for_graph(replay(stuck.lost_units, "AB")))
    assert "<I>reads</I>" in wait_for_dot(wait_for_graph(replay(stuck.upgraders, "AB")))
    assert "<I>goes first</I>" in wait_for_dot(wait_for_graph(replay(stuck.reread, "RW")))
    joined = wait_for_graph(replay(stuck.circle_of_join, "main main"))
    assert '<B>W</B></TD></TR><TR><TD><FONT POINT-SIZE="9"><I>join</I>' in wait_for_dot(joined)


def test_a_join_is_dashed_and_leads_to_the_thread():
    dot = resource_allocation_dot(resource_allocation_graph(replay(stuck.circle_of_join, "main main")))
    join = next(line for line in dot.split("\n") if line.startswith("  thread1 -> thread2"))
    assert 'style="dashed"' in join
    assert "main waits for W to end; W waits for mutex, which main holds." in dot


def test_who_waits_inside_is_listed_at_the_object():
    dot = resource_allocation_dot(resource_allocation_graph(replay(stuck.wrong_one, "BBAAPPPBB")))
    assert all(words in dot for words in (">Condition<", ">with ready.lock<", ">asleep: A, B<"))
    dot = resource_allocation_dot(resource_allocation_graph(replay(stuck.wrong_one, "BBAAPP")))
    assert ">woken: B<" in dot
    dot = resource_allocation_dot(resource_allocation_graph(replay(stuck.short, "ABC")))
    assert all(words in dot for words in (">Barrier<", ">2 of 3 there<", ">inside: A, B<"))


def test_a_note_says_what_is_missing():
    dot = wait_for_dot(wait_for_graph(replay(stuck.early_notify, "PPPCC")))
    assert 'label="waits in ready.wait() since step 5:\\nnobody has notified ready since then\\nstuck.py:38"' in dot


def test_only_units_that_can_be_given_back_make_a_circle_only_possible():
    for graph, picture in ((wait_for_graph, wait_for_dot), (resource_allocation_graph, resource_allocation_dot)):
        assert "only a possible deadlock; here nobody can go on" in picture(graph(replay(stuck.two_of_two, "AB")))
        assert "only a possible deadlock" not in picture(graph(replay(stuck.upgraders, "AB")))


def test_the_graphs_can_be_read_as_text():
    assert graph_text(resource_allocation_graph(replay(stuck.reread, "RW")), caption="") == (
        "resource-allocation graph\n"
        "R waits: fair.acquire_read(), after W  (stuck.py:192)\n"
        "W waits: fair.acquire_write(), read by R  (stuck.py:197)\n"
        "fair (ReadWriteLock) is read by R, 1 writer announced\n\n"
    )
    assert "A waits: ready.wake(), ready.lock held by B  (" in graph_text(wait_for_graph(replay(stuck.kept_lock, "AABB")))
    assert "W has not been started" in graph_text(wait_for_graph(replay(stuck.not_started, "")))
    short = graph_text(resource_allocation_graph(replay(stuck.short, "ABC")))
    assert "A waits at gate: 2 of 3 parties are there  (stuck.py:69)" in short
    assert "gate (Barrier) 2 of 3 there, inside: A, B" in short
    assert "pool (Semaphore of 2 units) is held by A, B" in graph_text(
        resource_allocation_graph(replay(stuck.lost_units, "AB"))
    )


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


def line_of(dot, name):
    """The line of the DOT that has this id."""
    return next(line for line in dot.split("\n") if f'id="{name}"' in line)


def place_of(dot, name):
    x, y = re.search(r'pos="([-\d.]+),([-\d.]+)"', line_of(dot, name)).groups()
    return float(x), float(y)


def test_the_lane_of_an_object_shows_its_value_after_each_step():
    dot = timeline_dot(replay(racy, "ABBA"))
    cells = [line_of(dot, f"value{step}_1") for step in (1, 2, 3, 4)]
    assert [re.search(r"label=(<.*?>,|\".*?\")", cell)[1] for cell in cells] == ['"0"', '"0"', "<<B>1</B>>,", '"1"']
    assert [cell.count("#F0E442") for cell in cells] == [0, 0, 1, 0]  # only the first write changes the value
    assert 'class="value changed step step3"' in cells[2]
    assert len({place_of(dot, name)[0] for name in ("object1", "start1", "value1_1", "value4_1")}) == 1


def test_arrows_lead_from_what_is_read_and_to_what_is_written():
    dot = timeline_dot(replay(racy, "ABBA"))
    arrows = [line_of(dot, f"arrow{step}_1") for step in (1, 2, 3, 4)]
    assert [re.search(r'dir="(\w+)"', arrow)[1] for arrow in arrows] == ["back", "back", "forward", "forward"]
    assert [re.search(r'class="(\w+) ', arrow)[1] for arrow in arrows] == ["read", "read", "write", "write"]
    assert ['style="dashed"' in arrow for arrow in arrows] == [False, True, True, False]  # B's lines are dashed
    for step in (1, 4):
        assert place_of(dot, f"step{step}")[1] == place_of(dot, f"value{step}_1")[1]


def test_a_condition_and_its_lock_change_in_one_step():
    dot = timeline_dot(replay(stuck.wrong_one, "BB"))
    assert [line_of(dot, f"arrow2_{lane}").count('dir="forward"') for lane in (1, 2)] == [1, 1]


def test_steps_are_numbered_down_the_page():
    dot = timeline_dot(replay(racy, "ABBA"))
    heights = [place_of(dot, f"step{step}")[1] for step in (1, 2, 3, 4)]
    assert heights == sorted(heights, reverse=True)  # Graphviz counts upwards
    assert [f'label="{step}"' in line_of(dot, f"number{step}") for step in (1, 2, 3, 4)] == [True] * 4
    columns = [place_of(dot, f"step{step}")[0] for step in (1, 2, 3, 4)]
    assert columns[0] == columns[3] == place_of(dot, "thread1")[0] < columns[1] == columns[2] == place_of(dot, "thread2")[0]


def test_a_write_after_a_stale_read_is_marked():
    dot = timeline_dot(replay(racy, "ABBA"))
    assert dot.count("stale: read at step 1") == 1
    assert "#D55E00" in line_of(dot, "step4")
    assert "#D55E00" in line_of(dot, "arrow4_1")
    assert "stale" not in timeline_dot(replay(racy, "AABB"))


def test_a_thread_that_failed_says_so_at_its_last_step():
    dot = timeline_dot(replay(abandoned, "A"))
    assert "✗ ValueError: boom" in line_of(dot, "step1")


def test_a_thread_that_waits_is_a_hatched_bar_and_no_life_line():
    dot = timeline_dot(replay(opposite, "AAAABBBB"))
    assert 'class="wait step step2"' in line_of(dot, "wait2_2")
    assert len(paths_of(dot, "wait2_2")) > 5  # the lines of the hatching
    assert [len(paths_of(dot, name)) for name in ("life1", "life2")] == [1, 2]  # before the bar, and after it


def paths_of(dot, name):
    return re.search(r'pos="([^"]+)"', line_of(dot, name))[1].split(";")


def test_a_lock_shows_who_holds_it_and_who_waits():
    dot = timeline_dot(replay(opposite, "AAAABBBB"))
    assert "<B>held by A</B>" in line_of(dot, "value1_1")
    assert "<B>free</B>" in line_of(dot, "value4_1")
    assert "waits for right" in line_of(dot, "waits2_2")
    assert "waits for ever:" in timeline_dot(replay(opposite, "AB"))


def values(program, schedule, name):
    """What stands in the lane of an object, at the start and after each step."""
    table = lanes(replay(program, schedule))
    lane = len(table.objects) - 1 - table.objects[::-1].index(name)
    return [table.start[lane], *(row.cells[lane].text for row in table.rows)]


def test_every_object_has_its_lane():
    waiting = ["0 waiting", "0 waiting", "1 waiting: B", "1 waiting: B", "2 waiting: B, A", "2 waiting: B, A"]
    assert values(stuck.wrong_one, "BBAAPPPB", "ready") == [
        *waiting,
        "1 waiting: A; woken: B",
        "1 waiting: A; woken: B",
        "1 waiting: A",
    ]
    assert values(stuck.wrong_one, "BBA", "ready.lock") == ["free", "held by B", "free", "held by A"]
    assert values(stuck.lost_units, "ACCC", "pool") == ["2 units", "1 unit", "no unit", "no unit", "1 unit"]
    assert values(stuck.cleared, "BB", "go") == ["False", "True", "False"]
    assert values(stuck.short, "AB", "gate") == ["0 of 3", "1 of 3", "2 of 3"]
    assert values(stuck.deep, "AAA", "again") == ["free", "held by A", "held by A × 2", "held by A"]
    assert values(stuck.upgraders, "AB", "table") == ["free", "read by A", "read by A, B"]
    assert values(stuck.reread, "RW", "fair") == ["free", "read by R", "read by R; 1 to write"]
    assert values(stuck.left_over, "main main W W", "orders")[1:] == [
        "('tea',), 1 unfinished",
        "('tea', 'milk'), 2 unfinished",
        "('milk',), 2 unfinished",
        "('milk',), 1 unfinished",
    ]
    assert values(stuck.full, "P", "shelf") == ["()", "('tea',)"]
    assert values(stuck.missed, "BB", "level") == ["0", "1", "0"]


def test_a_barrier_that_empties_or_breaks_says_so():
    gate = Barrier("gate", 2)

    def come():
        yield from gate.wait()

    def give_up():
        yield gate.abort()

    assert values(Program(A=come, B=come), "ABA", "gate") == ["0 of 2", "1 of 2", "1 leaving", "0 of 2"]
    assert values(Program(A=come, B=give_up), "AB", "gate")[2] == "broken"


def test_a_worker_is_new_then_started_then_ended_without_a_step_of_its_own():
    assert values(stuck.circle_of_join, "main W W W", "W") == ["new", "started", "started", "started", "ended"]
    assert timeline_dot(replay(stuck.not_started, "")).count("never started") == 1

    def start():
        yield idle.read()
        yield worker.start()

    def nothing():
        yield from ()

    idle, worker = Shared("idle", 0), Worker("W", nothing)
    execution = replay(Program(main=start, W=worker), "main main")
    assert values(execution.program, "main main", "W") == ["new", "new", "ended"]
    dot = timeline_dot(execution)
    assert "<I>not started</I>" in line_of(dot, "new2")
    dot = timeline_dot(replay(stuck.circle_of_join, "main W W"))
    begin = re.search(r'pos="[-\d.]+,([-\d.]+) ', line_of(dot, "life2"))[1]
    assert float(begin) == place_of(dot, "step1")[1]  # the life line begins where the thread is started


def test_a_thread_blocked_by_its_own_step_says_for_what_in_the_next_row():
    dot = timeline_dot(replay(stuck.short, "ABC"))
    assert dot.count("waits for gate") == 2
    assert "waits for ready.lock" in timeline_dot(replay(stuck.wrong_one, "BBAAPP"))  # once it is woken


def test_names_of_the_other_objects_are_escaped():
    condition, pool = Condition('"<&\\N'), Semaphore("<pool>", 1)

    def body():
        yield pool.acquire()
        with (yield condition.acquire()):
            yield from condition.wait()

    execution = replay(Program(A=body, B=body), "AAA")
    for dot in (
        wait_for_dot(wait_for_graph(execution)),
        resource_allocation_dot(resource_allocation_graph(execution)),
        timeline_dot(execution),
    ):
        assert ">&lt;pool&gt;" in dot  # in a label like HTML
        draw(dot, "svg")


def test_a_timeline_from_a_file_has_the_lanes_of_its_threads():
    dot = timeline_dot(Execution.from_json(replay(racy, "ABBA").to_json()))
    assert "counter.read() -&gt; 0" in dot
    assert "value1_1" not in dot


def spin(times):
    def body():
        for _ in range(times):
            yield counter.read()

    return body


def test_too_long_a_timeline_is_refused_with_advice():
    with pytest.raises(TooLarge) as caught:
        timeline_dot(replay(Program(A=spin(41), B=spin(41)), "AB" * 41))
    assert str(caught.value) == (
        "the execution has 82 steps, and nobody could read its timeline above 40, folded or not.\n"
        "Print it, print(render.timeline(execution)), or save it as .txt or .json; or draw its beginning:\n"
        "replay(program, execution.schedule[:40])."
    )
    execution = replay(Program(A=spin(41), B=spin(41)), "AB" * 41)
    assert timeline_dot(replay(execution.program, execution.schedule[:40]))  # as the advice says
    with pytest.raises(TooLarge):
        timeline_dot(run(Program(A=spin(401))))


def test_what_one_thread_does_in_a_row_is_folded_above_40_steps():
    program = Program(A=spin(30), B=spin(30))
    dot = timeline_dot(replay(program, "A*30 B*11"))
    assert 'label="2–29"' in line_of(dot, "number2")
    assert "… 28 steps" in line_of(dot, "step2")
    assert 'style="filled,dashed"' in line_of(dot, "step2")
    assert [name for name in ("step1", "step2", "step30", "step31", "step32", "step41") if f'id="{name}"' not in dot] == []
    assert dot.count('class="event step') == 6
    assert timeline_dot(replay(program, "A*30 B*10")).count('class="event step') == 40  # not folded yet


def test_a_folded_row_shows_what_the_objects_are_after_it():
    program = Program(A=add_often, B=spin(1))
    table = fold_runs(lanes(replay(program, "A*8 B")))
    assert [(row.numbers, row.cells[0].text, row.cells[0].arrow) for row in table.rows] == [
        ("1", "0", "read"),
        ("2–7", "3", "both"),
        ("8", "4", "write"),
        ("9", "4", "read"),
    ]


def add_often():
    for _ in range(4):
        value = yield counter.read()
        yield counter.write(value + 1)


def test_statements_are_folded_too_above_40_of_them():
    def often():
        for _ in range(21):
            yield counter.read()
            yield from called()

    table = shown_lanes(replay(Program(A=often), "A*63"), statements=True)
    assert [(row.numbers, row.text, row.cells[0].arrow) for row in table.rows] == [
        ("1", "counter.read() -> 0", "read"),
        ("2–61", "… 60 steps", "both"),
        ("62–63", "called()", "both"),
    ]


def test_a_stale_read_is_never_folded_away():
    table = fold_runs(lanes(replay(Program(A=add_often, B=add_often), "A BB A*7 B*6")))
    assert [row.stale for row in table.rows if row.stale] == [1]


def called():
    value = yield counter.read()
    yield counter.write(value + 1)


def caller():
    with (yield lock.acquire()):
        yield from called()
    for _ in range(2):
        yield from called()


def test_the_steps_of_a_statement_can_be_put_together():
    execution = replay(Program(A=caller), "A*8")
    table = shown_lanes(execution, statements=True)
    assert [(row.numbers, row.text) for row in table.rows] == [
        ("1", "lock.acquire() -> True"),
        ("2–3", "called()"),
        ("4", "lock.release()"),
        ("5–6", "called()"),  # a loop that comes round begins a statement of its own
        ("7–8", "called()"),
    ]
    assert [row.cells[1].arrow for row in table.rows] == ["", "both", "", "both", "both"]
    assert table.rows[1].place.endswith(": yield from called()")
    dot = timeline_dot(execution, statements=True)
    assert 'dir="both"' in line_of(dot, "arrow2_2")
    known = timeline_dot(replay(opposite, "AB"), statements=True)
    assert "python -m simulator draw deadlocked.py:opposite timeline --schedule AB -o timeline.svg --statements" in known


def test_a_statement_that_was_interrupted_stays_in_parts():
    table = shown_lanes(replay(Program(A=caller, B=spin(2)), "AA B A*6 B"), statements=True)
    assert [row.numbers for row in table.rows] == ["1", "2", "3", "4", "5", "6–7", "8–9", "10"]


def test_a_slide_has_the_geometry_of_the_whole_picture():
    execution = replay(racy, "ABBA")
    whole = re.sub(r' (color|fontcolor|fillcolor|penwidth)="[^"]*",?', "", timeline_dot(execution))
    for step in (1, 2, 3, 4):
        slide = timeline_dot(execution, shown=step)
        assert re.sub(r' (color|fontcolor|fillcolor|penwidth)="[^"]*",?', "", slide) == whole
        for other in (1, 2, 3, 4):
            line = line_of(slide, f"step{other}")
            assert ('fontcolor="#FFFFFE00"' in line) == (other > step)
            assert ('penwidth="3"' in line) == (other == step or other == 4)
        assert 'style="invis' not in slide.replace(line_of_pin(slide), "")


def line_of_pin(dot):
    return next(line for line in dot.split("\n") if line.startswith("  pin ["))


def test_the_legend_says_only_what_is_there():
    def legend_of(execution):
        return re.search(r"an arrow to an object writes.*?(?=\\n)", timeline_dot(execution))[0]

    arrows = "an arrow to an object writes, one from it reads"
    assert "an arrow" not in timeline_dot(replay(Program(A=spin(1)), ""))
    assert legend_of(replay(Program(A=spin(1)), "A")) == arrows
    assert legend_of(replay(racy, "ABBA")) == f"{arrows}; yellow: changed"
    assert legend_of(replay(opposite, "AB")) == f"{arrows}; yellow: changed; hatched: the thread waits"


def test_the_names_stand_below_a_long_timeline_too():
    program = Program(A=spin(20), B=spin(20))
    assert 'id="foot1"' not in timeline_dot(replay(program, "A*20"))
    dot = timeline_dot(replay(program, "A*20 B"))
    for head, foot in (("thread1", "foot1"), ("thread2", "foot2"), ("object1", "base1")):
        assert place_of(dot, head)[0] == place_of(dot, foot)[0]
        assert place_of(dot, foot)[1] < place_of(dot, "step21")[1]


def test_where_no_colour_says_it_a_changed_value_has_a_thick_frame():
    def frames(theme):
        dot = timeline_dot(replay(racy, "ABBA"), theme=theme)
        return ['penwidth="2.5"' in line_of(dot, f"value{step}_1") for step in (1, 2, 3, 4)]

    assert frames(PRINT) == [False, False, True, False]
    assert frames(LIGHT) == [False] * 4


def test_a_caption_is_as_wide_as_a_wide_picture():
    objects = [Shared(f"a_name_of_some_length_{number}", 0) for number in range(8)]

    def all_of_them():
        for each in objects:
            yield each.write(1)

    def longest(dot):
        return max(map(len, re.search(r'label="(.*?)"', dot)[1].split("\\n")))

    wide = timeline_dot(replay(Program(A=all_of_them), "A*8"))
    assert 96 < longest(wide) <= 140
    assert longest(timeline_dot(replay(Program(A=spin(1)), ""), caption="word " * 60)) <= 96


def test_an_empty_program_one_thread_and_fifty_threads_can_be_drawn():
    for program, schedule in (
        (Program(), ""),
        (Program(A=spin(1)), "A"),
        (Program.copies(spin(1), 50), ""),
        (Program.copies(spin(1), 50), "T1 T50"),
    ):
        assert b"</svg>" in draw(timeline_dot(replay(program, schedule)), "svg")


def test_the_lines_of_a_caption_are_about_equally_long():
    said = "A holds left and waits for right, which B holds; B holds right and waits for left, which A holds, for ever."
    lines = wrapped(said, room=90)
    assert lines == [
        "A holds left and waits for right, which B holds; B holds",
        "right and waits for left, which A holds, for ever.",
    ]
    command = "python -m simulator draw " + "x" * 120 + ".py timeline -o timeline.svg"
    assert " ".join(wrapped(command)) == command  # it can be copied
    assert wrapped("") == []


if __name__ == "__main__":
    for name, dot in pictures():
        (GOLDEN / name).write_text(dot, encoding="utf-8")
