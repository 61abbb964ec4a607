"""Equivalence classes of interleavings the plain way: all interleavings, and for each who came before whom.

Knows of the package only what an execution tells, and which operations only read: that is the definition.
"""

from collections import Counter, defaultdict

from simulator import interleavings


def key(execution):
    """Which steps there are, and for every two that conflict, which of them came first: equal for equivalent executions."""
    steps, taken = [], Counter()
    total = Counter(event.thread for event in execution.trace)
    ended = set(execution.outcome.returned) | set(execution.outcome.failures)
    for event, word in zip(execution.trace, execution.schedule, strict=True):
        taken[event.thread] += 1
        operation = event.operation
        reads = operation.target is None or operation.target.reads_only(operation, event.answer)
        touched = dict.fromkeys((thing.name for thing in operation.touches), reads)
        if event.thread in execution.program.workers:
            if taken[event.thread] == 1:
                touched.setdefault(event.thread, True)
            if taken[event.thread] == total[event.thread] and event.thread in ended:
                touched[event.thread] = False
        steps.append(((event.thread, taken[event.thread], word), touched))
    ordered = {
        (earlier, later)
        for place, (later, touched) in enumerate(steps)
        for earlier, before in steps[:place]
        if any(thing in before and not (before[thing] and reads) for thing, reads in touched.items())
    }
    return frozenset(ordered), frozenset(step for step, _ in steps)


def classes(program, most=None):
    """Every class of a program: its key, and its interleavings. None if there are more interleavings than wanted."""
    found = defaultdict(list)
    for number, execution in enumerate(interleavings(program)):
        if most is not None and number >= most:
            return None
        found[key(execution)].append(execution)
    return found
