"""Slides in what they are made for: the fragments in reveal.js itself, the pictures in Beamer.

reveal.js is that of the package sphinx-revealjs, which has a copy of it: ``pip install --no-deps sphinx-revealjs``.
"""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest
from golden_pictures.deadlocked import classics, opposite, racy
from hostile import NAMES, hostile
from missing import missing

from simulator import Lock, Program, Shared, replay, run
from simulator.render import slides

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"]
PAGE = """<!doctype html><title>Slides</title>
<link rel="stylesheet" href="/reveal.css">
<style>.fragment { transition: none !important }</style>
<div class="reveal"><div class="slides">%s</div></div>
<script src="/reveal.js"></script>"""
START = "() => Reveal.initialize({ transition: 'none', hash: false, controls: false, progress: false }).then(() => true)"
SHOWN = r"""(picture) => {
  const paints = (colour) => !/^(none|transparent|rgba\(.*, 0\))$/.test(colour);
  const isSeen = (shape) => {
    const { visibility, opacity, fill, stroke } = getComputedStyle(shape);
    const colours = shape.tagName === "text" ? [fill] : [fill, stroke];
    return visibility === "visible" && opacity !== "0" && colours.some(paints);
  };
  const place = (shape) => shape.getAttribute("d") || shape.getAttribute("points") || shape.outerHTML;
  const shapes = [...picture.querySelectorAll("text, path, polygon, polyline, ellipse")].filter(isSeen);
  return shapes.map((shape) => shape.textContent.trim() || place(shape)).sort();
}"""
"""What can be seen of a picture: its texts, and where its lines are. What is hidden has no colour, or is still to come."""


def reveal():
    """The folder of reveal.js, without importing the package that has it; None if it is not there."""
    found = importlib.util.find_spec("sphinx_revealjs")
    folder = Path(found.origin).parent / "_static" / "revealjs" / "dist" if found and found.origin else None
    return folder if folder and (folder / "reveal.js").exists() else None


@pytest.fixture(scope="module")
def present():
    """Shows sections in reveal.js; nothing may be said in the console."""
    folder = reveal()
    if folder is None:
        missing("reveal.js (pip install --no-deps sphinx-revealjs, which has a copy of it)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the package playwright")
    program = shutil.which("chromium")
    if program is None:
        missing("the program chromium")
    shown = {}

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        kind = {".css": "text/css", ".js": "text/javascript"}.get(Path(name).suffix)
        if kind:
            route.fulfill(body=(folder / name).read_text(encoding="utf-8"), content_type=kind)
        else:
            route.fulfill(body=shown.get(name, ""), content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        heard = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.route("**/*", serve)

        def open_page(*sections):
            shown["talk"] = PAGE % "".join(f"<section>{section}</section>" for section in sections)
            page.goto("http://reveal.invalid/talk")
            page.evaluate(START)
            return page

        yield open_page
        browser.close()
    assert heard == []


def seen(page, selector=".present svg"):
    return page.locator(selector).evaluate(SHOWN)


def fragments_and_frames(execution, tmp_path, **options):
    (path,) = slides(execution, tmp_path / "talk.svg", **options)
    frames = slides(execution, tmp_path / "frames", format="svg", **options)
    return path.read_text(encoding="utf-8"), frames


def seen_in(page, frame):
    """What can be seen in a picture of its own, outside of any fragments."""
    _, start, svg = frame.read_text(encoding="utf-8").partition("<svg")
    page.set_content(start + svg)
    return seen(page, "svg")


def two_increments():
    counter = Shared("counter", 0)

    def increment():
        yield counter.write((yield counter.read()) + 1)

    def twice():
        yield from increment()
        yield from increment()

    return run(Program(A=twice, B=increment), seed=1)


CASES = {
    "race": (lambda: replay(racy, "ABBA"), {}),
    "deadlock": (lambda: replay(opposite, "AB"), {}),
    "statements": (two_increments, {"statements": True}),
    "dark": (lambda: replay(racy, "AABB"), {"theme": "dark"}),
    "hostile": (lambda: hostile(NAMES[0]), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_each_key_shows_the_next_step_and_nothing_else(present, tmp_path, name):
    make, options = CASES[name]
    svg, frames = fragments_and_frames(make(), tmp_path, **options)
    page = present(svg)
    found = [seen(page)]
    for _ in frames:
        page.keyboard.press("ArrowRight")
        found.append(seen(page))
    page.keyboard.press("ArrowLeft")
    back = seen(page)
    expected = [seen_in(page, frame) for frame in frames]
    assert found[1:] == expected
    assert back == found[-2]
    assert len({len(each) for each in found}) == len(found), "every step shows something"
    assert set(found[0]) < set(found[1])


def test_two_pictures_in_a_talk_do_not_know_of_each_other(present, tmp_path):
    first, _ = fragments_and_frames(replay(racy, "ABBA"), tmp_path)
    second, _ = fragments_and_frames(replay(opposite, "AB"), tmp_path)
    page = present(first, second)
    before = seen(page, "section:nth-of-type(2) svg")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 0
    assert seen(page, "section:nth-of-type(2) svg") == before
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 1
    assert seen(page) == before
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.isLastSlide()")
    assert len(seen(page)) > len(before)


@pytest.mark.parametrize("name", ["race", "philosophers", "dining"])
def test_a_picture_is_never_wider_than_its_slide(present, tmp_path, name):
    locks = [Lock(f"fork{number}") for number in range(1, 8)]

    def philosopher(seat):
        def dine():
            with (yield locks[seat].acquire()), (yield locks[(seat + 1) % 7].acquire()):
                pass

        return dine

    dining = run(Program(**{f"P{seat}": philosopher(seat) for seat in range(7)}), seed=1)
    execution = {"race": replay(racy, "ABBA"), "philosophers": classics()["philosophers"], "dining": dining}[name]
    page = present(fragments_and_frames(execution, tmp_path)[0])
    slide, picture = (page.locator(selector).bounding_box() for selector in ("section.present", ".present svg"))
    assert slide["x"] - 1 <= picture["x"]
    assert picture["x"] + picture["width"] <= slide["x"] + slide["width"] + 1
    drawn = page.locator(".present svg > g").bounding_box()
    assert drawn["width"] == pytest.approx(picture["width"], rel=0.02), "all of it is in sight"
    page.add_style_tag(content=".reveal section > svg { width: 100%; height: 300px }")
    scale = page.evaluate("Reveal.getScale()")
    assert page.locator(".present svg").bounding_box()["height"] == pytest.approx(300 * scale, abs=1), "the talk decides"


# --- Beamer

TALK = r"""\documentclass[aspectratio=169]{beamer}
\usepackage{graphicx}
\begin{document}
%s
\end{document}
"""
FRAME = r"\begin{frame}{%s}\graphicspath{{%s/}}\input{%s/slides.tex}\end{frame}"


def test_beamer_shows_one_picture_after_the_other(tmp_path):
    if shutil.which("pdflatex") is None:
        missing("the program pdflatex")
    talks = {"race": replay(racy, "ABBA"), "philosophers": classics()["philosophers"], "empty": run(Program())}
    frames = 0
    for name, execution in talks.items():
        made = slides(execution, tmp_path / name)
        frames += len(made) - 1
        folder = (tmp_path / name).as_posix()
        hint = made[-1].read_text(encoding="utf-8").splitlines()[1]
        assert hint == rf"%   \graphicspath{{{{{folder}/}}}} \input{{{folder}/slides.tex}}"
    (tmp_path / "talk.tex").write_text(TALK % "\n".join(FRAME % (name, name, name) for name in talks))
    (tmp_path / "handout.tex").write_text("\\PassOptionsToClass{handout}{beamer}\n\\input{talk}\n")
    for talk, pages in ("talk.tex", frames), ("handout.tex", len(talks)):
        command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", talk]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert f"({pages} pages, " in done.stdout
        assert "Overfull" not in done.stdout
