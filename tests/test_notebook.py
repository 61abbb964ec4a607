"""Values show themselves in notebooks: a picture or a table, never Markdown, never an error; and importing stays light."""

import html.parser
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from golden_pictures.deadlocked import opposite, racy
from hostile import NAMES, hostile

from simulator import Execution, Program, Shared, explore, replay, run, sample
from simulator.analysis import (
    compare,
    explain_deadlock,
    happens_before,
    lock_order_graph,
    resource_allocation_graph,
    wait_for_graph,
)
from simulator.exploration.forever.lassos import forever
from simulator.exploration.state_graph import state_graph
from simulator.render import notebook, player, player_frame, timeline
from simulator.showing import Shown, show_with

PLAIN, HTML, SVG = "text/plain", "text/html", "image/svg+xml"
ROOT = Path(__file__).parent.parent
spinning = Shared("spinning", 0)


def spin():
    while (yield spinning.read()) == 0:
        pass


class Tags(html.parser.HTMLParser):
    """What stands in a page; every element that begins must end."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append(tag)
        self.attributes += attributes

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def pictures():
    return [replay(racy, "ABBA"), replay(opposite, "AB"), compare(replay(racy, "ABBA")), state_graph(racy), run(Program())]


def texts():
    return [forever(opposite), forever(Program(A=spin)).endless, explain_deadlock(replay(opposite, "AB"))]


def test_executions_comparisons_and_state_graphs_are_pictures():
    for value in pictures():
        shown = value._repr_mimebundle_()
        assert list(shown) == [PLAIN, HTML, SVG]
        assert ElementTree.fromstring(shown[SVG].encode()).tag == "{http://www.w3.org/2000/svg}svg"
        assert shown[HTML].startswith('<div role="region" aria-label="')
        assert 'tabindex="0" style="max-width:100%;overflow:auto"><svg ' in shown[HTML]
        assert {"<?xml", "<!DOCTYPE"} & set(shown[HTML].split()) == set()


def test_the_text_is_the_picture_as_text():
    execution = replay(racy, "ABBA")
    assert execution._repr_mimebundle_()[PLAIN] == timeline(execution)
    assert state_graph(racy)._repr_mimebundle_()[PLAIN].startswith("state graph\n")


def test_an_exploration_is_the_table_that_is_printed():
    result = explore(racy)
    shown = result._repr_mimebundle_()
    assert list(shown) == [PLAIN, HTML]
    assert shown[PLAIN] == str(result)
    page = Tags(shown[HTML])
    assert page.texts[:6] == [result.headline(), *result.columns()]
    assert page.texts[6:16] == [cell for summary in result.outcomes for cell in result.row(summary)]
    assert page.texts[16:] == [result.legend(), f"claim: {result.claim}"]
    assert ("scope", "col") in page.attributes


def test_outcomes_alone_are_a_table_of_what_is_known():
    result = explore(racy)
    assert result.outcomes == tuple(result.outcomes)
    page = Tags(result.outcomes._repr_mimebundle_()[HTML])
    assert page.texts[:6] == ["2 outcomes", "outcome", "interleavings", "share", "probability", "example"]
    assert page.texts[6:11] == ["counter = 1", "4", "66.7%", "50.0%", str(result.outcomes[0].example.schedule)]
    assert Tags(result.outcomes[0]._repr_mimebundle_()[HTML]).texts[0] == "1 outcome"
    sampled = Tags(sample(racy, runs=10, seed=1).outcomes._repr_mimebundle_()[HTML])
    assert sampled.texts[1:4] == ["outcome", "runs", "example"]
    assert result.deadlocks._repr_mimebundle_()[PLAIN] == "()"
    assert result.outcomes._repr_mimebundle_()[PLAIN] == "counter = 1\ncounter = 2"
    assert len(explore(opposite).deadlocks._repr_mimebundle_()[PLAIN].splitlines()) == 1


def test_more_outcomes_than_anybody_reads_are_counted(monkeypatch):
    monkeypatch.setattr(notebook, "MOST_ROWS", 1)
    assert "and 1 more outcomes" in explore(racy)._repr_mimebundle_()[HTML]
    assert "and 1 more outcomes" in explore(racy).outcomes._repr_mimebundle_()[HTML]


def test_what_is_said_best_in_words_is_a_text_in_a_box():
    for value in texts():
        shown = value._repr_mimebundle_()
        assert list(shown) == [PLAIN, HTML]
        assert shown[PLAIN] == str(value)
        assert "".join(Tags(shown[HTML]).texts) == str(value)


def test_there_is_no_markdown_and_notebooks_may_choose():
    for value in (*pictures(), *texts(), explore(racy)):
        assert "text/markdown" not in value._repr_mimebundle_()
    execution = replay(racy, "ABBA")
    assert list(execution._repr_mimebundle_(include=[PLAIN])) == [PLAIN]
    assert list(execution._repr_mimebundle_(include=None, exclude={HTML})) == [PLAIN, SVG]


def test_the_player_shows_itself_in_a_sandboxed_frame():
    frame = player_frame(player(replay(racy, "ABBA")))
    assert frame._repr_html_() == frame
    page = Tags(frame)
    assert page.seen == ["iframe"]
    assert ("sandbox", "allow-scripts") in page.attributes
    assert frame.count("<script") == 0  # it is in the attribute, escaped


def test_the_same_picture_twice_in_one_page_shares_no_ids():
    execution = replay(racy, "ABAB")
    both = [set(re.findall(r'\bid="([^"]+)"', execution._repr_mimebundle_()[HTML])) for _ in range(2)]
    assert both[0]
    assert not both[0] & both[1]


def test_every_page_begins_anew():
    execution = replay(racy, "AABB")
    notebook.begin_page()
    first = execution._repr_mimebundle_()[SVG]
    assert execution._repr_mimebundle_()[SVG] != first
    notebook.begin_page()
    assert execution._repr_mimebundle_()[SVG] == first


def graphs():
    execution = replay(opposite, "AB")
    waiting = wait_for_graph(execution)
    others = [resource_allocation_graph(execution), happens_before(execution), lock_order_graph(execution)]
    return [waiting, waiting.subgraph(["A"]), waiting.copy(), *others]


@pytest.mark.parametrize("place", range(6))
def test_graphs_are_pictures_too(place):
    bundle = graphs()[place]._repr_mimebundle_()
    assert set(bundle) == {PLAIN, HTML, SVG}
    assert ElementTree.fromstring(bundle[SVG]).get("role") == "img"


def test_what_has_a_tooltip_is_no_link():
    tags = Tags(state_graph(opposite)._repr_mimebundle_()[HTML])
    assert "a" not in tags.seen
    assert tags.seen.count("title") == 1 + 1 + 19 + 22  # the picture, Graphviz's page, the states, and the steps
    assert any(text.startswith("A: left.acquire() -> True") for text in tags.texts)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_gets_out_of_its_text(name):
    execution = hostile(name)
    values = (execution, execution.outcome, compare(execution), state_graph(execution.program), explore(execution.program))
    for value in values:
        if not isinstance(value, Shown):
            continue
        shown = value._repr_mimebundle_()
        page = Tags(shown[HTML])
        assert set(page.seen) & {"script", "iframe", "img", "object", "embed", "foreignobject"} == set()
        assert [found for found, _ in page.attributes if found.startswith("on")] == []
        assert "".join(shown.values()).encode(errors="replace")


class Broken:
    """A value that cannot say what it is."""

    def __repr__(self):
        raise RuntimeError("no text for this")


def test_it_never_raises(monkeypatch):
    def too_long():
        for _ in range(500):
            yield spinning.write(1)
            yield spinning.read()

    long = run(Program(A=too_long))
    assert list(long._repr_mimebundle_()) == [PLAIN]  # above the limit of the picture
    monkeypatch.setattr("simulator.render.notebook.picture_of", Broken)
    assert list(replay(racy, "ABBA")._repr_mimebundle_()) == [PLAIN]
    broken = replay(racy, "ABBA")
    broken.outcome = Broken()
    monkeypatch.setattr(Execution, "__str__", Broken.__repr__, raising=False)
    assert broken._repr_mimebundle_() == {PLAIN: "<Execution whose text raises RuntimeError>"}


def test_without_graphviz_there_is_the_text(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert replay(racy, "ABBA")._repr_mimebundle_() == {PLAIN: timeline(replay(racy, "ABBA"))}
    assert list(explore(racy)._repr_mimebundle_()) == [PLAIN, HTML]


def test_the_lower_layers_know_nothing_of_pictures():
    code = (
        "import sys, simulator\n"
        "from simulator import Program, run\n"
        "run(Program())\n"
        "print([name for name in sys.modules if name.startswith('simulator.render') or name == 'networkx'])\n"
        "run(Program())._repr_mimebundle_()\n"
        "print('simulator.render.notebook' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\nTrue\n"


def test_whoever_shows_values_can_be_replaced():
    from simulator.notebooks import shown

    show_with(lambda value: {PLAIN: "mine"})
    try:
        assert replay(racy, "ABBA")._repr_mimebundle_() == {PLAIN: "mine"}
    finally:
        show_with(shown)
    assert player(replay(racy, "ABBA"))  # pictures are there all the same
    assert SVG in replay(racy, "ABBA")._repr_mimebundle_()
