"""The dining philosophers and the waiter: one fewer at the table, and the circle cannot close.

Philosophers who all take their left fork first can all end up with one fork each (see the dining philosophers in the
numbered examples). A waiter lets only all but one of them sit down. Then at least one of those who sit has a neighbour who
does not, and with that a second fork. The waiter is a semaphore; the philosophers need not agree on anything.
"""

# ruff: noqa: SIM117 (one line for each lock, so that a message can name the line)

from math import factorial

from simulator import Lock, Program, Semaphore, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline


def table(philosophers, seats):
    """Philosophers P1, P2, …; fork n is to the left of Pn. The waiter lets `seats` of them sit at a time."""
    forks = [Lock(f"fork{number}") for number in range(1, philosophers + 1)]
    waiter = Semaphore("waiter", seats)

    def philosopher(left, right):
        def dine():
            with (yield waiter.acquire()):
                with (yield left.acquire()):
                    with (yield right.acquire()):
                        pass  # eat

        return dine

    pairs = [(forks[seat], forks[(seat + 1) % philosophers]) for seat in range(philosophers)]
    return Program(**{f"P{seat}": philosopher(*pair) for seat, pair in enumerate(pairs, start=1)})


program = table(3, seats=2)
broken = table(3, seats=3)

if __name__ == "__main__":
    result = explore(program)
    print(result)

    # A waiter who lets everybody sit is no help.
    wrong = explore(broken)
    stuck = wrong.deadlocks[0].example
    print("\nA seat for everybody:\n")
    print(wrong)
    print()
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    # How many may sit? All but one is enough, and with one at a time nobody has to think at all. The waiter's two steps
    # make the numbers large; with one seat nothing is left to chance but the order of the guests, n! of them.
    print("\nphilosophers  seats        interleavings  deadlock")
    numbers = {}
    for philosophers in (2, 3, 4):
        for seats in range(1, philosophers + 1):
            dinner = explore(table(philosophers, seats))
            bad = sum(row.interleavings for row in dinner.deadlocks)
            print(f"{philosophers:12}  {seats:5}  {dinner.interleavings:19,}  {bad:8,}")
            numbers[philosophers, seats] = (dinner.interleavings, bad)
            assert dinner.claim == "complete"
            assert (bad > 0) == (seats == philosophers)
        assert numbers[philosophers, 1] == (factorial(philosophers), 0)

    assert (result.claim, result.interleavings, result.deadlocks) == ("complete", 20_280, ())
    assert (wrong.interleavings, sum(row.interleavings for row in wrong.deadlocks)) == (337_326, 90)
    assert explain_deadlock(stuck).kind == "circular wait"
    assert numbers[4, 3] == (1_787_307_536, 0)
    assert numbers[4, 4] == (20_615_034_776, 2_520)
