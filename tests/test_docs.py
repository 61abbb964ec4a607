"""The documentation: every cell and command runs, the notebook is what its page says, every link leads somewhere, every
name is there, no number in a text is older than the program.

The site itself is built by ``.ci/run``, with warnings as errors: ``python -m sphinx -W docs build/docs``. After a wanted
change of the tutorial: ``python docs/_tools/pages.py``, and read the difference before you keep it.
"""

import importlib
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from missing import missing
from test_browser import launch, show, tab  # noqa: F401  fixtures

from simulator import Lock, Program, Shared, analysis, explore, render, replay

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|\{download\}`[^<`]*<([^>]+)>`")
PICTURE = "image/svg+xml"
MODULES = ("simulator", "simulator.analysis", "simulator.render", "simulator.real_threads")

sys.path.insert(0, str(DOCS / "_tools"))
import pages  # noqa: E402  which stands beside the pages, and in no package


def name_of(page):
    return str(page.relative_to(DOCS))


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
pages_with_cells = pytest.mark.parametrize(
    "page", [page for page in PAGES if "```{code-cell}" in page.read_text(encoding="utf-8")], ids=name_of
)


@pytest.fixture
def can_draw():
    if shutil.which("dot") is None:
        pytest.importorskip("pygraphviz", reason="the pages draw pictures: neither dot nor pygraphviz is here")


@pytest.mark.usefixtures("can_draw")
@pages_with_cells
def test_every_cell_runs(page):
    pieces = pages.cells(page.read_text(encoding="utf-8"))
    outputs = pages.run(pieces)
    assert len(outputs) == sum(piece.is_code for piece in pieces) == page.read_text(encoding="utf-8").count("{code-cell}")
    shown = json.dumps(outputs)
    assert not re.search(r"/(home|tmp|usr|work)/|0x[0-9a-f]{6}|ipykernel", shown), "a page shows something of this machine"


def shows(outputs, kind):
    """All that some cells put below themselves as one kind."""
    return "\n".join("".join(each["data"].get(kind, ())) for cell in outputs for each in cell if "data" in each)


def read(name):
    return pages.cells((DOCS / name).read_text(encoding="utf-8"))


@pytest.mark.usefixtures("can_draw")
def test_a_command_that_a_page_shows_must_work():
    text = "# A page\n\n```console\n$ python -m simulator draw no.py timeline -o no.svg\n```\n"
    with pytest.raises(AssertionError, match="there is no file") as caught:
        pages.run(pages.cells(text))
    assert "in the text that begins in line 1" in caught.value.__notes__[0]


FILES = """# A page

```{code-block} text
:caption: a.txt

hello
```

```{code-cell} ipython3
:tags: [b.py]

B = 2
```

```console
$ python c.py
$ pdflatex c.tex
```

```{code-block} python
:caption: c.py

from pathlib import Path

from b import B

Path("d.txt").write_text("x" * B)
```

```{code-cell} ipython3
from pathlib import Path

print(Path("a.txt").read_text(), Path("d.txt").read_text())
```
"""


def test_a_page_shows_the_files_that_its_commands_need():
    pieces = pages.cells(FILES)
    assert list(pages.files(pieces)) == ["a.txt", "b.py", "c.py"]
    assert [command for piece in pieces for command in pages.commands(piece)] == ["python c.py", "pdflatex c.tex"]
    assert pages.run(pieces)[1][0]["text"] == ["hello\n", " xx\n"]
    assert "b" not in sys.modules, "a module of a page outlives it"


@pytest.fixture
def as_written(tmp_path):
    """Do what a page says, to the letter, in a folder with its files: every command for which there is the program."""

    def follow(page, programs):
        pieces = read(page)
        for name, content in pages.files(pieces).items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        done = {}
        for command in (command for piece in pieces for command in pages.commands(piece)):
            program, *arguments = shlex.split(command)
            if program not in programs:
                continue
            done[command] = subprocess.run(
                [*programs[program], *arguments],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(DOCS.parent)},
                capture_output=True,
                text=True,
                timeout=120,
            )
        return done

    return follow


@pytest.mark.usefixtures("can_draw")
def test_the_talk_can_be_copied_and_given(as_written, tmp_path):
    """The slides of a lecture: as many pages as frames and steps, and in the handout one page for each frame."""
    if shutil.which("pdflatex") is None:
        missing("the program pdflatex")
    latex = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error"]
    done = as_written("howto/slides.md", {"mkdir": ["mkdir"], "python": [sys.executable], "pdflatex": latex})
    assert {command: each.stdout for command, each in done.items() if each.returncode} == {}
    frames = (tmp_path / "talk.tex").read_text(encoding="utf-8").count("\\begin{frame}") + 1  # and the title
    steps = len(list((tmp_path / "pictures" / "lost_update").glob("step-*.pdf")))
    assert f"({frames + steps - 1} pages," in done["pdflatex talk.tex"].stdout
    assert f"({frames} pages," in done["pdflatex handout.tex"].stdout
    assert "Overfull" not in done["pdflatex talk.tex"].stdout + done["pdflatex handout.tex"].stdout
    page = (tmp_path / "talk.html").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r'data-fragment-index="(\d)"', page))) == [str(step) for step in range(steps)]
    pictures = re.findall(r'src="(pictures/[^"]+)"', page)
    assert len(pictures) == 5
    assert [name for name in pictures if not (tmp_path / name).exists()] == []


@pytest.mark.usefixtures("can_draw")
def test_the_test_can_be_copied_and_fails_with_a_picture(as_written, tmp_path):
    done = as_written("howto/test.md", {"python": [sys.executable]})
    pytest_run = done["python -m pytest -q test_withdraw.py"]
    assert "1 failed, 1 passed" in pytest_run.stdout, pytest_run.stdout
    assert 'replay(program, "ABBBAA")' in pytest_run.stdout
    names = {f"test_withdraw.py-test_without_a_lock.{suffix}" for suffix in ("html", "json", "svg")}
    assert {path.name for path in (tmp_path / "failures").iterdir()} == names
    assert done["python -m simulator explore account.py"].returncode == 0


@pytest.mark.usefixtures("can_draw")
def test_pictures_of_the_site_are_there_for_light_and_dark_pages_and_scroll():
    for page in ("gallery/timeline.md", "tutorial.md"):
        html = shows(pages.run(read(page), site=True), "text/html")
        assert html.count(" only-light") == html.count(" only-dark") >= 3, page
        boxes = re.findall(r'<div class="picture[^>]*>\s*<svg[^>]*', html)
        assert len(boxes) == html.count(" only-light") * 2, page
        assert all('tabindex="0"' in box and "aria-label=" in box and "min-width:" in box for box in boxes), page
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), "two pictures of a page share an id"


@pytest.mark.usefixtures("can_draw")
def test_the_gallery_shows_a_picture_of_every_page():
    cards = shows(pages.run(read("gallery/index.md"), site=True), "text/html").split('<div class="card">')[1:]
    names = [re.search(r'<a href="(\w+)\.html">', card)[1] for card in cards]
    assert sorted(names) == sorted(page.stem for page in (DOCS / "gallery").glob("*.md") if page.stem != "index")
    for name, card in zip(names, cards, strict=True):
        images = re.findall(r'<img class="([\w-]*)" alt="([^"]+)" src="data:image/svg\+xml;base64,', card)
        kinds = {"player": [], "formats": [""]}.get(name, ["only-light", "only-dark"])
        assert [kind for kind, _ in images] == kinds, name
        assert images or ('<div class="thumbnail" inert>' in card and 'tabindex="-1"' in card)


GALLERY = [page for page in PAGES if page.parent.name == "gallery" and page.stem != "index"]


@pytest.mark.parametrize("page", GALLERY, ids=name_of)
def test_a_page_of_the_gallery_has_all_its_parts(page):
    text = page.read_text(encoding="utf-8")
    assert re.search(r":tags: \[(race|deadlock)\.py\]", text), "it does not show its program as a file"
    assert re.search(r"^\$ python -m simulator draw ", text, re.MULTILINE), "it does not say the command"
    assert re.search(r"^(render\.save|render\.slides)\(", text, re.MULTILINE), "it does not say the call"
    if page.stem != "formats":
        assert re.search(r"^## How to read it\n\n\* ", text, re.MULTILINE)
        assert re.search(r"^facts\(\"[\w-]+\"\)$", text, re.MULTILINE), "it does not say formats and limit"


NUMBER = re.compile(r"(?<![\w.,=#+])\d[\d.,]*\d(?!\w)")
CITED = {
    "explanation/not_modelled.md": {"1979", "17.4", "1990"},
    "gallery/happens_before.md": {"1978"},
    "gallery/lattice.md": {"1987", "2016", "12.5.1"},
    "gallery/resource_allocation.md": {"1972"},
    "howto/larger.md": {"105", "92", "2007", "2008"},
    "index.md": {"3.11"},
    "tutorial.md": {"1,000"},  # which is wrong, as the text says
}
"""Numbers that others have found, and that no cell can."""


@pytest.mark.usefixtures("can_draw")
@pages_with_cells
def test_every_number_in_a_text_is_one_that_a_cell_has_shown(page):
    pieces = pages.cells(page.read_text(encoding="utf-8"))
    code = "\n".join(piece.text for piece in pieces if piece.is_code)
    shown = json.dumps(pages.run(pieces))
    for piece in pieces:
        if piece.is_code:
            continue
        prose = re.sub(r"^```.*?^```$|`[^`]*`|\]\([^)]*\)", "", piece.text, flags=re.MULTILINE | re.DOTALL)
        for number in NUMBER.findall(prose):
            known = number in CITED.get(name_of(page), ()) or re.search(rf"\b{number}\b", f"{shown} {code}")
            assert known, f"{number} is typed by hand, at line {piece.line} or below"


def test_the_numbers_of_the_explanation_are_those_of_today():
    """That page has no cells, for it is read in the repository, too."""
    text = " ".join((DOCS / "design.md").read_text(encoding="utf-8").split())

    counter = Shared("counter", 0)

    def increment():
        value = yield counter.read()
        yield counter.write(value + 1)

    assert f"counting paths, not walking them: {explore(Program.copies(increment, 10)).interleavings:,} take" in text
    living, all_locals = peterson_for_ever()
    assert f"Peterson's algorithm for ever has {living} states instead of {all_locals}." in text
    rows = re.findall(r"^\w+ +(\d+) +(\d+)(?: |$)", importlib.import_module("test_cpython_claims").__doc__, re.MULTILINE)
    there, taken = (sum(map(int, column)) for column in zip(*rows, strict=True))
    assert f"{taken} of the {there} claims that CPython's own tests make" in text


def peterson_for_ever():
    """How many states two threads have that enter in turn, with liveness and without."""
    flags, turn = (Shared("flag0", False), Shared("flag1", False)), Shared("turn", 0)
    inside = Shared("inside", 0)

    def enters(me):
        while True:
            yield flags[me].write(True)
            yield turn.write(1 - me)
            while (yield flags[1 - me].read()) and (yield turn.read()) == 1 - me:
                pass
            yield inside.until(lambda value: value == 0)
            yield inside.until(lambda value: value == 0)
            yield flags[me].write(False)

    program = Program(A=partial(enters, 0), B=partial(enters, 1))
    return [explore(program, symmetry=False, liveness=liveness).states for liveness in (True, False)]


def test_every_paper_of_the_explanation_is_named_where_the_algorithm_is():
    text = (DOCS / "design.md").read_text(encoding="utf-8")
    listed = " ".join(text.split("## Literature")[1].split("## Glossary")[0].split())
    papers = re.findall(r"\* (.+?)(?=\* [A-Z]\. |$)", listed)
    assert len(papers) >= 10
    for paper in papers:
        for file in re.findall(r"`(simulator/[\w/]+\.py)`", paper):
            year = re.search(r"\b(?:19|20)\d\d\b", paper)[0]
            assert year in (DOCS.parent / file).read_text(encoding="utf-8"), f"{file} does not cite {paper}"


@pytest.mark.usefixtures("can_draw")
def test_the_notebook_is_what_its_page_says():
    """All of it but the drawings, which differ between versions of Graphviz: of these, the words."""
    made = pages.notebook(pages.PAGE.read_text(encoding="utf-8"))
    kept = json.loads(pages.NOTEBOOK.read_text(encoding="utf-8"))
    words = [drawing(each) for each in (made, kept)]
    assert made == kept, "make it again: python docs/_tools/pages.py"
    assert words[0] == words[1]
    assert len(words[0]) >= 5, "a tutorial about threads without pictures"


def drawing(book):
    """Take the drawings out of a notebook; answer the words in each."""
    found = []
    for cell in book["cells"]:
        for output in cell.get("outputs", ()):
            if PICTURE in output.get("data", {}):
                svg = "".join(output["data"].pop(PICTURE))
                found.append(sorted(re.findall(r"<(?:text|title|desc)\b[^>]*>([^<]*)<", svg)))
    return found


def test_the_notebook_can_be_read_without_a_kernel():
    book = json.loads(pages.NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    data = [output["data"] for cell in code for output in cell["outputs"] if output["output_type"] == "execute_result"]
    assert [each for each in data if PICTURE not in each and "text/html" not in each] == []
    assert all("text/plain" in each for each in data)
    frames = ["".join(each["text/html"]) for each in data if "<iframe" in "".join(each.get("text/html", ()))]
    assert len(frames) == 1, "the tutorial has no player"
    assert f">{pages.INSTEAD}</iframe>" in frames[0], "nothing is left of the frame where a viewer takes it away"


def test_the_player_of_the_notebook_plays(show):  # noqa: F811
    """As a notebook shows it: a page of its own in a frame that may run its script and reach nothing else."""
    book = json.loads(pages.NOTEBOOK.read_text(encoding="utf-8"))
    outputs = [output for cell in book["cells"] for output in cell.get("outputs", ()) if "data" in output]
    [frame] = [html for output in outputs if "<iframe" in (html := "".join(output["data"].get("text/html", ())))]
    page = show(f"<!doctype html><html lang=en><title>A notebook</title><body>{frame}</body></html>")
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    player = page.frame_locator("iframe")
    for _ in range(4):
        player.locator("#controls button:has-text('Next')").click()
    assert "counter = 1" in player.locator("#now").inner_text()
    assert pages.INSTEAD not in page.locator("body").inner_text()
    assert pages.NOTEBOOK.read_text(encoding="utf-8") == pages.written(book), "it was not written by pages.py"


def test_the_same_page_makes_the_same_notebook():
    text = "# A page\n\n```{code-cell} ipython3\nprint(1)\n\n2\n```\n\nThe end.\n"
    first = pages.notebook(text)
    assert first == pages.notebook(text)
    assert [cell["cell_type"] for cell in first["cells"]] == ["markdown", "code", "markdown"]
    stream, answer = first["cells"][1]["outputs"]
    assert stream["text"] == ["1\n"]
    assert answer["data"] == {"text/plain": ["2"]}


def test_a_cell_that_fails_says_where_it_stands():
    text = "# A page\n\n```{code-cell} ipython3\n1 / 0\n```\n"
    with pytest.raises(ZeroDivisionError) as caught:
        pages.notebook(text)
    assert caught.value.__notes__ == ["in the cell that begins in line 4:\n1 / 0"]
    assert os.path.isdir(os.getcwd())


@pytest.mark.parametrize("file", ["<ipython-input-3>", "<ipython-input-3-0a1b>", "/tmp/ipykernel_17/2848291828.py"])
def test_a_cell_is_no_file_that_a_command_could_name(file):
    names = {"Program": Program, "Shared": Shared}
    exec(compile("def once():\n    yield Shared('x', 0).read()\nprogram = Program(A=once)", file, "exec"), names)
    execution = replay(names["program"], "A")
    assert str(execution.trace[0].location) == "cell:2"
    assert file not in execution.to_json()
    assert "python -m simulator" not in render.timeline_dot(execution)


@pytest.mark.usefixtures("can_draw")
def test_graphs_show_themselves():
    lock = Lock("lock")

    def greedy():
        yield lock.acquire()
        yield lock.acquire()

    stuck = replay(Program(A=greedy), "A")
    for graph in (analysis.wait_for_graph(stuck), analysis.lock_order_graph(stuck), analysis.happens_before(stuck)):
        assert set(graph._repr_mimebundle_()) == {"text/html", "text/plain", PICTURE}
        assert type(graph.copy()) is type(graph)


def anchors(page):
    """What the headings of a page are called in links, as on GitHub."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@every_page
def test_every_link_leads_somewhere(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for linked, downloaded in LINK.findall(prose):
        target = linked or downloaded
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} does not exist"
        assert file.is_relative_to(DOCS) or file.suffix != ".md", f"{target} is no page of the site"
        assert not anchor or anchor in anchors(file), f"there is no heading for {target}"


@every_page
def test_every_page_is_in_a_table_of_contents(page):
    listed = set()
    for other in PAGES:
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```$", other.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            names = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {(other.parent / f"{name}.md").resolve() for name in names}
    assert page in listed or name_of(page) == "index.md"


def test_the_reference_has_every_public_name_once():
    documented = {module: [] for module in MODULES}
    for page in sorted((DOCS / "reference").glob("*.md")):
        module = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith(".. currentmodule:: "):
                module = line.split(":: ")[1]
            elif line.startswith(".. auto"):
                documented[module].append(line.split(":: ")[1])
    for module, names in documented.items():
        assert sorted(names) == sorted(importlib.import_module(module).__all__), module


def test_the_site_is_built_from_what_is_here():
    """Nothing is fetched while building, and no kernel is started."""
    pytest.importorskip("furo", reason="the site needs Sphinx: pip install '.[docs]'")
    config = runpy.run_path(str(DOCS / "conf.py"))
    assert config["nb_execution_mode"] == "off"
    assert "sphinx.ext.intersphinx" not in config["extensions"]
    for name in ("sphinx", config["html_theme"], *config["extensions"]):
        assert importlib.import_module(name)
    assert "://" not in (DOCS / "conf.py").read_text(encoding="utf-8")


# --- the site, as ``.ci/run`` has built it

SITE = DOCS.parent / "build" / "docs"
SEEN = ["gallery/index", "gallery/timeline", "howto/slides", "reference/check"]
OF_THE_SITE = [source for source in DOCS.rglob("*") if source.suffix in (".md", ".py", ".css")]


@pytest.fixture
def site(launch):  # noqa: F811
    """Opens a page of the site in a window of some width; skipped where the site is older than what it is made from."""
    built = [SITE / f"{name}.html" for name in SEEN]
    if not all(page.exists() for page in built):
        missing("the site, python -m sphinx docs build/docs,")
    if min(page.stat().st_mtime for page in built) < max(source.stat().st_mtime for source in OF_THE_SITE):
        missing("a site as new as its pages, python -m sphinx -E docs build/docs,")
    with launch() as browser:
        page = browser.new_context(offline=True).new_page()

        def open_page(name, width, scheme):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto((SITE / f"{name}.html").as_uri(), wait_until="domcontentloaded")
            return page

        yield open_page


def test_no_page_of_the_site_is_wider_than_the_window(site):
    """From a phone to a large screen; what is wide scrolls in a box of its own."""
    for name in SEEN:
        for width in (390, 820, 1100, 1366, 1600):
            page = site(name, width, "light")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_serious_on_the_site(site, width, scheme):
    """What it finds otherwise is in the frame that the theme puts around a page."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("the package axe-playwright-python")
    for name in SEEN:
        found = Axe().run(site(name, width, scheme), options={"preload": False}).response["violations"]
        serious = [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], name


def test_a_dark_page_shows_the_dark_pictures_and_a_light_one_the_light(site):
    for scheme in ("light", "dark"):
        page = site("gallery/timeline", 1280, scheme)
        shown = {kind: page.locator(f".picture.only-{kind}").first.is_visible() for kind in ("light", "dark")}
        assert shown == {"light": scheme == "light", "dark": scheme == "dark"}
