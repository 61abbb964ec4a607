"""The dining philosophers: a deadlock among many, which hides better the more there are.

Philosophers sit at a round table, with one fork between any two neighbours. To eat, each takes the left fork, then the
right one. If all of them take the left fork first, every fork is taken and everybody waits for the right one. (Dijkstra
1965, told with forks by Hoare.)
"""

# ruff: noqa: SIM117 (one line for each lock, so that a message can name the line)

from math import factorial

from simulator import Lock, Program, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline


def table(philosophers, *, ordered=False):
    """Philosophers P1, P2, …; fork n is to the left of Pn. If `ordered`, nobody takes a higher fork before a lower one."""
    forks = [Lock(f"fork{number}") for number in range(1, philosophers + 1)]

    def philosopher(first, second):
        def dine():
            with (yield first.acquire()):
                with (yield second.acquire()):
                    pass  # eat

        return dine

    pairs = [(forks[seat], forks[(seat + 1) % philosophers]) for seat in range(philosophers)]
    if ordered:
        pairs[-1] = pairs[-1][::-1]  # the last one sits between the highest fork and fork 1
    return Program(**{f"P{seat}": philosopher(*pair) for seat, pair in enumerate(pairs, start=1)})


program = table(3)
fixed = table(3, ordered=True)

if __name__ == "__main__":
    result = explore(program)
    print(result)

    # The simplest deadlock is P1 P3 P2, and not P1 P2 P3, because it interrupts a thread only once: P3 has to wait as soon
    # as it has fork 3, for fork 1 is taken. P2 could have gone on.
    stuck = result.deadlocks[0].example
    print()
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    # The cure is the one for two locks: an order of all forks. The last philosopher takes fork 1 first, as the first one
    # does. So one of the two waits with empty hands, and its other fork is free for a neighbour.
    cured = explore(fixed)
    print("\nIn order:\n")
    print(cured)

    # The more philosophers, the smaller the part of the interleavings that deadlock: always n!, the orders in which n
    # hands can reach for the left fork, out of ever more. But look at the last column. If chance decides at every step who
    # goes next, five philosophers deadlock about once in six dinners. Almost all of the millions of interleavings are long
    # ones, each of them very improbable; those that deadlock are five steps long. Share and probability are two things.
    print(f"\n{'':12}  {' left fork first ':-^55}  {' in order ':-^23}")
    print("philosophers    interleavings  deadlock            share  probability  interleavings  deadlock")
    for philosophers in range(2, 6):
        dinner, orderly = explore(table(philosophers)), explore(table(philosophers, ordered=True))
        [bad] = dinner.deadlocks
        share = f"1 in {float(1 / bad.share):,.0f}"
        print(
            f"{philosophers:12}  {dinner.interleavings:15,}  {bad.interleavings:8}  {share:>15}  {bad.probability:11.1%}"
            f"  {orderly.interleavings:13,}  {len(orderly.deadlocks):8}"
        )

        assert dinner.claim == orderly.claim == "complete"
        assert bad.interleavings == factorial(philosophers)
        assert not orderly.deadlocks

    assert (result.interleavings, result.deadlocks[0].interleavings) == (168, 6)
    assert (cured.interleavings, cured.deadlocks) == (142, ())
    assert explain_deadlock(stuck).kind == "circular wait"
    assert len(explain_deadlock(stuck).cycle) == 3
    assert (dinner.interleavings, bad.interleavings) == (66_468_720, 120)
    assert orderly.interleavings == 49_719_072
