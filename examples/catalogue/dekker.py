"""Dekker's algorithm: the first correct mutual exclusion for two threads out of reads and writes.

Each thread raises its flag. If the other one's flag is up too, the thread whose turn it is insists, and the other one
lowers its flag, waits for its turn, and tries again. (T. J. Dekker, told by Dijkstra 1965, who leads up to it by way of
attempts that fail: they are here as well.)
"""

from functools import partial

from simulator import Atomic, Program, Shared, explore, replay
from simulator.render import timeline

flags = (Shared("flag0", False), Shared("flag1", False))
turn = Shared("turn", 0)
inside = Atomic("inside", 0)  # how many are in the critical section: for us to look at


def invariant(state):
    return state[inside] <= 1


def critical_section():
    yield inside.add(1)
    yield inside.add(-1)


def dekker(me):
    other = 1 - me
    yield flags[me].write(True)
    while (yield flags[other].read()):
        if (yield turn.read()) == other:
            yield flags[me].write(False)
            while (yield turn.read()) == other:
                pass  # spin
            yield flags[me].write(True)
    yield from critical_section()
    yield turn.write(other)
    yield flags[me].write(False)


def for_ever(body, me):
    while True:
        yield from body(me)


# An attempt: look first, raise the flag after.
def look_then_raise(me):
    while (yield flags[1 - me].read()):
        pass
    yield flags[me].write(True)
    yield from critical_section()
    yield flags[me].write(False)


# Another attempt: raise the flag, and if the other one's is up, lower it for a moment and raise it again. No turns.
def after_you(me):
    yield flags[me].write(True)
    while (yield flags[1 - me].read()):
        yield flags[me].write(False)
        yield flags[me].write(True)
    yield from critical_section()
    yield flags[me].write(False)


def two(body):
    return Program(A=partial(body, 0), B=partial(body, 1))


program = two(partial(for_ever, dekker))
once = two(dekker)
broken = two(look_then_raise)
polite = two(after_you)

if __name__ == "__main__":
    # Each once: endlessly many interleavings, for a thread may spin, and one outcome for each thread that can be last.
    first = explore(once, invariant=invariant)
    print("Each goes in once:\n")
    print(first)

    # For ever: every state was seen, and in none are both inside.
    proof = explore(program, invariant=invariant)
    print("\nBoth for ever:\n")
    print(proof.headline())
    print(f"two inside: {'never' if not proof.violations else 'possible'}")

    # Look, then raise: both look while no flag is up.
    wrong = explore(broken, invariant=invariant)
    print("\nLook first, then raise the flag:\n")
    print(timeline(wrong.violations[0]))

    # "After you", "no, after you": safe, and without a deadlock, since both can always take a step. Yet if they step in
    # turns, they raise and lower their flags together, for ever. That is a *livelock*: all are busy, and nobody gets
    # anywhere. Without a turn there is nothing that would ever break the symmetry; with Dekker's turn one of the two
    # insists. After step 8 the world is where it was after step 2, and again after step 14. Note that `explore` reports no
    # deadlock, and one outcome: it can end well. Whether it must is another question.
    courteous = explore(polite, invariant=invariant)
    print("\nAfter you, no, after you:\n")
    print(courteous)
    dance = replay(polite, "AB" + "ABABAB" * 2)
    print()
    print(timeline(dance))

    assert (first.claim, first.interleavings, first.violations, first.deadlocks) == ("complete", None, (), ())
    assert (proof.claim, proof.interleavings, proof.outcomes, proof.violations) == ("complete", None, (), ())
    assert len(first.outcomes) == 2
    assert str(wrong.violations[0].schedule) == "ABBBAA"
    assert wrong.violations[0].final[inside] == 2
    assert [event.operation for event in dance.trace[2:8]] == [event.operation for event in dance.trace[8:14]]
    assert len(courteous.outcomes) == 1
    assert (courteous.claim, courteous.interleavings, courteous.violations, courteous.deadlocks) == (
        "complete",
        None,
        (),
        (),
    )
