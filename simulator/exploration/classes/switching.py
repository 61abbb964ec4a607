"""The member of an equivalence class with the fewest preemptions.

The members of a class are the orders in which its steps can be taken with none before what happens before it. Whether it
is a preemption to leave a thread depends on the state, and so on which steps have been taken. So the search goes over pairs
of a set of steps taken and the thread that stepped last, breadth first, with what costs nothing in front (E. W. Dijkstra's
algorithm for costs of 0 and 1). There are few such sets where most steps are ordered, and very many where few are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from simulator.exploration.classes.steps import Step, StepTable

Pair = tuple[int, int]
"""The steps taken, as a set of places (bits), and the thread that stepped last."""


def fewest_preemptions(
    table: StepTable, steps: Sequence[Step], pasts: Sequence[int], most: int | None = None
) -> tuple[int, list[Step]] | None:
    """Answer the fewest preemptions of any member of the class of `steps`, and its steps.

    ``pasts[i]`` tells what happens before step `i`, itself included, as a set of places (bits). None if every member has
    more than ``most`` preemptions.
    """
    everything = (1 << len(steps)) - 1
    threads: dict[int, list[int]] = {}
    for place, step in enumerate(steps):
        threads.setdefault(step.thread, []).append(place)
    came_from: dict[Pair, tuple[Pair, int]] = {}
    nowhere: Pair = (0, -1)
    waiting = deque([(nowhere, nowhere, -1, table.machine.initial, (0,) * len(table.machine.program.names), 0)])
    while waiting:
        pair, origin, place, state, counts, cost = waiting.popleft()
        if pair in came_from:
            continue
        came_from[pair] = (origin, place)
        taken, last = pair
        if taken == everything:
            return cost, _way(came_from, pair, steps)
        leaving = int(last >= 0 and bool(table.options(state, last)))
        for thread in sorted(threads, key=lambda thread: (thread == last, -thread)):  # what is put in front last goes first
            if counts[thread] == len(threads[thread]):
                continue
            place = threads[thread][counts[thread]]
            after = (taken | 1 << place, thread)
            price = cost + (leaving if thread != last else 0)
            if pasts[place] & ~after[0] or after in came_from or (most is not None and price > most):
                continue
            advanced = (*counts[:thread], counts[thread] + 1, *counts[thread + 1 :])
            entry = (after, pair, place, state + steps[place].delta, advanced, price)
            if price == cost:
                waiting.appendleft(entry)
            else:
                waiting.append(entry)
    return None


def _way(came_from: dict[Pair, tuple[Pair, int]], pair: Pair, steps: Sequence[Step]) -> list[Step]:
    way: list[Step] = []
    while True:
        pair, place = came_from[pair]
        if place < 0:
            return way[::-1]
        way.append(steps[place])
