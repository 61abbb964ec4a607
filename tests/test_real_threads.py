"""The same program on real threads must do what the simulator says it does."""

from __future__ import annotations

import _thread
import itertools
import os
import queue
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import Console, Lock, Program, Queue, Raised, Schedule, Shared, SharedObject, replay, run, sleep
from simulator.errors import DuplicateName, ForgottenYield, InvalidYield, RealThreadError, ScheduleError
from simulator.real_threads import crew, replay_on_threads, run_on_threads, sample_on_threads

counter = Shared("counter", 0)
other = Shared("other", 0)
lock = Lock("lock")
second = Lock("second")
box = Queue("box", maxsize=1)
orders = Queue("orders")
console = Console()
HERE = Path(__file__).name


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def safe_increment():
    with (yield lock.acquire()):
        yield from increment()


def both(first, then):
    def body():
        with (yield first.acquire()), (yield then.acquire()):
            yield from increment()

    return body


racy = Program(A=increment, B=increment)
opposite = Program(A=both(lock, second), B=both(second, lock))


def schedules_of(program):
    """All schedules of a small program, by trying; the simulator says who is enabled."""
    found, unexplored = [], [()]
    while unexplored:
        schedule = unexplored.pop()
        execution = replay(program, Schedule(schedule))
        if execution.outcome.status != "unfinished":
            found.append(execution)
            continue
        for name in program.names:
            try:
                replay(program, Schedule((*schedule, name)))
            except ScheduleError:
                continue
            unexplored.append((*schedule, name))
    return found


def agree(program, *schedules):
    """Compare real threads with the simulator, under these schedules or under all of them; answer the outcomes."""
    outcomes = set()
    for schedule in schedules or [execution.schedule for execution in schedules_of(program)]:
        simulated, real = replay(program, schedule), replay_on_threads(program, schedule)
        assert real.trace == simulated.trace
        assert [type(event.answer) for event in real.trace] == [type(event.answer) for event in simulated.trace]
        assert real.outcome == simulated.outcome
        assert str(real.outcome) == str(simulated.outcome)
        assert repr(real.final) == repr(simulated.final)
        assert real.waiting == simulated.waiting
        assert real == simulated
        outcomes.add(real.outcome)
    return outcomes


# Paced


def test_the_racy_counter_does_the_same_in_all_its_interleavings():
    assert len(schedules_of(racy)) == 6
    assert {outcome.final[counter] for outcome in agree(racy)} == {1, 2}


def test_a_schedule_may_be_text_or_schedule_or_execution():
    expected = replay(racy, "ABAB")
    for schedule in ("A B A B", Schedule("ABAB"), expected):
        assert replay_on_threads(racy, schedule) == expected


def test_the_locked_counter_does_the_same_in_all_its_interleavings():
    program = Program(A=safe_increment, B=safe_increment)
    assert {outcome.final[counter] for outcome in agree(program)} == {2}


def test_every_prefix_of_a_run_is_unfinished_in_the_same_way():
    program = Program(A=safe_increment, B=safe_increment)
    agree(program, "", "A", "AA", "AAA", "AAAA", "AAAAB")
    assert replay_on_threads(program, "AA").outcome.status == "unfinished"


def test_looking_who_could_go_on_does_not_change_the_final_values():
    def leave_it():
        yield counter.read()
        yield counter.write(7)

    assert replay_on_threads(Program(A=leave_it), "A").final[counter] == 0


def test_each_generator_has_a_thread_of_its_own_and_stays_on_it():
    seen = []

    def body():
        for _ in range(2):
            seen.append(threading.current_thread().name)
            yield counter.read()
        try:
            yield counter.read()
        finally:
            seen.append(f"end of {threading.current_thread().name}")

    replay_on_threads(Program(A=body, B=body), "ABAB")
    assert seen == ["A", "B", "A", "B", "end of A", "end of B"]


def test_a_try_acquire_and_a_timed_acquire_answer_false_while_the_lock_is_held():
    def holder():
        yield lock.acquire()
        yield lock.release()

    def impatient():
        one = yield lock.acquire(blocking=False)
        if one:
            yield lock.release()
        other = yield lock.acquire(timeout=60)
        if other:
            yield lock.release()
        return bool(one), bool(other)

    outcomes = agree(Program(A=holder, B=impatient))
    assert {outcome.returned["B"] for outcome in outcomes} == set(itertools.product([True, False], repeat=2))


def test_locked_answers_the_same():
    def watch():
        return ((yield lock.locked()), (yield lock.locked()))

    assert len(agree(Program(A=safe_increment, B=watch))) == 4


def test_releasing_a_lock_that_is_not_held_raises_in_the_thread():
    def careless():
        yield lock.release()

    def careful():
        try:
            yield lock.release()
        except RuntimeError as error:
            return str(error)

    (outcome,) = agree(Program(A=careless, B=careful), "AB", "BA")
    assert outcome.failures == {"A": "RuntimeError: release unlocked lock"}
    assert outcome.returned == {"B": "release unlocked lock"}
    assert replay_on_threads(Program(A=careless), "A").trace[0].answer == Raised(RuntimeError, "release unlocked lock")


def test_leaving_a_with_block_by_any_way_releases_as_a_step():
    def returns():
        with (yield lock.acquire()):
            return (yield counter.read())

    def raises():
        with (yield lock.acquire()):
            yield counter.write(5)
            raise ValueError("boom")

    outcomes = agree(Program(A=returns, B=raises))
    assert {outcome.returned["A"] for outcome in outcomes} == {0, 5}
    assert not any(outcome.final[lock] for outcome in outcomes)


def test_an_exception_outside_of_a_with_block_leaves_the_lock_taken():
    def raises():
        yield lock.acquire()
        raise ValueError("boom")

    outcomes = agree(Program(A=raises, B=safe_increment))
    assert {outcome.status for outcome in outcomes} == {"finished", "deadlock"}
    assert all(outcome.final[lock] and outcome.failures == {"A": "ValueError: boom"} for outcome in outcomes)


def test_a_bounded_queue_does_the_same_in_all_interleavings():
    def produce():
        for item in range(3):
            yield box.put(item)

    def consume():
        return ((yield box.get()), (yield box.get()))

    outcomes = agree(Program(P=produce, C=consume))
    assert {outcome.final[box] for outcome in outcomes} == {(2,)}


def test_an_unbounded_queue_keeps_what_is_left():
    def produce(item):
        yield orders.put(item)
        yield orders.put((item, item))

    def body_of(item):
        return lambda: produce(item)

    outcomes = agree(Program(A=body_of("a"), B=body_of("b")))
    assert len({outcome.final[orders] for outcome in outcomes}) == 6


def test_empty_and_full_are_raised_inside_the_thread():
    def put():
        caught = 0
        for keywords in ({"block": False}, {"timeout": 9}, {"block": False, "timeout": 1}):
            try:
                yield box.put(caught, **keywords)
            except queue.Full:
                caught += 1
        return caught

    def get():
        try:
            yield box.get(timeout=0.5)
        except queue.Empty:
            yield box.get(block=False)

    outcomes = agree(Program(A=put, B=get))
    assert {outcome.returned["A"] for outcome in outcomes} == {1, 2}
    assert "Empty" in "".join(text for outcome in outcomes for text in outcome.failures.values())


def test_queue_sizes_and_bad_timeouts_are_the_same():
    def measure():
        sizes = []
        for operation in (box.qsize, box.empty, box.full):
            sizes.append((yield operation()))
        return tuple(sizes)

    def wrong():
        try:
            yield box.get(timeout=-1)
        except ValueError as error:
            yield box.put(str(error))
        yield box.put("more", timeout=-1)

    agree(Program(A=measure, B=wrong))


def test_printing_is_as_torn_as_in_the_simulator():
    def speak(word):
        yield from console.print(word, 1)

    program = Program(A=lambda: speak("a"), B=lambda: speak("b"))
    outcomes = agree(program)
    assert {outcome.final[console] for outcome in outcomes} == {"a 1\nb 1\n", "b 1\na 1\n", "a 1b 1\n\n", "b 1a 1\n\n"}
    assert replay_on_threads(program, "ABAB").output == "a 1b 1\n\n"


def test_sleeping_is_a_step_and_takes_no_time():
    def sleeper():
        yield sleep(3600)
        yield counter.write(1)

    agree(Program(A=sleeper, B=increment))


def test_waiting_until_a_value_satisfies_a_predicate():
    def wait():
        return (yield counter.until(lambda value: value > 1))

    (outcome,) = agree(Program(A=wait, B=safe_increment, C=safe_increment))
    assert outcome.returned["A"] == 2
    assert replay_on_threads(Program(A=wait, B=increment), "BB").outcome.status == "deadlock"


def test_two_locks_in_opposite_order_deadlock():
    execution = replay_on_threads(opposite, "AB")
    assert execution.outcome.status == "deadlock"
    assert execution.waiting == {"A": second.acquire(), "B": lock.acquire()}
    assert {outcome.status for outcome in agree(opposite)} == {"deadlock", "finished"}


def test_a_thread_that_computes_a_result_and_takes_no_step_is_finished():
    def nothing():
        return 42
        yield

    agree(Program(A=nothing, B=increment), "", "B", "BB")
    assert replay_on_threads(Program(A=nothing), "").outcome.returned == {"A": 42}
    assert replay_on_threads(Program(), "").outcome.status == "finished"


def test_a_run_is_finished_when_only_daemons_are_left():
    def serve():
        while True:
            yield box.get()

    def ask():
        yield box.put(1)

    program = Program(S=serve, A=ask, daemons=("S",))
    agree(program, "", "A", "A S")
    assert replay_on_threads(program, "A").outcome.status == "finished"
    assert run_on_threads(program).status == "finished"


def test_a_blocked_thread_in_the_schedule_is_an_error_with_its_step():
    program = Program(A=safe_increment, B=safe_increment)
    with pytest.raises(ScheduleError) as caught:
        replay_on_threads(program, "AB")
    assert str(caught.value) == "step 2 of 'AB' wants B, but on real threads B is blocked: lock.acquire()"
    assert (caught.value.step, caught.value.wanted) == (2, "B")


@pytest.mark.parametrize("schedule", ["AAA", "AABBB", "AABA"])
def test_a_thread_that_has_ended_cannot_step(schedule):
    with pytest.raises(ScheduleError, match="has ended") as caught:
        replay_on_threads(racy, schedule)
    with pytest.raises(ScheduleError) as simulated:
        replay(racy, schedule)
    assert caught.value.step == simulated.value.step


def test_a_thread_that_has_failed_is_told_apart():
    def fail():
        yield counter.read()
        raise ValueError("boom")

    with pytest.raises(
        ScheduleError, match=r"step 2 of 'AA' wants A, but on real threads A has failed \(ValueError: boom\)"
    ):
        replay_on_threads(Program(A=fail), "AA")


def test_an_unknown_thread_is_an_error():
    with pytest.raises(ScheduleError, match="no thread X"):
        replay_on_threads(racy, "AX")


# Programs that are wrong


def runaway():
    yield counter.read()
    while True:
        pass


def stubborn():
    yield counter.read()
    caught = 0
    while True:
        try:
            while caught < 3:
                pass
            return
        except BaseException:
            caught += 1


def slow_start():
    time.sleep(0.5)
    yield counter.read()


def slow_end():
    try:
        yield counter.read()
        yield counter.read()
    finally:
        time.sleep(0.5)


def endless_end():
    try:
        yield counter.read()
        yield counter.read()
    finally:
        while True:
            pass


def spin():
    while (yield counter.read()) == 0:
        pass


@pytest.mark.parametrize("body", [runaway, stubborn])
def test_a_thread_that_computes_for_ever_is_named_with_its_line_and_ended(body):
    with pytest.raises(RealThreadError, match=rf"A is computing, {HERE}:\d+: (while|pass)"):
        replay_on_threads(Program(A=body, B=increment), "BA", patience=0.2)
    with pytest.raises(RealThreadError, match=rf"A is computing, {HERE}:\d+: (while|pass)"):
        run_on_threads(Program(A=body, B=increment), seconds=0.2)


def test_a_thread_that_is_slow_to_begin_is_named_with_its_line_and_ended():
    with pytest.raises(RealThreadError, match=rf"A is computing, {HERE}:\d+: time.sleep"):
        replay_on_threads(Program(A=slow_start, B=increment), "BA", patience=0.05)
    with pytest.raises(RealThreadError, match=rf"A is computing, {HERE}:\d+: time.sleep"):
        run_on_threads(Program(A=slow_start, B=increment), seconds=0.05)


@pytest.mark.parametrize("body", [slow_end, endless_end])
def test_a_thread_that_does_not_want_to_be_abandoned_is_ended(body):
    assert replay_on_threads(Program(A=body, B=increment), "AB").outcome.status == "unfinished"


def test_a_thread_that_cannot_be_ended_is_reported(monkeypatch):
    monkeypatch.setattr(crew, "SECONDS_TO_LEAVE", 0.01)
    monkeypatch.setattr(crew, "SECONDS_TO_GIVE_UP", 0.05)
    with pytest.raises(RealThreadError, match=rf"could not be ended.*: A is computing, {HERE}:\d+: time.sleep"):
        replay_on_threads(Program(A=slow_end, B=increment), "AB")
    for thread in threading.enumerate():
        if thread.name == "A":
            thread.join()


def test_a_thread_that_spins_for_ever_in_a_free_run_is_named_with_its_line():
    with pytest.raises(RealThreadError, match=rf"(?s)within 0.2 seconds.*A is .*{HERE}:\d+: while \(yield counter.read"):
        run_on_threads(Program(A=spin), seconds=0.2)


def test_interrupting_from_the_keyboard_ends_all_threads():
    def interrupt():
        yield counter.read()
        _thread.interrupt_main()
        while True:
            pass

    with pytest.raises(KeyboardInterrupt):
        replay_on_threads(Program(A=increment, B=interrupt), "AB", patience=5)
    with pytest.raises(KeyboardInterrupt):
        run_on_threads(Program(A=increment, B=interrupt))


def yields_nonsense():
    yield counter.read()
    yield 5


def forgets_to_yield():
    counter.write(1)
    yield counter.read()


@pytest.mark.parametrize(("body", "error"), [(yields_nonsense, InvalidYield), (forgets_to_yield, ForgottenYield)])
def test_errors_in_the_program_are_raised_to_the_caller(body, error):
    with pytest.raises(error) as simulated:
        run(Program(A=safe_increment, B=body))
    with pytest.raises(error) as paced:
        replay_on_threads(Program(A=safe_increment, B=body), "AB")
    with pytest.raises(error) as free:
        run_on_threads(Program(A=safe_increment, B=body))
    assert str(paced.value) == str(simulated.value) == str(free.value)


def test_two_objects_of_one_name_are_refused():
    def write(variable):
        yield variable.write(1)

    program = Program(A=lambda: write(counter), B=lambda: write(Shared("counter", 0)))
    with pytest.raises(DuplicateName):
        replay_on_threads(program, "A")
    with pytest.raises(DuplicateName):
        run_on_threads(program)


def test_an_object_without_a_twin_says_so():
    class Flag(SharedObject):
        def transition(self, state, operation, thread):
            return True, None

    flag = Flag("flag", False)

    def raise_it():
        yield flag.ask("raise_it")

    assert replay(Program(A=raise_it), "A").final[flag] is True
    for perform in (lambda program: replay_on_threads(program, "A"), run_on_threads):
        with pytest.raises(TypeError, match="Flag has no twin"):
            perform(Program(A=raise_it))


def test_where_threads_may_run_and_how_often_they_switch_is_as_before():
    where = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    interval = sys.getswitchinterval()
    replay_on_threads(racy, "ABAB")
    sample_on_threads(racy, runs=1)
    with pytest.raises(InvalidYield):
        sample_on_threads(Program(A=yields_nonsense))
    assert sys.getswitchinterval() == interval
    if where is not None:
        assert os.sched_getaffinity(0) == where


# Full size


def thousand():
    for _ in range(1000):
        yield from increment()


def test_ten_threads_of_a_thousand_increments_do_the_same_when_paced():
    program = Program.copies(thousand, 10)
    names = list(program.names) * 2000
    random.Random(2).shuffle(names)
    schedule = str(Schedule(names))
    simulated = replay(program, schedule)
    real = replay_on_threads(program, schedule)
    assert real == simulated
    assert real.final[counter] < 10_000


def test_ten_threads_of_a_thousand_increments_run_free():
    (outcome,) = sample_on_threads(Program.copies(thousand, 10), runs=1, seconds=60)
    assert outcome.status == "finished"
    assert 2 <= outcome.final[counter] <= 10_000


# Free


def test_free_runs_of_the_racy_counter_end_as_predicted():
    seen = sample_on_threads(racy, runs=100)
    assert isinstance(seen, Counter)
    assert seen.total() == 100
    assert set(seen) <= {execution.outcome for execution in schedules_of(racy)}


def test_free_runs_of_the_locked_counter_keep_every_update():
    def body():
        for _ in range(20):
            yield from safe_increment()

    (outcome,) = sample_on_threads(Program.copies(body, 4), runs=5)
    assert outcome.final[counter] == 80


def test_free_runs_that_may_deadlock_end_as_predicted():
    predicted = {execution.outcome for execution in schedules_of(opposite)}
    assert set(sample_on_threads(opposite, runs=100)) <= predicted


def test_a_deadlock_that_cannot_be_avoided_is_recognised():
    def alone():
        yield lock.acquire()
        yield lock.acquire()

    def consume():
        yield box.get()

    program = Program(A=alone, B=consume, C=increment)
    (outcome,) = sample_on_threads(program, runs=20)
    assert outcome == run(program).outcome
    assert outcome.status == "deadlock"


def test_a_thread_that_sleeps_longer_than_others_wait_is_no_deadlock():
    def sleeper():
        with (yield lock.acquire()):
            time.sleep(0.05)
            yield sleep(1)
        return True

    (outcome,) = sample_on_threads(Program(A=sleeper, B=sleeper), runs=3)
    assert outcome.status == "finished"


def test_items_pass_through_a_bounded_queue_in_a_free_run():
    def produce():
        for item in range(50):
            yield box.put(item)

    def consume():
        items = []
        for _ in range(50):
            items.append((yield box.get()))
        return tuple(items)

    (outcome,) = sample_on_threads(Program(P=produce, C=consume), runs=10)
    assert outcome.returned["C"] == tuple(range(50))


def test_a_free_run_ends_daemons_that_are_still_working():
    def work():
        while True:
            yield from increment()

    outcome = run_on_threads(Program(W=work, A=increment, daemons=("W",)))
    assert outcome.status == "finished"
    assert outcome.returned == {"A": None}


def test_a_free_run_of_nothing_is_finished():
    assert run_on_threads(Program()).status == "finished"


# Made-up programs

variables = st.sampled_from([counter, other])
waiting = st.sampled_from([{}, {}, {"block": False}, {"timeout": 2}])
acquiring = st.sampled_from([{"blocking": False}, {"timeout": 1}])
simple_steps = st.one_of(
    st.tuples(st.just("read"), variables),
    st.tuples(st.just("write"), variables),
    st.tuples(st.just("until"), variables),
    st.tuples(st.just("put"), waiting),
    st.tuples(st.just("get"), waiting),
    st.tuples(st.just("caught get"), waiting),
    st.tuples(st.just("try"), acquiring),
    st.tuples(st.sampled_from(["locked", "sleep", "qsize", "release", "fail"])),
)
steps = st.lists(
    st.one_of(simple_steps, simple_steps, st.tuples(st.just("with"), st.lists(simple_steps, max_size=3))), max_size=4
)


def perform(script, seen):
    for kind, *details in script:
        match kind:
            case "read":
                seen.append((yield details[0].read()))
            case "write":
                yield details[0].write(len(seen) + 1)
            case "until":
                seen.append((yield details[0].until(lambda value: value > 1)))
            case "put":
                yield box.put(len(seen), **details[0])
            case "get":
                seen.append((yield box.get(**details[0])))
            case "caught get":
                try:
                    seen.append((yield box.get(**details[0])))
                except queue.Empty:
                    seen.append("empty")
            case "try":
                if (yield lock.acquire(**details[0])):
                    seen.append("got it")
                    yield lock.release()
            case "locked":
                seen.append((yield lock.locked()))
            case "sleep":
                yield sleep(5)
            case "qsize":
                seen.append((yield box.qsize()))
            case "release":
                yield lock.release()
            case "fail":
                raise ValueError(len(seen))
            case "with":
                with (yield lock.acquire()):
                    yield from perform(details[0], seen)
    return tuple(seen)


def made_up(scripts):
    return Program(**{name: lambda script=script: perform(script, []) for name, script in zip("ABC", scripts, strict=False)})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(steps, min_size=2, max_size=3), st.integers(0, 1000), st.integers(0, 20))
def test_made_up_programs_do_the_same_when_paced(scripts, seed, cut):
    program = made_up(scripts)
    execution = run(program, seed=seed)
    assert replay_on_threads(program, execution.schedule) == execution
    agree(program, execution.schedule, execution.schedule[:cut])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(steps, min_size=2, max_size=2))
def test_made_up_programs_end_as_predicted_when_free(scripts):
    program = made_up([script[:2] for script in scripts])
    predicted = {execution.outcome for execution in schedules_of(program)}
    assert set(sample_on_threads(program, runs=10)) <= predicted
