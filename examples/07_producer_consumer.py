"""Producer and consumer: a queue hands data from thread to thread, and no lock is needed.

One thread makes things, another one uses them. A *queue* stands between the two: ``put`` adds at the end, ``get`` takes from
the front and waits while there is nothing. Each of the two is one step, so that nothing is lost, doubled or half done.
A *bounded* queue has room for a few things only: then ``put`` waits while it is full, and the producer cannot run away.
"""

import queue
from functools import partial

from simulator import Console, Program, Queue, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

orders = Queue("orders", maxsize=1)  # bounded: room for one
endless = Queue("endless")  # room for any number
console = Console()


def producer(to=orders):
    for drink in ("tea", "coffee"):
        yield to.put(drink)
        yield console.write(f"put {drink}\n")  # a line in one step; the next example shows what happens otherwise


def consumer(source=orders):
    for _ in range(2):
        drink = yield source.get()
        yield console.write(f"got {drink}\n")


def hasty_consumer():
    """Asks once, and does not wait."""
    try:
        return (yield orders.get(block=False))
    except queue.Empty:
        return "nothing there"


def careful_consumer():
    """Looks first, and takes only if there is something. Not careful enough."""
    if (yield orders.empty()):
        return "nothing there"
    return (yield orders.get())


def one_order():
    yield orders.put("tea")


program = Program(producer=producer, consumer=consumer)
unbounded = Program(producer=partial(producer, endless), consumer=partial(consumer, endless))
hasty = Program(producer=one_order, consumer=hasty_consumer)
check_then_act = Program(producer=one_order, first=careful_consumer, second=careful_consumer)


# An *invariant* is true in every state on the way, not only at the end.
def invariant(state):
    return len(state[orders]) <= 1


def printed(result):
    return [(row.final[console].splitlines(), row.interleavings) for row in result.outcomes]


if __name__ == "__main__":
    result = explore(program, invariant=invariant)
    print(f"room for one order: {result.headline()}")
    print("\ninterleavings  what stands on the screen")
    for lines, number in printed(result):
        print(f"{number:13}  {', '.join(lines)}")

    # The queue does its work in every one of them: both drinks arrive, the tea before the coffee. But "got tea" may stand
    # above "put tea"! To put and to print that you have put are two steps, and the consumer may come between them. What is
    # printed tells when somebody printed, not when it happened. Keep that in mind when you debug with print.
    print("\ngot it before it was put?\n")
    odd = next(row for row in result.outcomes if row.final[console].startswith("got tea"))
    print(timeline(odd.example, caption=False))

    # With room for any number the producer never waits. The same five texts can appear, some in more ways, and the invariant
    # does not hold: orders pile up when the consumer is slow, and with a longer list of drinks the memory would fill up.
    # A bound makes the fast one wait for the slow one.
    free = explore(unbounded, invariant=lambda state: len(state[endless]) <= 1)
    print(f"\nroom for any number: {free.headline()}")
    print("\nthe quickest way to two waiting orders:\n")
    print(timeline(free.violations[0], caption=False))

    # Not waiting: get(block=False) raises queue.Empty when there is nothing. You have to say what to do then. (A timeout
    # changes nothing here: whether it fires is one of the interleavings.)
    print("\nget(block=False):\n")
    print(explore(hasty))

    # And never look before you take. empty() is old news at the next step: two consumers both see one order there, both
    # go for it, and one of them waits for an order that nobody will ever put. That is a deadlock without any lock. (It is
    # told as a *lost wake-up*: somebody sleeps, and nobody is left who could wake it.) Take in one step, with
    # get(block=False), and catch queue.Empty.
    looked = explore(check_then_act)
    deadlocked = sum(row.interleavings for row in looked.deadlocks)
    print("\ntwo consumers, each: if not orders.empty(): orders.get()")
    print(f"deadlock in {deadlocked} of {looked.interleavings} interleavings\n")
    stuck = min((row.example for row in looked.deadlocks), key=len)
    print(timeline(stuck, caption=False))
    print()
    print(explain_deadlock(stuck))

    assert result.claim == free.claim == looked.claim == "complete"
    assert not result.violations
    assert not result.deadlocks
    assert not free.deadlocks
    assert free.violations
    for lines, _ in printed(result) + printed(free):
        assert sorted(lines) == ["got coffee", "got tea", "put coffee", "put tea"]
        assert lines.index("got tea") < lines.index("got coffee")
    assert (result.interleavings, free.interleavings) == (17, 22)
    assert [number for _, number in printed(result)] == [8, 4, 2, 2, 1]
    assert {row.outcome.returned["consumer"]: row.interleavings for row in explore(hasty).outcomes} == {
        "tea": 1,
        "nothing there": 1,
    }
    assert (looked.interleavings, deadlocked) == (10, 4)
    assert explain_deadlock(stuck).kind == "lost wake-up"
