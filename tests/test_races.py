"""Happens-before and data races, compared with a closure by brute force."""

from functools import partial
from itertools import combinations

import networkx
import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import opposite, racy
from hypothesis import given
from hypothesis import strategies as st
from made_up_primitives import (
    Family,
    atomic_family,
    barrier_family,
    built,
    call,
    calls,
    condition_family,
    event_family,
    lock_family,
    queue_family,
    readers_writers_family,
    rlock_family,
    scripts,
    semaphore_family,
    worker_programs,
)

from simulator import (
    Atomic,
    Console,
    Execution,
    LifoQueue,
    Lock,
    Program,
    Queue,
    Semaphore,
    Shared,
    Worker,
    analysis,
    replay,
    run,
)
from simulator.analysis.ordering import ordering
from simulator.objects.base import SharedObject
from simulator.objects.operations import Raised
from simulator.render.graphs.happens_before import happens_before_caption, happens_before_text

plain = Shared("x", 0)


# --- the second opinion: every pair by itself, then Warshall's closure


def told(event):
    return not isinstance(event.answer, Raised)


def orders(trace, first, last):
    """Whether one event orders another one directly; only what the two are, and what lies between, is looked at."""
    if first.thread == last.thread:
        return True
    shared = [thing for thing in first.operation.touches if thing in last.operation.touches]
    return any(RULES.get(thing.kind, any_change)(trace, thing, first, last) for thing in shared)


def any_change(trace, thing, first, last):
    return not thing.reads_only(first.operation, first.answer)


def by_until(trace, thing, first, last):
    return first.operation.method == "write" and last.operation.method == "until"


def by_lock(trace, thing, first, last):
    freed = told(first) and first.operation.method in ("release", "wait")
    method = last.operation.method
    untimed_wake = method == "wake" and not last.operation.keywords
    return freed and told(last) and ((method == "acquire" and bool(last.answer)) or method == "reacquire" or untimed_wake)


def by_read_write_lock(trace, thing, first, last):
    between = (first.operation.method, last.operation.method)
    pairs = {("release_write", "acquire_read"), ("release_write", "acquire_write"), ("release_read", "acquire_write")}
    return between in pairs and told(first) and bool(last.answer)


def by_flag(trace, thing, first, last):
    sees = last.operation.method in ("wait", "is_set") and last.answer is True
    between = [event for event in trace[first.index : last.index] if event.operation.target is thing]
    return first.operation.method == "set" and sees and not any(event.operation.method == "clear" for event in between)


def by_condition(trace, thing, first, last):
    """Asks the condition itself who was woken by the notification."""
    if first.operation.target is not thing or last.operation.target is not thing or last.operation.method != "wake":
        return False
    if not last.answer and last.operation.keywords:
        return False
    states, woken_by = [thing.initial, thing.lock.initial], {}
    names = sorted({event.thread for event in trace})
    for event in trace[: last.index]:
        if thing in event.operation.touches:
            before = {waiter for waiter, _ in states[0][1]}
            states = list(event.operation.perform(states, names.index(event.thread))[0])
            woken_by |= {waiter: event.index for waiter, _ in states[0][1] if waiter not in before}
        elif thing.lock in event.operation.touches:
            others = [object.initial for object in event.operation.touches]
            others[event.operation.touches.index(thing.lock)] = states[1]
            if event.operation.target is thing.lock:
                states[1] = event.operation.perform([states[1]], names.index(event.thread))[0][0]
            elif event.operation.method in ("wait", "wake", "reacquire"):
                states[1] = lock_after(thing, states[1], event, names.index(event.thread))
    return woken_by.get(names.index(last.thread)) == first.index


def lock_after(thing, state, event, position):
    """What another condition on the same lock does to that lock."""
    if not told(event) or (event.operation.method == "wake" and event.operation.keywords):
        return state
    if event.operation.method == "wait":
        return None
    return (position, 1) if thing.lock.kind == "RLock" else position


def by_barrier(trace, thing, first, last):
    """Arrivals of one round and departures of the same."""
    if not told(last):
        return told(first) and first.operation.method in ("abort", "reset")
    if first.operation.method != "arrive" or not told(first):
        return False
    rounds, number, since_reset = {}, 0, []
    for event in trace[: last.index + 1]:
        if event.operation.target is not thing or not told(event):
            continue
        if event.operation.method in ("abort", "reset"):
            since_reset = []
        elif event.operation.method == "arrive":
            since_reset.append(event.index)
            if event.answer + 1 == thing.parties:
                number += 1
                rounds[number] = since_reset
                since_reset = []
    completes = last.operation.method == "arrive" and last.answer + 1 == thing.parties
    return (last.operation.method == "depart" or completes) and first.index in rounds.get(number, ())


def by_queue(trace, thing, first, last):
    """Items are told apart by the step that put them."""
    inside, puts, gets, got = [], [], [], {}
    for event in trace[: last.index + 1]:
        method = event.operation.method
        if event.operation.target is not thing or not told(event):
            continue
        if method == "put":
            inside.append(event.index)
            puts.append(event.index)
        elif method == "get":
            got[event.index] = inside.pop(-1 if thing.kind == "LifoQueue" else 0)
            gets.append(event.index)
        elif method == "shutdown" and event.operation.argument("immediate", False):
            inside = []
    method, before = last.operation.method, first.operation.method
    if not told(last):
        return told(first) and before == "shutdown" and last.answer.kind.__name__ == "ShutDown"
    if method == "get":
        return got[last.index] == first.index
    if method == "join":
        ended = before == "shutdown" and bool(first.operation.argument("immediate", False))
        return told(first) and (before == "task_done" or ended)
    if method == "put" and before == "get" and thing.maxsize > 0 and told(first):
        return gets.index(first.index) + thing.maxsize == puts.index(last.index)
    return False


def by_nothing(trace, thing, first, last):
    return False


RULES = {
    "Console": by_nothing,
    "Shared": by_until,
    "Lock": by_lock,
    "RLock": by_lock,
    "Semaphore": by_lock,
    "Condition": by_condition,
    "Event": by_flag,
    "Barrier": by_barrier,
    "Queue": by_queue,
    "LifoQueue": by_queue,
    "ReadWriteLock": by_read_write_lock,
    "Worker": by_nothing,  # `with_workers` tells: it is about the threads, not about the object
}


def with_workers(execution):
    """The pairs that a start and a join order: the end of a thread that takes no step is its start."""
    pairs, started = set(), {}
    for event in execution.trace:
        target, method = event.operation.target, event.operation.method
        if not isinstance(target, Worker) or not told(event):
            continue
        own = [other.index for other in execution.trace if other.thread == target.name]
        if method == "start":
            started[target] = event.index
            pairs |= {(event.index, index) for index in own}
        ended = target.name not in execution.waiting and all(index < event.index for index in own)
        if ended and target in started and (method == "join" or (method == "is_alive" and not event.answer)):
            pairs |= {(index, event.index) for index in [started[target], *own]}
    return pairs


def closure(execution):
    trace = execution.trace
    pairs = {(i, j) for i, j in combinations(range(len(trace)), 2) if orders(trace, trace[i], trace[j])}
    pairs |= with_workers(execution)
    for middle in range(len(trace)):
        before = [i for i in range(middle) if (i, middle) in pairs]
        after = [j for j in range(middle + 1, len(trace)) if (middle, j) in pairs]
        pairs |= {(i, j) for i in before for j in after}
    return pairs


def races_by_force(execution, ordered):
    trace = execution.trace
    accesses = [event.index for event in trace if event.operation.target and event.operation.target.kind == "Shared"]
    accesses = [index for index in accesses if trace[index].operation.method in ("read", "write")]
    return {
        (i, j)
        for i, j in combinations(accesses, 2)
        if trace[i].operation.target is trace[j].operation.target
        and "write" in (trace[i].operation.method, trace[j].operation.method)
        and (i, j) not in ordered
    }


def agree(execution):
    ordered = closure(execution)
    order = ordering(execution)
    assert {(i, j) for i, j in combinations(range(len(execution)), 2) if order.before(i, j)} == ordered
    assert not any(order.before(j, i) for i, j in combinations(range(len(execution)), 2))
    found = [(race.first.index, race.second.index) for race in analysis.races(execution)]
    assert set(found) == races_by_force(execution, ordered)
    assert len(found) == len(set(found))
    graph = analysis.happens_before(execution)
    assert {(i - 1, j - 1) for i, j in networkx.transitive_closure(graph).edges} == ordered


# --- programs that hypothesis makes up


def with_a_variable(family):
    """Threads that use something of the family, and a plain variable as often."""
    accesses = [*calls(plain, "read"), call(plain, "write", 1), call(plain, "until", bool)]
    held = [(thing, [*inner, *accesses]) for thing, inner in family.held]
    return Family([*family.things, plain], [*family.calls, *family.often], held, accesses, family.scenes)


FAMILIES = [
    lock_family,
    rlock_family,
    event_family,
    atomic_family,
    condition_family,
    partial(condition_family, Lock, True),
    partial(semaphore_family, Semaphore, 1),
    partial(barrier_family, 2),
    partial(queue_family, Queue, 1),
    partial(queue_family, LifoQueue, 2),
    partial(readers_writers_family, "readers"),
    partial(readers_writers_family, "writers"),
]


@st.composite
def executions(draw):
    family = with_a_variable(draw(st.sampled_from(FAMILIES))())
    program, _ = built(draw(scripts(family)))
    return run(program, seed=draw(st.integers(0, 1_000)))


@given(executions())
def test_the_order_is_that_of_brute_force(execution):
    agree(execution)


@given(worker_programs(), st.integers(0, 1_000))
def test_threads_that_are_started_and_joined_are_ordered(made_up, seed):
    agree(run(made_up.program, seed=seed))


@pytest.mark.nightly
@given(executions())
def test_the_order_is_that_of_brute_force_in_thousands(execution):
    agree(execution)


# --- by hand


def links(program, schedule):
    graph = analysis.happens_before(replay(program, schedule))
    return {(i, j): data["how"] for i, j, data in graph.edges(data=True) if data["kind"] == "synchronisation"}


def test_a_lost_update_is_three_races_each_with_a_sentence():
    found = analysis.races(replay(racy, "ABBA"))
    assert [str(race) for race in found] == [
        "steps 1 and 3 race on counter: A reads it (deadlocked.py:58), B writes it (deadlocked.py:59), "
        "and nothing orders the two",
        "steps 2 and 4 race on counter: B reads it (deadlocked.py:58), A writes it (deadlocked.py:59), "
        "and nothing orders the two",
        "steps 3 and 4 race on counter: B writes it (deadlocked.py:59), A writes it (deadlocked.py:59), "
        "and nothing orders the two",
    ]
    assert found[0].to_data()["steps"] == [1, 3]


def test_a_race_is_there_in_the_lucky_order_too():
    assert len(analysis.races(replay(racy, "AABB"))) == 3


def test_a_lock_orders_and_an_atomic_never_races():
    assert analysis.races(replay(opposite, "AAAABBBB")) == ()
    assert links(opposite, "AAAABBBB") == {(3, 5): "release → acquire", (4, 6): "release → acquire"}
    number = Atomic("number", 0)

    def add():
        yield number.add(1)

    assert analysis.races(replay(Program(A=add, B=add), "AB")) == ()
    assert links(Program(A=add, B=add), "AB") == {(1, 2): "add → add"}


def test_printing_orders_nothing():
    console, data = Console(), Shared("data", 0)

    def say():
        yield data.write(1)
        yield from console.print("x")

    program = Program(A=say, B=say)
    assert links(program, "A*3 B*3") == {}
    assert len(analysis.races(replay(program, "A*3 B*3"))) == 1


def test_until_orders_what_plain_reads_do_not():
    ready, data = Shared("ready", False), Shared("data", 0)

    def produce():
        yield data.write(1)
        yield ready.write(True)

    def wait():
        yield ready.until(bool)
        yield data.read()

    def look():
        if (yield ready.read()):
            yield data.read()

    assert analysis.races(replay(Program(P=produce, C=wait), "PPCC")) == ()
    assert links(Program(P=produce, C=wait), "PPCC") == {(2, 3): "write → until"}
    assert [race.variable for race in analysis.races(replay(Program(P=produce, C=look), "PPCC"))] == [ready, data]


def test_only_so_many_races_are_noted_in_a_graph():
    thing = Shared("thing", 0)

    def write():
        for value in range(40):
            yield thing.write(value)

    execution = replay(Program(A=write, B=write), "AB" * 40)
    graph = analysis.happens_before(execution)
    assert (len(analysis.races(execution)), len(graph.graph["races"]), graph.graph["more_races"]) == (1_600, 1_000, True)
    assert "And at least 997 more pairs without an order; the first 12 are drawn." in happens_before_caption(graph)
    assert "no order: more pairs than are listed here\n" in happens_before_text(graph)


def test_objects_of_ones_own_order_threads_if_they_say_so():
    class Board(SharedObject):
        """Changed by every operation."""

        mentions_threads = False

        def transition(self, state, operation, thread):
            return state + 1, None

    def post():
        yield board.ask("write")

    for synchronises in (True, False):
        board = Board("board", 0)
        board.synchronises = synchronises
        program = Program(A=post, B=post)
        assert links(program, "AB") == ({(1, 2): "write → write"} if synchronises else {})
        assert len(analysis.races(replay(program, "AB"))) == (0 if synchronises else 1)


def test_a_notification_a_barrier_and_an_item_order():
    assert links(stuck.wrong_one, "BBAAPPPBB")[7, 8] == "release → wake"
    assert links(stuck.circle_of_join, "main W W W")[1, 2] == "start"
    assert links(stuck.left_over, "main main W W") == {(1, 3): "put → get"}
    assert analysis.happens_before(replay(racy, "")).number_of_nodes() == 0


def test_an_execution_from_a_file_is_refused(raises_in_full):
    read = Execution.from_json(replay(racy, "ABBA").to_json())
    message = (
        "this execution was read from a file, and so does not know its program: nobody can tell what orders what.\n\n"
        "    analysis.happens_before(execution)                   # incorrect: it has no program\n"
        "    analysis.happens_before(replay(program, execution))  # correct: replay it against the program first"
    )
    raises_in_full(ValueError, message, lambda: analysis.races(read))
