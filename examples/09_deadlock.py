"""Deadlock: two locks, taken in opposite order, and nobody can ever move again.

A holds ``left`` and wants ``right``; B holds ``right`` and wants ``left``. Each waits for the other, politely and for ever.
Four things must come together for that (Coffman and others, 1971): only one thread can hold a lock; threads hold one while
they wait for another; nobody can take a lock away; and they wait in a circle. Break any of the four and it cannot happen.
"""

# ruff: noqa: SIM117 (one line for each lock, so that a message can name the line)

from simulator import Lock, Program, explore
from simulator.analysis import explain_deadlock, find_cycle, wait_for_graph
from simulator.render import timeline

left = Lock("left")
right = Lock("right")


def left_then_right():
    with (yield left.acquire()):
        with (yield right.acquire()):
            pass  # both are ours


def right_then_left():
    with (yield right.acquire()):
        with (yield left.acquire()):
            pass


program = Program(A=left_then_right, B=right_then_left)
fixed = Program(A=left_then_right, B=left_then_right)

if __name__ == "__main__":
    # Six interleavings, and two of them deadlock: those in which each thread gets its first lock before the other one
    # goes for its second.
    result = explore(program)
    print(result)

    # Two steps are enough. The last lines are no steps: a thread that waits cannot step.
    stuck = result.deadlocks[0].example
    print()
    print(timeline(stuck))

    # A *wait-for graph* has an arrow from each thread that waits to the thread it waits for. A circle of arrows means that
    # none of those threads can go on: each would have to move first. To draw it:
    #     python -m simulator draw examples/09_deadlock.py wait-for --schedule AB -o wait-for.svg
    graph = wait_for_graph(stuck)
    print("\nWho waits for whom:\n")
    for waiting, holder, edge in graph.edges(data=True):
        print(f"{waiting} --{edge['object']}--> {holder}")
    print(f"\nIn words:\n\n{explain_deadlock(stuck)}")

    # After the first step nobody waits yet. The circle closes with the second.
    print("\nstep  arrows")
    for step in range(len(stuck) + 1):
        edges = wait_for_graph(stuck, step=step).edges
        print(f"{step:4}  {', '.join(f'{waiting} -> {holder}' for waiting, holder in edges) or 'none'}")

    # The cure: agree on one order of all locks, and take them in that order everywhere. Then there can be no circle, for
    # somewhere in it a thread would have to hold a later lock while it waits for an earlier one.
    cured = explore(fixed)
    print("\nBoth take left first:\n")
    print(cured)

    # Why do programs with such a mistake run for years? A real thread seldom stops just between its two acquires.
    # That makes a deadlock rare. It does not make it impossible, and `explore` looks at what is possible.
    assert (result.claim, result.interleavings) == ("complete", 6)
    assert sum(row.interleavings for row in result.deadlocks) == 2
    assert str(stuck.schedule) == "AB"
    assert sorted(graph.edges) == [("A", "B"), ("B", "A")]
    assert find_cycle(graph) == ("A", "B")
    assert explain_deadlock(stuck).kind == "circular wait"
    assert (cured.claim, cured.interleavings, cured.deadlocks) == ("complete", 2, ())
