"""More than fits: what can still be known where nobody could list all interleavings.

Ten threads that add one have 2,375,880,867,360,000 interleavings. At a million a second, listing them takes 75 years. Here
are five ways not to list them. Three of them miss no outcome:

1. Count states, not interleavings. Then any interleaving can be had by its number, too.
2. Look at one interleaving of each *class*: swapping neighbouring steps that do not conflict changes nothing.
3. Notice that threads have nothing to do with each other.

The other two look at a part only, and say which part, and what follows from it:

4. Look at the interleavings with few preemptions.
5. Draw some at random.
"""

from math import comb, factorial

from simulator import Program, Shared, count_classes, explore, index_of, interleaving, representatives, sample
from simulator.render import timeline

counter = Shared("counter", 0)


def increment(counter=counter):  # COUNTER += 1
    value = yield counter.read()
    yield counter.write(value + 1)


program = Program.copies(increment, 3)
ten = Program.copies(increment, 10)


def pairs(number):
    """Pairs of threads; each pair adds to a counter of its own."""
    counters = [Shared(f"counter{pair}", 0) for pair in range(number)]
    return Program(
        **{
            f"{name}{pair}": (lambda counter=counter: increment(counter))
            for pair, counter in enumerate(counters)
            for name in "AB"
        }
    )


if __name__ == "__main__":
    # 1. Many interleavings lead to one state, and from there on they have the same future. So it is enough to count, for
    # each state, how many ways lead to an end. These numbers also say how many interleavings begin with A, with AA, with
    # AB, …; so one finds number k as one finds a page in a book: not by reading the pages before it.
    result = explore(ten)
    half = result.interleavings // 2
    middle = interleaving(ten, half)
    back = index_of(ten, middle.schedule)
    print(f"Ten threads: {result.headline()}")
    print(f"number {half:,} is {middle.schedule}, and ends with {middle.final}")
    print(f"and {middle.schedule} is number {back:,}")

    # 2. The order of two reads does not matter if they are neighbours: ABABCC and BAABCC are one class. All interleavings
    # of a class end alike, so one of each will do, and all the others are never looked at. There is a coarser way to put
    # them together: which read reads from which write. Then the order of writes that nobody reads does not matter either.
    print("\nthreads  interleavings  classes  reads-from classes")
    for number in (1, 2, 3, 4):
        few = Program.copies(increment, number)
        numbers = explore(few).interleavings, count_classes(few), count_classes(few, equivalence="reads-from")
        print(f"{number:7}  {numbers[0]:13,}  {numbers[1]:7}  {numbers[2]:18}")
        assert numbers[0] == factorial(2 * number) // 2**number
        assert numbers[1] == factorial(number) ** 2
    chosen = list(representatives(program))
    print(f"\nOne of the {len(chosen)} classes of three threads. Nobody could tell who read first, B or C:\n")
    one = next(execution for execution in chosen if str(execution.schedule) == "AABCCB")
    print(timeline(one))
    print(f"\n{explore(program, by='classes')}")

    # 3. Pairs that share nothing. The pairs are found, each is explored alone, and numbers multiply. Two executions of four
    # steps can be shuffled in comb(8, 4) = 70 ways, so that two pairs have 6 * 6 * 70 interleavings.
    print("\npairs  interleavings")
    for number in (1, 2, 3, 10):
        apart = explore(pairs(number), observe=lambda final: sum(final.values()))
        print(f"{number:5}  {apart.interleavings:,}")
        assert apart.interleavings == 6**number * factorial(4 * number) // factorial(4) ** number
        assert apart.claim == "complete"
        assert len(apart.groups) == (number if number > 1 else 0)
    worst = apart.example(lambda outcome: sum(outcome.final.values()) == 10)
    print(f"\n{apart.states} states were walked for the last line. All ten pairs can lose an update at once:")
    print(f"{worst.schedule}, with {worst.preemptions} preemptions.")

    # 4. A preemption: another thread steps although the last one could have gone on. A bug seldom needs many of them; this
    # one needs a single one. With none everything is fine, with one nine updates of ten can be lost: A reads 0 and is
    # preempted; the others do all their work; A writes 1. Within the bound everything was looked at. Beyond it, nothing.
    print("\npreemptions    interleavings  ends with  claim")
    for preemptions in (0, 1, 2):
        bounded = explore(ten, preemptions=preemptions)
        ends = sorted(summary.final[counter] for summary in bounded.outcomes)
        shown = f"{ends[0]} to {ends[-1]}" if len(ends) > 1 else f"{ends[0]}"
        lost = 10 - ends[0]
        assert (bounded.claim, lost) == ("bounded", 9 if preemptions else 0)
        print(f"at most {preemptions}    {bounded.interleavings:13,}  {shown:9}  {bounded.claim.word}")
    enough = explore(program, preemptions=3)
    print(f"\nThree threads, at most 3 preemptions: {enough.interleavings} interleavings, claim {enough.claim.word}:")
    print("no interleaving of them has more, so that nothing was left out.")

    # 5. A sample. Random walks: at every step each enabled thread is equally likely. They estimate the probability, and we
    # have the exact one beside it. What they never saw may still happen: here it does.
    walks = sample(ten, runs=1_000, seed=7)
    seen = {summary.final[counter]: summary.runs for summary in walks.outcomes}
    print(f"\n{walks.headline()}")
    print(walks.sample.guarantee)
    print("\ncounter  runs of 1,000  exact probability")
    for summary in sorted(result.outcomes, key=lambda summary: summary.final[counter]):
        value = summary.final[counter]
        print(f"{value:7}  {seen.get(value, 0):13}  {summary.probability:17.7%}")
    print(f"\nclaim: {walks.claim}")

    assert result.interleavings == factorial(20) // 2**10 == 2_375_880_867_360_000
    assert back == half
    assert index_of(program, "AABCCB") == 2
    assert (len(chosen), count_classes(program, preemptions=1)) == (36, 24)
    assert (enough.claim, enough.interleavings) == ("complete", 90)
    assert 10 not in seen
    assert (walks.claim, sum(seen.values())) == ("sampled", 1_000)
    assert explore(pairs(2)).interleavings == 6 * 6 * comb(8, 4)
