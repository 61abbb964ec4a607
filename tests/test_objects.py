"""What the objects answer: as CPython's own do, checked against them one operation at a time."""

import queue
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import BLOCKED, Console, Lock, Program, Queue, Raised, Shared, SharedObject, run, sleep
from simulator.objects import Operation
from simulator.objects.values import NoKey, strict_key, value_key

x = Shared("x", 0)
lock = Lock("lock")


def perform(thing, *operations):
    """The answers to some operations, one after the other, and the last state."""
    state, answers = thing.initial, []
    for operation in operations:
        performed = thing.transition(state, operation, 0)
        if performed is BLOCKED:
            answers.append(BLOCKED)
        else:
            state, answer = performed
            answers.append(answer)
    return answers, state


# Values -----------------------------------------------------------------------------------------------------------------


class Point(tuple):
    pass


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, True), (1, 1.0), (0, False), (0.0, -0.0), ("1", 1), ((1,), (True,)), (1, 1 + 0j), (b"a", "a"), (None, 0)],
)
def test_values_that_a_thread_can_tell_apart_have_different_keys(first, second):
    assert value_key(first) != value_key(second)
    assert value_key((first, 1)) != value_key((second, 1))
    assert value_key(frozenset({first})) != value_key(frozenset({second}))
    assert strict_key(first) != strict_key(second)


values = st.recursive(
    st.one_of(st.integers(), st.text(), st.booleans(), st.none(), st.floats(), st.binary()),
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)),
    max_leaves=6,
)


def shape(value):
    """What a thread can see of a value."""
    if isinstance(value, tuple):
        return ("tuple", *map(shape, value))
    if isinstance(value, frozenset):
        return ("frozenset", frozenset(map(shape, value)))
    return (type(value).__name__, repr(value))


@given(st.tuples(values, values) | values.map(lambda value: (value, value)))
def test_two_values_have_one_key_exactly_if_no_thread_can_tell_them_apart(pair):
    first, second = pair
    assert (value_key(first) == value_key(second)) == (shape(first) == shape(second))
    assert (strict_key(first) == strict_key(second)) == (shape(first) == shape(second))


@given(values)
def test_whatever_can_be_a_value_goes_in_and_comes_out_unchanged(value):
    answers, state = perform(Shared("v", value), Shared("v", value).read())
    assert repr(answers[0]) == repr(value)

    shared = Shared("w", None)

    def body():
        yield shared.write(value)
        return (yield shared.read())

    execution = run(Program(A=body))
    assert repr(execution.final[shared]) == repr(execution.outcome.returned["A"]) == repr(value)
    assert repr(state) == repr(value)


@pytest.mark.parametrize("wrong", [[], {}, set(), bytearray(), (1, []), iter(())], ids=repr)
def test_what_can_be_changed_in_place_has_no_key(wrong):
    with pytest.raises(NoKey):
        value_key(wrong)


def test_an_instance_that_says_it_is_a_value_is_believed_but_not_in_a_local_state():
    assert value_key(Point((1, 2))) == value_key(Point((1, 2)))
    with pytest.raises(NoKey):
        strict_key(Point((1, 2)))


# Shared variables -------------------------------------------------------------------------------------------------------


def test_reading_answers_the_value_and_writing_changes_it():
    assert perform(x, x.read(), x.write(5), x.read()) == ([0, None, 5], 5)


def test_until_is_a_read_that_waits():
    positive = x.until(lambda value: value > 0)
    assert perform(x, positive, x.write(3), positive) == ([BLOCKED, None, 3], 3)
    assert x.reads_only(positive, 3)
    assert x.reads_only(x.read(), 3)
    assert not x.reads_only(x.write(3), None)


# Locks, against threading -------------------------------------------------------------------------------------------------

lock_calls = st.lists(
    st.sampled_from(
        [
            ("acquire", (), {"blocking": False}),
            ("acquire", (), {"timeout": 0}),
            ("acquire", (), {"timeout": 0.0001}),
            ("acquire", (False,), {}),
            ("release", (), {}),
            ("locked", (), {}),
        ]
    ),
    max_size=12,
)


@given(lock_calls)
def test_a_lock_answers_what_that_of_threading_answers(calls):
    ours, real = lock.initial, threading.Lock()
    for method, arguments, keywords in calls:
        ours, answer = lock.transition(ours, getattr(lock, method)(*arguments, **keywords), 0)
        try:
            expected = getattr(real, method)(*arguments, **keywords)
        except RuntimeError as error:
            expected = Raised(RuntimeError, *error.args)
        assert (type(answer), answer) == (type(expected), expected)
        assert lock.value(ours) is real.locked()


def test_a_blocking_acquire_waits_and_any_thread_may_release():
    assert perform(lock, lock.acquire(), lock.acquire()) == ([True, BLOCKED], 0)
    held, _ = lock.transition(None, lock.acquire(), 3)
    assert lock.holders(held) == (3,)
    assert lock.transition(held, lock.release(), 0) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((False, 2), "can't specify a timeout for a non-blocking call"), ((True, -2), "timeout value must be ")],
)
def test_what_threading_refuses_is_refused(arguments, message):
    with pytest.raises(ValueError) as caught:
        lock.acquire(*arguments)
    assert str(caught.value).startswith(message)
    with pytest.raises(ValueError, match=message):
        threading.Lock().acquire(*arguments)


def test_which_operations_on_a_lock_only_look_at_it():
    assert lock.reads_only(lock.locked(), True)
    assert lock.reads_only(lock.acquire(blocking=False), False)
    assert not lock.reads_only(lock.acquire(blocking=False), True)
    assert not lock.reads_only(lock.release(), None)


def test_a_lock_says_what_becomes_of_it_when_threads_change_names():
    assert [lock.renamed(state, [2, 0, 1]) for state in (None, 0, 1, 2)] == [None, 2, 0, 1]


# Queues, against queue ----------------------------------------------------------------------------------------------------

queue_calls = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.tuples(st.integers(0, 9)), st.sampled_from([{"block": False}, {"timeout": 0}])),
        st.tuples(st.just("put"), st.tuples(st.integers(0, 9)), st.just({"timeout": -1})),
        st.tuples(st.just("put_nowait"), st.tuples(st.integers(0, 9)), st.just({})),
        st.tuples(st.just("get"), st.just(()), st.sampled_from([{"block": False}, {"timeout": 0}, {"timeout": -1}])),
        st.tuples(st.just("get_nowait"), st.just(()), st.just({})),
        st.tuples(st.sampled_from(["qsize", "empty", "full"]), st.just(()), st.just({})),
    ),
    max_size=15,
)


@given(st.integers(-1, 3), queue_calls)
def test_a_queue_answers_what_that_of_the_standard_library_answers(maxsize, calls):
    thing, real = Queue("q", maxsize), queue.Queue(maxsize)
    state = thing.initial
    for method, arguments, keywords in calls:
        state, answer = thing.transition(state, getattr(thing, method)(*arguments, **keywords), 0)
        try:
            expected = getattr(real, method)(*arguments, **keywords)
        except (queue.Empty, queue.Full, ValueError) as error:
            expected = Raised(type(error), *error.args)
        assert (type(answer), answer) == (type(expected), expected)
        assert thing.value(state) == tuple(real.queue)


def test_a_full_queue_blocks_those_who_put_and_an_empty_one_those_who_get():
    small = Queue("q", maxsize=1)
    assert perform(small, small.get(), small.put(1), small.put(2), small.get())[0] == [BLOCKED, None, BLOCKED, 1]


def test_full_and_empty_are_raised_in_the_thread():
    small = Queue("small", maxsize=1)

    def body():
        seen = []
        try:
            yield small.get_nowait()
        except queue.Empty:
            seen.append("empty")
        yield small.put(1)
        try:
            yield small.put(2, timeout=1)
        except queue.Full:
            seen.append("full")
        return tuple(seen)

    assert run(Program(A=body)).outcome.returned == {"A": ("empty", "full")}


# Console, sleep, operations ---------------------------------------------------------------------------------------------
@given(st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3), st.text(max_size=2), st.text(max_size=2))
def test_the_console_shows_what_print_prints(things, sep, end):
    import io

    shown = io.StringIO()
    print(*things, sep=sep, end=end, file=shown)
    console = Console()

    def body():
        yield from console.print(*things, sep=sep, end=end)

    assert run(Program(A=body)).output == shown.getvalue()


def test_only_text_can_be_written_on_the_console():
    with pytest.raises(TypeError, match="must be str, not int"):
        Console().write(5)


@pytest.mark.parametrize(("seconds", "kind"), [(-1, ValueError), ("1", TypeError), (None, TypeError)])
def test_what_sleep_refuses_is_refused(seconds, kind):
    import time

    with pytest.raises(kind):
        sleep(seconds)
    with pytest.raises(kind):
        time.sleep(seconds)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (x.write("5"), "x.write('5')"),
        (x.until(len), "x.until(len)"),
        (lock.acquire(), "lock.acquire()"),
        (lock.acquire(timeout=2), "lock.acquire(timeout=2)"),
        (lock.acquire(blocking=False), "lock.acquire(blocking=False)"),
        (Queue("q").put(1, block=False), "q.put(1, block=False)"),
        (Queue("q").get_nowait(), "q.get(block=False)"),
        (Console().print("a", 1), "console.print('a', 1)"),
        (sleep(0.5), "sleep(0.5)"),
    ],
)
def test_an_operation_reads_as_it_was_written(operation, text):
    assert repr(operation) == text


def test_operations_are_values():
    assert x.write(1) == x.write(1)
    assert len({x.write(1), x.write(1), x.write(True), x.read(), Shared("x", 0).read()}) == 4
    assert x.write(1) != "x.write(1)"
    assert isinstance(x.read(), Operation)


def test_an_operation_can_be_yielded_from_as_well():
    def body():
        value = yield from x.read()
        return (yield x.write(value + 1)), value

    execution = run(Program(A=body))
    assert [str(event.operation) for event in execution.trace] == ["x.read()", "x.write(1)"]
    assert execution.outcome.returned == {"A": (None, 0)}


def test_an_object_without_a_meaning_says_what_to_write():
    class Bare(SharedObject):
        def poke(self):
            return self.ask("poke")

    bare = Bare("bare", 0)

    def body():
        yield bare.poke()

    with pytest.raises(TypeError, match=r"^Bare does not say what bare.poke\(\) does: write its transition\(\)"):
        run(Program(A=body))
    assert not bare.can_rename()


def test_an_exception_that_is_an_answer_is_made_anew_each_time():
    answer = Raised(KeyError, "lost")
    assert answer == Raised(KeyError, "lost")
    assert answer != Raised(KeyError)
    assert answer.exception() is not answer.exception()
    assert (repr(answer), repr(Raised(queue.Empty))) == ("raises KeyError: lost", "raises Empty")
    assert hash(answer) == hash(Raised(KeyError, "lost"))
