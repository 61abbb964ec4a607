"""One interleaving for each equivalence class: none is missed, and none is met twice."""

import json
from pathlib import Path

import pytest
from equivalence import classes, key
from golden.programs import REGISTRY
from golden.table import TABLE
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_up import build, programs
from made_up_primitives import (
    atomic_family,
    barrier_programs,
    condition_programs,
    programs_of,
    queue_programs,
    readers_writers_family,
    rlock_family,
    semaphore_programs,
    worker_programs,
)

from simulator import (
    CheckFailed,
    Lock,
    Program,
    Queue,
    RLock,
    Semaphore,
    Shared,
    StepLimit,
    check,
    choose,
    count_classes,
    explore,
    interleavings,
    replay,
    representatives,
    sleep,
)
from simulator.errors import Inconclusive
from simulator.exploration.classes.dpor import Reduction
from simulator.exploration.classes.reads_from import reads_from
from simulator.exploration.classes.steps import StepTable
from simulator.exploration.classes.switching import fewest_preemptions
from simulator.machine import Machine

MOST_INTERLEAVINGS = 150
COUNTS = json.loads((Path(__file__).parent / "golden" / "counts.json").read_text())
MOST_CLASSES_BOUNDED = 1_700
"""Finding the fewest preemptions of each class takes some milliseconds; more than so many of them are left to the night."""


def reduced(program):
    """Everything that the literature counts: classes, reads-from classes, and how many need how many preemptions."""
    machine = Machine(program, keep_all=True)
    table = StepTable(machine)
    reduction = Reduction(machine, table, 2_000)
    return machine, table, reduction


def check_program(program):
    """The classes of a program are those of brute force, each once, each with its fewest preemptions."""
    try:
        known = classes(program, MOST_INTERLEAVINGS)
    except StepLimit:
        known = None
    assume(known is not None)
    found = list(representatives(program))
    keys = [key(execution) for execution in found]
    assert len(set(keys)) == len(keys), "a class was met twice"
    assert set(keys) == set(known)
    assert count_classes(program) == len(known)
    for execution, its_key in zip(found, keys, strict=True):
        assert replay(program, execution.schedule).outcome == execution.outcome
        assert execution.outcome == known[its_key][0].outcome
    check_bounds(program, known)


def check_bounds(program, known):
    fewest = {its_key: min(execution.preemptions for execution in members) for its_key, members in known.items()}
    for most in range(max(fewest.values()) + 1):
        wanted = {its_key: number for its_key, number in fewest.items() if number <= most}
        bounded = {key(execution): execution.preemptions for execution in representatives(program, preemptions=most)}
        assert bounded == wanted
        assert count_classes(program, preemptions=most) == len(wanted)


# --- made-up programs ---------------------------------------------------------------------------------------------------


@st.composite
def crowded(draw):
    """Three to five threads that read and write one to three variables, and go on as they were told."""
    variables = [Shared(name, 0) for name in "xyz"[: draw(st.integers(1, 3))]]
    places = st.integers(0, len(variables) - 1)
    statements = st.tuples(st.sampled_from(("read", "write")), places, st.integers(0, 2))
    threads = draw(st.integers(3, 5))
    scripts = [draw(st.lists(statements, min_size=1, max_size={3: 4, 4: 3, 5: 2}[threads])) for _ in range(threads)]
    return Program(**{name: reading_and_writing(variables, script) for name, script in zip("ABCDE", scripts, strict=False)})


def reading_and_writing(variables, script):
    def thread():
        value = 0
        for what, place, number in script:
            if what == "read":
                value = yield variables[place].read()
            else:
                yield variables[place].write(value + number)
            if value and number == 2:
                value = yield variables[-1].read()
            if value > 2 and number == 1:
                yield variables[0].write(0)

    return thread


@st.composite
def choosing(draw):
    """Threads that let the environment choose, and do what it chose."""
    x, lock = Shared("x", 0), Lock("lock")
    statements = st.lists(st.sampled_from(("choose", "read", "write", "lock", "try", "sleep")), min_size=1, max_size=3)

    def body(script):
        def thread():
            value = 0
            for statement in script:
                if statement == "choose":
                    value = yield choose(0, 1, 2)
                elif statement == "read":
                    value = yield x.read()
                elif statement == "write" and value != 1:
                    yield x.write(value)
                elif statement == "lock":
                    yield lock.acquire()
                elif statement == "try" and (yield lock.acquire(blocking=False)):
                    yield lock.release()
                elif statement == "sleep":
                    yield sleep(1)

        return thread

    return Program(**{name: body(draw(statements)) for name in "ABC"[: draw(st.integers(2, 3))]})


FAMILIES = {
    "variables": crowded(),
    "choices": choosing(),
    "everything": programs().map(lambda made: build(made).program),
    "Atomic": programs_of(atomic_family).map(lambda made: made.program),
    "Lock and RLock": programs_of(rlock_family).map(lambda made: made.program),
    "Semaphore": semaphore_programs(Semaphore).map(lambda made: made.program),
    "Condition": condition_programs().map(lambda made: made.program),
    "Conditions sharing a lock": condition_programs(RLock, shared=True).map(lambda made: made.program),
    "Barrier": barrier_programs().map(lambda made: made.program),
    "Queue": queue_programs(Queue).map(lambda made: made.program),
    "ReadWriteLock": programs_of(lambda: readers_writers_family("writers")).map(lambda made: made.program),
    "Worker": worker_programs().map(lambda made: made.program),
}
families = pytest.mark.parametrize("family", FAMILIES)


@families
def test_the_classes_are_those_of_brute_force(family):
    settings(max_examples=15)(given(FAMILIES[family])(check_program))()


@pytest.mark.nightly
@families
def test_the_classes_of_thousands_are_those_of_brute_force(family):
    settings(max_examples=1_500)(given(FAMILIES[family])(check_program))()


@given(crowded())
@settings(max_examples=100)
def test_no_class_of_a_crowd_is_missed(program):
    """The sharpest trap: a reversal that one sleeper refuses at first, and another one later."""
    known = sleep_sets(program, most=2_000)
    assume(known is not None)
    assert count_classes(program) == known


@pytest.mark.nightly
@given(crowded())
@settings(max_examples=20_000)
def test_no_class_of_thousands_of_crowds_is_missed(program):
    known = sleep_sets(program, most=5_000)
    assume(known is not None)
    assert count_classes(program) == known


def sleep_sets(program, most):
    """The number of classes by sleep sets alone, which come to each of them once, and to many a dead end.

    P. Godefroid, "Partial-order methods for the verification of concurrent systems", LNCS 1032, 1996, chapter 5.
    """
    machine = Machine(program, keep_all=True)
    table = StepTable(machine)
    known = {}

    def count(state, sleeping):
        place = (state, frozenset(step.code for step in sleeping))
        if place not in known:
            possible = [step for thread in range(len(program.names)) for step in table.options(state, thread)]
            asleep, total = list(sleeping), int(not possible)
            for step in possible:
                if step not in asleep:
                    total += count(state + step.delta, [other for other in asleep if not other.conflicts(step)])
                    asleep.append(step)
            known[place] = total
        return known[place]

    total = count(machine.initial, [])
    return total if total <= most else None


# --- known cases --------------------------------------------------------------------------------------------------------


def test_a_refusal_is_asked_for_again():
    """Made up by chance: without watching refusals, 14 of its 16 classes are found."""
    x, y = Shared("x", 0), Shared("y", 0)

    def write(variable, value):
        yield variable.write(value)

    def look_twice():
        value = yield x.read()
        yield x.write(value)
        if (yield x.read()):
            yield y.read()

    program = Program(
        A=lambda: write(y, 0),
        B=lambda: write(x, 2),
        C=lambda: write(y, 0),
        D=look_twice,
    )
    assert count_classes(program) == len(classes(program)) == 16


def test_a_failed_compare_exchange_is_a_read_in_one_order_and_a_write_in_the_other():
    program = REGISTRY["casrot"](3)
    assert count_classes(program) == len(classes(program)) == 5


def test_acquires_race_with_acquires_and_not_with_the_release_between_them():
    lock = Lock("lock")

    def once():
        with (yield lock.acquire()):
            yield sleep(1)

    assert [str(execution.schedule) for execution in representatives(Program(A=once, B=once))] == ["AAABBB", "BBBAAA"]


def test_a_lock_that_is_never_released_is_taken_by_everybody_once():
    lock = Lock("lock")

    def take():
        yield lock.acquire()

    found = list(representatives(Program.copies(take, 3)))
    assert [str(execution.schedule) for execution in found] == ["A", "B", "C"]
    assert all(execution.outcome.status == "deadlock" for execution in found)


def test_daemons_may_do_as_much_as_there_is_time_for():
    ticks, done = Shared("ticks", 0), Shared("done", 0)

    def tick():
        yield ticks.write(1)
        yield ticks.write(2)

    def work():
        yield done.write(1)

    program = Program(Ticker=tick, Worker=work, daemons=("Ticker",))
    assert [str(execution.schedule) for execution in representatives(program)] == [
        "Ticker*2 Worker",
        "Ticker Worker",
        "Worker",
    ]
    assert count_classes(program, preemptions=0) == 2


def test_a_program_without_an_end_is_refused():
    x = Shared("x", 0)

    def spin():
        while not (yield x.read()):
            pass

    with pytest.raises(StepLimit):
        count_classes(Program(A=spin, B=spin), max_steps=50)


def test_programs_of_one_step_or_none():
    def nothing():
        yield from ()

    def one():
        yield sleep(1)

    assert [str(execution.schedule) for execution in representatives(Program(A=nothing))] == [""]
    assert count_classes(Program(A=one, B=one, C=nothing)) == 1


@pytest.mark.parametrize("row", [row for row in TABLE if row.classes], ids=lambda row: row.name)
def test_the_golden_table(row):
    assert count_classes(row.program) == row.classes
    outcomes = {execution.outcome for execution in representatives(row.program)}
    assert outcomes == {summary.outcome for summary in explore(row.program).outcomes}


# --- the benchmarks of the literature -----------------------------------------------------------------------------------


def entries(known="classes", most=None):
    return [
        pytest.param(
            entry,
            id=f"{entry['program']}{tuple(entry['params'])}",
            marks=[pytest.mark.nightly] if most is not None and entry["classes"] > most else [],
        )
        for entry in COUNTS
        if known in entry
    ]


@pytest.mark.parametrize("entry", entries())
def test_the_benchmarks_have_as_many_classes_as_the_literature_says(entry):
    machine, table, reduction = reduced(REGISTRY[entry["program"]](*entry["params"]))
    number = deadlocks = 0
    coarser = set()
    for end in reduction.ends():
        number += 1
        deadlocks += machine.outcome(end).status == "deadlock"
        coarser.add(reads_from(table, reduction.steps))
    assert (number, len(coarser)) == (entry["classes"], entry["reads_from_classes"])
    assert deadlocks == entry.get("deadlocked_classes", 0)


@pytest.mark.parametrize("entry", entries("classes_within_preemptions", MOST_CLASSES_BOUNDED))
def test_so_many_of_them_need_so_many_preemptions(entry):
    _, table, reduction = reduced(REGISTRY[entry["program"]](*entry["params"]))
    numbers = [fewest_preemptions(table, reduction.steps, reduction.pasts)[0] for _ in reduction.ends()]
    known = entry["classes_within_preemptions"]
    assert [sum(number <= most for number in numbers) for most in range(len(known))] == known


def test_the_search_takes_exactly_these_steps():
    """A count that does not depend on the machine it runs on: if it grows, something is explored in vain."""
    _, _, reduction = reduced(REGISTRY["ninc"](4))
    assert sum(1 for _ in reduction.ends()) == 576
    assert reduction.taken == 1803


def test_all_interleavings_of_a_class_end_alike():
    program = REGISTRY["ninc"](3)
    assert {execution.outcome for execution in interleavings(program)} == {
        execution.outcome for execution in representatives(program)
    }


# --- exploring by classes -----------------------------------------------------------------------------------------------


@families
def test_exploring_by_classes_finds_every_outcome(family):
    @settings(max_examples=8)
    @given(FAMILIES[family])
    def check_family(program):
        try:
            known = classes(program, MOST_INTERLEAVINGS)
        except StepLimit:
            known = None
        assume(known is not None)
        result = explore(program, by="classes")
        assert (result.claim, result.classes, result.interleavings) == ("complete", len(known), None)
        assert {one.outcome for one in result.outcomes} == {one.outcome for one in explore(program).outcomes}
        for one in result.outcomes:
            assert one.classes == sum(members[0].outcome == one.outcome for members in known.values())
            assert one.example.outcome == one.outcome

    check_family()


def test_a_check_by_classes_tells_how_many_go_wrong():
    counter = Shared("counter", 0)

    def increment():
        value = yield counter.read()
        yield counter.write(value + 1)

    racy = Program(A=increment, B=increment)
    with pytest.raises(CheckFailed, match=r"^postcondition failed in 2 of 4 classes of interleavings; for example:"):
        check(racy, postcondition=lambda final: final[counter] == 2, by="classes")
    assert check(racy, postcondition=lambda final: final[counter] > 0, by="classes").classes == 4
    bounded = [explore(racy, by="classes", preemptions=most) for most in (0, 1)]
    assert [(one.claim, one.classes) for one in bounded] == [("bounded", 2), ("complete", 4)]
    assert [one.classes for one in explore(racy, by="classes", observe=lambda final: "all").outcomes] == [4]


def test_more_states_than_fit_are_no_trouble_if_there_are_few_classes():
    """Ten threads write and read next to each other: 1,940,137,987,292,120,000 interleavings, 3,328 classes."""
    result = explore(REGISTRY["lastzero"](10), by="classes")
    assert (result.claim, result.classes, len(result.outcomes)) == ("complete", 3_328, 512)
    assert str(result).startswith("3,328 classes of interleavings, 512 outcomes\n")


def test_a_budget_of_time_makes_it_partial():
    result = explore(REGISTRY["lastzero"](13), by="classes", max_seconds=1e-6)
    assert (result.claim, str(result).split()[:2]) == ("partial", ["at", "least"])
    with pytest.raises(Inconclusive, match=r"ran out after \d+ class"):
        check(REGISTRY["lastzero"](13), by="classes", max_seconds=1e-6)


# --- bad input ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [-1, 1.5, True, "2"])
def test_a_bound_that_is_none_is_refused(most):
    with pytest.raises((TypeError, ValueError), match="preemptions was expecting a whole number"):
        count_classes(REGISTRY["ninc"](2), preemptions=most)


@pytest.mark.parametrize("how", [{"invariant": bool}, {"delays": 1}, {"max_states": 10}, {"checkpoint": "walk"}])
def test_what_needs_every_state_cannot_be_had_by_classes(how):
    with pytest.raises(ValueError, match="= needs every state to be visited, and by='classes' visits one interleaving"):
        explore(REGISTRY["ninc"](2), by="classes", **how)


def test_there_are_two_ways_to_explore():
    with pytest.raises(ValueError, match="by was expecting 'states' or 'classes', but got 'traces'"):
        explore(REGISTRY["ninc"](2), by="traces")


def test_an_equivalence_that_is_none_is_refused():
    with pytest.raises(ValueError, match="equivalence was expecting one of 'mazurkiewicz', 'reads-from', but got 'foata'"):
        count_classes(REGISTRY["ninc"](2), equivalence="foata")
