"""The environment chooses, and every choice is explored."""

import random
from itertools import product

import pytest

from simulator import (
    Execution,
    Program,
    ScheduleError,
    Shared,
    choose,
    crosscheck,
    explore,
    find,
    interleavings,
    replay,
    run,
)
from simulator.real_threads import replay_on_threads, run_on_threads

x = Shared("x", 0)


def picks():
    value = yield choose(1, 2, 3)
    yield x.write(value)


def reads():
    return (yield x.read())


program = Program(A=picks, B=reads)


def test_every_option_is_explored_in_every_interleaving():
    listed = list(interleavings(program))
    assert [str(execution.schedule) for execution in listed] == [
        *("A=0 A B", "A=0 B A", "A=1 A B", "A=1 B A", "A=2 A B", "A=2 B A"),
        *("B A=0 A", "B A=1 A", "B A=2 A"),
    ]
    assert explore(program).interleavings == 9
    for execution in listed:
        assert replay(program, str(execution.schedule)) == execution
        assert replay(program, execution.schedule).preemptions == execution.preemptions
        assert replay(program, Execution.from_json(execution.to_json())).schedule == execution.schedule


@pytest.mark.parametrize(("merge", "symmetry"), list(product((True, False), repeat=2)))
def test_interchangeable_threads_that_choose_are_counted_alike(merge, symmetry):
    result = explore(Program(A=picks, B=picks), merge=merge, symmetry=symmetry)
    assert (result.claim, result.interleavings) == ("complete", 54)
    assert {summary.final[x]: summary.interleavings for summary in result.outcomes} == {1: 18, 2: 18, 3: 18}
    assert [str(summary.example.schedule) for summary in result.outcomes] == ["A=0 A B=0 B", "A=0 A B=1 B", "A=0 A B=2 B"]
    assert sum(summary.probability for summary in result.outcomes) == pytest.approx(1)


def test_an_outcome_that_needs_a_choice_is_found():
    assert find(program, lambda outcome: outcome.returned["B"] == 3).schedule == ("A=2", "A", "B")
    assert find(program, lambda outcome: outcome.final[x] == 0) is None


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("A", "A has to choose: write A=0 for 1, A=1 for 2, A=2 for 3."),
        ("A=3", "A has to choose: write A=0 for 1, A=1 for 2, A=2 for 3."),
        ("B=0", "B has nothing to choose there."),
    ],
)
def test_a_schedule_says_which_option(schedule, why):
    with pytest.raises(ScheduleError) as caught:
        replay(program, schedule)
    assert (
        str(caught.value) == f"step 1 of {schedule!r} wants {schedule}, but {why}\nEnabled at that point: A=0, A=1, A=2, B."
    )
    with pytest.raises(ScheduleError, match=r"on real threads \w asks for "):
        replay_on_threads(program, schedule)


def test_real_threads_can_be_made_to_choose_and_choose_freely():
    for execution in interleavings(program):
        real = replay_on_threads(program, execution.schedule)
        assert (real.trace, real.outcome) == (execution.trace, execution.outcome)
    predicted = {summary.outcome for summary in explore(program).outcomes}
    random.seed(7)
    assert {run_on_threads(program) for _ in range(20)} <= predicted
    assert crosscheck(program, runs=5).exhaustive


def test_a_seed_makes_the_same_choices_again():
    assert run(program, seed=5) == run(program, seed=5)
    assert {run(program, seed=seed).final[x] for seed in range(30)} == {1, 2, 3}


def test_a_loop_that_chooses_is_finite():
    def restless():
        while (yield choose("again", "enough")) == "again":
            pass

    result = explore(Program(A=restless))
    assert (result.claim, result.endless, result.interleavings, len(result.outcomes)) == ("complete", True, None, 1)


@pytest.mark.parametrize("options", [(), tuple(range(257))])
def test_there_is_at_least_one_option_and_not_too_many(options):
    with pytest.raises(ValueError, match=f"but got {len(options)}"):
        choose(*options)
