"""Torn output: why two threads that print 5 and 6 can show ``56`` on one line, and then an empty line.

``print(5)`` writes twice: first the text, then the end of the line. Another thread can come between the two, as between the
read and the write of ``COUNTER += 1``. The screen is shared data like any other.
"""

from simulator import Console, Lock, Program, explore, find
from simulator.render import timeline

console = Console()
lock = Lock("lock")


def printer(number):
    def body():
        yield from console.print(number)  # two steps: the text, the end of the line

    return body


def polite_printer(number):
    def body():
        with (yield lock.acquire()):
            yield from console.print(number)

    return body


def writer(number):
    def body():
        yield console.write(f"{number}\n")  # one step: the end of the line is part of the text

    return body


program = Program(A=printer(5), B=printer(6))
locked = Program(A=polite_printer(5), B=polite_printer(6))
one_write = Program(A=writer(5), B=writer(6))
three = Program(A=printer(21), B=printer(22), C=printer(23))


def postcondition(final):
    return final[console] in ("5\n6\n", "6\n5\n")


if __name__ == "__main__":
    # The same six interleavings as for two threads with two steps each in the first example; only what one sees differs.
    # `\n` is the end of a line.
    result = explore(program)
    print(result)

    # Four of the six are torn. The simplest one that shows exactly "56", end of line, and an empty line:
    torn = find(program, lambda outcome: outcome.final[console] == "56\n\n")
    print("\nHow it comes about:\n")
    print(timeline(torn, caption=False))
    print("\nWhat it looks like:\n")
    print("\n".join(f"  | {line}".rstrip() for line in torn.output.split("\n")[:-1]))

    # The number of line ends is always right: a torn line is paid back as an empty one later. With three threads all
    # three numbers can stand in one line, and two empty ones follow; the three line ends can come in 3! = 6 orders.
    wide = next(row for row in explore(three).outcomes if row.final[console] == "212223\n\n\n")
    print(
        f"\nThree threads print 212223 in one line in {wide.interleavings} of {explore(three).interleavings} interleavings"
    )

    # Two ways to mend it. Print while holding a lock, the same one everywhere; or write text and line end together. Which
    # number comes first is still open, as it should be: nobody said.
    print("\nPrint under a lock:\n")
    print(explore(locked))
    print("\nOne write:\n")
    print(explore(one_write))

    assert result.interleavings == 6
    assert {row.final[console]: row.interleavings for row in result.outcomes} == {
        "56\n\n": 2,
        "65\n\n": 2,
        "5\n6\n": 1,
        "6\n5\n": 1,
    }
    assert torn.output == "56\n\n"
    assert str(torn.schedule) == "ABBA"
    assert (wide.interleavings, explore(three).interleavings) == (6, 90)
    for mended in (locked, one_write):
        assert explore(mended).interleavings == 2
        assert all(postcondition(row.final) for row in explore(mended).outcomes)
