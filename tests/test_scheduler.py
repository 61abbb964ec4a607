"""What a step is: the definition of what a program means."""

import pytest
from brute_force import every_run
from golden.table import TABLE

from simulator import (
    Console,
    FirstEnabled,
    Follow,
    Lock,
    Program,
    Queue,
    RandomWalk,
    Schedule,
    ScheduleError,
    Scheduler,
    Shared,
    StepLimit,
    replay,
    run,
    sleep,
)

counter, other = Shared("counter", 0), Shared("other", 0)
lock, second = Lock("lock"), Lock("second")
console = Console()
orders = Queue("orders", maxsize=1)


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def locked():
    with (yield lock.acquire()):
        yield from increment()


def alone(body):
    return run(Program(A=body))


def steps(body):
    """What a thread does when it is alone, one text for each step."""
    return [str(event.operation) for event in alone(body).trace]


def test_every_yield_of_an_operation_is_one_step():
    assert steps(increment) == ["counter.read()", "counter.write(1)"]


def test_leaving_a_with_block_is_a_step_of_its_own():
    assert steps(locked) == ["lock.acquire()", "counter.read()", "counter.write(1)", "lock.release()"]


def test_the_release_comes_before_whatever_the_thread_yields_next():
    def body():
        with (yield lock.acquire()):
            pass
        yield counter.read()

    assert steps(body) == ["lock.acquire()", "lock.release()", "counter.read()"]


def test_nested_blocks_are_released_from_the_inside_out():
    def body():
        with (yield lock.acquire()), (yield second.acquire()):
            yield counter.read()
        yield other.read()

    assert steps(body) == [
        *("lock.acquire()", "second.acquire()", "counter.read()", "second.release()", "lock.release()", "other.read()")
    ]


def test_a_return_from_inside_owes_the_release_too():
    def body():
        with (yield lock.acquire()):
            return 5

    execution = alone(body)
    assert [str(event.operation) for event in execution.trace] == ["lock.acquire()", "lock.release()"]
    assert execution.outcome.returned == {"A": 5}
    assert replay(Program(A=body), "A").outcome.returned == {}  # it has not ended before the release


def test_release_is_owed_after_a_crash():
    def body():
        with (yield lock.acquire()):
            raise ValueError("boom")

    execution = alone(body)
    assert [str(event.operation) for event in execution.trace] == ["lock.acquire()", "lock.release()"]
    assert (execution.outcome.failures, execution.final[lock]) == ({"A": "ValueError: boom"}, False)
    assert replay(Program(A=body), "A").outcome.failures == {}


def test_the_release_stands_at_its_with_line():
    trace = alone(locked).trace
    assert trace[3].location.line == trace[0].location.line
    assert trace[3].location.function == "locked"


def test_a_release_by_hand_inside_the_block_makes_the_owed_one_fail_where_the_thread_is_by_then():
    def body():
        with (yield lock.acquire()):
            yield lock.release()
        try:
            yield counter.read()
        except RuntimeError as error:
            return str(error)

    execution = alone(body)
    assert [event.thread for event in execution.trace] == ["A"] * 3
    assert execution.outcome.returned == {"A": "release unlocked lock"}

    def ends():
        with (yield lock.acquire()):
            yield lock.release()

    assert alone(ends).outcome.failures == {"A": "RuntimeError: release unlocked lock"}


def test_an_owed_release_failing_does_not_forget_the_others():
    def body():
        with (yield lock.acquire()), (yield second.acquire()):
            yield second.release()
        yield counter.read()

    execution = alone(body)
    assert [str(event.operation) for event in execution.trace][-2:] == ["second.release()", "lock.release()"]
    assert execution.outcome.failures == {"A": "RuntimeError: release unlocked lock"}
    assert execution.final[lock] is False


def test_local_code_belongs_to_the_step_before_it():
    log = []

    def body(name):
        def thread():
            log.append(f"{name} starts")
            yield sleep(1)
            log.append(f"{name} after its first step")
            yield sleep(1)

        return thread

    with Scheduler(Program(A=body("A"), B=body("B"))) as scheduler:
        assert log == ["A starts", "B starts"]
        scheduler.step("B")
        assert log[2:] == ["B after its first step"]


def test_a_thread_with_nothing_left_is_finished_without_a_step():
    def nothing():
        return 3
        yield

    execution = alone(nothing)
    assert (len(execution), execution.outcome.status, execution.outcome.returned) == (0, "finished", {"A": 3})


def test_blocking_is_not_a_step():
    with Scheduler(Program(A=locked, B=locked)) as scheduler:
        scheduler.step("A")
        assert scheduler.enabled() == ("A",)
        assert not scheduler.is_enabled("B")
        with pytest.raises(ScheduleError, match=r"^B is blocked: lock.acquire\(\)"):
            scheduler.step("B")
        assert [event.thread for event in scheduler.trace] == ["A"]


def test_a_thread_that_has_ended_cannot_step():
    with Scheduler(Program(A=increment)) as scheduler:
        scheduler.step("A")
        scheduler.step("A")
        with pytest.raises(ScheduleError, match=r"^A has ended and cannot step"):
            scheduler.step("A")


def test_a_thread_that_fails_keeps_what_it_holds_and_the_others_go_on():
    def fails():
        yield lock.acquire()
        raise ValueError("boom")

    execution = replay(Program(A=fails, B=increment, C=locked), "ABB")
    assert execution.outcome.status == "deadlock"
    assert execution.outcome.failures == {"A": "ValueError: boom"}
    assert (execution.final[counter], execution.final[lock]) == (1, True)
    assert execution.waiting == {"C": lock.acquire()}


def test_a_thread_that_fails_before_its_first_step_takes_none():
    def fails():
        raise ValueError("boom")
        yield

    execution = run(Program(A=fails, B=increment))
    assert (execution.schedule, execution.outcome.failures) == (Schedule("BB"), {"A": "ValueError: boom"})


def test_exceptions_of_operations_are_raised_inside_the_thread_and_can_be_caught():
    def body():
        try:
            yield lock.release()
        except RuntimeError:
            yield counter.write(5)

    execution = alone(body)
    assert execution.final[counter] == 5
    assert str(execution.trace[0]) == "A: lock.release() -> raises RuntimeError: release unlocked lock"


def test_a_refused_acquire_is_always_enabled_and_answers_false():
    def body():
        first = yield lock.acquire()
        tried = yield lock.acquire(blocking=False)
        timed = yield lock.acquire(timeout=2)
        return first, tried, timed

    returned = alone(body).outcome.returned["A"]
    assert returned == (True, False, False)
    assert [type(answer) for answer in returned] == [bool, bool, bool]


def test_what_an_acquire_answered_is_shared_as_a_plain_bool():
    def body():
        got = yield lock.acquire(blocking=False)
        yield counter.write(got)
        yield other.write((got, (got, 1)))
        yield orders.put(got)

    final = alone(body).final
    assert final[counter] is True
    assert final[other][0] is True
    assert final[other][1][0] is True
    assert final[orders][0] is True


def test_printing_is_two_steps_and_sleeping_is_one():
    def body():
        yield from console.print("x")
        yield sleep(3)

    assert steps(body) == ["console.write('x')", r"console.write('\n')", "sleep(3)"]


def test_a_thread_that_waits_for_itself_is_a_deadlock():
    def body():
        yield lock.acquire()
        yield lock.acquire()

    execution = alone(body)
    assert (execution.outcome.status, execution.waiting) == ("deadlock", {"A": lock.acquire()})


def test_an_execution_is_finished_when_only_daemons_are_left():
    def serves():
        while True:
            yield orders.get()

    def asks():
        yield orders.put(1)

    program = Program(S=serves, A=asks, daemons=("S",))
    assert run(program, strategy=FirstEnabled()).schedule == Schedule("A")
    assert run(program).outcome.status == "finished"
    assert replay(program, "AS").outcome.status == "finished"


# Strategies -------------------------------------------------------------------------------------------------------------


def test_the_first_enabled_thread_runs_until_it_ends_or_blocks():
    assert str(run(Program(A=increment, B=increment)).schedule) == "AABB"
    assert str(run(Program(A=locked, B=locked), strategy=FirstEnabled()).schedule) == "AAAABBBB"


def test_the_same_seed_makes_the_same_run_and_some_seed_another():
    program = Program(A=increment, B=increment, C=increment)
    assert run(program, seed=7) == run(program, seed=7)
    assert len({run(program, seed=seed).schedule for seed in range(20)}) > 5
    assert str(run(program, strategy=RandomWalk(7)).schedule) == str(run(program, seed=7).schedule) == "BABACC"


def test_following_a_schedule_is_just_a_strategy():
    program = Program(A=increment, B=increment)
    assert run(program, strategy=Follow(Schedule("ABA"))) == replay(program, "ABA")


def test_any_object_with_the_one_method_is_a_strategy():
    class Last:
        def next_thread(self, enabled, step):
            return enabled[-1] if step < 3 else None

    assert str(run(Program(A=increment, B=increment), strategy=Last()).schedule) == "BBA"


def test_a_strategy_that_chooses_who_cannot_step_is_told():
    class Stubborn:
        def next_thread(self, enabled, step):
            return "B"

    with pytest.raises(ScheduleError, match=r"^the strategy chose B, which cannot step\. Enabled: A, C\."):
        run(Program(A=locked, B=increment, C=locked), strategy=Stubborn())


def test_a_run_without_an_end_is_stopped():
    def spins():
        while not (yield counter.read()):
            pass

    with pytest.raises(StepLimit) as caught:
        run(Program(A=spins), max_steps=100)
    assert caught.value.steps == 100


def test_a_run_of_exactly_as_many_steps_as_allowed_is_no_error():
    assert len(run(Program(A=increment, B=increment), max_steps=4)) == 4


# Replaying ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_replaying_does_what_brute_force_says(row):
    for one in list(every_run(row.program))[::7]:
        execution = replay(row.program, one.schedule)
        assert execution.outcome.status == one.status
        assert {thing.name: value for thing, value in execution.final.items()} == one.final
        assert execution.preemptions == one.preemptions
        assert list(execution.waiting) == list(one.waiting)


def test_a_replay_stops_where_its_schedule_does():
    execution = replay(Program(A=increment, B=increment), "ABA")
    assert (execution.outcome.status, list(execution.waiting)) == ("unfinished", ["B"])


def test_long_repeats_are_replayed():
    def many():
        for _ in range(500):
            yield from increment()

    execution = replay(Program(A=many, B=many), "A*999 B*1000 A")
    assert execution.final[counter] == 500
    assert str(execution.schedule) == "A*999 B*1000 A"


def test_a_schedule_can_be_given_in_every_form():
    program = Program(producer=increment, B=increment)
    spellings = ["producer B*2 producer", ["producer", "B", "B", "producer"], Schedule(["producer", "B", "B", "producer"])]
    assert len({replay(program, spelling) for spelling in spellings}) == 1
    assert replay(program, replay(program, spellings[0])) == replay(program, spellings[0])


def test_objects_start_anew_in_every_run():
    for _ in range(2):
        assert replay(Program(A=increment), "AA").final[counter] == 1
