"""The numbers that are part of the contract, and those of the benchmark programs of the literature."""

import json
import math
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from brute_force import every_run
from golden.programs import REGISTRY
from golden.table import TABLE, TEN, counter

from simulator import explore, interleavings

COUNTS = json.loads((Path(__file__).parent / "golden" / "counts.json").read_text())
MOST_LISTED = 50_000
MOST_BY_BRUTE_FORCE = 3_000
MOST_BENCHMARKS_LISTED = 100_000

rows = pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
KNOWN = [entry for entry in COUNTS if "interleavings" in entry and entry["program"] in REGISTRY]
TAKES_MINUTES = [("lastzero", [10])]


def spelled(entry):
    return f"{entry['program']}{tuple(entry['params'])}"


def entries(most=None):
    """The benchmarks with at most so many interleavings."""
    return [
        pytest.param(
            entry,
            id=spelled(entry),
            marks=[pytest.mark.nightly] if (entry["program"], entry["params"]) in TAKES_MINUTES else [],
        )
        for entry in KNOWN
        if most is None or entry["interleavings"] <= most
    ]


def told(row, outcome):
    """The outcome as the table says it."""
    if outcome.status == "deadlock":
        return "deadlock"
    return outcome.final[row.of] if row.of is not None else None


@rows
@pytest.mark.parametrize(("merge", "symmetry"), list(product((True, False), repeat=2)))
def test_explore_says_what_the_golden_table_says(row, merge, symmetry):
    result = explore(row.program, merge=merge, symmetry=symmetry)
    numbers = Counter()
    for summary in result.outcomes:
        numbers[told(row, summary.outcome)] += summary.interleavings
    assert (result.claim, result.interleavings, numbers) == ("complete", row.interleavings, row.outcomes)
    assert sum(summary.interleavings for summary in result.deadlocks) == row.deadlocks
    if row.states is not None:
        assert result.states <= row.states
        if not merge and not symmetry:
            assert result.states == row.states


@rows
def test_listing_every_interleaving_says_what_the_golden_table_says(row):
    assert row.interleavings <= MOST_LISTED
    numbers = Counter(told(row, execution.outcome) for execution in interleavings(row.program))
    assert numbers == row.outcomes


@rows
def test_brute_force_says_what_the_golden_table_says(row):
    assert row.interleavings <= MOST_BY_BRUTE_FORCE
    numbers = Counter()
    for run in every_run(row.program):
        value = run.final[row.of.name] if row.of is not None else None
        numbers["deadlock" if run.status == "deadlock" else value] += 1
    assert numbers == row.outcomes


def test_ten_increments_have_two_quadrillion_interleavings_and_ten_outcomes():
    result = explore(TEN)
    assert result.interleavings == 2_375_880_867_360_000 == math.factorial(20) // 2**10
    numbers = {summary.final[counter]: summary.interleavings for summary in result.outcomes}
    assert sorted(numbers) == list(range(1, 11))
    assert numbers[10] == 3_628_800 == math.factorial(10)


@pytest.mark.parametrize("entry", entries())
def test_explore_counts_the_benchmarks_of_the_literature(entry):
    program = REGISTRY[entry["program"]](*entry["params"])
    result = explore(program)
    assert result.interleavings == entry["interleavings"]
    assert sum(summary.interleavings for summary in result.deadlocks) == entry["deadlocked_interleavings"]
    assert all(summary.status in ("finished", "deadlock") for summary in result.outcomes)


@pytest.mark.parametrize("entry", entries(MOST_BENCHMARKS_LISTED))
def test_listing_counts_the_benchmarks_of_the_literature(entry):
    program = REGISTRY[entry["program"]](*entry["params"])
    numbers = Counter(execution.outcome.status for execution in interleavings(program))
    assert numbers.total() == entry["interleavings"]
    assert numbers["deadlock"] == entry["deadlocked_interleavings"]


@pytest.mark.parametrize("entry", entries(MOST_BY_BRUTE_FORCE))
def test_brute_force_counts_the_benchmarks_of_the_literature(entry):
    runs = list(every_run(REGISTRY[entry["program"]](*entry["params"])))
    assert len(runs) == entry["interleavings"]
    assert sum(run.status == "deadlock" for run in runs) == entry["deadlocked_interleavings"]


def test_every_benchmark_is_said():
    assert {entry["program"] for entry in COUNTS} == set(REGISTRY)
