"""The pictures of one or two executions beside the timeline: happens-before, comparison, slides, the log for ShiViz.

``python tests/test_render_comparison.py`` writes the golden files anew. Then look at them.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations, permutations
from pathlib import Path

import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import counter, opposite, philosophers, racy
from hypothesis import given, settings
from test_races import executions

from simulator import Execution, Program, Scheduler, Shared, analysis, choose, replay, run
from simulator.analysis.ordering import ordering
from simulator.errors import RenderError, TooLarge, UnknownFormat
from simulator.render import (
    comparison_dot,
    comparison_text,
    draw,
    happens_before_dot,
    happens_before_text,
    save,
    shiviz,
    slides,
)
from simulator.render.lanes.slides import with_fragments
from simulator.render.means.canvas import mono_width
from simulator.render.means.palette import LIGHT

GOLDEN = Path(__file__).parent / "golden_pictures" / "executions"
NASTY = 'a "b" <c> & &amp; \\N \n 😀 שלום'


def classics():
    return {
        "lost_update": replay(racy, "ABBA"),
        "lucky": replay(racy, "AABB"),
        "opposite": replay(opposite, "AB"),
        "philosophers": replay(philosophers, "P1*4 P2*4 P3*4"),
        "wrong_one": replay(stuck.wrong_one, "BBAAPPPBB"),
    }


def pictures():
    for name, execution in classics().items():
        graph, comparison = analysis.happens_before(execution), analysis.compare(execution)
        yield f"{name}_happens_before.dot", happens_before_dot(graph)
        yield f"{name}_happens_before.txt", happens_before_text(graph) + "\n"
        yield f"{name}_comparison.dot", comparison_dot(comparison)
        yield f"{name}_comparison.txt", comparison_text(comparison) + "\n"
    yield "lost_update.shiviz.log", shiviz(classics()["lost_update"]) + "\n"


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_the_classic_pictures_are_what_they_were(name):
    assert dict(pictures())[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_classic_picture_is_kept():
    assert {path.name for path in GOLDEN.iterdir()} == {name for name, _ in pictures()}


def spin(times):
    def body():
        for _ in range(times):
            yield counter.read()

    return body


def line_of(dot, name):
    return next(line for line in dot.split("\n") if f'id="{name}"' in line)


# --- happens-before


def test_a_racing_pair_is_joined_by_a_thick_vermillion_edge_with_two_heads():
    dot = happens_before_dot(analysis.happens_before(replay(racy, "ABBA")))
    races = [line for line in dot.split("\n") if 'class="race"' in line]
    assert len(races) == 3
    assert all('dir="both"' in line and "#D55E00" in line and 'penwidth="2.5"' in line for line in races)
    assert dot.count("<B>no order</B>") == 3


def test_what_orders_two_threads_is_an_edge_across_that_says_how():
    dot = happens_before_dot(analysis.happens_before(replay(opposite, "AAAABBBB")))
    assert 'class="race"' not in dot
    assert 'tooltip="3 before 5: release → acquire (right)"' in line_of(dot, "sync3_5")
    assert "release → acquire<BR/>right" in line_of(dot, "how3_5")
    assert "No data race here: every two conflicting accesses are ordered." in dot


def test_a_notification_is_shown_although_the_lock_orders_the_two_as_well():
    dot = happens_before_dot(analysis.happens_before(replay(stuck.wrong_one, "BBAAPPPBB")))
    assert "notify → wake" in line_of(dot, "how6_8")
    assert "release → wake" in line_of(dot, "how7_8")


def test_an_edge_goes_between_the_steps_of_the_lanes_on_its_way():
    dot = happens_before_dot(analysis.happens_before(replay(philosophers, "P1*4 P2*4 P3*4")))
    points = [tuple(map(float, point.split(","))) for point in re.findall(r"-?[\d.]+,-?[\d.]+", line_of(dot, "sync4_10"))]
    boxes = [
        tuple(map(float, re.search(r'pos="([^"]+)"', line_of(dot, f"step{step}"))[1].split(","))) for step in (5, 6, 7, 8)
    ]
    inside = [point for point in points if abs(point[0] - boxes[0][0]) < 40]
    assert inside
    assert all(abs(point[1] - y) >= 20 for point in inside for _, y in boxes)


def test_the_line_stands_beside_every_step():
    dot = happens_before_dot(analysis.happens_before(replay(racy, "ABBA")))
    assert ["line 58" in line_of(dot, f"place{step}") for step in (1, 2)] == [True, True]
    assert ["line 59" in line_of(dot, f"place{step}") for step in (3, 4)] == [True, True]


def boxes_of(dot, kind):
    """(left, right, bottom, top) of the boxes whose names begin so."""
    for match in re.finditer(rf'  {kind}\w* \[pos="([-\d.]+),([-\d.]+)", width="([\d.]+)", height="([\d.]+)"', dot):
        x, y, wide, high = map(float, match.groups())
        yield x - 36 * wide, x + 36 * wide, y - 36 * high, y + 36 * high


def test_no_label_hides_a_label_or_a_step():
    for program, schedule in ((Program(A=add_often, B=add_often), "A*6 B*6"), (philosophers, "P1*4 P2*4 P3*4")):
        dot = happens_before_dot(analysis.happens_before(replay(program, schedule)))
        labels = [*boxes_of(dot, "norace"), *boxes_of(dot, "how")]
        assert labels
        for one, other in combinations([*labels, *boxes_of(dot, "step")], 2):
            assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def add_often():
    for _ in range(3):
        value = yield counter.read()
        yield counter.write(value + 1)


def test_where_lines_are_dense_only_some_say_what_they_are_and_the_legend_always_does():
    dot = happens_before_dot(analysis.happens_before(replay(Program(A=add_often, B=add_often), "A*6 B*6")))
    assert dot.count('class="race"') == 12
    assert 0 < dot.count("<B>no order</B>") < 12
    assert "two heads: a race, for no path orders it" in dot
    assert "two heads" not in happens_before_dot(analysis.happens_before(replay(opposite, "AAAABBBB")))


def test_many_lanes_stand_closer():
    def apart(program):
        dot = happens_before_dot(analysis.happens_before(replay(program, "")))
        first, second = list(boxes_of(dot, "thread"))[:2]
        return second[0] - first[1]

    assert apart(Program.copies(spin(1), 4)) == pytest.approx(150, 0.01)
    assert apart(Program.copies(spin(1), 5)) == pytest.approx(90, 0.01)


def test_the_graph_as_json(tmp_path):
    path = save(analysis.happens_before(replay(racy, "ABBA")), tmp_path / "a.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert (data["format"], data["version"], data["picture"]) == ("simulator graph", 1, "happens-before")
    assert [(race["first"], race["last"], race["variable"]) for race in data["races"]] == [
        (1, 3, "counter"),
        (2, 4, "counter"),
        (3, 4, "counter"),
    ]
    assert data["nodes"][0] == {
        "name": 1,
        "thread": "A",
        "text": "counter.read() -> 0",
        "location": "deadlocked.py:58",
    }
    assert data["edges"] == [{"from": 1, "to": 4, "kind": "program"}, {"from": 2, "to": 3, "kind": "program"}]


def test_too_large_a_graph_is_refused_with_advice(raises_in_full):
    graph = analysis.happens_before(run(Program(A=spin(61))))
    message = (
        "the execution has 61 steps, and nobody could read its happens-before graph above 60.\n"
        "Read its races: print(*analysis.races(execution), sep='\\n'), or save the graph as .txt or .json;\n"
        "or draw its beginning: analysis.happens_before(replay(program, execution.schedule[:60]))."
    )
    raises_in_full(TooLarge, message, lambda: happens_before_dot(graph))
    assert happens_before_text(graph).count("counter.read()") == 61


def test_many_races_are_counted_and_not_all_drawn():
    def write():
        for value in range(5):
            yield counter.write(value)

    dot = happens_before_dot(analysis.happens_before(replay(Program(A=write, B=write), "AB" * 5)))
    assert dot.count('class="race"') == 12
    assert "And 22 more pairs without an order; the first 12 are drawn." in dot


# --- comparison


def test_the_comparison_says_what_differs():
    comparison = analysis.compare(replay(racy, "ABBA"))
    assert (str(comparison.second.schedule), comparison.common, comparison.is_serial) == ("AABB", 1, True)
    assert str(comparison) == (
        "First difference: at step 2, B steps (counter.read() -> 0), not A (counter.write(1)).\n"
        "Stale read: A writes counter at step 4 from what it read at step 1, but B has written it at step 3.\n"
        "Overwritten write: counter.write(1) of B at step 3 is lost: A overwrites it at step 4 without having seen it.\n"
        "The first ends with counter = 1; the serial run with counter = 2."
    )
    same = analysis.compare(replay(racy, "ABBA"), replay(racy, "ABBA"))
    assert str(same).startswith("No difference: both take the same steps.\n")
    assert str(same).endswith("\nBoth end the same: counter = 1.")
    cut = analysis.compare(replay(racy, "ABBA"), replay(racy, "ABB"))
    assert (
        cut.difference == "First difference: the second has ended before step 4, where the other takes A: counter.write(1)."
    )


def test_the_common_beginning_is_grey_and_the_first_difference_is_ruled():
    dot = comparison_dot(analysis.compare(replay(racy, "ABBA")))
    for side in "ab":
        assert ["dotted" in line_of(dot, f"{side}step{step}") for step in (1, 2)] == [True, False]
        assert [LIGHT.muted in line_of(dot, f"{side}step{step}") for step in (1, 2)] == [True, False]
    assert 'class="rule difference"' in line_of(dot, "rule")
    assert "rule difference" not in comparison_dot(analysis.compare(replay(racy, "ABBA"), replay(racy, "ABBA")))


def test_rows_stand_side_by_side():
    dot = comparison_dot(analysis.compare(replay(racy, "ABBA")))
    for step in (1, 2, 3, 4):
        heights = [re.search(r'pos="[^,]+,([^"]+)"', line_of(dot, f"{side}step{step}"))[1] for side in "ab"]
        assert heights[0] == heights[1]


def test_both_sides_have_the_same_lanes():
    dot = comparison_dot(analysis.compare(replay(racy, "ABBA")))
    for lane in ("thread1", "thread2", "object1"):
        first, second = (next(boxes_of(dot, f"{side}{lane[:-1]}")) for side in "ab")
        assert first[1] - first[0] == pytest.approx(second[1] - second[0])
    assert [step for step in (1, 2, 3, 4) if "line 5" not in line_of(dot, f"aplace{step}")] == []


def test_a_title_is_no_wider_than_its_side():
    def fails():
        yield counter.read()
        raise ValueError("x" * 300)

    dot = comparison_dot(analysis.compare(replay(Program(A=fails, B=spin(2)), "BAB")))
    for side in "ab":
        left, right, _, _ = next(boxes_of(dot, f"{side}title"))
        assert right <= next(boxes_of(dot, f"{side}place"))[1] + 1
        lines = re.findall("<B>(.*?)</B>", line_of(dot, f"{side}title"))
        assert lines[0] in ("BAB", "serial run BBA")
        assert all(mono_width(line, 12) <= right - left for line in lines)


def test_of_a_long_common_beginning_the_text_shows_the_end():
    program = Program(A=spin(30), B=spin(2))
    text = comparison_text(analysis.compare(replay(program, "A*20 B A*10 B"), replay(program, "A*30 B*2")))
    lines = text.split("\n")
    assert lines[1] == "   …  18 steps in common"
    assert lines[2].startswith("  19  A: counter.read() -> 0")
    assert lines[4].endswith("first difference")


def test_too_long_a_comparison_is_refused_with_advice(raises_in_full):
    program = Program(A=spin(41), B=spin(1))
    message = (
        "one of the two executions has 42 steps, and nobody could compare pictures above 40.\n"
        "Read it: print(render.comparison_text(comparison)), or save it as .txt or .json."
    )
    raises_in_full(TooLarge, message, lambda: comparison_dot(analysis.compare(replay(program, "B A*41"))))


def test_a_comparison_as_json(tmp_path):
    path = save(analysis.compare(replay(racy, "ABBA")), tmp_path / "a.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert (data["format"], data["version"], data["common"], data["serial"]) == ("simulator comparison", 1, 1, True)
    assert (data["first"]["schedule"], data["second"]["schedule"]) == ("ABBA", "AABB")
    assert len(data["sentences"]) == 4


def test_executions_of_different_programs_cannot_be_compared(raises_in_full):
    message = "these two executions are of different programs: their threads have different names"
    raises_in_full(ValueError, message, lambda: analysis.compare(replay(racy, "A"), replay(philosophers, "P1")))


# --- the nearest serial run


def serial_runs(program):
    """By brute force: every order of the threads, each as far as it can, the first in order as soon as that one stops."""
    for order in permutations(program.names):
        with Scheduler(program) as scheduler:
            running = None
            while enabled := scheduler.enabled():
                if running not in enabled:
                    running = next(name for name in order if name in enabled)
                scheduler.step(running)
            yield tuple(scheduler.steps)


def common(first, second):
    return next((place for place, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), len(first))


@settings(max_examples=60)
@given(executions())
def test_no_serial_run_is_nearer(execution):
    found = analysis.nearest_serial(execution)
    every = list(serial_runs(execution.program))
    assert tuple(found.schedule) in every
    others = [run for run in every if run != tuple(execution.schedule)]
    if others:
        assert tuple(found.schedule) in others
        assert common(found.schedule, execution.schedule) == max(common(run, execution.schedule) for run in others)


def test_what_the_environment_chose_is_chosen_again():
    seen = Shared("seen", 0)

    def pick():
        yield seen.write((yield choose(1, 2, 3)))

    found = analysis.nearest_serial(replay(Program(A=pick, B=pick), "A=2 B=1 A B"))
    assert str(found.schedule) == "A=2 A B=1 B"


def test_where_no_serial_run_ends_the_error_says_so(raises_in_full):
    flag = Shared("flag", 0)

    def forever():
        while not (yield flag.read()):
            pass

    execution = replay(Program(A=forever, B=forever), "AB")
    assert analysis.nearest_serial(execution) is None
    message = (
        "no serial run of this program ends within 2,000 steps.\n\n"
        "    analysis.compare(execution)                             # incorrect\n"
        "    analysis.compare(execution, replay(program, schedule))  # correct: say what to compare with"
    )
    raises_in_full(ValueError, message, lambda: analysis.compare(execution))


def test_an_execution_from_a_file_has_no_serial_run(raises_in_full):
    read = Execution.from_json(replay(racy, "ABBA").to_json())
    message = "this execution was read from a file: replay it against its program first, replay(program, execution)"
    raises_in_full(ValueError, message, lambda: analysis.nearest_serial(read))


# --- slides


def test_slides_are_numbered_files_and_lines_for_beamer(tmp_path):
    made = slides(replay(racy, "ABBA"), tmp_path / "frames")
    names = ["step-01.pdf", "step-02.pdf", "step-03.pdf", "step-04.pdf"]
    assert [path.name for path in made] == [*names, "slides.tex"]
    assert all(path.read_bytes().startswith(b"%PDF") for path in made[:4])
    lines = made[4].read_text().split("\n")
    assert lines[1] == f"%   \\graphicspath{{{{{tmp_path}/frames/}}}} \\input{{{tmp_path}/frames/slides.tex}}"
    assert [re.match(r"\\includegraphics<(.*)>\[.*\]\{(.*)\}%", line).groups() for line in lines[2:6]] == [
        (f"{number}| handout:{number // 4}", name) for number, name in enumerate(names, start=1)
    ]


def test_slides_as_svg_all_have_one_size(tmp_path):
    made = slides(replay(racy, "ABBA"), tmp_path, format="svg")
    assert len({ElementTree.fromstring(path.read_bytes()).get("viewBox") for path in made}) == 1
    assert len(made) == 4
    shown = re.sub(r"<desc.*?</desc>", "", made[0].read_text(), flags=re.DOTALL)
    assert "schedule ABBA" in shown
    assert "counter = 1" not in shown  # that would give it away


def test_one_svg_has_the_fragments_of_reveal_js(tmp_path):
    (path,) = slides(replay(racy, "ABBA"), tmp_path / "race.svg")
    root = ElementTree.fromstring(path.read_bytes())
    fragments = [element for element in root.iter() if "fragment" in element.get("class", "").split()]
    assert {element.get("data-fragment-index") for element in fragments} == {"0", "1", "2", "3"}
    for element in fragments:
        step = re.search(r"\bstep(\d)", element.get("class"))[1]
        assert element.get("data-fragment-index") == str(int(step) - 1)
    still = [element.get("id") for element in root.iter() if (element.get("id") or "").endswith(("-thread1", "-start1"))]
    assert len(still) == 2
    assert path.read_text().startswith("<svg role=")


def test_fragments_are_counted_by_rows_where_steps_are_folded():
    svg = '<?xml?><!-- x --><svg><g class="event step step1"/><g class="event step step30"/><g class="life"/></svg>'
    assert with_fragments(svg, [1, 30]) == (
        '<svg><g class="event step step1 fragment" data-fragment-index="0"/>'
        '<g class="event step step30 fragment" data-fragment-index="1"/><g class="life"/></svg>'
    )


def test_slides_of_nothing_are_one_picture(tmp_path):
    assert [path.name for path in slides(replay(racy, ""), tmp_path, format="png")] == ["step-01.png", "slides.tex"]


def test_slides_that_cannot_be_made_leave_nothing(tmp_path, raises_in_full):
    execution = replay(racy, "ABBA")
    message = "cannot draw 'gif'. The formats that can be drawn are: svg, png, pdf."
    raises_in_full(UnknownFormat, message, lambda: slides(execution, tmp_path / "a", format="gif"))
    where = tmp_path / "no" / "where"
    message = f"cannot write {where}: there is no folder {where.parent}"
    raises_in_full(RenderError, message, lambda: slides(execution, where))
    file = tmp_path / "file"
    file.write_text("")
    raises_in_full(RenderError, f"cannot write {file}: it is a file", lambda: slides(execution, file))
    with pytest.raises(TooLarge):
        slides(replay(Program(A=spin(41), B=spin(41)), "AB" * 41), tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# --- ShiViz


def read_by_shiviz(text):
    """As ShiViz reads a file: the expression in the first line, what separates executions in the second, then the log."""
    parser, separator, log = f"{text}\n".split("\n", 2)
    assert separator == ""
    return [match.groupdict() for match in re.finditer(parser.replace("(?<", "(?P<"), log)]


@settings(max_examples=60)
@given(executions())
def test_the_log_has_the_clocks_that_shiviz_wants(execution):
    events = read_by_shiviz(shiviz(execution))
    assert [event["host"] for event in events] == list(execution.schedule.threads)
    clocks = [json.loads(event["clock"]) for event in events]
    taken = {}
    for event, clock in zip(events, clocks, strict=True):
        taken[event["host"]] = taken.get(event["host"], 0) + 1
        assert clock[event["host"]] == taken[event["host"]]  # its own count grows by one
        assert all(0 < steps <= taken[host] for host, steps in clock.items())  # nobody knows of what has not been
    order = ordering(execution)
    for last, clock in enumerate(clocks):
        for first in range(last):
            known = clock.get(events[first]["host"], 0) >= clocks[first][events[first]["host"]]
            assert known == order.before(first, last)


def test_the_log_is_saved_by_its_suffix(tmp_path):
    path = save(replay(racy, "ABBA"), tmp_path / "race.shiviz.log")
    assert path.read_text(encoding="utf-8") == shiviz(replay(racy, "ABBA")) + "\n"


# --- bad input


def nasty():
    thing = Shared(NASTY, 0)

    def body():
        value = yield thing.read()
        yield thing.write(f"{value}</svg><script>alert(1)</script>" * 30)

    return Program(A=body, B=body)


def test_everything_is_escaped(tmp_path):
    execution = replay(nasty(), "ABBA")
    values = [execution, analysis.happens_before(execution), analysis.compare(execution)]
    for number, value in enumerate(values):
        root = ElementTree.fromstring(save(value, tmp_path / f"{number}.svg").read_bytes())
        assert not [element for element in root.iter() if element.tag.endswith("script")]
        shown = "".join(root.itertext()).replace("\xa0", " ")
        assert "שלום" in shown
    (path,) = slides(execution, tmp_path / "slides.svg")
    root = ElementTree.fromstring(path.read_bytes())
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert all("\n" not in event["event"] for event in read_by_shiviz(shiviz(execution)))


@pytest.mark.parametrize("schedule", ["", "A", "AB"])
def test_an_execution_that_was_cut_can_be_drawn(schedule):
    execution = replay(racy, schedule)
    for dot in (happens_before_dot(analysis.happens_before(execution)), comparison_dot(analysis.compare(execution))):
        assert b"</svg>" in draw(dot, "svg")


def test_empty_programs_and_many_threads_can_be_drawn():
    for execution in (replay(Program(), ""), replay(Program(A=spin(1)), "A"), replay(Program.copies(spin(1), 30), "T1 T30")):
        graph, comparison = analysis.happens_before(execution), analysis.compare(execution)
        for dot in (happens_before_dot(graph), comparison_dot(comparison)):
            assert b"</svg>" in draw(dot, "svg")


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_every_classic_picture_can_be_drawn(format):
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    for execution in list(classics().values())[: None if format == "svg" else 1]:
        assert draw(comparison_dot(analysis.compare(execution)), format).startswith(starts[format])
        assert draw(happens_before_dot(analysis.happens_before(execution)), format).startswith(starts[format])


if __name__ == "__main__":
    for name, text in pictures():
        (GOLDEN / name).write_text(text, encoding="utf-8")
