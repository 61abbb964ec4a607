"""Double-checked initialisation: make it once, and do not pay for a lock every time after.

Something is made when it is first needed: a connection, a table. ``if instance is None: instance = make()`` is the obvious
way, and with two threads it is made twice. A lock around it is right. But then everybody queues at the lock for ever, to
learn what has not changed for years. So: look without the lock; if it is not there, take the lock *and look again*. The
second look is the point. And what is stored must be ready: who looks without the lock sees it at once.
"""

from simulator import Atomic, Lock, Program, Shared, explore
from simulator.render import timeline

instance = Shared("instance", None)
filled = Shared("filled", False)  # whether what is in there can be used
made = Atomic("made", 0)
lock = Lock("lock")


def make():
    yield made.add(1)
    yield filled.write(True)
    return "it"


def use():
    return "works" if (yield filled.read()) else "half-made"


def unlocked():
    if (yield instance.read()) is None:
        yield instance.write((yield from make()))
    return (yield from use())


def always_locked():
    with (yield lock.acquire()):
        if (yield instance.read()) is None:
            yield instance.write((yield from make()))
    return (yield from use())


def double_checked():
    if (yield instance.read()) is None:
        with (yield lock.acquire()):
            if (yield instance.read()) is None:
                yield instance.write((yield from make()))
    return (yield from use())


def checked_once():
    if (yield instance.read()) is None:
        with (yield lock.acquire()):  # whoever was here before us has made one already
            yield instance.write((yield from make()))
    return (yield from use())


# First stored, and then filled: as the famous version in Java could do, where compiler and processor may swap the two.
def published_too_early():
    if (yield instance.read()) is None:
        with (yield lock.acquire()):
            if (yield instance.read()) is None:
                yield instance.write("it")
                yield made.add(1)
                yield filled.write(True)
    return (yield from use())


program = Program.copies(double_checked, 2)
locked = Program.copies(always_locked, 2)
broken = Program.copies(unlocked, 2)
broken_once = Program.copies(checked_once, 2)
broken_early = Program.copies(published_too_early, 2)


def postcondition(final):
    return final[made] == 1


VARIANTS = {
    "no lock": broken,
    "lock, one check": broken_once,
    "lock, published too early": broken_early,
    "always locked": locked,
    "double-checked": program,
}

if __name__ == "__main__":
    print(f"{'':26}  interleavings  made twice  half-made used")
    seen = {}
    for name, variant in VARIANTS.items():
        result = explore(variant)
        twice = sum(row.interleavings for row in result.outcomes if row.final[made] == 2)
        half = sum(row.interleavings for row in result.outcomes if "half-made" in row.outcome.returned.values())
        print(f"{name:26}  {result.interleavings:13,}  {twice:10,}  {half:14,}")
        seen[name] = (result.interleavings, twice, half)
        assert (result.claim, result.deadlocks, result.failures) == ("complete", (), ())

    # No lock: both look before either has made it. With one check it is not much better: the lock makes them take turns in
    # making it. This is the mistake that looks most like a cure.
    for name in ("no lock", "lock, one check"):
        print(f"\n{name}:\n")
        print(timeline(explore(VARIANTS[name]).example(lambda outcome: outcome.final[made] == 2)))

    # Made once, but seen before it was ready, by one that does not ask for the lock.
    print("\nlock, published too early:\n")
    print(timeline(explore(broken_early).example(lambda outcome: "half-made" in outcome.returned.values())))

    assert seen == {
        "no lock": (246, 240, 0),
        "lock, one check": (82, 70, 0),
        "lock, published too early": (70, 0, 6),
        "always locked": (10, 0, 0),
        "double-checked": (72, 0, 0),
    }
