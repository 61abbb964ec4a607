"""What a picture cannot be made of, and where it cannot be written: one clear error, and nothing is lost."""

import io
import os
from functools import partial
from itertools import count, product
from pathlib import Path

import pytest
from formats import check_lines
from hostile_programs import RACE, RACY, add, raising, saying

from simulator import Execution, Program, explore, replay, run
from simulator.analysis import (
    compare,
    explain_deadlock,
    happens_before,
    resource_allocation_graph,
    wait_for_graph,
)
from simulator.errors import (
    NondeterministicProgram,
    RenderError,
    ScheduleError,
    UnknownFormat,
    UnknownTheme,
    correction,
)
from simulator.exploration.state_graph import state_graph
from simulator.render import player, save, slides, timeline
from simulator.render.lanes.shiviz import shiviz
from simulator.render.pictures import picture_of
from simulator.texts import printable

# --- where a picture cannot be written

CANNOT = {
    "nowhere/a.txt": "there is no folder nowhere",
    "good.txt/a.txt": "good.txt is no folder",
    "folder.txt": "it is a folder",
    f"{'x' * 300}.txt": "File name too long",
    "a\0b.txt": "no file can have such a name",
    "\ud800.txt": "no file can have such a name",
    "/proc/a.txt": "No such file or directory",
    "full.txt": "No space left on device",
}


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A folder, the current one, with places where nothing can be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.txt").write_text("good")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "full.txt").symlink_to("/dev/full")
    return tmp_path


@pytest.mark.parametrize("path", CANNOT, ids=lambda path: ascii(path[:20]))
def test_what_cannot_be_written_is_one_error_and_leaves_nothing(path, places, raises_in_full):
    if path.startswith(("/proc", "full")) and not os.path.exists("/dev/full"):
        pytest.skip("this is no Linux")
    before = sorted(os.listdir(places))
    raises_in_full(RenderError, f"cannot write {printable(path)}: {CANNOT[path]}", lambda: save(RACY, path))
    assert sorted(os.listdir(places)) == before
    assert (places / "good.txt").read_text() == "good"


def test_a_folder_of_slides_that_cannot_be_made_is_one_error(places, raises_in_full):
    cannot = {
        "nowhere/slides": "there is no folder nowhere",
        "good.txt": "it is a file",
        "x" * 300: "File name too long",
        "a\0b": "no file can have such a name",
    }
    once = replay(RACE, "A")
    for path, why in cannot.items():
        message = f"cannot write {printable(path)}: {why}"
        raises_in_full(RenderError, message, partial(slides, once, path, format="svg"))


def test_a_folder_where_nothing_may_be_written_is_one_error(places, monkeypatch, raises_in_full):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", denied)  # for whoever runs this may be allowed everything
    raises_in_full(RenderError, "cannot write good.txt: Permission denied", lambda: save(RACY, "good.txt"))
    assert (places / "good.txt").read_text() == "good"


def test_an_interrupt_leaves_what_was_there(places, monkeypatch):
    def interrupted(path, content):
        path.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(RACY, "good.txt")
    assert sorted(os.listdir(places)) == ["folder.txt", "full.txt", "good.txt"]
    assert (places / "good.txt").read_text() == "good"


def test_the_longest_name_will_do_and_a_link_stays_a_link(places):
    longest = save(RACY, f"{'x' * 251}.txt")
    (places / "link.txt").symlink_to("good.txt")
    save(RACY, "link.txt")
    assert (places / "link.txt").is_symlink()
    assert (places / "good.txt").read_text() == longest.read_text()


@pytest.mark.parametrize("path", ["-", "", "a", "a.", "a.svg.gz", ".svg", "a.svg ", "..", "a.exe", "/dev/null"])
def test_a_suffix_that_says_nothing_is_refused_and_says_which_would_do(path, places):
    before = sorted(os.listdir(places))
    with pytest.raises(UnknownFormat) as caught:
        save(RACY, path)
    assert str(caught.value).endswith(" It can be saved as: .svg .png .pdf .tex .dot .mmd .txt .json .html .log")
    assert sorted(os.listdir(places)) == before


# --- wrong arguments


def test_what_is_no_path_is_said_to_be_none(raises_in_full):
    for path, function in product((None, 3, b"a.svg", io.StringIO(), RACY, ["a.svg"]), (save, slides)):
        name = function.__name__
        message = correction(
            f"{name}() was expecting the path of a file, a text or a Path, as its second argument, "
            f"but got {type(path).__name__}.",
            (f"{name}(path, value)", ""),
            (f'{name}(value, "picture.svg")', "first what is drawn, then where to"),
        )
        raises_in_full(TypeError, message, partial(function, RACY, path))


WRONG = [None, "a text", RACE, Program, [RACY], (RACY,), {}, RACY.outcome, RACY.schedule, add]


@pytest.mark.parametrize("wrong", WRONG, ids=ascii)
def test_what_is_no_picture_is_said_to_be_none(wrong, tmp_path):
    with pytest.raises(TypeError) as caught:
        save(wrong, tmp_path / "a.txt")
    assert str(caught.value).startswith(
        f"save() was expecting something that can be drawn, but got {type(wrong).__name__}.\nThat is an execution, "
    )
    assert not list(tmp_path.iterdir())


def test_themes_pictures_and_options_that_there_are_not(tmp_path, raises_in_full):
    path, graph = tmp_path / "a.svg", state_graph(RACE)
    for theme in ("neon", "", "Light", 3, ["light"]):
        message = f"there is no theme {theme!r}. The themes are: light, dark, print."
        raises_in_full(UnknownTheme, message, partial(save, RACY, path, theme=theme))
    for picture in ("clock", "", 3, ["states"]):
        message = f"picture={picture!r} is no picture of a state graph. There are: states, tree, lattice."
        raises_in_full(ValueError, message, partial(save, graph, path, picture=picture))
    for suffix, has in ((".txt", "It has: caption, locations."), (".json", "It has none."), (".log", "It has none.")):
        message = f"an execution saved as {suffix} has no option nonsense. {has}"
        raises_in_full(TypeError, message, partial(save, RACY, path.with_suffix(suffix), nonsense=1))
    raises_in_full(TypeError, "caption= was expecting a text, but got int.", partial(save, RACY, path, caption=3))
    assert not list(tmp_path.iterdir())


def test_what_is_of_another_program_or_has_none_is_said(raises_in_full):
    other = Program(X=add, Y=add)
    with pytest.raises(ValueError, match=r"^these two executions are of different programs"):
        compare(RACY, replay(other, "XY"))
    with pytest.raises(ScheduleError, match=r"^step 1 of 'XY' wants X"):
        picture_of(state_graph(RACE)).write(".txt", state_graph(RACE), {"chosen": replay(other, "XY")})
    with pytest.raises(ValueError, match=r"^the execution is of threads X, Y, but the graph is of threads A, B\.\n"):
        player(replay(other, "XY"), state_graph(RACE))
    read_back = Execution.from_json(RACY.to_json())
    for question in (compare, happens_before, wait_for_graph, resource_allocation_graph, explain_deadlock, shiviz):
        with pytest.raises(ValueError, match=r"(?s)from a file.*replay\("):
            question(read_back)


def test_what_a_value_says_must_not_change(raises_in_full):
    numbers = count()
    program = saying(lambda: f"number {next(numbers)}")
    check_lines("", timeline(run(program)))
    for question in (explore, state_graph):
        with pytest.raises(NondeterministicProgram, match=r"Common causes: "):
            question(program)


def test_an_interrupt_is_an_interrupt_even_in_a_repr():
    with pytest.raises(KeyboardInterrupt):
        timeline(run(saying(raising(KeyboardInterrupt()))))


def test_moments_that_there_are_not(raises_in_full):
    for graph in (wait_for_graph, resource_allocation_graph):
        for step in (-1, 5):
            with pytest.raises(ValueError, match=f"^there is no moment after {step} steps: the execution has 4.\n"):
                graph(RACY, step)
        for step in ("1", 1.5, True):
            message = f"step= was expecting a number of steps, 0 to 4, but got {step!r}"
            raises_in_full(TypeError, message, partial(graph, RACY, step))
