"""``draw`` for the pictures of one or two executions, and the two zoom levels of a timeline."""

import pytest
from test_cli import call, files  # noqa: F401 (a fixture)

WROTE = "drawing ABBA: counter = 1\nwrote "


@pytest.mark.parametrize("what", ["happens-before", "comparison"])
@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf", ".dot", ".txt", ".json"])
def test_the_simplest_execution_that_goes_wrong_is_drawn(files, what, suffix):  # noqa: F811
    assert call("draw", "wrong.py", what, "-o", f"picture{suffix}") == (0, "", f"{WROTE}picture{suffix}\n")
    assert (files / f"picture{suffix}").stat().st_size


def test_a_comparison_can_be_with_any_schedule(files):  # noqa: F811
    assert call("draw", "racy.py", "comparison", "-s", "ABBA", "--against", "BBAA", "-o", "a.txt")[0] == 0
    text = (files / "a.txt").read_text(encoding="utf-8")
    assert text.startswith("step  ABBA: counter = 1                 BBAA: counter = 2\n")
    assert "serial" not in text
    command = "python -m simulator draw racy.py comparison --schedule ABBA --against BBAA -o comparison.svg"
    assert text.endswith(f"{command}\n")
    words = command.removeprefix("python -m simulator ").removesuffix("comparison.svg").split()
    assert call(*words, "again.txt")[0] == 0
    assert (files / "again.txt").read_text(encoding="utf-8") == text
    code, out, err = call("draw", "racy.py", "comparison", "-s", "ABBA", "--against", "AAA", "-o", "a.txt")
    assert (code, out) == (4, "")
    assert "step 3 of 'AAA' wants A" in err


def test_without_a_serial_run_the_other_one_has_to_be_said():
    code, out, err = call("draw", "endless.py", "comparison", "-s", "A", "-o", "a.txt")
    said = "Error: no serial run of this program ends within 2,000 steps: say what to compare with, --against SCHEDULE"
    assert (code, out, err.splitlines()[-1]) == (2, "", said)


def test_slides_are_a_folder_or_one_svg(files):  # noqa: F811
    assert call("draw", "wrong.py", "slides", "-o", "frames/") == (0, "", f"{WROTE}5 files in frames\n")
    assert sorted(path.name for path in (files / "frames").iterdir())[-1] == "step-04.pdf"
    assert call("draw", "wrong.py", "slides", "--format", "svg", "-o", "vectors") == (0, "", f"{WROTE}4 files in vectors\n")
    assert {path.suffix for path in (files / "vectors").iterdir()} == {".svg"}
    for what, output in (("slides", "race.svg"), ("timeline", "race.png")):
        code, _, err = call("draw", "wrong.py", what, "--format", "png", "-o", output)
        assert (code, err.splitlines()[-1].partition(": ")[2]) == (
            2,
            "--format is of slides in a folder; of everything else the suffix decides",
        )
    assert call("draw", "wrong.py", "slides", "-o", "race.svg") == (0, "", f"{WROTE}race.svg\n")
    assert 'data-fragment-index="3"' in (files / "race.svg").read_text(encoding="utf-8")
    message = "UnknownFormat: cannot save slides as '.gif'. Say a folder, for Beamer, or an .svg, for reveal.js.\n"
    assert call("draw", "wrong.py", "slides", "-o", "race.gif") == (2, "", message)


def test_a_log_for_shiviz(files):  # noqa: F811
    assert call("draw", "wrong.py", "shiviz", "-o", "race.shiviz.log") == (0, "", f"{WROTE}race.shiviz.log\n")
    assert (files / "race.shiviz.log").read_text(encoding="utf-8").startswith("(?<host>")
    message = "UnknownFormat: cannot save a shiviz as '.svg'. It can be saved as: .log\n"
    assert call("draw", "wrong.py", "shiviz", "-o", "race.svg") == (2, "", message)


def test_a_moment_of_an_execution(files):  # noqa: F811
    assert call("draw", "racy.py", "happens-before", "-s", "ABBA", "--step", "3", "-o", "a.txt")[0] == 0
    assert "schedule ABB:" in (files / "a.txt").read_text(encoding="utf-8")


def test_a_timeline_by_statements(files):  # noqa: F811
    (files / "called.py").write_text(
        "from simulator import Program, Shared\n"
        "counter = Shared('counter', 0)\n"
        "def increment():\n    value = yield counter.read()\n    yield counter.write(value + 1)\n"
        "def twice():\n    yield from increment()\n    yield from increment()\n"
        "program = Program(A=twice)\n"
    )
    assert call("draw", "called.py", "timeline", "-s", "AAAA", "--statements", "-o", "a.dot")[0] == 0
    assert (files / "a.dot").read_text(encoding="utf-8").count('class="event ') == 2
    for suffix in (".txt", ".json", ".mmd", ".html", ".log"):  # which have one zoom level
        assert call("draw", "called.py", "timeline", "-s", "AAAA", "--statements", "-o", f"a{suffix}")[0] == 0


def test_of_what_goes_on_for_ever_the_beginning_is_drawn(files):  # noqa: F811
    (files / "for_ever.py").write_text(
        "from simulator import Program, Shared\n"
        "flag = Shared('flag', False)\n"
        "def toggle():\n    while True:\n        yield flag.write(not (yield flag.read()))\n"
        "program = Program(A=toggle, B=toggle)\n"
    )
    code, out, err = call("draw", "for_ever.py", "timeline", "-o", "a.txt")
    assert (code, out, err.splitlines()[:2]) == (
        0,
        "",
        ["nothing goes wrong in any interleaving", "and none comes to an end: these are 16 steps, with the threads in turn"],
    )
    assert "schedule ABABABABABABABAB: unfinished" in (files / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["states", "tree", "lock-order"])
def test_too_many_states_for_a_picture_are_refused_with_what_can_be_drawn(files, what):  # noqa: F811
    (files / "many.py").write_text(
        "from simulator import Program, Shared\n"
        "counter = Shared('counter', 0)\n"
        "def increment():\n    value = yield counter.read()\n    yield counter.write(value + 1)\n"
        "program = Program.copies(increment, 8)\n"
    )
    assert call("draw", "many.py", what, "-o", "a.txt") == (
        2,
        "",
        "TooLarge: the program has more than 5,000 states, and this picture is made of all of them.\n"
        "Take fewer threads or fewer steps; or draw what comes of it all, the histogram, which counts any number;\n"
        "or one execution: its timeline, or its lock-order with --schedule.\n",
    )
