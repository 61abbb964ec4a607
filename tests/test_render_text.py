"""The timeline as text."""

from golden_pictures.deadlocked import abandoned, counter, lost, opposite, racy, self_deadlock

from simulator import Execution, Lock, Program, Queue, Shared, replay
from simulator.render import timeline


def test_the_timeline_looks_like_the_one_in_a_failed_check():
    assert timeline(replay(racy, "ABBA"), caption=False) == (
        "step  A                    B\n"
        "   1  counter.read() -> 0\n"
        "   2                       counter.read() -> 0\n"
        "   3                       counter.write(1)\n"
        "   4  counter.write(1)"
    )


def test_the_caption_is_the_schedule_and_the_outcome():
    assert timeline(replay(racy, "ABBA")).endswith("\n\nschedule ABBA: counter = 1")


def test_a_deadlock_ends_in_who_waits():
    execution = replay(opposite, "AB")
    assert timeline(execution) == (
        "step  A                         B\n"
        "   1  left.acquire() -> True\n"
        "   2                            right.acquire() -> True\n"
        "      A waits: right.acquire()\n"
        "                                B waits: left.acquire()\n"
        "\n"
        f"schedule AB: {execution.outcome}"
    )
    assert "C waits: orders.get()" in timeline(replay(lost, "PC"))
    assert "B waits: lock.acquire()" in timeline(replay(abandoned, "A"), caption=False)
    assert "A failed: ValueError: boom" in timeline(replay(abandoned, "A"))


def test_a_run_that_can_go_on_waits_for_nothing():
    assert "waits" not in timeline(replay(opposite, "A"))


def test_no_step_at_all():
    execution = replay(racy, "")
    assert timeline(execution) == f"step  A  B\n\nno steps: {execution.outcome}"
    assert timeline(replay(Program(), ""), caption=False) == "step"


def test_one_thread():
    assert timeline(replay(self_deadlock, "A"), caption=False) == (
        "step  A\n   1  lock.acquire() -> True\n      A waits: lock.acquire()"
    )


def test_threads_that_fit_have_a_column_each():
    lines = timeline(replay(Program.copies(racy.threads["A"], 6), "ABCDEF"), caption=False).split("\n")
    assert lines[0].split() == ["step", *"ABCDEF"]
    assert [line.index("counter") for line in lines[1:]] == [lines[0].index(name) for name in "ABCDEF"]


def test_more_threads_than_fit_share_one_column():
    lines = timeline(replay(Program.copies(racy.threads["A"], 10), "ABCDEFGHIJ"), caption=False).split("\n")
    assert lines[:2] == ["step  thread: step", "   1  A: counter.read() -> 0"]
    assert lines[10] == "  10  J: counter.read() -> 0"


def test_a_thread_that_failed_says_so_after_its_last_step():
    lock = Lock("lock")

    def faulty():
        with (yield lock.acquire()):
            raise ValueError("boom")

    def late():
        yield from ()
        raise KeyError("x")

    assert timeline(replay(Program(A=faulty, B=late, C=racy.threads["A"]), "AACC"), caption=False) == (
        "step  A                          B                       C\n"
        "                                 B fails: KeyError: 'x'\n"
        "   1  lock.acquire() -> True\n"
        "   2  lock.release()\n"
        "      A fails: ValueError: boom\n"
        "   3                                                     counter.read() -> 0\n"
        "   4                                                     counter.write(1)"
    )


def test_no_line_ends_in_a_space():
    for program, schedule in ((racy, "ABBA"), (opposite, "AB"), (racy, "")):
        for line in timeline(replay(program, schedule), locations=True).split("\n"):
            assert line == line.rstrip()


def test_locations_add_the_line_and_its_source():
    assert timeline(replay(racy, "AA"), caption=False, locations=True) == (
        "step  A                    B  line\n"
        "   1  counter.read() -> 0     deadlocked.py:58: value = yield counter.read()\n"
        "   2  counter.write(1)        deadlocked.py:59: yield counter.write(value + 1)"
    )


def test_long_values_are_shortened_in_the_middle():
    queue = Queue("queue")

    def body():
        yield queue.put("x" * 500)
        yield queue.get()

    lines = timeline(replay(Program(A=body), "AA"), caption=False).split("\n")
    assert lines[1] == f"   1  queue.put('{'x' * 29}…{'x' * 17}')"
    assert lines[2] == f"   2  queue.get() -> '{'x' * 39}…{'x' * 18}'"


def test_line_ends_and_control_characters_are_spelled_out():
    class Odd(str):
        __slots__ = ()

        def __repr__(self):
            return "two\nlines\x07"

    def body():
        yield Shared("odd", "").write(Odd())

    try:
        execution = replay(Program(A=body), "A")
    except TypeError:  # such a value is refused already
        return
    assert "two\\nlines\\x07" in timeline(execution, caption=False)


def test_wide_characters_take_two_columns():
    def body():
        yield Shared("計数", 0).read()

    lines = timeline(replay(Program(A=body, B=racy.threads["A"]), "AB"), caption=False).split("\n")
    assert lines[0] == "step  A                 B"
    assert lines[1] == "   1  計数.read() -> 0"


def test_long_executions_are_folded_in_the_middle():
    def spin():
        for _ in range(300):
            yield counter.read()

    lines = timeline(replay(Program(A=spin), "A*300"), caption=False).split("\n")
    assert len(lines) == 1 + 40 + 1 + 40
    assert lines[40:43] == [
        "  40  counter.read() -> 0",
        "   …  220 steps folded (41 to 260)",
        " 261  counter.read() -> 0",
    ]
    assert len(timeline(replay(Program(A=spin), "A*200"), caption=False).split("\n")) == 201


def test_an_execution_from_a_file_has_the_same_timeline():
    for program, schedule in ((racy, "ABBA"), (opposite, "AB")):
        execution = replay(program, schedule)
        assert timeline(Execution.from_json(execution.to_json()), caption=False) == timeline(execution, caption=False)


def test_the_same_execution_is_the_same_text():
    assert timeline(replay(opposite, "AB")) == timeline(replay(opposite, "AB"))
