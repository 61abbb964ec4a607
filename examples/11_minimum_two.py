"""As little as 2: ten threads add one a thousand times each, and the counter may end at 2.

How bad can a lost update get? Many guess that at least one thread's additions survive, so that the counter is 1000 or more.
It can be 2, however many threads there are and however often they add. Less is impossible.
"""

from functools import partial
from itertools import groupby

from simulator import Program, Shared, explore, find, replay

counter = Shared("counter", 0)


def increment(times):  # for _ in range(times): COUNTER += 1
    for _ in range(times):
        value = yield counter.read()
        yield counter.write(value + 1)


def threads(number, times):
    return Program.copies(partial(increment, times), number)


program = threads(2, 3)
notebook = threads(10, 1000)


def postcondition(final):
    return final[counter] >= 2


def worst(number, times):
    """A schedule that ends with 2, as text: see below. `times` is at least 2."""
    others = " ".join(f"{name}*{2 * times}" for name in threads(number, times).names[2:])
    return " ".join(f"A B*{2 * times - 2} {others} A*2 B A*{2 * times - 3} B".split())


def runs(execution):
    """The steps of an execution, put together as long as the same thread goes on: (events, the counter afterwards)."""
    value = 0
    for _, events in groupby(execution.trace, key=lambda event: event.thread):
        events = list(events)
        for event in events:
            value = event.answer if event.operation == counter.read() else event.operation.arguments[0]
        yield events, value


def compact(execution):
    """One line for each run of steps."""
    lines = [f"{'steps':>16}  thread  {'first':24}{'last':24}  counter"]
    shown = 0
    for events, value in runs(execution):
        first, last = (f"{event.operation}".removeprefix("counter.") for event in (events[0], events[-1]))
        first += f" -> {events[0].answer}" if events[0].answer is not None else ""
        last += f" -> {events[-1].answer}" if events[-1].answer is not None else ""
        numbers = f"{shown + 1:,}" + (f" to {shown + len(events):,}" if len(events) > 1 else "")
        shown += len(events)
        lines.append(f"{numbers:>16}  {events[0].thread:6}  {first:24}{last if len(events) > 1 else '':24}  {value:7,}")
    return "\n".join(lines)


if __name__ == "__main__":
    # `find` answers the simplest execution with the outcome you ask for, or None, and None is a proof: there is none.
    print("two threads, n additions each\n")
    print("n  interleavings  of which end with 2  less than 2        simplest schedule that ends with 2")
    for times in range(1, 7):
        small = threads(2, times)
        result = explore(small)
        two = find(small, lambda outcome: outcome.final[counter] == 2)
        less = find(small, lambda outcome: outcome.final[counter] < 2)
        number = next(row.interleavings for row in result.outcomes if row.final[counter] == 2)
        possible = f"yes: {less.schedule}" if less else "impossible"
        print(f"{times}  {result.interleavings:13,}  {number:19}  {possible:17}  {two.schedule}")

        assert result.claim == "complete"
        assert two.final[counter] == 2
        assert (less is None) == (times > 1)
        if times >= 3:
            assert number == 8
            assert two == replay(small, worst(2, times))

    # From three on there is a pattern. A reads 0 and falls asleep. B adds, all but its last time. A wakes up and writes 1,
    # and all of B's work is gone. Now B reads this 1 for its last addition and falls asleep. A does all the rest. Then B
    # wakes up and writes 1 + 1 = 2, and all of A's work is gone too.
    print("\nthe pattern, for n = 3\n")
    print(compact(replay(threads(2, 3), worst(2, 3))))

    # Why not 1? The last write of all is the last step of some thread, and it writes one more than that thread has read.
    # To write 1 it must have read 0. But that was not its first addition (n is 2 or more): it has written before, and after
    # the first write of anybody the counter is never 0 again.
    #
    # The program of the notebook, ten threads and a thousand additions each, is too big to explore, but not to replay. The
    # other threads simply do all their work while A sleeps for the first time. `B*1998` means 1,998 steps of B.
    schedule = worst(10, 1000)
    execution = replay(notebook, schedule)
    print("\nten threads, a thousand additions each\n")
    print(f"schedule {schedule}\n")
    print(compact(execution))
    print(f"\n{len(execution):,} steps, 10,000 additions, COUNTER == {execution.final[counter]}")

    assert len(execution) == 20_000
    assert execution.outcome.status == "finished"
    assert execution.final[counter] == 2
    for number, times in [(2, 2), (2, 3), (2, 1000), (3, 2), (5, 10), (26, 4)]:
        assert replay(threads(number, times), worst(number, times)).final[counter] == 2
