"""The command line: what goes to stdout, what to stderr, and the exit code. Never a traceback, and never a lost result."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner
from missing import missing

from simulator import Execution, estimate, explore, find, replay, sample
from simulator.cli import SUFFIXES, main
from simulator.errors import Inconclusive, SearchStopped, UnknownFormat
from simulator.loading import load
from simulator.render import save
from simulator.render.means import engine
from simulator.testing import findings, story

ROOT = Path(__file__).parent.parent
HEAD = """\
from simulator import Lock, Program, Shared

counter = Shared("counter", 0)
left, right = Lock("left"), Lock("right")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def left_then_right():
    with (yield left.acquire()), (yield right.acquire()):
        pass


def right_then_left():
    with (yield right.acquire()), (yield left.acquire()):
        pass


"""
LINE = HEAD.count("\n")
IN_ORDER = ["explore", "replay", "find", "sample", "classes", "interleaving", "index", "forever"]
IN_ORDER += ["draw", "crosscheck", "demo", "doctor"]
FILES = {
    "racy.py": "program = Program(A=increment, B=increment)\n",
    "opposite.py": "program = Program(A=left_then_right, B=right_then_left)\n",
    "ordered.py": "program = Program(A=left_then_right, B=left_then_right)\n",
    "two.py": "racy = Program(A=increment, B=increment)\nalone = Program(A=increment)\n",
    "failing.py": "def fail():\n    yield counter.read()\n    raise ValueError('boom')\n"
    "program = Program(A=fail, B=increment)\n",
    "endless.py": "def count():\n    number = 0\n    while True:\n        number += 1\n        yield counter.write(number)\n"
    "program = Program(A=count)\n",
    "computing.py": "def compute():\n    yield counter.read()\n    print('computing', flush=True)\n    while True: pass\n"
    "program = Program(A=compute)\n",
    "importing.py": "print('importing', flush=True)\nwhile True: pass\n",
    "big.py": "def many():\n    yield counter.read()\n    print('exploring', flush=True)\n"
    "    for _ in range(40):\n        yield counter.read()\nprogram = Program.copies(many, 6)\n",
    "chatty.py": "print('loading')\ndef talk():\n    print('inside')\n    yield counter.read()\nprogram = Program(A=talk)\n",
    "invalid.py": "def body():\n    yield 3\nprogram = Program(A=body)\n",
    "changing.py": "calls = []\ndef body():\n    calls.append(1)\n    yield counter.write(len(calls))\n"
    "program = Program(A=body, B=body)\n",
    "unreturned.py": "program = Program(A=increment)\ndef postcondition(final):\n    final[counter] == 1\n",
    "wrong.py": "program = Program(A=increment, B=increment)\ndef postcondition(final):\n    return final[counter] == 2\n",
    "bounded.py": "program = Program(A=increment, B=increment)\ndef invariant(state):\n    return state[counter] < 2\n",
    "early.py": "program = Program(A=increment, B=increment)\ndef invariant(state):\n    return state[counter] < 1\n",
    "spinning.py": "def wait():\n    while (yield counter.read()) == 0: pass\n"
    "def go():\n    yield counter.write(1)\nprogram = Program(A=wait, B=go)\n",
    "polite.py": "def polite(first, second):\n    def body():\n        while True:\n            yield first.acquire()\n"
    "            if (yield second.acquire(blocking=False)): break\n"
    "            yield first.release()\n        yield second.release()\n        yield first.release()\n    return body\n"
    "program = Program(A=polite(left, right), B=polite(right, left))\n",
    "words.py": "program = Program(producer=increment, consumer=increment)\n",
    "half.py": "odd = Shared('odd', '\\ud800')\ndef body():\n    yield odd.read()\nprogram = Program(A=body)\n",
}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """The programs, in a folder of their own, which is the current one."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(HEAD + text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def no_renderer(monkeypatch):
    monkeypatch.setattr(engine, "_has_dot", lambda: False)
    monkeypatch.setattr(engine, "_pygraphviz", lambda: None)


def call(*arguments):
    """Exit code, stdout and stderr of a command line, run in this process."""
    result = CliRunner().invoke(main, arguments, prog_name="simulator")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.stderr
    return result.exit_code, result.stdout, result.stderr


def told(name, schedule):
    """What is told about an execution."""
    return f"{story(replay(load(name).program, schedule))}\n"


def start(*arguments, **options):
    """A command line in a process of its own."""
    command = [sys.executable, "-m", "simulator", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"} | options
    return subprocess.Popen(command, **streams)


def finish(process):
    """Its exit code, stdout and stderr."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


# --- explore


def test_explore_prints_the_table_and_nothing_else():
    assert call("explore", "racy.py") == (0, f"{explore(load('racy.py').program)}\n", "")


def test_explore_takes_the_program_that_is_named():
    assert call("explore", "two.py:alone") == (0, f"{explore(load('two.py:alone').program)}\n", "")


@pytest.mark.parametrize("name", ["wrong.py", "bounded.py", "failing.py", "opposite.py"])
def test_explore_tells_what_is_wrong_and_exits_with_1(name):
    loaded = load(name)
    result = explore(loaded.program, invariant=loaded.invariant)
    (finding,) = findings(result, loaded.postcondition)
    assert call("explore", name) == (1, f"{result}\n\n{finding}\n", "")


def test_a_lost_update_is_told_like_this():
    code, out, err = call("explore", "wrong.py")
    assert (code, err) == (1, "")
    assert out.endswith(
        "\n\npostcondition failed in 4 of 6 interleavings; simplest:\n\n"
        "step  A                    B\n"
        "   1  counter.read() -> 0\n"
        "   2                       counter.read() -> 0\n"
        "   3                       counter.write(1)\n"
        "   4  counter.write(1)\n\n"
        "ended with counter = 1\n"
        'replay it: replay(program, "ABBA")\n'
    )


@pytest.mark.parametrize(("name", "option"), [("opposite.py", "--allow-deadlock"), ("failing.py", "--allow-failures")])
def test_what_is_allowed_is_nothing_wrong(name, option):
    assert call("explore", name, option) == (0, f"{explore(load(name).program)}\n", "")


def test_an_exploration_that_stopped_early_exits_with_3():
    expected = explore(load("racy.py").program, max_states=3)
    assert call("explore", "racy.py", "--max-states", "3") == (3, f"{expected}\n", "")


def test_something_found_before_it_stopped_is_found():
    loaded = load("early.py")
    result = explore(loaded.program, invariant=loaded.invariant, max_states=5)
    (finding,) = findings(result)
    assert result.claim == "partial"
    assert call("explore", "early.py", "--max-states", "5") == (1, f"{result}\n\n{finding}\n", "")


@pytest.mark.parametrize("option", ["--no-symmetry", "--no-merge", "--no-liveness", "--no-split"])
def test_the_reductions_can_be_switched_off(option):
    code, out, err = call("explore", "racy.py", option, "--json")
    assert (code, json.loads(out)["interleavings"], err) == (0, 6, "")


def test_processes_that_share_the_work_change_nothing():
    alone = call("explore", "racy.py", "--json")
    assert finish(start("explore", "racy.py", "--json", "--workers", "2")) == alone


def test_exploring_by_classes_counts_classes():
    code, out, err = call("explore", "opposite.py", "--by", "classes", "--allow-deadlock")
    assert (code, out.splitlines()[0], err) == (0, "3 classes of interleavings, 2 outcomes", "")
    code, out, err = call("explore", "early.py", "--by", "classes")
    assert (code, out) == (2, "")
    assert "invariant= needs every state to be visited" in err


def test_a_walk_is_kept_and_gone_on_with(files):
    code, out, err = call("explore", "big.py", "--max-states", "300", "--no-symmetry", "--checkpoint", "walk")
    assert (code, (files / "walk").exists(), "claim: partial" in out) == (3, True, True)
    code, out, err = call("explore", "racy.py", "--checkpoint", "walk")
    assert (code, out) == (2, "")
    assert "walk" in err


def test_an_interleaving_has_a_number():
    assert call("interleaving", "racy.py", "2") == (0, told("racy.py", "ABBA"), "")
    assert call("index", "racy.py", "ABBA") == (0, "2\n", "")
    code, out, err = call("interleaving", "racy.py", "6")
    assert (code, out, "numbered from 0 to 5" in err) == (2, "", True)
    code, out, err = call("index", "racy.py", "AB")
    assert (code, out, "2 interleavings begin like this" in err) == (4, "", True)


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("racy.py", 0, "every execution"),
        ("spinning.py", 0, "spinning"),
        ("polite.py", 1, "livelock"),
        ("opposite.py", 1, "deadlock"),
    ],
)
def test_what_can_go_on_for_ever_is_told(name, code, word):
    answered, out, err = call("forever", name)
    assert (answered, out.split(":")[0].startswith(word), err) == (code, True, "")
    answered, out, err = call("forever", name, "--json")
    assert (answered, json.loads(out)["livelock"], err) == (code, word == "livelock", "")


@pytest.mark.parametrize("bound", [{"preemptions": 0}, {"preemptions": 1}, {"delays": 0}, {"delays": 2}])
def test_what_holds_within_a_bound_is_no_complete_answer(bound):
    options = [text for name, most in bound.items() for text in (f"--{name}", str(most))]
    expected = explore(load("racy.py").program, **bound)
    assert expected.claim == "bounded"
    assert call("explore", "racy.py", *options) == (3, f"{expected}\n", "")


def test_a_bound_that_leaves_nothing_out_is_a_complete_answer():
    assert call("explore", "racy.py", "--preemptions", "2") == call("explore", "racy.py")


def test_something_found_within_a_bound_is_found():
    code, out, err = call("explore", "wrong.py", "--preemptions", "1")
    assert (code, err) == (1, "")
    assert "\n\npostcondition failed in 2 of 4 interleavings with at most 1 preemption; simplest:\n\n" in out


def test_a_budget_of_memory_is_kept():
    code, out, err = finish(start("explore", "big.py", "--max-memory", "12M"))
    assert (code, set(err.splitlines())) == (3, {"exploring"})
    assert "\nclaim: partial (the budget of 12 MB of memory ran out): the exploration stopped early" in out


@pytest.mark.parametrize(
    ("text", "number"), [("2G", 2e9), ("500MB", 5e8), ("1.5GiB", 1.5 * 2**30), ("4096", 4096), ("3k", 3e3)]
)
def test_an_amount_of_memory_is_read(monkeypatch, text, number):
    given = {}

    def noted(program, **options):
        given.update(options)
        return explore(program)

    monkeypatch.setattr("simulator.commands.exploring.explore_program", noted)
    assert call("explore", "racy.py", "--max-memory", text)[0] == 0
    assert given["max_memory"] == number


def test_an_estimate_is_no_answer_about_the_program():
    expected = estimate(load("racy.py").program)
    assert call("explore", "racy.py", "--estimate", "--max-seconds", "60") == (3, f"{expected}\n", "")
    code, out, err = call("explore", "racy.py", "--estimate", "--max-seconds", "60", "--json")
    assert (code, json.loads(out), err) == (3, expected.to_data(), "")


def test_explore_as_json():
    code, out, err = call("explore", "wrong.py", "--json")
    loaded = load("wrong.py")
    result = explore(loaded.program)
    found = [finding.to_data() for finding in findings(result, loaded.postcondition)]
    assert (code, json.loads(out), err) == (1, json.loads(json.dumps(result.to_data() | {"findings": found})), "")


def test_a_postcondition_that_raises_loses_no_result():
    error = (
        "PredicateError: postcondition was asked about {counter: 1} and raised TypeError: it answered None "
        "(is there a return?)\nIt must answer for every outcome and every state, deadlocks and failed threads included.\n"
    )
    expected = explore(load("unreturned.py").program)
    assert call("explore", "unreturned.py") == (2, f"{expected}\n", error)
    code, out, err = call("explore", "unreturned.py", "--json")
    assert (code, json.loads(out)["findings"], json.loads(out)["interleavings"], err) == (2, None, 1, error)


def test_what_the_file_prints_goes_to_stderr():
    code, out, err = call("explore", "chatty.py", "--json")
    assert (code, json.loads(out)["interleavings"]) == (0, 1)
    assert set(err.splitlines()) == {"loading", "inside"}
    code, out, err = call("replay", "chatty.py", "A")
    assert (code, out) == (0, told("chatty.py", "A"))
    assert set(err.splitlines()) == {"loading", "inside"}


# --- replay


def test_replay_tells_the_execution():
    assert call("replay", "racy.py", "ABAB") == (0, told("racy.py", "ABAB"), "")
    assert call("replay", "racy.py", "A*2 B") == (0, told("racy.py", "AAB"), "")
    assert call("replay", "words.py", "producer consumer*2") == (0, told("words.py", "producer consumer*2"), "")


def test_replay_as_json_can_be_replayed(files):
    code, out, err = call("replay", "racy.py", "ABAB", "--json")
    assert (code, err) == (0, "")
    assert Execution.from_json(out).schedule == tuple("ABAB")
    (files / "run.json").write_text(out)
    assert call("replay", "racy.py", "run.json") == (0, told("racy.py", "ABAB"), "")


def test_replay_also_draws(files):
    assert call("replay", "racy.py", "ABAB", "-o", "run.txt") == (0, told("racy.py", "ABAB"), "wrote run.txt\n")
    code, out, err = call("replay", "racy.py", "ABAB", "--json", "-o", "run.json")
    assert (code, json.loads(out), err) == (0, json.loads((files / "run.json").read_text()), "wrote run.json\n")


@pytest.mark.parametrize(
    ("name", "schedule", "code", "message"),
    [
        ("racy.py", "AAC", 4, "step 3 of 'AAC' wants C, but there is no thread C.\nThe threads are A, B."),
        ("racy.py", "ABABA", 4, "step 5 of 'ABABA' wants A, but A has ended.\nEnabled at that point: nobody."),
        ("opposite.py", "ABA", 4, "step 3 of 'ABA' wants A, but A is blocked: right.acquire() waits for B.\n"
         "Enabled at that point: nobody."),
        ("racy.py", "A*x", 2, "cannot read 'A*x' in the schedule 'A*x'.\n"
         "A schedule is written ABAB, or with repeats A*3 B A, or in words: producer consumer*2."),
        ("racy.py", "A*9999999", 2, "the schedule 'A*9999999' asks for more than 1,000,000 steps, and that is too many."),
        ("racy.py", "run.json", 2, "there is no file run.json."),
    ],
)  # fmt: skip
def test_a_schedule_that_does_not_fit_exits_with_4_and_one_that_cannot_be_read_with_2(name, schedule, code, message):
    assert call("replay", name, schedule) == (code, "", f"ScheduleError: {message}\n")


def test_a_record_of_another_program_does_not_fit(files):
    (files / "run.json").write_text(replay(load("opposite.py").program, "AB").to_json())
    message = (
        "ScheduleError: step 1 of the recorded execution was A: left.acquire() -> True, but this program does "
        "A: counter.read() -> 0.\nThe execution was recorded from another program, or from another version of this one.\n"
    )
    assert call("replay", "racy.py", "run.json") == (4, "", message)


# --- find


def test_find_exits_with_1_if_there_is_one():
    simplest = find(load("racy.py").program, lambda outcome: outcome.final["counter"] == 1)
    assert call("find", "racy.py", "counter == 1") == (1, f"{story(simplest)}\n", "")
    code, out, err = call("find", "racy.py", "counter == 1", "--json")
    assert (code, json.loads(out)["schedule"], err) == (1, "ABBA", "")


def test_find_exits_with_0_if_it_is_proved_that_there_is_none():
    assert call("find", "racy.py", " counter == 3") == (
        0, "no interleaving ends with counter == 3 (every one was examined)\n", "",
    )  # fmt: skip
    assert call("find", "racy.py", "counter == 3", "--json") == (0, "null\n", "")


@pytest.mark.parametrize("condition", ['status == "deadlock"', "left and right", 'final["left"] and final["right"]'])
def test_find_knows_the_words(condition):
    assert call("find", "opposite.py", condition) == (1, told("opposite.py", "AB"), "")


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("couter == 1", "NameError: name 'couter' is not defined; the names are: counter, final, status, failures, "
         "returned, output"),
        ("exit()", "RuntimeError: it called exit()"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_answer_is_no_answer(condition, why):
    message = (
        f"PredicateError: the condition {condition!r} was asked about counter = 2 and raised {why}\n"
        "It must answer for every outcome and every state, deadlocks and failed threads included.\n"
    )
    assert call("find", "racy.py", condition) == (2, "", message)


def test_a_condition_that_is_no_expression_is_told():
    message = "PredicateError: cannot read the condition 'counter =': invalid syntax.\n"
    hint = "Write a Python expression, such as: counter == 1\n"
    assert call("find", "racy.py", "counter =") == (2, "", message + hint)


TEXTS = {"torn.txt": "12\n\n", "whole.txt": "1\n2\n", "never.txt": "3\n"}


@pytest.fixture
def printing(files):
    """A program that prints, and texts that it prints or does not."""
    talk = "from simulator import Console\nconsole = Console()\ndef says(text):\n    def body():\n"
    talk += "        yield from console.print(text)\n    return body\nprogram = Program(A=says('1'), B=says('2'))\n"
    (files / "printing.py").write_text(HEAD + talk)
    for name, text in TEXTS.items():
        (files / name).write_bytes(text.encode())
    (files / "binary.txt").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("name", ["torn.txt", "whole.txt"])
def test_find_explains_what_was_printed(printing, name):
    found = find(load("printing.py").program, prints=TEXTS[name])
    assert call("find", "printing.py", "--prints", name) == (1, f"{story(found)}\n", "")


def test_find_proves_that_something_is_never_printed(printing):
    name = "never.txt"
    message = f"no interleaving prints {name} (every one was examined)\n"
    assert call("find", "printing.py", "--prints", name) == (0, message, "")
    assert call("find", "printing.py", "--prints", name, "--json") == (0, "null\n", "")


def test_find_reads_what_was_printed_from_standard_input(printing):
    with open("torn.txt", "rb") as torn:
        answer = finish(start("find", "printing.py", "--prints", "-", stdin=torn))
    assert answer == call("find", "printing.py", "--prints", "torn.txt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prints", "missing.txt"], "error: cannot read missing.txt: No such file or directory"),
        (["--prints", "binary.txt"], "error: cannot read binary.txt: it is no text in UTF-8"),
        ([], "Error: say what to find: a CONDITION such as 'counter == 1', or --prints TEXTFILE"),
    ],
)
def test_find_needs_something_to_look_for(printing, arguments, message):
    code, out, err = call("find", "printing.py", *arguments)
    assert (code, out, err.splitlines()[-1]) == (2, "", message)


def test_a_search_that_was_given_up_is_no_answer(monkeypatch):
    def given_up(*_, **__):
        raise SearchStopped("the budget of 5 states ran out", "Nothing.")

    monkeypatch.setattr("simulator.commands.searching.find_execution", given_up)
    code, out, err = call("find", "racy.py", "counter == 7", "--max-states", "5")
    assert (code, out) == (3, "")
    assert err.startswith("SearchStopped: the budget of 5 states ran out")


# --- sample, classes


def test_a_sample_is_no_complete_answer():
    expected = sample(load("racy.py").program, runs=50, seed=3, method="pct", depth=2)
    arguments = ("sample", "racy.py", "--runs", "50", "--seed", "3", "--method", "pct", "--depth", "2")
    assert call(*arguments) == (3, f"{expected}\n", "")


def test_something_found_in_a_sample_is_found():
    code, out, err = call("sample", "wrong.py", "--runs", "50", "--method", "uniform")
    assert (code, err) == (1, "")
    assert "\n\npostcondition failed in " in out
    assert json.loads(call("sample", "wrong.py", "--runs", "50", "--json")[1])["claim"] == "sampled"


def test_classes_are_counted():
    assert call("classes", "racy.py") == (0, "4 mazurkiewicz classes\n", "")
    assert call("classes", "racy.py", "--equivalence", "reads-from") == (0, "3 reads-from classes\n", "")


def test_classes_are_listed():
    code, out, err = call("classes", "racy.py", "--list", "--preemptions", "0")
    assert (code, err) == (3, "")
    first, *listed = out.splitlines()
    assert first == "2 mazurkiewicz classes with an interleaving of at most 0 preemptions"
    assert listed == ["AABB  counter = 2", "BBAA  counter = 2"]
    assert len(json.loads(call("classes", "racy.py", "--list", "--json")[1])["representatives"]) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong.py", "postcondition failed in 2 of 4 classes, such as:"),
        ("opposite.py", "deadlock in 1 of 3 classes, such as:"),
        ("failing.py", "a thread failed in 2 of 2 classes, such as:"),
    ],
)
def test_what_is_wrong_in_a_class_is_told(name, message):
    code, out, err = call("classes", name)
    assert (code, out.splitlines()[2], err) == (1, message, "")
    code, out, err = call("classes", name, "--json")
    assert (code, len(json.loads(out)["findings"]), err) == (1, 1, "")


def test_what_is_allowed_in_a_class_is_nothing_wrong():
    assert call("classes", "opposite.py", "--allow-deadlock")[0] == 0
    assert call("classes", "failing.py", "--allow-failures")[0] == 0


def test_classes_say_nothing_about_an_invariant():
    note = "the invariant was not asked: that takes all states, which explore looks at\n"
    assert call("classes", "bounded.py") == (3, "4 mazurkiewicz classes\n", note)


# --- draw


@pytest.mark.parametrize(
    ("name", "what", "drawn"),
    [
        ("opposite.py", "wait-for", "drawing AB: deadlock, left and right still locked\n"),
        ("opposite.py", "resource-allocation", "drawing AB: deadlock, left and right still locked\n"),
        ("opposite.py", "timeline", "drawing AB: deadlock, left and right still locked\n"),
        ("wrong.py", "timeline", "drawing ABBA: counter = 1\n"),
        ("bounded.py", "timeline", "drawing AABB: counter = 2\n"),
        ("failing.py", "timeline", "drawing ABB: counter = 1, A failed: ValueError: boom\n"),
        ("racy.py", "timeline", "nothing goes wrong in any interleaving\ndrawing AABB: counter = 2\n"),
    ],
)
def test_draw_takes_the_simplest_execution_that_goes_wrong(files, name, what, drawn):
    assert call("draw", name, what, "-o", "picture.txt") == (0, "", f"{drawn}wrote picture.txt\n")
    assert (files / "picture.txt").read_text()


def test_draw_takes_a_schedule_and_a_moment(files):
    assert call("draw", "racy.py", "timeline", "-s", "ABAB", "-o", "all.txt") == (0, "", "wrote all.txt\n")
    assert "schedule ABAB: counter = 1" in (files / "all.txt").read_text()
    assert call("draw", "racy.py", "timeline", "-s", "ABAB", "--step", "2", "-o", "two.txt") == (0, "", "wrote two.txt\n")
    assert "schedule AB: unfinished" in (files / "two.txt").read_text()
    assert call("draw", "opposite.py", "wait-for", "-s", "AB", "--step", "0", "-o", "graph.json")[0] == 0


@pytest.mark.parametrize("arguments", [["-s", "AB", "--step", "3"], ["--step", "3"]])
def test_there_is_no_moment_after_the_end(arguments):
    code, out, err = call("draw", "opposite.py", "wait-for", *arguments, "-o", "graph.txt")
    assert (code, out, err.splitlines()[-1]) == (2, "", "Error: there is no moment after 3 steps: the execution has 2")


def test_a_graph_needs_a_deadlock_or_a_schedule():
    code, out, err = call("draw", "racy.py", "wait-for", "-o", "graph.svg")
    last = "Error: no interleaving deadlocks: say which moment to draw, with --schedule and --step"
    assert (code, out, err.splitlines()[-1]) == (2, "", last)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("run.gif", "UnknownFormat: cannot save a timeline as '.gif'. "
         "It can be saved as: .svg .png .pdf .tex .dot .mmd .txt .json .html .log"),
        ("run", "UnknownFormat: cannot save a timeline as 'run', which has no suffix. "
         "It can be saved as: .svg .png .pdf .tex .dot .mmd .txt .json .html .log"),
        ("nowhere/run.svg", "RenderError: cannot write nowhere/run.svg: there is no folder nowhere"),
        ("racy.py/run.svg", "RenderError: cannot write racy.py/run.svg: racy.py is no folder"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_told_before_the_work_is_done(output, message):
    assert call("draw", "endless.py", "timeline", "-o", output) == (2, "", f"{message}\n")
    assert call("replay", "racy.py", "ABAB", "-o", output) == (2, "", f"{message}\n")


def test_the_suffixes_are_those_of_save(files):
    with pytest.raises(UnknownFormat) as caught:
        save(replay(load("racy.py").program, "ABAB"), files / "run.gif")
    assert str(caught.value).endswith(f" It can be saved as: {' '.join(SUFFIXES)} .html .log")


def test_a_folder_in_the_place_of_the_picture_is_told_and_the_result_is_there(files):
    (files / "run.txt").mkdir()
    message = "RenderError: cannot write run.txt: it is a folder\n"
    assert call("replay", "racy.py", "ABAB", "-o", "run.txt") == (2, told("racy.py", "ABAB"), message)


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_the_texts_are_left_and_the_code_is_5(files):
    message = (
        f"NoRenderer: No Graphviz was found: neither the program dot nor the package pygraphviz.\n{engine.INSTALL}\n\n"
        "The picture was written as run.dot, run.mmd, run.txt and run.json all the same.\n"
    )
    assert call("replay", "racy.py", "ABAB", "-o", "run.svg") == (5, told("racy.py", "ABAB"), message)
    texts = [files / f"run.{suffix}" for suffix in ("dot", "mmd", "txt", "json")]
    for text in texts:
        assert text.read_text()
        text.unlink()
    assert not (files / "run.svg").exists()
    assert call("draw", "racy.py", "timeline", "-s", "ABAB", "-o", "run.png") == (5, "", message)
    assert call("draw", "racy.py", "timeline", "-s", "ABAB", "-o", "run.txt") == (0, "", "wrote run.txt\n")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_pictures_are_drawn(files, suffix):
    if shutil.which("dot") is None:
        missing("the program dot")
    assert call("draw", "opposite.py", "wait-for", "-s", "AB", "-o", f"graph{suffix}") == (0, "", f"wrote graph{suffix}\n")
    assert (files / f"graph{suffix}").stat().st_size


# --- crosscheck, demo, doctor


def test_crosscheck_compares_with_real_threads():
    code, out, err = call("crosscheck", "racy.py", "--runs", "5")
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == [
        "forced on real threads, all 6 interleavings: each trace was the one predicted",
        "ran free 5 times: every outcome was one of the 2 predicted",
    ]


def test_a_comparison_with_nothing_to_compare_is_no_answer(monkeypatch):
    def nothing(*_, **__):
        raise Inconclusive("there is nothing to compare real threads with")

    monkeypatch.setattr("simulator.commands.running.crosscheck_program", nothing)
    message = "Inconclusive: there is nothing to compare real threads with\n"
    assert call("crosscheck", "racy.py") == (3, "", message)


def test_a_difference_to_real_threads_is_found(monkeypatch):
    from simulator import testing
    from simulator.errors import CrosscheckFailed

    def differ(*_):
        raise CrosscheckFailed("step 1 of 'ABAB' differs.")

    monkeypatch.setattr(testing, "_compare", differ)
    assert call("crosscheck", "racy.py") == (1, "", "CrosscheckFailed: step 1 of 'ABAB' differs.\n")


def test_the_demo_tells_and_draws_it_all(files):
    if shutil.which("dot") is None:
        missing("the program dot")
    code, out, err = call("demo")
    assert (code, err) == (0, "")
    headings = [line for line in out.splitlines() if re.match(r"\d\. ", line)]
    assert headings == [
        "1. COUNTER += 1 in two threads. Every interleaving:",
        "2. The lost update, in its simplest form:",
        "3. Ten threads at once:",
        "4. Two locks in opposite order:",
        "5. The same on real threads:",
        "6. Pictures in pictures:",
    ]
    names = {f"{name}{suffix}" for name in ("lost_update", "deadlock_wait_for", "deadlock_resources")
             for suffix in (".svg", ".png", ".dot", ".json")}  # fmt: skip
    assert {path.name for path in (files / "pictures").iterdir()} == names
    assert names < set(out.split())
    captions = (files / "pictures" / "lost_update.dot").read_text(encoding="utf-8")
    assert "schedule ABBA" in captions
    assert "python -m" not in captions, "the demo is no file that a user could name, so no command draws it again"


@pytest.mark.usefixtures("no_renderer")
def test_the_demo_without_a_renderer_tells_all_the_same(files):
    code, out, err = call("demo", "-o", "elsewhere")
    assert (code, err) == (5, "")
    assert out.count(engine.INSTALL) == 1
    assert {path.suffix for path in (files / "elsewhere").iterdir()} == {".dot", ".mmd", ".txt", ".json"}


def test_a_folder_that_cannot_be_made_is_told_at_once():
    code, out, err = call("demo", "-o", "racy.py/pictures")
    assert (code, out) == (2, "")
    assert err.startswith("RenderError: cannot make the folder racy.py/pictures: ")


def test_the_doctor_says_what_is_there():
    if shutil.which("dot") is None:
        missing("the program dot")
    code, out, err = call("doctor")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["Python", "packages", "text", "pictures", "fonts"]


@pytest.mark.usefixtures("no_renderer")
def test_the_doctor_says_how_to_get_what_is_missing():
    code, out, err = call("doctor")
    assert (code, err) == (5, "")
    assert out.endswith(
        f"pictures  missing: No Graphviz was found: neither the program dot nor the package pygraphviz.\n{engine.INSTALL}\n"
    )


# --- what is wrong with the program


COMMANDS = [["explore"], ["explore", "--estimate"], ["find", "counter == 7"], ["sample"], ["classes"], ["crosscheck"]]
COMMANDS += [["draw", "timeline", "-o", "run.txt"], ["replay", "A"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_why_a_file_cannot_be_loaded(command):
    message = "LoadError: there is no file missing.py.\nGive the Python file that holds the program, as FILE or FILE:NAME.\n"
    assert call(command[0], "missing.py", *command[1:]) == (2, "", message)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_what_is_wrong_with_a_program(command):
    message = (
        f"InvalidYield: thread A yielded 3 at invalid.py:{LINE + 2}, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().\n"
    )
    assert call(command[0], "invalid.py", *command[1:]) == (2, "", message)


def test_a_program_that_is_not_deterministic_is_told():
    code, out, err = call("explore", "changing.py")
    assert (code, out) == (2, "")
    assert err.startswith("NondeterministicProgram: ")
    assert "Threads may depend only on what they read through the simulator." in err


@pytest.mark.parametrize(
    "command", [["explore"], ["find", "counter == 7"], ["classes"], ["draw", "timeline", "-o", "run.txt"]]
)
def test_a_thread_that_never_ends_is_told_with_the_option_that_raises_the_limit(command):
    code, out, err = call(command[0], "endless.py", *command[1:], "--max-steps", "50")
    assert (code, out) == (2, "")
    assert err.startswith("StepLimit: 50 steps without an end")
    assert err.endswith("or raise the limit with --max-steps.\n")


def test_running_out_of_memory_is_an_incomplete_answer(monkeypatch):
    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr("simulator.commands.exploring.explore_program", greedy)
    message = "out of memory: this program has more states than fit here; explore --max-states N looks at the first N\n"
    assert call("explore", "racy.py") == (3, "", message)


# --- usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "Error: No such command 'nonsense'."),
        (["explore"], "Error: Missing argument 'FILE'."),
        (["explore", "racy.py", "--max-states", "0"],
         "Error: Invalid value for '--max-states': 0 is not in the range x>=1."),
        (["explore", "racy.py", "--preemptions", "-1"],
         "Error: Invalid value for '--preemptions': -1 is not in the range x>=0."),
        (["explore", "racy.py", "--preemptions", "1", "--delays", "1"],
         "Error: --preemptions and --delays are two different bounds: give one of them"),
        (["explore", "racy.py", "--estimate", "--delays", "1"],
         "Error: --estimate is about all interleavings, and cannot tell how many are within a bound"),
        (["explore", "racy.py", "--max-memory", "2X"],
         "Error: Invalid value for '--max-memory': '2X' is no amount of memory: write 2G, 500M or 1.5GiB."),
        (["explore", "racy.py", "--max-memory", "0"],
         "Error: Invalid value for '--max-memory': '0' is no amount of memory: write 2G, 500M or 1.5GiB."),
        (["sample", "racy.py", "--method", "dice"],
         "Error: Invalid value for '--method': 'dice' is not one of 'walk', 'pct', 'uniform'."),
        (["replay", "racy.py"], "Error: Missing argument 'SCHEDULE'."),
        (["draw", "racy.py", "timeline"], "Error: Missing option '-o' / '--output'."),
        (["draw", "racy.py", "clock", "-o", "run.svg"], "Error: Invalid value for 'WHAT': 'clock' is not one of 'timeline', "
         "'wait-for', 'resource-allocation', 'happens-before', 'comparison', 'slides', 'shiviz', 'states', 'tree', "
         "'lattice', 'histogram', 'lock-order', 'player'."),
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_2(arguments, message):
    code, out, err = call(*arguments)
    assert (code, out, err.splitlines()[-1]) == (2, "", message)


def test_the_help_lists_the_commands_in_the_order_of_teaching():
    code, out, err = call("--help")
    assert (code, err) == (0, "")
    listed = out[out.index("Commands:") :].splitlines()[1:]
    assert [line.split()[0] for line in listed] == IN_ORDER
    assert all(line.endswith(".") and "..." not in line for line in listed)
    for code, meaning in enumerate(("explored completely and nothing wrong", "something found", "usage or bad input")):
        assert f"  {code}  {meaning}\n" in out


@pytest.mark.parametrize("command", list(main.commands))
def test_every_command_has_help_that_fits_the_page(command):
    code, out, err = call(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: simulator {command} [OPTIONS]")
    assert max(map(len, out.splitlines())) <= 110


def test_the_version_is_that_of_the_package():
    assert call("--version") == (0, f"simulator {version('thread-interleaving-simulator')}\n", "")


# --- in a process of its own


def test_the_same_answer_in_a_process_of_its_own():
    expected = call("explore", "wrong.py")
    assert finish(start("explore", "wrong.py")) == expected


def test_explore_imports_nothing_that_it_does_not_need():
    code = (
        "import sys\nfrom simulator.cli import main\nmain(['explore', 'racy.py'], standalone_mode=False) if 0 else None\n"
        "try:\n    main(['explore', 'racy.py'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('networkx', 'graphviz', 'pygraphviz', 'rich') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    read, write = os.pipe()
    os.close(read)
    process = start("explore", "wrong.py", stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_an_answer_that_cannot_be_written_is_told():
    with open("/dev/full", "w") as full:
        process = start("explore", "racy.py", stdout=full)
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (2, "error: cannot write the answer: No space left on device\n")


@pytest.mark.parametrize("name", ["opposite.py", "half.py"])
def test_no_character_is_worth_losing_a_result_for(name):
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    code, out, err = finish(start("explore", name, env=env))
    assert (code, err) == (int(name == "opposite.py"), "")
    assert out.isascii()
    code, out, err = finish(start("explore", name, "--json", env=env))
    assert (json.loads(out)["claim"], err) == ("complete", "")


def interrupted(process, word):
    """Wait until the file says that it is under way, press Ctrl-C, and answer what comes of it."""
    assert process.stderr.readline() == f"{word}\n"
    time.sleep(0.5)  # let it get to its work; whether that takes longer makes no difference
    process.send_signal(signal.SIGINT)
    return finish(process)


needs_sigint = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")


@needs_sigint
def test_an_interrupted_computation_names_its_line():
    message = f"interrupted: thread A was computing at computing.py:{LINE + 4} and had not come to its next yield.\n"
    assert interrupted(start("explore", "computing.py"), "computing") == (130, "", message)


@needs_sigint
def test_an_interrupted_import_names_its_line():
    message = f"interrupted: importing.py was being imported at importing.py:{LINE + 2}.\n"
    assert interrupted(start("explore", "importing.py"), "importing") == (130, "", message)


@needs_sigint
def test_an_interrupted_exploration_shows_what_is_known():
    code, out, err = interrupted(start("explore", "big.py"), "exploring")
    assert (code, set(err.splitlines())) == (3, {"exploring"} if err else set())
    assert out.endswith(
        "\nclaim: partial (interrupted): the exploration stopped early: what is not listed may still happen\n"
    )


def test_examples_that_nobody_waits_for_lose_no_count(monkeypatch):
    from simulator.exploration.search import Examples

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Examples, "of", stop)
    code, out, err = call("explore", "wrong.py")
    assert (code, err) == (1, "interrupted: the examples were not looked for\n")
    assert "counter = 1              4  66.7%        50.0%  –\n" in out
    code, out, err = call("explore", "racy.py", "--json")
    assert (code, err) == (0, "interrupted: the examples were not looked for\n")
    assert [(row["interleavings"], row["example"]) for row in json.loads(out)["outcomes"]] == [(4, None), (2, None)]


def in_a_terminal(*arguments, stdout=True, stderr=True):
    """Exit code, what the terminal showed, and what was not shown there."""
    pty = pytest.importorskip("pty", reason="there are no terminals like this here")
    leader, follower = pty.openpty()
    process = start(
        *arguments,
        stdout=follower if stdout else subprocess.PIPE,
        stderr=follower if stderr else subprocess.PIPE,
        text=False,
        encoding=None,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # that is how the end is told on Linux
        while part := os.read(leader, 65536):
            shown += part
    os.close(leader)
    out, err = process.communicate(timeout=120)
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown.decode())  # without the colours
    return process.returncode, plain, (out or b"") + (err or b"")


def test_a_terminal_gets_a_table_with_lines():
    code, shown, rest = in_a_terminal("explore", "racy.py")
    assert (code, rest) == (0, b"")
    assert "┃ outcome     ┃ interleavings ┃" in shown
    assert "│ counter = 1 │             4 │" in shown


def test_a_long_exploration_shows_a_live_line_in_a_terminal_and_nowhere_else():
    code, shown, rest = in_a_terminal("explore", "big.py", "--max-seconds", "3", stdout=False)
    assert code == 3
    assert re.search(r"[\d,]+ states, [\d,]+ a second", shown)
    assert rest.decode().endswith("what is not listed may still happen\n")
    code, shown, rest = in_a_terminal("explore", "big.py", "--max-seconds", "3", stderr=False)
    assert (code, set(rest.split())) == (3, {b"exploring"})
    assert " a second" not in shown


def test_a_crosscheck_as_json_tells_what_was_forced_and_seen(tmp_path):
    (tmp_path / "fixed.py").write_text(
        "from simulator import *\nlock = Lock('lock')\ndef body():\n    with (yield lock.acquire()):\n        pass\n"
        "program = Program(A=body, B=body)\n"
    )
    result = CliRunner().invoke(main, ["crosscheck", str(tmp_path / "fixed.py"), "--runs", "3", "--json"])
    data = json.loads(result.stdout)
    assert (result.exit_code, data["forced"], data["interleavings"], data["exhaustive"]) == (0, 2, 2, True)
    assert [(outcome["status"], outcome["seen"]) for outcome in data["outcomes"]] == [("finished", 3)]


def test_a_postcondition_that_nothing_ever_reaches_is_no_clean_answer(tmp_path):
    (tmp_path / "endless.py").write_text(
        "from simulator import *\nx = Shared('x', 0)\ndef body():\n    while True:\n        yield x.read()\n"
        "program = Program(A=body)\ndef postcondition(final):\n    return False\n"
    )
    result = CliRunner().invoke(main, ["explore", str(tmp_path / "endless.py")])
    assert result.exit_code == 3
    assert result.stderr == "the postcondition was never asked: no execution comes to its end\n"
