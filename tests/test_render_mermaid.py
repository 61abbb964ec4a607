"""Mermaid: word for word in golden_pictures/, accepted by Mermaid's own parser, and nothing in a name means anything to it.

If a change is meant: ``python tests/test_render_mermaid.py`` writes the golden files anew. Then look at them.
"""

import importlib.util
import re
import shutil
from pathlib import Path

import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import classics, opposite, racy
from hostile import NAMES, hostile
from missing import missing

from simulator import Program, Shared, replay, run
from simulator.analysis import happens_before, lock_order_graph, resource_allocation_graph, wait_for_graph
from simulator.errors import TooLarge
from simulator.exploration.state_graph import state_graph
from simulator.render import save
from simulator.render.means.palette import DARK, LIGHT, PRINT
from simulator.render.mermaid.flowcharts import happens_before_mermaid, lock_order_mermaid, waiting_mermaid
from simulator.render.mermaid.flowcharts_of_many import interleaving_tree_mermaid, state_graph_mermaid
from simulator.render.mermaid.sequences import timeline_mermaid
from simulator.render.mermaid.writer import Arrow, Box, Flow, escaped, flowchart
from simulator.texts import printable

GOLDEN = Path(__file__).parent / "golden_pictures"
KEPT = ("opposite", "philosophers", "lost_update", "lost", "lost_units", "circle_of_join", "upgraders")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"]


def of_execution(execution, theme=LIGHT):
    """Every Mermaid text of one execution."""
    return {
        "timeline": timeline_mermaid(execution, theme=theme),
        "wait_for": waiting_mermaid(wait_for_graph(execution), theme=theme),
        "resource_allocation": waiting_mermaid(resource_allocation_graph(execution), theme=theme),
        "happens_before": happens_before_mermaid(happens_before(execution), theme=theme),
        "lock_order": lock_order_mermaid(lock_order_graph(execution), theme=theme),
    }


def of_program(program, limit=None, **options):
    """Every Mermaid text of one program; of large trees the first interleavings."""
    graph = state_graph(program)
    return {
        "states": state_graph_mermaid(graph, **options),
        "tree": interleaving_tree_mermaid(graph, limit=limit, **options),
    }


def pictures():
    for name, execution in (classics() | stuck.classics()).items():
        if name in KEPT:
            yield from ((f"{name}_{picture}.mmd", text) for picture, text in of_execution(execution).items())
    for name, program, chosen in (("racy", racy, "ABBA"), ("opposite", opposite, "AB")):
        yield from ((f"{name}_{picture}.mmd", text) for picture, text in of_program(program, chosen=chosen).items())


def all_texts():
    """Everything that Mermaid's parser is asked to read."""
    yield from pictures()
    for name in NAMES:
        execution = hostile(name)
        yield f"{name!r} timeline", timeline_mermaid(execution)
        yield f"{name!r} wait_for", waiting_mermaid(wait_for_graph(execution))
        yield f"{name!r} tree", of_program(execution.program, limit=3)["tree"]
    for theme in (DARK, PRINT):
        yield from ((f"{theme.name} {name}", text) for name, text in of_execution(replay(opposite, "AB"), theme).items())
    yield "empty timeline", timeline_mermaid(run(Program()))
    yield from ((f"empty {name}", text) for name, text in of_program(Program()).items())
    yield "fifty", timeline_mermaid(run(Program.copies(racy.threads["A"], 50)))


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.mmd")))
def test_the_pictures_are_what_they_were(name):
    assert dict(pictures())[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_picture_is_kept():
    assert {path.name for path in GOLDEN.glob("*.mmd")} == {name for name, _ in pictures()}


def mermaid():
    """The folder of Mermaid as a module for browsers: the package nicegui has one.

    It is not imported, so that nothing of what it needs has to be there: ``pip install --no-deps nicegui``.
    """
    found = importlib.util.find_spec("nicegui")
    folder = Path(found.origin).parent / "elements" / "mermaid" / "dist" if found and found.origin else None
    return folder if folder and (folder / "index.js").exists() else None


@pytest.fixture(scope="module")
def parse():
    """Mermaid's own parser, in a browser."""
    folder = mermaid()
    if folder is None:
        missing("Mermaid, of which nicegui has a copy (pip install --no-deps nicegui),")
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is missing")
    program = shutil.which("chromium")
    if program is None:
        missing("the program chromium")

    def serve(route):
        file = folder / route.request.url.rpartition("/")[2]
        if file.is_file():
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>.</title>", content_type="text/html")

    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page()
        page.route("**/*", serve)
        page.goto("http://mermaid.invalid/")
        page.evaluate("async () => { window.reader = (await import('/index.js')).mermaid; }")
        script = "text => reader.parse(text).then(found => found.diagramType, error => `refused: ${error.message}`)"
        yield lambda text: page.evaluate(script, text)
        browser.close()


def test_mermaids_own_parser_accepts_every_text(parse):
    kinds = {"timeline": "sequence", "fifty": "sequence"}
    read = {name: parse(text.encode(errors="backslashreplace").decode()) for name, text in all_texts()}
    expected = {name: kinds.get(re.split("[ _.]", name.removesuffix(".mmd"))[-1], "flowchart-v2") for name in read}
    assert read == expected
    assert parse("flowchart LR\n  a -->") != "flowchart-v2"  # and it does refuse


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_name_means_anything(name):
    execution = hostile(name)
    for text in (*of_execution(execution).values(), *of_program(execution.program, limit=3).values()):
        body = "\n".join(line for line in text.splitlines()[1:] if not line.strip().startswith(("classDef ", "linkStyle ")))
        assert "<script" not in body
        assert "#" not in re.sub(r"#\d+;", "", body)
        for quoted in re.findall(r'"(.*?)"', body):
            assert not re.search(r'["`%$\\&{}|~^@*+-]', re.sub(r"#\d+;|<br/>", "", quoted))
            assert not re.search("[<>;]", re.sub(r"#\d+;|<br/>", "", quoted))


def test_a_text_is_escaped_and_can_be_read_back():
    for name in NAMES:
        shown = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), escaped(name))
        assert shown == printable(name)
    assert escaped("counter.read() = [1, 2]") == "counter.read() = [1, 2]"


def test_a_timeline_has_arrows_notes_and_values():
    text = timeline_mermaid(replay(racy, "ABBA"))
    assert "  O0-->>T0: 1#58; counter.read() #45;#62; 0" in text  # what is read goes to the thread
    assert "  T0->>O0: 4#58; counter.write(1)" in text
    assert "  Note over T0: stale#58; read at step 1" in text
    assert "  Note over T0: line 58#58; value = yield counter.read()" in text
    assert text.count("  Note over O0: ") == 2  # the start, and the one change
    assert (
        "  Note over T0,O0: schedule ABBA#58; counter = 1<br/>python #45;m simulator replay deadlocked.py#58;racy ABBA"
        in text
    )
    assert "  Note over T0: waits for ever#58; right.acquire()" in timeline_mermaid(replay(opposite, "AB"))
    assert "  Note over T0,O0: mine" in timeline_mermaid(replay(racy, "ABBA"), caption="mine")


def test_the_lane_of_a_thread_has_its_fill_and_behind_what_is_wrong_there_is_a_bar():
    text = timeline_mermaid(replay(racy, "ABBA"))
    assert (
        "  box rgb(128, 184, 216)\n    participant T0 as A\n  end\n  box rgb(242, 207, 128)\n    participant T1 as B" in text
    )
    bar = text.partition("  rect rgb(246, 201, 172)\n")[2].partition("\n  end\n")[0]
    assert [line.partition(": ")[2] for line in bar.splitlines()][1:] == [
        "4#58; counter.write(1)",
        "stale#58; read at step 1",
    ]
    assert "rect" not in timeline_mermaid(replay(racy, "AABB"))


def test_the_circle_is_marked_and_dashes_stay():
    text = waiting_mermaid(resource_allocation_graph(replay(opposite, "AB")))
    assert text.count("-.->") == 2
    assert text.count("  n2 --> ") == 1
    assert re.findall(r"  linkStyle (\S+) stroke:#D55E00,stroke-width:3px", text) == ["0,1,2,3"]


def test_above_what_mermaid_can_bear_it_is_refused_with_advice():
    counter = Shared("counter", 0)

    def spin():
        for _ in range(401):
            yield counter.read()

    with pytest.raises(TooLarge) as caught:
        timeline_mermaid(run(Program(A=spin)))
    size = re.search(r"and ([\d,]+) characters", str(caught.value))[1]
    assert str(caught.value) == (
        f"as Mermaid the timeline would have 401 arrows and {size} characters, and Mermaid fails\n"
        "above 400 or 40,000.\n"
        "Save it as .svg or .pdf, which have limits of their own; as .txt or .json; or draw a smaller part of it."
    )
    flow = Flow("Graph", [], boxes=[Box(["a"])], arrows=[Arrow(0, 0)] * 400)
    assert flowchart(flow, LIGHT).count("-->") == 400
    flow.boxes.append(Box(["x" * 40_000]))
    with pytest.raises(TooLarge):
        flowchart(flow, LIGHT)


def test_it_is_saved_by_its_suffix(tmp_path):
    graph = state_graph(racy)
    assert save(graph, tmp_path / "a.mmd", picture="tree").read_text() == interleaving_tree_mermaid(graph)
    dark = save(replay(racy, "ABBA"), tmp_path / "b.mmd", theme="dark").read_text()
    assert dark == timeline_mermaid(replay(racy, "ABBA"), theme=DARK)
    assert f'"background": "{DARK.paper}"' in dark


if __name__ == "__main__":
    for name, text in pictures():
        (GOLDEN / name).write_text(text, encoding="utf-8")
