"""The faulty handler: a thread fails while it holds the lock, and everybody else waits for ever.

The handler takes the lock, sleeps and gives the lock back. But it is called with ``seconds='x'``, so ``sleep`` raises
TypeError, and the line with ``release`` is never reached. The thread is gone and its lock is still taken: an *abandoned
lock*. Whoever asks for it now can wait until the end of the world. When no thread can ever take another step although
some are not done, that is a *deadlock*.
"""

from functools import partial

from simulator import Lock, Program, explore, replay, sleep
from simulator.analysis import explain_deadlock
from simulator.render import timeline

lock = Lock("lock")


# sleep('x') raises TypeError before anything is yielded: that is no step, the thread just ends there.
def faulty_lock_handler(seconds=10):
    yield lock.acquire()
    if seconds:
        yield sleep(seconds)
    yield lock.release()


def main():
    yield lock.acquire()
    yield lock.release()


def impatient_main():
    return (yield lock.acquire(timeout=2))


def curious_main():
    return (yield lock.acquire(blocking=False))


def cheating_main():
    if not (yield lock.acquire(timeout=2)):
        yield lock.release()  # it is not ours!
        yield lock.acquire(blocking=False)
    yield lock.release()


def beside(main, seconds="x"):
    return Program(handler=partial(faulty_lock_handler, seconds), main=main)


program = beside(main)

if __name__ == "__main__":
    # Two interleavings: either the handler takes the lock first, or main does.
    result = explore(program)
    print(result.headline())
    stuck, lucky = result.deadlocks[0].example, result.example(lambda outcome: outcome.status == "finished")
    print("\nthe handler is first:\n")
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    # If main happens to be quicker, nobody notices anything today. The handler fails all the same, and the lock is left
    # taken for whoever comes next. Note that a failing thread does not end the program: only that thread ends, and all
    # you get is a message. That is how `threading` does it, too.
    print("\nmain is first:\n")
    print(timeline(lucky))

    # A timeout, or not waiting at all, helps main and not the lock. main now knows that it did not get the lock.
    # It cannot know why: the holder may have failed, or may only be slow.
    print("\nafter the handler has failed:\n")
    print("acquire()                waits for ever")
    for call, careful in {"acquire(timeout=2)": impatient_main, "acquire(blocking=False)": curious_main}.items():
        execution = replay(beside(careful), "handler main")
        print(f"{call:24} {execution.outcome.returned['main']}")
        assert execution.outcome.returned["main"] is False
        assert execution.final[lock] is True

    # Any thread may release a Lock, also one that somebody else holds. So main can "cheat": release what it does not own.
    # With the faulty handler that seems to work, whoever is first:
    rescued = explore(beside(cheating_main))
    print(f"\nmain cheats, the handler is faulty: {rescued.headline()}\n")
    print(timeline(replay(beside(cheating_main), "handler main*4")))

    # Now let the handler be healthy, and merely slow. main takes the lock away from a thread that is alive and at work in
    # its critical section. From then on both may be inside, the lock protects nothing, and in the end somebody releases a
    # lock that is already free: RuntimeError, sometimes in the handler, sometimes in main. Only the two interleavings in
    # which the timeout does not fire go well.
    robbed = explore(beside(cheating_main, seconds=10))
    print("\nmain cheats, the handler is only slow:\n")
    print(robbed)
    print()
    print(timeline(robbed.failures[0].example))
    # The cure is not to rescue the lock but never to abandon it: see the next example.

    assert (result.claim, result.interleavings) == ("complete", 2)
    assert [summary.status for summary in result.outcomes].count("deadlock") == 1
    assert str(stuck.schedule) == "handler"
    assert explain_deadlock(stuck).kind == "abandoned lock"
    assert stuck.outcome.failures == lucky.outcome.failures
    assert list(stuck.outcome.failures) == ["handler"]
    assert not rescued.deadlocks
    assert robbed.interleavings == 16
    assert sum(summary.interleavings for summary in robbed.failures) == 14
