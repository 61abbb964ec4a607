"""The reusable barrier: nobody goes on before all are there, again and again; and nobody laps the others.

A barrier for one use is easy: count those who come, and let the last one open the turnstile. To use it again, somebody has
to close it. If that is the last one to leave, then a thread that is quick can leave, work, come back, and find the
turnstile still open from the last time: it is a lap ahead. (A. B. Downey, The Little Book of Semaphores, chapter 3, has it
as a "non-solution".)

The cure: two turnstiles, one in and one out. Each is opened only while the other one is closed.
"""

from functools import partial

from simulator import Atomic, Barrier, Lock, Program, Semaphore, Shared, explore
from simulator.render import timeline

THREADS = 2
count = Shared("count", 0)
mutex = Lock("mutex")
turnstile = Semaphore("turnstile", 0)
way_out = Semaphore("way_out", 1)

# How many rounds of work A is ahead of B: for us to look at. If the barrier is one, it can be 1, 0 or -1.
lead = Atomic("lead", 0)


def invariant(state):
    return abs(state[lead]) <= 1


def counted(change, full, opens):
    """Count up or down; the last one does what `opens` says."""
    with (yield mutex.acquire()):
        number = (yield count.read()) + change
        yield count.write(number)
        if number == full:
            yield from opens()


def pass_through(gate):
    yield gate.acquire()
    yield gate.release()  # and hold it open for the next one


def one_turnstile():
    def open_it():
        yield turnstile.release()

    def close_it():
        yield turnstile.acquire()

    yield from counted(+1, THREADS, open_it)
    yield from pass_through(turnstile)
    yield from counted(-1, 0, close_it)


def two_turnstiles():
    def let_in():
        yield way_out.acquire()
        yield turnstile.release()

    def let_out():
        yield turnstile.acquire()
        yield way_out.release()

    yield from counted(+1, THREADS, let_in)
    yield from pass_through(turnstile)
    yield from counted(-1, 0, let_out)
    yield from pass_through(way_out)


ready_made = Barrier("barrier", THREADS)


def threadings_own():
    yield from ready_made.wait()


def work(barrier, ahead, rounds=None):
    while rounds != 0:
        yield lead.add(ahead)
        yield from barrier()
        if rounds is not None:
            rounds -= 1


def race(barrier, rounds=None):
    return Program(A=partial(work, barrier, +1, rounds), B=partial(work, barrier, -1, rounds))


program = race(two_turnstiles)
own = race(threadings_own)
broken = race(one_turnstile, rounds=3)

if __name__ == "__main__":
    # For ever: every state seen, no deadlock, and nobody more than a round ahead.
    for name, good in {"two turnstiles": program, "threading.Barrier": own}.items():
        proof = explore(good, invariant=invariant)
        print(f"{name:18} {proof.headline()}; lapped: {'yes' if proof.violations else 'never'}")
        assert (proof.claim, proof.interleavings, proof.outcomes, proof.violations) == ("complete", None, (), ())

    # Twice, to compare how much there is to explore. The ready-made one is two steps long.
    print("\nTwo rounds:")
    for name, barrier in {"two turnstiles": two_turnstiles, "threading.Barrier": threadings_own}.items():
        twice = explore(race(barrier, rounds=2), invariant=invariant)
        print(f"{name:18} {twice.interleavings:7,} interleavings, {len(twice.outcomes)} outcome")

    # One turnstile: one thread is still on its way out of the first round when the other one is through the second, and at
    # work in the third: two rounds ahead. In most interleavings everybody has done three rounds in the end, all the same,
    # and nothing can be seen. In very few the turnstile is closed once too often, and somebody waits for ever.
    wrong = explore(broken, invariant=invariant)
    print("\nOne turnstile, three rounds:")
    deadlocked = sum(row.interleavings for row in wrong.deadlocks)
    print(f"{wrong.headline()}; deadlock in {deadlocked:,}\n")
    print(timeline(wrong.violations[0]))

    assert (twice.interleavings, len(twice.outcomes)) == (54, 1)
    assert (wrong.claim, wrong.interleavings, deadlocked) == ("complete", 182_127_496_416, 1_501_248)
    assert abs(wrong.violations[0].final[lead]) == 2
