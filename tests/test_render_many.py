"""The pictures of many interleavings: kept word for word in golden_pictures/many/, and what any of them must stand.

If a change is meant: ``python tests/test_render_many.py`` writes the golden files anew. Then look at them.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from golden_pictures.deadlocked import both, counter, increment, left, lock, mixture, opposite, philosophers, racy, right

from simulator import Lock, Program, Shared, explore, run, sample, state_graph
from simulator.analysis import lock_order_graph
from simulator.cli import main
from simulator.errors import TooLarge
from simulator.render import save
from simulator.render.pictures import GRAPHS, HISTOGRAM, OF_STATES

GOLDEN = Path(__file__).parent / "golden_pictures" / "many"
STATES, TREE, LATTICE = (OF_STATES[name] for name in ("states", "tree", "lattice"))
LOCK_ORDER = GRAPHS["lock-order"]


def lost(outcome):
    return outcome.final[counter] != 2


def gated(body):
    def behind_the_gate():
        with (yield lock.acquire()):
            yield from body()

    return behind_the_gate


guarded = Program(A=gated(both(left, right)), B=gated(both(right, left)))


def pictures():
    """What is kept: the name, the picture, the value, and the options of its text."""
    update, deadlock = state_graph(racy), state_graph(opposite)
    for name, picture in OF_STATES.items():
        yield f"lost_update_{name}", picture, update, {"chosen": "ABBA", "bad": lost}
        yield f"opposite_{name}", picture, deadlock, {"chosen": "AB"}
    yield "pruned_tree", TREE, state_graph(Program.copies(increment, 3)), {"limit": 3, "chosen": "CCBBAA"}
    yield "lost_update_histogram", HISTOGRAM, explore(racy), {"bad": lost}
    yield "sampled_histogram", HISTOGRAM, sample(racy, runs=100, seed=7), {}
    yield "mixture_lock_order", LOCK_ORDER, lock_order_graph(state_graph(mixture)), {}
    yield "philosophers_lock_order", LOCK_ORDER, lock_order_graph(run(philosophers)), {}
    yield "guarded_lock_order", LOCK_ORDER, lock_order_graph(guarded), {}


def kept():
    for name, picture, value, options in pictures():
        yield f"{name}.dot", picture.writers[".dot"](value, **options)
        yield f"{name}.txt", picture.writers[".txt"](value, **options)
        yield f"{name}.json", picture.writers[".json"](value, **options)


@pytest.fixture(scope="module")
def drawn():
    return dict(kept())


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_the_pictures_are_what_they_were(drawn, name):
    assert drawn[name].rstrip("\n") + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_picture_is_kept(drawn):
    assert {path.name for path in GOLDEN.iterdir()} == set(drawn)


def test_json_names_its_format_and_version(drawn):
    for name, text in drawn.items():
        if name.endswith(".json"):
            data = json.loads(text)
            assert data["format"].startswith("simulator ")
            assert data["version"] == 1


def test_pictures_are_drawn_in_every_format_and_tell_what_they_show(tmp_path):
    starts = {"png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph", "json": b"{"}
    for name, picture, value, options in pictures():
        named = (
            {"picture": next(key for key, each in OF_STATES.items() if each is picture)}
            if picture in OF_STATES.values()
            else {}
        )
        for suffix, start in starts.items():
            assert save(value, tmp_path / f"{name}.{suffix}", **options, **named).read_bytes().startswith(start)
        tree = ElementTree.fromstring(save(value, tmp_path / f"{name}.svg", **options, **named).read_text(encoding="utf-8"))
        assert tree.get("role") == "img"
        titles = [element.text for element in tree if element.tag.endswith(("title", "desc"))]
        assert titles[0] == picture.title
        assert " ".join(titles[1].split()) == " ".join(picture.writers[".txt"](value, **options).split())


def test_what_is_shown_has_its_class_and_a_tooltip(tmp_path):
    text = save(state_graph(opposite), tmp_path / "states.svg", chosen="AB").read_text(encoding="utf-8")
    assert text.count('class="node state deadlock"') == 1
    assert text.count('class="edge step chosen"') == 2
    assert len(re.findall(r'class="node state[" ]', text)) == 19
    text = save(state_graph(opposite), tmp_path / "lattice.svg", picture="lattice").read_text(encoding="utf-8")
    assert (text.count('class="node forbidden"'), text.count('class="node unreachable"')) == (5, 1)
    assert text.count('class="node unsafe"') == 1
    assert "<title>forbidden by left and right</title>" in text
    assert "<title>no way leads here</title>" in text
    assert "<a " not in text  # what Graphviz makes of a tooltip is no link to anywhere


# --- what they must stand


@dataclass(frozen=True)
class Silent:
    """A value that cannot say what it is."""

    number: int = 0

    def __repr__(self):
        raise RuntimeError("no words")


NASTY = ('"quoted"', "<script>alert(1)</script>", "&amp;\\N\\G", "snow☃😀", "עברית", "a" * 60)


def nasty(number):
    """Two threads with names, objects and values that have to be escaped."""
    name = NASTY[number]
    value, mutex = Shared(f"v {name}", name * 20), Lock(f"l {name}")

    def body():
        with (yield mutex.acquire()):
            yield value.write(f"</text><script>{name}</script>" * 30)

    return Program(**{name: body, "B": body})


def drawings(program, tmp_path, **options):
    """Every picture of a program, as SVG and text."""
    graph = state_graph(program)
    values = [(graph, {"picture": name}) for name in OF_STATES if name != "lattice" or len(program.names) == 2]
    values += [(explore(program), {}), (lock_order_graph(graph), {})]
    for number, (value, named) in enumerate(values):
        picture = save(value, tmp_path / f"{number}.svg", **named, **options).read_text(encoding="utf-8")
        yield picture, save(value, tmp_path / f"{number}.txt", **named).read_text(encoding="utf-8")
        json.loads(save(value, tmp_path / f"{number}.json", **named).read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_nothing_in_a_name_or_a_value_breaks_a_picture(tmp_path, number):
    for picture, _ in drawings(nasty(number), tmp_path):
        tree = ElementTree.fromstring(picture)
        assert not [element for element in tree.iter() if element.tag.endswith("script")]
        assert "<script" not in picture


def test_a_value_that_cannot_say_what_it_is_does_not_spoil_a_picture():
    thing = Shared("thing", Silent())

    def body():
        yield thing.read()
        yield thing.write(Silent(1))
        return Silent(2)

    graph = state_graph(Program(A=body, B=body))
    for picture in (STATES, TREE, LATTICE):
        text = "".join(picture.writers[suffix](graph) for suffix in (".dot", ".txt", ".json"))
        assert "whose repr raises RuntimeError" in text


@pytest.mark.parametrize("program", [Program(), Program(A=increment)], ids=["none", "one"])
def test_programs_without_threads_or_with_one_have_pictures(program, tmp_path):
    for picture, text in drawings(program, tmp_path):
        assert ElementTree.fromstring(picture).tag.endswith("svg")
        assert "1 interleaving" in text or "the only interleaving" in text


def test_fifty_threads_are_refused_or_drawn(tmp_path):
    def nothing():
        yield from ()

    idle = Program.copies(nothing, 50)
    assert "finished" in save(state_graph(idle), tmp_path / "idle.txt").read_text(encoding="utf-8")
    save(state_graph(idle), tmp_path / "idle.svg", picture="tree")
    with pytest.raises(TooLarge):
        state_graph(Program.copies(increment, 50))
    locks = [Lock(f"l{number}") for number in range(50)]
    chain = Program(**{f"T{number}": both(locks[number], locks[(number + 1) % 50]) for number in range(50)})
    graph = lock_order_graph(run(chain))
    assert len(graph.graph["circles"]) == 1
    with pytest.raises(TooLarge) as caught:
        save(graph, tmp_path / "locks.svg")
    assert str(caught.value) == (
        "the lock-order graph has 50 locks, and nobody could read it above 40.\n"
        'Draw one circle alone: graph.subgraph(graph.graph["circles"][0].locks); or save it as .txt or .json.'
    )
    assert "Circle l0 → l1" in save(graph, tmp_path / "locks.txt").read_text(encoding="utf-8")
    save(graph.subgraph(["l0", "l1"]), tmp_path / "part.svg")


def test_the_caption_can_be_replaced():
    for _, picture, value, options in pictures():
        assert 'label="\\nmine"' in picture.writers[".dot"](value, caption="mine", **options)
        assert picture.writers[".txt"](value, caption="mine", **options).endswith("\nmine")


def test_a_state_graph_has_only_its_pictures(tmp_path, raises_in_full):
    raises_in_full(
        ValueError,
        "picture='clock' is no picture of a state graph. There are: states, tree, lattice.",
        lambda: save(state_graph(racy), tmp_path / "clock.svg", picture="clock"),
    )


def test_too_many_states_are_refused_but_can_be_read(tmp_path, raises_in_full):
    graph = state_graph(Program.copies(increment, 4))
    raises_in_full(
        TooLarge,
        f"the program has {len(graph.states):,} states, and nobody could read a graph of more than 150.\n"
        "Draw fewer threads or fewer steps; or what comes of it all, the outcome histogram of explore(program);\n"
        "or its beginning, the interleaving tree with depth=3. As .txt or .json it can be saved all the same.",
        lambda: save(graph, tmp_path / "states.svg"),
    )
    with pytest.raises(TooLarge, match=f"the program has {len(graph.states):,} states"):
        save(graph, tmp_path / "states.mmd")
    assert "2,520 interleavings" in save(graph, tmp_path / "states.txt").read_text(encoding="utf-8")


# --- draw


WRONG = """
from simulator import Lock, Program, Shared
counter = Shared("counter", 0)
def increment():
    value = yield counter.read()
    yield counter.write(value + 1)
program = Program(A=increment, B=increment)
def postcondition(final):
    return final[counter] == 2
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.py").write_text(WRONG)
    return tmp_path


def call(*arguments):
    done = CliRunner().invoke(main, ["draw", "wrong.py", *arguments])
    return done.exit_code, done.stderr


@pytest.mark.parametrize("what", ["states", "tree", "lattice"])
def test_draw_marks_the_schedule_and_what_must_not_be(file, what):
    assert call(what, "--schedule", "ABBA", "-o", "picture.txt") == (0, "wrote picture.txt\n")
    text = (file / "picture.txt").read_text(encoding="utf-8")
    assert "*" in text
    assert "BAD" in text or "!" in text
    assert text.rstrip().endswith(f"python -m simulator draw wrong.py {what} --schedule ABBA -o {what}.svg")


def test_draw_draws_what_is_no_single_execution(file):
    assert call("histogram", "-o", "picture.txt") == (0, "wrote picture.txt\n")
    assert "! counter = 1  share " in (file / "picture.txt").read_text(encoding="utf-8")
    assert call("lock-order", "-o", "picture.txt") == (0, "wrote picture.txt\n")
    assert "no lock was taken" in (file / "picture.txt").read_text(encoding="utf-8")
    assert call("lock-order", "-s", "AB", "-o", "picture.txt") == (0, "wrote picture.txt\n")
    assert call("tree", "--limit", "1", "--depth", "3", "-o", "picture.txt") == (0, "wrote picture.txt\n")
    assert "--limit 1 --depth 3" in (file / "picture.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["states", "--limit", "3"], "--limit and --depth prune a tree, and this is a states"),
        (["histogram", "-s", "AB"], "a histogram shows all interleavings, and none of them alone: leave out --schedule"),
        (["lattice", "--step", "3"], "--step is a moment of one execution, and a lattice shows many"),
    ],
)
def test_draw_refuses_options_that_make_no_sense(file, arguments, message):
    code, said = call(*arguments, "-o", "picture.txt")
    assert (code, said.strip().split("\n")[-1]) == (2, f"Error: {message}")


def test_draw_says_where_a_schedule_does_not_fit(file):
    assert call("states", "-s", "AAA", "-o", "picture.svg") == (
        4,
        "ScheduleError: step 3 of 'AAA' wants A, but only B can step there.\n",
    )


if __name__ == "__main__":
    for old in GOLDEN.iterdir():
        old.unlink()
    for name, text in kept():
        (GOLDEN / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
