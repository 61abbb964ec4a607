"""What bad input gets: a correct picture in every format, or one clear error. Nothing in it can steer what shows it.

One matrix: every hostile program, by every picture of it, by every format. Graphviz is started once for all the pictures of
one program.
"""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from functools import partial

import pytest
from formats import DRAWN, MEANS_NOTHING, Tags, check_json, check_lines, check_log, check_mermaid, check_page, check_svg
from hostile import NAMES
from hostile_programs import INPUTS, Said, named, shots, texts
from hypothesis import given
from hypothesis import strategies as st
from test_render_tikz import read

from simulator import Execution, Program, Shared, replay, run
from simulator.errors import (
    ScheduleError,
)
from simulator.render import save, slides, timeline
from simulator.render.means import engine
from simulator.render.means.dot import html as dot_html
from simulator.render.means.dot import quoted
from simulator.render.means.palette import LIGHT
from simulator.render.means.tikz import tex, tikz
from simulator.render.mermaid.writer import escaped
from simulator.render.page.player import embedded
from simulator.render.pictures import picture_of
from simulator.showing import Shown
from simulator.texts import json_text


@pytest.mark.parametrize("name", INPUTS)
def test_every_text_is_what_its_format_says(name):
    seen = Counter()
    for where, suffix, shown, text in texts(name):
        seen[suffix] += 1
        if suffix == ".json":
            check_json(where, text)
        elif suffix == ".mmd":
            check_mermaid(where, text)
        elif suffix == ".html":
            check_page(where, text)
        elif suffix == ".log":
            check_log(where, text, shown)
        else:
            assert suffix in (".dot", ".txt")
            check_lines(where, text)
    assert min(seen[suffix] for suffix in (".txt", ".dot", ".json", ".mmd", ".html", ".log")) >= 3


@pytest.fixture
def drawn(monkeypatch):
    """Graphviz, asked once for many pictures: what is not among them is drawn as ever, for nobody can say it is the same."""
    known = {}

    def by_program(text, format):
        return known[text] if format == "svg" and text in known else in_fact(text, format)

    in_fact = engine._by_program
    monkeypatch.setattr(engine, "_by_program", by_program)

    def draw_all(pictures):
        if not pictures:
            return
        done = subprocess.run([shutil.which("dot"), "-Tsvg"], input="".join(pictures).encode(), capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[:500]
        begin = b"<?xml"
        found = [begin + each for each in done.stdout.split(begin)[1:]]
        assert len(found) == len(pictures)
        known.update(zip(pictures, found, strict=True))

    return draw_all


@pytest.mark.parametrize("name", INPUTS)
def test_every_drawing_is_one_picture_and_nothing_else(name, drawn, tmp_path):
    if shutil.which("dot") is None:
        pytest.skip("the program dot is missing")
    texts_of = {where: (shown, text) for where, _, shown, text in texts(name, ".dot")}
    for pinned in (True, False):  # two kinds of layout, which Graphviz cannot do in one go
        drawn([text for _, text in texts_of.values() if ("layout=" in text) == pinned])
    for shot in shots(name):
        if f"{shot.name}.dot" in texts_of:
            path = save(shot.value, tmp_path / "a.svg", picture=shot.picture)
            check_svg(shot.name, path.read_bytes(), picture_of(shot.value, shot.picture).title)
        if isinstance(shot.value, Shown) and shot.picture in (None, "states"):
            bundle = shot.value._repr_mimebundle_()
            check_lines(shot.name, bundle["text/plain"])
            page = Tags(bundle["text/html"])
            assert not set(page.seen) & {"script", "iframe", "img", "object", "embed", "foreignobject", "style"}
            assert not [said for said, _ in page.attributes if said.startswith("on")]


@pytest.mark.parametrize("name", [*(f"named {name!a}" for name in NAMES), "named at length"])
def test_slides_and_latex_show_names_letter_by_letter(name, tmp_path):
    if shutil.which("dot") is None:
        pytest.skip("the program dot is missing")
    in_turn = shots(name)[1].value
    (path,) = slides(in_turn, tmp_path / "slides.svg")
    root = ElementTree.fromstring(path.read_bytes())
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= DRAWN
    fragments = [element.get("data-fragment-index") for element in root.iter() if element.get("data-fragment-index")]
    assert set(fragments) == set(map(str, range(len(in_turn))))
    text = tikz(picture_of(in_turn).writers[".dot"](in_turn), "Timeline", name)
    assert read(text), "every line of it is one that is known to be right"
    assert not re.search(r"\\(?:input\{?[^%]|write|immediate|catcode|def\b|openout)", text.partition("\n")[2])


def test_pixels_can_be_made_of_the_worst(tmp_path):
    worst = shots(f"named {NAMES[-1]!a}")[1].value
    for suffix, begin in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        assert save(worst, tmp_path / f"a{suffix}").read_bytes().startswith(begin)


# --- a text of any kind

STEERING = "<>&\"'\\/!-{}[]%#\n\x1b\u202e"
letters = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(STEERING, max_size=40)


@given(letters)
def test_no_text_gets_out_of_its_quotes(text):
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', quoted(text))
    assert not set(dot_html(text)) & set('<>"')
    assert MEANS_NOTHING.fullmatch(escaped(text))
    assert not re.search(r"(?<!\\)[%#&_$^~]", re.sub(r"\$\\[a-z]+\$", "", tex(text)))
    for shown in (quoted(text), dot_html(text), escaped(text), tex(text)):
        assert shown.isprintable()
    for written in (json_text([text]), embedded({"": text})):
        assert json.loads(written) in ([text], {"": text})
        assert all(line.isprintable() for line in written.split("\n"))


@pytest.mark.parametrize("letter", ["n", '"', "&", "😀", "\U0010ffff"], ids=ascii)
def test_no_string_is_longer_than_graphviz_can_read(letter):
    assert len(quoted(letter * 20_000).encode()) < 16_384
    assert quoted(letter * 20_000).startswith(quoted(letter)[:-1])


@given(letters, letters)
def test_a_timeline_stands_any_name_and_any_repr(name, said):
    shared, word = Shared(f"x{name}", 0), re.sub(r"[\s*=]", "", name) or "A"

    def body():
        yield shared.write(Said(partial(str, said)))
        raise ValueError(said)

    execution = run(Program(**{word: body, "other": body}))
    picture = picture_of(execution)
    for suffix, check in ((".txt", check_lines), (".dot", check_lines), (".mmd", check_mermaid), (".json", check_json)):
        check(suffix, picture.write(suffix, execution, {"theme": LIGHT}))
    check_log("", picture.write(".log", execution, {}), execution)
    assert len(timeline(execution).splitlines()) == 1 + 2 + 2 + 2, "one line for each step and each failure, and a caption"


# --- executions that were read from a file, which anybody may have edited


def leaves(data, path=()):
    """The ways to everything in the data that holds nothing else."""
    if isinstance(data, dict | list) and data:
        for key, part in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(part, (*path, key))
    yield path


def edited(data, path, new):
    """The data with something else in one place."""
    if not path:
        return new
    changed = dict(data) if isinstance(data, dict) else list(data)
    changed[path[0]] = edited(data[path[0]], path[1:], new)
    return changed


RECORD = replay(named("x"), "xZ").to_data()


@pytest.mark.parametrize("new", [None, 3, "\x1b[31m</script>\n", [], {}, ["x"], {"x": 1}, {"repr": 3}, [[]]], ids=ascii)
def test_a_record_with_anything_in_it_is_drawn_or_refused(new):
    drawn, refused = 0, []
    for path in leaves(RECORD):
        try:
            execution = Execution.from_json(json.dumps(edited(RECORD, path, new)))
        except ScheduleError as error:
            refused.append(str(error))
            continue
        drawn += 1
        picture = picture_of(execution)
        for suffix, check in ((".txt", check_lines), (".dot", check_lines), (".mmd", check_mermaid), (".json", check_json)):
            check((path, suffix), picture.write(suffix, execution, {"theme": LIGHT}))
        check_page(path, picture.write(".html", execution, {}))
    assert drawn
    assert refused
    assert all(re.match("this (?:execution|JSON) |cannot read |step 1 of |the schedule ", said) for said in refused), refused
