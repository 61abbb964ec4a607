"""The dining philosophers try: no deadlock, and still they may starve.

Take the left fork. *Try* the right one; if it is taken, put the left one back and begin again. So nobody holds a fork while
waiting for another, and there can be no deadlock. But let all take the left fork together, fail together, and put back
together: everything is as it was at the start, and it can go on like that for ever. That is a *livelock*: a deadlock in
which everybody is busy.
"""

from simulator import Lock, Program, explore, find, replay
from simulator.render import timeline


def waits(first, second):
    def dine():
        yield first.acquire()
        yield second.acquire()
        yield second.release()
        yield first.release()

    return dine


def tries(first, second):
    def dine():
        while True:
            yield first.acquire()
            if (yield second.acquire(blocking=False)):
                break
            yield first.release()  # back off, and begin again
        yield second.release()
        yield first.release()

    return dine


def table(*manners, ordered=False):
    """Philosophers P1, P2, … with these manners; fork n is to the left of Pn. If `ordered`, the last takes fork 1 first."""
    forks = [Lock(f"fork{number}") for number in range(1, len(manners) + 1)]
    pairs = [(forks[seat], forks[(seat + 1) % len(manners)]) for seat in range(len(manners))]
    if ordered:
        pairs[-1] = pairs[-1][::-1]
    return Program(**{f"P{seat}": how(*pair) for seat, (how, pair) in enumerate(zip(manners, pairs, strict=True), start=1)})


program = table(waits, waits, waits, ordered=True)
waiting = table(waits, waits, waits)
broken = table(tries, tries, tries)
one_tries = table(waits, waits, tries)

TABLES = {"all wait": waiting, "all try": broken, "one tries": one_tries, "all wait, forks in order": program}

if __name__ == "__main__":
    print(f"{'':24}  interleavings  deadlock")
    results = {}
    for name, dinner in TABLES.items():
        result = explore(dinner)
        number = "endlessly many" if result.interleavings is None else f"{result.interleavings:,}"
        bad = "yes" if result.deadlocks else "never"
        print(f"{name:24}  {number:>14}  {bad:>8}")
        results[name] = (result.interleavings, bad)
        assert result.claim == "complete"

    # Trying makes the number of interleavings endless, for one can fail as often as one likes. All states are seen all the
    # same, and there is no deadlock among them: that much is proved.
    assert find(broken, lambda outcome: outcome.status == "deadlock") is None

    # Nine steps that lead back to where they began: all hungry, all forks on the table. Everybody has taken three steps, so
    # it is not that somebody was never given a chance. It can end well; nothing says that it ever does. Add to the
    # schedule as many rounds as you like.
    dance = "P1 P2 P3 " * 3
    round_, rounds = replay(broken, dance), replay(broken, dance * 1_000)
    print("\nA round of the livelock:\n")
    print(timeline(round_))

    # What helps? Waiting for a random time before trying again makes it improbable, as in Ethernet, and not impossible. One
    # who tries, among others who wait, breaks the circle: then it takes an unfair scheduler to keep them hungry, one that
    # lets the one who tries be quicker each time. An order of the forks needs no luck and no fairness: the interleavings
    # are finite.
    assert rounds.outcome.status == round_.outcome.status == "unfinished"
    assert rounds.waiting == round_.waiting == replay(broken, "").waiting
    assert rounds.final == round_.final == replay(broken, "").final
    assert results == {
        "all wait": (168, "yes"),
        "all try": (None, "never"),
        "one tries": (None, "never"),
        "all wait, forks in order": (142, "never"),
    }
