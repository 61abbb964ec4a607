"""The order of locks: against a plain account of every interleaving, and against the deadlocks that there really are."""

from functools import partial

import pytest
from golden_pictures.deadlocked import left, middle, opposite, philosophers, racy, right
from hypothesis import given, note, settings
from hypothesis import strategies as st

from simulator import (
    Execution,
    Lock,
    Program,
    ReadWriteLock,
    RLock,
    Shared,
    Worker,
    explore,
    interleavings,
    replay,
    run,
    state_graph,
)
from simulator.analysis import lock_order_graph
from simulator.errors import TooLarge
from simulator.render import lock_order_dot, lock_order_text

gate, deep, table = Lock("gate"), RLock("deep"), ReadWriteLock("table")
fair = ReadWriteLock("fair", preference="writers")


def nested(*operations):
    """A thread that takes some locks, one inside the other."""

    def body():
        yield from _inside(operations)

    return body


def _inside(operations):
    if operations:
        with (yield from operations[0]()):
            yield from _inside(operations[1:])


def circles(of):
    return [(circle.locks, circle.threads, circle.safe_because) for circle in lock_order_graph(of).graph["circles"]]


def test_a_circle_is_found_although_no_run_deadlocked():
    execution = run(opposite)
    assert execution.outcome.status == "finished"
    assert circles(execution) == [(("left", "right"), ("A", "B"), "")]
    assert lock_order_graph(execution).graph["deadlocks"] == 0
    text = lock_order_text(lock_order_graph(execution))
    assert "No deadlock was seen, but another schedule may have one" in text
    assert text.endswith("lock-order --schedule AAAABBBB -o lock-order.svg")


def test_what_a_deadlocked_run_waits_for_counts():
    graph = lock_order_graph(replay(opposite, "AB"))
    assert circles(replay(opposite, "AB")) == [(("left", "right"), ("A", "B"), "")]
    assert [taking["took"] for _, _, data in graph.edges(data=True) for taking in data["takings"]] == [False, False]
    assert "A (deadlocked.py:15) waited for right while it held left" in lock_order_text(graph)


def test_all_interleavings_say_how_many_deadlock():
    for of in (opposite, state_graph(opposite), explore(opposite)):
        graph = lock_order_graph(of)
        assert (graph.graph["looked_at"], graph.graph["deadlocks"]) == ("all 6 interleavings", 2)
    assert "Of all 6 interleavings, 2 end in a deadlock." in lock_order_text(graph)
    assert circles(philosophers) == [(("left", "middle", "right"), ("P1", "P2", "P3"), "")]


def test_an_edge_says_who_and_where():
    graph = lock_order_graph(opposite)
    taking = {"thread": "A", "location": "deadlocked.py:15", "held": ("left",), "took": True}
    assert graph.edges["left", "right"]["takings"][0] == taking
    assert "label=<<B>left</B>>" in lock_order_dot(graph)


def test_a_gate_makes_a_circle_safe():
    program = Program(
        A=nested(gate.acquire, left.acquire, right.acquire), B=nested(gate.acquire, right.acquire, left.acquire)
    )
    assert circles(program) == [(("left", "right"), ("A", "B"), "gate is always held around it")]
    one_side = Program(A=nested(gate.acquire, left.acquire, right.acquire), B=nested(right.acquire, left.acquire))
    assert circles(one_side) == [(("left", "right"), ("A", "B"), "")]
    dot = lock_order_dot(lock_order_graph(program))
    assert "#D55E00" not in dot
    assert dot.count('class="order guarded"') == 2


def test_one_thread_alone_is_no_deadlock():
    def there_and_back():
        yield from nested(left.acquire, right.acquire)()
        yield from nested(right.acquire, left.acquire)()

    assert circles(Program(A=there_and_back)) == [(("left", "right"), ("A", "A"), "only A goes round")]
    assert circles(Program(A=there_and_back, B=nested(left.acquire, right.acquire))) == [(("left", "right"), ("B", "A"), "")]


def test_one_thread_twice_is_no_deadlock():
    def a():
        yield from nested(left.acquire, middle.acquire)()
        yield from nested(middle.acquire, right.acquire)()

    program = Program(A=a, B=nested(right.acquire, left.acquire))
    assert circles(program) == []  # three locks and two threads: nobody looks at it
    third = Program(A=a, B=nested(right.acquire, left.acquire), C=nested(left.acquire))
    assert circles(third) == [(("left", "middle", "right"), ("A", "A", "B"), "it takes one thread twice")]
    assert not explore(third).deadlocks


def test_readers_do_not_wait_for_readers_unless_writers_go_first():
    def program(shelf):
        return Program(A=nested(shelf.acquire_read, left.acquire), B=nested(left.acquire, shelf.acquire_read))

    assert [circle[2] for circle in circles(program(table))] == ["readers do not wait for readers"]
    assert [circle[2] for circle in circles(program(fair))] == [""]
    writing = Program(A=nested(table.acquire_read, left.acquire), B=nested(left.acquire, table.acquire_write))
    assert [circle[2] for circle in circles(writing)] == [""]
    guarded = [nested(table.acquire_read, first.acquire, last.acquire) for first, last in ((left, right), (right, left))]
    assert [circle[2] for circle in circles(Program(A=guarded[0], B=guarded[1]))] == [""]  # readers are no gate


def test_a_thread_that_waits_for_itself_is_a_circle_of_one_lock():
    program = Program(A=nested(left.acquire, left.acquire))
    assert circles(program) == [(("left",), ("A",), "")]
    assert "thread" not in lock_order_text(lock_order_graph(program)).split("\n")[1]
    assert circles(Program(A=nested(deep.acquire, deep.acquire))) == []
    assert circles(Program(A=nested(table.acquire_read, table.acquire_write))) == [(("table",), ("A",), "")]


def test_what_cannot_wait_makes_no_edge():
    def polite():
        yield left.acquire()
        if (yield right.acquire(blocking=False)):
            yield right.release()
        yield left.release()

    graph = lock_order_graph(Program(A=polite, B=nested(right.acquire, left.acquire)))
    assert list(graph.edges) == [("right", "left")]


def test_a_circle_that_something_else_keeps_apart_is_told_as_what_it_is():
    second = Worker("B", nested(right.acquire, left.acquire))

    def first():
        yield from nested(left.acquire, right.acquire)()
        yield second.start()

    graph = lock_order_graph(Program(A=first, B=second))
    assert [circle.is_dangerous for circle in graph.graph["circles"]] == [True]
    assert "No interleaving deadlocks all the same: something else than locks" in lock_order_text(graph)


def test_programs_without_locks_and_locks_of_one_name():
    graph = lock_order_graph(racy)
    assert (list(graph), lock_order_text(graph).split("\n")[1]) == ([], "no lock was taken")
    again = RLock("left")
    assert list(lock_order_graph(Program(A=nested(left.acquire, again.acquire))).edges) == [("left", "left (RLock)")]
    only = lock_order_graph(Program(A=nested(left.acquire)))
    assert "left: never together with another lock" in lock_order_text(only)
    assert only.graph["looked_at"] == "the only interleaving"


def test_what_is_no_execution_is_refused():
    with pytest.raises(TypeError, match=r"lock_order_graph\(\) was expecting executions, a program, .* but got int"):
        lock_order_graph([3])
    with pytest.raises(ValueError, match="this execution was read from a file"):
        lock_order_graph(Execution.from_json(run(opposite).to_json()))
    with pytest.raises(TooLarge):
        lock_order_graph(Program.copies(nested(left.acquire, right.acquire), 40))


# --- against brute force

LOCKS = [Lock("K"), Lock("L"), Lock("M"), RLock("R"), ReadWriteLock("S"), ReadWriteLock("T", preference="writers")]
WAYS = [lock.acquire for lock in LOCKS[:4]] + [way for lock in LOCKS[4:] for way in (lock.acquire_read, lock.acquire_write)]
scripts = st.lists(st.lists(st.sampled_from(range(len(WAYS))), min_size=1, max_size=3), min_size=1, max_size=2)
programs = st.lists(scripts, min_size=2, max_size=3)


def thread(script):
    for block in script:
        yield from _inside([WAYS[number] for number in block])


def built(made):
    names = [f"{way.__self__.name}.{way.__name__}" for way in WAYS]
    note(str([[[names[number] for number in block] for block in script] for script in made]))
    return Program(**{name: partial(thread, script) for name, script in zip("ABC", made, strict=False)})


def plain_account(executions):
    """Who took what while holding what: from the texts of the steps, of those that were taken."""
    found = set()
    for execution in executions:
        held = {}
        for event in execution.trace:
            mine = held.setdefault(event.thread, [])
            name, method = event.operation.target.name, event.operation.method
            if method.startswith("acquire"):
                found |= {(other, name, event.thread) for other in mine if name not in mine}
                mine.append(name)
            elif method.startswith("release"):
                mine.remove(name)
    return found


def check(made):
    program = built(made)
    graph = state_graph(program)
    if (graph.interleavings or 0) > 2_000:
        return
    listed = list(interleavings(program))
    order = lock_order_graph(graph)
    taken = {
        (first, last, taking["thread"])
        for first, last, data in order.edges(data=True)
        for taking in data["takings"]
        if taking["took"]
    }
    assert taken == plain_account(listed)
    together = lock_order_graph(listed[:: 1 + len(listed) // 20])
    assert set(together.edges) <= set(order.edges)
    assert order.graph["deadlocks"] == sum(execution.outcome.status == "deadlock" for execution in listed)
    if order.graph["deadlocks"]:  # they only take locks, and put them back: every deadlock comes from the order
        assert any(circle.is_dangerous for circle in order.graph["circles"])


@settings(max_examples=60)
@given(programs)
def test_made_up_programs_deadlock_only_where_there_is_a_circle(made):
    check(made)


@pytest.mark.nightly
@given(programs)
def test_thousands_of_made_up_programs_deadlock_only_where_there_is_a_circle(made):
    check(made)


@settings(max_examples=20)
@given(programs)
def test_every_deadlocked_execution_alone_has_its_circle(made):
    program = built(made)
    for summary in explore(program, max_states=3_000).deadlocks[:3]:
        graph = lock_order_graph(summary.example)
        assert any(circle.is_dangerous for circle in graph.graph["circles"])
        assert graph.graph["deadlocks"] == 1


def test_a_value_that_is_shared_is_no_lock():
    thing = Shared("thing", 0)

    def body():
        with (yield left.acquire()):
            yield thing.write(1)

    assert list(lock_order_graph(Program(A=body))) == ["left"]
