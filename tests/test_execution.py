"""The record of a run: what it says, and that it can be written down and read back."""

import json

import pytest
from brute_force import every_run
from hypothesis import given, settings
from made_up import programs, small_enough

from simulator import (
    Console,
    Execution,
    Lock,
    Outcome,
    Program,
    Queue,
    Schedule,
    ScheduleError,
    Shared,
    explore,
    interleavings,
    replay,
    run,
)
from simulator.outcome import Final

counter, other = Shared("counter", 0), Shared("other", "text")
lock = Lock("lock")
console = Console()
orders = Queue("orders")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def locked():
    with (yield lock.acquire()):
        yield from increment()
    return "done"


racy = Program(A=increment, B=increment)


def test_the_trace_says_who_did_what_and_what_was_answered_and_where():
    trace = replay(racy, "ABAB").trace
    assert [str(event) for event in trace] == [
        "A: counter.read() -> 0",
        "B: counter.read() -> 0",
        "A: counter.write(1)",
        "B: counter.write(1)",
    ]
    assert [event.index for event in trace] == [0, 1, 2, 3]
    assert (trace[2].thread, trace[2].operation, trace[2].answer) == ("A", counter.write(1), None)
    line = increment.__code__.co_firstlineno
    assert [str(event.location) for event in trace] == [f"test_execution.py:{line + step}" for step in (1, 1, 2, 2)]
    assert trace[0].location.source == "value = yield counter.read()"
    assert trace[0].location.function == "increment"


def test_a_location_knows_who_called():
    trace = replay(Program(A=locked), "AAAA").trace
    assert [event.location.function for event in trace] == ["locked", "increment", "increment", "locked"]
    assert trace[1].location.caller.function == "locked"
    assert trace[1].location.caller.caller is None


def test_executions_are_values():
    assert replay(racy, "ABAB") == replay(racy, "ABAB")
    assert replay(racy, "ABAB") != replay(racy, "ABBA")
    assert len({replay(racy, "ABAB"), replay(racy, "ABAB"), replay(racy, "AB")}) == 2
    assert replay(racy, "ABAB") != "ABAB"
    assert (len(replay(racy, "ABA")), repr(replay(racy, "ABA"))) == (3, "Execution('ABA': unfinished, counter = 1)")


def test_an_execution_without_steps_is_still_one():
    assert replay(racy, "")
    assert replay(racy, "").outcome.status == "unfinished"


def test_the_waiting_threads_are_told_with_what_they_wait_for():
    assert replay(Program(A=locked, B=locked), "AA").waiting == {"A": counter.write(1), "B": lock.acquire()}
    assert replay(racy, "AABB").waiting == {}


def test_preemptions_are_counted_where_the_thread_could_have_gone_on():
    assert replay(racy, "AABB").preemptions == 0
    assert replay(racy, "ABAB").preemptions == 2
    assert replay(racy, "ABBA").preemptions == 1
    assert replay(Program(A=locked, B=locked), "AAAABBBB").preemptions == 0


def test_final_values_can_be_asked_for_by_object_and_by_name():
    final = replay(racy, "AB").final
    assert (final[counter], final["counter"], dict(final)) == (0, 0, {counter: 0})
    assert final[other] == "text"  # untouched: as it started
    with pytest.raises(KeyError, match="no shared object is called 'other'; those that were used are: counter"):
        final["other"]
    with pytest.raises(KeyError):
        final[3]


def test_a_name_that_could_mean_two_objects_is_refused():
    final = Final({Shared("both", 0): 1, Lock("both"): True})
    with pytest.raises(KeyError, match=r"could be Shared.*and Lock"):
        final["both"]


def test_an_object_that_was_not_touched_counts_as_one_that_is_as_it_started():
    assert Final({counter: 0}) == Final({})
    assert Final({counter: 1}) != Final({})
    assert Final({counter: False}) != Final({})
    assert Final({counter: 1}) != Final({counter: True})


def test_final_values_are_shown_in_the_order_in_which_the_objects_were_made():
    assert list(Final({orders: (), lock: True, counter: 1})) == [counter, lock, orders]


def test_outcomes_are_told_apart_by_type_as_well():
    def outcome(value):
        return Outcome("finished", Final({counter: value}), {}, {"A": value})

    assert len({outcome(1), outcome(True), outcome(1.0), outcome(1)}) == 3


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome("finished", Final({}), {}, {"A": None}), "finished"),
        (Outcome("finished", Final({counter: 0, lock: False, orders: ()}), {}, {}), "counter = 0"),
        (Outcome("deadlock", Final({counter: 1, lock: True}), {}, {}), "deadlock, counter = 1, lock still locked"),
        (Outcome("finished", Final({orders: (1,)}), {"A": "ValueError: x"}, {}), "orders = (1,), A failed: ValueError: x"),
        (Outcome("finished", Final({console: "5\n"}), {}, {"A": 3, "B": None}), "printed '5\\n', A returned 3"),
    ],
)
def test_an_outcome_is_one_line(outcome, text):
    assert str(outcome) == text


def test_the_output_is_what_the_consoles_show():
    def prints():
        yield from console.print("a", "b", sep="-")

    assert run(Program(A=prints)).output == "a-b\n"
    assert replay(Program(A=prints, B=prints), "AB").output == "a-ba-b"


# JSON ------------------------------------------------------------------------------------------------------------------


def test_an_execution_is_read_back_as_it_was_written():
    execution = replay(Program(A=locked, B=increment), "ABAAAB")
    again = Execution.from_json(execution.to_json())
    assert again.schedule == execution.schedule == Schedule("ABAAAB")
    assert again.to_json() == execution.to_json()
    assert list(map(str, again.trace)) == list(map(str, execution.trace))
    assert [again.final[counter], again.final["counter"], again.final[lock]] == [1, 1, False]
    assert again.outcome.returned == {"A": "done", "B": None}
    assert replay(Program(A=locked, B=increment), again) == execution


@settings(max_examples=40)
@given(programs())
def test_executions_of_made_up_programs_are_read_back_and_fit_their_program(made):
    built = small_enough(made, 60)
    for run_ in list(every_run(built.program))[:5]:
        execution = replay(built.program, run_.schedule)
        again = Execution.from_json(execution.to_json())
        assert again.to_json() == execution.to_json()
        assert replay(built.program, again) == execution


def test_unusual_values_are_known_by_their_text():
    def writes():
        yield counter.write((1, float("inf"), frozenset({2}), None, "é"))
        return 1j

    execution = run(Program(A=writes))
    again = Execution.from_json(execution.to_json())
    assert repr(again.final["counter"]) == "(1, inf, frozenset({2}), None, 'é')"
    assert again.final["counter"][0] == 1
    assert repr(again.outcome.returned["A"]) == "1j"
    assert "é" in execution.to_json()


def test_an_execution_of_another_program_is_refused_with_its_step(raises_in_full):
    def decrement():
        value = yield counter.read()
        yield counter.write(value - 1)

    recorded = Execution.from_json(replay(racy, "AB" * 2).to_json())
    error = raises_in_full(
        ScheduleError,
        "step 3 of the recorded execution was A: counter.write(1), but this program does A: counter.write(-1).\n"
        "The execution was recorded from another program, or from another version of this one.",
        lambda: replay(Program(A=decrement, B=increment), recorded),
    )
    assert (error.step, error.wanted, error.enabled) == (3, "A", ("A", "B"))


def test_an_execution_with_other_threads_is_refused():
    recorded = Execution.from_json(replay(racy, "AB").to_json())
    with pytest.raises(ScheduleError, match="there is no thread B"):
        replay(Program(A=increment, C=increment), recorded)


GOOD = json.loads(replay(racy, "ABAB").to_json())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON: "),
        ("{", "this is not JSON: "),
        ("[]", "this JSON is no execution: "),
        ("3", "this JSON is no execution: "),
        ("{}", "this JSON is no execution: "),
        ('{"format": "simulator exploration"}', "this JSON is no execution: "),
        (json.dumps({**GOOD, "version": 99}), "this execution has version 99; only 1 can be read"),
        (json.dumps({**GOOD, "schedule": "ABAX"}), ".*step 4 of 'ABAX' wants X, but there is no thread X"),
        (json.dumps({**GOOD, "schedule": "A**"}), ".*cannot read 'A\\*\\*'"),
        (json.dumps({**GOOD, "schedule": 3}), "this execution is damaged: "),
        (json.dumps({**GOOD, "schedule": "ABA"}), "this execution is damaged: .* its trace does not take the steps"),
        (json.dumps({**GOOD, "trace": []}), "this execution is damaged: .* its trace does not take the steps"),
        (json.dumps({**GOOD, "trace": None}), "this execution is damaged: "),
        (json.dumps({**GOOD, "trace": [{}]}), "this execution is damaged: "),
        (json.dumps({**GOOD, "outcome": []}), "this execution is damaged: "),
        (json.dumps({**GOOD, "outcome": {}}), "this execution is damaged: "),
        (json.dumps({**GOOD, "waiting": 3}), "this execution is damaged: "),
    ],
)
def test_damaged_files_are_refused(text, message):
    with pytest.raises(ScheduleError, match=f"^{message}"):
        Execution.from_json(text)


@pytest.mark.parametrize("missing", sorted(set(GOOD) - {"format", "version"}))
def test_a_file_with_a_part_missing_is_refused(missing):
    with pytest.raises(ScheduleError, match=f"^this execution is damaged: KeyError: '{missing}'"):
        Execution.from_json(json.dumps({name: part for name, part in GOOD.items() if name != missing}))


def test_what_an_exploration_lists_can_be_written_down_too():
    for execution in interleavings(racy):
        assert replay(racy, Execution.from_json(execution.to_json())) == execution
    example = explore(racy).outcomes[0].example
    assert replay(racy, Execution.from_json(example.to_json())) == example
