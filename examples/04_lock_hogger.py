"""The lock hogger: somebody keeps the lock, and you want it. Four ways to ask, and what each can answer.

``acquire()`` waits until it has the lock. ``acquire(blocking=False)`` never waits: it answers whether it got the lock.
``acquire(timeout=2)`` waits for two seconds at most. ``locked()`` only asks whether somebody holds it, and takes nothing.
"""

from simulator import Lock, Program, explore, sleep
from simulator.render import timeline

lock = Lock("lock")


def lock_hogger():
    yield lock.acquire()
    yield sleep(10)  # the lock is still held
    yield lock.release()


def wait():
    yield lock.acquire()
    yield lock.release()
    return "got it"


def try_once():
    if (yield lock.acquire(blocking=False)):
        yield lock.release()
        return "got it"
    return "did not get it"


def try_for_two_seconds():
    if (yield lock.acquire(timeout=2)):
        yield lock.release()
        return "got it"
    return "did not get it"


def ask():
    return "held" if (yield lock.locked()) else "free"


def ask_then_try():
    if (yield lock.locked()):
        return "said to be held"
    if (yield lock.acquire(blocking=False)):
        yield lock.release()
        return "said to be free, got it"
    return "said to be free, did not get it"


program = Program(hogger=lock_hogger, main=wait)


def with_main(main):
    return Program(hogger=lock_hogger, main=main)


def answers(main):
    """What `main` can return, and in how many interleavings."""
    return {row.outcome.returned["main"]: row.interleavings for row in explore(with_main(main)).outcomes}


if __name__ == "__main__":
    # The hogger sleeps with the lock in its hands. A thread that sleeps takes no steps, and everybody who wants the lock
    # waits as well. Never sleep (or read from the network, or ask a user) while you hold a lock.
    print("main waits, acquire():\n")
    waited = explore(program)
    print(waited)
    print()
    print(timeline(waited.outcomes[0].example))

    # Only two orders, and main always gets it. But nobody can say how long main stood there.
    #
    # The others come back whatever happens. Count what each can answer:
    print("\nwhat main does                answer                           interleavings")
    for call, main in {
        "acquire()": wait,
        "acquire(blocking=False)": try_once,
        "acquire(timeout=2)": try_for_two_seconds,
        "locked()": ask,
        "locked(), then acquire(…)": ask_then_try,
    }.items():
        for answer, interleavings in answers(main).items():
            print(f"{call:28}  {answer:31}  {interleavings:13}")
            call = ""

    # acquire(timeout=2) has the same answers as acquire(blocking=False). *Time is not modelled* here: a thread may be
    # delayed anywhere for as long as you like, so two seconds may be over before the hogger takes its next step, or not.
    # "The timeout fired" is simply one of the interleavings. On a real machine a timeout changes how *often* you hear
    # False, not *whether* you may. A program that is right only because two seconds are "long enough" is not right.
    #
    # And locked() is *old news* as soon as you have it. Here main was told that the lock is free, and a moment later it
    # was not, for the hogger came between the question and the deed:
    stale = explore(with_main(ask_then_try)).example(
        lambda outcome: outcome.returned["main"] == "said to be free, did not get it"
    )
    print("\nold news:\n")
    print(timeline(stale))
    # First asking and then acting on the answer, with room for others in between, is a race of its own, so common that it
    # has a name: *check-then-act*. Cure: let one step do both. acquire(blocking=False) asks and takes in one.

    assert waited.interleavings == 2
    assert answers(wait) == {"got it": 2}
    assert answers(try_once) == answers(try_for_two_seconds) == {"got it": 2, "did not get it": 2}
    assert answers(ask) == {"free": 2, "held": 2}
    assert answers(ask_then_try) == {
        "said to be free, got it": 3,
        "said to be free, did not get it": 2,
        "said to be held": 2,
    }
    assert str(stale.schedule) == "main hogger*2 main hogger"
