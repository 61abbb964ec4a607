"""Same program, same bytes: whatever the hash seed, whatever the Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent

SCRIPT = """
import json, sys
sys.path.insert(0, "tests")
from golden.programs import REGISTRY
from golden.table import TABLE, TEN
from simulator import *
from simulator.errors import SimulatorError
from simulator.render.lanes.text import timeline

x, text = Shared("x", 0), Shared("text", "")
lock, orders, console = Lock("lock"), Queue("orders", maxsize=1), Console()

def words():
    for word in ("one", "two"):
        seen = yield text.read()
        yield text.write(seen + word)

def prints(what):
    def body():
        yield from console.print(what)
    return body

def mixed(number):
    def helper(items):
        for index, item in enumerate(items):
            with (yield lock.acquire()):
                value = yield x.read()
                yield x.write(value + item * number + index)
        return tuple(items)

    def body():
        found = [number]
        for step, other in zip(range(2), "ab"):
            found.append(step)
            if (yield orders.empty()):
                yield orders.put((other, step), block=False)
        return (yield from helper(found[1:]))
    return body

def fails():
    yield orders.get()
    raise LookupError("nothing")

def spins():
    while not (yield x.read()):
        pass

programs = {row.name: row.program for row in TABLE} | {
    "ten": TEN,
    "words": Program.copies(words, 2),
    "prints": Program(A=prints(5), B=prints("six")),
    "mixed": Program(A=mixed(1), B=mixed(2), F=fails),
    "same": Program.copies(mixed(1), 2),
    "spins": Program(A=spins, B=mixed(3)),
    "sigma": REGISTRY["sigma"](3),
    "peterson": REGISTRY["peterson"](1),
    "lastzero": REGISTRY["lastzero"](4),
    "philosophers": REGISTRY["philosophers"](3),
}
for name, program in programs.items():
    for how in ({}, {"merge": False}, {"symmetry": False})[: 1 if name in ("ten", "spins") else 3]:
        result = explore(program, **how)
        print(name, how, result.transitions)
        print(result)
    print(json.dumps(result.to_data()))
    for summary in result.outcomes[:3]:
        print(summary.example.to_json())
        print(timeline(summary.example))
        print(repr(summary.outcome.final), summary.example.waiting)
    print(run(program, seed=5).to_json() if name != "spins" else "")
    print(find(program, lambda outcome: outcome.failures))

print(explore(programs["mixed"], observe=lambda final: final[x]))
print(explore(programs["words"], invariant=lambda state: len(state["text"]) < 6))

def attempt(act):
    try:
        print(act())
    except SimulatorError as error:
        print(type(error).__name__, error)

def yields_three():
    yield 3

def forgets():
    yield x.read()
    x.write(1)

attempt(lambda: explore(Program(A=yields_three)))
attempt(lambda: explore(Program(A=forgets)))
attempt(lambda: Shared("x", {1: 2}))
attempt(lambda: replay(programs["mixed"], "ABZ"))
attempt(lambda: replay(programs["philosophers"], "T0 T1 T2 T0"))
attempt(lambda: check(programs["2 x 1"], postcondition=lambda final: final["counter"] == 2))
"""


def output(python, seed, extra=""):
    """What the script prints under one Python and one hash seed."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", SCRIPT + extra],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def expected():
    text = output(sys.executable, 0)
    assert text.count("claim: complete") > 50
    return text


@pytest.mark.parametrize("seed", [1, 2, 4711])
def test_the_same_bytes_whatever_the_hash_seed(expected, seed):
    assert output(sys.executable, seed) == expected


def works(python):
    """Whether there is such a Python: a name on the path may be a stub that only says what is missing."""
    if shutil.which(python) is None:
        return False
    return subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_bytes_on_every_python(expected, version):
    python = f"python{version}"
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        python = sys.executable
    elif not works(python):
        pytest.skip(f"there is no {python} here")
    assert output(python, 3) == expected


DEADLOCK = """
from simulator.analysis import explain_deadlock
for row in TABLE:
    for summary in explore(row.program).deadlocks:
        print(explain_deadlock(summary.example))
attempt(lambda: check(programs["philosophers"]))
attempt(lambda: check(programs["opposite order"]))
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_deadlocks_are_explained_in_the_same_words(seed):
    assert output(sys.executable, seed, DEADLOCK) == output(sys.executable, 0, DEADLOCK)
