"""The sleeping barber: no customer, so he sleeps; the customer comes, and they miss each other.

A barber's shop has one chair to be shaved in and some chairs to wait on. With nobody there, the barber sleeps. A customer
who finds him asleep wakes him; who finds him busy takes a chair, and if there is none, leaves. (Dijkstra 1965.)

The trap is between looking and doing. The barber looks: no customer. He closes his eyes, but he is not asleep yet. A
customer comes in, sees that he is awake, and sits down. Now the customer sits, waiting to be called, and the barber sleeps,
waiting to be woken: a *lost wake-up*.
"""

from simulator import Atomic, Lock, Program, Semaphore, Shared, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

CHAIRS = 1
served = Atomic("served", 0)

# The right one. A semaphore remembers: a customer who has announced himself is not forgotten, however the barber dozes. And
# the number of those who wait is looked at and changed under a lock, in one go.
customers = Semaphore("customers", 0)
barber_is_ready = Semaphore("barber_is_ready", 0)
waiting = Shared("waiting", 0)
mutex = Lock("mutex")


def barber():
    while True:
        yield customers.acquire()  # sleep until there is one
        with (yield mutex.acquire()):
            yield waiting.write((yield waiting.read()) - 1)
        yield barber_is_ready.release()


def customer():
    with (yield mutex.acquire()):
        number = yield waiting.read()
        if number == CHAIRS:
            return "left"
        yield waiting.write(number + 1)
        yield customers.release()
    yield barber_is_ready.acquire()
    yield served.add(1)
    return "shaved"


# The broken one: looks at the barber, and then acts on what was seen.
asleep = Shared("asleep", False)
sitting = Atomic("sitting", 0)
called = Semaphore("called", 0)


def drowsy_barber():
    while True:
        if not (yield sitting.read()):
            yield asleep.write(True)
            yield asleep.until(lambda sleeping: not sleeping)
        yield sitting.until(lambda number: number > 0)  # who has woken him is just sitting down
        yield sitting.add(-1)
        yield called.release()


def hopeful_customer():
    if (yield asleep.read()):
        yield asleep.write(False)  # wake him
    yield sitting.add(1)
    yield called.acquire()
    yield served.add(1)
    return "shaved"


# The barber never ends: an execution is over when all customers are.
program = Program(barber=barber, C=customer, D=customer, daemons=("barber",))
three = Program(barber=barber, C=customer, D=customer, E=customer, daemons=("barber",))
broken = Program(barber=drowsy_barber, C=hopeful_customer, daemons=("barber",))


def invariant(state):
    return 0 <= state[waiting] <= CHAIRS


def postcondition(final):
    return final[served] >= 1


if __name__ == "__main__":
    # Two customers and one chair to wait on: both are shaved, or the second one has to leave.
    result = explore(program, invariant=invariant)
    print(result)

    # With three, nobody is ever stuck either. At least one is shaved, and nobody waits without a chair.
    more = explore(three, invariant=invariant, observe=lambda final: final[served])
    print(f"\nThree customers: {more.headline()}, {len(more.deadlocks)} deadlocks")
    for row in sorted(more.outcomes, key=lambda row: row.observed):
        print(f"{row.observed} shaved: {row.interleavings:9,} interleavings")

    # A single customer is enough.
    wrong = explore(broken)
    stuck = wrong.deadlocks[0].example
    print("\nLook, then act:\n")
    print(wrong)
    print()
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    assert (result.claim, result.interleavings, result.deadlocks, result.violations) == ("complete", 4_886, (), ())
    assert {row.final[served] for row in result.outcomes} == {1, 2}
    assert (more.interleavings, more.deadlocks, more.violations) == (78_405_006, (), ())
    assert all(postcondition(row.final) for row in (*result.outcomes, *more.outcomes))
    assert (wrong.interleavings, sum(row.interleavings for row in wrong.deadlocks)) == (22, 4)
