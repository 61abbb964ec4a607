"""What is never read again does not distinguish places in a thread, and nothing else is left out.

Every program here is walked by three machines: with liveness, without it, and without any merging. All have the same
interleavings and outcomes, and none has more states than the next.
"""

# ruff: noqa: B023, C416, F841 (variables that are never read, or too late: that is what the traps are made of)

import inspect
import math
import sys
import weakref
from collections import Counter
from dataclasses import dataclass
from functools import partial
from inspect import currentframe as whoever_calls

import pytest
from hypothesis import assume, given, note, settings
from made_up import build, programs, smaller

from simulator import Lock, Program, Queue, Shared, explore
from simulator.bytecode import place_of
from simulator.errors import NondeterministicProgram
from simulator.liveness import dead_locals, looks_at_frames
from simulator.machine import Machine
from simulator.objects.values import Same

x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)
lock = Lock("lock")
queue = Queue("queue")


def set_x():
    yield x.write(1)


# What is dead where -----------------------------------------------------------------------------------------------------


def dead_at_yields(function):
    """For each yield that a run comes to: which of its variables are dead there. Answers 0 to all."""
    generator, dead = function(), []
    try:
        next(generator)
        while True:
            dead.append(dead_locals(Same(generator.gi_code), generator.gi_frame.f_lasti))
            generator.send(0)
    except StopIteration:
        return [" ".join(sorted(names)) for names in dead]


def test_a_value_is_dead_after_its_last_use_and_before_its_first():
    def body():
        first = yield 1
        second = yield 2
        yield first
        yield second

    assert dead_at_yields(body) == ["first second", "second", "first", "first second"]


def test_a_value_lives_round_a_loop():
    def body():
        last = None
        for number in (1, 2):
            yield last
            last = number
        yield 3

    assert dead_at_yields(body) == ["last", "last", "last number"]


def test_an_exception_may_come_at_the_yield():
    def body():
        kept, caught = 1, 2
        try:
            kept = yield 1
            kept = yield 2
        except ValueError:
            yield kept
        yield 3
        return caught

    assert dead_at_yields(body) == ["", "", "kept"]


def test_deleting_is_reading():
    def body():
        kept = gone = 1
        yield 1
        del gone
        yield kept

    assert dead_at_yields(body) == ["", "gone kept"]


def test_variables_of_inner_functions_are_always_alive():
    def body():
        shared = mine = yield 1
        yield 2
        shared = 3

        def inner():
            return shared

        inner()
        yield mine

    assert dead_at_yields(body) == ["inner mine", "inner", "inner mine"]


def test_a_comprehension_that_reuses_a_name_counts_as_a_read_in_every_version():
    def body():
        n = 1
        yield 1
        numbers = [n for n in (1, 2)]
        yield numbers
        n = {n: [n for n in (n,)] for n in (1, 2)}
        yield 3

    assert dead_at_yields(body) == ["numbers", "numbers", "n numbers"]


def test_a_comprehension_with_a_function_of_its_own_leaves_nothing_dead():
    def body():
        n = yield 1
        n = yield [lambda: n for n in (1, 2)]
        yield 3
        return n

    assert dead_at_yields(body) == ["", "", ""]


def test_nothing_is_dead_in_a_generator_that_has_not_begun():
    def body(argument):
        argument = 1
        yield argument

    generator = body(2)
    assert dead_locals(Same(generator.gi_code), generator.gi_frame.f_lasti) == frozenset()


def test_the_condition_of_a_loop_is_one_place_although_it_is_compiled_twice():
    def body():
        while (yield 1) and (yield 2):
            pass
        yield 3

    generator, places, offsets = body(), [], []
    for answer in (None, 1, 1, 1, 1):
        generator.send(answer)
        offsets.append(generator.gi_frame.f_lasti)
        places.append(place_of(Same(generator.gi_code), offsets[-1]))
    assert places[0] == places[2] == places[4]
    assert places[1] == places[3] != places[0]


def test_two_ways_through_a_finally_block_are_two_places():
    def body(fails):
        try:
            if fails:
                raise ValueError
        finally:
            yield 1

    one, other = body(False), body(True)
    next(one)
    next(other)
    assert place_of(Same(one.gi_code), one.gi_frame.f_lasti) != place_of(Same(other.gi_code), other.gi_frame.f_lasti)


# Whoever looks at variables without naming them -------------------------------------------------------------------------


def snapshot():
    return dict(sys._getframe(1).f_locals)


def indirect_snapshot():
    return snapshot_two_up()


def snapshot_two_up():
    return dict(whoever_calls().f_back.f_back.f_locals)


def snapshot_generator():
    yield lock.locked()
    yield y.write(len(sys._getframe(1).f_locals["value"]))


LOOKING = [snapshot]


class Tools:
    def look(self):
        return dict(inspect.currentframe().f_back.f_locals)


@dataclass(frozen=True)
class Numbered:
    number: int

    def tag(self):
        return self.number


@dataclass(frozen=True)
class Derived(Numbered):
    def run(self):
        self = self if (yield x.read()) else Derived(7)
        yield lock.locked()
        yield y.write(super().tag())


def counter():
    """Counts in a variable of its own, so that two that have counted as far are alike."""
    count = 0

    def bump():
        nonlocal count
        count += 1
        return count

    return bump


class Leaver:
    def __init__(self, bump):
        self.bump = bump

    def __del__(self):
        self.bump()


def leaves(bump):
    try:
        yield
    finally:
        bump()


TRAPS = []


def trap(body):
    TRAPS.append(body)
    return body


@trap
def read_in_the_handler_of_an_answer_that_is_an_exception():
    value = yield x.read()
    try:
        value = yield queue.get(block=False)
    except Exception:
        yield y.write(value)


@trap
def read_in_a_finally_block():
    value = yield x.read()
    try:
        value = yield queue.get(block=False)
    finally:
        yield y.write(value)


@trap
def deleted_where_it_may_be_unbound():
    if (yield x.read()):
        found = 1
    yield lock.locked()
    del found


@trap
def unbound_by_the_end_of_a_handler():
    error = yield x.read()
    try:
        if error:
            raise ValueError
    except ValueError as error:
        yield lock.locked()
    yield lock.locked()
    yield y.write(error)


@trap
def read_in_the_next_round_only():
    last = 0
    for number in (1, 2):
        yield y.write(last)
        last = (yield x.read()) + number


@trap
def read_after_a_comprehension_with_the_same_name():
    n = yield x.read()
    yield lock.locked()
    numbers = [n for n in (5, 6)]
    yield y.write(n + len(numbers))


@trap
def shared_with_a_function_in_a_comprehension():
    n = yield x.read()
    yield lock.locked()
    yield y.write(n + max([lambda: n for n in (5, 6)], key=id)())


@trap
def shared_with_an_inner_function():
    value = 0

    def get():
        return value

    value = yield x.read()
    yield lock.locked()
    yield y.write(get())
    value = 0


@trap
def an_argument_shared_with_an_inner_function():
    def inner(value):
        def get():
            return value

        value += 1
        yield lock.locked()
        yield y.write(get())

    yield from inner((yield x.read()))


@trap
def waits_on_the_stack_and_in_a_dead_variable():
    value = yield x.read()
    yield y.write((value, (yield lock.locked()))[0])


@trap
def one_value_in_many_places():
    first = second = third = yield x.read()
    yield lock.locked()
    first = 0
    yield y.write((first, (yield lock.locked()), second)[-1])
    third = second
    yield z.write(third)


@trap
def a_delegated_generator_in_a_dead_variable():
    def inner():
        yield lock.locked()
        yield y.write(1)

    generator = None
    if not (yield x.read()):
        generator = inner()
    yield from generator or inner()


@trap
def a_delegated_generator_read_afterwards():
    def inner(number):
        yield lock.locked()
        return number

    generator = inner((yield x.read()))
    number = yield from generator
    yield y.write(number + next(generator, 5))


@trap
def a_guard_in_a_dead_variable():
    guard = yield lock.acquire()
    with guard:
        guard = yield x.read()
        guard = None
        yield z.read()
    yield lock.locked()


@trap
def a_with_block_around_a_dead_value():
    with (yield lock.acquire()):
        value = yield x.read()
        yield y.write(value)
        value = yield z.read()
    yield lock.locked()


@trap
def a_finally_block_for_each_way_out():
    for _ in (1, 2):
        try:
            if (yield x.read()):
                return 1
        finally:
            yield z.write(0)
    yield y.write(1)


@trap
def loops_that_look_alike():
    while not (yield x.read()):
        yield z.write(0)
    while (yield y.read()):
        yield z.write(1)


@trap
def a_match_binds_and_a_walrus_too():
    match (yield x.read()):
        case 0:
            pair = (0, 1)
        case pair:
            pass
    yield lock.locked()
    if (seen := (yield z.read())) == 0:
        yield y.write(pair == 1)
    yield y.write(seen)


@trap
def a_dead_generator_does_something_when_it_goes():
    bump = counter()
    held = leaves(bump)
    if (yield x.read()):
        held.send(None)
    yield lock.locked()
    held = None
    yield y.write(bump())


@trap
def a_dead_tuple_holds_what_does_something_when_it_goes():
    bump = counter()
    held = (leaves(bump), 1)
    if (yield x.read()):
        held[0].send(None)
    yield lock.locked()
    held = None
    yield y.write(bump())


@trap
def a_dead_list_holds_what_does_something_when_it_goes():
    bump = counter()
    held = [leaves(bump)]
    if (yield x.read()):
        held[0].send(None)
    yield lock.locked()
    held = None
    yield y.write(bump())


@trap
def a_dead_instance_does_something_when_it_goes():
    bump = counter()
    held = Leaver(bump) if (yield x.read()) else None
    yield lock.locked()
    held = None
    yield y.write(bump())


@trap
def a_weak_reference_is_told_that_a_dead_set_goes():
    bump = counter()
    held = {1}
    if (yield x.read()):
        weakref.finalize(held, bump)
    yield lock.locked()
    held = None
    yield y.write(bump())


@trap
def looks_with_locals():
    value = yield x.read()
    yield lock.locked()
    yield y.write(locals()["value"])


@trap
def looks_with_vars():
    value = yield x.read()
    yield lock.locked()
    yield y.write(vars()["value"])


@trap
def keeps_what_locals_has_answered():
    seen = locals()
    value = yield x.read()
    yield lock.locked()
    yield y.write("value" in seen)
    yield y.write(value)


@trap
def puts_something_into_locals():
    locals()["foreign"] = 5
    yield lock.locked()
    yield lock.locked()
    yield y.write(locals().get("foreign", 7))


@trap
def looks_with_dir():
    if (yield x.read()):
        value = 1
    yield lock.locked()
    yield y.write("value" in dir())
    value = 2
    yield y.write(value)


@trap
def looks_with_eval():
    value = yield x.read()
    yield lock.locked()
    yield y.write(eval("value"))


@trap
def looks_at_its_frame():
    value = yield x.read()
    yield lock.locked()
    yield y.write(sys._getframe().f_locals["value"])


@trap
def looks_by_another_name():
    value = yield x.read()
    yield lock.locked()
    frame = whoever_calls()
    yield y.write(getattr(frame, "f_" + "locals")["value"])


@trap
def calls_a_function_that_looks():
    value = yield x.read()
    yield lock.locked()
    yield y.write(snapshot()["value"])


@trap
def calls_a_function_that_calls_one_that_looks():
    value = yield x.read()
    yield lock.locked()
    yield y.write(indirect_snapshot()["value"])


@trap
def holds_a_function_that_looks():
    look = LOOKING[0]
    value = yield x.read()
    yield lock.locked()
    yield y.write(look()["value"])


@trap
def calls_a_method_that_looks():
    value = yield x.read()
    yield lock.locked()
    yield y.write(Tools().look()["value"])


@trap
def is_looked_at_by_the_generator_it_calls():
    value = ((), (1,))[(yield x.read())]
    yield from snapshot_generator()


@trap
def looks_at_a_generator_it_holds():
    def inner(number):
        yield
        number = 0
        yield number

    generator = inner((yield x.read()))
    next(generator)
    yield lock.locked()
    yield y.write(generator.gi_frame.f_locals["number"])


@trap
def super_looks_at_the_first_argument():
    yield from Derived(3).run()


class Judged:
    """What a machine says about a program: how many states, and how many interleavings lead to each outcome."""

    def __init__(self, program, **how):
        machine = Machine(program, keep_all=True, **how)
        try:
            self.states, self.endless, self.outcomes = judge(machine)
        finally:
            machine.close()


def judge(machine):
    """Depth first, one number of ways for each end; None if the number of interleavings has no end."""
    after, order, waiting = {machine.initial: machine.successors(machine.initial)}, [], [(machine.initial, 0)]
    on_the_way, endless = {machine.initial}, False
    while waiting:
        state, number = waiting.pop()
        if number == len(after[state]):
            on_the_way.discard(state)
            order.append(state)
            continue
        waiting.append((state, number + 1))
        following = after[state][number]
        endless = endless or following in on_the_way
        if following not in after:
            after[following] = machine.successors(following)
            on_the_way.add(following)
            waiting.append((following, 0))
    ways = Counter({machine.initial: 1})
    outcomes = Counter()
    for state in reversed(order):
        if not after[state]:
            outcomes[machine.outcome(state).key] += 1 if endless else ways[state]
        for following in after[state]:
            ways[following] += ways[state]
    return len(after), endless, set(outcomes) if endless else outcomes


def agree(program, unmerged=True):
    """The three machines agree; answers their numbers of states."""
    judged = [Judged(program), Judged(program, liveness=False), *([Judged(program, merge=False)] if unmerged else [])]
    for one in judged[1:]:
        assert (one.endless, one.outcomes) == (judged[0].endless, judged[0].outcomes)
    states = [one.states for one in judged]
    assert states == sorted(states)
    return states


@pytest.mark.parametrize(
    "body", [body for body in TRAPS if body is not loops_that_look_alike], ids=lambda body: body.__name__
)
def test_what_may_still_be_read_is_never_left_out(body):
    agree(Program(A=body, B=set_x))


def test_loops_that_look_alike_are_two():
    agree(Program(A=loops_that_look_alike, B=set_x), unmerged=False)


def test_every_trap_that_looks_is_seen_to_look():
    looking = [body for body in TRAPS if looks_at_frames(Same(body.__code__), Same(body.__globals__))]
    by_name = {body.__name__ for body in TRAPS if "look" in body.__name__ or "locals" in body.__name__} - {
        "holds_a_function_that_looks"
    }
    assert {body.__name__ for body in looking} == by_name - {"loops_that_look_alike", "super_looks_at_the_first_argument"}


# Where it helps ---------------------------------------------------------------------------------------------------------


def forgets_a_number():
    value = yield x.read()
    yield y.write(value * 0)
    yield lock.locked()


def spins_with_two_conditions():
    while (yield x.read()) == 0 and (yield y.read()) == 0:
        pass


def forgets_a_list():
    items = [(yield x.read())]
    yield y.write(items[0] * 0)
    yield lock.locked()


def forgets_an_argument():
    def inner(argument):
        yield y.write(argument * 0)
        yield lock.locked()

    yield from inner((yield x.read()))


def forgets_a_generator_that_has_ended():
    numbers = (number for number in (1, 2))
    if (yield x.read()):
        numbers = None
    for _ in numbers or ():
        pass
    yield lock.locked()


def forgets_in_a_loop():
    while True:
        seen = yield x.read()
        yield y.write(seen * 0)
        yield lock.locked()


@pytest.mark.parametrize(
    "body",
    [forgets_a_number, forgets_a_list, forgets_an_argument, forgets_a_generator_that_has_ended],
    ids=lambda body: body.__name__,
)
def test_what_is_never_read_again_no_longer_distinguishes(body):
    living, all_locals, unmerged = agree(Program(A=body, B=set_x))
    assert living < all_locals <= unmerged


@pytest.mark.parametrize("body", [spins_with_two_conditions, forgets_in_a_loop], ids=lambda body: body.__name__)
def test_loops_have_fewer_states(body):
    living, all_locals = agree(Program(A=body, B=set_x), unmerged=False)
    assert living < all_locals


def test_peterson_for_ever_has_the_states_that_a_hand_count_has():
    """Seven places in each thread, two flags and a turn: 48 of their combinations can be reached."""
    flags, turn, inside = (Shared("flag0", False), Shared("flag1", False)), Shared("turn", 0), Shared("inside", 0)

    def enters(me):
        while True:
            yield flags[me].write(True)
            yield turn.write(1 - me)
            while (yield flags[1 - me].read()) and (yield turn.read()) == 1 - me:
                pass
            yield inside.until(lambda value: value == 0)
            yield inside.until(lambda value: value == 0)
            yield flags[me].write(False)

    states = agree(Program(A=partial(enters, 0), B=partial(enters, 1)), unmerged=False)
    assert states == [48, 92]


def test_liveness_keeps_what_ten_threads_have_added():
    def adds():
        value = yield x.read()
        yield x.write(value + 1)

    result = explore(Program(**dict.fromkeys("ABCDEFGHIJ", adds)))
    assert result.interleavings == math.factorial(20) // 2**10


@settings(max_examples=100)
@given(programs())
def test_made_up_programs_have_the_same_outcomes_with_and_without_liveness(made):
    check_made_up(made)


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_have_the_same_outcomes_with_and_without_liveness(made):
    check_made_up(made)


def check_made_up(made):
    built = build(made)
    try:
        while explore(built.program, max_states=1_000, merge=False, symmetry=False).claim != "complete":
            built = build(smaller(built.made))
    except NondeterministicProgram:  # it shares a function that sees a variable change: that is no shared value
        assume(False)
    note(built.text)
    agree(built.program)
