"""Nothing that a program says of itself steers the terminal that the command line writes to."""

import json
import os
import re
import subprocess
import sys

import pytest
from formats import check_lines
from test_cli import ROOT, call

from simulator import answers

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
