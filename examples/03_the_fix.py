"""The fix: a lock around the read and the write, and every interleaving is right.

A *lock* is held by at most one thread. ``acquire`` takes it, and waits while somebody else has it; ``release`` gives it
back. The code between the two is a *critical section*: while one thread is inside, no other can be (*mutual exclusion*). The
lock does not make the section one step. It makes the others wait, so that nobody sees it half done.
"""

from math import factorial

from simulator import Lock, Program, Shared, explore
from simulator.render import timeline

counter = Shared("counter", 0)
lock = Lock("lock")


def increment():  # COUNTER += 1
    value = yield counter.read()
    yield counter.write(value + 1)


def safe_increment():
    with (yield lock.acquire()):  # with lock:  it is released on every way out, as a step of its own
        yield from increment()  # a call: all the steps of increment


program = Program(A=safe_increment, B=safe_increment)
ten = Program.copies(safe_increment, 10)
forgetful = Program(A=safe_increment, B=increment)


def postcondition(final):
    return final[counter] == 2


if __name__ == "__main__":
    # Four steps a thread: acquire, read, write, release. Without the lock that would be 8! / (4! 4!) = 70 interleavings.
    # With it there are two: once A has the lock, B cannot step at all until A is through. Waiting is not a step.
    two = explore(program)
    print(two)
    print()
    print(timeline(two.outcomes[0].example))

    # Ten threads: again only the order in which they get the lock is left open, and that is 10! = 3,628,800 orders.
    # Every one of them ends with 10. No test could tell you that; you would have to try all of them.
    many = explore(ten)
    print("\nTen threads:\n")
    print(many)

    # A lock is a promise, not a wall. It keeps out those who ask for it, and only those. Here B forgets to ask, and walks
    # into the critical section of A. One careless line anywhere in a program spoils the care of all the others.
    spoiled = explore(forgetful)
    print("\nA uses the lock, B does not:\n")
    print(spoiled)
    print()
    print(timeline(spoiled.example(lambda outcome: outcome.final[counter] == 1)))

    # Nothing is free: while the lock is held everybody else waits. And one can wait for ever, as the next examples show.
    assert (two.claim, two.interleavings, len(two.outcomes)) == ("complete", 2, 1)
    assert (many.claim, many.interleavings, len(many.outcomes)) == ("complete", factorial(10), 1)
    assert two.outcomes[0].final[counter] == 2
    assert many.outcomes[0].final[counter] == 10
    assert spoiled.interleavings == 15
    assert {summary.final[counter]: summary.interleavings for summary in spoiled.outcomes} == {1: 9, 2: 6}
