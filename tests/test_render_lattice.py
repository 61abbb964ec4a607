"""The lattice of two threads: its numbers against brute force, its areas, and its axes."""

import json

import pytest
from brute_force import every_run
from golden_pictures.deadlocked import counter, left, opposite, racy
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from made_up import build, programs

from simulator import Lock, Program, Queue, ReadWriteLock, Semaphore, Shared, state_graph
from simulator.errors import TooLarge
from simulator.render.interleavings.crossings import MOST_STEPS, lattice
from simulator.render.interleavings.forbidden import forbidden
from simulator.render.interleavings.lattice import lattice_dot
from simulator.render.interleavings.lattice_text import lattice_json, lattice_text
from simulator.render.means.hatching import hatching

flag = Shared("flag", 0)


def places(schedule):
    """The points that an interleaving comes by."""
    here, found = (0, 0), [(0, 0)]
    for name in schedule:
        here = (here[0] + (name == "A"), here[1] + (name == "B"))
        found.append(here)
    return found


@settings(max_examples=40)
@given(programs())
def test_the_numbers_are_those_of_brute_force(made):
    scripts, which = made
    built = build((scripts, which[:2]))
    note(built.text)
    graph = state_graph(built.program)
    assume(graph.interleavings is not None and graph.interleavings <= 2_000)
    runs = list(every_run(built.program, 2_000))
    assume(all(max(places(run.schedule)[-1]) <= MOST_STEPS for run in runs))
    table = lattice(graph)
    ways, through, moves, stuck = {}, {}, {}, {}
    for run in runs:
        trail = places(run.schedule)
        for step, place in enumerate(trail):
            ways.setdefault(place, set()).add(run.schedule[:step])
            through[place] = through.get(place, 0) + 1
            stuck.setdefault(place, set()).add(run.status == "deadlock" or bool(run.failures))
        for place, name in zip(trail, run.schedule, strict=False):
            moves[place, "AB".index(name)] = moves.get((place, "AB".index(name)), 0) + 1
    assert {place: point.ways for place, point in table.points.items()} == {
        place: len(found) for place, found in ways.items()
    }
    assert {place: point.interleavings for place, point in table.points.items()} == through
    assert table.moves == moves
    assert {place for place in table.points if table.doomed(place)} == {
        place for place, bad in stuck.items() if bad == {True}
    }
    lattice_dot(graph)
    assert len(json.loads(lattice_json(graph))["points"]) == len(table.points)
    assert not set(forbidden(table)) & set(table.points)


def test_the_deadlock_corner_and_the_forbidden_region_show():
    table = lattice(state_graph(opposite))
    assert [place for place in table.points if table.doomed(place)] == [(1, 1)]
    everywhere = {(x, y) for x in range(5) for y in range(5)}
    assert everywhere - set(table.points) == {(2, 1), (2, 2), (3, 2), (1, 2), (2, 3), (3, 3)}
    assert lattice_text(state_graph(opposite), chosen="AB").split("\n\n")[1] == (
        "4    1    2    2    2    4\n"
        "3    1    1  ///  ...    2\n"
        "2    1  ///  ///  ///    2\n"
        "1    1  *2X  ///    1    2\n"
        "0   *1   *1    1    1    1\n"
        "B    0    1    2    3    4  A"
    )


def steps_of(*operations):
    def body():
        for operation in operations:  # noqa: UP028 (a tuple cannot be sent the answers)
            yield operation

    return body


def inside(acquire, release):
    """A thread that does one thing while it has something, and one after that."""
    return steps_of(acquire, flag.read(), release, flag.read())


def write_in():
    yield from room.acquire_write()
    yield flag.read()
    yield room.release_write()


def test_what_a_lock_forbids_is_no_mere_lack_of_a_way():
    found = forbidden(lattice(state_graph(opposite)))
    assert found == {
        (1, 2): ("left",),
        (2, 1): ("right",),
        (2, 2): ("left", "right"),
        (2, 3): ("right",),
        (3, 2): ("left",),
    }  # behind them lies (3, 3), where A has left and B right
    text = lattice_text(state_graph(opposite))
    assert "//: forbidden by left and right; ..: no way leads there" in text
    assert [entry["by"] for entry in json.loads(lattice_json(state_graph(opposite)))["forbidden"]] == list(
        map(list, found.values())
    )


pool, empty, two = Semaphore("pool", 1), Semaphore("empty", 0), Semaphore("two", 2)
room, lock = ReadWriteLock("room"), Lock("lock")
with_lock, with_unit = inside(lock.acquire(), lock.release()), inside(pool.acquire(), pool.release())
with_one_of_two, reading = inside(two.acquire(), two.release()), inside(room.acquire_read(), room.release_read())


@pytest.mark.parametrize(
    ("first", "second", "across", "up"),
    [
        (with_lock, with_lock, (1, 2), (1, 2)),
        (with_unit, with_unit, (1, 2), (1, 2)),
        (with_one_of_two, with_one_of_two, (), ()),
        (reading, reading, (), ()),
        (reading, write_in, (1, 2), (1, 2)),
        (write_in, write_in, (1, 2), (1, 2)),
    ],
)
def test_the_forbidden_square(first, second, across, up):
    found = forbidden(lattice(state_graph(Program(A=first, B=second))))
    assert set(found) == {(x, y) for x in across for y in up}


def test_the_forbidden_square_of_threads_that_hold_a_lock_for_longer_if_they_are_first():
    def once():
        with (yield lock.acquire()):
            if not (yield flag.read()):
                yield counter.write(1)
                yield flag.write(1)

    table = lattice(state_graph(Program(A=once, B=once)))
    assert {place for place, point in table.points.items() if point.ends} == {(5, 3), (3, 5)}
    assert set(forbidden(table)) == {(x, y) for x in range(1, 5) for y in range(1, 5)}


def test_a_unit_that_is_not_there_yet_is_forbidden_to_take():
    table = lattice(state_graph(Program(A=steps_of(flag.read(), empty.release()), B=steps_of(empty.acquire()))))
    assert forbidden(table) == {(0, 1): ("empty",), (1, 1): ("empty",)}


def test_what_waits_for_something_else_than_a_lock_is_out_of_reach_and_not_forbidden():
    orders = Queue("orders")
    graph = state_graph(Program(A=steps_of(orders.put("tea")), B=steps_of(orders.get())))
    assert forbidden(lattice(graph)) == {}
    assert "dotted: no way leads there" in lattice_dot(graph)
    assert "hatched" not in lattice_dot(graph)


def test_a_lock_that_may_not_have_been_taken_forbids_nothing():
    """A has the lock after its step only if B was not there first: no point is out of bounds for it."""
    polite = steps_of(lock.acquire(blocking=False))
    assert forbidden(lattice(state_graph(Program(A=polite, B=polite)))) == {}


def test_the_chosen_path_is_thick():
    dot = lattice_dot(state_graph(racy), chosen="ABBA")
    assert sum('class="step chosen"' in line for line in dot.split("\n")) == 4
    assert dot.count('penwidth="3.5"') == 4


def test_what_is_written_depends_on_what_was_read():
    table = lattice(state_graph(racy))
    assert [text.split("\n")[0] for text in table.axes[0]] == ["counter.read()", "counter.write(…)"]


def either():
    if (yield flag.read()):
        yield counter.write(1)
        yield counter.write(2)


def raise_it():
    yield flag.write(1)


def test_threads_that_do_not_always_take_the_same_steps_have_a_lattice_and_it_says_so():
    table = lattice(state_graph(Program(A=either, B=raise_it)))
    assert {place for place, point in table.points.items() if point.ends} == {(1, 1), (3, 1)}
    assert table.points[1, 1].ways == 2  # one ends there, and one goes on
    assert "A: not always the same number of steps" in lattice_text(state_graph(Program(A=either, B=raise_it)))
    assert "not always" not in lattice_text(state_graph(opposite))


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_other_numbers_of_threads_are_refused(threads, raises_in_full):
    raises_in_full(
        ValueError,
        f"a lattice shows the steps of exactly two threads, and this program has {threads}.\n"
        "Draw its state graph or its interleaving tree; or the lattice of a program with two of its threads.",
        lambda: (
            lattice_dot(state_graph(Program.copies(raise_it, threads))) if threads else lattice_dot(state_graph(Program()))
        ),
    )


def repeated(times):
    def body():
        for _ in range(times):
            yield left.locked()

    return body


def test_long_threads_are_refused(raises_in_full):
    graph = state_graph(Program(A=repeated(2), B=repeated(21)))
    raises_in_full(
        TooLarge,
        "B takes more than 20 steps, and nobody could read so large a lattice.\n"
        "Draw shorter threads, such as one round of a loop; or the interleaving tree with depth=4.",
        lambda: lattice_dot(graph),
    )
    largest = lattice(state_graph(Program(A=repeated(20), B=repeated(20))))
    assert largest.points[20, 20].ways == 137_846_528_820  # 40 over 20


def test_what_has_no_end_is_refused(raises_in_full):
    def spin():
        while not (yield flag.read()):
            pass

    raises_in_full(
        TooLarge,
        "this program can go round for ever, and its lattice would have no end.\n"
        "Draw its state graph: there a loop is a loop.",
        lambda: lattice_dot(state_graph(Program(A=spin, B=raise_it))),
    )


squares = st.sets(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=12)


@settings(max_examples=50)
@given(squares, st.sampled_from((3, 5, 7)))
def test_hatch_lines_cover_the_area_and_nothing_else(cells, gap):
    """Point for point, between the corners of the squares, where x + y is a multiple of the gap."""
    area = [(10 * x, 10 * y, 10 * x + 10, 10 * y + 10) for x, y in cells]
    inside = {
        (2 * x + 1, 2 * y + 1)  # halves, so that no point lies on an outline
        for left_, top, right_, bottom in area
        for x in range(left_, right_)
        for y in range(top, bottom)
        if (x + y + 1) % gap == 0
    }
    drawn = set()
    for (x0, y0), (x1, y1) in hatching(area, gap):
        assert x0 + y0 == x1 + y1
        assert x0 < x1
        drawn |= {(2 * x + 1, 2 * (x0 + y0) - 2 * x - 1) for x in range(x0, x1)}
    assert drawn == inside
