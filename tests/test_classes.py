"""Equivalence classes: keys against an independent closure under swaps, and against the golden numbers."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from golden.programs import REGISTRY
from golden.table import TABLE
from hypothesis import assume, given, settings
from made_up import programs, small_enough
from made_up_primitives import atomic_family, condition_programs, programs_of, worker_programs

from simulator import Program, Worker, choose, explore, interleavings, sleep
from simulator.exploration.classes.keys import ClassKeys, class_key
from simulator.exploration.enumerate import paths
from simulator.machine import Machine

COUNTS = json.loads((Path(__file__).parent / "golden" / "counts.json").read_text())
MOST_INTERLEAVINGS = 3_000
SMALL = [
    entry
    for entry in COUNTS
    if entry.get("interleavings", MOST_INTERLEAVINGS + 1) <= MOST_INTERLEAVINGS and "classes" in entry
]


def keys_of(program):
    """The key of every interleaving."""
    machine = Machine(program, keep_all=True)
    with closing(machine):
        keys = ClassKeys(machine)
        found = {}
        for path, _ in paths(machine, 2_000):
            found[machine.schedule(path)] = keys.of(path)
            assert found[machine.schedule(path)] == class_key(machine, path)
        return found


def accesses(program, trace, index):
    """{object: whether it is only read} of one event of a trace; a worker's last event ends the worker."""
    event = trace[index]
    target = event.operation.target
    found = {}
    if target is not None:
        reads = target.reads_only(event.operation, event.answer)
        found = {id(thing): reads for thing in (target, *target.companions)}
    if event.thread in program.workers and all(later.thread != event.thread for later in trace[index + 1 :]):
        found[id(program.workers[event.thread])] = False
    return found


def closure(program):
    """Interleavings that can be turned into each other by swapping neighbours that do not conflict: a set of sets."""
    listed = {execution.schedule: execution for execution in interleavings(program)}
    leader = {schedule: schedule for schedule in listed}

    def find(schedule):
        while leader[schedule] != schedule:
            schedule = leader[schedule]
        return schedule

    for schedule, execution in listed.items():
        touched = [accesses(program, execution.trace, index) for index in range(len(schedule))]
        for index in range(len(schedule) - 1):
            first, second = touched[index], touched[index + 1]
            if execution.trace[index].thread == execution.trace[index + 1].thread:
                continue
            if any(not (first[thing] and second[thing]) for thing in first.keys() & second.keys()):
                continue
            swapped = type(schedule)((*schedule[:index], schedule[index + 1], schedule[index], *schedule[index + 2 :]))
            if swapped in listed:
                leader[find(schedule)] = find(swapped)
    groups = {}
    for schedule in listed:
        groups.setdefault(find(schedule), set()).add(schedule)
    return {frozenset(group) for group in groups.values()}


def grouped(keys):
    groups = {}
    for schedule, key in keys.items():
        groups.setdefault(key, set()).add(schedule)
    return {frozenset(group) for group in groups.values()}


@settings(max_examples=15)
@given(programs())
def test_interleavings_of_made_up_programs_share_a_key_if_swaps_lead_from_one_to_the_other(made):
    built = small_enough(made, 200)
    assert grouped(keys_of(built.program)) == closure(built.program)


@pytest.mark.parametrize(
    "strategy",
    [worker_programs(), condition_programs(), programs_of(atomic_family)],
    ids=["workers", "conditions", "atomics"],
)
def test_interleavings_of_every_primitive_share_a_key_if_swaps_lead_from_one_to_the_other(strategy):
    @settings(max_examples=8)
    @given(strategy)
    def check(made):
        assume(0 < (explore(made.program, max_states=1_000, max_steps=200).interleavings or 0) <= 200)
        assert grouped(keys_of(made.program)) == closure(made.program)

    check()


def test_a_choice_touches_nothing_but_tells_classes_apart():
    def toss():
        yield choose("heads", "tails")

    def rest():
        yield sleep(1)

    keys = keys_of(Program(A=toss, B=rest))
    assert grouped(keys) == {frozenset({("A=0", "B"), ("B", "A=0")}), frozenset({("A=1", "B"), ("B", "A=1")})}


def test_a_worker_whose_last_step_is_a_choice_has_a_class_for_each_option():
    def toss():
        yield choose("heads", "tails")

    worker = Worker("W", toss)

    def main():
        yield worker.start()
        yield worker.is_alive()

    keys = keys_of(Program(main=main, W=worker))
    assert len(keys) == 4
    assert len(set(keys.values())) == 4  # whether the worker is alive depends on the order


@pytest.mark.parametrize("row", [row for row in TABLE if row.classes is not None], ids=lambda row: row.name)
def test_the_golden_table_has_as_many_classes(row):
    assert len(set(keys_of(row.program).values())) == row.classes


@pytest.mark.parametrize("entry", SMALL, ids=lambda entry: f"{entry['program']}{tuple(entry['params'])}")
def test_the_benchmarks_have_as_many_classes(entry):
    keys = keys_of(REGISTRY[entry["program"]](*entry["params"]))
    assert len(keys) == entry["interleavings"]
    assert len(set(keys.values())) == entry["classes"]
