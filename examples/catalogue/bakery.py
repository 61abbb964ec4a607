"""Lamport's bakery: take a number that is larger than all you see, and wait for those who have smaller ones.

No instruction is needed that reads and writes in one step, and not even a number that is handed out only once: two
customers may draw the same one, and then the name decides. But between looking at the other numbers and writing down one's
own, time passes. That is what ``choosing`` is for: wait until the other one has finished choosing, then compare. (L.
Lamport, A new solution of Dijkstra's concurrent programming problem, 1974.)
"""

from functools import partial

from simulator import Atomic, Program, Shared, explore
from simulator.render import timeline

choosing = (Shared("choosing0", False), Shared("choosing1", False))
number = (Shared("number0", 0), Shared("number1", 0))  # 0: does not want in
inside = Atomic("inside", 0)  # how many are in the critical section: for us to look at


def invariant(state):
    return state[inside] <= 1


def postcondition(final):
    return final[number[0]] == final[number[1]] == 0


def critical_section():
    yield inside.add(1)
    yield inside.add(-1)


def bakery(me, rounds=1, careful=True):
    other = 1 - me
    for _ in range(rounds):
        if careful:
            yield choosing[me].write(True)
        mine = 1 + (yield number[other].read())
        yield number[me].write(mine)
        if careful:
            yield choosing[me].write(False)
            yield choosing[other].until(lambda busy: not busy)
        # Wait until the other one does not want in, or comes after us. (`until` waits without spinning.)
        yield number[other].until(lambda theirs, mine=mine: theirs == 0 or (mine, me) < (theirs, other))
        yield from critical_section()
        yield number[me].write(0)


def two(**how):
    return Program(A=partial(bakery, 0, **how), B=partial(bakery, 1, **how))


program = two()
broken = two(careful=False)

if __name__ == "__main__":
    result = explore(program, invariant=invariant)
    print(result)

    # The tickets grow for as long as somebody is always inside, so that "for ever" has endlessly many states here. (In
    # Peterson's and Dekker's algorithms it has not.) So the rounds are bounded: this shows it for so many rounds, no more.
    print("\nrounds          interleavings  states  two inside")
    for rounds in (1, 2, 3, 4):
        bounded = explore(two(rounds=rounds), invariant=invariant)
        print(f"{rounds:6}  {bounded.interleavings:21,}  {bounded.states:6,}  {'yes' if bounded.violations else 'never'}")
        assert (bounded.claim, bounded.violations, bounded.deadlocks) == ("complete", (), ())

    # Without `choosing`: A and B both see 0. B takes 1, looks for others, sees none, and goes in. Only now A writes down
    # the 1 that it has had in mind all the time. The numbers are equal, A's name is smaller, and in it goes. In the end
    # everything looks as it should: only the invariant, asked in every state, knows.
    wrong = explore(broken, invariant=invariant)
    print("\nWithout choosing:\n")
    print(wrong)
    print()
    print(timeline(wrong.violations[0]))

    assert (result.claim, result.interleavings, len(result.outcomes)) == ("complete", 672, 1)
    assert bounded.interleavings == 5_740_451_922_246_684
    assert wrong.interleavings == 154
    assert str(wrong.violations[0].schedule) == "ABBBBAAA"
    assert wrong.violations[0].final[inside] == 2
