"""Exploring within a bound: exactly the interleavings that brute force finds within it, no fewer and no more."""

from collections import Counter
from fractions import Fraction
from itertools import product
from math import comb, factorial

import pytest
from brute_force import every_run
from hypothesis import given, settings
from made_up import programs, small_enough
from test_performers_agree import key_of_outcome, key_of_run, simplest_of

from simulator import Lock, Program, Shared, check, choose, explore, interleavings, replay
from simulator.errors import CheckFailed
from simulator.exploration import bounds, budget
from simulator.exploration.results import simplicity

counter, x = Shared("counter", 0), Shared("x", 0)
lock, other = Lock("lock"), Lock("other")
MOST_INTERLEAVINGS = 60


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def twice():
    yield from increment()
    yield from increment()


def both(first, second):
    def body():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return body


racy = Program(A=increment, B=increment)
opposite = Program(A=both(lock, other), B=both(other, lock))


def delays_of(run, names):
    """How often a round-robin scheduler that never preempts has to pass over a thread to run like this.

    It is done here as such a scheduler would do it: a finger on the threads goes round, one at a time.
    """
    finger = delays = 0
    for enabled, wanted in zip(run.enabled, run.schedule, strict=True):
        while names[finger] != wanted:
            delays += names[finger] in enabled
            finger = (finger + 1) % len(names)
    return delays


# Against brute force ----------------------------------------------------------------------------------------------------


def check_bound(built, runs, kind, cost, most, reductions):
    """Numbers, shares and examples of all outcomes within a bound, with every combination of the reductions."""
    within = [run for run in runs if cost(run) <= most]
    numbers = Counter(key_of_run(run, built.objects) for run in within)
    names = list(built.program.names)
    for merge, symmetry in reductions:
        result = explore(built.program, **{kind: most}, merge=merge, symmetry=symmetry)
        assert result.claim == ("bounded" if len(within) < len(runs) else "complete")
        assert result.interleavings == len(within)
        assert {key_of_outcome(one.outcome, built.objects): one.interleavings for one in result.outcomes} == numbers
        for one in result.outcomes:
            mine = [run for run in within if key_of_run(run, built.objects) == key_of_outcome(one.outcome, built.objects)]
            assert one.share == Fraction(len(mine), len(within))
            if result.claim == "complete":
                chance = float(sum(run.probability for run in mine))
                assert one.probability == pytest.approx(chance, rel=0, abs=1e-12)
            else:
                assert one.probability is None
            assert one.example.schedule == simplest_of(mine, names).schedule


def check_all_bounds(made, most_interleavings):
    built = small_enough(made, most_interleavings)
    whole = explore(built.program, split=False)
    runs = list(every_run(built.program))
    names = list(built.program.names)

    def delays(run):
        return delays_of(run, names)

    def preemptions(run):
        return run.preemptions

    everything = list(product((True, False), repeat=2))
    for most in range(max(map(preemptions, runs)) + 2):
        check_bound(built, runs, "preemptions", preemptions, most, everything if most < 2 else everything[:1])
    for most in range(max(map(delays, runs)) + 2):
        check_bound(built, runs, "delays", delays, most, everything[::2] if most < 2 else everything[:1])
    enough = explore(built.program, preemptions=len(runs[0].schedule) + 100)
    assert enough.claim == "complete"
    assert enough.states == whole.states


@settings(max_examples=25)
@given(programs())
def test_made_up_programs_have_the_interleavings_within_a_bound_of_brute_force(made):
    check_all_bounds(made, MOST_INTERLEAVINGS)


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_have_the_interleavings_within_a_bound_of_brute_force(made):
    check_all_bounds(made, 4 * MOST_INTERLEAVINGS)


# Numbers that can be worked out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "number", "claim"),
    [
        ({"preemptions": 0}, 2, "bounded"),
        ({"preemptions": 1}, 4, "bounded"),
        ({"preemptions": 2}, 6, "complete"),
        ({"delays": 0}, 1, "bounded"),
        ({"delays": 1}, 3, "bounded"),
        ({"delays": 2}, 5, "bounded"),
        ({"delays": 3}, 6, "complete"),
    ],
)
def test_the_lost_update_within_bounds(bound, number, claim):
    result = explore(racy, **bound)
    assert (result.interleavings, result.claim) == (number, claim)


def within_preemptions(steps, most):
    """How many interleavings of two threads with so many steps each, never blocked, have at most so many preemptions.

    With p preemptions the threads take turns in p + 2 blocks; the last change of threads is free, as the other has ended.
    """
    return 2 * sum(comb(steps - 1, -(-blocks // 2) - 1) * comb(steps - 1, blocks // 2 - 1) for blocks in range(2, most + 3))


@pytest.mark.parametrize("most", [0, 1, 2, 3, 10, 29])
def test_numbers_of_any_size_are_counted_without_listing(most):
    def many():
        for _ in range(30):
            yield x.write(1)

    program = Program(A=many, B=many)
    assert explore(program, preemptions=most).interleavings == within_preemptions(30, most)
    expected = within_preemptions(30, most) // 2 + (within_preemptions(30, most - 1) // 2 if most else 0)
    assert explore(program, delays=most).interleavings == expected  # to begin with B is a delay


def test_without_preemptions_threads_that_never_block_run_one_after_the_other():
    result = explore(Program.copies(increment, 10), preemptions=0)
    assert (result.claim, result.interleavings) == ("bounded", factorial(10))
    assert [one.final[counter] for one in result.outcomes] == [10]


def test_without_delays_there_is_one_interleaving():
    result = explore(Program(A=twice, B=both(lock, other), C=both(other, lock), D=increment), delays=0)
    assert (result.interleavings, result.states, result.transitions) == (1, 15, 14)
    assert str(result.outcomes[0].example.schedule) == "AAAABBBBCCCCDD"


def test_a_thread_that_is_blocked_is_left_at_no_cost():
    result = explore(opposite, preemptions=1)
    assert (result.claim, result.interleavings) == ("complete", 6)
    assert [str(one.example.schedule) for one in result.deadlocks] == ["AB"]
    assert not explore(opposite, preemptions=0).deadlocks


def test_a_choice_is_neither_a_preemption_nor_a_delay():
    def chooses():
        value = yield choose(1, 2, 3)
        yield x.write(value)

    program = Program(A=chooses, B=chooses, C=increment)
    for most in range(5):
        listed = [execution for execution in interleavings(program) if execution.preemptions <= most]
        result = explore(program, preemptions=most)
        assert result.interleavings == len(listed)
        assert {one.outcome for one in result.outcomes} == {execution.outcome for execution in listed}
    assert explore(program, delays=0).interleavings == 9


def test_daemons_are_preempted_as_others_are():
    def flips():
        while True:
            yield x.write(1)
            yield x.write(0)

    program = Program(D=flips, A=increment, daemons=("D",))
    result = explore(program, preemptions=0)
    assert (result.interleavings, result.endless) == (None, True)  # the daemon may go on for ever; or A runs first
    assert [str(one.example.schedule) for one in result.outcomes] == ["AA"]
    assert len(explore(program, preemptions=1).outcomes) == 2


def test_loops_that_can_spin_for_ever_are_explored_within_a_bound():
    def waits():
        while not (yield x.read()):
            pass

    def sets():
        yield x.write(1)

    result = explore(Program(A=waits, B=sets), preemptions=0)
    assert (result.claim, result.interleavings, result.endless) == ("bounded", None, True)
    assert [one.outcome.status for one in result.outcomes] == ["finished"]
    assert str(result).startswith(
        "endlessly many interleavings (a loop can spin for ever) with at most 0 preemptions, 1 outcome"
    )
    alone = explore(Program(A=waits, B=sets), delays=0)
    assert (alone.claim, alone.outcomes, alone.endless) == ("bounded", (), True)


# What is told of it -----------------------------------------------------------------------------------------------------


def test_the_table_says_within_which_bound():
    assert str(explore(racy, preemptions=1)) == (
        "4 interleavings with at most 1 preemption, 2 outcomes, 8 states\n"
        "\n"
        "outcome      interleavings  share  probability  simplest example\n"
        "counter = 1              2  50.0%            –  ABBA\n"
        "counter = 2              2  50.0%            –  AABB\n"
        "\n"
        "share: of the interleavings with at most 1 preemption; probability: not known within a bound\n"
        "claim: bounded (at most 1 preemption): every interleaving within the bound was examined; beyond it nothing is known"
    )


def _states_within(program, most):
    """What can be told apart in the executions within a bound, after any number of steps: values, and what is waited for."""
    for execution in interleavings(program):
        if execution.preemptions <= most:
            for steps in range(len(execution) + 1):
                cut = replay(program, execution.schedule[:steps])
                asked = {name: str(asked) for name, asked in cut.waiting.items()}
                left = Counter((asked.get(name), execution.schedule[steps:].count(name)) for name in program.names)
                yield (cut.final.get(counter, 0), frozenset(left.items()))


def test_a_state_is_counted_once_however_often_it_has_to_be_told_apart():
    whole = explore(Program.copies(twice, 3))
    assert explore(Program.copies(twice, 3), preemptions=30).states == whole.states
    few = explore(Program.copies(twice, 3), preemptions=1)
    assert few.states == len({*_states_within(Program.copies(twice, 3), 1)})
    assert few.states < whole.states


@pytest.mark.parametrize("symmetry", [True, False])
def test_states_are_counted_in_parts_where_there_are_many(monkeypatch, symmetry):
    expected = explore(Program.copies(twice, 3), preemptions=2, symmetry=symmetry).states
    monkeypatch.setattr(bounds, "STATES_IN_A_PART", 10)
    assert explore(Program.copies(twice, 3), preemptions=2, symmetry=symmetry).states == expected


@pytest.mark.parametrize("most", range(5))
def test_an_invariant_is_asked_of_the_states_within_the_bound(most):
    def holds(state):
        return state[counter] != 1 or state[x] != 1

    def marks():
        yield x.write(1)
        yield x.write(2)

    program = Program(A=increment, B=increment, C=marks)
    broken = []
    for execution in interleavings(program):
        cuts = (replay(program, execution.schedule[:steps]) for steps in range(len(execution) + 1))
        broken += [cut for cut in cuts if not holds({counter: 0, x: 0} | dict(cut.final))][:1]
    broken = sorted((cut for cut in broken if cut.preemptions <= most), key=simplicity)
    result = explore(program, preemptions=most, invariant=holds)
    assert result.violations == tuple(broken[:1])  # there is one combination of values that breaks it


@pytest.mark.parametrize("bound", [{"preemptions": 1}, {"delays": 1}])
def test_what_needs_more_is_not_seen(bound):
    def reads_twice():
        first = yield x.read()
        second = yield x.read()
        third = yield x.read()
        yield counter.write((first, second, third))

    def sets():
        yield x.write(1)
        yield x.write(2)

    program = Program(A=reads_twice, B=sets)
    seen = {one.final[counter] for one in explore(program).outcomes}
    within = {one.final[counter] for one in explore(program, **bound).outcomes}
    assert (0, 1, 2) in seen - within
    assert (0, 2, 2) in within


def test_a_check_within_a_bound_passes_and_says_what_that_is_worth():
    def far_away(final):
        return final[counter] != (0, 1, 2)

    def reads_thrice():
        values = []
        for _ in range(3):
            values.append((yield x.read()))
        yield counter.write(tuple(values))

    def sets():
        for number in (1, 2, 3):
            yield x.write(number)

    program = Program(A=reads_thrice, B=sets)
    result = check(program, far_away, preemptions=1)
    assert (result.claim, result.claim.reason) == ("bounded", "at most 1 preemption")
    with pytest.raises(CheckFailed, match=r"^postcondition failed in \d+ of \d+ interleavings with at most 4 preemptions; "):
        check(program, far_away, preemptions=4)


def test_a_budget_that_runs_out_within_a_bound_says_both():
    result = explore(Program.copies(twice, 6), preemptions=3, max_states=200)
    assert result.claim == "partial"
    assert result.claim.reason == "the budget of 200 states ran out; bound: at most 3 preemptions"


def test_within_a_bound_the_interchangeable_stay_so(monkeypatch):
    looked = []
    monkeypatch.setattr(budget.Watch, "look", lambda self, states, frontier, ends=(): looked.append(states) or "")
    explore(Program.copies(increment, 6), preemptions=2)
    folded = max(looked)
    explore(Program.copies(increment, 6), preemptions=2, symmetry=False)
    assert folded * 20 < max(looked)


# What is no bound -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["preemptions", "delays"])
@pytest.mark.parametrize(("wrong", "error"), [(-1, ValueError), (True, TypeError), (1.5, TypeError), ("2", TypeError)])
def test_what_is_no_bound_is_refused(kind, wrong, error):
    with pytest.raises(error) as caught:
        explore(racy, **{kind: wrong})
    assert str(caught.value) == f"{kind} was expecting a whole number, zero or more (None: no bound), but got {wrong!r}"


def test_two_bounds_at_once_are_refused(raises_in_full):
    raises_in_full(
        ValueError,
        "preemptions= and delays= are two different bounds, and an exploration has one.\n"
        "\n"
        "    explore(program, preemptions=1, delays=2)  # incorrect\n"
        "    explore(program, preemptions=1)            # correct: or delays= alone",
        lambda: explore(racy, preemptions=1, delays=2),
    )
