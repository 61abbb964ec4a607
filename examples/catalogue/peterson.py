"""Peterson's algorithm: mutual exclusion for two threads, out of plain reads and writes.

Each thread raises its flag ("I want to go in"), gives the turn away ("after you"), and then waits for as long as the other
one's flag is up *and* it is the other one's turn. The last one to be polite waits. (G. L. Peterson, Myths about the mutual
exclusion problem, 1981.)

It is three lines, and the order of the first two decides. A test run will hardly ever tell you. Looking at every state
will.
"""

from functools import partial

from simulator import Atomic, Program, Shared, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

flags = (Shared("flag0", False), Shared("flag1", False))
turn = Shared("turn", 0)

# How many threads are in the critical section. Not part of the algorithm: it is there for us to look at. Each change is one
# step, so that going in and coming out are steps, and there is a time between them.
inside = Atomic("inside", 0)


def invariant(state):
    return state[inside] <= 1


def critical_section():
    yield inside.add(1)
    yield inside.add(-1)


def wait_politely(me):
    other = 1 - me
    while (yield flags[other].read()) and (yield turn.read()) == other:
        pass  # spin


def enter_once(me):
    yield flags[me].write(True)
    yield turn.write(1 - me)
    yield from wait_politely(me)
    yield from critical_section()
    yield flags[me].write(False)


def enter_for_ever(me):
    while True:
        yield from enter_once(me)


# The same two lines in the other order.
def turn_before_flag(me):
    yield turn.write(1 - me)
    yield flags[me].write(True)
    yield from wait_politely(me)
    yield from critical_section()
    yield flags[me].write(False)


# Without turns: nobody gives way. `until` waits for a value without spinning, so that waiting for ever is a deadlock.
def flags_only(me):
    yield flags[me].write(True)
    yield flags[1 - me].until(lambda up: not up)
    yield from critical_section()
    yield flags[me].write(False)


# Without flags: strict turns. Safe, but a thread that does not want to go in any more holds up the other one for ever.
def turns_only(me, rounds):
    for _ in range(rounds):
        yield turn.until(lambda whose: whose == me)
        yield from critical_section()
        yield turn.write(1 - me)


def two(body):
    return Program(A=partial(body, 0), B=partial(body, 1))


program = two(enter_for_ever)
once = two(enter_once)
broken = two(turn_before_flag)
without_turn = two(flags_only)
without_flags = Program(A=partial(turns_only, 0, 3), B=partial(turns_only, 1, 1))

if __name__ == "__main__":
    # Each thread goes in once. The two outcomes tell who was polite last. A thread can spin as often as it likes while the
    # other one is not scheduled, so there is no end to the interleavings. But spinning leads back to a state that is known
    # already: the states are few.
    first = explore(once, invariant=invariant)
    print("Each goes in once:\n")
    print(first)

    # Now for ever. No execution has an end, so there are no outcomes. But every state was seen, and in none of them are
    # both inside. That is no test, it is a proof: for two threads, and memory in which a write is seen by all at once.
    # (Real processors may delay writes. There, the algorithm also needs fences.)
    proof = explore(program, invariant=invariant)
    print("\nBoth go in again and again, for ever:\n")
    print(proof.headline())
    print(f"two inside: {'never' if not proof.violations else 'possible'}")
    print(f"claim: {proof.claim}")

    # First the turn, then the flag. A gives the turn to B and is interrupted. B gives it back, raises its flag, sees no
    # other flag, and goes in. A raises its flag: B's is up, but it is A's turn. Who was polite first is let in.
    wrong = explore(broken, invariant=invariant)
    both = wrong.violations[0]
    print("\nFirst the turn, then the flag:\n")
    print(timeline(both))

    # Flags without a turn: both raise them, and each waits for the other to give up.
    stubborn = explore(without_turn, invariant=invariant)
    print("\nWithout the turn:\n")
    print(stubborn)
    print()
    print(explain_deadlock(stubborn.deadlocks[0].example))

    # Turns without flags: A goes in, B goes in and is done, A goes in again. A third time it cannot: nobody gives the turn
    # back.
    strict = explore(without_flags, invariant=invariant)
    print("\nWithout the flags, A three times and B once:\n")
    print(strict)

    assert (first.claim, first.interleavings, len(first.outcomes), first.violations) == ("complete", None, 2, ())
    assert (proof.claim, proof.interleavings, proof.outcomes, proof.violations) == ("complete", None, (), ())
    assert (wrong.claim, wrong.interleavings, str(both.schedule)) == ("complete", None, "ABBBBAAAA")
    assert both.final[inside] == 2
    assert (stubborn.interleavings, sum(row.interleavings for row in stubborn.deadlocks), stubborn.violations) == (10, 2, ())
    assert (strict.interleavings, len(strict.deadlocks), strict.violations) == (1, 1, ())
