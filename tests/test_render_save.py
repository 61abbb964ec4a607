"""Saving, and the one place where Graphviz is started."""

import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from golden_pictures.deadlocked import both, classics, opposite, racy, right, stepped
from missing import missing

from simulator import Execution, Lock, Program, replay
from simulator.analysis import compare, explain_deadlock, resource_allocation_graph, wait_for_graph
from simulator.errors import NoRenderer, RenderError, TooLarge, UnknownFormat
from simulator.render import (
    draw,
    fonts_found,
    renderer,
    resource_allocation_dot,
    save,
    timeline,
    timeline_dot,
    wait_for_dot,
)
from simulator.render.means.palette import DARK

NO_GRAPHVIZ = (
    "No Graphviz was found: neither the program dot nor the package pygraphviz.\n"
    "Install one of them:\n\n"
    "    apt-get install graphviz                               # Debian, Ubuntu\n"
    "    brew install graphviz                                  # macOS\n"
    '    pip install "thread-interleaving-simulator[render]"    # brings Graphviz with it'
)


@pytest.fixture(params=["dot", "pygraphviz"])
def engine(request, monkeypatch):
    """Each of the two ways to draw, on its own."""
    if request.param == "dot" and shutil.which("dot") is None:
        missing("the program dot")
    if request.param == "pygraphviz":
        try:
            import pygraphviz  # noqa: F401
        except ImportError:
            missing("the package pygraphviz")
        monkeypatch.setenv("PATH", "")
    return request.param


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def deadlock():
    return replay(opposite, "AB")


def test_the_renderer_tells_its_name_and_version(engine):
    found = renderer()
    assert found.name == engine
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", found.version)
    assert str(found) == f"{engine} (Graphviz {found.version})"


def test_every_classic_picture_can_be_drawn_in_every_format(engine):
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    for execution in classics().values():
        texts = [
            wait_for_dot(wait_for_graph(execution)),
            resource_allocation_dot(resource_allocation_graph(execution)),
            timeline_dot(execution),
        ]
        for text in texts:
            for format, start in starts.items():
                assert draw(text, format).startswith(start)


def test_an_svg_has_a_role_a_title_a_description_and_ids_of_its_own(engine, deadlock, tmp_path):
    path = save(wait_for_graph(deadlock), tmp_path / "deadlock.svg")
    root = ElementTree.fromstring(path.read_bytes())
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    assert root.find("svg:title", space).text == "Wait-for graph"
    assert root.find("svg:desc", space).text.startswith("Circle A → B → A: A waits for right")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    prefixes = {name.split("-")[0] for name in ids}
    assert len(prefixes) == 1
    assert {f"{prefixes.copy().pop()}-{name}" for name in ("thread1", "thread2", "edge1", "edge2")} <= set(ids)
    assert root.get("aria-labelledby").split() == [f"{prefixes.copy().pop()}-title", f"{prefixes.copy().pop()}-desc"]


def test_an_svg_shows_names_as_they_are_written(engine):
    lock = Lock('a "b" <c> &amp; \\N')
    execution = stepped(Program(A=both(lock, right), B=both(right, lock)))
    for text in (wait_for_dot(wait_for_graph(execution)), resource_allocation_dot(resource_allocation_graph(execution))):
        svg = draw(text, "svg", title="<&>", description="<&>").decode()
        shown = "".join(ElementTree.fromstring(svg).itertext())
        assert shown.replace("\xa0", " ").count('a "b" <c> &amp; \\N') >= 2


def test_what_graphviz_refuses_is_a_render_error(engine, capfd):
    with pytest.raises(RenderError, match=r"^Graphviz could not draw this picture: "):
        draw("digraph {", "svg")


def test_an_unknown_format_is_refused_before_anything_is_started(no_engine):
    with pytest.raises(UnknownFormat) as caught:
        draw("digraph {}", "svgz")
    assert str(caught.value) == "cannot draw 'svgz'. The formats that can be drawn are: svg, png, pdf."


def test_without_graphviz_the_error_says_how_to_get_it(no_engine):
    for attempt in (renderer, lambda: draw("digraph {}", "svg")):
        with pytest.raises(NoRenderer) as caught:
            attempt()
        assert str(caught.value) == NO_GRAPHVIZ


def test_without_graphviz_the_texts_are_written_all_the_same(no_engine, deadlock, tmp_path):
    mine = tmp_path / "deadlock.json"
    mine.write_text("something else")
    with pytest.raises(NoRenderer) as caught:
        save(deadlock, tmp_path / "deadlock.png", theme="dark")
    written = "deadlock.dot, deadlock.mmd and deadlock.txt"
    assert str(caught.value) == f"{NO_GRAPHVIZ}\n\nThe picture was written as {written} all the same."
    assert {path.suffix for path in tmp_path.iterdir()} == {".dot", ".json", ".mmd", ".txt"}
    assert (tmp_path / "deadlock.dot").read_text(encoding="utf-8") == timeline_dot(deadlock, theme=DARK)
    assert mine.read_text() == "something else"
    mine.unlink()
    with pytest.raises(NoRenderer):
        save(deadlock, tmp_path / "deadlock.png")
    assert Execution.from_json(mine.read_text(encoding="utf-8")).schedule == deadlock.schedule


def test_a_crash_of_the_library_is_one_clear_error(monkeypatch):
    monkeypatch.setattr("simulator.render.means.engine._has_dot", lambda: False)
    monkeypatch.setattr("simulator.render.means.engine._pygraphviz", lambda: object())
    monkeypatch.setattr("simulator.render.means.engine.CHILD", "import os; os.abort()")
    with pytest.raises(RenderError, match=r"^Graphviz could not draw this picture: it crashed \(-6\)$"):
        draw("digraph {}", "svg")


def test_an_old_pygraphviz_is_not_used(monkeypatch):
    class Old:
        __version__ = "1.14"

    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", Old())
    with pytest.raises(NoRenderer):
        renderer()


def test_fonts_are_found_or_nobody_can_tell(monkeypatch):
    assert set(fonts_found()) in (set(), {"DejaVu Sans", "DejaVu Sans Mono"})
    monkeypatch.setenv("PATH", "")
    assert fonts_found() == {}


# --- save


def test_the_suffix_decides(no_engine, deadlock, tmp_path):
    graph, circle = wait_for_graph(deadlock), resource_allocation_graph(deadlock)
    assert save(graph, tmp_path / "a.dot").read_text(encoding="utf-8") == wait_for_dot(graph)
    assert save(circle, str(tmp_path / "b.DOT")).read_text(encoding="utf-8") == resource_allocation_dot(circle)
    assert save(deadlock, tmp_path / "c.txt").read_text(encoding="utf-8") == timeline(deadlock, locations=True) + "\n"
    assert save(deadlock, tmp_path / "d.json").read_text(encoding="utf-8") == deadlock.to_json() + "\n"
    explanation = explain_deadlock(deadlock)
    assert save(explanation, tmp_path / "e.txt").read_text(encoding="utf-8") == f"{explanation}\n"
    assert json.loads(save(explanation, tmp_path / "e.json").read_text(encoding="utf-8"))["kind"] == "circular wait"


def test_a_graph_can_be_read_as_text(deadlock, tmp_path):
    assert save(resource_allocation_graph(deadlock), tmp_path / "a.txt").read_text(encoding="utf-8") == (
        "resource-allocation graph\n"
        "A waits: right.acquire(), held by B  (deadlocked.py:15)\n"
        "B waits: left.acquire(), held by A  (deadlocked.py:15)\n"
        "left (Lock) is held by A\n"
        "right (Lock) is held by B\n\n"
        "Circle A → B → A: A waits for right, which B holds; B waits for left, which A holds.\n"
        f"schedule AB: {deadlock.outcome}\n"
        "python -m simulator draw deadlocked.py:opposite resource-allocation --schedule AB -o resource-allocation.svg\n"
    )


def test_a_graph_can_be_read_as_json(deadlock, tmp_path):
    data = json.loads(save(wait_for_graph(deadlock), tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (data["format"], data["version"], data["picture"]) == ("simulator graph", 1, "wait-for")
    assert (data["threads"], data["cycle"], data["schedule"]) == (["A", "B"], ["A", "B"], "AB")
    assert data["nodes"][0]["waits_for"] == "right.acquire()"
    assert data["edges"][0] == {
        "from": "A",
        "to": "B",
        "object": "right",
        "operation": "right.acquire()",
        "location": "deadlocked.py:15",
        "units": 1,
        "how": "holds",
    }


def test_options_are_those_of_the_text(deadlock, tmp_path):
    assert save(deadlock, tmp_path / "a.txt", caption=False, locations=False).read_text(encoding="utf-8") == (
        timeline(deadlock, caption=False) + "\n"
    )
    assert 'label="\\nmine"' in save(deadlock, tmp_path / "a.dot", caption="mine").read_text(encoding="utf-8")


def test_an_unknown_suffix_names_those_that_would_do(deadlock, tmp_path):
    common = ".svg .png .pdf .tex .dot .mmd .txt .json"
    with pytest.raises(UnknownFormat) as caught:
        save(deadlock, tmp_path / "a.gif")
    assert str(caught.value) == f"cannot save an execution as '.gif'. It can be saved as: {common} .html .log"
    with pytest.raises(UnknownFormat) as caught:
        save(wait_for_graph(deadlock), tmp_path / "picture")
    assert str(caught.value) == (
        f"cannot save a wait-for graph as 'picture', which has no suffix. It can be saved as: {common}"
    )
    with pytest.raises(UnknownFormat) as caught:
        save(compare(replay(racy, "ABBA")), tmp_path / "a.mmd")
    assert str(caught.value) == (
        "cannot save a comparison as '.mmd'. It can be saved as: .svg .png .pdf .tex .dot .txt .json"
    )
    with pytest.raises(UnknownFormat) as caught:
        save(explain_deadlock(deadlock), tmp_path / "a.svg")
    assert str(caught.value) == "cannot save an Explanation as '.svg'. It can be saved as: .txt .json"
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_drawn_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"^save\(\) was expecting something that can be drawn, but got int\."):
        save(3, tmp_path / "a.svg")


def test_too_large_a_picture_leaves_no_file(tmp_path):
    with pytest.raises(TooLarge):
        save(wait_for_graph(replay(Program.copies(racy.threads["A"], 61), "")), tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_to_be_missing(deadlock, tmp_path):
    path = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(RenderError) as caught:
        save(deadlock, path)
    assert str(caught.value) == f"cannot write {path}: there is no folder {path.parent}"
    assert caught.value.__suppress_context__


def test_a_folder_is_not_overwritten(deadlock, tmp_path):
    path = tmp_path / "a.txt"
    path.mkdir()
    with pytest.raises(RenderError) as caught:
        save(deadlock, path)
    assert str(caught.value) == f"cannot write {path}: it is a folder"
    assert [left.name for left in tmp_path.iterdir()] == ["a.txt"]


def test_what_was_there_stays_if_writing_fails(deadlock, tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(RenderError) as caught:
        save(deadlock, path)
    assert str(caught.value) == f"cannot write {path}: No space left on device"
    assert [(left.name, left.read_text()) for left in tmp_path.iterdir()] == [("a.txt", "before")]
