"""Ten threads add one each, and of 2,375,880,867,360,000 interleavings hardly any gets it right.

The program is the one of the first example with ten threads instead of two. It shows how fast the number of interleavings
grows. Nobody can try them all one after the other, and nobody has to: they can be counted.
"""

from math import factorial

from simulator import Program, Shared, explore

counter = Shared("counter", 0)


def increment():  # COUNTER += 1
    value = yield counter.read()
    yield counter.write(value + 1)


program = Program.copies(increment, 10)  # ten threads, A to J


def postcondition(final):
    return final[counter] == 10


if __name__ == "__main__":
    # Each thread takes 2 steps, so n threads can be interleaved in (2n)! / 2^n ways. Only n! of them keep every update:
    # those in which the threads run one after the other, in any order. One thread more multiplies the first number by
    # n (2n - 1) and the second one only by n.
    print("threads           interleavings  keep every update         that is")
    for threads in range(1, 11):
        result = explore(Program.copies(increment, threads))
        right = next(summary for summary in result.outcomes if summary.final[counter] == threads)
        print(f"{threads:7}  {result.interleavings:22,}  {right.interleavings:17,}  1 in {int(1 / right.share):11,}")

        assert result.interleavings == factorial(2 * threads) // 2**threads
        assert right.interleavings == factorial(threads)

    # At a million a second, trying all of the last row would take 75 years. `explore` does not try them one by one. After
    # the same steps in another order the program is often in the same *state* (the same values, every thread at the same
    # place); from there on it can only do the same things. So each state is visited once, and the ways to reach it are
    # added up. The numbers are exact.
    result = explore(program)
    print("\nTen threads:\n")
    print(result)

    # Look at the last row. The share is 1 in 654,729,075, but the probability is 1 in 3,628,800: if chance decides who
    # goes next, then right after a thread has read it must be chosen again, and that is 1 in 10, then 1 in 9, and so on,
    # for fewer and fewer threads are left: 1 in 10 x 9 x ... x 1. (The first example explains the two columns.)
    #
    # Most often the counter ends at 1, 2 or 3: seven or more of ten updates are gone. If your own ten threads end with 10
    # all the same, it is because a real machine seldom interrupts a thread between two steps. It may, and one day it does.
    few = sum(summary.interleavings for summary in result.outcomes if summary.final[counter] <= 3)
    print(f"\nthe counter ends at 1, 2 or 3 in {few / result.interleavings:.1%} of the interleavings")

    assert result.claim == "complete"
    assert result.interleavings == 2_375_880_867_360_000
    assert [summary.final[counter] for summary in result.outcomes] == [2, 1, *range(3, 11)]
    assert result.outcomes[-1].interleavings == factorial(10) == 3_628_800
    assert 1 / result.outcomes[-1].share == 654_729_075
    assert abs(result.outcomes[-1].probability * factorial(10) - 1) < 1e-9
