"""The plugin for pytest: what a failed check leaves behind."""

import json

import pytest
from missing import missing

from simulator import Execution

pytest_plugins = ["pytester"]

TESTS = """
import pytest
from simulator import Program, Shared, check

counter = Shared("counter", 0)

def increment():
    value = yield counter.read()
    yield counter.write(value + 1)

racy = Program(A=increment, B=increment)

@pytest.mark.parametrize("wanted", [2, "<2/2>"])
def test_counts(wanted):
    check(racy, lambda final: final[counter] == wanted)

def test_right():
    check(Program(A=increment), lambda final: final[counter] == 1)

def test_wrong_in_another_way():
    assert 1 == 2
"""


@pytest.fixture
def outcome(pytester):
    """A run of pytest on these tests, in a process of its own."""
    pytester.makepyfile(test_counter=TESTS)

    def run(*options):
        return pytester.runpytest_subprocess("-p", "simulator.pytest_plugin", "-p", "no:cacheprovider", *options)

    return run


def test_a_failed_check_leaves_a_picture_a_page_and_itself(outcome, pytester):
    done = outcome()
    done.assert_outcomes(failed=3, passed=1)
    done.stdout.fnmatch_lines(["*interleaving*", "wrote *test_counter.py-test_counts-2.html", "*replay(program, *"])
    left = {path.name for path in (pytester.path / "failures").iterdir()}
    assert {f"test_counter.py-test_counts-{wanted}.html" for wanted in ("2", "2-2")} <= left
    assert not [name for name in left if "right" in name or "another" in name]
    kept = pytester.path / "failures" / "test_counter.py-test_counts-2.json"
    assert str(Execution.from_json(kept.read_text(encoding="utf-8")).schedule) == "ABBA"
    if not kept.with_suffix(".svg").exists():
        missing("dot or pygraphviz")
    assert kept.with_suffix(".svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_folder_can_be_chosen(outcome, pytester):
    outcome("--failure-pictures", "build").assert_outcomes(failed=3, passed=1)
    assert json.loads((pytester.path / "build" / "test_counter.py-test_counts-2.json").read_text(encoding="utf-8"))
    assert not (pytester.path / "failures").exists()


def test_a_folder_that_cannot_be_made_hides_no_failure(outcome, pytester):
    (pytester.path / "failures").write_text("a file")
    done = outcome()
    done.assert_outcomes(failed=3, passed=1)
    done.stdout.fnmatch_lines(["no test_counter.py-test_counts-2.svg: cannot write *failures: it is a file"])


def test_nothing_fails_and_nothing_is_written(outcome, pytester):
    outcome("-k", "right").assert_outcomes(passed=1, deselected=3)
    assert not (pytester.path / "failures").exists()
