"""Michael and Scott's queue: first in, first out, without a lock.

A chain of nodes, with pointers to its two ends; the first node is a dummy. To put: swing the last node's ``next`` from
nothing to the new node by compare-and-swap, and then, in a second step, the tail pointer. Between the two the tail lags
behind. Whoever finds it so helps it along first, and so nobody ever waits for a thread that has been stopped in the middle.
(M. M. Michael and M. L. Scott, Simple, fast, and practical non-blocking and blocking concurrent queue algorithms, 1996. It
is the ConcurrentLinkedQueue of Java.)

Is it right? A queue is *linearizable* if every operation seems to happen in one step, somewhere between its beginning and
its end. So whatever it answers, a queue whose operations are one step each must be able to answer as well. We ask both.

Small as it is (nodes are never used again, which would need versions as in aba_stack.py), it has over a thousand million
interleavings with three threads.
"""

from functools import partial

from simulator import Atomic, Program, Queue, explore, interleavings
from simulator.render import timeline

NOTHING = None
NODES = ("dummy", "a", "b")
head = Atomic("head", "dummy")
tail = Atomic("tail", "dummy")
after = {node: Atomic(f"after_{node}", NOTHING) for node in NODES}


def put(node):
    while True:
        last = yield tail.read()
        following = yield after[last].read()
        if (yield tail.read()) != last:
            continue  # it has moved on while we looked
        if following is not NOTHING:
            yield tail.compare_exchange(last, following)  # help
        elif (yield after[last].compare_exchange(NOTHING, node)):
            yield tail.compare_exchange(last, node)  # if it fails, somebody has helped us
            return


def get():
    while True:
        first = yield head.read()
        last = yield tail.read()
        following = yield after[first].read()
        if (yield head.read()) != first:
            continue
        if first == last:
            if following is NOTHING:
                return "empty"
            yield tail.compare_exchange(last, following)  # help
        elif (yield head.compare_exchange(first, following)):
            return following  # which is the new dummy


# Without the compare-and-swap: see that there is nothing after the last node, then write.
def careless_put(node):
    while True:
        last = yield tail.read()
        if (yield after[last].read()) is NOTHING:
            yield after[last].write(node)
            yield tail.write(node)
            return


# The queue that it is compared with: each operation is one step.
ideal = Queue("ideal")


def ideal_put(node):
    yield ideal.put(node)


def ideal_get():
    if (yield ideal.empty()):
        return "empty"
    return (yield ideal.get(block=False))


def contents(final):
    """What is in the chain after the dummy."""
    found, node = [], final[after[final[head]]]
    while node is not NOTHING:
        found.append(node)
        node = final[after[node]]
    return tuple(found)


def answers(result, contents):
    """What the threads were answered and what is left in the queue: every combination that is possible."""
    return {(tuple(row.outcome.returned.values()), contents(row.final)) for row in result.outcomes}


program = Program(P=partial(put, "a"), Q=partial(put, "b"))
mixed = Program(P=partial(put, "a"), Q=partial(put, "b"), C=get)
one_each = Program(P=partial(put, "a"), C=get)
broken = Program(P=partial(careless_put, "a"), Q=partial(careless_put, "b"))


def postcondition(final):
    return sorted(contents(final)) == ["a", "b"] and final[after[final[tail]]] is NOTHING


# With one consumer there is nobody between `empty` and `get` who could take the item, so that the two are as good as one.
SAME = {
    "two put": (program, Program(P=partial(ideal_put, "a"), Q=partial(ideal_put, "b"))),
    "one puts, one gets": (one_each, Program(P=partial(ideal_put, "a"), C=ideal_get)),
    "two put, one gets": (mixed, Program(P=partial(ideal_put, "a"), Q=partial(ideal_put, "b"), C=ideal_get)),
}


def before(execution, first, second):
    """Whether one thread had ended before the other one began."""
    schedule = tuple(execution.schedule)
    return max(i for i, name in enumerate(schedule) if name == first) < schedule.index(second)


if __name__ == "__main__":
    counts = {}
    print(f"{'':18}  interleavings  states  possible answers")
    for name, (real, model) in SAME.items():
        result = explore(real)
        found = answers(result, contents)
        print(f"{name:18}  {result.interleavings:13,}  {result.states:6,}  {len(found):16}")
        assert result.claim == "complete"
        assert found == answers(explore(model), lambda final: final[ideal])
        counts[name] = (result.interleavings, len(found))
    print("Each time they are exactly those of a queue whose operations are one step each.")

    # And the one step stands between beginning and end: who had finished before the other one began, comes first.
    every = list(interleavings(program))
    for execution in every:
        assert not before(execution, "P", "Q") or contents(execution.final) == ("a", "b")
        assert not before(execution, "Q", "P") or contents(execution.final) == ("b", "a")
    for execution in interleavings(one_each):
        assert not before(execution, "P", "C") or execution.outcome.returned["C"] == "a"
        assert not before(execution, "C", "P") or execution.outcome.returned["C"] == "empty"

    # The interesting ones are those in which one thread finds the tail lagging behind, and moves it for the other one.
    helping = tail.compare_exchange("dummy", "a")
    helped = [
        one for one in every for event in one.trace if (event.thread, event.operation, event.answer) == ("Q", helping, True)
    ]
    print(f"\nQ helps P in {len(helped)} of {len(every)} interleavings:\n")
    print(timeline(min(helped, key=lambda execution: execution.preemptions)))

    # Without compare-and-swap one node replaces the other after the dummy, and what was put is gone.
    wrong = explore(broken)
    lost = [row for row in wrong.outcomes if not postcondition(row.final)]
    print("\nRead, then write:\n")
    print(wrong)
    print()
    print(timeline(wrong.example(lambda outcome: not postcondition(outcome.final))))

    assert counts == {
        "two put": (772, 2),
        "one puts, one gets": (216, 2),
        "two put, one gets": (1_493_739_424, 4),
    }
    assert all(postcondition(execution.final) for execution in every)
    assert (len(every), len(helped)) == (772, 210)
    assert (wrong.claim, wrong.interleavings, len(wrong.outcomes), len(lost)) == ("complete", None, 6, 4)
