"""Sampling: how executions are drawn, what is told of them, and what the words promise."""

import json
from collections import Counter
from contextlib import closing
from fractions import Fraction
from itertools import permutations, product
from math import sqrt

import pytest
from golden.table import TABLE, TEN
from hypothesis import assume, given, settings
from made_up import programs, small_enough
from made_up_primitives import condition_programs, queue_programs, worker_programs

from simulator import (
    PCT,
    Lock,
    Program,
    Queue,
    Shared,
    SharedObject,
    choose,
    explore,
    interleavings,
    replay,
    run,
    sample,
    sleep,
)
from simulator.errors import PredicateError
from simulator.exploration.completions import Completions, Endless
from simulator.exploration.sampling import sample as sampling
from simulator.exploration.sampling.draws import BATCH, Dice, Places, by_priority, numbered, packed
from simulator.exploration.sampling.tally import Seen, summaries, violations
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

counter, x, y, z = Shared("counter", 0), Shared("x", 0), Shared("y", 0), Shared("z", 0)
lock, other = Lock("lock"), Lock("other")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def both(first, second):
    def body():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return body


def toss():
    yield x.write((yield choose(0, 1, 2)))


def spins():
    while not (yield x.read()):
        pass


def sets_x():
    yield x.write(1)


def fails():
    yield y.read()
    raise LookupError("nothing")


racy = Program(A=increment, B=increment)
three, five = Program.copies(increment, 3), Program.copies(increment, 5)
opposite = Program(A=both(lock, other), B=both(other, lock))
NOT_ALL = "claim: sampled: only some interleavings were examined: what is not listed may still happen"


def codes(places, path):
    """The codes of the steps of a drawn path."""
    place, found = places.first, []
    for digit in path:
        found.append(place.moves[digit][0])
        place = places.of(place.moves[digit][1])
    return found


# Dice -------------------------------------------------------------------------------------------------------------------


class AllBytes(Dice):
    """Its bits are every byte equally often."""

    def __init__(self):
        super().__init__(0)
        self._bits = lambda bits: int.from_bytes(bytes(range(256)) * (bits // 8 // 256), "little")


@pytest.mark.parametrize("n", [2, 3, 6, 7, 100, 256])
def test_of_all_bytes_every_number_is_made_equally_often(n):
    dice = AllBytes()
    drawn = Counter([dice.refill(n), *dice.rolls[n]])
    assert set(drawn) == set(range(n))
    assert set(drawn.values()) == {BATCH // 256 * (256 // n)}


@pytest.mark.parametrize("n", [1, 2, 6, 7, 90, 256, 257])
def test_of_all_bits_every_number_below_is_drawn_once(n):
    dice, every = Dice(0), []
    for bits in range(1 << (n - 1).bit_length()):
        answers = iter((bits, 0))
        dice._bits = lambda _, answers=answers: next(answers)
        drawn = dice.below(n)
        every += [drawn] if next(answers, None) is not None else []  # the second is drawn only if the first was too large
    assert every == list(range(n))


def test_numbers_beyond_bytes_and_orders_are_drawn_too():
    dice = Dice(7)
    assert {dice.refill(300), *dice.rolls[300]} <= set(range(300))
    assert {tuple(dice.shuffled(3)) for _ in range(100)} == set(permutations(range(3)))
    assert packed([0, 255]) == b"\x00\xff"
    assert packed([0, 256]) == (0, 256)


# Uniform ----------------------------------------------------------------------------------------------------------------


def every_path(program, check):
    machine = Machine(program)
    with closing(machine):
        completions = Completions(machine, Folding(machine))
        places = Places(machine)
        check(machine, places, [numbered(places, completions, k) for k in range(completions.of(machine.initial))])


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_number_is_drawn_as_its_interleaving(row):
    def check(machine, places, drawn):
        assert [machine.schedule(codes(places, path)) for path in drawn] == [e.schedule for e in interleavings(row.program)]

    every_path(row.program, check)


def check_all_seen(program, invariant=None, observe=None):
    """A sample that has seen everything says what an exploration says."""
    expected = explore(program, invariant=invariant, observe=observe, symmetry=False)

    def check(machine, places, drawn):
        seen = Seen(places, invariant, observe)
        for path in drawn:
            seen.look(path, 1)
        mine = {one.example.schedule: (one.outcome, one.runs, one.observed) for one in summaries(seen)}
        theirs = {one.example.schedule: (one.example.outcome, one.interleavings, one.observed) for one in expected.outcomes}
        assert mine == theirs
        assert {e.schedule for e in violations(seen)} == {e.schedule for e in expected.violations}
        assert (seen.interleavings, seen.unfinished) == (expected.interleavings, 0)

    every_path(program, check)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_sample_that_has_seen_everything_says_what_explore_says(row):
    check_all_seen(row.program)
    check_all_seen(row.program, lambda state: state[row.of] < 2 if row.of is not None else True)
    check_all_seen(row.program, observe=lambda final: len(final))


@settings(max_examples=15)
@given(programs())
def test_a_sample_that_has_seen_everything_of_a_made_up_program_says_what_explore_says(made):
    built = small_enough(made, 200)
    check_all_seen(built.program, lambda state: not state[built.objects[0]])


@pytest.mark.parametrize(
    "strategy",
    [worker_programs(), condition_programs(), queue_programs(Queue)],
    ids=["workers", "conditions", "queues"],
)
def test_a_sample_of_every_primitive_says_what_explore_says(strategy):
    @settings(max_examples=6)
    @given(strategy)
    def check(made):
        assume(0 < (explore(made.program, max_states=1_000, max_steps=200).interleavings or 0) <= 100)
        expected = {one.outcome for one in explore(made.program, symmetry=False).outcomes}
        for method in ("walk", "uniform", "pct"):
            assert {one.outcome for one in sample(made.program, runs=300, seed=7, method=method).outcomes} <= expected
        seen = sample(made.program, runs=3_000, seed=7, method="uniform")
        assert seen.sample.interleavings == seen.interleavings
        assert {one.outcome for one in seen.outcomes} == expected

    check()


class Baton(SharedObject):
    """Mentions threads, and does not say what becomes of that when they change names: cannot be folded."""

    def take(self):
        return self.ask("take")

    def transition(self, state, operation, thread):
        return (*state, thread), len(state)


def test_programs_that_cannot_be_folded_are_sampled_without():
    baton = Baton("baton", ())

    def takes():
        yield baton.take()
        yield baton.take()

    for method in ("uniform", "pct"):
        result = sample(Program.copies(takes, 3), runs=2_000, seed=7, method=method)
        assert result.sample.interleavings == len(result.outcomes) > 40
    assert sample(Program.copies(takes, 3), runs=1, method="uniform").interleavings == 90


def test_uniform_draws_know_how_many_interleavings_there_are():
    result = sample(TEN, runs=50, seed=7, method="uniform")
    assert result.interleavings == 2_375_880_867_360_000
    assert str(result).startswith("50 uniform draws of 2,375,880,867,360,000 interleavings (seed 7): 50 distinct interl")
    with pytest.raises(Endless):
        sample(Program(A=spins, B=sets_x), method="uniform")


# Walks ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [three, opposite, Program(A=toss, B=sets_x)], ids=["three", "opposite", "choice"])
@pytest.mark.parametrize("method", ["walk", "uniform"])
def test_shares_of_runs_are_near_the_probability_or_the_share(program, method):
    runs = 20_000
    expected = explore(program)
    drawn = {one.outcome: one.runs for one in sample(program, runs=runs, seed=7, method=method).outcomes}
    assert drawn.keys() == {one.outcome for one in expected.outcomes}
    for one in expected.outcomes:
        chance = one.probability if method == "walk" else float(one.share)
        assert abs(drawn[one.outcome] / runs - chance) < 5 * sqrt(chance * (1 - chance) / runs)


@pytest.mark.parametrize("method", ["walk", "uniform", "pct"])
def test_the_same_seed_draws_the_same(method):
    first, again, another = (sample(five, runs=200, seed=seed, method=method) for seed in (7, 7, 8))
    assert str(first) == str(again)
    assert json.dumps(first.to_data()) == json.dumps(again.to_data())
    assert str(first) != str(another)


def test_the_same_seed_draws_the_same_on_every_python():
    """Numbers, since only numbers can be compared between one Python and the next."""
    drawn = {
        method: [one.runs for one in sample(three, runs=1_000, seed=7, method=method).outcomes]
        for method in ("walk", "uniform", "pct")
    }
    assert drawn == PINNED


PINNED = {"walk": [509, 332, 159], "uniform": [524, 420, 56], "pct": [439, 302, 259]}


def test_a_sample_says_what_it_saw():
    result = sample(three, runs=20_000, seed=7)
    facts = result.sample
    assert (result.claim, result.interleavings, result.states) == ("sampled", None, explore(three, symmetry=False).states)
    assert (facts.method, facts.runs, facts.seed, facts.unfinished, facts.bound) == ("walk", 20_000, 7, 0, None)
    assert (facts.interleavings, facts.classes, facts.outcomes) == (90, 36, 3)
    assert sum(one.runs for one in result.outcomes) == 20_000
    assert {(one.interleavings, one.share, one.probability) for one in result.outcomes} == {(None, None, None)}
    assert {one.example.schedule for one in result.outcomes} == {one.example.schedule for one in explore(three).outcomes}


def test_examples_can_be_replayed_and_deadlocks_are_found():
    result = sample(opposite, runs=200, seed=7)
    (deadlock,) = result.deadlocks
    assert str(deadlock.example.schedule) == "AB"
    for one in result.outcomes:
        assert replay(opposite, one.example.schedule).outcome == one.outcome


def test_the_table_of_a_sample():
    result = sample(racy, runs=100, seed=7)
    two, one = (next(found for found in result.outcomes if found.final[counter] == value).runs for value in (2, 1))
    rows = sorted([(-one, "counter = 1", "ABBA"), (-two, "counter = 2", "AABB")])
    assert str(result).splitlines() == [
        "100 random walks (seed 7): 6 distinct interleavings in 4 classes, 2 outcomes",
        "",
        "outcome      runs  share of runs  simplest example seen",
        *(f"{name}  {-runs:>4}  {-runs / 100:>13.1%}  {schedule}" for runs, name, schedule in rows),
        "",
        "share of runs: how often it came about where each enabled thread was equally likely at every step",
        "whatever has a probability of 3.0% or more, a sample of 100 runs sees with 95% certainty",
        NOT_ALL,
    ]


def test_a_sample_as_data():
    data = json.loads(json.dumps(sample(racy, runs=100, seed=7, method="pct").to_data()))
    assert data["claim"] == "sampled"
    assert (data["sample"]["method"], data["sample"]["bound"]) == ("pct", "1/32")
    assert sum(one["runs"] for one in data["outcomes"]) == 100


def test_invariants_are_asked_in_every_state_seen():
    result = sample(racy, runs=100, seed=7, invariant=lambda state: state[counter] < 2)
    assert [str(execution.schedule) for execution in result.violations] == ["AABB"]
    assert "invariant broken, for example: AABB" in str(result)
    assert sample(racy, runs=100, invariant=lambda state: True).violations == ()


def test_observers_group_what_was_seen():
    result = sample(racy, runs=100, observe=lambda final: final[counter] > 0)
    assert [(one.observed, one.runs) for one in result.outcomes] == [(True, 100)]
    assert str(result.outcomes[0].example.schedule) == "AABB"


# Runs without an end ----------------------------------------------------------------------------------------------------


def test_runs_without_an_end_are_stopped_and_counted():
    result = sample(Program(A=spins, B=sets_x, C=fails), runs=1_000, seed=7, max_steps=4)
    stopped = [one for one in result.outcomes if one.status == "unfinished"]
    assert 0 < result.sample.unfinished == sum(one.runs for one in stopped) < 1_000
    assert {len(one.example) for one in stopped} == {4}
    assert {tuple(one.outcome.failures) for one in stopped} == {(), ("C",)}
    assert result.sample.outcomes == len(result.outcomes) - 2
    assert f"; {result.sample.unfinished} runs stopped after 4 steps\n" in str(result)


def test_a_program_that_only_spins_is_all_unfinished():
    result = sample(Program(A=spins), runs=10, max_steps=50)
    assert (result.sample.unfinished, result.sample.interleavings, result.sample.outcomes) == (10, 0, 0)

    def counts():
        number = 0
        while True:
            number += 1
            yield x.write(number)

    for method in ("walk", "pct"):
        assert sample(Program(A=counts), runs=3, max_steps=50, method=method).sample.unfinished == 3


def test_programs_without_steps_can_be_sampled():
    for method in ("walk", "uniform", "pct"):
        result = sample(Program(), runs=5, method=method)
        assert (result.sample.interleavings, [one.runs for one in result.outcomes]) == (1, [5])


def test_an_interrupt_answers_what_was_drawn_so_far(monkeypatch):
    def interrupted_walk(places, dice, max_steps):
        paths = iter([bytes([0, 0, 0, 0])] * 5)

        def draw():
            for path in paths:
                return path
            raise KeyboardInterrupt

        return draw

    monkeypatch.setattr(sampling, "walk", interrupted_walk)
    result = sample(racy, runs=100)
    assert (result.claim.reason, result.sample.runs) == ("interrupted after 5 of 100 runs", 5)
    assert [one.runs for one in result.outcomes] == [5]


# PCT --------------------------------------------------------------------------------------------------------------------


def use_before_it_is_there():
    """Depth 1: B reads before A writes."""

    def uses():
        assert (yield x.read())

    return Program(A=sets_x, B=uses)


def seen_for_a_moment():
    """Depth 3: A reads what B writes, and reads once more after B has taken it back: they take turns three times."""

    def looks():
        first, second = (yield x.read()), (yield x.read())
        assert not first or second

    def changes():
        yield x.write(1)
        yield x.write(0)

    return Program(A=looks, B=changes)


BUGS = [
    (1, use_before_it_is_there(), lambda outcome: outcome.failures),
    (2, racy, lambda outcome: outcome.final[counter] == 1),
    (2, opposite, lambda outcome: outcome.status == "deadlock"),
    (3, seen_for_a_moment(), lambda outcome: outcome.failures),
]


@pytest.mark.parametrize(("depth", "program", "bug"), BUGS, ids=["order", "lost update", "deadlock", "seen for a moment"])
def test_pct_finds_a_bug_of_a_depth_as_often_as_it_promises(depth, program, bug):
    threads = len(program.names)
    steps = max(map(len, interleavings(program)))
    machine = Machine(program)
    with closing(machine):
        places = Places(machine)
        for used in (depth - 1, depth, depth + 1):
            found = Fraction(0)
            ways = list(product(permutations(range(threads)), product(range(1, steps + 1), repeat=max(0, used - 1))))
            for order, changes in ways:
                path = by_priority(places, Dice(0), order, changes, 100)
                found += Fraction(bool(bug(machine.execution(codes(places, path)).outcome)), len(ways))
            if used >= depth:
                assert found >= Fraction(1, threads * steps ** (used - 1))
            elif used:
                assert not found  # too few changes for it: this is what depth means


@pytest.mark.parametrize(
    "program", [racy, three, opposite, seen_for_a_moment()], ids=["racy", "three", "opposite", "moment"]
)
def test_the_strategy_runs_as_the_sampler_draws(program):
    machine = Machine(program)
    with closing(machine):
        places = Places(machine)
        for order in permutations(range(len(program.names))):
            for changes in product(range(1, 5), repeat=2):
                strategy = PCT(7, depth=3, steps=4)
                strategy.order, strategy.changes = [program.names[thread] for thread in order], list(changes)
                path = by_priority(places, Dice(0), order, changes, 100)
                assert run(program, strategy=strategy).schedule == machine.schedule(codes(places, path))


def test_the_strategy_gives_every_order_of_threads_and_every_option():
    program = Program(A=lambda: one_step(), B=lambda: one_step(), C=lambda: one_step())
    runs = Counter(str(run(program, strategy=PCT(seed, depth=1, steps=3)).schedule) for seed in range(200))
    assert set(runs) == {"".join(order) for order in permutations("ABC")}
    tosses = {str(run(Program(A=toss), strategy=PCT(seed, depth=2, steps=2)).schedule) for seed in range(50)}
    assert tosses == {"A=0 A", "A=1 A", "A=2 A"}
    assert all(run(TEN, strategy=PCT(7, 3, 20)) == run(TEN, strategy=PCT(7, 3, 20)) for _ in range(3))


def one_step():
    yield sleep(1)


def test_pct_states_its_bound():
    facts = sample(three, runs=1_000, seed=7, method="pct", depth=2).sample
    assert facts.bound == Fraction(1, 3 * 6)
    assert facts.guarantee == (
        "a bug of depth d = 2 or less is found by each run with a probability of at least 1/(n k^(d - 1)) = 5.6%,\n"
        "by 1,000 runs with one of at least 99.99%; n = 3 threads, k = 6 steps (the longest execution)"
    )
    measured = sample(Program(A=spins, B=sets_x), runs=100, method="pct", max_steps=500).sample
    assert measured.guarantee.endswith("steps (the longest of 100 random walks: longer executions are not covered)")
    stopped = sample(three, runs=10, method="pct", max_steps=3).sample
    assert stopped.guarantee.endswith("k = 3 steps (where runs are stopped: longer executions are not covered)")


# What makes no sense ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["runs", "depth", "max_steps"])
@pytest.mark.parametrize("number", [0, -1])
def test_numbers_that_are_not_positive_are_refused(name, number, raises_in_full):
    message = f"{name} was expecting a positive whole number, but got {number}"
    raises_in_full(ValueError, message, lambda: sample(racy, **{name: number}))


@pytest.mark.parametrize(("name", "number"), [("runs", 1.5), ("depth", "3"), ("max_steps", True), ("seed", None)])
def test_what_is_no_whole_number_is_refused(name, number):
    with pytest.raises(TypeError, match=f"^{name} was expecting a (positive )?whole number, but got {number!r}$"):
        sample(racy, **{name: number})


def test_an_unknown_method_is_refused(raises_in_full):
    message = 'sample has no method \'random\': write method="walk" or method="pct" or method="uniform"'
    raises_in_full(ValueError, message, lambda: sample(racy, method="random"))


@pytest.mark.parametrize(("depth", "steps", "name"), [(0, 3, "depth"), (2, 0, "steps")])
def test_a_strategy_of_no_depth_or_no_steps_is_refused(depth, steps, name):
    with pytest.raises(ValueError, match=f"^PCT was expecting a positive number as {name}, but got 0$"):
        PCT(7, depth, steps)


def test_what_an_observer_answers_must_tell_outcomes_apart(raises_in_full):
    def values(final):
        return list(final.values())

    def lost(final):
        raise KeyError("lost")

    raises_in_full(
        PredicateError,
        "values answered [2], by which outcomes cannot be grouped: a list has no hash.\n"
        "Answer a value that cannot be changed: a number, a text, a tuple, a frozenset.",
        lambda: sample(Program(A=sets_two), runs=1, observe=values),
    )
    raises_in_full(
        PredicateError,
        "lost was asked about {counter: 2} and raised KeyError: 'lost'\n"
        "It must answer for every outcome, deadlocks and failed threads included.",
        lambda: sample(Program(A=sets_two), runs=1, observe=lost),
    )


def sets_two():
    yield counter.write(2)
