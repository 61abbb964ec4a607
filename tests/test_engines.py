"""Engines that fail, hang, or are not there, and fonts that are missing."""

import os
import shutil
import sys
from functools import partial

import pytest
from formats import check_svg
from hostile_programs import RACY

from simulator.doctor import examine
from simulator.errors import (
    NoRenderer,
    RenderError,
)
from simulator.render import save
from simulator.render.means import engine

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
