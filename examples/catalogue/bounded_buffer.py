"""The bounded buffer: producers put, consumers take, there is room for one, and waiting is harder than it looks.

A *monitor* is data with a lock around everything that touches it, and *conditions* to wait on inside: waiting gives the
lock away until somebody notifies. (Hoare 1974; Brinch Hansen 1973.) Python's `Condition` is of the kind that Mesa had
(Lampson and Redell 1980): a notification is a hint. Who is woken still has to get the lock, and by then somebody else may
have been there.

Two famous mistakes follow: to ask with ``if`` and not with ``while``, and to notify one thread when it may be the wrong
one.
"""

from functools import partial

from simulator import Condition, Lock, Program, Shared, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

ROOM = 1
items = Shared("items", ())


def pop(stored):
    if not stored:
        raise IndexError("pop from an empty buffer")
    return stored[0], stored[1:]


# The right one. Two conditions share one lock: producers wait for room, consumers wait for items. So whom a `notify` wakes
# can use it. And whoever wakes looks again: `while`.
lock = Lock("lock")
has_room = Condition("has_room", lock)
has_items = Condition("has_items", lock)


def put(item):
    with (yield lock.acquire()):
        while len((yield items.read())) == ROOM:
            yield from has_room.wait()
        yield items.write((*(yield items.read()), item))
        yield has_items.notify()


def take():
    with (yield lock.acquire()):
        while not (yield items.read()):
            yield from has_items.wait()
        first, rest = pop((yield items.read()))
        yield items.write(rest)
        yield has_room.notify()
    return first


# The same, but a consumer that was woken believes that there is an item.
def trusting_take():
    with (yield lock.acquire()):
        if not (yield items.read()):
            yield from has_items.wait()
        first, rest = pop((yield items.read()))
        yield items.write(rest)
        yield has_room.notify()
    return first


# One condition for both. Whom to notify?
changed = Condition("changed", Lock("monitor"))


def tell_one():
    yield changed.notify()


def tell_all():
    yield changed.notify_all()


def put_and(tell, item):
    with (yield changed.acquire()):
        while len((yield items.read())) == ROOM:
            yield from changed.wait()
        yield items.write((*(yield items.read()), item))
        yield from tell()


def take_and(tell):
    with (yield changed.acquire()):
        while not (yield items.read()):
            yield from changed.wait()
        first, rest = pop((yield items.read()))
        yield items.write(rest)
        yield from tell()
    return first


def invariant(state):
    return len(state[items]) <= ROOM


def postcondition(final):
    return final[items] == ()


program = Program(P=partial(put, "p"), Q=partial(put, "q"), C=take, D=take)
broken = Program(P=partial(put, "p"), Q=partial(put, "q"), C=trusting_take, D=trusting_take)


def with_one_condition(tell):
    put, take = partial(put_and, tell), partial(take_and, tell)
    return Program(P=partial(put, "p"), Q=partial(put, "q"), C=take, D=take)


one_condition = with_one_condition(tell_all)
lost_wake_up = with_one_condition(tell_one)

# The smallest ones, which can be counted one by one.
one_each = Program(P=partial(put, "p"), C=take)

if __name__ == "__main__":
    # One producer and one consumer. If the consumer is first, it waits and is woken.
    small = explore(one_each, invariant=invariant)
    print("One producer, one consumer:\n")
    print(small)

    # Two and two: two outcomes, for either consumer may get either item.
    result = explore(program, invariant=invariant)
    print(f"\nTwo and two: {result.headline()}, {len(result.deadlocks)} deadlocks")

    # `if`: C waits. P puts an item and notifies C. But before C has the lock back, D comes along and takes the item. Now C
    # goes on, and the buffer is empty.
    wrong = explore(broken, invariant=invariant)
    failing = wrong.example(lambda outcome: outcome.failures)
    failed = sum(row.interleavings for row in wrong.failures)
    print(f"\n'if': {wrong.headline()}; a consumer fails in {failed:,} interleavings\n")
    print(timeline(failing))

    # One condition, and `notify`: the two consumers wait, and a producer that found the buffer full waits behind them. The
    # first consumer takes the item and notifies the one that has waited longest: the other consumer! It finds nothing and
    # waits again. The producer, for which the news was meant, is never told.
    lost = explore(lost_wake_up, invariant=invariant)
    stuck = lost.deadlocks[0].example
    deadlocked = sum(row.interleavings for row in lost.deadlocks)
    print(f"\none condition, notify: {lost.headline()}; deadlock in {deadlocked:,}\n")
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    # With notify_all everybody looks, and the right one is among them.
    told = explore(one_condition, invariant=invariant)
    print(f"\none condition, notify_all: {told.headline()}, {len(told.deadlocks)} deadlocks")

    assert (small.interleavings, len(small.outcomes), small.deadlocks) == (2, 1, ())
    for good in (result, told):
        assert (good.claim, good.deadlocks, good.failures, good.violations) == ("complete", (), (), ())
        assert all(postcondition(row.final) for row in good.outcomes)
    assert (result.interleavings, len(result.outcomes)) == (56, 2)
    assert (told.interleavings, len(told.outcomes)) == (80, 2)
    assert (wrong.interleavings, failed) == (56, 8)
    assert (lost.interleavings, deadlocked) == (60, 4)
