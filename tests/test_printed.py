"""Search for a printed text: found exactly if brute force finds it, the simplest where it promises so, and in the large."""

from functools import partial
from pathlib import Path

import pytest
from brute_force import TooMany, every_run
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import Atomic, Console, Lock, Program, Shared, choose, find, replay, sleep
from simulator.errors import PredicateError, ProgramError, SearchStopped

NOTEBOOK = (Path(__file__).parent / "golden" / "cell-6-output.txt").read_text(encoding="utf-8")
counter, console, lock = Shared("counter", 0), Console(), Lock("lock")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)
    yield from console.print((yield counter.read()))
    yield sleep(0.001)


def for_ever():
    while True:
        yield from increment()


def a_thousand_times():
    for _ in range(1_000):
        yield from increment()


def printer(text):
    yield from console.print(text)


five_and_six = Program(A=partial(printer, 5), B=partial(printer, 6))

# Against brute force -----------------------------------------------------------------------------------------------------

steps = st.sampled_from(
    (
        "read",
        "write 0",
        "write 1",
        "add",
        "print",
        "print it",
        "say a",
        "say ab",
        "acquire",
        "release",
        "try",
        "sleep",
        "await",
    )
)
scripts = st.lists(st.lists(steps, min_size=1, max_size=4).map(tuple), min_size=1, max_size=2)
made_up = st.tuples(scripts, st.lists(st.integers(0, 1), min_size=2, max_size=3))


def performed(script, x, screen, mutex):
    it = 0
    for step in script:
        match step.split():
            case ["read"]:
                it = yield x.read()
            case ["write", value]:
                yield x.write(int(value))
            case ["add"]:
                it = yield x.read()
                yield x.write(it + 1)
            case ["print"]:
                yield from screen.print("a")
            case ["print", "it"]:
                yield from screen.print(it)
            case ["say", text]:
                yield screen.write(text)
            case ["acquire"]:
                yield mutex.acquire()
            case ["release"]:
                yield mutex.release()
            case ["try"]:
                it = int((yield mutex.acquire(blocking=False)))
            case ["sleep"]:
                yield sleep(1)
            case ["await"]:
                yield x.until(lambda value: value > 0)


def cuts(program, screen):
    """For every text that is ever shown, the simplest way there: (preemptions, length, positions), by brute force."""
    simplest = {}
    for run in every_run(program, limit=4_000):
        shown, positions, preemptions = "", (), 0
        record = replay(program, run.schedule).trace
        for index in range(len(run.schedule) + 1):
            if index:
                name = run.schedule[index - 1]
                before = run.schedule[index - 2] if index > 1 else name
                preemptions += name != before and before in run.enabled[index - 1]
                positions += (program.position(name),)
                operation = record[index - 1].operation
                shown += operation.arguments[0] if operation.target is screen else ""
            best = (preemptions, index, positions)
            simplest[shown] = min(simplest.get(shown, best), best)
    return simplest


def agrees_with_brute_force(made, **how):
    bodies, which = made
    x, screen, mutex = Shared("x", 0), Console("screen"), Lock("mutex")
    bodies = [partial(performed, body, x, screen, mutex) for body in bodies]
    program = Program(**{name: bodies[number % len(bodies)] for name, number in zip("ABC", which, strict=False)})
    if sum(map(len, (made[0][number % len(bodies)] for number in which))) > 7:
        return 0
    try:
        known = cuts(program, screen)
    except TooMany:
        return 0
    for text, (preemptions, length, positions) in known.items():
        found = find(program, prints=text, **how)
        assert found is not None, text
        assert found.output == text
        assert (found.preemptions, len(found)) == (preemptions, length)
        assert tuple(map(program.position, found.schedule)) == positions
    texts = {text + more for text in known for more in ("a", "0", "\n", "ab")} - set(known)
    for text in sorted(texts)[:8]:
        assert find(program, prints=text, **how) is None
    return len(known)


@settings(max_examples=50)
@given(made_up)
def test_found_exactly_if_brute_force_finds_it(made):
    assert agrees_with_brute_force(made) >= 0


@settings(max_examples=25)
@given(made_up)
def test_found_without_reductions_too(made):
    assert agrees_with_brute_force(made, symmetry=False, merge=False) >= 0


@pytest.mark.nightly
@given(made_up)
def test_found_exactly_if_brute_force_finds_it_at_length(made):
    assert agrees_with_brute_force(made) >= 0


def test_brute_force_knows_the_torn_lines():
    made = ((("print it",), ("add", "print it")), (0, 1, 1))
    assert agrees_with_brute_force(made) > 20


# In the large ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [for_ever, a_thousand_times])
def test_the_notebook_is_explained_to_the_last_letter(body):
    program = Program.copies(body, 10)
    found = find(program, prints=NOTEBOOK)
    assert replay(program, found.schedule).output == NOTEBOOK
    printed = [event.operation.arguments[0] for event in found.trace if event.operation.target is console]
    assert [int(text) for text in printed if text != "\n"] == list(range(1, 62))


@pytest.mark.parametrize("body", [for_ever, a_thousand_times])
def test_one_more_line_end_is_refuted(body):
    assert find(Program.copies(body, 10), prints=NOTEBOOK.replace("1\n", "1\n\n", 1)) is None


def test_with_a_lock_no_line_is_torn():
    def body():
        while True:
            with (yield lock.acquire()):
                yield from increment()

    program = Program.copies(body, 4)
    assert find(program, prints="1\n2\n3\n4\n5\n").preemptions == 0
    assert find(program, prints="1\n2\n34\n") is None


# What may be asked -------------------------------------------------------------------------------------------------------


def test_the_simplest_of_a_small_program():
    assert str(find(five_and_six, prints="56\n\n").schedule) == "ABBA"
    assert str(find(five_and_six, prints="5").schedule) == "A"
    assert str(find(five_and_six, prints="6\n5").schedule) == "BBA"
    assert find(five_and_six, prints="55") is None
    assert find(five_and_six, prints="56\n\n", simplest=True) == find(five_and_six, prints="56\n\n")


def test_nothing_is_shown_before_anything_is_printed():
    assert len(find(five_and_six, prints="")) == 0
    assert len(find(Program(A=increment), prints="")) == 0


def test_a_program_without_a_console_prints_nothing():
    def thread():
        yield counter.write(1)

    assert find(Program(A=thread, B=thread), prints="1") is None
    assert len(find(Program(A=thread), prints="")) == 0


def test_a_goal_has_to_hold_where_the_text_is_shown():
    finished = find(five_and_six, lambda outcome: outcome.status == "finished", prints="5\n6\n")
    assert str(finished.schedule) == "AABB"
    program = Program.copies(increment, 2)
    ended = find(program, lambda outcome: outcome.status == "finished", prints="1\n1\n")
    assert (ended.outcome.status, ended.output) == ("finished", "1\n1\n")
    assert find(program, lambda outcome: outcome.final[counter] == 2, prints="1\n1\n") is None
    assert find(five_and_six, lambda outcome: outcome.status == "deadlock", prints="5\n6\n") is None


def test_the_search_can_be_kept_within_some_states():
    program = Program.copies(increment, 2)
    assert find(program, prints="2", within=lambda state: state[counter] < 2) is None
    assert find(program, prints="1\n1", within=lambda state: state[counter] < 2) is not None
    assert find(program, prints="", within=lambda state: False) is None


def test_daemons_stop_when_the_others_have_ended():
    def main():
        yield console.write("m")

    def ticker():
        while True:
            yield console.write("t")

    program = Program(M=main, T=ticker, daemons=("T",))
    assert str(find(program, prints="ttm").schedule) == "TTM"
    assert find(program, prints="ttmt") is None
    assert find(program, prints="x") is None


def test_choices_are_part_of_the_search():
    def thread():
        letter = yield choose("a", "b")
        yield console.write(letter)

    program = Program(A=thread, B=thread)
    assert find(program, prints="ba").output == "ba"
    assert find(program, prints="bc") is None


def test_several_consoles_are_told_apart(raises_in_full):
    out, err = Console("out"), Console("err")

    def thread(name):
        yield from out.print(name)
        yield from err.print(name)

    program = Program(A=partial(thread, "a"), B=partial(thread, "b"))
    found = find(program, prints={out: "ab\n\n", err: "b\na\n"})
    assert (found.final[out], found.final[err]) == ("ab\n\n", "b\na\n")
    assert find(program, prints={err: "b\na"}) is not None
    assert find(program, prints={out: "aa"}) is None
    raises_in_full(
        ProgramError,
        "find was expecting a program with one console, but the threads of this one print on out and err.\n\n"
        "    find(program, prints=text)         # incorrect: which of them shows it?\n"
        "    find(program, prints={out: text})  # correct: the others may show anything",
        lambda: find(program, prints="a"),
    )


def test_windows_line_ends_are_noticed(raises_in_full):
    raises_in_full(
        ProgramError,
        "the text that find was given has Windows line ends (\\r\\n), and this program never prints one.\n\n"
        "    prints=text                        # incorrect: no thread prints \\r\n"
        '    prints=text.replace("\\r\\n", "\\n")  # correct',
        lambda: find(five_and_six, prints="5\r\n6\r\n"),
    )

    def windows():
        yield from console.print(5, end="\r\n")

    assert find(Program(A=windows), prints="5\r\n").output == "5\r\n"
    assert find(Program(A=windows), prints="6\r\n") is None


def test_what_is_no_question_is_refused(raises_in_full):
    raises_in_full(
        TypeError,
        "find was expecting a goal, or what is printed: find(program, lambda outcome: …), prints=text",
        lambda: find(five_and_six),
    )
    raises_in_full(
        TypeError,
        "find was expecting a function that judges an outcome, but got the text '56\\n\\n'.\n\n"
        "    find(program, text)         # incorrect: a goal is asked about outcomes\n"
        "    find(program, prints=text)  # correct: what the console shows",
        lambda: find(five_and_six, "56\n\n"),
    )
    raises_in_full(
        TypeError,
        "find was expecting a function that judges an outcome, but got 5",
        lambda: find(five_and_six, 5),
    )
    raises_in_full(
        TypeError,
        "prints was expecting the text that the console shows, but got b'56'.\nDecode it: prints=data.decode()",
        lambda: find(five_and_six, prints=b"56"),
    )


def test_a_console_that_can_be_cleared_is_refused():
    class Slate(Console):
        def transition(self, state, operation, thread):
            return operation.arguments[0], None

    slate = Slate("slate")

    def thread():
        yield slate.write("a")
        yield slate.write("b")

    with pytest.raises(ProgramError, match="needs a console that only grows"):
        find(Program(A=thread), prints="b")


def test_a_budget_that_runs_out_is_no_proof():
    with pytest.raises(SearchStopped, match=r"^the budget of 1,000 states ran out before an execution was found") as caught:
        find(Program.copies(for_ever, 10), prints=NOTEBOOK, max_states=1_000)
    assert caught.value.reason == "the budget of 1,000 states ran out"
    with pytest.raises(SearchStopped):
        find(Program.copies(increment, 4), lambda outcome: False, max_states=100)
    with pytest.raises(ValueError, match="max_states was expecting a positive number"):
        find(five_and_six, prints="5", max_states=0)


def test_a_predicate_that_changes_its_mind_is_refused():
    answers = iter([True, False] * 100)
    with pytest.raises(PredicateError, match="answered True, and False when it was asked again"):
        find(five_and_six, lambda outcome: next(answers))
    calls = []

    def tires(outcome):
        calls.append(outcome)
        return len(calls) > 6

    with pytest.raises(PredicateError, match=r"tires was asked about .* and answered False, and True"):
        find(five_and_six, tires)
    fickle = iter([True, True] * 2 + [False] * 1_000)
    with pytest.raises(PredicateError, match="answered True, and False"):
        find(Program.copies(increment, 2), lambda outcome: True, within=lambda state: next(fickle))


def test_an_atomic_counter_prints_in_any_order_but_never_twice():
    tickets = Atomic("tickets", 1)

    def thread():
        yield console.write(str((yield tickets.add(1))))

    program = Program.copies(thread, 5)
    assert find(program, prints="54321") is not None
    assert find(program, prints="11") is None
