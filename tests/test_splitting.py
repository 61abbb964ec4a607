"""Programs whose threads fall into groups that share nothing: splitting them changes nothing but the work."""

from functools import partial
from math import factorial

import made_up
import made_up_primitives as primitives
import pytest
from brute_force import every_run
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulator import (
    Lock,
    Program,
    Queue,
    Semaphore,
    Shared,
    Worker,
    choose,
    explore,
    sleep,
)
from simulator.errors import DuplicateName, NondeterministicProgram, ProgramError, SimulatorError, TooManyOutcomes
from simulator.exploration.splitting import grouping
from simulator.exploration.splitting import split as splitting

MOST_STATES = 1_500
"""How many states a made-up program may have that is explored without splitting, too."""
MOST_STATES_OF_A_GROUP = 60
MOST_LISTED = 1_500
"""How many interleavings a made-up program may have that are listed by brute force."""


def racing(counter):
    """Two interchangeable threads that race on a counter."""

    def increment():
        value = yield counter.read()
        yield counter.write(value + 1)

    return increment


def pairs(number):
    threads = {}
    for place in range(number):
        increment = racing(Shared(f"c{place}", 0))
        threads |= {f"A{place}": increment, f"B{place}": increment}
    return Program(**threads)


def told(result):
    """All that an exploration tells, but for what it has walked."""
    return (
        result.claim,
        result.interleavings,
        result.endless,
        [
            (
                one.outcome.key,
                str(one.outcome),
                one.interleavings,
                one.share,
                None if one.probability is None else pytest.approx(one.probability, rel=1e-9),
                one.observed,
                str(one.example.schedule),
                one.example.preemptions,
                one.example.outcome.key,
            )
            for one in result.outcomes
        ],
    )


def explored(program, **how):
    """What is told, or the error that is raised instead."""
    try:
        result = explore(program, **how)
        return result, told(result)
    except (ProgramError, SimulatorError) as error:
        return None, (type(error), str(error))


def agree(program, **how):
    """Explore with and without splitting and compare; answer the groups."""
    plain, expected = explored(program, split=False, **how)
    split, got = explored(program, **how)
    assert got == expected
    assert plain is None or plain.groups == ()
    return split.groups if split is not None else ()


# Golden -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 3, 4, 6])
def test_pairs_of_racing_increments_multiply(number):
    result = explore(pairs(number))
    assert result.interleavings == 6**number * factorial(4 * number) // factorial(4) ** number
    assert result.groups == tuple((f"A{place}", f"B{place}") for place in range(number))
    lost = [sum(value == 1 for value in one.final.values()) for one in result.outcomes]
    assert sorted(lost, reverse=True) == lost
    shuffles = factorial(4 * number) // factorial(4) ** number
    for summary, times in zip(result.outcomes, lost, strict=True):
        assert summary.interleavings == 4**times * 2 ** (number - times) * shuffles
        assert summary.probability == pytest.approx(0.5**number)
        assert summary.example.preemptions == times
    one = explore(pairs(1))
    assert (result.states, result.transitions) == (number * one.states, number * one.transitions)


def test_ten_locked_counters_are_counted_in_no_time():
    threads = {}
    for place in range(10):
        lock, counter = Lock(f"l{place}"), Shared(f"c{place}", 0)

        def increment(lock=lock, counter=counter):
            with (yield lock.acquire()):
                value = yield counter.read()
                yield counter.write(value + 1)

        body = partial(increment, lock, counter)
        threads |= {f"T{place}{copy}": body for copy in range(3)}
    result = explore(Program(**threads))
    assert result.interleavings == 6**10 * factorial(120) // factorial(12) ** 10
    assert len(result.groups) == 10
    assert len(result.outcomes) == 1
    assert result.outcomes[0].example.preemptions == 0


# What shares something is together --------------------------------------------------------------------------------------


def test_threads_that_meet_late_are_one_group():
    first, second, third = Shared("x", 0), Shared("y", 0), Shared("z", 0)

    def one():
        yield first.write(1)
        if (yield second.read()):
            yield third.write(1)

    def other():
        yield second.write(1)

    def late():
        yield third.read()

    program = Program(A=one, B=other, C=late)
    assert agree(program) == ()
    assert (explore(program).states, explore(program).transitions) == (
        explore(program, split=False).states,
        explore(program, split=False).transitions,
    )


def test_only_a_thread_that_is_never_reached_keeps_a_group_apart():
    first, second = Shared("x", 0), Shared("y", 0)

    def careful():
        if (yield first.read()):
            yield second.read()

    def other():
        yield second.write(1)

    assert agree(Program(A=careful, B=other)) == (("A",), ("B",))


def test_a_worker_is_with_whoever_starts_it():
    counter, other = Shared("x", 0), Shared("y", 0)

    def body():
        yield counter.write(1)

    worker = Worker("W", body)

    def main():
        yield worker.start()
        yield worker.join()

    def alone():
        yield other.write(1)
        yield other.write(2)

    assert agree(Program(M=main, W=worker, A=alone)) == (("M", "W"), ("A",))


def test_a_worker_that_nobody_starts_does_not_end_and_is_not_in_the_way():
    x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)

    def write(thing):
        yield thing.write(1)

    idle = Worker("W", partial(write, z))
    program = Program(W=idle, A=partial(write, x), B=partial(write, y))
    assert agree(program) == (("W",), ("A",), ("B",))
    assert explore(program).outcomes[0].status == "finished"


def test_programs_with_daemons_invariants_and_bounds_are_not_split():
    x, y = Shared("x", 0), Shared("y", 0)

    def write(thing):
        yield thing.write(1)

    def spin():
        while True:
            yield y.read()

    assert explore(Program(A=partial(write, x), G=spin, daemons=("G",))).groups == ()
    program = Program(A=partial(write, x), B=partial(write, y))
    assert explore(program).groups == (("A",), ("B",))
    assert explore(program, invariant=lambda state: True).groups == ()
    assert explore(program, preemptions=0).groups == ()
    assert explore(program, delays=1).groups == ()
    assert explore(program, split=False).groups == ()


def test_objects_of_one_name_are_refused_although_no_group_sees_both():
    def write(thing):
        yield thing.write(1)

    program = Program(A=partial(write, Shared("x", 0)), B=partial(write, Shared("x", 0)))
    with pytest.raises(DuplicateName):
        explore(program)


def test_a_program_of_one_group_costs_what_it_did():
    program = pairs(1)
    split, plain = explore(program), explore(program, split=False)
    assert (split.states, split.transitions, split.groups) == (plain.states, plain.transitions, ())


# Ends of all kinds ------------------------------------------------------------------------------------------------------


def test_one_group_that_is_stuck_makes_a_deadlock_of_the_whole():
    first, second, x = Lock("first"), Lock("second"), Shared("x", 0)

    def crossed(one, other):
        with (yield one.acquire()), (yield other.acquire()):
            pass

    def write():
        yield x.write(1)
        yield x.write(2)

    program = Program(A=partial(crossed, first, second), W=write, B=partial(crossed, second, first))
    assert agree(program) == (("A", "B"), ("W",))
    result = explore(program)
    assert sum(summary.interleavings for summary in result.deadlocks) == sum(
        run.status == "deadlock" for run in every_run(program)
    )


def test_a_group_that_spins_makes_the_whole_endless():
    flag, x = Shared("flag", 0), Shared("x", 0)

    def wait():
        while not (yield flag.read()):
            pass

    def set_flag():
        yield flag.write(1)

    def choose_one():
        yield x.write((yield choose(1, 2)))

    program = Program(A=wait, B=set_flag, C=choose_one)
    assert agree(program) == (("A", "B"), ("C",))
    result = explore(program)
    assert (result.interleavings, result.endless, len(result.outcomes)) == (None, True, 2)


def test_a_group_that_only_spins_leaves_no_outcome():
    x, y = Shared("x", 0), Shared("y", 0)

    def spin():
        while True:
            yield x.read()

    def write():
        yield y.write(1)

    assert agree(Program(A=spin, B=write)) == (("A",), ("B",))
    assert explore(Program(A=spin, B=write)).outcomes == ()


def test_detours_are_counted_by_length():
    x, y = Shared("x", 0), Shared("y", 0)

    def detour(thing):
        if (yield choose(False, True)):
            yield sleep(1)
            yield sleep(1)
        yield thing.write(1)

    program = Program(A=partial(detour, x), B=partial(detour, y))
    assert agree(program) == (("A",), ("B",))
    assert explore(program).interleavings == len(list(every_run_with_choices(program)))


def every_run_with_choices(program):
    from simulator import interleavings

    return interleavings(program)


@pytest.mark.parametrize("observe", [None, lambda final: 1])
def test_interchangeable_threads_that_touch_nothing(observe):
    def chooses():
        chosen = yield choose(1, 2, 3)
        if chosen == 3:
            raise ValueError("three")
        return chosen

    def sleeps():
        yield sleep(1)
        yield sleep(1)

    x = Shared("x", 0)

    def write():
        yield x.write(1)

    for threads in (
        {"A": sleeps, "B": sleeps, "C": sleeps},
        {"A": chooses, "B": write, "C": chooses},
        {"A": chooses, "B": sleeps, "C": chooses, "D": sleeps},
    ):
        for symmetry in (True, False):
            assert len(agree(Program(**threads), symmetry=symmetry, observe=observe)) >= 2
    assert agree(Program(A=chooses, B=chooses)) == ()
    assert agree(Program(A=chooses, B=chooses), symmetry=False) == (("A",), ("B",))


def test_many_interchangeable_choosers_are_folded_and_not_listed():
    def chooses():
        yield choose(1, 2)
        yield choose(1, 2)

    program = Program.copies(chooses, 20)
    assert len(explore(program).outcomes) == 1
    assert explore(program).groups == tuple((name,) for name in program.names)


def test_an_object_that_cannot_rename_threads_is_explored_without_folding():
    class Owner(Shared):
        mentions_threads = True

    x, y = Owner("x", 0), Shared("y", 0)
    program = Program(A=racing(x), B=racing(y), C=(body := racing(Shared("z", 0))), D=body)
    assert agree(program) == (("A",), ("B",), ("C", "D"))


# What cannot be split, and what is too much -----------------------------------------------------------------------------


def write(thing, times=1):
    for value in range(times):
        yield thing.write(value + 1)


def writers(number, times):
    threads = {f"T{place}": partial(write, Shared(f"x{place}", 0), times) for place in range(number)}
    return Program(**threads)


def test_outcomes_that_nobody_could_list_are_refused_at_once():
    with pytest.raises(TooManyOutcomes) as caught:
        explore(pairs(17))
    assert str(caught.value).startswith("the threads fall into groups that share nothing: A0 and B0, A1 and B1, ")
    assert f"They can end in {2**17:,} ways together." in str(caught.value)
    with pytest.raises(TooManyOutcomes):
        explore(pairs(17), observe=lambda final: final["c0"])


def test_the_refusal_in_full(monkeypatch, raises_in_full):
    monkeypatch.setattr(splitting, "MOST_NAMES", 3)
    monkeypatch.setattr(splitting, "MOST_STATES_UNSPLIT", 1)
    raises_in_full(
        TooManyOutcomes,
        "the threads fall into groups that share nothing: A0 and B0, A1 and B1. They can end in 4 ways together.\n"
        "Explore each group as a program of its own, as in explore(Program(A=body, B=body)).",
        lambda: explore(pairs(2)),
    )


def test_many_ends_that_can_be_walked_are_explored_without_splitting(monkeypatch):
    monkeypatch.setattr(splitting, "MOST_NAMES", 3)
    assert explore(pairs(2)).groups == ()
    assert agree(pairs(2), observe=lambda final: final["c0"]) == ()


def test_a_budget_that_runs_out_gives_an_honest_answer():
    program = pairs(4)
    whole = explore(program)
    assert explore(program, max_states=whole.states).groups == whole.groups
    result = explore(program, max_states=whole.states - 1)
    assert (result.claim, result.groups) == ("partial", ())
    assert "the budget of 31 states ran out" in str(result.claim)
    slow = explore(writers(4, 60), max_seconds=1e-9)
    assert (slow.claim, slow.groups) == ("partial", ())


def test_groups_that_meet_again_and_again_are_given_up(monkeypatch):
    flags = [Shared(f"flag{place}", 0) for place in range(3)]
    x, y = Shared("x", 0), Shared("y", 0)

    def first():
        yield flags[0].write(1)

    def second():
        if (yield flags[0].read()):
            yield flags[1].write(1)

    def third():
        if (yield flags[1].read()):
            yield x.write(1)

    def fourth():
        yield y.write(1)
        yield x.write(1)

    program = Program(A=first, B=second, C=third, D=fourth, E=partial(write, Shared("z", 0)))
    assert agree(program) == (("A", "B", "C", "D"), ("E",))
    monkeypatch.setattr(splitting, "MOST_LOOKED_AT", 0)
    assert agree(program) == ()


def test_looking_at_each_thread_alone_may_end_early(monkeypatch):
    monkeypatch.setattr(grouping, "MOST_LOOKED_AT", 1)
    x, y = Shared("x", 0), Shared("y", 0)

    def both():
        yield x.write(1)
        yield y.write(1)

    assert agree(Program(A=both, B=partial(write, y), C=partial(write, Shared("z", 0)))) == (("A", "B"), ("C",))


def test_what_is_wrong_with_a_thread_is_said_as_without_splitting():
    x, y = Shared("x", 0), Shared("y", 0)

    def counts_for_ever():
        number = 0
        while True:
            number += 1
            yield x.write(number)

    def forgets():
        x.read()
        yield y.read()

    for wrong in (counts_for_ever, forgets):
        for threads in ({"A": wrong, "B": partial(write, y)}, {"A": partial(write, y), "B": wrong}):
            assert agree(Program(**threads), max_steps=50) == ()
            assert isinstance(explored(Program(**threads), max_steps=50)[1][0], type)


def test_threads_that_share_python_state_behind_our_back_are_found_out():
    x, y = Shared("x", 0), Shared("y", 0)
    seen = []

    def one():
        seen.append(1)
        yield x.write(len(seen))
        yield x.write(2)

    def other():
        yield y.write(len(seen))

    with pytest.raises(NondeterministicProgram):
        explore(Program(A=one, B=other))


@pytest.mark.parametrize("at", [1, 3])
def test_an_interrupt_is_answered_with_what_is_known(monkeypatch, at):
    calls = []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise KeyboardInterrupt
        return find_ends(*arguments)

    find_ends = splitting.find_ends
    monkeypatch.setattr(splitting, "find_ends", interrupted)
    result = explore(pairs(3))
    assert (result.claim, result.interleavings, result.outcomes) == ("partial", None, ())
    assert 0 < result.states < explore(pairs(3)).states + 1


def test_the_headline_says_how_many_groups_there_are():
    headline = str(explore(pairs(2))).splitlines()[0]
    assert headline == "2,520 interleavings, 4 outcomes, 16 states in 2 groups that share nothing"


# Made up ----------------------------------------------------------------------------------------------------------------


def renamed(thing, mark):
    """Give an object, and those that belong to it, a name that no other group has."""
    for one in (thing, *thing.companions):
        if not one.name.endswith(mark):
            one.name += mark


def side(made, mark):
    """The threads of a made-up program over objects of its own, under names of their own."""
    scripts, which = made
    objects, names = made_up.world()
    for thing in objects:
        renamed(thing, mark)
    functions, text = made_up.compiled(scripts, names)
    return {f"{name}{mark}": functions[number] for name, number in zip("ABCD", which, strict=False)}, text


def small_enough(threads, most=MOST_STATES_OF_A_GROUP):
    """How many states these threads have alone; None if they are too many."""
    try:
        result = explore(Program(**threads), max_states=most, split=False, symmetry=False)
    except (ProgramError, SimulatorError):
        return None
    return result.states if result.claim == "complete" else None


def side_by_side(drawn, data):
    """One program of several, their threads in any order; rejected if it is too large to be explored without splitting."""
    states = 1
    for threads in drawn:
        number = small_enough(threads)
        assume(number is not None)
        states *= number
    assume(states <= MOST_STATES)
    names = data.draw(st.permutations([name for threads in drawn for name in threads]))
    everything = {name: body for threads in drawn for name, body in threads.items()}
    return Program(**{name: everything[name] for name in names})


def smaller_made(made):
    for _ in range(12):
        threads, _ = side(made, "0")
        if small_enough(threads, 40) is not None:
            break
        made = made_up.smaller(made)
    return made


def check_made_up(data, how):
    number = data.draw(st.integers(2, 3))
    drawn = [side(smaller_made(data.draw(made_up.programs())), mark)[0] for mark in "123"[:number]]
    program = side_by_side(drawn, data)
    groups = agree(program, **how)
    marks = [{name[-1] for name in group if len(group) > 1} for group in groups]
    assert all(len(mark) <= 1 for mark in marks if mark)


OBSERVERS = [
    None,
    lambda final: 0,
    lambda final: final["x1"] if "x1" in {str(thing.name) for thing in final} else None,
    lambda final: sum(value for value in final.values() if type(value) in (int, bool)),
]
ways = st.fixed_dictionaries({"symmetry": st.booleans(), "merge": st.booleans(), "observe": st.sampled_from(OBSERVERS)})


@settings(max_examples=25)
@given(st.data(), ways)
def test_splitting_changes_nothing(data, how):
    check_made_up(data, how)


@pytest.mark.nightly
@given(st.data(), ways)
def test_splitting_changes_nothing_in_thousands_of_programs(data, how):
    check_made_up(data, how)


def side_of_primitives(made, mark):
    """The same for a program over any kind of objects."""
    threads = {}
    for name, body in made.program.threads.items():
        for statement in primitives.parts(body.args[0]):
            renamed(statement[1] if statement[0] == "with" else statement[0], mark)
        worker = made.program.workers.get(name)
        if worker is not None:
            renamed(worker, mark)
        threads[f"{name}{mark}"] = worker or body
    return threads


any_family = st.one_of(
    primitives.programs_of(
        primitives.lock_family,
        primitives.rlock_family,
        primitives.event_family,
        primitives.condition_family,
        primitives.atomic_family,
        partial(primitives.readers_writers_family, "writers"),
    ),
    primitives.barrier_programs(),
    primitives.worker_programs(),
    primitives.queue_programs(Queue, (1, 2)),
    primitives.semaphore_programs(Semaphore),
)


def check_primitives(data, how):
    drawn = [side_of_primitives(data.draw(any_family), mark) for mark in "12"]
    agree(side_by_side(drawn, data), **how)


@settings(max_examples=25)
@given(st.data(), ways)
def test_splitting_changes_nothing_whatever_is_shared(data, how):
    check_primitives(data, how)


@pytest.mark.nightly
@given(st.data(), ways)
def test_splitting_changes_nothing_whatever_is_shared_in_thousands_of_programs(data, how):
    check_primitives(data, how)


tiny_scripts = st.lists(st.one_of(made_up.reads_and_writes, made_up.locking), min_size=1, max_size=2).map(tuple)


@settings(max_examples=40)
@given(st.lists(tiny_scripts, min_size=3, max_size=4), st.data())
def test_brute_force_agrees(scripts, data):
    drawn = [side((scripts[:2], (0, 1)), "1")[0], side((scripts[2:], range(len(scripts) - 2)), "2")[0]]
    names = data.draw(st.permutations([*drawn[0], *drawn[1]]))
    program = Program(**{name: (drawn[0] | drawn[1])[name] for name in names})
    result = explore(program)
    assume(result.interleavings is not None and result.interleavings <= MOST_LISTED)
    things = [thing for one in result.outcomes[:1] for thing in one.final]
    numbers, chances, simplest = {}, {}, {}
    positions = {name: place for place, name in enumerate(program.names)}
    for run in every_run(program, limit=MOST_LISTED):
        key = told_of_run(run, things)
        numbers[key] = numbers.get(key, 0) + 1
        chances[key] = chances.get(key, 0) + run.probability
        order = (run.preemptions, len(run.schedule), [positions[name] for name in run.schedule])
        simplest[key] = min(simplest.get(key, (order, run)), (order, run), key=lambda entry: entry[0])
    assert {told_of_outcome(one.outcome, things): one.interleavings for one in result.outcomes} == numbers
    for one in result.outcomes:
        key = told_of_outcome(one.outcome, things)
        assert one.probability == pytest.approx(float(chances[key]), rel=1e-9)
        assert tuple(one.example.schedule) == simplest[key][1].schedule


def told_of_run(run, things):
    values = tuple(repr(run.value(thing)) for thing in things)
    returned = sorted((name, repr(value)) for name, value in run.returned.items())
    return (run.status, values, tuple(sorted(run.failures.items())), tuple(returned))


def told_of_outcome(outcome, things):
    values = tuple(repr(outcome.final[thing]) for thing in things)
    returned = sorted((name, repr(value)) for name, value in outcome.returned.items())
    return (outcome.status, values, tuple(sorted(outcome.failures.items())), tuple(returned))
