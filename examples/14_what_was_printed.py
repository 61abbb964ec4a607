"""What was printed: the notebook's torn numbers, explained to the last line end; and a text that cannot have been printed.

Ten threads of the notebook ran ``COUNTER += 1; print(COUNTER); time.sleep(0.001)`` over and over until somebody stopped
them. What they printed is below, as it stands in the notebook: 61 numbers, in order, and none is missing. Only the line ends
are not where one would expect them. *Can* this program do that, if every step does what we say it does? Then there is a
schedule that prints exactly this, and `find` finds it. If there were none, our idea of what a step is would be wrong.
"""

from simulator import Console, Program, Shared, explore, find

counter = Shared("counter", 0)
console = Console()

NOTEBOOK = """\
1
2
3
4
56

78
9
10
11

12
13
14
15
16
1718
1920
212223


24

25
26
272829


30

3132333435363738
39





40414243
4445


46
474849


50




51
5253545556575859







6061"""


def increment():  # one turn of the loop
    value = yield counter.read()  # COUNTER += 1
    yield counter.write(value + 1)
    yield from console.print((yield counter.read()))  # print(COUNTER): a read, the text, the end of the line


def increment_for_ever():  # nobody knows how many turns they made before they were stopped
    while True:
        yield from increment()


program = Program(A=increment, B=increment)
lecture = Program.copies(increment_for_ever, 10)


def lines(text):
    return "\n".join(f"  | {line}".rstrip() for line in text.split("\n"))


if __name__ == "__main__":
    # Two threads, one turn each. All that can be seen on the screen at the end:
    result = explore(program, observe=lambda final: final[console])
    shown = sorted({summary.observed for summary in result.outcomes})
    print("Two threads, one turn each, can print:", ", ".join(map(repr, shown)))

    # The first torn line of the notebook is the fifth one. `prints` cuts the execution where exactly this is shown.
    first_torn = find(lecture, prints="1\n2\n3\n4\n56\n\n")
    print(f"\nThe first torn line:\n\n{lines(first_torn.output)}\n")
    print(f"One way to get there: {first_torn.schedule}. The end of it:\n")
    print("\n".join(f"  {event}" for event in first_torn.trace[-8:]))

    # In words: one thread has written the text 5. Before it can write the end of its line, the other one adds one, reads 6
    # and writes that, right behind the 5. Then come two line ends: the first ends the line 56, and the second one makes an
    # empty line. Nothing was lost and nothing was printed twice; two prints were interleaved.
    whole = find(lecture, prints=NOTEBOOK)
    threads = len(set(whole.schedule))
    print(f"\nThe whole notebook: {len(whole)} steps of {threads} threads, {whole.preemptions} preemptions.")

    # Which lines are a surprise? Where eight numbers stand in one line, eight threads were between their text and their
    # line end at the same time; the line ends follow, the numbers do not come back.
    most = max(NOTEBOOK.split("\n"), key=len)
    print(f"The longest line, {most}, was written by", end=" ")
    texts = [event for event in whole.trace if event.operation.target is console and event.operation.arguments != ("\n",)]
    wrote = {event.operation.arguments[0]: event.thread for event in texts}
    numbers = [most[place : place + 2] for place in range(0, len(most), 2)]
    print(", ".join(wrote[number] for number in numbers))

    # And now the same text with one more line end after the 1. It looks no stranger than the original. But a line end is
    # printed only after a number; after the first number only one can be owed. So it cannot be. `find` does not know this
    # argument: it has looked at everything that can happen up to there, and answers None, which is a proof.
    altered = NOTEBOOK.replace("1\n", "1\n\n", 1)
    refuted = find(lecture, prints=altered)
    print(f"\nThe same with one more line end after the 1: {refuted}")

    assert first_torn.output == "1\n2\n3\n4\n56\n\n"
    assert whole.output == NOTEBOOK
    assert [int(event.operation.arguments[0]) for event in texts] == list(range(1, 62))
    assert len({wrote[number] for number in numbers}) == len(numbers) == 8
    assert refuted is None
    assert shown == ["1\n1\n", "1\n2\n", "11\n\n", "12\n\n", "2\n1\n", "2\n2\n", "21\n\n", "22\n\n"]
