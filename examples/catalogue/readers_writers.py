"""Readers and writers: many may read together, but who writes must be alone. And then: who may starve?

The first solution (Courtois, Heymans and Parnas 1971) counts the readers: the first one in takes the room for all readers,
the last one out gives it back. The count itself needs a lock; without it an update is lost, and a reader and a writer meet.

Both at once safe and fair is harder. If readers may always join other readers, then a writer can wait for ever while they
come and go. If a waiting writer stops new readers, then readers can wait for ever while writers come and go. Somebody is
preferred.
"""

from functools import partial

from simulator import Atomic, Condition, Lock, Program, ReadWriteLock, Semaphore, Shared, explore
from simulator.render import timeline

# How many are in the room: for us to look at.
reading = Atomic("reading", 0)
writing = Atomic("writing", 0)


def invariant(state):
    return state[writing] <= 1 and not (state[writing] and state[reading])


def read():
    yield reading.add(1)
    yield reading.add(-1)


def write():
    yield writing.add(1)
    yield writing.add(-1)


# --- counting the readers ---

room = Semaphore("room", 1)  # who gives it back need not be who took it
readers = Shared("readers", 0)
mutex = Lock("mutex")


def come():
    number = yield readers.read()
    yield readers.write(number + 1)
    if number == 0:
        yield room.acquire()


def go():
    number = yield readers.read()
    yield readers.write(number - 1)
    if number == 1:
        yield room.release()


def reader():
    with (yield mutex.acquire()):
        yield from come()
    yield from read()
    with (yield mutex.acquire()):
        yield from go()


def reader_without_mutex():
    yield from come()
    yield from read()
    yield from go()


def writer():
    with (yield room.acquire()):
        yield from write()


program = Program(R=reader, S=reader, W=writer)
broken = Program(R=reader_without_mutex, S=reader_without_mutex, W=writer)

# --- ready-made ---


def reader_with(lock):
    with (yield lock.acquire_read()):
        yield from read()


def writer_with(lock):
    # Asking to write can be two steps: with preference for writers, the others must see that one waits.
    with (yield from lock.acquire_write()):
        yield from write()


def ready_made(preference):
    lock = ReadWriteLock("lock", preference)
    reader = partial(reader_with, lock)
    return Program(R=reader, S=reader, W=partial(writer_with, lock))


readers_first = ready_made("readers")
writers_first = ready_made("writers")

# --- preferences: a monitor in which one line makes the difference ---

monitor = Condition("monitor", Lock("lock"))
inside = Shared("inside", (0, 0))  # how many readers and how many writers are in the room
waiting = Shared("waiting", (0, 0))  # how many readers and how many writers have asked, and are not in yet
overtaken = Shared("overtaken", 0)  # how often one of the other kind went in past one that waited
MANY = 3  # we stop counting here, so that the states are few

READER, WRITER = 0, 1


def changed(pair, kind, by):
    return tuple(number + by * (kind == position) for position, number in enumerate(pair))


def visit(kind, preferred, victim, rounds):
    """Go in and out; for ever, if `rounds` is None. Of the `victim` kind it is counted how often they are overtaken."""
    other = 1 - kind
    while rounds != 0:
        with (yield monitor.acquire()):
            yield waiting.write(changed((yield waiting.read()), kind, +1))
            while True:
                room = yield inside.read()
                asked = yield waiting.read()
                in_the_way = room[WRITER] or (kind == WRITER and room[READER])
                if not in_the_way and not (preferred == other and asked[other]):  # this is the line
                    break
                yield from monitor.wait()
            yield waiting.write(changed(asked, kind, -1))
            yield inside.write(changed(room, kind, +1))
            if victim == other and asked[other]:
                yield overtaken.write(min(MANY, 1 + (yield overtaken.read())))
        yield from (read() if kind == READER else write())
        with (yield monitor.acquire()):
            yield inside.write(changed((yield inside.read()), kind, -1))
            yield monitor.notify_all()
        if rounds is not None:
            rounds -= 1


def crowd(preferred, victim):
    """Two of one kind come and go for ever, and one of the other kind wants in once: the execution ends when it has been."""
    many = partial(visit, 1 - victim, preferred, victim, None)
    return Program(A=many, B=many, V=partial(visit, victim, preferred, victim, 1), daemons=("A", "B"))


if __name__ == "__main__":
    # Two readers and a writer. All come to their end, and the writer is always alone.
    result = explore(program, invariant=invariant)
    print("Counting the readers:\n")
    print(result)

    # Without the mutex: the writer is in. R counts itself, and is going to wait for the room. S sees that R was the first,
    # so the room must be theirs, and goes in. Or an update of the number is lost: then it never comes back to 0.
    wrong = explore(broken, invariant=invariant)
    print("\nWithout the mutex:\n")
    print(wrong)
    print()
    print(timeline(wrong.violations[0]))

    # A ready-made lock, both ways. With preference for writers there is one step more, and a reader can be kept waiting by
    # a writer that only waits itself.
    print("\nReady-made:")
    for name, variant in {"readers preferred": readers_first, "writers preferred": writers_first}.items():
        made = explore(variant, invariant=invariant)
        print(f"{name}  {made.interleavings:4} interleavings, {len(made.deadlocks)} deadlocks")
        assert (made.claim, len(made.outcomes), made.violations) == ("complete", 1, ())

    # Who starves? One thread wants in while two of the other kind come and go. How often can it be overtaken after it has
    # asked? Those who are preferred: never. The others: without end (the count stops at 3, the overtaking does not).
    # The monitor is safe both ways, for ever: this is explored completely, though nobody can list its interleavings.
    print("\npreferred  waits   overtaken at most  ever a writer and somebody else")
    for preferred in (READER, WRITER):
        for victim in (READER, WRITER):
            proof = explore(crowd(preferred, victim), invariant=invariant)
            most = max(row.final[overtaken] for row in proof.outcomes)
            names = ("readers", "writers")
            times = f"{most}, and more" if most == MANY else most
            print(f"{names[preferred]:9}  {names[victim][:-1]:6}  {times!s:>17}  {'yes' if proof.violations else 'never'}")

            assert (proof.claim, proof.interleavings, proof.deadlocks, proof.violations) == ("complete", None, (), ())
            assert most == (0 if preferred == victim else MANY)

    assert (result.claim, result.interleavings) == ("complete", 26_460)
    assert (len(result.outcomes), result.deadlocks, result.violations) == (1, (), ())
    assert (wrong.interleavings, sum(row.interleavings for row in wrong.deadlocks)) == (54_250, 508)
    assert str(wrong.violations[0].schedule) == "WWRRSSS"
    assert wrong.violations[0].final[writing] == wrong.violations[0].final[reading] == 1
