"""Wait-for graphs, resource-allocation graphs, circles, and explanations."""

import json
import subprocess
import sys

import pytest
from golden_pictures import stuck
from golden_pictures.deadlocked import (
    Pool,
    abandoned,
    both,
    chain,
    counter,
    forgotten,
    left,
    lost,
    mixture,
    opposite,
    philosophers,
    racy,
    right,
    self_deadlock,
    served,
)

from simulator import (
    Condition,
    Execution,
    Lock,
    Program,
    Queue,
    ReadWriteLock,
    Semaphore,
    Worker,
    choose,
    explore,
    replay,
)
from simulator.analysis import explain_deadlock, find_cycle, resource_allocation_graph, wait_for_graph

# --- the wait-for graph


def test_an_edge_says_what_is_waited_for_and_where():
    graph = wait_for_graph(replay(opposite, "AB"))
    assert list(graph.nodes) == ["A", "B"]
    held = {"units": 1, "how": "holds"}
    assert dict(graph.edges) == {
        ("A", "B"): {"object": "right", "operation": "right.acquire()", "location": "deadlocked.py:15", **held},
        ("B", "A"): {"object": "left", "operation": "left.acquire()", "location": "deadlocked.py:15", **held},
    }


def test_a_node_says_how_its_thread_stands():
    nodes = wait_for_graph(replay(mixture, "ABE")).nodes
    assert {name: data["state"] for name, data in nodes.items()} == dict.fromkeys("ABCDF", "blocked") | {"E": "failed"}
    assert nodes["A"] == {
        "kind": "thread",
        "state": "blocked",
        "waits_for": "right.acquire()",
        "location": "deadlocked.py:15",
        "holds": ("left",),
        "error": None,
        "lack": None,
    }
    assert (nodes["E"]["error"], nodes["E"]["location"]) == ("ValueError: boom", "deadlocked.py:23")


def test_any_moment_can_be_asked_for():
    execution = replay(opposite, "AAAABB")
    assert [len(wait_for_graph(execution, step=step).edges) for step in range(7)] == [0, 0, 1, 0, 0, 0, 0]
    assert [wait_for_graph(execution, step).nodes["A"]["state"] for step in (0, 4)] == ["enabled", "ended"]
    assert wait_for_graph(execution, step=1).graph["schedule"] == "A"
    assert dict(wait_for_graph(execution).nodes) == dict(wait_for_graph(execution, step=6).nodes)


def test_what_nobody_holds_makes_no_edge():
    graph = wait_for_graph(replay(lost, "PC"))
    assert list(graph.edges) == []
    assert graph.nodes["C"]["waits_for"] == "orders.get()"


def test_an_abandoned_lock_is_waited_for_at_its_ended_holder():
    assert list(wait_for_graph(replay(abandoned, "A")).edges) == [("B", "A")]
    assert list(wait_for_graph(replay(forgotten, "A")).edges) == [("B", "A")]


def test_taking_a_lock_twice_is_a_loop():
    assert list(wait_for_graph(replay(self_deadlock, "A")).edges) == [("A", "A")]


def test_every_holder_of_several_units_is_waited_for():
    pool = Pool("pool", 2)
    program = Program(A=both(pool, left), B=both(pool, left), C=both(pool, right))
    graph = wait_for_graph(replay(program, "AB"))
    assert list(graph.edges) == [("C", "A"), ("C", "B")]
    assert graph.edges["C", "A"]["units"] == 2


@pytest.mark.parametrize("step", [-1, 3])
def test_a_moment_that_is_not_there_is_refused(step):
    with pytest.raises(ValueError) as caught:
        wait_for_graph(replay(opposite, "AB"), step=step)
    first, wrong, right = str(caught.value).replace("\n\n", "\n").split("\n")
    assert first == f"there is no moment after {step} steps: the execution has 2."
    assert wrong.split("  # ") == [f"    step={step}".rstrip(), "incorrect"]
    assert right.split("  # ")[0].strip() == "step=2"
    assert right.split("  # ")[1] == "correct: 0 is the start, 2 or None the end"


def test_an_execution_from_a_file_is_to_be_replayed_first():
    execution = Execution.from_json(replay(opposite, "AB").to_json())
    for question in (wait_for_graph, resource_allocation_graph, explain_deadlock):
        with pytest.raises(ValueError, match="was read from a file") as caught:
            question(execution)
    assert str(caught.value) == (
        "this execution was read from a file, and so does not know its program: nobody can tell who holds what.\n\n"
        "    analysis.explain_deadlock(execution)                   # incorrect: it has no program\n"
        "    analysis.explain_deadlock(replay(program, execution))  # correct: replay it against the program first"
    )
    assert explain_deadlock(replay(opposite, execution)).kind == "circular wait"


# --- the resource-allocation graph


def test_requests_go_to_objects_and_assignments_come_from_them():
    graph = resource_allocation_graph(replay(opposite, "AB"))
    assert list(graph.nodes) == ["A", "B", "left", "right"]
    nothing_to_say = {"queue": (), "woken": (), "remark": ""}
    assert graph.nodes["left"] == {
        "kind": "object",
        "object": "left",
        "type": "Lock",
        "units": 1,
        "free": 0,
        **nothing_to_say,
    }
    kinds = {edge: data["kind"] for edge, data in graph.edges.items()}
    assert kinds == {
        ("A", "right"): "request",
        ("B", "left"): "request",
        ("left", "A"): "assignment",
        ("right", "B"): "assignment",
    }


def test_only_blocked_threads_request():
    graph = resource_allocation_graph(replay(opposite, "A"))
    assert list(graph.nodes) == ["A", "B", "left", "right"]
    assert list(graph.edges) == [("left", "A")]


def test_a_queue_is_shown_only_if_somebody_is_blocked_on_it():
    assert "orders" not in resource_allocation_graph(replay(lost, "P"))
    graph = resource_allocation_graph(replay(lost, "PC"))
    orders = graph.nodes["orders"]
    assert (orders["type"], orders["units"], orders["free"], orders["remark"]) == ("Queue", 0, 0, "empty")
    assert list(graph.edges) == [("C", "orders")]


def test_units_are_counted():
    pool = Pool("pool", 3)
    graph = resource_allocation_graph(replay(Program(A=both(pool, pool)), "AA"))
    assert graph.nodes["pool"]["units"] == 3
    assert graph.edges["pool", "A"]["units"] == 2


def test_an_object_with_the_name_of_a_thread_is_told_apart():
    first, queue = Lock("A"), Queue("A")

    def body():
        yield first.acquire()
        yield queue.get()

    graph = resource_allocation_graph(replay(Program(A=body), "A"))
    assert list(graph.edges) == [("A", "Queue('A')"), ("Lock('A')", "A")]
    assert [data.get("object") for _, data in graph.nodes(data=True)] == [None, "A", "A"]


# --- the circle


def test_the_circle_starts_with_the_first_thread_and_goes_the_way_of_the_waiting():
    for graph in (wait_for_graph, resource_allocation_graph):
        assert find_cycle(graph(replay(philosophers, "P1 P2 P3"))) == ("P1", "P2", "P3")
        assert find_cycle(graph(replay(mixture, "ABE"))) == ("A", "B")
        assert find_cycle(graph(replay(self_deadlock, "A"))) == ("A",)
        assert find_cycle(graph(replay(abandoned, "A"))) == ()
        assert find_cycle(graph(replay(racy, "ABAB"))) == ()


# --- explanations


def text(execution):
    return str(explain_deadlock(execution))


def test_a_circular_wait_is_explained():
    assert text(replay(opposite, "AB")) == (
        "Deadlock: circular wait.\n"
        "A holds left and waits for right, which B holds    (deadlocked.py:15: with (yield second.acquire()):)\n"
        "B holds right and waits for left, which A holds    (deadlocked.py:15: with (yield second.acquire()):)\n"
        "Nobody in the circle A → B → A can go on: each waits for the next.\n"
        "Usual cure: take the locks in the same order everywhere."
    )


def test_an_abandoned_lock_is_explained_with_the_error_and_its_line():
    assert text(replay(abandoned, "A")) == (
        "Deadlock: abandoned lock.\n"
        "B waits for lock, which A held when it ended    (deadlocked.py:31: with (yield lock.acquire()):)\n"
        'A will never release lock: it failed with ValueError: boom    (deadlocked.py:23: raise ValueError("boom"))\n'
        "Usual cure: release on every way out, with 'with (yield lock.acquire()):'."
    )


def test_a_lock_that_was_never_released_is_explained():
    assert "A will never release lock: it returned" in text(replay(forgotten, "A"))


def test_a_lost_wake_up_is_explained():
    assert text(replay(lost, "PC")) == (
        "Deadlock: lost wake-up.\n"
        "C waits for orders.get(): orders is empty    (deadlocked.py:46: yield orders.get())\n"
        "Nobody is left to put into orders for C: P has ended.\n"
        "Usual cure: put one item for every get that is to come, or call orders.shutdown() after the last one."
    )


def test_a_lock_taken_twice_is_explained():
    assert text(replay(self_deadlock, "A")) == (
        "Deadlock: circular wait.\n"
        "A holds lock and waits for lock, which it holds itself    (deadlocked.py:37: yield lock.acquire())\n"
        "A waits for itself: only A could release it, and A cannot go on.\n"
        "Usual cure: do not take a Lock that you hold already; or use an RLock."
    )


def test_in_a_mixture_each_thread_has_its_own_reason():
    explanation = explain_deadlock(replay(mixture, "ABE"))
    assert (explanation.kind, explanation.cycle) == ("circular wait", ("A", "B"))
    assert explanation.kinds == ("circular wait", "abandoned lock", "lost wake-up")
    assert {reason.thread: (reason.kind, reason.cause) for reason in explanation.reasons} == {
        "A": ("circular wait", "circular wait"),
        "B": ("circular wait", "circular wait"),
        "C": ("waits behind another", "circular wait"),
        "D": ("lost wake-up", "lost wake-up"),
        "F": ("abandoned lock", "abandoned lock"),
    }
    assert "C waits for left, which A holds; A cannot go on either" in str(explanation)
    assert (
        "Nobody is left to change ready for D: E failed with ValueError: boom; A, B, C and F wait too."
        in explanation.conclusions
    )
    assert len(explanation.cures) == 3


def test_waiting_behind_the_waiter_of_an_abandoned_lock_is_no_circle():
    explanation = explain_deadlock(replay(chain, "AB"))
    assert (explanation.kind, explanation.kinds, explanation.cycle) == ("abandoned lock", ("abandoned lock",), ())
    assert [(reason.thread, reason.kind) for reason in explanation.reasons] == [
        ("A", "abandoned lock"),
        ("C", "waits behind another"),
    ]


WORD_FOR_WORD = {
    ("early_notify", "PPPCC"): """
Deadlock: lost wake-up.
C waits in ready.wait() since step 5: nobody has notified ready since then
P's notify at step 2 came before anybody waited: a notification is not kept.
Nobody is left to notify ready for C: P has ended.
Usual cure: look before you wait, under the lock, whether it has come already: 'while not …: yield from ready.wait()'.
""",
    ("early_for_one", "AACCPPPAA"): """
Deadlock: lost wake-up.
C waits in ready.wait() since step 4: P's notify at step 6 woke A, which had waited longer
Nobody is left to notify ready for C: A and P have ended.
Usual cure: use ready.notify_all(), and wait in a loop that looks again: 'while not …: yield from ready.wait()'.
""",
    ("never_notified", "CCP"): """
Deadlock: lost wake-up.
C waits in ready.wait() since step 2: nobody has notified ready
Nobody is left to notify ready for C: P has ended.
Usual cure: notify after every change that others wait for, while holding the lock, on every way out.
""",
    ("wrong_one", "BBAAPPPBB"): """
Deadlock: lost wake-up.
B waits in ready.wait() since step 9: nobody has notified ready since then
A waits in ready.wait() since step 4: P's notify at step 6 woke B, which had waited longer; B waits again
P's notify at step 6 woke B itself, which waits again.
Nobody is left to notify ready for B: P has ended; A waits too.
Nobody is left to notify ready for A: P has ended; B waits too.
Usual cure: use ready.notify_all(), and wait in a loop that looks again: 'while not …: yield from ready.wait()'.
""",
    ("kept_lock", "AABB"): """
Deadlock: abandoned lock.
A, woken from ready.wait(), waits for ready.lock, which B held when it ended
B will never release ready.lock: it returned
Usual cure: release on every way out, with 'with (yield ready.lock.acquire()):'.
""",
    ("short", "ABC"): """
Deadlock: lost wake-up.
A waits at gate: 2 of 3 parties are there
B waits at gate: 2 of 3 parties are there
gate is short of 1 party: C failed with ValueError: boom.
Usual cure: let as many threads come as the barrier has parties; one that gives up should call gate.abort().
""",
    ("short_by_two", "AB"): """
Deadlock: lost wake-up.
A waits at gate: 1 of 3 parties is there
gate is short of 2 parties: B has ended without coming; the program has only 2 threads.
Usual cure: let as many threads come as the barrier has parties; one that gives up should call gate.abort().
""",
    ("never_set", "B"): """
Deadlock: lost wake-up.
A waits for go.wait(): nobody has set go
Nobody is left to set go for A: B has ended.
Usual cure: set go on every way out, also after an exception (in a 'finally').
""",
    ("cleared", "BB"): """
Deadlock: lost wake-up.
A waits for go.wait(): B set go at step 1, but cleared it again at step 2
Nobody is left to set go for A: B has ended.
Usual cure: do not clear go while somebody may still have to see it: use a new Event for each round, or a Condition.
""",
    ("missed", "BB"): """
Deadlock: lost wake-up.
A waits for level.until(<lambda>): level is 0, and was 1 only until B's step 2
Nobody is left to change level for A: B has ended.
Usual cure: change level on every way out, also after an exception: somebody waits for it.
""",
    ("forgotten_task", "main*2 W*3"): """
Deadlock: lost wake-up.
main waits for orders.join(): 1 of 2 items is unfinished
W got 2 items from orders, but called task_done() only once.
Nobody is left to call task_done() on orders for main: W has ended.
Usual cure: call orders.task_done() once for every item that was got, also if dealing with it fails (in a 'finally').
""",
    ("left_over", "main*2 W*2"): """
Deadlock: lost wake-up.
main waits for orders.join(): 1 of 2 items is unfinished
1 item is left in orders.
Nobody is left to get from orders for main: W has ended.
Usual cure: get every item that is put, and call orders.task_done() for it: only then can orders.join() go on.
""",
    ("full", "PC"): """
Deadlock: lost wake-up.
P waits for shelf.put('milk'): shelf is full, with room for 1 item
Nobody is left to get from shelf for P: C has ended.
Usual cure: let somebody get until the last item is there; or do not put what nobody gets.
""",
    ("lost_units", "AB"): """
Deadlock: abandoned lock.
C waits for a unit of pool: A took one at step 1 and B took one at step 2; both have ended
A will never give back the unit of pool that it took at step 1: it failed with ValueError: boom
B will never give back the unit of pool that it took at step 2: it returned
Usual cure: release on every way out, with 'with (yield pool.acquire()):'.
""",
    ("two_of_two", "AB"): """
Deadlock: circular wait.
A waits for another unit of pool: A itself took one at step 1 and B took one at step 2
B waits for another unit of pool: A took one at step 1 and B itself took one at step 2
Nobody in the circle A → B → A can go on: each waits for the next.
Usual cure: take all the units of pool that you need before anybody else can, under a lock of their own.
""",
    ("own_unit", "A"): """
Deadlock: circular wait.
A waits for another unit of single: A itself took one at step 1
A waits for itself: only a release of single by another thread could help it.
Usual cure: do not ask for another unit of single while you have the last one.
""",
    ("signal", "PC"): """
Deadlock: lost wake-up.
C waits for items.acquire(): no unit is left (0 at first, 1 released, 1 taken)
Nobody is left to release items for C: P has ended.
Usual cure: release items once for every acquire that is to come, on every way out.
""",
    ("deep", "AAA"): """
Deadlock: abandoned lock.
B waits for again, which A held when it ended
A will never release again: it returned, after 2 acquires and 1 release of again
Usual cure: release on every way out, with 'with (yield again.acquire()):'.
""",
    ("upgraders", "AB"): """
Deadlock: circular wait.
A reads table and waits to write table, for which A itself and B would have to stop reading
B reads table and waits to write table, for which A and B itself would have to stop reading
Nobody in the circle A → B → A can go on: each waits for the next.
Usual cure: stop reading table before you ask to write, and look again at what you read; or ask to write from the start.
""",
    ("one_upgrader", "A"): """
Deadlock: circular wait.
A reads table and waits to write table, for which it would have to stop reading
A waits for itself: nobody can write while anybody reads, and A cannot go on to stop reading.
Usual cure: stop reading table before you ask to write, and look again at what you read; or ask to write from the start.
""",
    ("left_reading", "R"): """
Deadlock: abandoned lock.
W waits to write table, which R was reading when it ended
R will never stop reading table: it returned
Usual cure: release on every way out, with 'with (yield table.acquire_read()):'.
""",
    ("reread", "RW"): """
Deadlock: circular wait.
R reads fair and waits to read fair: W, which waits to write, goes first
W waits to write fair, which R reads
Nobody in the circle R → W → R can go on: each waits for the next.
Usual cure: do not ask to read fair again while you read it: a writer may have come in between, and goes first.
""",
    ("circle_of_join", "main*2"): """
Deadlock: circular wait.
main holds mutex and waits for W to end
W waits for mutex, which main holds
Nobody in the circle main → W → main can go on: each waits for the next.
Usual cure: release mutex before you join W, which needs it to come to its end.
""",
    ("join_each_other", "main V"): """
Deadlock: circular wait.
V waits for W to end
W waits for V to end
Nobody in the circle V → W → V can go on: each waits for the next.
Usual cure: do not let threads join each other: let the one that starts them join them all.
""",
    ("endless", "main"): """
Deadlock: lost wake-up.
main waits for W to end; W cannot go on either
W waits for go.wait(): nobody has set go
Nobody is left to set go for W: main waits too.
Usual cure: set go on every way out, also after an exception (in a 'finally').
""",
    ("not_started", ""): """
Deadlock: lost wake-up.
main waits for go.wait(): nobody has set go
Nobody is left to set go for main: W was never started.
Usual cure: set go on every way out, also after an exception (in a 'finally').
Usual cure: start W before you wait for what it does.
""",
    ("nested", "C"): """
Deadlock: lost wake-up.
C holds mutex and waits for orders.get(): orders is empty
P waits for mutex, which C holds; C cannot go on either
Nobody is left to put into orders for C: P waits too.
Usual cure: do not hold mutex while you wait for orders.get(): whoever could help needs it too.
Usual cure: put one item for every get that is to come, or call orders.shutdown() after the last one.
""",
}
"""What is said, but for the lines of the code that stand behind it."""


@pytest.mark.parametrize(("name", "schedule"), WORD_FOR_WORD)
def test_each_way_to_get_stuck_is_told_apart(name, schedule):
    explanation = explain_deadlock(replay(getattr(stuck, name), schedule))
    said = [line.partition("    (stuck.py:")[0].rstrip() for line in explanation.sentences]
    assert said == WORD_FOR_WORD[name, schedule].strip().split("\n")


def test_the_line_stands_behind_the_sentence_for_every_object_too():
    assert "(stuck.py:38: yield from ready.wait())" in text(replay(stuck.early_notify, "PPPCC"))
    assert '(stuck.py:123: raise ValueError("boom"))' in text(replay(stuck.lost_units, "AB"))


@pytest.mark.parametrize("name", [name for name, value in vars(stuck).items() if isinstance(value, Program)])
def test_every_deadlock_of_every_small_program_is_explained(name):
    found = explore(getattr(stuck, name)).deadlocks
    assert found
    for summary in found:
        explanation = explain_deadlock(summary.example)
        assert explanation.kind in ("circular wait", "abandoned lock", "lost wake-up")
        assert explanation.cures
        assert str(explanation) == str(explain_deadlock(summary.example))
        for step in range(len(summary.example) + 1):
            waiting = wait_for_graph(summary.example, step)
            assert find_cycle(waiting) == find_cycle(resource_allocation_graph(summary.example, step))


def test_a_thread_behind_the_taker_of_a_unit_and_one_behind_a_joiner():
    pool, event_lock = Semaphore("pool", 1), Lock("lock")

    def take_and_sleep():
        yield pool.acquire()
        yield Queue("orders").get()

    def want():
        yield event_lock.acquire()
        yield pool.acquire()

    program = Program(A=take_and_sleep, B=want)
    assert (
        text(replay(program, "AB"))
        .split("\n")[2]
        .startswith("B holds lock and waits for a unit of pool: A took one at step 1; A cannot go on either    (")
    )
    explanation = explain_deadlock(replay(program, "AB"))
    assert explanation.kinds == ("lost wake-up",)
    assert [reason.kind for reason in explanation.reasons] == ["lost wake-up", "waits behind another"]


def test_one_of_several_takers_that_has_ended_is_named():
    pool = Semaphore("pool", 2)

    def keep():
        yield pool.acquire()

    def take_and_sleep():
        yield pool.acquire()
        yield Queue("orders").get()

    explanation = explain_deadlock(replay(Program(A=keep, B=take_and_sleep, C=keep), "AB"))
    assert explanation.reasons[1].sentence == (
        "C waits for a unit of pool: A, which has ended, took one at step 1 and B took one at step 2; B cannot go on either"
    )
    assert explanation.kinds == ("abandoned lock", "lost wake-up")
    assert "A will never give back the unit of pool that it took at step 1: it returned" in explanation.conclusions


def test_a_thread_woken_from_a_condition_waits_for_the_holder_of_the_lock():
    condition, event = Condition("ready"), Queue("orders")

    def sleeper():
        with (yield condition.acquire()):
            yield from condition.wait()

    def waker():
        with (yield condition.acquire()):
            yield condition.notify()
            yield event.get()

    execution = replay(Program(A=sleeper, B=waker), "AABB")
    graph = wait_for_graph(execution)
    assert {edge: (data["object"], data["how"]) for edge, data in graph.edges.items()} == {
        ("A", "B"): ("ready.lock", "holds")
    }
    assert explain_deadlock(execution).reasons[0].sentence == (
        "A, woken from ready.wait(), waits for ready.lock, which B holds; B cannot go on either"
    )


def test_a_writer_behind_a_reader_and_a_reader_behind_a_writer():
    table, orders = ReadWriteLock("table"), Queue("orders")

    def read():
        yield table.acquire_read()
        yield orders.get()

    def write():
        yield from table.acquire_write()

    def fail():
        yield from table.acquire_write()
        raise ValueError("boom")

    assert explain_deadlock(replay(Program(R=read, S=read, W=write), "RS")).reasons[2].sentence == (
        "W waits to write table, which R and S read; R and S cannot go on either"
    )
    explanation = explain_deadlock(replay(Program(W=fail, R=read), "W"))
    assert explanation.reasons[0].sentence == "R waits to read table, which W was writing when it ended"
    assert explanation.conclusions[0].startswith("W will never stop writing table: it failed with ValueError: boom    (")
    assert explanation.cures == ("release on every way out, with 'with (yield from table.acquire_write()):'.",)


def test_a_daemon_and_a_woken_thread_say_what_they_are():
    orders = Queue("orders")

    def get():
        yield orders.get()

    explanation = explain_deadlock(replay(Program(daemons=("G",), A=get, G=get), ""))
    assert explanation.reasons[1].sentence == "G, a daemon, waits for orders.get(): orders is empty"


def test_a_worker_that_was_never_started_is_no_deadlock():
    def body():
        yield counter.read()

    execution = replay(Program(A=body, W=Worker("W", body)), "A")
    assert text(execution) == "No deadlock: every thread has ended; W was never started."
    assert wait_for_graph(execution).nodes["W"]["state"] == "not started"


def test_choices_may_have_come_before():
    orders = Queue("orders")

    def get():
        if (yield choose(False, True)):
            yield orders.get()

    execution = replay(Program(A=get, B=get), "A=0 B=1")
    assert explain_deadlock(execution).reasons[0].sentence == "B waits for orders.get(): orders is empty"
    assert wait_for_graph(execution, step=0).nodes["A"]["state"] == "enabled"


# --- who took a unit


def units(program, schedule):
    """Who waits for whom, and how."""
    return {edge: data["how"] for edge, data in wait_for_graph(replay(program, schedule)).edges.items()}


def test_who_took_a_unit_is_known_from_the_steps():
    assert units(stuck.lost_units, "AB") == {("C", "A"): "took a unit", ("C", "B"): "took a unit"}
    assert units(stuck.lost_units, "ACC") == {("B", "A"): "took a unit", ("B", "C"): "took a unit"}
    assert units(stuck.lost_units, "ACCC") == {}


def test_a_refused_acquire_takes_nothing_and_n_units_come_back_at_once():
    pool = Semaphore("pool", 2)

    def take():
        yield pool.acquire()
        yield pool.acquire()
        yield pool.acquire(blocking=False)
        yield pool.release(2)
        yield pool.acquire()

    def want():
        yield pool.acquire()

    program = Program(A=take, B=want)
    assert units(program, "AAA") == {("B", "A"): "took a unit"}
    graph = resource_allocation_graph(replay(program, "AAAAA"))
    assert (graph.nodes["pool"]["units"], graph.nodes["pool"]["free"]) == (2, 1)
    assert graph.edges["pool", "A"]["units"] == 1


def test_a_unit_that_another_thread_puts_back_is_owed_by_nobody():
    slots = Semaphore("slots", 1)

    def produce():
        for _ in range(3):
            yield slots.acquire()

    def consume():
        yield slots.release()

    execution = replay(Program(P=produce, C=consume), "PCP")
    assert units(execution.program, "PCP") == {}
    assert explain_deadlock(execution).reasons[0].sentence == (
        "P waits for slots.acquire(): no unit is left (1 at first, 1 released, 2 taken)"
    )


def test_a_unit_that_was_made_is_owed_by_nobody():
    assert units(stuck.signal, "PC") == {}


# --- resource-allocation graphs of the other objects


def node(execution, name):
    return resource_allocation_graph(execution).nodes[name]


def test_who_waits_inside_stands_at_the_object_in_the_order_of_coming():
    ready = node(replay(stuck.wrong_one, "BBAAPPPBB"), "ready")
    assert (ready["queue"], ready["woken"], ready["units"], ready["remark"]) == (("A", "B"), (), 0, "with ready.lock")
    ready = node(replay(stuck.wrong_one, "BBAAPP"), "ready")
    assert (ready["queue"], ready["woken"]) == (("A",), ("B",))
    gate = node(replay(stuck.short, "BA"), "gate")
    assert (gate["queue"], gate["units"], gate["remark"]) == (("B", "A"), 0, "2 of 3 there")


def test_the_other_objects_say_how_they_stand():
    assert node(replay(stuck.cleared, "BB"), "go")["remark"] == "not set"
    assert node(replay(stuck.full, "P"), "shelf")["remark"] == "1 of 1 items"
    assert node(replay(stuck.forgotten_task, "main*2 W*3"), "orders")["remark"] == "empty, 1 unfinished"
    assert node(replay(stuck.signal, "PC"), "items")["remark"] == "no unit"
    assert node(replay(stuck.reread, "RW"), "fair")["remark"] == "1 writer announced"


def test_a_join_goes_from_thread_to_thread():
    for graph in (wait_for_graph, resource_allocation_graph):
        join = graph(replay(stuck.circle_of_join, "main main")).edges["main", "W"]
        assert (join["object"], join["how"]) == ("W", "is joined")


def test_readers_and_the_writer_that_goes_first_have_their_edges():
    edges = resource_allocation_graph(replay(stuck.reread, "RW")).edges
    assert {edge: (data["kind"], data["how"]) for edge, data in edges.items()} == {
        ("R", "fair"): ("request", "waits to write"),
        ("W", "fair"): ("request", "reads"),
        ("fair", "W"): ("announcement", "waits to write"),
        ("fair", "R"): ("assignment", "reads"),
    }


def test_what_is_no_deadlock_is_said_to_be_none():
    assert text(replay(racy, "ABAB")) == "No deadlock: every thread has ended."
    assert text(replay(racy, "AB")) == "No deadlock: the execution is unfinished, and A and B can go on."
    assert text(replay(abandoned, "")) == "No deadlock: the execution is unfinished, and A and B can go on."
    assert (
        text(replay(served, "AG")) == "No deadlock: every thread has ended but G, and a daemon may go on or wait for ever."
    )
    explanation = explain_deadlock(replay(racy, "ABAB"))
    assert (explanation.kind, explanation.kinds, explanation.cycle, explanation.reasons) == ("none", (), (), ())


def test_a_failed_thread_alone_is_no_deadlock():
    def fail():
        yield counter.read()
        raise ValueError("boom")

    assert text(replay(Program(A=fail), "A")) == "No deadlock: every thread has ended; A failed with ValueError: boom."


def test_a_circle_in_a_run_that_can_go_on_is_pointed_out():
    program = Program(A=both(left, right), B=both(right, left), C=both(Lock("another"), right))
    assert text(replay(program, "AB")) == (
        "No deadlock: the execution is unfinished, and C can go on.\n"
        "But A → B → A is a circle already: unless somebody else frees what they wait for, they never go on."
    )


def test_an_explanation_is_data_too():
    explanation = explain_deadlock(replay(opposite, "AB"))
    data = json.loads(explanation.to_json())
    assert (data["format"], data["version"], data["kind"], data["cycle"]) == (
        "simulator explanation",
        1,
        "circular wait",
        ["A", "B"],
    )
    assert data["reasons"][0]["holds"] == ["left"]
    assert data["reasons"][0]["source"] == "with (yield second.acquire()):"
    assert explanation == explain_deadlock(replay(opposite, "AB"))


def test_importing_the_simulator_or_its_pictures_starts_neither_networkx_nor_graphviz():
    code = "import sys, simulator, simulator.render; print({'networkx', 'graphviz', 'pygraphviz'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
