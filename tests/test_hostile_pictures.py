"""What bad input gets: a correct picture in every format, or one clear error. Nothing in it can steer what shows it.

One matrix: every input below, by every picture of a program, by every format. Graphviz is started once for all the pictures
of one input.
"""

import io
import json
import linecache
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from html.parser import HTMLParser
from itertools import count, product
from pathlib import Path

import pytest
from hostile import NAMES
from hypothesis import given
from hypothesis import strategies as st
from test_cli import ROOT, call
from test_render_tikz import read

from simulator import Console, Execution, Lock, Program, Shared, answers, explore, replay, run
from simulator.analysis import (
    compare,
    explain_deadlock,
    happens_before,
    lock_order_graph,
    resource_allocation_graph,
    wait_for_graph,
)
from simulator.doctor import examine
from simulator.errors import (
    NondeterministicProgram,
    NoRenderer,
    RenderError,
    ScheduleError,
    TooLarge,
    UnknownFormat,
    UnknownTheme,
    correction,
)
from simulator.exploration.state_graph import state_graph
from simulator.render import player, save, slides, timeline
from simulator.render.lanes.shiviz import PARSER, shiviz
from simulator.render.means import engine
from simulator.render.means.dot import html as dot_html
from simulator.render.means.dot import quoted
from simulator.render.means.palette import LIGHT
from simulator.render.means.tikz import tex, tikz
from simulator.render.mermaid.writer import escaped
from simulator.render.page.player import embedded
from simulator.render.pictures import OF_STATES, picture_of
from simulator.showing import Shown
from simulator.texts import json_text, printable

# --- the inputs: names and values, reprs, exceptions, shapes, bodies, sources


class Said:
    """A value that says of itself what it is told to; equal to another one with the same words."""

    def __init__(self, say, number=0):
        self.say, self.number = say, number

    def __eq__(self, other):
        return isinstance(other, Said) and (self.say, self.number) == (other.say, other.number)

    def __hash__(self):
        return self.number

    def __repr__(self):
        return self.say()


def named(text):
    """Two threads that race and can deadlock; the text is a name, a value, what is printed, and what an exception says."""
    say = partial(str, text)
    lock, other, shared, console = Lock(text), Lock("other"), Shared(text, Said(say)), Console(text)
    word = re.sub(r"[\s*=]", "", text) or "A"

    def first():
        with (yield lock.acquire()), (yield other.acquire()):
            yield shared.write(Said(say, 1))
            yield console.write(text)
        raise ValueError(text)

    def second():
        yield other.acquire()
        yield lock.acquire()
        return Said(say)

    return Program(**{word: first, "Z": second})


def saying(say):
    """Two threads with a value that says of itself what `say` answers."""
    shared = Shared("s", Said(say))

    def body():
        value = yield shared.read()
        yield shared.write(Said(say, 1))
        return [value]

    return Program(A=body, B=body)


def failing(error):
    shared = Shared("s", 0)

    def body():
        yield shared.write(1)
        raise error

    return Program(A=body, B=body)


def raising(error):
    def say():
        raise error

    return say


class Liar(str):
    """A text that says that it is harmless."""

    __slots__ = ()

    def isprintable(self):
        return True

    def split(self, *_):
        return [self]

    def replace(self, *_):
        return self


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Loud(Exception):
    def __str__(self):
        return "\x1b[1mx</script>\n\n"


noted = ValueError("boom")
noted.add_note("a note \x1b[31m")

REPRS = {
    "a kilobyte": lambda: "r" * 1_000,
    "a hundred kilobytes": lambda: "r" * 100_000,
    "nothing": str,
    "many lines": lambda: "a\n  b\r\n\tc\n",
    "what ends a page": lambda: "</script><!--\u2028",
    "a lie": lambda: Liar("\x1b[31m</script>\n"),
    "our separators": lambda: "s = 1, A failed: x -> step  ├─ => schedule AB: deadlock",
    "no text": lambda: 3,
    "None": lambda: None,
    "an error": raising(RuntimeError("no words")),
    "too deep": raising(RecursionError()),
    "no memory": raising(MemoryError()),
    "an exit": raising(SystemExit(3)),
    "an end": raising(GeneratorExit()),
}
ERRORS = {
    "no words": Silent(),
    "loud": Loud(),
    "with a note": noted,
    "a group": ExceptionGroup("\x1b[31m", [ValueError("\u202e")]),
    "empty": ValueError(""),
    "lines": ValueError("a\nb\n"),
    "long": ValueError("x" * 100_000),
    "an exit": SystemExit(2),
    "an end": GeneratorExit(),
}

value = Shared("value", 0)


def nothing():
    yield from ()


def add():
    seen = yield value.read()
    yield value.write(seen + 1)


def serve():
    while True:
        yield value.read()


def nested():
    def outer():
        yield from inner()

    def inner():
        yield value.write(1)

    yield from outer()


def circular():
    yield value.write(1)
    made, pairs = [], {}
    made.append(made)
    pairs["pairs"] = pairs
    return made, pairs


class Methods:
    def method(self, number=1):
        yield value.write(number)

    def __call__(self):
        yield value.write(2)


SHAPES = {
    "no threads": lambda: Program(),
    "one thread": lambda: Program(A=add),
    "no steps": lambda: Program(A=nothing, B=nothing),
    "fifty threads without steps": lambda: Program.copies(nothing, 50),
    "a daemon": lambda: Program(A=add, D=serve, daemons=["D"]),
    "methods": lambda: Program(A=Methods().method, B=Methods()),
    "partials": lambda: Program(A=partial(Methods.method, Methods(), 3), B=partial(Methods().method, number=4)),
    "lambdas": lambda: Program(A=lambda: (each for each in [value.write(1)]), B=lambda: (yield value.read())),
    "nested generators": lambda: Program(A=nested, B=nested),
    "values that hold themselves": lambda: Program(A=circular, B=circular),
}

SOURCE = """x = Shared("x", 0)
def body():
    seen = yield x.read()  # </script><script>alert(1)</script>
    yield x.write(seen + 1); text = "</script>\u202e\x1b[31m<!--%s"\t;\x0c end = 1
program = Program(A=body, B=body)
""" % ("q" * 500)

FILES = {
    "no file": ("<string>", None),
    "a hostile name": ("</title><script>\x1b[31m\n\u202e'\";$(ls).py", None),
    "a hostile line": ("hostile_line.py", SOURCE),
    "other lines": ("other_lines.py", "def body(:\n" * 9),
    "fewer lines": ("fewer_lines.py", "\n"),
    "no text": ("no_text.py", "".join(map(chr, range(256))) * 9),
}


def compiled(name, lines):
    """A program whose source is what `linecache` has of it, as in a notebook, or nowhere."""
    if lines is not None:
        linecache.cache[name] = (len(lines), None, lines.splitlines(keepends=True), name)
    names = {"Shared": Shared, "Program": Program}
    exec(compile(SOURCE, name, "exec"), names)
    return names["program"]


INPUTS = {
    **{f"named {name!a}": partial(named, name) for name in NAMES},
    "named at length": partial(named, "n" * 10_000),
    "named at length, with what has to be escaped": partial(named, '\\"&\U0010ffff' * 300),
    **{f"a repr is {name}": partial(saying, say) for name, say in REPRS.items()},
    **{f"an exception is {name}": partial(failing, error) for name, error in ERRORS.items()},
    **SHAPES,
    **{f"the source is {name}": partial(compiled, *file) for name, file in FILES.items()},
}


# --- the pictures


class InTurn:
    """One step of each thread after the other, which is how the program above comes to its deadlock."""

    def __init__(self):
        self.gone = Counter()

    def next_thread(self, enabled, step):
        chosen = min(enabled, key=lambda name: self.gone[name])
        self.gone[chosen] += 1
        return chosen


@dataclass
class Shot:
    """One picture of one value, and what it is called in a failure."""

    name: str
    value: object
    picture: str | None = None
    refused: tuple[type[Exception], ...] = ()
    """What may be said instead: only where the picture is one of small programs."""


@cache
def shots(name):
    """Every picture of the program of one input."""
    program = INPUTS[name]()
    finished, in_turn = run(program), run(program, strategy=InTurn())
    begun = replay(program, in_turn.schedule[:1])
    found = [Shot("timeline", finished), Shot("in turn", in_turn), Shot("begun", begun)]
    found += [Shot("explanation", explain_deadlock(in_turn))]
    found += [Shot("wait-for", wait_for_graph(in_turn)), Shot("resource-allocation", resource_allocation_graph(in_turn))]
    found += [Shot("happens-before", happens_before(in_turn)), Shot("comparison", compare(in_turn))]
    graph = state_graph(program)
    found += [Shot("lock-order", lock_order_graph(graph)), Shot("histogram", explore(program))]
    refused = {"states": (), "tree": (TooLarge,), "lattice": (TooLarge, ValueError)}
    return [*found, *(Shot(each, graph, each, refused[each]) for each in OF_STATES)]


def texts(name, *suffixes):
    """(where, suffix, value, text) for every picture and every format that is a text."""
    for shot in shots(name):
        picture = picture_of(shot.value, shot.picture)
        for suffix in suffixes or picture.writers:
            if suffix not in picture.writers:
                continue
            try:
                text = picture.write(suffix, shot.value, {"theme": LIGHT})
            except (TooLarge, *shot.refused) as error:
                refused = error
            else:
                refused = None
            if refused is not None:
                assert suffix == ".mmd" or shot.refused
                assert type(refused) is not ValueError or len(shot.value.program.names) != 2
                assert len(str(refused).splitlines()) > 1, "what it is, and what to do instead"
                continue
            yield f"{shot.name}{suffix}", suffix, shot.value, text


# --- what every format must be


def check_lines(where, text):
    """Nothing that cannot be seen, whatever it would do to a terminal or to the direction of reading."""
    for line in text.split("\n"):
        assert line.isprintable(), (where, line[:200])


def check_json(where, text):
    check_lines(where, text)
    data = json.loads(text)
    assert data["format"].startswith("simulator ")
    assert isinstance(data["version"], int)


LABEL = r'"[^"\n]*"'
HEAD = r"%%\{init: .*\}%%|flowchart (?:LR|TB)|sequenceDiagram|  acc(?:Title|Descr): (?P<said>.*)"
FLOW = rf"  n\d+[\[(\{{>]+{LABEL}[\])\}}]+|  n\d+ (?:-->|-\.->|==>|<-->)(?:\|{LABEL}\|)? n\d+"
LOOK = r"  (?:classDef look\d+|class [n\d,]+ look\d+|linkStyle [\d,]+)[#\w:,;\- ]*"
STORY = r" +(?:actor|participant) [TO]\d+ as .*| +Note over [TO]\d+(?:,[TO]\d+)?: .*| +[TO]\d+-?->>[TO]\d+: .*"
FRAME = r"  (?:box|rect) rgb\(\d+, \d+, \d+\)|  end"
MERMAID = re.compile(f"{HEAD}|{FLOW}|{LOOK}|{STORY}|{FRAME}")
MEANS_NOTHING = re.compile(r"""(?:#\d+;|<br/>|[\w _.,()=/\[\]'!?]|[^\x00-\x7f])*""")


def check_mermaid(where, text):
    check_lines(where, text)
    for line in text.splitlines():
        assert MERMAID.fullmatch(line), (where, line)
        if line.startswith("%%{init") or re.match("  (?:class|classDef|linkStyle|box|rect|end)\\b", line):
            continue
        for said in re.findall(LABEL, line) or [line.partition(" as " if " as " in line else ": ")[2]]:
            assert MEANS_NOTHING.fullmatch(said.strip('"')), (where, said)


class Tags(HTMLParser):
    """The elements of a page, their attributes, and the texts of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.scripts = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        self.scripts += [""] if tag == "script" else []

    def handle_data(self, data):
        if self.seen and self.seen[-1] == "script":
            self.scripts[-1] += data


@cache
def harmless_page():
    return Tags(player(run(Program(A=add, B=add))))


def check_page(where, page):
    """A page has the elements and the script that every page has; what it is told cannot end its element."""
    check_lines(where, re.sub(r"[\t]", " ", page))
    found, plain = Tags(page), harmless_page()
    assert found.seen == plain.seen, where
    assert found.scripts[1:] == plain.scripts[1:]
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("href", "src", "srcdoc")]
    told = found.scripts[0]
    assert not set(told) & set("<>&\u2028\u2029"), where
    assert told.isascii()
    json.loads(told)


def check_log(where, text, execution):
    check_lines(where, text)
    parser, separator, *lines = text.split("\n")
    assert (parser, separator) == (PARSER, "")
    found = re.findall(PARSER.replace("(?<", "(?P<"), "\n".join(lines))
    assert len(found) == len(execution) == len(lines) / 2, where
    for _, clock, _ in found:
        json.loads(clock)


def check_svg(where, svg, title):
    root = ElementTree.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), where
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= DRAWN, where
    for element in root.iter():
        for name, said in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            assert not plain.startswith("on"), where
            assert plain not in ("href", "src") or said.startswith("#"), where
    check_lines(where, "".join(root.itertext()).translate(SPACES))
    assert root.find("{http://www.w3.org/2000/svg}title").text == title
    assert float(root.get("width").removesuffix("pt")) < 8_000, f"{where}: nobody can look at that"


DRAWN = {"svg", "title", "desc", "g", "a", "path", "polygon", "polyline", "ellipse", "text", "tspan"}
SPACES = dict.fromkeys(map(ord, "\u00a0\u3000"), " ")
"""Graphviz writes spaces so that they stay."""


# --- the matrix


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


# --- where a picture cannot be written

RACE = Program(A=add, B=add)
RACY = replay(RACE, "ABBA")
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


# --- engines and fonts

ENGINES = {
    "crashes": ("kill -SEGV $$", "it crashed (-11)"),
    "refuses": ("echo 'Error: no such thing' >&2; exit 1", "Error: no such thing"),
    "says nothing": ("exit 3", "it ended with code 3 and said nothing"),
    "answers nothing": ("exit 0", "it answered nothing"),
    "answers something else": ("echo hello", "it answered something that is no whole SVG"),
    "stops in the middle": ("echo '<?xml version=\"1.0\"?><svg>'", "it answered something that is no whole SVG"),
    "answers half characters": (r"printf '<?xml \377</sv'", "it answered something that is no whole SVG"),
    "hangs": ("exec sleep 60", "it was not ready after 0.3 seconds, and was stopped"),
}


def fake(folder, script, name="dot"):
    """A program on PATH that is called as Graphviz is."""
    program = folder / name
    program.write_text(script)
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_fails_is_one_error(name, tmp_path, monkeypatch, raises_in_full):
    script, why = ENGINES[name]
    monkeypatch.setenv("PATH", fake(tmp_path, f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n"))
    monkeypatch.setattr(engine, "MOST_SECONDS", 0.3 if name == "hangs" else 60)
    message = f"Graphviz could not draw this picture: {why}"
    raises_in_full(RenderError, message, lambda: save(RACY, tmp_path / "a.svg"))
    assert [path.name for path in tmp_path.iterdir()] == ["dot"]
    assert set(RACY._repr_mimebundle_()) == {"text/plain"}, "a notebook shows the text"


def test_an_engine_that_does_not_start_is_one_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", fake(tmp_path, "\x7fELF no program"))
    with pytest.raises(RenderError, match=r"^Graphviz could not draw this picture: it does not start: "):
        save(RACY, tmp_path / "a.svg")


def test_warnings_of_an_engine_are_nobodys_business(tmp_path, monkeypatch, capfd):
    if shutil.which("dot") is None:
        pytest.skip("the program dot is missing")
    real = shutil.which("dot")
    monkeypatch.setenv("PATH", fake(tmp_path, f'#!/bin/sh\necho "Warning: no fonts" >&2\nexec {real} "$@"\n'))
    check_svg("", save(RACY, tmp_path / "a.svg").read_bytes(), "Timeline")
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere fonts are not listed so")
def test_without_any_font_pixels_are_refused_and_svg_is_not(tmp_path, monkeypatch, raises_in_full):
    folder = fake(tmp_path, "#!/bin/sh\nexit 0\n", "fc-list")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for suffix in ("png", "pdf"):
        message = (
            f"there is no font on this machine, so that a {suffix.upper()} would show empty boxes.\n"
            "Install one (Debian, Ubuntu: apt-get install fonts-dejavu-core),\n"
            "or save as .svg, which is shown in the fonts of its reader."
        )
        raises_in_full(RenderError, message, partial(save, RACY, tmp_path / f"a.{suffix}"))
    assert "install fonts-dejavu-core" in str(examine()).lower()
    save(RACY, tmp_path / "a.svg")


def test_without_an_engine_every_text_is_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    for suffix in (".dot", ".mmd", ".txt", ".json", ".html", ".log"):
        assert save(RACY, tmp_path / f"a{suffix}").stat().st_size
    for suffix in (".svg", ".png", ".pdf", ".tex"):
        with pytest.raises(NoRenderer, match=r"(?s)apt-get install graphviz.*brew install graphviz.*pip install"):
            save(RACY, tmp_path / f"b{suffix}")
    assert {path.name for path in tmp_path.glob("b.*")} == {"b.dot", "b.mmd", "b.txt", "b.json"}
    for suffix in (".dot", ".mmd", ".txt", ".json"):
        assert (tmp_path / f"b{suffix}").read_text() == (tmp_path / f"a{suffix}").read_text()


# --- the command line

LOUD = """from simulator import Lock, Program, Shared
class Loud:
    def __repr__(self): return "\\x1b[31mred\\x9b1m\\u202e\\n→ ●"
    def __eq__(self, other): return isinstance(other, Loud)
    def __hash__(self): return 1
print("\\x1b[31mloading")
x = Shared("x\\x1b[1m", 0)
left, right = Lock("\\u202eleft"), Lock("é")
def first():
    with (yield left.acquire()), (yield right.acquire()):
        yield x.write(Loud())
    raise ValueError("\\x1b[31m\\u202e\\nno")
def second():
    with (yield right.acquire()), (yield left.acquire()):
        pass
program = Program(A=first, B=second)
broken = Program(A=lambda: (yield Loud()))
"""


@pytest.fixture
def loud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    (tmp_path / "loud.py").write_text(LOUD, encoding="utf-8")
    return tmp_path


TELLING = [
    ["explore", "loud.py"],
    ["explore", "loud.py", "--json"],
    ["sample", "loud.py", "--runs", "20"],
    ["classes", "loud.py"],
    ["replay", "loud.py", "AB"],
    ["replay", "loud.py", "AB", "--json"],
    ["replay", "loud.py", "AAAAAA"],
    ["replay", "loud.py", "A\x1b[31m"],
    ["find", "loud.py", "status == 'deadlock'"],
    ["replay", "loud.py:broken", "A"],
    ["draw", "loud.py", "timeline", "-o", "\x1b[31m.txt"],
    ["draw", "loud.py", "timeline", "-o", "\x1b[31m.gif"],
    ["draw", "loud.py\x1b[31m", "timeline", "-o", "a.txt"],
]


@pytest.mark.parametrize("command", TELLING, ids=ascii)
def test_nothing_of_a_program_steers_the_terminal(command, loud):
    code, out, err = call(*command)
    assert code in (0, 1, 2, 3, 4)
    check_lines("stdout", out)
    check_lines("stderr", err.replace("\x1b[31mloading\n", ""))  # which the file itself has printed
    if "--json" in command:
        json.loads(out)


def test_neither_does_it_in_the_table_of_a_terminal(loud, monkeypatch):
    monkeypatch.setattr(answers.Answer, "is_terminal", lambda self: True)
    code, out, _ = call("explore", "loud.py")
    assert code == 1
    check_lines("stdout", out)
    assert "\\x1b[31mred" in out.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "cp1252"},
        {"COLUMNS": "20", "NO_COLOR": "1", "TERM": "dumb"},
    ],
    ids=str,
)
def test_no_environment_makes_it_fail(env, loud):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | env
    for command in (["explore", "loud.py"], ["draw", "loud.py", "timeline", "-s", "AB", "-o", "a.txt"]):
        done = subprocess.run(
            [sys.executable, "-m", "simulator", *command], capture_output=True, env=environment, timeout=60
        )
        assert done.returncode == (1 if command[0] == "explore" else 0), done.stderr
        assert b"Traceback" not in done.stderr
        assert b"\x1b" not in done.stdout
    assert "\\u202eleft" in (loud / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", [["draw", "loud.py", "timeline", "-s", "AB"], ["replay", "loud.py", "AB"]], ids=lambda each: each[0]
)
def test_a_command_says_in_one_line_why_it_cannot_write(command, loud):
    os.symlink("/dev/full", "full.txt")
    (loud / "folder.txt").mkdir()
    for path, why in (
        ("nowhere/a.txt", "cannot write nowhere/a.txt: there is no folder nowhere"),
        ("folder.txt", "cannot write folder.txt: it is a folder"),
        ("full.txt", "cannot write full.txt: No space left on device"),
        (f"{'x' * 300}.txt", f"cannot write {'x' * 300}.txt: File name too long"),
        ("-", "cannot save a timeline as '-', which has no suffix."),
        ("a.svg.gz", "cannot save a timeline as '.gz'."),
    ):
        code, _, err = call(*command, "-o", path)
        told = err.replace("\x1b[31mloading\n", "")
        assert (code, told.partition(": ")[2].startswith(why), len(told.splitlines())) == (2, True, 1), told
    assert sorted(os.listdir()) == ["folder.txt", "full.txt", "loud.py"]


@pytest.mark.parametrize("what", ["wait-for", "states", "histogram", "lock-order", "happens-before", "comparison"])
def test_a_command_without_an_engine_answers_5_and_leaves_the_texts(what, loud, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    code, out, err = call("draw", "loud.py", what, "-o", "a.svg")
    assert (code, out) == (5, "")
    assert all(command in err for command in ("apt-get install graphviz", "brew install graphviz", "pip install"))
    assert re.search(r"The picture was written as a\.dot, (a\.mmd, )?a\.txt and a\.json all the same\.\n$", err)
    assert {"a.dot", "a.txt", "a.json", "loud.py"} == set(os.listdir()) - {"a.mmd"}
    for suffix in (".dot", ".txt", ".json"):
        assert call("draw", "loud.py", what, "-o", f"a{suffix}")[0] == 0
