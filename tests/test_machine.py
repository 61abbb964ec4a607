"""The machine: its narrow interface, what it learns, and the ways in which generators crash CPython."""

import subprocess
import sys
from pathlib import Path

import pytest

from simulator import Lock, Program, Raised, Schedule, Shared, SharedObject, StepLimit, explore, replay, sleep
from simulator.automaton import LIVE_GENERATORS
from simulator.machine import Machine

ROOT = Path(__file__).parent.parent
counter = Shared("counter", 0)
lock = Lock("lock")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def locked():
    with (yield lock.acquire()):
        yield from increment()


def walk(machine, names):
    state = machine.initial
    for name in names:
        state = machine.step(state, machine.code(name))
    return state


def test_states_are_integers_and_a_step_leads_from_one_to_another():
    machine = Machine(Program(A=increment, B=increment))
    assert isinstance(machine.initial, int)
    assert [code for code, _ in machine.moves(machine.initial)] == [machine.code("A"), machine.code("B")]
    assert machine.successors(machine.initial) == [after for _, after in machine.moves(machine.initial)]
    assert machine.step(machine.initial, machine.code("B")) == machine.successors(machine.initial)[1]


def test_going_back_costs_nothing():
    machine = Machine(Program(A=increment, B=increment))
    first = walk(machine, "AABB")
    assert walk(machine, "ABAB") != first
    assert walk(machine, "AABB") == first
    assert machine.outcome(first).final[counter] == 2


def test_a_blocked_thread_and_one_that_has_ended_cannot_step():
    machine = Machine(Program(A=locked, B=locked))
    held = walk(machine, "A")
    assert machine.step(held, machine.code("B")) is None
    assert [code for code, _ in machine.moves(held)] == [machine.code("A")]
    done = walk(machine, "AAAA")
    assert machine.step(done, 0) is None


def test_one_state_for_all_interleavings_that_lead_there():
    machine = Machine(Program(A=increment, B=increment), merge=False)
    assert walk(machine, "AB") == walk(machine, "BA")
    assert walk(machine, "ABBA") == walk(machine, "BAAB")


def test_states_of_an_object_are_told_apart_by_type_as_well():
    def writes(value):
        def body():
            yield counter.write(value)

        return body

    machine = Machine(Program(A=writes(1), B=writes(True), C=writes(1.0)))
    assert len({machine.values(walk(machine, name)).key for name in "ABC"}) == 3


def test_the_machine_tells_what_a_state_means():
    machine = Machine(Program(A=locked, B=locked))
    state = walk(machine, "AA")
    assert machine.waiting(state) == {"A": counter.write(1), "B": lock.acquire()}
    assert machine.values(state)[lock] is True
    assert machine.outcome(state).status == "unfinished"
    assert machine.node(state, 0).place.function == "increment"
    assert machine.node(state, 0).place.caller.function == "locked"


def test_its_executions_are_those_of_the_scheduler():
    program = Program(A=locked, B=increment)
    machine = Machine(program)
    mine = machine.execution(map(machine.code, "ABAABA"))
    assert mine == replay(program, "ABAABA")
    assert mine.trace == replay(program, "ABAABA").trace
    assert mine.schedule == Schedule("ABAABA")


def test_interchangeable_threads_share_one_automaton():
    machine = Machine(Program(A=increment, B=increment, C=locked))
    assert machine.kinds == (0, 0, 2)
    assert len({id(automaton) for automaton in machine._automaton}) == 2


def test_generators_that_were_let_go_of_are_run_again_from_their_start():
    calls = []

    def body():
        calls.append(1)
        for _ in range(9):
            value = yield counter.read()
        return value

    def writer():
        for number in range(9):
            yield counter.write(number)

    machine = Machine(Program(A=body, B=writer), merge=False)
    reached = [machine.initial]
    for _ in range(LIVE_GENERATORS + 200):
        reached += machine.successors(reached[len(reached) // 2])
        reached.append(machine.successors(reached[-1])[0] if machine.successors(reached[-1]) else machine.initial)
    machine.close()
    before = len(calls)
    assert explore(Program(A=body, B=writer), merge=False).interleavings == 48_620
    assert len(calls) > before
    assert machine.successors(machine.initial)  # it still can be asked


def test_a_thread_that_goes_on_for_ever_is_named_with_its_line():
    def counts():
        number = 0
        while True:
            yield counter.write(number)
            number += 1

    with pytest.raises(StepLimit, match=r"^50 steps without an end in thread A, last at test_machine.py:\d+\. Often a spin"):
        explore(Program(A=counts), max_steps=50)


def test_an_object_of_ones_own_needs_nothing_but_a_transition():
    class Ticket(SharedObject):
        def draw(self):
            return self.ask("draw")

        def transition(self, state, operation, thread):
            if state == 3:
                return state, Raised(LookupError, "sold out")
            return state + 1, state

    tickets = Ticket("tickets", 0)

    def buyer():
        yield tickets.draw()
        return (yield tickets.draw())

    result = explore(Program(A=buyer, B=buyer))
    assert result.interleavings == 6
    assert {tuple(one.outcome.failures) for one in result.outcomes} == {("A",), ("B",)}
    assert {one.final[tickets] for one in result.outcomes} == {3}


# Generators that nobody wants any more ---------------------------------------------------------------------------------

CRASHES = {
    "abandoned_inside_with_and_yield_from": """
def inner():
    with (yield lock.acquire()):
        yield x.read()
        yield from deeper()
def deeper():
    with (yield other.acquire()):
        yield x.read()
def body():
    me = []
    with (yield first.acquire()) as guard:
        me.append(guard)
        yield from inner()
for _ in range(50):
    scheduler = Scheduler(Program(A=body, B=body))
    for _ in range(4):
        scheduler.step("A")
    scheduler.cycle = [scheduler, scheduler.bodies]
    del scheduler
    gc.collect()
machine = Machine(Program(A=body, B=body))
state = machine.initial
for _ in range(4):
    state = machine.step(state, 0)
machine.cycle = machine
del machine
gc.collect()
""",
    "a_guard_in_a_cycle_with_its_generator": """
def body():
    guard = yield lock.acquire()
    keep = [guard]
    keep.append(keep)
    with guard:
        yield x.read()
        yield from inner(keep)
def inner(keep):
    with (yield other.acquire()) as second:
        keep.append(second)
        yield x.read()
for count in range(6):
    for _ in range(20):
        scheduler = Scheduler(Program(A=body))
        for _ in range(min(count, 4)):
            scheduler.step("A")
        del scheduler
        gc.collect()
""",
    "a_yield_in_finally_of_an_abandoned_thread": """
def body():
    yield lock.acquire()
    try:
        yield x.read()
        yield x.read()
    finally:
        yield lock.release()
        yield x.write(1)
explore(Program(A=body, B=body))
replay(Program(A=body, B=body), "A")
find(Program(A=body, B=body), lambda outcome: False)
next(interleavings(Program(A=body, B=body)))
scheduler = Scheduler(Program(A=body))
scheduler.step("A")
del scheduler
gc.collect()
""",
    "a_thread_that_catches_its_own_end": """
def body():
    while True:
        try:
            yield x.read()
        except GeneratorExit:
            pass
replay(Program(A=body), "AAA")
gc.collect()
""",
    "asking_where_a_thread_is_while_it_runs": """
def inner():
    with (yield lock.acquire()):
        with (yield other.acquire()):
            return 1
def body():
    yield from inner()
    raise ValueError((yield from inner()))
print(explore(Program(A=body, B=body)).interleavings > 1, file=sys.stderr if 0 else sys.stdout)
""",
}


@pytest.mark.parametrize("name", CRASHES)
def test_generators_that_nobody_wants_any_more_neither_crash_nor_complain(name):
    start = (
        "import gc, sys\nfrom simulator import *\nfrom simulator.machine import Machine\n"
        "x, lock, other, first = Shared('x', 0), Lock('lock'), Lock('other'), Lock('first')\n"
    )
    code = start + CRASHES[name] + "gc.collect()\nprint('alive')\n"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("alive\n")


def test_a_thread_that_is_asleep_for_ever_is_closed_when_its_machine_is():
    closed = []

    def body():
        try:
            yield sleep(1)
            yield sleep(1)
        finally:
            closed.append(1)

    explore(Program(A=body))
    assert closed
