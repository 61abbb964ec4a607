"""What can go on for ever: known cases, and an independent brute force over every subset of the states of small graphs."""

from functools import partial
from itertools import combinations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import Atomic, Lock, Program, ReadWriteLock, Shared, explore, forever, replay
from simulator.exploration.forever.fair_cycles import any_cycles, components, stepping, strongly_fair, tour, weakly_fair

x = Shared("x", 0)

# The graph algorithms, against every subset ------------------------------------------------------------------------------

graphs = st.integers(1, 6).flatmap(
    lambda size: st.lists(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, size - 1)), max_size=3, unique_by=lambda edge: edge[0]),
        min_size=size,
        max_size=size,
    )
)


def built(lists):
    edges = {state: [(thread, thread << 8, after) for thread, after in out] for state, out in enumerate(lists)}
    return edges, {state: frozenset(thread for thread, _, _ in out) for state, out in edges.items()}


def closed_parts(edges):
    """Every set of states that an execution can walk round in, by trying them all."""
    for size in range(1, len(edges) + 1):
        for states in map(set, combinations(edges, size)):
            graph = networkx.DiGraph()
            graph.add_nodes_from(states)
            graph.add_edges_from((state, after) for state in states for _, _, after in edges[state] if after in states)
            if graph.number_of_edges() and networkx.is_strongly_connected(graph):
                yield states


def can_be_walked(edges, enabled, states, fairness):
    steps = {thread for state in states for thread, _, after in edges[state] if after in states}
    everybody = set().union(*enabled.values())
    if fairness == "strong":
        return all(thread in steps or not any(thread in enabled[state] for state in states) for thread in everybody)
    return all(thread in steps or any(thread not in enabled[state] for state in states) for thread in everybody)


@given(graphs)
def test_fair_parts_are_found_exactly_if_there_are_any(lists):
    edges, enabled = built(lists)
    closed = list(closed_parts(edges))
    assert {frozenset(part) for part in any_cycles(edges, enabled, edges)} == {
        frozenset(part) for part in closed if not any(part < other for other in closed)
    }
    for fairness, algorithm in (("strong", strongly_fair), ("weak", weakly_fair)):
        fair = [part for part in closed if can_be_walked(edges, enabled, part, fairness)]
        found = list(algorithm(edges, enabled, edges))
        assert all(part in fair for part in found)
        assert all(any(part <= other for other in found) for part in fair)


@given(graphs)
def test_a_tour_goes_round_and_forgets_nobody(lists):
    edges, enabled = built(lists)
    for fairness, algorithm in (("strong", strongly_fair), ("weak", weakly_fair), ("none", any_cycles)):
        for part in algorithm(edges, enabled, edges):
            start = min(part)
            state, visited, stepped = start, set(), set()
            for code in tour(edges, part, start, enabled, ()):
                (after,) = (after for _, done, after in edges[state] if done == code)
                stepped.add(code >> 8)
                visited.add(after)
                state = after
            assert state == start
            assert visited <= part
            assert stepped == stepping(edges, part)
            always = frozenset.intersection(*(enabled[state] for state in visited))
            if fairness == "weak":
                assert always <= stepped
            if fairness == "strong":
                assert frozenset().union(*(enabled[state] for state in visited)) <= stepped


def test_components_of_a_long_chain_do_not_recurse():
    edges = {state: [(0, 0, (state + 1) % 20_000)] for state in range(20_000)}
    assert [len(part) for part in components(edges, edges)] == [20_000]


# Programs that loop, against exploring ------------------------------------------------------------------------------------

loops = st.lists(
    st.lists(st.sampled_from(("spin", "set", "clear", "lock", "unlock", "try", "again")), min_size=1, max_size=4).map(tuple),
    min_size=2,
    max_size=2,
)


def looping(script, flag, mutex):
    place = 0
    while place < len(script):
        match script[place]:
            case "spin":
                while not (yield flag.read()):
                    pass
            case "set":
                yield flag.write(True)
            case "clear":
                yield flag.write(False)
            case "lock":
                yield mutex.acquire()
            case "unlock":
                yield mutex.release()
            case "try":
                while not (yield mutex.acquire(blocking=False)):
                    pass
        place = 0 if script[place] == "again" and (yield flag.read()) else place + 1


@given(loops)
def test_endless_exactly_if_exploring_says_so(scripts):
    flag, mutex = Shared("flag", False), Lock("mutex")
    program = Program(**{name: partial(looping, script, flag, mutex) for name, script in zip("AB", scripts, strict=True)})
    explored, found = explore(program), forever(program)
    assert (found.endless is None) == (explored.interleavings is not None)
    assert {one.outcome for one in found.deadlocks} == {one.outcome for one in explored.deadlocks}
    for lasso in filter(None, (found.endless, *found.starving)):
        rounds = [replay(program, lasso.schedule(number)) for number in (0, 3)]
        assert rounds[0].outcome == rounds[1].outcome
        assert set(lasso.cycle) - {lasso.starving} == set(lasso.threads)
        if lasso.starving is not None:
            steps = rounds[1].trace[len(lasso.prefix) :]
            vain = [step for step in steps if step.thread == lasso.starving and step.operation.method == "release"]
            assert lasso.starving in rounds[1].waiting
            assert not vain


# Known cases -------------------------------------------------------------------------------------------------------------


def polite(first, second):
    while True:
        yield first.acquire()
        if (yield second.acquire(blocking=False)):
            break
        yield first.release()
    yield second.release()
    yield first.release()


def philosophers():
    left, right = Lock("left"), Lock("right")
    return Program(A=partial(polite, left, right), B=partial(polite, right, left))


def test_polite_philosophers_livelock():
    found = forever(philosophers())
    assert found.claim == "complete"
    assert found.deadlocks == ()
    assert found.livelock is found.endless
    assert (found.livelock.fairness, found.livelock.threads) == ("strong", ("A", "B"))
    program = philosophers()
    still = replay(program, forever(program).livelock.schedule(100))
    assert still.outcome.status == "unfinished"
    assert set(still.waiting) == {"A", "B"}


def test_a_spin_lock_spins_only_if_the_scheduler_is_unfair():
    taken = Atomic("taken", False)

    def once():
        while (yield taken.exchange(True)):
            pass
        yield taken.write(False)

    found = forever(Program(A=once, B=once))
    assert found.livelock is None
    assert found.endless.fairness == "none"
    assert found.starving == ()
    assert "spinning: " in str(found)


def test_who_spins_at_a_lock_that_is_used_for_ever_may_starve():
    taken = Atomic("taken", False)

    def for_ever():
        while True:
            while (yield taken.exchange(True)):
                pass
            yield taken.write(False)

    found = forever(Program(A=for_ever, B=for_ever))
    assert [(lasso.starving, lasso.fairness) for lasso in found.starving] == [("A", "strong"), ("B", "strong")]


def peterson(flags, turn, me):
    while True:
        yield flags[me].write(True)
        yield turn.write(1 - me)
        while (yield flags[1 - me].read()) and (yield turn.read()) == 1 - me:
            pass
        yield flags[me].write(False)


def test_nobody_starves_with_peterson():
    flags, turn = (Shared("flag0", False), Shared("flag1", False)), Shared("turn", 0)
    found = forever(Program(A=partial(peterson, flags, turn, 0), B=partial(peterson, flags, turn, 1)))
    assert (found.starving, found.deadlocks, found.unreached) == ((), (), ())
    assert found.endless.fairness == "strong"


def reader(table):
    while True:
        yield table.acquire_read()
        yield table.release_read()


def writer(table):
    yield from table.acquire_write()
    yield table.release_write()


def test_a_writer_starves_where_readers_are_preferred():
    table = ReadWriteLock("table", "readers")
    found = forever(Program(R=partial(reader, table), S=partial(reader, table), W=partial(writer, table)))
    (lasso,) = [lasso for lasso in found.starving if lasso.starving == "W"]
    assert (lasso.fairness, lasso.waits_for) == ("strong", "table.acquire_write()")
    assert set(lasso.cycle) == {"R", "S"}
    assert str(lasso).startswith("W can wait for ever (table.acquire_write()) while R and S step on: ")


def test_a_lock_is_only_weakly_fair():
    lock = Lock("lock")

    def hog():
        while True:
            yield lock.acquire()
            yield x.write(1)
            yield lock.release()

    found = forever(Program(A=hog, B=hog))
    assert [(lasso.starving, lasso.fairness) for lasso in found.starving] == [("A", "weak"), ("B", "weak")]


def test_a_line_that_is_never_reached():
    def thread():
        while True:
            value = yield x.read()
            if value > 5:
                yield x.write(-1)

    line = thread.__code__.co_firstlineno + 4
    found = forever(Program(A=thread))
    assert found.unreached == (f"test_forever.py:{line}",)
    assert f"never reached: test_forever.py:{line}" in str(found)


def test_deadlocks_are_listed_with_their_shortest_execution():
    first, second = Lock("first"), Lock("second")

    def both(one, other):
        yield one.acquire()
        yield other.acquire()

    found = forever(Program(A=partial(both, first, second), B=partial(both, second, first)))
    assert "AB" in [str(execution.schedule) for execution in found.deadlocks]
    assert all(execution.outcome.status == "deadlock" for execution in found.deadlocks)
    assert found.endless is None


def test_a_program_that_ends_has_nothing_to_report():
    def thread():
        value = yield x.read()
        yield x.write(value + 1)

    found = forever(Program(A=thread, B=thread))
    assert (found.deadlocks, found.endless, found.starving, found.unreached) == ((), None, (), ())
    assert str(found).startswith("every execution comes to its end, and every line is reached\n")


def counts():
    while True:
        value = yield x.read()
        yield x.write(value + 1)


def test_states_without_end_need_a_budget_and_the_answer_is_partial():
    found = forever(Program(A=counts), max_states=50)
    assert found.claim == "partial"
    assert (found.endless, found.unreached) == (None, ())
    assert "nothing was found so far" in str(found)
    with pytest.raises(ValueError, match="max_states was expecting a positive number"):
        forever(Program(A=counts), max_states=0)


def test_the_same_answer_twice():
    assert str(forever(philosophers())) == str(forever(philosophers()))
