"""The spin lock: a lock made of one word of memory, if the processor helps.

A thread that wants in looks whether the word says *free*, and if so writes *taken*. With a read and a write, two threads
can both see that it is free. So processors offer one instruction that does both, *test-and-set*: put a value in and hand
back what was there. Who gets back *free* has the lock. The others try again, and again: they *spin*.
"""

from functools import partial

from simulator import Atomic, Program, explore
from simulator.render import timeline

taken = Atomic("taken", False)
inside = Atomic("inside", 0)  # how many are in the critical section: for us to look at


def invariant(state):
    return state[inside] <= 1


def critical_section():
    yield inside.add(1)
    yield inside.add(-1)


def test_and_set():
    while (yield taken.exchange(True)):
        pass  # spin


def test_then_set():
    while (yield taken.read()):
        pass
    yield taken.write(True)  # too late: what was read is old news


# Look first, and only if it seems free, try. It does the same as test-and-set, and is kinder to the other processors: while
# a thread only reads, the word can stay in its cache.
def look_before_test_and_set():
    while True:
        while (yield taken.read()):
            pass
        if not (yield taken.exchange(True)):
            return


def enter(lock, rounds):
    done = 0
    while rounds is None or done < rounds:
        yield from lock()
        yield from critical_section()
        yield taken.write(False)
        if rounds is not None:
            done += 1


def contest(lock, threads=2, rounds=None):
    return Program.copies(partial(enter, lock, rounds), threads)


program = contest(test_and_set)
kinder = contest(look_before_test_and_set)
broken = contest(test_then_set, rounds=1)

if __name__ == "__main__":
    # Each once. Spinning is endless, the states are not: while A has the lock, another failed attempt of B leaves
    # everything as it was. So there are endlessly many interleavings, all of them examined, with one outcome.
    once = explore(contest(test_and_set, rounds=1), invariant=invariant)
    print("test-and-set, each once:\n")
    print(once)

    # For ever: no end, no outcome, and never two inside. The same with three threads.
    print("\nFor ever:\n")
    for name, lock in {"test-and-set": test_and_set, "look, then test-and-set": look_before_test_and_set}.items():
        for threads in (2, 3):
            proof = explore(contest(lock, threads), invariant=invariant)
            print(
                f"{name:24} {threads} threads  {proof.states:3} states  two inside: {'yes' if proof.violations else 'never'}"
            )
            assert (proof.claim, proof.interleavings, proof.outcomes, proof.violations) == ("complete", None, (), ())

    # Safe is not fair. Nothing says that the second thread ever gets in: each time the lock is free, the first one may be
    # quicker. The ticket lock (ticket_lock.py) is fair.

    # Two instructions instead of one:
    wrong = explore(broken, invariant=invariant)
    both = wrong.violations[0]
    print("\ntest, then set:\n")
    print(timeline(both))

    assert (once.claim, once.interleavings, len(once.outcomes), once.violations) == ("complete", None, 1, ())
    assert (wrong.claim, wrong.interleavings) == ("complete", None)
    assert both.final[inside] == 2
