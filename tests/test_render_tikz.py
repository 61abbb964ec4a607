"""TikZ: all that the SVG shows is in it, every line is one that LaTeX can read, and no name means anything to LaTeX."""

import html
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import classics, opposite, racy
from hostile import NAMES, hostile
from missing import missing

from simulator import Program, explore, replay, run
from simulator.analysis import compare, happens_before, lock_order_graph, resource_allocation_graph, wait_for_graph
from simulator.errors import NoRenderer
from simulator.exploration.state_graph import state_graph
from simulator.render import draw, save, timeline_dot, wait_for_dot
from simulator.render.means.tikz import tex, tikz
from simulator.render.pictures import picture_of

NUMBER = r"-?[\d.]+(?:e-?\d+)?"
POINT = rf"\({NUMBER},{NUMBER}\)"
CURVE = rf"{POINT}(?: \.\. controls {POINT} and {POINT} \.\. {POINT})+"
SHAPE = rf"{POINT}(?: -- {POINT})+(?: -- cycle)?|{CURVE}|{POINT} ellipse \[x radius={NUMBER},y radius={NUMBER}\]"
PEN = r"(?:draw=shade\d+|fill=shade\d+|line width=[\d.]+bp|dashed|dotted)"
PATH = re.compile(rf"  \\path\[{PEN}(?:,{PEN})*\] (?:{SHAPE});")
NODE = re.compile(
    r"  \\node\[anchor=(?:base west|base|base east),inner sep=0,outer sep=0,text=shade\d+,"
    r"font=\{\\fontsize\{[\d.]+bp\}\{[\d.]+bp\}\\(?:sf|tt)family(?:\\bfseries)?(?:\\itshape)?\\selectfont\}\] "
    rf"at {POINT} "
    r"\{(.*)\};"
)
KNOWN = {
    *(r"\codepoint", r"\char", r"\ldots", r"\vdots", r"\times", r"\bullet", r"\infty", r"\rightarrow", r"\leftarrow"),
    *(r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\textless", r"\textgreater", r"\textbar"),
    r"\textasciigrave",
    r"\uparrow",
}
COLOUR = re.compile(r"  \\definecolor\{(shade\d+)\}\{HTML\}\{[0-9A-F]{6}\}")


def body(text):
    lines = text.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith(r"\begin{tikzpicture}"))
    assert lines[-2:] == [r"\end{tikzpicture}", r"\end{document}"]
    return lines[begin + 1 : -2]


def read(text):
    """The texts that a picture shows; every line must be one of those that are known to be right."""
    shown, defined = [], set()
    for line in body(text):
        if node := NODE.fullmatch(line):
            shown.append(node[1])
        elif colour := COLOUR.fullmatch(line):
            defined.add(colour[1])
        else:
            assert line.startswith("  % ") or PATH.fullmatch(line), line
    assert set(re.findall(r"shade\d+", text)) == defined
    assert text.isascii() or all(character.isalpha() for character in text if not character.isascii())
    return shown


def shown_in(svg):
    names = {"svg": "http://www.w3.org/2000/svg"}
    texts = ("".join(each.itertext()) for each in ElementTree.fromstring(svg).iterfind(".//svg:text", names))
    return [tex(html.unescape(text)) for text in texts if text.strip()]


def values():
    execution = replay(racy, "ABBA")
    yield from ((execution, None), (replay(opposite, "AB"), None), (compare(execution), None), (explore(racy), None))
    yield from ((state_graph(racy), picture) for picture in ("states", "tree", "lattice"))
    yield from ((happens_before(execution), None), (lock_order_graph(state_graph(opposite)), None))
    for each in (*classics().values(), *stuck.classics().values()):
        yield from ((wait_for_graph(each), None), (resource_allocation_graph(each), None))
    yield run(Program()), None


@pytest.mark.parametrize("engine", ["dot", "pygraphviz"])
def test_all_that_the_svg_shows_is_in_it(engine, monkeypatch):
    if engine == "dot" and shutil.which("dot") is None:
        pytest.skip("the program dot is missing")
    few = list(values())[:: 1 if engine == "dot" else 9]  # a process for each of them
    if engine == "pygraphviz":
        pytest.importorskip("pygraphviz")
        monkeypatch.setenv("PATH", "")
    for value, name in few:
        dot = picture_of(value, name).writers[".dot"](value)
        assert sorted(read(tikz(dot))) == sorted(shown_in(draw(dot, "svg")))


@pytest.mark.parametrize("name", NAMES)
def test_no_name_means_anything_to_latex(name):
    for dot in (timeline_dot(hostile(name)), wait_for_dot(wait_for_graph(hostile(name)))):
        text = tikz(dot, title=name, name=f"{name}.tex")
        for shown in read(text):
            plain = re.sub(r"\\[{}$&#_%]", "", shown)
            assert plain.count("{") == plain.count("}")
            assert not re.search(r"[%&#_^~]", plain)
            assert set(re.findall(r"\\[a-zA-Z]+", plain)) <= KNOWN
        assert text.count("\n\\begin{document}\n") == 1


def test_letters_are_shown_one_by_one():
    assert tex("a--b_c") == "a{-}{-}b\\_c"
    assert tex("\\input{x}") == "\\textbackslash{}input\\{x\\}"
    assert tex("→ …") == "$\\rightarrow$ \\ldots{}"
    assert tex("😀") == "\\codepoint{1F600}"
    assert tex("x\ny") == "x\\textbackslash{}ny"


def test_a_text_in_the_middle_of_a_box_stays_there_and_a_line_of_the_source_begins_where_the_others_do():
    text = tikz(timeline_dot(replay(racy, "ABBA")))
    for name, shown in (("step1", "counter.read"), ("step4", "stale"), ("place1", "line 58")):
        part = text.partition(f"  % {name} (")[2].partition("\n  % ")[0]
        node = next(line for line in part.splitlines() if shown in line)
        x = float(re.search(r" at \(([\d.]+),", node)[1])
        if name == "place1":
            assert "anchor=base west" in node
            continue
        sides = [float(x) for x in re.findall(r"\(([\d.]+),", next(line for line in part.splitlines() if r"\path" in line))]
        assert "anchor=base," in node
        assert x == pytest.approx((min(sides) + max(sides)) / 2, abs=1)
    assert "execute at begin picture=\\frenchspacing" in text  # or there would be two spaces after a colon


def test_what_is_transparent_is_left_out():
    later = tikz(timeline_dot(replay(racy, "ABBA"), shown=1))
    assert "counter.write(1)" not in later
    assert "counter.read() {-}\\textgreater{} 0" in later


def test_objects_can_be_found_by_their_names():
    lines = body(tikz(timeline_dot(replay(racy, "ABBA"))))
    assert "  % step4 (event step step4)" in lines
    assert "  % thread1 (thread)" in lines


def test_it_is_saved_by_its_suffix(tmp_path):
    execution = replay(racy, "ABBA")
    text = save(execution, tmp_path / "race.tex").read_text(encoding="utf-8")
    assert text == tikz(timeline_dot(execution), "Timeline", "race.tex")
    assert text.startswith(
        "% Compile it as it is, or put it into a document that says \\usepackage{tikz,standalone}: \\input{race}\n"
    )


def test_without_graphviz_the_texts_are_written_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(NoRenderer, match=r"The picture was written as race\.dot, .* and race\.json all the same\.$"):
        save(replay(racy, "ABBA"), tmp_path / "race.tex")
    assert {path.suffix for path in tmp_path.iterdir()} == {".dot", ".mmd", ".txt", ".json"}


def test_latex_compiles_it(tmp_path):
    if shutil.which("pdflatex") is None:
        missing("the program pdflatex")
    for number, (value, name) in enumerate([*values()][:9]):
        save(value, tmp_path / f"p{number}.tex", **({"picture": name} if name else {}))
    save(hostile(NAMES[0]), tmp_path / "hostile.tex")
    for path in tmp_path.glob("*.tex"):
        command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", path.name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
