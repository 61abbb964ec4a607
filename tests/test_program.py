"""A program: named thread functions, and which of them are interchangeable."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import Lock, Program, Shared, explore, run
from simulator.errors import InvalidBody

counter = Shared("counter", 0)


def increment(times=1):
    for _ in range(times):
        value = yield counter.read()
        yield counter.write(value + 1)


def adder(amount):
    def add():
        value = yield counter.read()
        yield counter.write(value + amount)

    return add


def test_the_order_of_the_names_is_the_order_of_the_threads():
    program = Program(C=increment, A=increment, B=increment)
    assert program.names == ("C", "A", "B")
    assert [program.position(name) for name in "CAB"] == [0, 1, 2]
    assert str(run(program).schedule) == "CCAABB"


def test_copies_are_called_by_letters_and_then_by_numbers():
    assert Program.copies(increment, 3).names == ("A", "B", "C")
    assert Program.copies(increment, 26).names[-1] == "Z"
    assert Program.copies(increment, 27).names[::26] == ("T1", "T27")
    assert Program.copies(increment, 0).names == ()
    with pytest.raises(ValueError, match="was expecting how many threads there are, but got -1"):
        Program.copies(increment, -1)


@pytest.mark.parametrize(
    ("threads", "kinds"),
    [
        ((increment, increment), (0, 0)),
        ((partial(increment, 2), partial(increment, 2)), (0, 0)),
        ((partial(increment, 2), partial(increment, times=2)), (0, 1)),
        ((partial(increment, 2), partial(increment, 3)), (0, 1)),
        ((partial(increment, 1), partial(increment, True)), (0, 1)),
        ((adder(1), adder(1)), (0, 0)),
        ((adder(1), adder(2), adder(1)), (0, 1, 0)),
        ((adder(1), adder(1.0), adder(True)), (0, 1, 2)),
        ((adder([1]), adder([1])), (0, 1)),
        ((increment, adder(1)), (0, 1)),
    ],
)
def test_threads_are_interchangeable_if_they_run_the_same_with_the_same_arguments(threads, kinds):
    assert Program(**dict(zip("ABC", threads, strict=False))).kinds() == kinds


def test_a_daemon_is_not_interchangeable_with_another_thread():
    assert Program(A=increment, B=increment, C=increment, daemons=("C",)).kinds() == (0, 0, 2)


def test_a_function_that_calls_itself_is_interchangeable_with_itself():
    def down(times=2):
        yield counter.read()
        if times:
            yield from down(times - 1)

    program = Program(A=down, B=down)
    assert program.kinds() == (0, 0)
    assert explore(program).interleavings == 20


def test_two_functions_that_call_each_other_are_read_to_the_end():
    def make():
        def even(times):
            yield counter.read()
            if times:
                yield from odd(times - 1)

        def odd(times):
            yield counter.write(times)
            if times:
                yield from even(times - 1)

        return partial(even, 2), partial(odd, 2)

    even, odd = make()
    again, _ = make()
    program = Program(A=even, B=odd, C=again)
    assert program.kinds() == (0, 1, 0)


def test_daemons_have_to_be_threads():
    with pytest.raises(ValueError, match="daemons names Z, but the threads of this program are A, B"):
        Program(A=increment, B=increment, daemons=("A", "Z"))


def test_a_program_is_described_by_its_functions():
    program = Program(A=increment, B=partial(increment, 3), C=partial(increment, times=2), daemons=("C",))
    assert repr(program) == "Program(A=increment, B=partial(increment, 3), C=partial(increment, times=2), daemons=('C',))"


def test_nothing_runs_when_a_program_is_said():
    calls = []

    def thread():
        calls.append(1)
        yield counter.read()

    Program(A=thread)
    assert calls == []


def test_any_callable_that_answers_a_generator_is_a_thread_function():
    class Job:
        def __call__(self):
            return increment()

    class Account:
        def deposit(self):
            yield from increment()

    assert run(Program(A=Job(), B=Account().deposit, C=lambda: increment(), D=partial(increment, 2))).final[counter] == 5


@pytest.mark.parametrize("wrong", [None, 3, "increment", counter.read(), Lock("lock")])
def test_what_is_no_function_is_refused_at_once(wrong):
    with pytest.raises(InvalidBody):
        Program(A=wrong)


@given(st.integers(0, 5))
def test_a_program_of_nothing_has_one_interleaving(threads):
    def nothing():
        yield from ()

    result = explore(Program.copies(nothing, threads))
    assert (result.interleavings, result.states, result.outcomes[0].status) == (1, 1, "finished")
