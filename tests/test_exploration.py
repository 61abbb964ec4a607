"""Exploring, listing and searching: the numbers, what they claim, and what happens where they end."""

import json
from fractions import Fraction
from itertools import islice

import pytest

from simulator import (
    Claim,
    Lock,
    Program,
    Queue,
    Shared,
    SharedObject,
    StepLimit,
    choose,
    explore,
    find,
    interleavings,
    replay,
    sleep,
)
from simulator.errors import Interrupted, PredicateError
from simulator.exploration import budget, counting

counter, x, y = Shared("counter", 0), Shared("x", 0), Shared("y", 0)
lock, other = Lock("lock"), Lock("other")
orders = Queue("orders", maxsize=1)


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def locked():
    with (yield lock.acquire()):
        yield from increment()


def both(first, second):
    def body():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return body


def set_x():
    yield x.write(1)


def spins_on_x():
    while not (yield x.read()):
        pass


racy = Program(A=increment, B=increment)
opposite = Program(A=both(lock, other), B=both(other, lock))

# What is answered -------------------------------------------------------------------------------------------------------


def test_the_lost_update_in_full():
    result = explore(racy)
    assert (result.claim, result.interleavings, result.endless) == ("complete", 6, False)
    assert explore(racy, symmetry=False, merge=False).states == 13
    lost, kept = result.outcomes
    assert (lost.final[counter], lost.interleavings, lost.share, lost.status) == (1, 4, Fraction(2, 3), "finished")
    assert (kept.final[counter], kept.interleavings, kept.share) == (2, 2, Fraction(1, 3))
    assert (lost.probability, kept.probability) == (0.5, 0.5)
    assert (str(lost.example.schedule), lost.example.preemptions) == ("ABBA", 1)
    assert (str(kept.example.schedule), kept.example.preemptions) == ("AABB", 0)
    assert not result.deadlocks
    assert not result.failures


def test_probability_is_not_share():
    def short():
        yield x.write(1)

    def long():
        yield x.write(2)
        yield x.read()
        yield x.read()

    one, two = sorted(explore(Program(A=short, B=long)).outcomes, key=lambda outcome: outcome.final[x])
    assert (one.share, two.share) == (Fraction(3, 4), Fraction(1, 4))
    assert (one.probability, two.probability) == (0.5, 0.5)


def test_the_number_of_transitions_is_that_of_all_steps_from_all_states():
    assert explore(racy, merge=False, symmetry=False).transitions == 14
    assert explore(Program(A=increment)).transitions == 2


def test_the_table_is_printed_as_students_see_it():
    lines = str(explore(racy)).splitlines()
    assert lines[0].startswith("6 interleavings, 2 outcomes, ")
    assert lines[2].split() == ["outcome", "interleavings", "share", "probability", "simplest", "example"]
    assert lines[3].split() == ["counter", "=", "1", "4", "66.7%", "50.0%", "ABBA"]
    assert lines[4].split() == ["counter", "=", "2", "2", "33.3%", "50.0%", "AABB"]
    assert lines[-1] == (
        "claim: complete: every interleaving was examined: what is not listed cannot happen in this program"
    )


def test_an_exploration_is_written_down_as_json():
    data = json.loads(json.dumps(explore(opposite).to_data()))
    assert (data["claim"], data["interleavings"], data["endless"], data["threads"]) == ("complete", 6, False, ["A", "B"])
    assert [(one["status"], one["interleavings"], one["share"]) for one in data["outcomes"]] == [
        ("finished", 4, "2/3"),
        ("deadlock", 2, "1/3"),
    ]
    assert [(one["example"], one["preemptions"]) for one in data["outcomes"]] == [("AAAABBBB", 0), ("AB", 1)]


def test_the_simplest_of_several_outcomes_is_found_by_a_goal():
    result = explore(opposite)
    assert str(result.example(lambda outcome: True).schedule) == "AAAABBBB"
    assert str(result.example(lambda outcome: outcome.status == "deadlock").schedule) == "AB"
    assert result.example(lambda outcome: outcome.failures) is None
    assert [one.status for one in result.deadlocks] == ["deadlock"]


def test_outcomes_are_sorted_by_how_many_interleavings_they_have():
    numbers = [one.interleavings for one in explore(Program.copies(increment, 4)).outcomes]
    assert numbers == sorted(numbers, reverse=True) == [1152, 1056, 288, 24]


def test_threads_that_end_differently_are_named_although_they_were_folded():
    def returns():
        value = yield counter.read()
        yield counter.write(value + 1)
        return value

    folded, plain = explore(Program.copies(returns, 3)), explore(Program.copies(returns, 3), symmetry=False)
    assert folded.states < plain.states
    assert {one.outcome: one.interleavings for one in folded.outcomes} == {
        one.outcome: one.interleavings for one in plain.outcomes
    }
    assert [one.example for one in folded.outcomes] == [one.example for one in plain.outcomes]


def test_an_object_that_cannot_rename_threads_is_explored_without_folding():
    class Owner(SharedObject):
        def claim(self):
            return self.ask("claim")

        def transition(self, state, operation, thread):
            return (thread if state is None else state), None

        def value(self, state):
            return state is not None

    owner = Owner("owner", None)

    def body():
        yield owner.claim()
        yield owner.claim()

    program = Program(A=body, B=body)
    assert explore(program).states == explore(program, symmetry=False).states
    assert explore(program).interleavings == 6
    assert find(program, lambda outcome: outcome.status == "finished").schedule == tuple("AABB")


# Grouping, invariants ---------------------------------------------------------------------------------------------------


def test_outcomes_can_be_grouped_by_what_is_observed():
    result = explore(Program.copies(increment, 3), observe=lambda final: final[counter] == 3)
    assert [(one.observed, one.interleavings) for one in result.outcomes] == [(False, 84), (True, 6)]
    assert sum(one.share for one in result.outcomes) == 1


def test_what_is_observed_has_to_be_something_that_can_be_compared():
    with pytest.raises(PredicateError, match=r"answered \[\d\], by which outcomes cannot be grouped: a list has no hash"):
        explore(racy, observe=lambda final: [final[counter]])
    with pytest.raises(PredicateError, match="raised ZeroDivisionError"):
        explore(racy, observe=lambda final: 1 // 0)


def test_an_invariant_that_changes_its_mind_is_refused():
    answers = iter([True, False] * 100)
    with pytest.raises(PredicateError, match="answered True, and False when it was asked again"):
        explore(racy, invariant=lambda state: next(answers))


def test_deadlocks_are_never_grouped_with_other_ends():
    result = explore(opposite, observe=lambda final: "all the same")
    assert [(one.status, one.interleavings) for one in result.outcomes] == [("finished", 4), ("deadlock", 2)]


def test_an_invariant_that_holds_has_no_violations():
    assert explore(racy, invariant=lambda state: state[counter] <= 2).violations == ()


def test_violations_end_where_the_invariant_first_breaks_the_simplest_first():
    def steps():
        for value in (1, 2, 3):
            yield x.write(value)

    def sets_y():
        yield y.write(1)

    result = explore(Program(A=steps, B=sets_y), invariant=lambda state: not (state[x] >= 2 and state[y]))
    assert [str(execution.schedule) for execution in result.violations] == ["BAA", "AAAB"]
    assert result.claim == "complete"


def test_an_invariant_that_is_broken_at_the_start_is_broken_by_nothing():
    result = explore(racy, invariant=lambda state: state[counter] > 0)
    assert [len(execution) for execution in result.violations] == [0]


def test_an_invariant_may_name_objects_that_are_used_late():
    def late():
        yield lock.acquire()
        yield lock.release()
        yield y.write(1)

    assert explore(Program(A=late, B=increment), invariant=lambda state: state["y"] <= 1).violations == ()
    broken = explore(Program(A=late, B=increment), invariant=lambda state: state["y"] == 0)
    assert [str(execution.schedule) for execution in broken.violations] == ["AAA", "BBAAA"]


def test_every_violation_really_breaks_the_invariant_and_no_step_before_it_does():
    def holds(state):
        return not (state[lock] and state[other])

    for execution in explore(opposite, invariant=holds).violations:
        assert not holds(replay(opposite, execution.schedule).final)
        for cut in range(len(execution)):
            assert holds(replay(opposite, execution.schedule[:cut]).final)


# Claims and budgets -----------------------------------------------------------------------------------------------------


def large():
    return Program(**{f"T{number}": lambda number=number: _writes(number) for number in range(8)})


def _writes(number):
    for step in range(4):
        yield x.write((number, step))


def test_a_claim_is_its_word_and_explains_itself():
    claim = Claim("partial", "the budget of 5 states ran out")
    assert claim == "partial"
    assert claim.word == "partial"
    assert str(claim) == (
        "partial (the budget of 5 states ran out): the exploration stopped early: what is not listed may still happen"
    )


def test_a_budget_of_states_ends_in_a_partial_claim():
    result = explore(large(), max_states=5_000)
    assert (result.claim, result.claim.reason) == ("partial", "the budget of 5,000 states ran out")
    assert 5_000 < result.states < 20_000
    assert all(one.share is None and one.probability is None for one in result.outcomes)
    assert "partial (the budget of 5,000 states ran out)" in str(result)


def test_a_budget_of_seconds_ends_in_a_partial_claim(monkeypatch):
    times = iter(range(1_000))
    monkeypatch.setattr(budget.time, "perf_counter", lambda: next(times))
    result = explore(large(), max_seconds=3)
    assert (result.claim, result.claim.reason) == ("partial", "the budget of 3 seconds ran out")


def test_a_budget_that_is_not_used_up_changes_nothing():
    result = explore(racy, max_states=1_000, max_seconds=1_000)
    assert (result.claim, result.interleavings) == ("complete", 6)


@pytest.mark.parametrize("wrong", [{"max_states": 0}, {"max_states": -1}, {"max_seconds": 0}])
def test_a_budget_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="was expecting a positive number"):
        explore(racy, **wrong)


def test_what_was_seen_before_the_budget_ran_out_is_told_as_far_as_it_goes():
    def early():
        yield x.write(1)

    def long():
        for number in range(4_000):
            yield y.write(number)

    result = explore(Program(A=early, B=long, C=early, D=long), max_states=3_000)
    assert (result.claim, result.outcomes, result.interleavings) == ("partial", (), None)
    assert str(result).startswith("interleavings not counted, 0 outcomes")


def test_interrupting_from_the_keyboard_ends_in_a_partial_claim(monkeypatch):
    def interrupted(self, states, frontier, ends):
        raise KeyboardInterrupt

    monkeypatch.setattr(budget.Watch, "look", interrupted)
    result = explore(racy)
    assert (result.claim, result.claim.reason) == ("partial", "interrupted")


def test_interrupting_a_thread_that_computes_for_long_is_no_partial_answer(monkeypatch):
    monkeypatch.setattr("simulator.body.QUICK", 0)

    def body():
        yield x.read()
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"^interrupted: thread A was computing at test_exploration.py:"):
        explore(Program(A=body))


def test_an_interrupt_between_two_quick_steps_ends_in_a_partial_claim():
    def body():
        yield x.read()
        raise KeyboardInterrupt

    result = explore(Program(A=body))
    assert (result.claim, result.claim.reason) == ("partial", "interrupted")


def test_every_way_of_counting_ends_at_its_budget(monkeypatch):
    monkeypatch.setattr(counting, "STATES_BETWEEN_LOOKS", 16)
    layered = explore(large(), max_states=100)
    program = Program(A=spins_on_x, B=set_x, C=_three_or_none, D=_three_or_none, E=locked, F=locked)
    uneven = explore(program, max_states=100, split=False)
    assert (layered.claim, uneven.claim) == ("partial", "partial")
    assert uneven.states < 1_000


def _three_or_none():
    if (yield y.read()) == 0:
        for number in range(3):
            yield y.write(number)


# Loops ------------------------------------------------------------------------------------------------------------------


def test_a_loop_that_can_spin_for_ever_has_endlessly_many_interleavings_and_is_still_complete():
    result = explore(Program(A=spins_on_x, B=set_x))
    assert (result.claim, result.interleavings, result.endless) == ("complete", None, True)
    (only,) = result.outcomes
    assert (only.final[x], only.interleavings, only.share, only.probability) == (1, None, None, None)
    assert str(only.example.schedule) == "BA"
    assert str(result).startswith("endlessly many interleavings (a loop can spin for ever), 1 outcome, ")


def test_a_spin_that_counts_never_comes_back():
    def counts():
        tries = 0
        while not (yield x.read()):
            tries += 1
        return tries

    with pytest.raises(StepLimit, match="without an end in thread A"):
        explore(Program(A=counts, B=set_x), max_steps=40)
    assert explore(Program(A=counts, B=set_x), max_steps=40, max_states=5).claim == "partial"


def test_a_thread_that_waits_for_ever_without_an_end_has_no_outcome():
    def forever():
        while True:
            yield x.read()

    result = explore(Program(A=forever))
    assert (result.outcomes, result.endless, result.interleavings) == ((), True, None)
    assert find(Program(A=forever), lambda outcome: True) is None


def test_an_execution_of_different_lengths_to_one_state_is_counted_right():
    def maybe():
        if (yield x.read()):
            yield sleep(1)
            yield sleep(1)

    result = explore(Program(A=maybe, B=set_x))
    assert result.interleavings == 2 == len(list(interleavings(Program(A=maybe, B=set_x))))


def test_daemons_do_not_keep_an_execution_from_being_finished():
    def serves():
        while True:
            item = yield orders.get()
            yield x.write(item)

    def asks():
        yield orders.put(1)
        yield orders.put(2)

    program = Program(S=serves, A=asks, daemons=("S",))
    result = explore(program)
    assert {one.status for one in result.outcomes} == {"finished"}
    assert {(one.final[x], one.final[orders]) for one in result.outcomes} == {(0, (2,)), (1, (2,))}
    assert [str(execution.schedule) for execution in interleavings(program)] == ["ASSA", "ASA"]
    assert explore(Program(S=serves, A=asks)).deadlocks


def test_a_program_of_daemons_only_is_finished_at_once():
    result = explore(Program(A=increment, B=increment, daemons=("A", "B")))
    assert (result.interleavings, result.outcomes[0].example.schedule) == (1, ())


def test_a_program_without_threads_has_one_empty_interleaving():
    result = explore(Program())
    assert (result.interleavings, result.outcomes[0].status) == (1, "finished")
    assert [execution.schedule for execution in interleavings(Program())] == [()]


# Listing and searching --------------------------------------------------------------------------------------------------


def test_interleavings_come_in_lexicographic_order():
    assert [str(execution.schedule) for execution in interleavings(racy)] == ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]


def test_the_order_is_that_of_the_threads_not_of_their_names():
    assert next(interleavings(Program(Z=increment, A=increment))).schedule == tuple("ZZAA")


def test_interleavings_are_listed_lazily():
    ten = Program.copies(increment, 10)
    assert [str(execution.schedule)[-4:] for execution in islice(interleavings(ten), 3)] == ["IIJJ", "IJIJ", "IJJI"]


def test_an_endless_interleaving_is_an_error_where_it_is_reached():
    listing = interleavings(Program(B=set_x, A=spins_on_x), max_steps=30)
    assert str(next(listing).schedule) == "BA"
    with pytest.raises(StepLimit):
        list(listing)


def test_a_listed_execution_has_its_trace_when_it_is_asked_for():
    for execution in list(interleavings(racy)):
        assert execution.trace == replay(racy, execution.schedule).trace
        assert execution.preemptions == replay(racy, execution.schedule).preemptions


def test_find_answers_the_simplest_or_proves_that_there_is_none():
    assert str(find(racy, lambda outcome: outcome.final[counter] == 1).schedule) == "ABBA"
    assert find(racy, lambda outcome: outcome.final[counter] == 3) is None
    assert str(find(opposite, lambda outcome: outcome.status == "deadlock").schedule) == "AB"


def test_find_is_not_misled_by_interchangeable_threads():
    found = find(Program.copies(increment, 3), lambda outcome: outcome.final[counter] == 1)
    assert found == find(Program.copies(increment, 3), lambda outcome: outcome.final[counter] == 1, symmetry=False)

    def returns():
        value = yield counter.read()
        yield counter.write(value + 1)
        return value

    program = Program.copies(returns, 3)
    second_first = find(program, lambda outcome: outcome.returned["B"] == 0 and outcome.returned["A"] == 1)
    assert str(second_first.schedule) == "BBAACC"


def test_find_can_be_kept_within_some_states():
    def never_both(state):
        return not (state[lock] and state[other])

    assert find(opposite, lambda outcome: outcome.status == "deadlock", within=never_both) is None
    assert find(opposite, lambda outcome: True, within=lambda state: False) is None


def test_a_goal_that_raises_is_no_answer():
    with pytest.raises(PredicateError, match="raised ZeroDivisionError: division by zero"):
        find(racy, lambda outcome: 1 / 0)
    with pytest.raises(PredicateError, match="raised KeyError"):
        find(racy, lambda outcome: outcome.returned["Z"])


def test_exploring_leaves_nothing_behind_that_changes_the_next_answer():
    program = Program(A=locked, B=increment, C=both(lock, other))
    first, second = explore(program), explore(program)
    assert str(first) == str(second)
    assert first.to_data() == second.to_data()


def test_within_may_name_objects_that_are_used_only_later():
    late = Shared("late", 0)

    def thread():
        yield x.write(1)
        yield late.write(1)

    assert find(Program(A=thread), lambda outcome: True, within=lambda state: state["late"] == 0) is None
    assert find(Program(A=thread), lambda outcome: True, within=lambda state: state["late"] < 2) is not None


def test_a_goal_is_found_however_many_ways_there_are_to_name_the_threads():
    def ticket():
        value = yield x.read()
        yield x.write(value + 1)
        return value

    ten = Program.copies(ticket, 10)
    found = find(ten, lambda outcome: outcome.final[x] == 10)
    assert found.outcome.returned == {name: number for number, name in enumerate(ten.names)}


def test_what_an_acquire_answered_is_a_bool_in_messages():
    lock = Lock("lock")

    def thread():
        answer = yield lock.acquire()
        return answer + "s"

    (summary,) = explore(Program(A=thread)).outcomes
    assert summary.outcome.failures["A"] == "TypeError: unsupported operand type(s) for +: 'bool' and 'str'"


def test_failures_that_differ_only_in_a_later_line_are_two_outcomes():
    def thread():
        number = yield choose(1, 2)
        error = ValueError(f"number {number}\nis wrong")
        error.add_note("a note")
        raise error

    failures = [summary.outcome.failures["A"] for summary in explore(Program(A=thread)).outcomes]
    assert failures == ["ValueError: number 1\nis wrong", "ValueError: number 2\nis wrong"]


def test_a_loop_that_counts_for_ever_is_told_although_its_states_merge():
    def count_for_ever():
        while True:
            value = yield counter.read()
            yield counter.write(value + 1)

    for ask in (explore, lambda program: find(program, lambda outcome: True)):
        with pytest.raises(StepLimit, match=r"^2,000 steps without an end of the whole program"):
            ask(Program(A=count_for_ever))
