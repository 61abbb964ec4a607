"""The documentation: every cell runs, the notebook is what its page says, every link leads somewhere, every name is there.

The site itself is built by ``.ci/run``, with warnings as errors: ``python -m sphinx -W docs build/docs``. After a wanted
change of the tutorial: ``python docs/_tools/pages.py``, and read the difference before you keep it.
"""

import importlib
import json
import os
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from simulator import Lock, Program, Shared, analysis, render, replay

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
