"""Every message, in full: what I got, what you probably wrote, what you want; with the file and the line."""

import itertools
import linecache
import random
import signal
import threading
import time
from functools import partial

import pytest

from simulator import (
    Console,
    Execution,
    Lock,
    NondeterministicProgram,
    Program,
    Queue,
    Schedule,
    ScheduleError,
    Shared,
    StepLimit,
    check,
    explore,
    find,
    interleavings,
    replay,
    run,
    sleep,  # noqa: F401 (for the threads in lecture.py)
)
from simulator.errors import (
    CheckFailed,
    DuplicateName,
    ForgottenYield,
    Interrupted,
    InvalidBody,
    InvalidYield,
    MissingYield,
    MutableValue,
    PredicateError,
    ProgramError,
    SimulatorError,
    TooManyOutcomes,
)

counter, x, y = Shared("counter", 0), Shared("x", 0), Shared("y", 0)
lock, other = Lock("lock"), Lock("other")
orders = Queue("orders", maxsize=1)
console = Console()


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def lecture(text, name="thread"):
    """A thread function in a file of its own, called lecture.py, so that messages have lines that stay where they are."""
    linecache.cache["lecture.py"] = (len(text), None, text.splitlines(keepends=True), "lecture.py")
    namespace = {**globals(), "__name__": "lecture"}
    exec(compile(text, "lecture.py", "exec"), namespace)
    return namespace[name]


PERFORMERS = [
    explore,
    run,
    lambda program: list(interleavings(program)),
    lambda program: find(program, lambda outcome: True),
]
everybody = pytest.mark.parametrize("perform", PERFORMERS, ids=["explore", "run", "interleavings", "find"])

MISTAKES = {
    "something yielded that is no operation": (
        InvalidYield,
        "def thread():\n    yield 3\n",
        "thread A yielded 3 at lecture.py:2, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().",
    ),
    "nothing yielded": (
        InvalidYield,
        "def thread():\n    yield counter.read()\n    yield\n",
        "thread A yielded None at lecture.py:3, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().",
    ),
    "an object yielded": (
        InvalidYield,
        "def thread():\n    yield lock\n",
        "thread A yielded Lock('lock') at lecture.py:2, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().",
    ),
    "two operations yielded at once": (
        InvalidYield,
        "def thread():\n    yield counter.read(), lock.locked()\n",
        "thread A yielded (counter.read(), lock.locked()) at lecture.py:2, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().",
    ),
    "a generator yielded instead of called": (
        InvalidYield,
        "def thread():\n    yield counter.read()\n    yield increment()\n",
        "thread A yielded a generator, increment() at lecture.py:3, which is not an operation.\n\n"
        "    yield increment()       # incorrect: one step cannot contain several\n"
        "    yield from increment()  # correct: a call",
    ),
    "a call of several steps yielded": (
        InvalidYield,
        "def thread():\n    yield console.print(5)\n",
        "thread A yielded a generator, console.print(5) at lecture.py:2, which is not an operation.\n\n"
        "    yield console.print(5)       # incorrect: one step cannot contain several\n"
        "    yield from console.print(5)  # correct: a call",
    ),
    "something wrong yielded inside a call": (
        InvalidYield,
        "def inner():\n    yield 'text'\ndef thread():\n    yield from inner()\n",
        "thread A yielded 'text' at lecture.py:2, which is not an operation.\n"
        "A thread yields what it wants done, such as counter.read() or lock.acquire().",
    ),
    "an operation made and never yielded": (
        ForgottenYield,
        "def thread():\n    value = yield counter.read()\n    counter.write(value + 1)\n",
        "thread A made counter.write(1) at lecture.py:3 but never yielded it, so it never happened.\n\n"
        "    counter.write(1)        # incorrect\n"
        "    yield counter.write(1)  # correct",
    ),
    "an operation taken for its answer": (
        ForgottenYield,
        "def thread():\n    value = counter.read()\n    yield counter.write(value + 1)\n",
        "thread A made counter.read() at lecture.py:2 but never yielded it, so it never happened.\n\n"
        "    counter.read()        # incorrect\n"
        "    yield counter.read()  # correct",
    ),
    "printing without yield from": (
        ForgottenYield,
        "def thread():\n    yield counter.read()\n    console.print('x')\n",
        "thread A made console.print('x') at lecture.py:3 but never yielded it, so it never happened.\n\n"
        "    console.print('x')             # incorrect\n"
        "    yield from console.print('x')  # correct",
    ),
    "sleeping without yield": (
        ForgottenYield,
        "def thread():\n    sleep(1)\n    yield counter.read()\n",
        "thread A made sleep(1) at lecture.py:2 but never yielded it, so it never happened.\n\n"
        "    sleep(1)        # incorrect\n"
        "    yield sleep(1)  # correct",
    ),
    "with and no yield": (
        MissingYield,
        "def thread():\n    with lock.acquire():\n        yield counter.read()\n",
        "use 'with (yield lock.acquire()):', not 'with lock.acquire():'. lock.acquire() was made but not yielded.\n\n"
        "    with lock.acquire():          # incorrect\n"
        "    with (yield lock.acquire()):  # correct\n\n"
        "in thread A, lecture.py:2:  with lock.acquire():",
    ),
    "with a lock": (
        MissingYield,
        "def thread():\n    with lock:\n        yield counter.read()\n",
        "use 'with (yield lock.acquire()):', not 'with lock:': taking a Lock is a step.\n\n"
        "    with lock:                    # incorrect\n"
        "    with (yield lock.acquire()):  # correct\n\n"
        "in thread A, lecture.py:2:  with lock:",
    ),
    "with a lock, in a thread that catches everything": (
        MissingYield,
        "def thread():\n    try:\n        with lock:\n            yield counter.read()\n"
        "    except Exception:\n        pass\n",
        "use 'with (yield lock.acquire()):', not 'with lock:': taking a Lock is a step.\n\n"
        "    with lock:                    # incorrect\n"
        "    with (yield lock.acquire()):  # correct\n\n"
        "in thread A, lecture.py:3:  with lock:",
    ),
    "with a lock that was not acquired": (
        MissingYield,
        "def thread():\n    yield lock.acquire()\n    with (yield lock.acquire(blocking=False)):\n        pass\n",
        "lock.acquire(blocking=False) answered False: lock was not acquired, so that 'with' has nothing to release.\n\n"
        "    with (yield lock.acquire(blocking=False)):  # incorrect\n"
        "    if (yield lock.acquire(blocking=False)):    # correct: and release it yourself\n\n"
        "in thread A, lecture.py:3:  with (yield lock.acquire(blocking=False)):",
    ),
    "a list written": (
        MutableValue,
        "def thread():\n    yield counter.write([1])\n",
        "shared values must be immutable: counter.write([1]) could be changed without a step. Use a tuple.\n\n"
        "    counter.write([1])   # incorrect: it could be changed without a step\n"
        "    counter.write((1,))  # correct: every change is a step\n\n"
        "in thread A, lecture.py:2:  yield counter.write([1])",
    ),
    "a dictionary put, in a thread that catches everything": (
        MutableValue,
        "def thread():\n    try:\n        yield orders.put({1: 2})\n    except TypeError:\n        yield lock.acquire()\n",
        "shared values must be immutable: orders.put({1: 2}) could be changed without a step. Use a tuple of pairs.\n\n"
        "    orders.put({1: 2})     # incorrect: it could be changed without a step\n"
        "    orders.put(((1, 2),))  # correct: every change is a step\n\n"
        "in thread A, lecture.py:3:  yield orders.put({1: 2})",
    ),
    "a tuple with a set in it": (
        MutableValue,
        "def thread():\n    yield counter.write((1, {2}))\n",
        "shared values must be immutable: counter.write((1, {2})) could be changed without a step. "
        "Use a tuple or a frozen dataclass.\n\n"
        "    counter.write((1, {2}))                                  # incorrect: it could be changed without a step\n"
        "    counter.write(a tuple, or an instance of a frozen dataclass)  # correct: every change is a step\n\n"
        "in thread A, lecture.py:2:  yield counter.write((1, {2}))",
    ),
    "an operation shared": (
        MutableValue,
        "def thread():\n    yield counter.write(lock.locked())\n",
        "an operation cannot be shared: counter.write(lock.locked()). Was a yield forgotten before lock.locked()?\n\n"
        "    counter.write(lock.locked())          # incorrect\n"
        "    counter.write((yield lock.locked()))  # correct: share its answer\n\n"
        "in thread A, lecture.py:2:  yield counter.write(lock.locked())",
    ),
    "no yield in the function": (
        InvalidBody,
        "def thread():\n    counter.read()\n",
        "thread A is not a generator: thread() at lecture.py:1 was called, but it has no yield.\n\n"
        "    value = counter.read()        # incorrect: a plain call does nothing\n"
        "    value = yield counter.read()  # correct: asks for a step, and waits for its answer\n\n"
        "in thread A",
    ),
    "a function that returns something": (
        InvalidBody,
        "def thread():\n    return 3\n",
        "thread A is not a generator: thread() at lecture.py:1 was called, but it returned 3.\n\n"
        "    value = counter.read()        # incorrect: a plain call does nothing\n"
        "    value = yield counter.read()  # correct: asks for a step, and waits for its answer\n\n"
        "in thread A",
    ),
    "an object made inside a thread": (
        DuplicateName,
        "def thread():\n    yield Shared('counter', 0).read()\n    yield counter.read()\n",
        "two different objects are called Shared('counter'), so that no answer could tell them apart.\n"
        "Give them different names. If there is only one in your code: it is made inside a thread or in a function that\n"
        "is called twice; make it once, outside, where the threads can share it.",
    ),
}


def aligned(text):
    """The message without the blanks that line up the remarks."""
    return "\n".join("# ".join(part.rstrip() for part in line.split("# ", 1)) for line in text.splitlines())


@everybody
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_thread_is_raised_to_whoever_runs_it(perform, mistake):
    kind, text, message = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        perform(Program(A=lecture(text)))
    assert isinstance(caught.value, ProgramError)
    assert isinstance(caught.value, SimulatorError)
    assert aligned(str(caught.value)) == aligned(message)


def test_the_remarks_of_both_spellings_stand_below_each_other(raises_in_full):
    raises_in_full(
        InvalidBody,
        "Program was expecting a thread function for A, but got the generator increment().\n\n"
        "    Program(A=increment())  # incorrect: a generator can run only once\n"
        "    Program(A=increment)    # correct: every execution makes a fresh one",
        lambda: Program(A=increment()),
    )


def test_what_cannot_be_called_is_no_thread_function(raises_in_full):
    raises_in_full(
        InvalidBody,
        "Program was expecting a thread function for A, but got 3.\n"
        "A thread function is a function that yields what it wants done, such as counter.read().",
        lambda: Program(A=3),
    )


def test_a_coroutine_is_no_thread_function():
    async def thread():
        pass

    with pytest.raises(InvalidBody, match=r"^thread A is not a generator: thread\(\) at test_errors.py:\d+ was called, but"):
        explore(Program(A=thread))


def test_a_thread_function_behind_partial_is_named():
    def thread(number):
        return number

    with pytest.raises(InvalidBody, match=r"^thread A is not a generator: partial\(thread, 3\)\(\) at test_errors.py:\d+"):
        run(Program(A=partial(thread, 3)))


@pytest.mark.parametrize(
    ("wrong", "right", "instead"),
    [("[1]", "(1,)", "a tuple"), ("{1}", "frozenset({1})", "a frozenset"), ("bytearray(b'')", "b''", "bytes")],
)
def test_a_variable_cannot_start_with_what_can_be_changed(raises_in_full, wrong, right, instead):
    width = max(len(wrong), len(right))
    raises_in_full(
        MutableValue,
        f"shared values must be immutable: Shared('x', {wrong}) could be changed without a step. Use {instead}.\n\n"
        f"    {f'''Shared('x', {wrong})'''.ljust(width + 13)}  # incorrect: it could be changed without a step\n"
        f"    {f'''Shared('x', {right})'''.ljust(width + 13)}  # correct: every change is a step",
        lambda: Shared("x", eval(wrong)),
    )


def test_an_object_needs_a_name(raises_in_full):
    raises_in_full(TypeError, "Shared was expecting a name, such as 'counter', but got ''", lambda: Shared("", 0))
    raises_in_full(TypeError, "Lock was expecting a name, such as 'counter', but got 3", lambda: Lock(3))


def test_releasing_a_lock_that_is_not_held_is_raised_in_the_thread():
    def thread():
        yield lock.release()

    assert explore(Program(A=thread)).outcomes[0].outcome.failures == {"A": "RuntimeError: release unlocked lock"}

    def catches():
        try:
            yield lock.release()
        except RuntimeError as error:
            return str(error)

    assert run(Program(A=catches)).outcome.returned == {"A": "release unlocked lock"}


def test_two_different_objects_of_one_kind_and_name_are_refused_wherever_they_meet():
    twin = Shared("counter", 5)

    def reads_twin():
        yield twin.read()

    for perform in PERFORMERS:
        with pytest.raises(DuplicateName, match=r"^two different objects are called Shared\('counter'\), so that no answer"):
            perform(Program(A=increment, B=reads_twin))


def test_objects_of_different_kinds_may_have_one_name():
    namesake = Lock("counter")

    def thread():
        with (yield namesake.acquire()):
            yield from increment()

    execution = run(Program(A=thread, B=thread))
    assert (execution.final[counter], execution.final[namesake]) == (2, False)


def test_outcomes_of_namesakes_of_different_kinds_are_told_apart():
    flag, gate = Shared("n", False), Lock("n")

    def thread():
        if (yield x.read()):
            yield flag.write(True)
        else:
            yield gate.acquire()

    def writes():
        yield x.write(1)

    assert {one.interleavings for one in explore(Program(A=thread, B=writes)).outcomes} == {1, 2}


# Schedules that do not fit ----------------------------------------------------------------------------------------------


def locked():
    with (yield lock.acquire()):
        yield from increment()


def fails():
    yield counter.read()
    raise ValueError("boom")


def waits_for_nine():
    yield counter.until(lambda value: value == 9)


BAD_SCHEDULES = [
    ("AC", "step 2 of 'AC' wants C, but there is no thread C.\nThe threads are A, B, F, W.", 2, "C", ()),
    (
        "AB",
        "step 2 of 'AB' wants B, but B is blocked: lock.acquire() waits for A.\nEnabled at that point: A, F.",
        2,
        "B",
        "AF",
    ),
    ("FF", "step 2 of 'FF' wants F, but F has failed (ValueError: boom).\nEnabled at that point: A, B.", 2, "F", "AB"),
    (
        "A*4 A",
        "step 5 of 'AAAAA' wants A, but A has ended.\nEnabled at that point: B, F.",
        *(5, "A", "BF"),
    ),
    (
        "W",
        "step 1 of 'W' wants W, but W is blocked: counter.until(<lambda>) waits for another thread to make it possible.\n"
        "Enabled at that point: A, B, F.",
        *(1, "W", "ABF"),
    ),
    (
        "A**2",
        "cannot read 'A**2' in the schedule 'A**2'.\n"
        "A schedule is written ABAB, or with repeats A*3 B A, or in words: producer consumer*2.",
        *(0, None, ()),
    ),
]


@pytest.mark.parametrize(("schedule", "message", "step", "wanted", "enabled"), BAD_SCHEDULES)
def test_a_schedule_that_does_not_fit_says_where_and_why(raises_in_full, schedule, message, step, wanted, enabled):
    program = Program(A=locked, B=locked, F=fails, W=waits_for_nine)
    error = raises_in_full(ScheduleError, message, lambda: replay(program, schedule))
    assert (error.step, error.wanted, error.enabled) == (step, wanted, tuple(enabled))
    assert isinstance(error, ValueError)


def test_a_schedule_of_names_is_checked_as_well():
    with pytest.raises(ScheduleError, match=r"^step 2 of 'AZ' wants Z, but there is no thread Z"):
        replay(Program(A=increment, B=increment), ["A", "Z"])
    assert replay(Program(A=increment, B=increment), Schedule("AB")).schedule == Schedule("AB")


# Programs that depend on something they did not ask for -------------------------------------------------------------------


def two(thread):
    return Program(A=thread, B=thread)


def random_value():
    def thread():
        yield x.write(random.random())

    return two(thread)


def random_bit():
    def thread():
        yield x.write(random.randrange(2))

    return two(thread)


def random_branch():
    def thread():
        yield lock.locked()
        if random.random() < 0.5:
            yield x.write(1)
        yield y.write(1)

    return two(thread)


def random_failure():
    def thread():
        yield lock.locked()
        if random.random() < 0.5:
            raise ValueError("boom")

    return two(thread)


def the_clock():
    def thread():
        yield x.write(time.perf_counter_ns())

    return two(thread)


def an_address():
    def thread():
        yield x.write(id([]) + next(serial))

    serial = itertools.count()
    return two(thread)


def length_of_a_shared_list():
    log = []

    def thread():
        yield lock.locked()
        log.append(1)
        yield x.write(len(log))

    return two(thread)


def who_came_first_to_a_shared_list():
    log = []

    def thread():
        yield lock.locked()
        if not log:
            log.append(1)
            yield x.write(1)
        else:
            yield x.write(2)

    return two(thread)


def a_plain_dictionary_between_two_threads():
    box = {"value": None}

    def writer(number):
        def thread():
            yield lock.locked()
            box["value"] = number
            yield lock.locked()
            yield x.write(box["value"])

        return thread

    return Program(A=writer(1), B=writer(2))


def a_plain_counter_between_two_threads():
    count = 0

    def thread():
        nonlocal count
        value = count
        yield lock.locked()
        count = value + 1
        yield x.write(count)

    return two(thread)


def a_switch_between_two_threads():
    on = False

    def thread():
        nonlocal on
        yield lock.locked()
        on = not on
        yield x.write(on)

    return two(thread)


def a_shared_iterator():
    numbers = itertools.cycle([0, 1])

    def thread():
        yield x.write(next(numbers))

    return two(thread)


def a_function_that_remembers():
    def thread():
        thread.calls = getattr(thread, "calls", 0) + 1
        yield x.write(thread.calls)

    return two(thread)


def a_shared_set_of_what_was_done():
    seen = set()

    def thread():
        yield lock.locked()
        if 1 not in seen:
            seen.add(1)
            yield x.write(1)
        yield y.write(1)

    return two(thread)


def a_real_lock():
    mutex = threading.Lock()

    def thread():
        if mutex.acquire(blocking=False):
            yield x.read()
            mutex.release()
        else:
            yield y.write(1)

    return two(thread)


def what_all_have_returned():
    log = []

    def returner(number):
        def thread():
            yield lock.locked()
            log.append(number)
            return tuple(log)

        return thread

    return Program(A=returner(1), B=returner(2))


UNASKED = [
    *(random_value, random_bit, random_branch, random_failure, the_clock, an_address, length_of_a_shared_list),
    *(who_came_first_to_a_shared_list, a_plain_dictionary_between_two_threads, a_plain_counter_between_two_threads),
    *(a_switch_between_two_threads, a_shared_iterator, a_function_that_remembers, a_shared_set_of_what_was_done),
    *(a_real_lock, what_all_have_returned),
]


@pytest.mark.parametrize("make", UNASKED)
@pytest.mark.parametrize("how", [{}, {"merge": False, "symmetry": False}], ids=["reduced", "unreduced"])
def test_a_program_that_depends_on_something_it_did_not_ask_for_is_found(make, how):
    random.seed(20)
    with pytest.raises(NondeterministicProgram) as caught:
        explore(make(), **how)
    assert str(caught.value).endswith(
        "Threads may depend only on what they read through the simulator. Common causes: random or time in a\n"
        "thread; a plain Python object shared between threads; iteration over a set; an object made inside a thread."
    )
    assert str(caught.value).startswith(("the schedule ", "after the schedule ", "told the same answers again, "))


def test_a_search_finds_such_a_program_too():
    random.seed(20)
    with pytest.raises(NondeterministicProgram):
        find(random_bit(), lambda outcome: False)


def test_such_a_program_is_named_word_for_word(raises_in_full):
    calls = itertools.count(1)

    def thread():
        yield x.write(next(calls))

    raises_in_full(
        NondeterministicProgram,
        "the schedule A ended with x = 1 when the program was explored, and with x = 2 when it was run again.\n"
        + NondeterministicProgram.causes,
        lambda: explore(Program(A=thread)),
    )


# Threads without an end -------------------------------------------------------------------------------------------------


def test_a_thread_that_never_ends_is_told_how_to_wait(raises_in_full):
    text = "def thread():\n    number = 0\n    while True:\n        yield counter.write(number)\n        number += 1\n"
    advice = (
        "Often a spin loop under an unfair schedule, or a loop that counts\n"
        "for ever; wait with a blocking operation such as lock.acquire() or shared.until(predicate), give the loop\n"
        "a bound, or raise the limit with max_steps=."
    )
    program = Program(A=lecture(text))
    endless = "2,000 steps without an end in thread A, last at lecture.py:4. "
    assert raises_in_full(StepLimit, endless + advice, lambda: explore(program)).steps == 2_000
    raises_in_full(StepLimit, "500 steps without an end. " + advice, lambda: run(program, max_steps=500))
    endless = endless.replace("2,000", "500")
    raises_in_full(StepLimit, endless + advice, lambda: list(interleavings(program, max_steps=500)))


@pytest.mark.parametrize("perform", [explore, run, lambda program: replay(program, "AA")])
def test_a_thread_that_computes_for_ever_is_interrupted_by_name_and_line(perform, monkeypatch):
    monkeypatch.setattr("simulator.body.QUICK", 0.0)
    text = "def thread():\n    yield counter.read()\n    computing.set()\n    while True:\n        pass\n"
    body = lecture(text)
    computing = body.__globals__["computing"] = threading.Event()

    def interrupt():
        computing.wait(60)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    with pytest.raises(Interrupted) as caught:
        perform(Program(A=body))
    watcher.join()
    message = str(caught.value)
    assert message.startswith("interrupted: thread A was computing at lecture.py:")
    assert message.endswith(" and had not come to its next yield.")
    assert int(message.partition("lecture.py:")[2].partition(" ")[0]) in (3, 4, 5)
    assert isinstance(caught.value, KeyboardInterrupt)


def test_an_interrupt_while_a_thread_computes_shortly_is_meant_for_the_exploration():
    def thread():
        yield counter.read()
        signal.raise_signal(signal.SIGINT)

    result = explore(Program(A=thread))
    assert (result.claim, result.claim.reason) == ("partial", "interrupted")


def test_a_body_that_wants_arguments_is_no_thread_function(raises_in_full):
    body = lecture("def thread(times):\n    yield counter.read()\n")
    raises_in_full(
        InvalidBody,
        "thread A cannot be started without arguments: thread() missing 1 required positional argument: 'times'"
        " at lecture.py:1.\n\n"
        "    Program(A=thread)              # incorrect: a thread is called without arguments\n"
        "    Program(A=partial(thread, …))  # correct: with functools.partial\n\n"
        "in thread A",
        lambda: run(Program(A=body)),
    )


# Functions that judge ---------------------------------------------------------------------------------------------------


def test_a_predicate_that_raises_is_named(raises_in_full):
    def positive(final):
        raise KeyError("lost")

    answer = "It must answer for every outcome and every state, deadlocks and failed threads included."
    raises_in_full(
        PredicateError,
        "positive was asked about {counter: 1} and raised KeyError: 'lost'\n" + answer,
        lambda: check(Program(A=increment), postcondition=positive),
    )
    raises_in_full(
        PredicateError,
        "positive was asked about {counter: 0} and raised KeyError: 'lost'\n" + answer,
        lambda: explore(Program(A=increment), invariant=positive),
    )
    raises_in_full(
        PredicateError,
        "positive was asked about counter = 1 and raised KeyError: 'lost'\n" + answer,
        lambda: find(Program(A=increment), positive),
    )


@everybody
def test_a_condition_that_raises_is_named(perform):
    def thread():
        yield counter.until(lambda value: value / 0)

    with pytest.raises(PredicateError, match=r"^counter.until\(<lambda>\) was asked about 0 and raised ZeroDivisionError"):
        perform(Program(A=thread))


def test_too_many_outcomes_are_refused_with_advice(raises_in_full):
    def thread():
        value = yield counter.read()
        yield counter.write(value + 1)
        return value

    program = Program.copies(thread, 11)
    with pytest.raises(TooManyOutcomes, match=r"variants that differ only in which thread ended how\.\nSay what you are"):
        explore(program)
    observed = explore(program, observe=lambda final: final[counter])
    assert {one.observed for one in observed.outcomes} == set(range(1, 12))


def test_a_failed_check_is_an_assertion_with_its_execution():
    with pytest.raises(AssertionError) as caught:
        check(Program(A=increment, B=increment), postcondition=lambda final: final[counter] == 2)
    assert isinstance(caught.value, CheckFailed)
    assert isinstance(caught.value.execution, Execution)


def test_every_error_of_the_package_can_be_caught_as_one():
    from simulator import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 15
    assert all(issubclass(kind, SimulatorError) for kind in kinds)
    assert all(kind.__doc__ for kind in kinds)
