"""Merging nodes is never wrong: every trap met so far, and that it happens where it can.

Each trap is a thread in which two histories look alike and have different futures. The unmerged machine takes every
history for itself, so it is the judge.
"""

import pytest

from simulator import Barrier, Condition, Lock, Program, ReadWriteLock, Shared, explore, interleavings

x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)
lock, other = Lock("lock"), Lock("other")
TRAPS = []


def trap(body):
    TRAPS.append(body)
    return body


def set_x():
    yield x.write(1)


def counter(start=0):
    count = start

    def bump():
        nonlocal count
        count += 1
        return count

    return bump


def pusher():
    items = []

    def push():
        items.append(1)
        return len(items)

    return push


@trap
def a_local_is_unbound_in_one_branch():
    if (yield x.read()):
        one = 5
    else:
        two = 5
    yield lock.locked()
    try:
        yield y.write(one)
    except UnboundLocalError:
        yield z.write(two)


@trap
def a_local_was_deleted():
    found = 1
    if (yield x.read()):
        del found
    yield lock.locked()
    yield y.write("found" in locals())


@trap
def one_iterator_has_two_names():
    first = iter([1, 2])
    second = first if (yield x.read()) else iter([1, 2])
    yield lock.locked()
    next(first)
    yield y.write(next(second))


@trap
def one_range_iterator_has_two_names():
    first = iter(range(2))
    second = first if (yield x.read()) else iter(range(2))
    yield lock.locked()
    next(first)
    yield y.write(next(second))


@trap
def one_list_has_two_names():
    first = []
    second = first if (yield x.read()) else []
    yield lock.locked()
    first.append(1)
    yield y.write(len(second))


@trap
def one_closure_has_two_names():
    first = counter()
    second = first if (yield x.read()) else counter()
    yield lock.locked()
    first()
    yield y.write(second())


@trap
def one_bound_method_has_two_names():
    first = [1, 2].pop
    second = first if (yield x.read()) else [1, 2].pop
    yield lock.locked()
    first()
    yield y.write(second())


@trap
def one_generator_has_two_names():
    def numbers():
        yield from (1, 2)

    first = numbers()
    second = first if (yield x.read()) else numbers()
    yield lock.locked()
    next(first)
    yield y.write(next(second))


@trap
def one_is_not_true_and_not_a_float():
    seen = yield x.read()
    kind = 1 if seen else 1.0
    yield lock.locked()
    yield y.write(str(kind))


@trap
def zero_is_not_minus_zero():
    kind = 0.0 if (yield x.read()) else -0.0
    yield lock.locked()
    yield y.write(str(kind))


@trap
def a_guard_is_not_true():
    got = yield lock.acquire()
    if (yield x.read()):
        got = yield lock.locked()
    yield z.read()
    yield y.write(type(got) is bool)


@trap
def a_guard_belongs_to_one_lock():
    guards = (yield lock.acquire()), (yield other.acquire())
    guard = guards[0] if (yield x.read()) else guards[1]
    guards = None
    yield z.read()
    with guard:
        pass
    yield y.write(((yield lock.locked()), (yield other.locked())))


@trap
def a_list_grows_between_two_visits():
    items = []
    while True:
        yield lock.locked()
        items.append(1)
        if len(items) == 3:
            break
    yield y.write(len(items))


@trap
def a_list_changes_and_changes_back():
    items = [1]
    for number in (2, 1, 3):
        yield lock.locked()
        items[0] = number
        number = 0
    yield y.write(items[0])


@trap
def a_dictionary_changes():
    table = {"a": 1}
    while table["a"] < 4:
        yield lock.locked()
        table["a"] += 1
    yield y.write(table["a"])


@trap
def a_list_inside_a_tuple_grows():
    pair = ([], 0)
    while len(pair[0]) < 3:
        yield lock.locked()
        pair[0].append(1)
    yield y.write(len(pair[0]))


@trap
def a_closure_counts():
    bump = counter()
    while True:
        yield lock.locked()
        if bump() == 3:
            break
    yield y.write(bump())


@trap
def a_closure_hides_a_list():
    push = pusher()
    while True:
        yield lock.locked()
        if push() == 3:
            break
    yield y.write(push())


@trap
def a_default_argument_hides_a_list():
    def push(items=[]):  # noqa: B006 (that is the trap)
        items.append(1)
        return len(items)

    while True:
        yield lock.locked()
        if push() == 3:
            break
    yield y.write(push())


@trap
def a_bound_method_hides_a_list():
    pop = [3, 2, 1].pop
    while True:
        yield lock.locked()
        if pop() == 3:
            break
    yield y.write(1)


@trap
def a_partial_hides_a_list():
    from functools import partial

    pop = partial([3, 2, 1].pop, 0)
    while True:
        yield lock.locked()
        if pop() == 1:
            break
    yield y.write(1)


@trap
def a_function_has_an_attribute():
    def function():
        pass

    function.count = 0
    while function.count < 3:
        yield lock.locked()
        function.count += 1
    yield y.write(function.count)


@trap
def a_local_class_counts():
    class Box:
        count = 0

    while Box.count < 3:
        yield lock.locked()
        Box.count += 1
    yield y.write(Box.count)


@trap
def an_instance_counts():
    class Box:
        pass

    box = Box()
    box.count = 0
    while box.count < 3:
        yield lock.locked()
        box.count += 1
    yield y.write(box.count)


@trap
def an_iterator_of_an_unknown_kind_moves():
    from itertools import count

    numbers = count()
    while True:
        yield lock.locked()
        if next(numbers) == 3:
            break
    yield y.write(next(numbers))


@trap
def a_generator_moves():
    numbers = (number for number in (1, 2, 3))
    while True:
        yield lock.locked()
        if next(numbers) == 3:
            break
    yield y.write(1)


@trap
def a_generator_has_ended_or_not():
    numbers = (number for number in (1,))
    if (yield x.read()):
        list(numbers)
    yield lock.locked()
    yield y.write(next(numbers, 7))


@trap
def an_iterator_is_exhausted_or_not():
    items = [1]
    numbers = iter(items)
    if (yield x.read()):
        list(numbers)
    items.append(2)
    yield lock.locked()
    yield y.write(next(numbers, 7))


@trap
def an_exhausted_iterator_does_not_see_what_is_added():
    items = []
    numbers = iter(items)
    if (yield x.read()):
        next(numbers, None)
    yield lock.locked()
    items.append(2)
    yield y.write(next(numbers, 7))


@trap
def enumerate_and_zip_move():
    pairs = enumerate(zip("ab", range(2), strict=True))
    while True:
        yield lock.locked()
        if next(pairs)[0] == 1:
            break
    yield y.write(next(pairs, 7))


@trap
def an_exception_is_being_handled():
    try:
        if (yield x.read()):
            raise ValueError("one")
        raise ValueError("two")
    except ValueError:
        yield lock.locked()
        try:
            raise
        except ValueError as error:
            text = str(error)
    yield y.write(text)


@trap
def an_exception_is_kept():
    try:
        raise ValueError("one" if (yield x.read()) else "two")
    except ValueError as error:
        kept = error
    yield lock.locked()
    yield y.write(str(kept))


@trap
def a_value_waits_on_the_stack():
    yield y.write([(yield x.read()), (yield lock.locked()), (yield lock.locked())][0])


@trap
def calls_differ_below():
    def inner(n):
        yield lock.locked()
        yield y.write(n)

    def middle(n):
        n = n + 1
        yield from inner(n)

    def outer():
        yield from middle((yield x.read()))

    yield from outer()


@trap
def recursion_goes_down_and_up():
    def down(n):
        if n:
            yield lock.locked()
            yield from down(n - 1)
            yield lock.locked()
        else:
            yield y.write(1)

    yield from down(3)


@trap
def a_with_block_is_open_or_not():
    if (yield x.read()):
        with (yield lock.acquire()):
            yield z.read()
    else:
        yield lock.acquire()
        yield z.read()
    yield lock.locked()


@trap
def a_set_grows():
    seen = set()
    while len(seen) < 3:
        yield lock.locked()
        seen.add(len(seen))
    yield y.write(len(seen))


@trap
def a_frozen_dataclass_holds_something_that_changes():
    from dataclasses import dataclass
    from typing import Any

    @dataclass(frozen=True)
    class Box:
        push: Any

    box = Box(pusher())
    while True:
        yield lock.locked()
        if box.push() == 3:
            break
    yield y.write(1)


@trap
def an_instance_claims_to_be_a_value():
    class Liar:
        def __init__(self):
            self.count = 0

        def __eq__(self, other):
            return isinstance(other, Liar)

        def __hash__(self):
            return 1

    liar = Liar()
    while liar.count < 3:
        yield lock.locked()
        liar.count += 1
    yield y.write(liar.count)


@trap
def an_operation_waits_in_a_variable():
    asked = y.write(1) if (yield x.read()) else y.write(2)
    yield lock.locked()
    yield asked


@trap
def a_thread_returns_different_things():
    return [1] if (yield x.read()) else (1,)


@trap
def a_thread_fails_in_different_ways():
    value = yield x.read()
    raise ValueError(value)


@pytest.mark.parametrize("body", TRAPS, ids=[body.__name__ for body in TRAPS])
def test_histories_with_different_futures_are_not_merged(body):
    program = Program(A=body, B=set_x)
    merged, judge = explore(program), explore(program, merge=False)
    assert {one.outcome: one.interleavings for one in merged.outcomes} == {
        one.outcome: one.interleavings for one in judge.outcomes
    }
    assert merged.interleavings == judge.interleavings
    assert merged.states <= judge.states
    ends = [(execution.schedule, execution.outcome.key) for execution in interleavings(program)]
    assert ends == [(execution.schedule, execution.outcome.key) for execution in interleavings(program, merge=False)]


# Where merging has to happen -------------------------------------------------------------------------------------------


def states(body, **others):
    program = Program(A=body, **others)
    return explore(program).states, explore(program, merge=False).states


def spins(body):
    """Whether a loop that comes back to where it was is recognised as one."""
    return explore(Program(A=body, B=set_x)).endless


def test_a_loop_that_comes_back_is_one_node():
    def waits():
        while not (yield x.read()):
            pass

    assert spins(waits)


def test_a_loop_through_calls_that_comes_back_is_one_node():
    def seen():
        return (yield x.read())

    def waits():
        while not (yield from seen()):
            pass

    assert spins(waits)


def test_a_loop_that_closes_over_locks_and_lists_of_locks_is_one_node():
    locks = [Lock("first"), Lock("second")]

    def helper(number):
        with (yield locks[number].acquire()):
            return (yield x.read())

    def waits():
        while not (yield from helper(1)):
            pass

    assert spins(waits)


def test_a_value_that_was_overwritten_no_longer_distinguishes():
    def forgets():
        value = yield x.read()
        value = 0
        yield y.write(value)
        yield y.write(value)

    merged, unmerged = states(forgets, B=set_x)
    assert merged < unmerged


def test_iterators_over_what_cannot_change_are_compared_by_what_is_left():
    def forgets():
        value = yield x.read()
        value = 0
        for number in (1, 2):
            yield y.write(number)
        for number in range(2):
            yield y.write(number + value)
        for number, other in zip("ab", enumerate((1, 2)), strict=True):
            yield y.write((number, other))

    merged, unmerged = states(forgets, B=set_x)
    assert merged < unmerged - 6


def test_calls_of_several_steps_begin_alike_in_every_round():
    """What such a call holds must be made of values: a dict of its own would make every round another state."""
    barrier, guard, condition = Barrier("barrier", 2), ReadWriteLock("guard"), Condition("condition")

    def meet():
        while True:
            yield from barrier.wait()

    def write():
        while True:
            with (yield from guard.acquire_write()):
                pass

    def wait():
        while True:
            with (yield condition.acquire()):
                yield from condition.wait(timeout=1)

    for body, states in ((meet, 3), (write, 2), (wait, 13)):
        assert explore(Program.copies(body, 2)).states == states
