"""Every picture of every program in examples/, in every format that is text: kept in golden_pictures/examples/.

Each program is drawn as the command ``draw`` draws it if nothing more is said: the simplest execution in which anything goes
wrong, and all interleavings. Where ``draw`` refuses, what it says is kept, too (``refused.txt``).

All that would be some 40 MB, and nobody reads the difference between two graphs of a thousand lines. So what is short is
kept in full, where a review sees how it changes: of the numbered examples whatever has at most 20,000 characters; of the
catalogue what is made for reading (.txt, .mmd, refusals), up to 4,000. Of all others there is one line in ``digests.txt``,
which tells that they changed. What changed in them shows a comparison of two folders, from before and after:
``python tests/test_example_pictures.py FOLDER`` writes every text in full there.

If a change is meant: ``python tests/test_example_pictures.py`` writes the golden files anew. Then look at them.
"""

import contextlib
import difflib
import hashlib
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from missing import missing
from test_render_mermaid import parse  # noqa: F401 (a fixture)

from simulator import Program, analysis, explore, replay
from simulator.cli import main
from simulator.commands.choosing import worst_execution
from simulator.commands.drawing import PICTURES
from simulator.commands.many import all_states
from simulator.commands.outputs import suffixes_of
from simulator.errors import TooLarge
from simulator.exploration.judging import judge
from simulator.loading import Loaded
from simulator.render import save
from simulator.render.pictures import OF_STATES, picture_of

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
GOLDEN = Path(__file__).parent / "golden_pictures" / "examples"
DIGESTS = GOLDEN / "digests.txt"
REFUSED = "refused.txt"
FILES = {path.relative_to(EXAMPLES).with_suffix("").as_posix(): path for path in sorted(EXAMPLES.rglob("*.py"))}

LONGEST_OF_EXAMPLES = 20_000
LONGEST_OF_CATALOGUE = 4_000
FOR_READING = (".txt", ".mmd")
DRAWN_UP_TO = 25_000
"""Characters of DOT: what is larger takes Graphviz long."""
DRAWN = 10
"""How many of each kind are drawn as SVG."""
OF_A_MACHINE = (" at 0x", "/home/", "/tmp/", "/usr/", "/work/")
MOST_LINES = 60
"""Of a difference that is shown when a test fails."""

TOO_LARGE = {
    ("11_minimum_two", "notebook"): "A B*6 A C*4 B",
    ("12_real_threads", "notebook"): "A B*4 A*3",
    ("14_what_was_printed", "lecture"): "A*24 B*5 A",
}
"""Programs that would take minutes to search, and what is drawn of them: a beginning."""
FEW_STATES = 10
"""After how many states the exploration of one of those is stopped."""
MANY_STATES = 50_000
"""No other program has so many. One that does belongs into `TOO_LARGE`."""

KINDS = tuple(what for what in PICTURES if what not in ("shiviz", "player"))
"""What is kept. The log for ShiViz is kept with the timeline; a page is no text (test_player.py, test_browser.py)."""
TEXTS = (".dot", ".mmd", ".txt", ".json", ".log")
REFUSALS = (TooLarge, ValueError, click.UsageError)
ADVICE = re.compile(r"\b(draw|say|take|prune|save|read|correct)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Drawn:
    """One program of one example, and the values that its pictures are made of."""

    example: str
    loaded: Loaded

    @property
    def program(self):
        return self.loaded.program

    @property
    def name(self):
        return self.loaded.name

    @property
    def beginning(self):
        """The schedule, of what is too large to be searched."""
        return TOO_LARGE.get((self.example, self.name))

    @cached_property
    def execution(self):
        return self.chosen("timeline", self.loaded)

    @cached_property
    def deadlock(self):
        """To search for what the exploration has shown not to be takes long: an empty program says the same at once."""
        cannot = self.exploration.claim == "complete" and not self.exploration.deadlocks
        return self.chosen("wait-for", replace(self.loaded, program=Program()) if cannot else self.loaded)

    def chosen(self, what, loaded):
        if self.beginning is not None:
            return replay(self.program, self.beginning)
        with contextlib.redirect_stderr(io.StringIO()):  # it says what it draws
            return worst_execution(loaded, what, {"max_states": MANY_STATES})

    @cached_property
    def exploration(self):
        return explore(self.program, max_states=FEW_STATES if self.beginning else MANY_STATES)

    @cached_property
    def states(self):
        return all_states(self.loaded, {})

    def value(self, what):
        """What is drawn, and the options of the picture."""
        holds = self.loaded.postcondition
        judged = {} if holds is None else {"bad": lambda outcome: not judge(holds, outcome.final)}
        match what:
            case "timeline":
                return self.execution, {}
            case "slides":
                return self.execution, {"shown": (len(self.execution) + 1) // 2}
            case "wait-for":
                return analysis.wait_for_graph(self.deadlock), {}
            case "resource-allocation":
                return analysis.resource_allocation_graph(self.deadlock), {}
            case "happens-before":
                return analysis.happens_before(self.execution), {}
            case "comparison":
                # The nearest serial run of what is too large is longer than anybody would look for.
                other = replay(self.program, sorted(self.execution.schedule)) if self.beginning else None
                return analysis.compare(self.execution, other), {}
            case "histogram":
                return self.exploration, judged
            case "lock-order":
                return analysis.lock_order_graph(self.states), {}
        return self.states, judged


@cache
def programs(example):
    """The programs of one file, as ``draw FILE:NAME`` finds them."""
    path = FILES[example]
    found = runpy.run_path(str(path), run_name=path.stem)
    conditions = found.get("postcondition"), found.get("invariant")
    return [
        Drawn(example, Loaded(value, path, name, *conditions)) for name, value in found.items() if isinstance(value, Program)
    ]


def kept_as(what):
    """The suffixes of a picture that are texts. Of slides it is one picture, that of the moment in the middle."""
    return (".dot",) if what == "slides" else tuple(suffix for suffix in TEXTS if suffix in suffixes_of(what))


def named(what):
    return what if what in OF_STATES else None


def said(error):
    """A refusal, as the command says it."""
    if isinstance(error, click.UsageError):
        return f"Error: {error.message}"
    return f"{'TooLarge' if isinstance(error, TooLarge) else 'error'}: {error}"


@cache
def texts(example):
    """Every text of one example, and every refusal, by what it is of: (program, picture, suffix)."""
    made, refused = {}, {}
    for drawn in programs(example):
        for what in KINDS:
            keys = [(drawn.name, what, suffix) for suffix in kept_as(what)]
            try:
                value, options = drawn.value(what)
            except REFUSALS as error:
                refused |= dict.fromkeys(keys, said(error))
                continue
            for key in keys:
                try:
                    made[key] = f"{picture_of(value, named(what)).write(key[2], value, options).rstrip()}\n"
                except REFUSALS as error:
                    refused[key] = said(error)
    return made, refused


def is_short(example, suffix, text):
    """Whether a text is kept in full."""
    if example.startswith("catalogue/"):
        return suffix in FOR_READING and len(text) <= LONGEST_OF_CATALOGUE
    return len(text) <= LONGEST_OF_EXAMPLES


def file_name(key):
    program, what, suffix = key
    return f"{program}_{what}{suffix}"


def golden(example):
    """The files of one example by their names, and what is kept of its other texts."""
    made, refused = texts(example)
    files = {file_name(key): text for key, text in made.items() if is_short(example, key[2], text)}
    if refused:
        files[REFUSED] = refusals(refused)
    others = {f"{example}/{file_name(key)}": digest(text) for key, text in made.items() if file_name(key) not in files}
    return files, others


def refusals(refused):
    """What was refused, and below it what was said."""
    alike = {}
    for (program, what, suffix), why in refused.items():
        alike.setdefault((program, why), {}).setdefault(what, []).append(suffix)
    blocks = []
    for (program, why), kinds in alike.items():
        lines = [f"{program} {what} {' '.join(suffixes)}\n" for what, suffixes in kinds.items()]
        blocks.append(f"{''.join(lines)}{textwrap.indent(why, '    ')}\n")
    return "\n".join(blocks)


def digest(text):
    return f"{hashlib.sha256(text.encode(errors='backslashreplace')).hexdigest()[:16]}  {len(text):>9,} characters"


def digests_text(digests):
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def kept_digests():
    """What stands in digests.txt, by name."""
    lines = DIGESTS.read_text(encoding="utf-8").splitlines()
    return {line.split()[-1]: line.rpartition("  ")[0] for line in lines}


def kept_files(example):
    return {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / example).iterdir() if path.is_file()}


def encoded(text):
    """As `save` writes it."""
    return text.encode(errors="backslashreplace")


every_example = pytest.mark.parametrize("example", FILES)


# --- what is kept


@every_example
def test_the_pictures_are_what_they_were(example):
    files, digests = golden(example)
    before = kept_files(example)
    kept = {name: line for name, line in kept_digests().items() if name.rpartition("/")[0] == example}
    changed = sorted(name for name in files.keys() | before.keys() if files.get(name) != before.get(name))
    unread = sorted(name for name in digests.keys() | kept.keys() if digests.get(name) != kept.get(name))
    if not changed and not unread:
        return
    lines = [line for name in changed for line in difference(name, before.get(name, ""), files.get(name, ""))]
    more = [f"... {len(lines) - MOST_LINES:,} more lines"] if len(lines) > MOST_LINES else []
    pytest.fail(
        "\n".join(
            [
                f"pictures of {example} are not what they were: {len(changed)} kept in full, {len(unread)} as digests.",
                *lines[:MOST_LINES],
                *more,
                *(f"another digest: {name}" for name in unread),
                "If this is meant: python tests/test_example_pictures.py, and look at what has changed.",
                "Into a FOLDER it writes all in full, also what has only a digest: do so before and after, and compare.",
            ]
        ),
        pytrace=False,
    )


def difference(name, before, now):
    return difflib.unified_diff(before.splitlines(), now.splitlines(), f"kept/{name}", f"now/{name}", lineterm="", n=1)


def test_every_picture_of_every_program_is_kept_or_refused():
    """Read from what is kept alone: a program, a picture or a format that is new cannot be forgotten."""
    digests = kept_digests()
    assert {folder.rpartition("/")[0] for folder in digests} <= set(FILES)
    for example in FILES:
        wanted = {(drawn.name, what, suffix) for drawn in programs(example) for what in KINDS for suffix in kept_as(what)}
        assert wanted, f"{example} has no program"
        files = kept_files(example)
        refused = [
            (program, what, suffix)
            for line in files.pop(REFUSED, "").splitlines()
            if line and not line.startswith(" ")
            for program, what, *suffixes in [line.split()]
            for suffix in suffixes
        ]
        names = [*files, *(name.rpartition("/")[2] for name in digests if name.rpartition("/")[0] == example)]
        assert sorted([*names, *map(file_name, refused)]) == sorted(map(file_name, wanted))
    folders = {
        path.parent.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file() and path != DIGESTS
    }
    assert folders == set(FILES)


def test_the_files_are_as_small_as_promised():
    sizes = [path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()]
    assert sum(sizes) < 5_000_000


@every_example
def test_a_refusal_says_what_to_do_instead(example):
    assert [why for why in texts(example)[1].values() if not ADVICE.search(why)] == []


@every_example
def test_no_text_names_a_machine_or_an_address_in_memory(example):
    made, refused = texts(example)
    for key, text in [*made.items(), *refused.items()]:
        assert not [word for word in OF_A_MACHINE if word in text], key


@every_example
def test_json_can_be_read_and_has_a_version(example):
    for (program, what, suffix), text in texts(example)[0].items():
        if suffix == ".json":
            data = json.loads(text)
            assert data["format"].startswith("simulator "), (program, what)
            assert data["version"] == 1


@pytest.mark.parametrize(
    ("example", "name"), [("01_lost_update", "program"), ("09_deadlock", "program"), ("catalogue/peterson", "broken")]
)
def test_draw_writes_what_is_kept(example, name, tmp_path):
    made, refused = texts(example)
    for what in KINDS:
        for suffix in () if what == "slides" else kept_as(what):
            output = tmp_path / f"picture{suffix}"
            done = CliRunner().invoke(main, ["draw", f"{FILES[example]}:{name}", what, "-o", str(output)])
            key = (name, what, suffix)
            if key in refused:
                assert refused[key].partition(": ")[2] in done.stderr
            else:
                assert (done.exit_code, output.read_bytes()) == (0, encoded(made[key])), (key, done.stderr)


# --- what others make of it


def test_mermaids_own_parser_accepts_every_text(parse):  # noqa: F811
    read = {
        (example, *key): parse(encoded(text).decode())
        for example in FILES
        for key, text in texts(example)[0].items()
        if key[2] == ".mmd"
    }
    assert read == {key: "sequence" if key[2] == "timeline" else "flowchart-v2" for key in read}
    assert {what for _, _, what, _ in read} == {what for what in KINDS if ".mmd" in kept_as(what)}


def need_dot():
    if shutil.which("dot") is None:
        missing("the program dot")


def test_graphviz_accepts_every_text(tmp_path):
    """Those that say where everything stands are drawn as they are. For the others any arrangement does: reading the labels,
    in which all that could be wrong is, comes before arranging them; and osage is far quicker at that than dot."""
    need_dot()
    pinned, free = [], []
    for number, (key, text) in enumerate((key, text) for example in FILES for key, text in texts(example)[0].items()):
        if key[2] == ".dot":
            path = tmp_path / f"{number}.dot"
            path.write_bytes(encoded(text))
            (pinned if ' layout="' in text else free).append(str(path))
    assert pinned
    assert free
    commands = (["dot", "-Tdot", *pinned], ["dot", "-Kosage", "-Tdot", *free])
    running = [subprocess.Popen(each, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for each in commands]
    for process in running:
        _, complaints = process.communicate()
        assert (process.returncode, complaints) == (0, "")


def some(what):
    """Some programs of which a picture is small enough to be drawn soon: short ones and longer ones."""
    sizes = [
        (len(texts(example)[0].get((drawn.name, what, ".dot"), "." * DRAWN_UP_TO)), example, drawn.name, drawn)
        for example in FILES
        for drawn in programs(example)
    ]
    small = [drawn for size, _, _, drawn in sorted(sizes, key=lambda entry: entry[:3]) if size < DRAWN_UP_TO]
    return small[:: -(-len(small) // DRAWN)]


@pytest.mark.parametrize("what", KINDS)
def test_an_svg_is_whole_and_can_be_read_aloud(what, tmp_path):
    need_dot()
    drawn = some(what)
    assert drawn
    for number, each in enumerate(drawn):
        value, options = each.value(what)
        picture = {} if named(what) is None else {"picture": what}
        text = save(value, tmp_path / f"{number}.svg", **picture, **options).read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        ids = [element.get("id") for element in root.iter() if element.get("id") is not None]
        assert [name for name, times in Counter(ids).items() if times > 1] == []
        assert set(re.findall(r'(?:url\(|href=")#([^)"]+)', text)) <= set(ids)
        assert root.get("role") == "img"
        title, description = list(root)[:2]
        assert (title.tag.rpartition("}")[2], description.tag.rpartition("}")[2]) == ("title", "desc")
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text == picture_of(value, named(what)).title
        assert (description.text or "").strip()
        assert not [element for element in root.iter() if element.tag.rpartition("}")[2] in ("script", "image")]
        if what == "states":
            assert len(re.findall(r'class="node state[ "]', text)) == len(value.states)
        if what == "timeline":
            assert len(re.findall(r'class="node event[ "]', text)) == len(value)


# --- writing it anew


def write_everything(folder):
    """Every text in full, to be compared with those of another time."""
    folder.mkdir(parents=True)
    for example in FILES:
        made, refused = texts(example)
        (folder / example).mkdir(parents=True)
        for key, text in made.items():
            (folder / example / file_name(key)).write_bytes(encoded(text))
        if refused:
            (folder / example / REFUSED).write_bytes(encoded(refusals(refused)))


def write_golden():
    """Write what is kept, and nothing else stays there."""
    all_digests = {}
    everything = {}
    for example in FILES:
        everything[example], digests = golden(example)
        all_digests |= digests
    if GOLDEN.exists():
        shutil.rmtree(GOLDEN)
    for example, files in everything.items():
        (GOLDEN / example).mkdir(parents=True)
        for name, text in files.items():
            (GOLDEN / example / name).write_bytes(encoded(text))
    DIGESTS.write_text(digests_text(all_digests), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_everything(Path(sys.argv[1]))
    else:
        write_golden()
