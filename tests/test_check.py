"""Assertions about all interleavings, word for word."""

import pytest

from simulator import Lock, Program, Shared, check, explore, replay
from simulator.errors import CheckFailed, Inconclusive

counter = Shared("counter", 0)
lock, other = Lock("lock"), Lock("other")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def safe_increment():
    with (yield lock.acquire()):
        yield from increment()


def both(first, second):
    def body():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return body


racy = Program(A=increment, B=increment)
fixed = Program(A=safe_increment, B=safe_increment)
opposite = Program(A=both(lock, other), B=both(other, lock))


def is_two(final):
    return final[counter] == 2


def test_a_postcondition_that_fails_is_told_with_its_simplest_story(raises_in_full):
    error = raises_in_full(
        CheckFailed,
        "postcondition failed in 4 of 6 interleavings; simplest:\n"
        "\n"
        "step  A                    B\n"
        "   1  counter.read() -> 0\n"
        "   2                       counter.read() -> 0\n"
        "   3                       counter.write(1)\n"
        "   4  counter.write(1)\n"
        "\n"
        "ended with counter = 1\n"
        'replay it: replay(program, "ABBA")',
        lambda: check(racy, postcondition=is_two),
    )
    assert error.execution == replay(racy, "ABBA")
    assert error.exploration.interleavings == 6


def test_what_holds_answers_the_exploration_that_proves_it():
    result = check(fixed, postcondition=is_two)
    assert (result.claim, result.interleavings) == ("complete", 2)
    assert [one.outcome for one in result.outcomes] == [one.outcome for one in explore(fixed).outcomes]


def test_an_invariant_that_breaks_is_told_where_it_breaks_first():
    with pytest.raises(CheckFailed, match=r"^invariant broken; simplest:\n") as caught:
        check(racy, invariant=lambda state: state[counter] < 1)
    assert str(caught.value.execution.schedule) == "AA"
    assert 'replay it: replay(program, "AA")' in str(caught.value)


def test_a_deadlock_fails_a_check_unless_it_is_allowed():
    with pytest.raises(CheckFailed, match=r"^deadlock in 2 of 6 interleavings; simplest:\n") as caught:
        check(opposite)
    assert str(caught.value.execution.schedule) == "AB"
    assert 'replay it: replay(program, "AB")' in str(caught.value)
    assert check(opposite, deadlock=True).interleavings == 6


def test_a_postcondition_is_not_asked_of_deadlocks():
    asked = []
    check(opposite, postcondition=lambda final: asked.append(final[lock]) or True, deadlock=True)
    assert set(asked) == {False}


def test_a_thread_that_fails_fails_the_check_unless_it_is_allowed():
    def fails():
        if (yield counter.read()):
            raise ValueError("boom")

    program = Program(A=increment, F=fails)
    with pytest.raises(
        CheckFailed, match=r"^a thread failed \(ValueError: boom\) in 1 of 3 interleavings; simplest:\n"
    ) as caught:
        check(program)
    assert str(caught.value.execution.schedule) == "AAF"
    assert check(program, failures=True).interleavings == 3


def test_a_failure_comes_before_the_deadlock_it_causes():
    def fails():
        yield lock.acquire()
        raise ValueError("boom")

    with pytest.raises(CheckFailed, match=r"^a thread failed"):
        check(Program(A=fails, B=safe_increment))


def test_finding_nothing_within_a_budget_proves_nothing(monkeypatch):
    def many():
        for number in range(6):
            yield counter.write(number)

    program = Program.copies(many, 6)
    with pytest.raises(
        Inconclusive, match=r"^nothing wrong was found, but the budget of 50 states ran out after \d+ states:"
    ) as caught:
        check(program, max_states=50, symmetry=False)
    assert isinstance(caught.value, AssertionError)
    assert caught.value.exploration.claim == "partial"


def test_what_goes_wrong_within_a_budget_is_a_failure_all_the_same():
    def many():
        for number in range(6):
            yield counter.write(number)

    with pytest.raises(CheckFailed, match=r"^invariant broken"):
        check(Program.copies(many, 6), invariant=lambda state: state[counter] < 1, max_states=50, symmetry=False)


def test_how_goes_to_the_exploration():
    assert check(fixed, symmetry=False).states > check(fixed).states


def test_an_endless_program_is_checked_as_well():
    x = Shared("x", 0)

    def spins():
        while not (yield x.read()):
            pass

    def sets():
        yield x.write(1)

    assert check(Program(A=spins, B=sets), postcondition=lambda final: final[x] == 1).interleavings is None
    with pytest.raises(CheckFailed, match=r"^postcondition failed in some interleavings; simplest:"):
        check(Program(A=spins, B=sets), postcondition=lambda final: final[x] == 2)


def test_observing_cannot_hide_an_outcome_from_a_check():
    for wanted in (1, 2):
        with pytest.raises(TypeError, match=r"^check\(\) judges every outcome, and observe= would show it only one"):
            check(racy, postcondition=lambda final: final[counter] == wanted, observe=lambda final: 0)  # noqa: B023


def test_a_postcondition_that_nothing_ever_reaches_is_no_pass():
    def for_ever():
        while True:
            yield counter.read()

    endless = Program(A=for_ever)
    with pytest.raises(Inconclusive, match=r"^the postcondition was never asked: no execution comes to its end\."):
        check(endless, postcondition=lambda final: False)
    assert check(endless, invariant=lambda state: state[counter] == 0).claim == "complete"
