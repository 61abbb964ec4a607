"""The cigarette smokers: the agent puts two things on the table, and the wrong two smokers take one each.

To smoke you need tobacco, paper and a match. Three smokers have an endless supply of one of them each. An agent puts two
different things on the table, and the smoker who has the third may smoke; then the agent goes on. (S. S. Patil 1971.)

The obvious solution lets each smoker take what he lacks, one thing after the other. But one thing suits two smokers, and
who takes it need not be the one who can use the other. Then each of them has half of what he needs, and the table is empty.

The cure (D. L. Parnas 1975) is a helper for each thing. Helpers do not smoke: they write down what there is, and the one
who finds that his thing is the second calls the smoker who can use both.
"""

from functools import partial

from simulator import Atomic, Lock, Program, Semaphore, Shared, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

THINGS = ("tobacco", "paper", "match")
on_table = {thing: Semaphore(thing, 0) for thing in THINGS}
done = Semaphore("done", 0)
smoked = Atomic("smoked", "")


def agent(missing):
    """Put down all but one, for each of `missing`; the smoker who has that one is meant."""
    for absent in missing:
        for thing in THINGS:
            if thing != absent:
                yield on_table[thing].release()
        yield done.acquire()  # wait until somebody has smoked


def agent_for_ever():
    while True:
        yield from agent(THINGS)


# The obvious one.
def greedy_smoker(has):
    place = THINGS.index(has)
    first, second = THINGS[place - 2], THINGS[place - 1]  # the two that follow, going round
    while True:
        yield on_table[first].acquire()
        yield on_table[second].acquire()
        yield smoked.exchange(has)
        yield done.release()


# The right one: helpers, and what they have written down.
noted = Shared("noted", frozenset())
mutex = Lock("mutex")
call = {thing: Semaphore(f"call_{thing}", 0) for thing in THINGS}


def helper(mine):
    while True:
        yield on_table[mine].acquire()
        with (yield mutex.acquire()):
            there = yield noted.read()
            if there:
                [other] = there
                [absent] = set(THINGS) - {mine, other}
                yield noted.write(frozenset())
                yield call[absent].release()
            else:
                yield noted.write(frozenset({mine}))


def smoker(has):
    while True:
        yield call[has].acquire()
        yield smoked.exchange(has)
        yield done.release()


# Smokers and helpers are there for ever: an execution ends when the agent does.
def table(smoke, missing, helpers):
    threads = {f"{thing}_smoker": partial(smoke, thing) for thing in THINGS}
    threads |= {f"{thing}_helper": partial(helper, thing) for thing in THINGS if helpers}
    return Program(agent=agent_for_ever if missing is None else partial(agent, missing), **threads, daemons=tuple(threads))


program = table(smoker, ("tobacco",), helpers=True)
broken = table(greedy_smoker, ("tobacco",), helpers=False)
for_ever = table(smoker, None, helpers=True)


def postcondition(final):
    return final[smoked] == "tobacco"


if __name__ == "__main__":
    # Once, paper and a match: whoever has tobacco is meant.
    wrong = explore(broken)
    stuck = wrong.deadlocks[0].example
    print("Everybody takes what he lacks:\n")
    print(wrong)
    print()
    print(explain_deadlock(stuck))

    # With helpers the right one smokes, whatever the order. Helpers and smokers are at work for ever, and so the execution
    # is cut when the agent is done: perhaps while a helper is still to give back the mutex. That is all that differs.
    result = explore(program)
    print("\nHelpers:\n")
    print(result)
    print()
    print(timeline(result.outcomes[0].example))

    # For ever, each thing missing in turn: no execution comes to an end, and so none to a deadlock.
    proof = explore(for_ever)
    print(f"\nHelpers, for ever: {proof.headline()}, {len(proof.deadlocks)} deadlocks")

    # The obvious one, whatever is missing: it is nobody's bad luck in particular.
    print("\nmissing  interleavings  deadlock")
    for thing in THINGS:
        once = explore(table(greedy_smoker, (thing,), helpers=False))
        bad = sum(row.interleavings for row in once.deadlocks)
        print(f"{thing:8} {once.interleavings:13}  {bad:8}")

    assert (wrong.interleavings, sum(row.interleavings for row in wrong.deadlocks)) == (5, 3)
    assert (result.claim, result.interleavings, result.deadlocks) == ("complete", 140, ())
    assert all(postcondition(row.final) for row in result.outcomes)
    assert (proof.claim, proof.interleavings, proof.outcomes) == ("complete", None, ())
