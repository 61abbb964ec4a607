"""What CPython's own tests claim of one lucky run, claimed here of every interleaving.

From ``Lib/test/lock_tests.py`` and ``Lib/test/test_queue.py`` of CPython 3.13; one test method there is one claim here.

==================  =====  =====  ==========================================================================
class of tests      there  taken  not taken, and why
==================  =====  =====  ==========================================================================
BaseLockTests          13      6  constructor, repr, locked_repr, acquire_destroy, thread_leak, weakref_exists,
                                  weakref_deleted: about Python objects in memory, not about threads
LockTests               4      3  at_fork_reinit: no processes here
RLockTests              6      3  release_save_unacquired, recursion_count, _is_owned: private methods
EventTests              6      4  at_fork_reinit, repr
ConditionTests          7      7
BaseSemaphoreTests     10      9  acquire_destroy
SemaphoreTests          2      1  repr
BoundedSemaphoreTests   2      1  repr
BarrierTests           12      9  repr; action and default_timeout: a barrier has neither here
BaseQueueTestMixin     24     23  shrinking_queue: a size that changes would be shared state without a step
FailingQueueTest        1      0  failing_queue: overrides private methods
SimpleQueue            9       6  references: memory; is_default, reentrancy: about the C module. There is no SimpleQueue
                                  here, so what is taken is claimed of Queue, its superset.
==================  =====  =====  ==========================================================================

72 of 96 claims. Two changes throughout: five threads become two or three, since every order of theirs is tried; and how
long something took is left out, for time is not modelled: that a timeout fires is one of the interleavings.
"""

import sys
import threading
from functools import partial
from queue import Empty, Full

import pytest

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
    RLock,
    Semaphore,
    Shared,
    Worker,
    check,
    explore,
)
from simulator.objects.queues import ShutDown

LOCKS = [Lock, RLock]
SEMAPHORES = [Semaphore, BoundedSemaphore]
FIRST_TO_REFUSE_NO_PARTIES = (3, 13)
QUEUES = [Queue, LifoQueue, PriorityQueue]


class Bunch:
    """Threads that all do the same, started and joined by another one, as the class of that name in CPython's tests."""

    def __init__(self, body, n, first="W"):
        self.workers = [Worker(f"{first}{number}", body) for number in range(1, n + 1)]

    def start(self):
        for worker in self.workers:
            yield worker.start()

    def join(self):
        for worker in self.workers:
            yield worker.join()

    def run(self):
        yield from self.start()
        yield from self.join()

    def program(self, main, **others):
        return Program(main=main, **{worker.name: worker for worker in self.workers}, **others)


def alone(body):
    """Check a thread that runs alone: its own assertions are the claim."""
    check(Program(A=body))


def holds_in_all(program, **how):
    """Every thread comes to its end without an exception, whatever the order."""
    result = check(program, **how)
    assert result.claim == "complete"
    return result


def returned(result, *names):
    return {tuple(summary.outcome.returned[name] for name in names) for summary in result.outcomes}


def raises(kind, operation):
    """Whether the operation raises this; its message, too."""
    try:
        yield from operation
    except kind as error:
        return str(error) or True
    return False


# --- BaseLockTests -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LOCKS)
def test_acquire_release(kind):
    lock = kind("lock")

    def body():
        yield lock.acquire()
        yield lock.release()

    holds_in_all(Program(A=body, B=body, C=body), postcondition=lambda final: not final[lock])


@pytest.mark.parametrize("kind", LOCKS)
def test_try_acquire(kind):
    lock = kind("lock")

    def body():
        assert (yield lock.acquire(False))
        yield lock.release()

    alone(body)


@pytest.mark.parametrize("kind", LOCKS)
def test_try_acquire_contended(kind):
    lock = kind("lock")

    def attempt():
        return (yield lock.acquire(False))

    bunch = Bunch(attempt, 2)

    def main():
        yield lock.acquire()
        yield from bunch.run()
        yield lock.release()

    assert returned(holds_in_all(bunch.program(main)), "W1", "W2") == {(False, False)}


@pytest.mark.parametrize("kind", LOCKS)
def test_acquire_contended(kind):
    lock, finished, free = kind("lock"), Atomic("finished", 0), Shared("free", False)

    def body():
        yield lock.acquire()
        assert (yield free.read())
        yield lock.release()
        yield finished.add(1)

    bunch = Bunch(body, 3)

    def main():
        yield lock.acquire()
        yield from bunch.start()
        assert (yield finished.read()) == 0
        yield free.write(True)
        yield lock.release()
        yield from bunch.join()
        assert (yield finished.read()) == 3

    holds_in_all(bunch.program(main))


@pytest.mark.parametrize("kind", LOCKS)
def test_with(kind):
    lock = kind("lock")

    def with_lock(error=None):
        with (yield lock.acquire()):
            if error is not None:
                raise error

    def main():
        yield from with_lock()
        yield from first.run()
        assert (yield from raises(TypeError, with_lock(TypeError)))
        yield from second.run()

    first, second = Bunch(with_lock, 1), Bunch(with_lock, 1, "V")
    holds_in_all(first.program(main, V1=second.workers[0]), postcondition=lambda final: not final[lock])


@pytest.mark.parametrize("kind", LOCKS)
def test_timeout(kind):
    lock, real = kind("lock"), getattr(threading, kind.__name__)()
    for arguments in ((False, 1), (True, -100), (True, 1e100), (True, threading.TIMEOUT_MAX * 2)):
        with pytest.raises((ValueError, OverflowError)) as expected:
            real.acquire(*arguments)
        with pytest.raises(expected.type) as caught:
            lock.acquire(*arguments)
        assert str(caught.value) == str(expected.value)

    def late():
        return (yield lock.acquire(timeout=0.5))

    bunch = Bunch(late, 1)

    def main():
        assert (yield lock.acquire(timeout=threading.TIMEOUT_MAX))
        yield lock.release()
        assert (yield lock.acquire(timeout=5))
        yield from bunch.run()

    assert returned(holds_in_all(bunch.program(main)), "W1") == {(False,)}


# --- LockTests ---------------------------------------------------------------------------------------------------------


def test_lock_reacquire():
    lock, phase = Lock("lock"), Shared("phase", 0)

    def body():
        yield lock.acquire()
        yield phase.write(1)
        yield lock.acquire()
        yield phase.write(2)

    def main():
        yield phase.until(lambda value: value == 1)
        assert (yield phase.read()) == 1
        yield lock.release()
        yield phase.until(lambda value: value == 2)

    holds_in_all(Program(main=main, A=body))
    assert [summary.status for summary in explore(Program(A=body)).outcomes] == ["deadlock"]


def test_lock_different_thread():
    lock = Lock("lock")

    def release():
        yield lock.release()

    bunch = Bunch(release, 1)

    def main():
        yield lock.acquire()
        yield from bunch.run()
        yield lock.acquire()
        yield lock.release()

    holds_in_all(bunch.program(main), postcondition=lambda final: not final[lock])


def test_state_after_timeout():
    lock = Lock("lock")

    def body():
        yield lock.acquire()
        assert not (yield lock.acquire(timeout=0.01))
        yield lock.release()
        assert not (yield lock.locked())
        assert (yield lock.acquire(blocking=False))

    alone(body)


# --- RLockTests --------------------------------------------------------------------------------------------------------


def test_rlock_reacquire():
    lock, inside = RLock("lock"), Shared("inside", 0)

    def body():
        yield lock.acquire()
        yield lock.acquire()
        yield inside.write((yield inside.read()) + 1)
        yield lock.release()
        yield inside.write((yield inside.read()) + 1)
        yield lock.acquire()
        yield lock.release()
        yield lock.release()

    holds_in_all(Program(A=body, B=body), postcondition=lambda final: final[inside] == 4 and not final[lock])


def test_rlock_release_unacquired():
    lock = RLock("lock")

    def body():
        assert (yield from raises(RuntimeError, lock.release())) == "cannot release un-acquired lock"
        yield lock.acquire()
        yield lock.acquire()
        yield lock.release()
        yield lock.acquire()
        yield lock.release()
        yield lock.release()
        assert (yield from raises(RuntimeError, lock.release())) == "cannot release un-acquired lock"

    holds_in_all(Program(A=body, B=body))


def test_rlock_different_thread():
    lock = RLock("lock")

    def hold():
        yield lock.acquire()

    bunch = Bunch(hold, 1)

    def main():
        yield from bunch.run()
        assert (yield from raises(RuntimeError, lock.release())) == "cannot release un-acquired lock"

    holds_in_all(bunch.program(main), postcondition=lambda final: final[lock])


# --- EventTests --------------------------------------------------------------------------------------------------------


def test_is_set():
    event = Event("event")

    def body():
        for operation, flag in (
            *((event.is_set, False), (event.set, True), (event.set, True)),
            *((event.clear, False), (event.clear, False)),
        ):
            yield operation()
            assert (yield event.is_set()) is flag

    alone(body)


@pytest.mark.parametrize("before", [(), ("set", "clear")])
def test_event_notify(before):
    event, count = Event("event"), Atomic("count", 0)

    def body():
        first = yield event.wait()
        yield count.add(1)
        return first, (yield event.wait())

    bunch = Bunch(body, 2)

    def main():
        for method in before:
            yield getattr(event, method)()
        yield from bunch.start()
        assert (yield count.read()) == 0
        yield event.set()
        yield from bunch.join()

    assert returned(holds_in_all(bunch.program(main)), "W1", "W2") == {((True, True),) * 2}


@pytest.mark.parametrize("flag", [False, True])
def test_event_timeout(flag):
    event = Event("event")

    def body():
        return (yield event.wait(0.0)), (yield event.wait(0.5))

    bunch = Bunch(body, 3)

    def main():
        if flag:
            yield event.set()
        yield from bunch.run()

    assert returned(holds_in_all(bunch.program(main)), "W1", "W2", "W3") == {((flag, flag),) * 3}


def test_set_and_clear():
    """Whoever goes on because of the set answers True, although the flag may be cleared by then. The simulator cannot see
    that a thread has begun to wait, so that those who come late are among its interleavings: they wait on."""
    event, seen = Event("event"), Shared("seen", None)

    def body():
        answer = yield event.wait()
        yield seen.write((yield event.is_set()))
        return answer

    def main():
        yield event.set()
        yield event.clear()

    result = explore(Program(main=main, A=body))
    ended = [summary for summary in result.outcomes if summary.status == "finished"]
    assert {summary.outcome.returned["A"] for summary in ended} == {True}
    assert {summary.final[seen] for summary in ended} == {True, False}
    assert len(result.deadlocks) == 1


# --- ConditionTests ----------------------------------------------------------------------------------------------------


def test_condition_acquire():
    condition = Condition("condition")
    lock = Lock("lock")
    shared = Condition("shared", lock)

    def body():
        yield condition.acquire()
        yield condition.acquire()
        yield condition.release()
        yield condition.release()
        yield shared.acquire()
        assert not (yield lock.acquire(False))
        yield shared.release()
        assert (yield lock.acquire(False))
        assert not (yield shared.acquire(False))
        yield lock.release()
        with (yield shared.acquire()):
            assert not (yield lock.acquire(False))

    alone(body)


@pytest.mark.parametrize("lock", [None, RLock("shared"), Lock("plain")])
def test_unacquired_wait(lock):
    condition = Condition("condition", lock)

    def body():
        assert (yield from raises(RuntimeError, condition.wait())) == "cannot wait on un-acquired lock"

    alone(body)


@pytest.mark.parametrize("lock", [None, RLock("shared"), Lock("plain")])
def test_unacquired_notify(lock):
    condition = Condition("condition", lock)

    def body():
        assert (yield from raises(RuntimeError, condition.notify())) == "cannot notify on un-acquired lock"
        assert (yield from raises(RuntimeError, condition.notify_all())) == "cannot notify on un-acquired lock"

    alone(body)


@pytest.mark.parametrize("lock", [None, Lock("plain")])
def test_condition_notify(lock):
    """Of three that wait, two are notified: those two, and the two that have waited longest, go on; then the last."""
    condition = Condition("condition", lock)
    order, phase, gone = Shared("order", ()), Shared("phase", 0), Shared("gone", ())

    def body(name):
        with (yield condition.acquire()):
            yield order.write(((yield order.read()), name))
            assert (yield from condition.wait())
            yield gone.write(((yield gone.read()), (name, (yield phase.read()))))

    names = ("W1", "W2", "W3")
    workers = {name: Worker(name, partial(body, name)) for name in names}

    def flat(pairs):
        return (*flat(pairs[0]), pairs[1]) if pairs else ()

    def notify(number, n):
        with (yield condition.acquire()):
            yield phase.write(number)
            yield condition.notify(n)

    def main():
        for worker in workers.values():
            yield worker.start()
        waiting = flat((yield order.until(lambda pairs: len(flat(pairs)) == 3)))
        with (yield condition.acquire()):  # the last one waits by now, or it would hold the lock
            assert (yield gone.read()) == ()
        yield from notify(1, 2)
        first = flat((yield gone.until(lambda pairs: len(flat(pairs)) == 2)))
        assert sorted(first) == sorted((name, 1) for name in waiting[:2])
        yield from notify(2, 5)
        for worker in workers.values():
            yield worker.join()
        assert flat((yield gone.read()))[2:] == ((waiting[2], 2),)

    holds_in_all(Program(main=main, **workers))


def test_condition_timeout():
    condition = Condition("condition")

    def body():
        with (yield condition.acquire()):
            return (yield from condition.wait(0.5))

    result = holds_in_all(Program(A=body, B=body, C=body))
    assert returned(result, *"ABC") == {(False, False, False)}


@pytest.mark.parametrize("steps", [3, 4])
def test_waitfor(steps):
    condition, state = Condition("condition"), Shared("state", 0)

    def reached():
        return (yield state.read()) == steps

    def wait():
        with (yield condition.acquire()):
            assert (yield from condition.wait_for(reached))
            assert (yield state.read()) == steps

    def count():
        for _ in range(steps):
            with (yield condition.acquire()):
                yield state.write((yield state.read()) + 1)
                yield condition.notify()

    holds_in_all(Program(A=wait, B=count))


def test_waitfor_timeout():
    condition, state = Condition("condition"), Shared("state", 0)

    def never():
        return (yield state.read()) == 4

    def wait():
        with (yield condition.acquire()):
            assert not (yield from condition.wait_for(never, timeout=0.1))

    def count():
        for _ in range(3):
            with (yield condition.acquire()):
                yield state.write((yield state.read()) + 1)
                yield condition.notify()

    holds_in_all(Program(A=wait, B=count))


# --- semaphores --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_constructor(kind):
    for value in (-1, -sys.maxsize):
        with pytest.raises(ValueError, match="semaphore initial value must be >= 0"):
            kind("semaphore", value)


@pytest.mark.parametrize("kind", SEMAPHORES)
@pytest.mark.parametrize("value", [1, 2])
def test_semaphore_acquire(kind, value):
    semaphore = kind("semaphore", value)

    def body():
        for _ in range(value):
            yield semaphore.acquire()
        for _ in range(value):
            yield semaphore.release()

    alone(body)


@pytest.mark.parametrize("kind", SEMAPHORES)
@pytest.mark.parametrize("at_once", [False, True], ids=["acquire_contended", "multirelease"])
def test_units_are_neither_lost_nor_made(kind, at_once):
    """Three units, one taken, two threads that want two each: as many get one as there are units, in every phase."""
    semaphore, got = kind("semaphore", 3), Atomic("got", 0)

    def body():
        for _ in range(2):
            assert (yield semaphore.acquire())
            yield got.add(1)

    def release(n):
        if at_once:
            yield semaphore.release(n)
        else:
            for _ in range(n):
                yield semaphore.release()

    bunch = Bunch(body, 2)

    def main():
        yield semaphore.acquire()
        yield from bunch.start()
        yield got.until(lambda value: value == 2)
        assert not (yield semaphore.acquire(False))
        yield from release(2)
        yield from bunch.join()
        assert (yield got.read()) == 4
        assert not (yield semaphore.acquire(False))
        yield from release(1)

    holds_in_all(bunch.program(main), postcondition=lambda final: final[semaphore] == 1)


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_try_acquire(kind):
    semaphore = kind("semaphore", 2)

    def body():
        answers = []
        for _ in range(3):
            answers.append((yield semaphore.acquire(False)))
        yield semaphore.release()
        assert [*answers, (yield semaphore.acquire(False))] == [True, True, False, True]

    alone(body)


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_try_acquire_contended(kind):
    semaphore = kind("semaphore", 4)

    def body():
        return (yield semaphore.acquire(False)), (yield semaphore.acquire(False))

    bunch = Bunch(body, 3)

    def main():
        yield semaphore.acquire()
        yield from bunch.run()

    for answers in returned(holds_in_all(bunch.program(main)), "W1", "W2", "W3"):
        assert sorted(answer for pair in answers for answer in pair) == [False] * 3 + [True] * 3


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_acquire_timeout(kind):
    semaphore = kind("semaphore", 2)
    with pytest.raises(ValueError, match="can't specify timeout for non-blocking acquire"):
        semaphore.acquire(False, timeout=1.0)

    def body():
        answers = []
        for _ in range(3):
            answers.append((yield semaphore.acquire(timeout=0.005)))
        yield semaphore.release()
        for _ in range(2):
            answers.append((yield semaphore.acquire(timeout=0.5)))
        assert answers == [True, True, False, True, False]

    alone(body)


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_default_value(kind):
    semaphore, released = kind("semaphore"), Shared("released", False)

    def body():
        yield semaphore.acquire()
        assert (yield released.read())
        yield semaphore.release()

    bunch = Bunch(body, 1)

    def main():
        yield semaphore.acquire()
        yield from bunch.start()
        yield released.write(True)
        yield semaphore.release()
        yield from bunch.join()

    holds_in_all(bunch.program(main))


@pytest.mark.parametrize("kind", SEMAPHORES)
def test_semaphore_with(kind):
    semaphore = kind("semaphore", 2)

    def nested(error=None):
        with (yield semaphore.acquire()):
            assert (yield semaphore.acquire(False))
            yield semaphore.release()
            with (yield semaphore.acquire()):
                assert not (yield semaphore.acquire(False))
                if error:
                    raise error

    def body():
        yield from nested()
        assert (yield semaphore.acquire(False))
        yield semaphore.release()
        assert (yield from raises(TypeError, nested(TypeError)))
        assert (yield semaphore.acquire(False))
        yield semaphore.release()

    alone(body)


def test_semaphore_release_unacquired():
    semaphore = Semaphore("semaphore", 1)

    def body():
        yield semaphore.release()
        yield semaphore.acquire()
        yield semaphore.acquire()
        yield semaphore.release()

    alone(body)


def test_bounded_semaphore_release_unacquired():
    semaphore = BoundedSemaphore("semaphore")

    def body():
        assert (yield from raises(ValueError, semaphore.release())) == "Semaphore released too many times"
        yield semaphore.acquire()
        yield semaphore.release()
        assert (yield from raises(ValueError, semaphore.release())) == "Semaphore released too many times"

    alone(body)


# --- BarrierTests ------------------------------------------------------------------------------------------------------


def test_barrier_constructor():
    """Before 3.13, CPython made a barrier that nobody could pass; it is refused here on every version."""
    for parties in (0, -1):
        with pytest.raises(ValueError, match="parties must be > 0"):
            Barrier("barrier", parties)
        if sys.version_info >= FIRST_TO_REFUSE_NO_PARTIES:
            with pytest.raises(ValueError, match="parties must be > 0"):
                threading.Barrier(parties)


@pytest.mark.parametrize(("parties", "passes"), [(3, 1), (2, 3)], ids=["barrier", "barrier_10"])
def test_barrier_is_passed_in_lockstep(parties, passes):
    barrier, before, after = Barrier("barrier", parties), Atomic("before", 0), Atomic("after", 0)

    def body():
        for number in range(passes):
            yield before.add(1)
            assert (yield after.read()) == number * parties
            yield from barrier.wait()
            yield after.add(1)
            assert (yield before.read()) == (number + 1) * parties
            yield from barrier.wait()

    def unbroken(final):
        return final[barrier] == 0

    holds_in_all(Program.copies(body, parties), postcondition=unbroken)


def test_wait_return():
    barrier = Barrier("barrier", 3)

    def body():
        return (yield from barrier.wait())

    for answers in returned(holds_in_all(Program.copies(body, 3)), *"ABC"):
        assert sorted(answers) == [0, 1, 2]


def aborting(barrier):
    """One of those that pass aborts, the others wait again: answers what became of each."""
    try:
        index = yield from barrier.wait()
        if index == 1:
            yield barrier.abort()
            return "aborted"
        yield from barrier.wait()
    except threading.BrokenBarrierError:
        return "broken"
    return "passed"


def test_abort():
    barrier = Barrier("barrier", 3)

    def body():
        return (yield from aborting(barrier))

    result = holds_in_all(Program.copies(body, 3), postcondition=lambda final: final[barrier] == "broken")
    for answers in returned(result, *"ABC"):
        assert sorted(answers) == ["aborted", "broken", "broken"]


def test_reset():
    barrier = Barrier("barrier", 2)

    def body():
        index = yield from barrier.wait()
        answer = "reset"
        if index == 1:
            while (yield barrier.n_waiting()) < 1:
                pass
            yield barrier.reset()
        else:
            answer = "broken" if (yield from raises(threading.BrokenBarrierError, barrier.wait())) else "passed"
        yield from barrier.wait()
        return answer

    for answers in returned(holds_in_all(Program.copies(body, 2)), *"AB"):
        assert sorted(answers) == ["broken", "reset"]


def test_abort_and_reset():
    barrier, second = Barrier("barrier", 2), Barrier("second", 2)

    def body():
        answer = yield from aborting(barrier)
        if (yield from second.wait()) == 1:
            yield barrier.reset()
        yield from second.wait()
        yield from barrier.wait()
        return answer

    for answers in returned(holds_in_all(Program.copies(body, 2), postcondition=lambda final: final[barrier] == 0), *"AB"):
        assert sorted(answers) == ["aborted", "broken"]


def test_barrier_timeout():
    """If one is late, the timeout of the others can fire, and then all get the error, also the one that was late."""
    barrier = Barrier("barrier", 2)

    def body():
        return (yield from raises(threading.BrokenBarrierError, barrier.wait(timeout=0.5)))

    assert returned(holds_in_all(Program.copies(body, 2)), *"AB") == {(True, True), (False, False)}


def test_single_thread():
    barrier = Barrier("barrier", 1)

    def body():
        assert (yield from barrier.wait()) == 0
        assert (yield from barrier.wait()) == 0

    alone(body)


# --- BaseQueueTestMixin ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", QUEUES)
def test_queue_task_done(kind):
    box = kind("box")

    def body():
        assert (yield from raises(ValueError, box.task_done())) == "task_done() called too many times"

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_queue_join(kind):
    box, total = kind("box"), Atomic("total", 0)

    def work():
        while True:
            item = yield box.get()
            if item < 0:
                yield box.task_done()
                return
            yield total.add(item)
            yield box.task_done()

    bunch = Bunch(work, 2)

    def main():
        yield from bunch.start()
        for item in (1, 2):
            yield box.put(item)
        yield box.join()
        assert (yield total.read()) == 3
        for _ in bunch.workers:
            yield box.put(-1)
        yield box.join()
        yield from bunch.join()
        assert (yield from raises(ValueError, box.task_done())) == "task_done() called too many times"

    holds_in_all(bunch.program(main))


ORDERS = {Queue: (111, 333, 222), LifoQueue: (222, 333, 111), PriorityQueue: (111, 222, 333)}


@pytest.mark.parametrize("kind", QUEUES)
def test_basic(kind):
    box = kind("box", 3)

    def once():
        assert (yield box.empty())
        assert not (yield box.full())
        for item in (111, 333, 222):
            yield box.put(item)
        got = []
        for _ in range(3):
            got.append((yield box.get()))
        assert tuple(got) == ORDERS[kind]
        for item in (1, 2):
            yield box.put(item)
            assert (yield box.qsize()) == item
        assert not (yield box.full())
        yield box.put(4)
        assert (yield box.full())
        assert not (yield box.empty())
        assert (yield from raises(Full, box.put(9, block=0)))
        assert (yield from raises(Full, box.put(9, timeout=0.01)))
        for _ in range(3):
            yield box.get()
        assert not (yield box.qsize())
        assert (yield from raises(Empty, box.get(block=0)))
        assert (yield from raises(Empty, box.get(timeout=0.01)))

    def body():
        yield from once()
        yield from once()

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("timeout", [None, 10])
def test_basic_a_put_into_a_full_queue_waits_for_a_get_and_the_other_way_round(kind, timeout):
    """With a timeout it may give up; if it does not, it has waited."""
    box, emptied, filled = kind("box", 1), Shared("emptied", False), Shared("filled", False)

    def put():
        full = yield from raises(Full, box.put(2, True, timeout))
        assert full or (yield emptied.read())
        empty = yield from raises(Empty, other.get(True, timeout))
        assert empty or (yield filled.read())
        return full or empty

    other = kind("other", 1)
    bunch = Bunch(put, 1)

    def main():
        yield box.put(1)
        yield from bunch.start()
        yield emptied.write(True)
        yield box.get()
        yield filled.write(True)
        yield other.put(3)
        yield from bunch.join()

    answers = returned(holds_in_all(bunch.program(main)), "W1")
    assert answers == ({(False,)} if timeout is None else {(False,), (True,)})


@pytest.mark.parametrize("kind", QUEUES)
def test_negative_timeout_raises_exception(kind):
    box = kind("box", 3)

    def body():
        assert (yield from raises(ValueError, box.put(1, timeout=-1))) == "'timeout' must be a non-negative number"
        assert (yield from raises(ValueError, box.get(1, timeout=-1))) == "'timeout' must be a non-negative number"

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_nowait(kind):
    box = kind("box", 3)

    def body():
        for _ in range(3):
            yield box.put_nowait(1)
        assert (yield from raises(Full, box.put_nowait(1)))
        for _ in range(3):
            yield box.get_nowait()
        assert (yield from raises(Empty, box.get_nowait()))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_empty(kind):
    box = kind("box")

    def body():
        yield box.shutdown()
        assert (yield from raises(ShutDown, box.put("data")))
        assert (yield from raises(ShutDown, box.get()))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_nonempty(kind):
    box = kind("box")

    def body():
        yield box.put("data")
        yield box.shutdown()
        assert (yield box.get()) == "data"
        assert (yield from raises(ShutDown, box.get()))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_immediate(kind):
    box = kind("box")

    def body():
        yield box.put("data")
        yield box.shutdown(immediate=True)
        assert (yield from raises(ShutDown, box.get()))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_allowed_transitions(kind):
    box = kind("box")

    def body():
        for immediate in (False, True, False):
            yield box.shutdown(immediate)
            assert (yield from raises(ShutDown, box.get()))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_all_methods_in_one_thread(kind, immediate):
    box = kind("box", 2)

    def body():
        yield box.put("L")
        yield box.put_nowait("O")
        yield box.shutdown(immediate)
        assert (yield from raises(ShutDown, box.put("E")))
        assert (yield from raises(ShutDown, box.put_nowait("W")))
        if not immediate:
            for _ in range(2):
                assert (yield box.get()) in "LO"
                yield box.task_done()
        assert (yield from raises(ValueError, box.task_done()))
        yield box.join()
        assert (yield from raises(ShutDown, box.get()))
        assert (yield from raises(ShutDown, box.get_nowait()))
        assert (yield from raises(ShutDown, box.get(True, 1.0)))

    alone(body)


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_all_methods_in_many_threads(kind, immediate):
    """A writer, a reader, one that shuts down, and if at once one that joins: all come to their end, and see why."""
    box, written, ready = kind("box"), Event("written"), Event("ready")

    def write():
        for item in range(3):
            if (yield from raises(ShutDown, box.put(item))):
                return "refused"
            if item == 1:
                yield written.set()
        return "done"

    def read():
        yield box.get(True)
        yield box.task_done()
        yield ready.set()
        while True:
            try:
                yield box.get(False)
                yield box.task_done()
            except ShutDown:
                return "refused"
            except Empty:
                pass

    def shut_down():
        yield written.wait()
        yield ready.wait()
        yield box.shutdown(immediate)
        return (yield box.empty())

    threads = {"W": write, "R": read, "S": shut_down} | ({"J": joiner(box)} if immediate else {})
    result = holds_in_all(Program(**threads), postcondition=lambda final: final[box] == ())
    answers = returned(result, "W", "R", "S")
    assert {writer for writer, _, _ in answers} == {"refused", "done"}
    assert {reader for _, reader, _ in answers} == {"refused"}
    assert {empty for _, _, empty in answers} == ({True} if immediate else {True, False})


def one(operation_of, kind=ShutDown):
    """A thread that does one thing once it may, and answers whether that was refused."""

    def body():
        return bool((yield from raises(kind, operation_of())))

    return body


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_get(kind, immediate):
    """Full with two items: three that get; at once all are refused, otherwise one is."""
    box, go = kind("box", 2), Event("go")

    def get():
        yield go.wait()
        return bool((yield from raises(ShutDown, box.get())))

    bunch = Bunch(get, 3)

    def main():
        yield box.put("Y")
        yield box.put("D")
        yield from bunch.start()
        yield box.shutdown(immediate)
        yield go.set()
        yield from bunch.join()

    for answers in returned(holds_in_all(bunch.program(main)), "W1", "W2", "W3"):
        assert sum(answers) == (3 if immediate else 1)


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_put(kind, immediate):
    """Also those that wait already are refused: here nothing holds them back until the shutdown."""
    box = kind("box", 2)
    bunch = Bunch(one(lambda: box.put("E")), 2)

    def main():
        yield box.put("Y")
        yield box.put("D")
        yield from bunch.start()
        yield box.shutdown(immediate)
        yield from bunch.join()

    assert returned(holds_in_all(bunch.program(main)), "W1", "W2") == {(True, True)}


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_join(kind, immediate):
    box = kind("box")
    bunch = Bunch(joiner(box), 2)

    def main():
        yield box.put("Y")
        yield from bunch.start()
        yield box.shutdown(immediate)
        if not immediate:
            yield box.get()
            yield box.task_done()
        yield from bunch.join()

    holds_in_all(bunch.program(main))


def joiner(box):
    def body():
        yield box.join()

    return body


@pytest.mark.parametrize("kind", QUEUES)
@pytest.mark.parametrize("immediate", [False, True])
def test_shutdown_put_join(kind, immediate):
    box, go = kind("box", 2), Event("go")

    def put():
        yield go.wait()
        return bool((yield from raises(ShutDown, box.put("E"))))

    bunch = Bunch(put, 1)
    join = Worker("J", joiner(box))

    def main():
        yield box.put("Y")
        yield from bunch.start()
        yield join.start()
        yield box.shutdown(immediate)
        yield go.set()
        if immediate:
            assert (yield from raises(ShutDown, box.get_nowait()))
        else:
            assert (yield box.get()) == "Y"
            yield box.task_done()
        yield from bunch.join()
        yield join.join()

    assert returned(holds_in_all(bunch.program(main, J=join)), "W1") == {(True,)}


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_get_task_done_join(kind):
    box, go = kind("box", 2), Event("go")

    def get():
        yield go.wait()
        yield box.get()
        yield box.task_done()

    bunch, joiners = Bunch(get, 2), Bunch(joiner(box), 2, "J")

    def main():
        yield box.put("Y")
        yield box.put("D")
        yield from bunch.start()
        yield from joiners.start()
        yield go.set()
        yield box.shutdown(False)
        yield from bunch.join()
        yield from joiners.join()

    holds_in_all(bunch.program(main, **{worker.name: worker for worker in joiners.workers}))


@pytest.mark.parametrize("kind", QUEUES)
def test_shutdown_pending_get(kind):
    box = kind("box")
    bunch = Bunch(one(lambda: box.get()), 1)

    def main():
        yield from bunch.start()
        yield box.shutdown(immediate=False)
        yield from bunch.join()
        assert not (yield bunch.workers[0].is_alive())

    assert returned(holds_in_all(bunch.program(main)), "W1") == {(True,)}


# --- SimpleQueue, claimed of Queue: basic and negative_timeout are those above -------------------------------------------


def feed(box, items):
    for item in items:
        yield box.put(item)
    yield box.put(None)


def consume(box, **waiting):
    got = ()
    while True:
        try:
            item = yield box.get(**waiting)
        except Empty:
            continue
        if item is None:
            return got
        got = (*got, item)


def test_order():
    box = Queue("box")
    result = holds_in_all(Program(A=partial(feed, box, (1, 2, 3)), B=partial(consume, box)))
    assert returned(result, "B") == {((1, 2, 3),)}


@pytest.mark.parametrize("waiting", [{}, {"block": False}, {"timeout": 1e-5}], ids=["blocking", "nonblock", "timeout"])
def test_many_threads(waiting):
    box = Queue("box")
    feeders = {"A": partial(feed, box, (1, 2)), "B": partial(feed, box, (3,))}
    consumers = dict.fromkeys("CD", partial(consume, box, **waiting))
    result = holds_in_all(Program(**feeders, **consumers), postcondition=lambda final: final[box] == ())
    for first, second in returned(result, "C", "D"):
        assert sorted((*first, *second)) == [1, 2, 3]
