"""The ticket lock: as at the baker's, take a number and wait until it is called.

Two counters: the next number to hand out, and the number that is being served. A thread takes a ticket in one step
(fetch-and-add), waits for its number, and calls the next one when it leaves. Unlike a spin lock it is fair: who took the
earlier ticket goes in earlier. (D. P. Reed and R. K. Kanodia 1979; Mellor-Crummey and Scott 1991.)
"""

from functools import partial

from simulator import Atomic, Program, Shared, explore
from simulator.render import timeline

tickets = Atomic("tickets", 0)  # the next one to hand out
serving = Shared("serving", 0)  # the one whose turn it is
inside = Atomic("inside", 0)
order = Atomic("order", "")  # who went in, in this order


def invariant(state):
    return state[inside] <= 1


def postcondition(final):
    return final[order] == "".join(sorted(final[order]))


def critical_section(ticket):
    yield inside.add(1)
    yield order.add(str(ticket))
    yield inside.add(-1)


def take_ticket():
    return (yield tickets.add(1))  # one step: the old value is ours, and nobody else's


def take_ticket_in_two_steps():
    ticket = yield tickets.read()
    yield tickets.write(ticket + 1)
    return ticket


def enter(take, rounds=1):
    for _ in range(rounds):
        ticket = yield from take()
        # On a processor this is a loop that reads. `until` waits without spinning, so that the interleavings can be
        # counted.
        yield serving.until(lambda number, mine=ticket: number == mine)
        yield from critical_section(ticket)
        yield serving.write(ticket + 1)


program = Program.copies(partial(enter, take_ticket), 2)
twice = Program.copies(partial(enter, take_ticket, 2), 3)
broken = Program.copies(partial(enter, take_ticket_in_two_steps), 2)

if __name__ == "__main__":
    # Two threads: who takes the first ticket, and where in the first one's work the second one takes its own.
    result = explore(program, invariant=invariant)
    print(result)

    # Three threads, two rounds each: always in the order of the tickets, never two inside.
    more = explore(twice, invariant=invariant)
    print(f"\n3 threads, twice each: {more.headline()}")

    # A ticket taken in two steps can be handed out twice, as an update of a counter can be lost. Then two threads are
    # called together, and may both be inside. Or one of them is through before the other one looks: the number they share
    # has been called, nobody will call it again, and the second one waits for ever.
    wrong = explore(broken, invariant=invariant)
    print("\nA ticket in two steps:\n")
    print(wrong)
    print()
    print(timeline(wrong.violations[0]))

    assert (result.claim, result.interleavings, len(result.outcomes), result.violations) == ("complete", 12, 1, ())
    assert all(postcondition(row.final) for row in (*result.outcomes, *more.outcomes))
    assert (more.claim, more.interleavings, more.violations) == ("complete", 813_150, ())
    assert (wrong.interleavings, sum(row.interleavings for row in wrong.deadlocks)) == (1_890, 28)
