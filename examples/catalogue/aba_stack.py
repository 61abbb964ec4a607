"""ABA: the same value again does not mean that nothing has happened.

A stack without locks is a pointer to its top node; each node points to the one below. To pop: read the top, read what is
below it, and swing the pointer from the one to the other by *compare-and-swap*, which does it only if the top is still what
it was. If somebody was quicker, try again. (R. K. Treiber 1986.)

But the top can be what it *was* without having *stayed* so: popped, and pushed again when more had been taken from under
it. The swap succeeds, and the pointer ends at a node that is no longer on the stack. The cure, as old as the instruction
(IBM System/370): a version number beside the pointer, swapped together with it, which never comes back.
"""

from functools import partial

from simulator import Atomic, Program, Shared, explore
from simulator.render import timeline

NOTHING = "-"

# The stack at the start: x on y. The top is a node and a version.
below = {"x": Shared("below_x", "y"), "y": Shared("below_y", NOTHING)}
top = Atomic("top", ("x", 0))


# `growth` is 1 for the right stack. With 0 the version is always the same, as if there were none.
def pop(growth):
    while True:
        node, version = yield top.read()
        if node == NOTHING:
            return NOTHING
        under = yield below[node].read()
        if (yield top.compare_exchange((node, version), (under, version + growth))):
            return node


def push(node, growth):
    while True:
        under, version = yield top.read()
        yield below[node].write(under)
        if (yield top.compare_exchange((under, version), (node, version + growth))):
            return


def recycle(growth):
    """Take two nodes, keep the second, and put the first one back: as a memory manager does with one that is free again."""
    first = yield from pop(growth)
    second = yield from pop(growth)
    if first != NOTHING:
        yield from push(first, growth)
    return second


program = Program(A=partial(pop, 1), B=partial(recycle, 1))
broken = Program(A=partial(pop, 0), B=partial(recycle, 0))


def on_stack(final):
    """The nodes from the top down."""
    nodes, (node, _) = [], final[top]
    while node != NOTHING:
        nodes.append(node)
        node = final[below[node]]
    return nodes


def whole(outcome):
    """Whether each node is in exactly one place: kept by A, kept by B, or on the stack."""
    kept = [node for node in outcome.returned.values() if node != NOTHING]
    return sorted(kept + on_stack(outcome.final)) == ["x", "y"]


if __name__ == "__main__":
    # The loops have an end: a swap fails only if another thread has got on with its work. (Such programs are *lock-free*:
    # whoever is stopped, the others can go on.) So all interleavings can be counted.
    wrong = explore(broken)
    print("Pointer only:\n")
    print(wrong)

    # A reads x at the top, and y below it. B takes x and y, keeps y, and puts x back: x is at the top, and nothing below
    # it. A's swap finds x, as it should be, and makes y the top: y, which B has kept for itself.
    bad = wrong.example(lambda outcome: not whole(outcome))
    number = sum(row.interleavings for row in wrong.outcomes if not whole(row.outcome))
    print(f"\n{number} of {wrong.interleavings:,} interleavings give y away twice:\n")
    print(timeline(bad))

    # With a version the same swap fails, and A tries again.
    result = explore(program)
    print("\nPointer and version:\n")
    print(result)

    assert (wrong.claim, wrong.interleavings, number) == ("complete", 3_021, 21)
    assert (bad.outcome.returned, on_stack(bad.final)) == ({"A": "x", "B": "y"}, ["y"])
    assert (result.claim, result.interleavings, len(result.outcomes)) == ("complete", 3_021, 4)
    assert all(whole(row.outcome) for row in result.outcomes)
