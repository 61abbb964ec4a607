"""The lost update: two threads add one each, and the counter may say 1.

``COUNTER += 1`` looks like one thing. The machine does two: it *reads* the old value, and later it *writes* the new one.
Between the two the thread can be interrupted, and another thread can read the same old value. Then both write the same new
value, and one of the two updates is lost. Nothing crashes and nothing is reported; the number is just wrong.

When the outcome depends on the order in which threads happen to take their steps, that is a *race condition*.
"""

from fractions import Fraction

from simulator import Program, Shared, explore, interleavings, replay
from simulator.render import timeline

# What the threads share: a variable, with its name and the value it starts with.
counter = Shared("counter", 0)


# A thread is a generator function. Every `yield` is one step: it happens as a whole, and nobody can come between its
# beginning and its end (it is *atomic*). Between two yields anybody may come.
def increment():  # COUNTER += 1
    value = yield counter.read()  # one step
    yield counter.write(value + 1)  # another step


program = Program(A=increment, B=increment)


# What we want to be true when both threads are done. The command line checks it:
#     python -m simulator explore examples/01_lost_update.py
def postcondition(final):
    return final[counter] == 2


def chance(schedule):
    """The probability of an order if a fair coin decides who goes next, for as long as both threads have steps left."""
    tosses = sum(len(set(schedule[step:])) == 2 for step in range(len(schedule)))
    return Fraction(1, 2**tosses)


if __name__ == "__main__":
    # An *interleaving* is one order in which all the steps can happen. `explore` examines every one of them.
    result = explore(program)
    print(result)

    # The simplest of those that go wrong. Read it downwards: one line is one step, one column is one thread.
    # B reads before A has written. So A's write puts back a value that was computed from old news.
    lost = result.example(lambda outcome: outcome.final[counter] == 1)
    print("\nThe simplest way to lose an update:\n")
    print(timeline(lost))

    # A *schedule* says who takes each step: here A, B, A, B. Any run can be repeated exactly, as often as you like.
    # With real threads you would have to try your luck.
    print("\nAnother one, by its schedule:\n")
    print(timeline(replay(program, "ABAB")))

    # Each thread takes its own two steps in order, so an interleaving is a way to arrange AA and BB: 4! / (2! 2!) = 6.
    print("\nAll of them:\n")
    print("schedule  A reads  B reads  counter  chance")
    for execution in interleavings(program):
        read = {event.thread: event.answer for event in execution.trace if event.operation == counter.read()}
        ends = execution.final[counter]
        print(
            f"{execution.schedule!s:8}  {read['A']:7}  {read['B']:7}  {ends:7}  {chance(execution.schedule)!s:>6}"
            f"{'  one update lost' if ends == 1 else ''}"
        )

    # Only the two *serial* orders, one thread wholly before the other, keep both updates.
    #
    # Why does the first table say 66.7 % and 50.0 %? They answer different questions.
    # *Share*: 4 of the 6 interleavings lose an update. It counts orders, as if each were equally likely.
    # *Probability*: toss a coin before every step. AABB needs two tosses (A, A; then A is done, and B has no rival), so
    # its chance is 1/4. ABAB needs three, so its chance is 1/8. Two quarters against four eighths: one half each.
    # Neither says how often it happens on your computer, which may go right for years. The counts say what *can* happen.
    schedules = [execution.schedule for execution in interleavings(program)]
    right, wrong = result.outcomes[1], result.outcomes[0]

    assert result.claim == "complete"
    assert result.interleavings == len(schedules) == 6
    assert (right.final[counter], right.interleavings, right.probability) == (2, 2, 0.5)
    assert (wrong.final[counter], wrong.interleavings, wrong.probability) == (1, 4, 0.5)
    assert wrong.share == Fraction(2, 3)
    assert sum(map(chance, schedules)) == 1
    assert str(lost.schedule) == "ABBA"
