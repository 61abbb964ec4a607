"""CPython is asked about every primitive: made-up programs do on real threads what the simulator says, and nothing else.

For each primitive, and for programs of two to four threads that misuse it as often as they use it:

* every interleaving (or a sample, if there are many) can be forced on real threads, with the same answers, the same
  exceptions in the same words, the same values left;
* what real threads do when nobody controls them is among what was explored;
* merging and symmetry change no number.

What CPython can do and the simulator does not explore, all of it misuse or unprotected reading:

* A `Condition` on a plain `Lock` finds out whether the lock is held by trying to take it (``Condition._is_owned``). While a
  thread that does not hold it is being refused, it holds it for a moment: another thread's try to acquire may fail, and
  another's misuse may pass. Here the question is asked and answered in one step.
* ``Barrier.n_waiting`` is read without the lock, and may show all parties for a moment, before the barrier opens.
* A thread is alive for a moment after the last thing it did; here it ends with its last step. A last ``yield sleep(0)``
  makes these two moments.
* A `PriorityQueue` whose item could not be compared tells nobody that it has changed (``put`` and ``get`` raise before they
  notify), so that a thread that waits for an item, or for room, may wait on although it is there. Here, and on
  real threads, where waiting is done in slices, it goes on.
* Two threads that start one `Worker` at the same time may both succeed (``Thread.start`` looks first and starts then).
  Here, and on real threads, where the start is protected, the second one gets the RuntimeError.
* Threads that are daemons go on for a moment after all the others have ended; here they stop at once.
* Before 3.13, CPython makes a ``Barrier`` of no parties, which nobody can pass; it is refused here.
* ``Condition.wait_for`` with a timeout does not wait again if the time is over when it was notified in vain. Here it does
  wait again, and gives up then: no outcome is missing, but there are two steps more.
"""

import queue
import random
import sys
import threading
from functools import partial
from itertools import product

import pytest
from hypothesis import assume, currently_in_test_context, given, note, settings
from hypothesis import strategies as st
from made_up_primitives import (
    CAUGHT,
    MadeUp,
    atomic_family,
    barrier_programs,
    condition_programs,
    event_family,
    lock_family,
    programs_of,
    queue_programs,
    readers_writers_family,
    rlock_family,
    semaphore_programs,
    worker_programs,
)

from simulator import (
    Atomic,
    Barrier,
    BoundedSemaphore,
    Condition,
    Event,
    LifoQueue,
    Lock,
    PriorityQueue,
    Program,
    Queue,
    ReadWriteLock,
    RLock,
    Semaphore,
    Shared,
    Worker,
    explore,
    interleavings,
    replay,
    run,
    sleep,
)
from simulator.errors import InvalidYield, ScheduleError
from simulator.objects.queues import _attempt_join, stand_in
from simulator.real_threads import replay_on_threads, run_on_threads, sample_on_threads

MOST_STATES = 20_000
FORCED = 60
"""Up to so many interleavings are forced on real threads, all of them."""
SAMPLED = 12
"""So many are, if there are more."""
FREE_RUNS = 3
EXAMPLES = 30
UNHURRIED = 30.0
"""Seconds that a real thread may compute between two yields: nobody fails here because a machine is busy."""

FAMILIES = {
    "Lock": programs_of(lock_family),
    "RLock": programs_of(rlock_family),
    "Semaphore": semaphore_programs(Semaphore),
    "BoundedSemaphore": semaphore_programs(BoundedSemaphore),
    "Event": programs_of(event_family),
    "Condition": condition_programs(),
    "Condition on a Lock": condition_programs(Lock),
    "Conditions sharing a Lock": condition_programs(Lock, shared=True),
    "Conditions sharing an RLock": condition_programs(RLock, shared=True),
    "Barrier": barrier_programs(),
    "Queue": queue_programs(Queue),
    "LifoQueue": queue_programs(LifoQueue),
    "PriorityQueue": queue_programs(PriorityQueue, (3, 1, 2)),
    "PriorityQueue of what cannot be compared": queue_programs(PriorityQueue, (2, "two", 1, None, 3)),
    "Atomic": programs_of(atomic_family),
    "ReadWriteLock": programs_of(lambda: readers_writers_family("readers"), lambda: readers_writers_family("writers")),
    "Worker": worker_programs(),
}


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def explored(program, **how):
    result = explore(program, max_states=MOST_STATES, **how)
    if currently_in_test_context():  # a program that was made up can be too large; one that was thought up must not be
        assume(result.claim == "complete")
    assert result.claim == "complete"
    return result


def schedules_to_force(program, result):
    if result.interleavings <= FORCED:
        return [execution.schedule for execution in interleavings(program)]
    return [run(program, seed=seed).schedule for seed in range(SAMPLED)]


def check_forced(made, result):
    """Real threads, paced, do the same; also if the run is cut short somewhere."""
    for number, schedule in enumerate(schedules_to_force(made.program, result)):
        cut = schedule[: random.Random(number).randrange(len(schedule) + 1)]
        for steps in (schedule, cut) if number % 4 == 0 else (schedule,):
            simulated, real = replay(made.program, steps), replay_on_threads(made.program, steps, patience=UNHURRIED)
            assert real.trace == simulated.trace, str(steps)
            assert [type(event.answer) for event in real.trace] == [type(event.answer) for event in simulated.trace]
            assert real.outcome == simulated.outcome, str(steps)
            assert str(real.outcome) == str(simulated.outcome)
            assert real.waiting == simulated.waiting


def check_free(made, result):
    """Real threads, left alone, end in one of the ways that were explored."""
    if not made.tame:
        return
    predicted = {summary.outcome for summary in result.outcomes}
    for outcome in sample_on_threads(made.program, runs=FREE_RUNS, seconds=2 * UNHURRIED):
        assert outcome in predicted, f"{outcome}\nis none of\n" + "\n".join(map(str, predicted))


def check_reductions(made, result):
    """With and without merging, with and without symmetry: the same outcomes in the same numbers."""
    expected = {summary.outcome: summary.interleavings for summary in result.outcomes}
    for merge, symmetry in product((True, False), repeat=2):
        other = explored(made.program, merge=merge, symmetry=symmetry)
        assert other.interleavings == result.interleavings
        assert {summary.outcome: summary.interleavings for summary in other.outcomes} == expected


def check_made_up(made):
    note(made.text)
    check_everything(made)


def check_everything(made):
    result = explored(made.program)
    check_reductions(made, result)
    check_forced(made, result)
    check_free(made, result)


@pytest.mark.parametrize("family", FAMILIES)
def test_made_up_programs_do_on_real_threads_what_was_explored_and_nothing_else(family):
    settings(max_examples=EXAMPLES)(given(FAMILIES[family])(check_made_up))()


@pytest.mark.nightly
@pytest.mark.parametrize("family", FAMILIES)
def test_thousands_of_made_up_programs_do_on_real_threads_what_was_explored_and_nothing_else(family):
    settings(max_examples=2_000)(given(FAMILIES[family])(check_made_up))()


# Corners, each by name


def check_program(program):
    """The same checks for a program that was thought up; answers the exploration."""
    check_everything(MadeUp(program, str(program)))
    return explored(program)


def told(operation):
    """What an operation answers, or the text of its exception."""
    try:
        return (yield from operation)
    except CAUGHT as error:
        return f"{type(error).__name__}: {error}"


def test_a_wait_whose_timeout_has_fired_can_still_swallow_a_notification():
    condition = Condition("condition")

    def timed():
        with (yield condition.acquire()):
            return (yield from condition.wait(timeout=1))

    def patient():
        with (yield condition.acquire()):
            return (yield from condition.wait())

    def notify():
        with (yield condition.acquire()):
            yield condition.notify()

    program = Program(A=timed, B=patient, C=notify)
    check_program(program)
    swallowed = "A A B B A C C C A A"  # A and B wait; A's timeout fires; C notifies the one that waits longest: A
    execution = replay_on_threads(program, swallowed)
    assert execution.outcome == replay(program, swallowed).outcome
    assert (execution.outcome.status, dict(execution.outcome.returned)) == ("deadlock", {"A": False, "C": None})


def test_a_notification_wakes_those_who_have_waited_longest():
    condition = Condition("condition")

    def wait():
        with (yield condition.acquire()):
            return (yield from condition.wait())

    def notify():
        with (yield condition.acquire()):
            yield condition.notify(2)

    program = Program(A=wait, B=wait, C=wait, N=notify)
    check_program(program)
    execution = replay_on_threads(program, "CC AA BB NNN A A C C")
    assert execution.outcome.status == "deadlock"
    assert list(execution.waiting) == ["B"]


@pytest.mark.parametrize("depth", [2, 3])
def test_waiting_gives_up_a_lock_held_several_times_and_takes_it_back_as_often(depth):
    condition = Condition("condition")

    def wait():
        for _ in range(depth):
            yield condition.acquire()
        yield from condition.wait()
        answers = ()
        for _ in range(depth + 1):
            answers = (*answers, (yield from told(condition.release())))
        return answers

    def notify():
        with (yield condition.acquire()), (yield condition.acquire()):
            yield condition.notify()
        return (yield condition.acquire(blocking=False))

    result = check_program(Program(A=wait, B=notify))
    ended = [summary.outcome for summary in result.outcomes if "A" in summary.outcome.returned]
    refused = "RuntimeError: cannot release un-acquired lock"
    assert {outcome.returned["A"] for outcome in ended} == {(None,) * depth + (refused,)}


def test_of_a_plain_lock_nobody_knows_who_holds_it_so_that_anybody_may_notify():
    condition = Condition("condition", Lock("lock"))

    def hold():
        yield condition.acquire()
        yield condition.release()

    def meddle():
        return (yield from told(condition.notify()))

    program = Program(A=hold, B=meddle)
    result = explore(program)
    answers = {summary.outcome.returned["B"] for summary in result.outcomes}
    assert answers == {None, "RuntimeError: cannot notify on un-acquired lock"}
    check_everything(MadeUp(program, "", tame=False))


def test_a_lock_shared_by_two_conditions_and_used_directly_is_one_lock_among_real_threads():
    for lock in (Lock("plain"), RLock("reentrant")):
        full, empty = Condition("full", lock), Condition("empty", lock)
        item = Shared("item", None)

        def put(full=full, empty=empty, item=item):
            with (yield full.acquire()):
                while (yield item.read()) is not None:
                    yield from empty.wait()
                yield item.write(1)
                yield full.notify()

        def get(full=full, empty=empty, item=item):
            with (yield empty.acquire()):
                while (yield item.read()) is None:
                    yield from full.wait()
                yield item.write(None)
                yield empty.notify()

        def look(lock=lock, item=item):
            with (yield lock.acquire()):
                return (yield item.read())

        result = check_program(Program(P=put, C=get, L=look))
        assert not result.deadlocks


def test_a_barrier_that_is_reset_or_broken_while_it_empties_lets_nobody_in_until_it_is_empty():
    for meddling in ("reset", "abort"):
        barrier = Barrier("barrier", 2)

        def twice(barrier=barrier):
            return (yield from told(barrier.wait())), (yield from told(barrier.wait(timeout=1)))

        def meddle(barrier=barrier, meddling=meddling):
            yield getattr(barrier, meddling)()
            return (yield barrier.broken())

        check_program(Program(A=twice, B=twice, C=meddle))


def test_a_heap_keeps_what_cpython_leaves_in_it_after_a_comparison_has_failed():
    box = PriorityQueue("box")

    def put(*items):
        answers = ()
        for item in items:
            answers = (*answers, (yield from told(box.put(item))))
        for operation in (box.get_nowait, box.task_done, box.task_done, box.task_done):
            answers = (*answers, (yield from told(operation())))
        return answers

    check_program(Program(A=partial(put, 2, "b", 1), B=partial(put, "a", 3)))


@pytest.mark.parametrize("immediate", [False, True])
def test_a_queue_of_what_cannot_be_compared_may_fail_to_shut_down_at_once(immediate):
    box = PriorityQueue("box")

    def body():
        answers = ()
        for operation in (partial(box.put, 1), partial(box.put, "b"), partial(box.put, 2), partial(box.put, 0)):
            answers = (*answers, (yield from told(operation())))
        answers = (*answers, (yield from told(box.shutdown(immediate=immediate))), (yield box.qsize()))
        return (*answers, (yield from told(box.get())), (yield from told(box.task_done())))

    check_program(Program(A=body))


def test_a_lock_held_several_times_is_released_by_nobody_else():
    lock = RLock("lock")

    def hold():
        with (yield lock.acquire()), (yield lock.acquire()):
            pass

    def meddle():
        return (yield from told(lock.release())), (yield lock.acquire(blocking=False)), (yield from told(lock.release()))

    check_program(Program(A=hold, B=meddle))


def test_numbers_that_stand_for_true_and_for_ever_wait_as_in_cpython():
    lock, semaphore, box = Lock("lock"), Semaphore("semaphore", 0), Queue("box")
    for operation in (lock.acquire(blocking=1), lock.acquire(timeout=-1.0), semaphore.acquire(1), box.get(block=1)):

        def wait(operation=operation):
            return (yield operation)

        def hold():
            yield lock.acquire()

        program = Program(A=hold, B=wait)
        assert explore(program).deadlocks
        check_program(program)


# Workers


def test_a_worker_without_a_single_step_has_ended_as_soon_as_it_is_started():
    def nothing():
        return 7
        yield

    worker = Worker("W", nothing)

    def main():
        yield worker.start()
        yield worker.join()
        return (yield worker.is_alive())

    (outcome,) = check_program(Program(A=main, W=worker)).outcomes
    assert dict(outcome.outcome.returned) == {"A": False, "W": 7}


def test_a_worker_that_nobody_starts_keeps_nothing_from_being_finished():
    def never():
        yield number.add(1)

    number, worker = Atomic("number", 0), Worker("W", never)
    (outcome,) = check_program(Program(A=never, W=worker)).outcomes
    assert (outcome.status, outcome.final[worker], dict(outcome.outcome.returned)) == ("finished", "new", {"A": None})
    (outcome,) = check_program(Program(W=worker)).outcomes
    assert outcome.status == "finished"
    with pytest.raises(ScheduleError, match="W was started by nobody yet"):
        replay_on_threads(Program(A=never, W=worker), "W")


def test_a_worker_that_fails_has_ended_and_one_that_waits_for_ever_has_not():
    def fail():
        yield sleep(0)
        raise ValueError("boom")

    def wait():
        yield event.wait()

    event = Event("event")
    for body, status in ((fail, "finished"), (wait, "deadlock")):
        worker = Worker("W", body)

        def main(worker=worker):
            yield worker.start()
            yield worker.join()

        (outcome,) = check_program(Program(A=main, W=worker)).outcomes
        assert outcome.status == status


def test_workers_that_join_each_other_wait_for_ever():
    first, second = Worker("V", lambda: join(second)), Worker("W", lambda: join(first))

    def join(other):
        yield other.join()

    def main():
        yield first.start()
        yield second.start()

    result = check_program(Program(A=main, V=first, W=second))
    assert result.deadlocks


def test_a_worker_may_be_a_daemon_and_is_ended_with_the_run():
    box = Queue("box")

    def serve():
        while True:
            yield box.get()

    worker = Worker("W", serve)

    def main():
        yield worker.start()
        yield box.put(1)

    program = Program(A=main, W=worker, daemons=("W",))
    for execution in interleavings(program):
        assert replay_on_threads(program, execution.schedule) == execution
    for outcome in sample_on_threads(program, runs=20):
        assert (outcome.status, dict(outcome.returned)) == ("finished", {"A": None})


def test_two_threads_that_start_one_worker_start_it_once():
    def body():
        yield sleep(0)

    worker = Worker("W", body)

    def start():
        return (yield from told(worker.start()))

    result = check_program(Program(A=start, B=start, W=worker))
    assert set(sample_on_threads(Program(A=start, B=start, W=worker), runs=100)) <= {one.outcome for one in result.outcomes}


def test_no_worker_is_left_behind_by_a_program_that_is_wrong():
    def wait():
        yield event.wait()

    event, worker, other = Event("event"), Worker("W", wait), Worker("V", wait)

    def main():
        yield worker.start()
        yield 5

    program = Program(A=main, W=worker, V=other)
    for perform in (partial(replay_on_threads, schedule="A"), run_on_threads):
        with pytest.raises(InvalidYield):
            perform(program)
    with pytest.raises(ScheduleError):
        replay_on_threads(Program(A=wait, W=worker), "W")


def test_a_paced_thread_never_waits_in_what_is_shared(monkeypatch):
    waits = []
    usual = threading.Condition.wait

    def spy(self, timeout=None):
        if threading.current_thread() is not threading.main_thread():
            waits.append(timeout)
        return usual(self, timeout)

    monkeypatch.setattr(threading.Condition, "wait", spy)
    event, barrier, box, condition = Event("event"), Barrier("barrier", 2), Queue("box", 1), Condition("condition")
    semaphore, lock, value = Semaphore("semaphore", 0), ReadWriteLock("lock", "writers"), Shared("value", 0)

    def sleepy():
        with (yield condition.acquire()):
            yield from condition.wait()

    def writer():
        yield from lock.acquire_write()
        yield from lock.acquire_write()

    def put():
        yield box.put(1)
        yield box.put(2)

    def join():
        yield box.put(1)
        yield box.join()

    def call(make):
        yield from make()

    calls = (event.wait, barrier.wait, box.get, semaphore.acquire, partial(value.until, bool))
    for body in (sleepy, writer, put, join, *(partial(call, make) for make in calls)):
        program = Program(A=body)
        execution = replay_on_threads(program, run(program).schedule)
        assert execution.outcome.status == "deadlock"
    assert all(timeout is not None and timeout <= 0 for timeout in waits)


# Free for longer


@pytest.mark.parametrize("lock", [None, Lock("lock")])
def test_no_notification_is_lost_when_threads_run_free(lock):
    condition, waiting = Condition("condition", lock), Shared("waiting", 0)

    def produce():
        for _ in range(30):
            with (yield condition.acquire()):
                yield waiting.write((yield waiting.read()) + 1)
                yield condition.notify()

    def consume():
        for _ in range(20):
            with (yield condition.acquire()):
                while not (yield waiting.read()):
                    yield from condition.wait()
                yield waiting.write((yield waiting.read()) - 1)

    (outcome,) = sample_on_threads(Program(P=produce, Q=produce, C=consume, D=consume, E=consume), runs=5, seconds=60)
    assert (outcome.status, outcome.final[waiting]) == ("finished", 0)


@pytest.mark.parametrize("kind", [Queue, LifoQueue, PriorityQueue])
def test_a_queue_that_is_shut_down_while_threads_wait_in_it_lets_all_of_them_go(kind):
    box = kind("box", 1)

    def put():
        count = 0
        while (yield from told(box.put(1))) is None:
            count += 1
        return count

    def get():
        count = 0
        while (yield from told(box.get())) == 1:
            count += 1
        return count

    def shut_down():
        yield sleep(0.001)
        yield box.shutdown()

    for outcome in sample_on_threads(Program(P=put, Q=put, C=get, D=get, S=shut_down), runs=5, seconds=60):
        counts = outcome.returned
        assert outcome.status == "finished"
        assert counts["P"] + counts["Q"] == counts["C"] + counts["D"]


# Before 3.13 a class of ours stands in for a queue that can be shut down


@pytest.mark.skipif(sys.version_info < (3, 13), reason="there is nothing to compare it with")
@pytest.mark.parametrize("kind", [queue.Queue, queue.LifoQueue, queue.PriorityQueue])
def test_the_queue_that_stands_in_before_3_13_does_what_the_one_of_3_13_does(kind):
    calls = st.sampled_from(
        [
            *[("put", item, block) for item in (1, 2, "three") for block in (False, True)],
            *[("get", False), ("get", True), ("task_done",), ("qsize",), ("empty",), ("full",)],
            *[("shutdown", False), ("shutdown", True), ("join",)],
        ]
    )

    def answer(box, method, *arguments):
        if method == "join":
            return _attempt_join(box, 0)
        try:
            waiting = {"timeout": 0} if method in ("put", "get") else {}
            return getattr(box, method)(*arguments, **waiting)
        except (ValueError, TypeError, queue.Full, queue.Empty, queue.ShutDown) as error:
            return type(error), str(error)

    @settings(max_examples=200)
    @given(st.integers(0, 2), st.lists(calls, max_size=12))
    def compare(maxsize, script):
        real, ours = kind(maxsize), stand_in(kind)(maxsize)
        for call in script:
            assert answer(ours, *call) == answer(real, *call)
            assert (list(ours.queue), ours.unfinished_tasks) == (list(real.queue), real.unfinished_tasks)

    compare()
