"""Every block of the README is run, so that it cannot drift."""

import contextlib
import io
import linecache
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind):
    text = README.read_text(encoding="utf-8")
    return [(match[2], text[: match.start()].count("\n") + 1) for match in BLOCK.finditer(text) if match[1] == kind]


def commands():
    return [line[2:] for block, _ in blocks("console")[1:] for line in block.splitlines() if line.startswith("$ ")]


def test_every_python_block_prints_the_text_block_that_follows_it():
    text = README.read_text(encoding="utf-8")
    linecache.cache["README.md"] = (len(text), None, text.splitlines(keepends=True), "README.md")
    names = {"__name__": "readme"}
    checked = 0
    pending = ""
    for match in BLOCK.finditer(text):
        if match[1] == "python":
            assert not pending, f"nothing in the README shows what this prints:\n{pending}"
            lines_before = text[: match.start()].count("\n") + 1
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile("\n" * lines_before + match[2], "README.md", "exec"), names)
            pending = printed.getvalue()
        elif match[1] == "text":
            assert pending.rstrip() == match[2].rstrip()
            pending = ""
            checked += 1
    assert not pending
    assert checked == len(blocks("text")) >= 7


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_readme_works(command, tmp_path):
    program, *arguments = shlex.split(command)
    assert program == "python"
    draws = "-o" in arguments or "doctor" in arguments
    if draws and shutil.which("dot") is None:
        pytest.importorskip("pygraphviz", reason="drawing needs Graphviz: neither dot nor pygraphviz is here")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    finds = arguments[2] in ("explore", "find", "sample", "classes", "forever")  # and there is something to be found
    incomplete = "--estimate" in arguments
    assert done.returncode == (3 if incomplete else 1 if finds else 0), done.stderr
    assert "Traceback" not in done.stderr
    if "-o" in arguments:
        assert (tmp_path / arguments[-1]).stat().st_size > 0
    else:
        assert done.stdout


def test_the_two_commands_at_the_top_set_up_and_test():
    first, second = [line for line in blocks("console")[0][0].splitlines() if line.startswith("$ ")]
    assert first.endswith("python -m simulator demo")
    assert second.endswith("python -m pytest")


def test_every_link_leads_somewhere():
    text = README.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


PICTURES = {
    "lost_update": ("replay", "examples/01_lost_update.py", "ABBA"),
    "wait_for": ("draw", "examples/09_deadlock.py", "wait-for"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_are_what_the_program_draws_today(name, tmp_path):
    drawn = tmp_path / f"{name}.dot"
    command = [sys.executable, "-m", "simulator", *PICTURES[name], "-o", str(drawn)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    kept = ROOT / "docs" / "pictures" / f"{name}.dot"
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")
    assert "<svg" in kept.with_suffix(".svg").read_text(encoding="utf-8")
