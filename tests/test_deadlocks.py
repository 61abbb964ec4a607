"""Wait-for graphs, resource-allocation graphs, circles, and explanations."""

import json
import subprocess
import sys

import pytest
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

from simulator import Execution, Lock, Program, Queue, replay
from simulator.analysis import explain_deadlock, find_cycle, resource_allocation_graph, wait_for_graph

# --- the wait-for graph


def test_an_edge_says_what_is_waited_for_and_where():
    graph = wait_for_graph(replay(opposite, "AB"))
    assert list(graph.nodes) == ["A", "B"]
    assert dict(graph.edges) == {
        ("A", "B"): {"object": "right", "operation": "right.acquire()", "location": "deadlocked.py:15", "units": 1},
        ("B", "A"): {"object": "left", "operation": "left.acquire()", "location": "deadlocked.py:15", "units": 1},
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
    assert graph.nodes["left"] == {"kind": "object", "object": "left", "type": "Lock", "units": 1}
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
    assert graph.nodes["orders"] == {"kind": "object", "object": "orders", "type": "Queue", "units": 0}
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
        "Usual cure: make sure that someone still puts, sets, changes or notifies, before the others stop waiting for it."
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
