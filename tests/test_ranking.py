"""The k-th interleaving and back: against every interleaving that brute force, or the list of them, knows."""

import math
import random
from contextlib import closing
from itertools import pairwise, product

import pytest
from brute_force import every_run
from golden.table import TABLE, TEN
from hypothesis import assume, given, settings
from made_up import programs, small_enough
from made_up_primitives import (
    barrier_programs,
    condition_programs,
    queue_programs,
    semaphore_programs,
    worker_programs,
)

from simulator import (
    Lock,
    Program,
    Queue,
    Schedule,
    ScheduleError,
    Semaphore,
    Shared,
    SharedObject,
    SimulatorError,
    StepLimit,
    Worker,
    choose,
    explore,
    index_of,
    interleaving,
    interleavings,
    replay,
    sleep,
)
from simulator.exploration.budget import Watch
from simulator.exploration.completions import Completions, Endless, Lengths, StoppedCounting, TooManyStates
from simulator.exploration.ranking import NoSuchInterleaving, rank, unranked
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

x = Shared("x", 0)
lock = Lock("lock")
MOST_INTERLEAVINGS = 300
TOTAL = math.factorial(20) // 2**10
both = pytest.mark.parametrize(("merge", "symmetry"), list(product((True, False), repeat=2)))


def step(*times):
    def body():
        for _ in times or (0,):
            yield sleep(1)

    return body


def toss():
    yield x.write((yield choose("heads", "tails", "edge")))


def spins():
    while not (yield x.read()):
        pass


def counts_for_ever():
    number = 0
    while True:
        number += 1
        yield x.write(number)


def check_against(program, schedules):
    """All the interleavings, given in order: each has its number, and each number its interleaving."""
    for merge, symmetry in product((True, False), repeat=2):
        machine = Machine(program, merge=merge, keep_all=True)
        with closing(machine):
            completions = Completions(machine, Folding(machine, wanted=symmetry))
            assert completions.of(machine.initial) == len(schedules)
            paths = [unranked(machine, completions, k) for k in range(len(schedules))]
            assert [machine.schedule(path) for path in paths] == schedules
            assert [rank(machine, completions, Schedule(schedule)) for schedule in schedules] == list(range(len(schedules)))
            lengths = Lengths(machine, Folding(machine, wanted=symmetry))
            assert lengths.of(machine.initial) == max(map(len, schedules))
    for k in sorted({0, len(schedules) // 2, len(schedules) - 1}):
        assert interleaving(program, k).schedule == schedules[k]
        assert index_of(program, schedules[k]) == k


@settings(max_examples=20)
@given(programs())
def test_every_interleaving_of_made_up_programs_has_its_number(made):
    built = small_enough(made, MOST_INTERLEAVINGS)
    check_against(built.program, [run.schedule for run in every_run(built.program, 20 * MOST_INTERLEAVINGS)])


@pytest.mark.nightly
@given(programs())
def test_every_interleaving_of_thousands_of_made_up_programs_has_its_number(made):
    built = small_enough(made, MOST_INTERLEAVINGS)
    check_against(built.program, [run.schedule for run in every_run(built.program, 20 * MOST_INTERLEAVINGS)])


@pytest.mark.parametrize(
    "strategy",
    [worker_programs(), condition_programs(), barrier_programs(), semaphore_programs(Semaphore), queue_programs(Queue)],
    ids=["workers", "conditions", "barriers", "semaphores", "queues"],
)
def test_made_up_programs_of_every_primitive_have_their_numbers(strategy):
    @settings(max_examples=6)
    @given(strategy)
    def check(made):
        assume(0 < (explore(made.program, max_states=1_000, max_steps=200).interleavings or 0) <= MOST_INTERLEAVINGS)
        check_against(made.program, [execution.schedule for execution in interleavings(made.program)])

    check()


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
@both
def test_the_golden_programs_have_their_numbers(row, merge, symmetry):
    listed = list(interleavings(row.program))
    for k in sorted({0, 1, len(listed) // 3, len(listed) - 1}):
        found = interleaving(row.program, k, merge=merge, symmetry=symmetry)
        assert found == listed[k]
        assert found.preemptions == listed[k].preemptions
        assert index_of(row.program, found, merge=merge, symmetry=symmetry) == k


def test_one_of_two_quadrillion_interleavings_is_found_directly_and_back():
    drawn = random.Random(7)
    numbers = sorted([0, TOTAL - 1, 123_456_789_012, *(drawn.randrange(TOTAL) for _ in range(2))])
    found = [interleaving(TEN, k).schedule for k in numbers]
    assert str(found[0]) == "AABBCCDDEEFFGGHHIIJJ"
    assert str(found[-1]) == "JJIIHHGGFFEEDDCCBBAA"
    assert all(first < second for first, second in pairwise(found))
    assert [index_of(TEN, schedule) for schedule in found] == numbers


def test_a_schedule_is_taken_in_every_form():
    program = Program(A=step(1, 2), B=step())
    assert index_of(program, "ABA") == index_of(program, ["A", "B", "A"]) == index_of(program, Schedule("ABA")) == 1
    assert index_of(program, replay(program, "ABA")) == 1


def test_choices_are_numbered_in_the_order_of_their_options():
    program = Program(A=toss, B=step())
    listed = [execution.schedule for execution in interleavings(program)]
    check_against(program, listed)
    assert str(interleaving(program, 1).schedule) == "A=0 B A"
    assert index_of(program, "A=2 B A") == listed.index(Schedule(("A=2", "B", "A")))


def test_daemons_and_workers_are_numbered_too():
    worker = Worker("W", step())

    def main():
        yield worker.start()
        yield x.write(1)

    check_against(Program(main=main, W=worker), [e.schedule for e in interleavings(Program(main=main, W=worker))])
    program = Program(daemons=("G",), A=step(), G=step(1, 2, 3))
    listed = [execution.schedule for execution in interleavings(program)]
    assert [str(schedule) for schedule in listed] == ["A", "GA", "GGA", "GGGA"]
    check_against(program, listed)


def test_a_program_without_steps_has_one_interleaving():
    program = Program(A=lambda: iter_nothing())
    assert interleaving(program, 0).schedule == Schedule()
    assert index_of(program, "") == 0
    assert interleaving(Program(), 0).schedule == Schedule()


def iter_nothing():
    yield from ()


class Baton(SharedObject):
    """Mentions threads, and does not say what becomes of that when they change names: cannot be folded."""

    def take(self):
        return self.ask("take")

    def transition(self, state, operation, thread):
        return (*state, thread), len(state)


def test_programs_that_cannot_be_folded_are_ranked_without():
    baton = Baton("baton", ())

    def takes():
        yield baton.take()
        yield baton.take()

    program = Program.copies(takes, 3)
    check_numbers = [execution.schedule for execution in interleavings(program)]
    assert [interleaving(program, k).schedule for k in (0, 45, 89)] == [check_numbers[k] for k in (0, 45, 89)]
    assert index_of(program, check_numbers[45]) == 45


def test_what_makes_the_machine_begin_again_is_ranked_all_the_same():
    box = Queue("box")

    def joins():
        yield sleep(1)
        yield box.join()

    def puts():
        yield box.put(1)
        yield box.get()
        yield box.task_done()

    program = Program(A=joins, B=puts)
    listed = list(interleavings(program))
    assert [interleaving(program, k) for k in range(len(listed))] == listed
    assert [index_of(program, execution.schedule) for execution in listed] == list(range(len(listed)))


@pytest.mark.parametrize("k", [-1, 6, 10**30])
def test_a_number_beyond_the_end_is_an_index_error(k, raises_in_full):
    program = Program(A=step(1, 2), B=step(1, 2))
    error = raises_in_full(
        NoSuchInterleaving,
        f"interleaving(program, k) got k = {k:,}, but the program has 6 interleavings: they are numbered from 0 to 5.",
        lambda: interleaving(program, k),
    )
    assert error.interleavings == 6
    assert isinstance(error, IndexError)
    assert isinstance(error, SimulatorError)


@pytest.mark.parametrize("k", [1.0, "1", True, None])
def test_what_is_no_number_is_a_type_error(k):
    with pytest.raises(TypeError, match="expecting the number of an interleaving, from 0, but got"):
        interleaving(Program(A=step()), k)


def test_a_schedule_that_does_not_fit_is_refused_as_replay_refuses_it():
    program = Program(A=step(), B=step())
    for schedule in ("AA", "AC", "A=1 B"):
        with pytest.raises(ScheduleError) as caught:
            replay(program, schedule)
        with pytest.raises(ScheduleError) as here:
            index_of(program, schedule)
        assert str(here.value) == str(caught.value)


def test_a_schedule_that_is_not_complete_is_no_interleaving(raises_in_full):
    program = Program(A=step(1, 2), B=step(1, 2))
    error = raises_in_full(
        ScheduleError,
        "the schedule 'AB' is no interleaving yet: it stops where A and B can still step.\n"
        "index_of was expecting a schedule up to the end. 2 interleavings begin like this: numbers 1 to 2.",
        lambda: index_of(program, "AB"),
    )
    assert (error.step, error.enabled) == (3, ("A", "B"))
    raises_in_full(
        ScheduleError,
        "the schedule 'AA' is no interleaving yet: it stops where B can still step.\n"
        "index_of was expecting a schedule up to the end. 1 interleaving begins like this: number 0.",
        lambda: index_of(program, "AA"),
    )


def test_a_schedule_that_goes_on_when_only_daemons_are_left_is_no_interleaving(raises_in_full):
    program = Program(daemons=("G",), A=step(), G=step(1, 2, 3))
    error = raises_in_full(
        ScheduleError,
        "step 2 of 'AGG' wants G, but the execution has ended by then: only G can go on, as daemon.\n"
        "The interleaving is 'A'.",
        lambda: index_of(program, "AGG"),
    )
    assert (error.step, error.wanted) == (2, "G")


def test_endless_programs_have_no_numbers(raises_in_full):
    def sets():
        yield x.write(1)

    program = Program(A=spins, B=sets)
    message = (
        "Program(A=spins, B=sets) has endlessly many interleavings: it can come back to a state in which it was before, "
        "and go round for\never. So they have no numbers, and none can be drawn uniformly. Often a spin loop: wait with a "
        "blocking operation\nsuch as lock.acquire() or shared.until(predicate), or give the loop a bound. What needs no "
        'numbers: run, find,\nexplore, or sample with method="walk".'
    )
    raises_in_full(Endless, message, lambda: interleaving(program, 0))
    raises_in_full(Endless, message, lambda: index_of(program, "BA"))
    with pytest.raises(StepLimit):
        interleaving(Program(A=counts_for_ever), 0, max_steps=50)


def test_counting_stops_where_a_budget_ends():
    machine = Machine(TEN)
    with closing(machine):
        with pytest.raises(TooManyStates):
            Completions(machine, Folding(machine, wanted=False), max_states=1_000).of(machine.initial)
        with pytest.raises(StoppedCounting, match=r"could not be counted: the budget of 100 states ran out, after 2,048"):
            Completions(machine, Folding(machine, wanted=False), Watch(100, None, False)).of(machine.initial)
