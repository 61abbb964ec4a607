"""The state graph: its numbers against explore, the list of interleavings and brute force; its states against replay."""

from collections import Counter
from itertools import product

import pytest
from brute_force import every_run
from golden.table import TABLE
from hypothesis import assume, given, settings
from made_up import programs, small_enough
from made_up_primitives import barrier_programs, condition_programs, queue_programs, semaphore_programs, worker_programs

from simulator import (
    Lock,
    NondeterministicProgram,
    Program,
    Queue,
    ScheduleError,
    Scheduler,
    Semaphore,
    Shared,
    choose,
    explore,
    interleavings,
    replay,
    sleep,
)
from simulator.errors import TooLarge
from simulator.exploration.state_graph import State, state_graph

x, lock = Shared("x", 0), Lock("lock")
MOST_INTERLEAVINGS = 300


def increment():
    value = yield x.read()
    yield x.write(value + 1)


def toss():
    yield x.write((yield choose("heads", "tails", "edge")))


def spin():
    while not (yield x.read()):
        pass


def check_against(program, listed, merge):
    """Walk every listed interleaving through the graph, and count at every state and every step who comes by."""
    graph = state_graph(program, merge=merge)
    whole = explore(program, symmetry=False, split=False, merge=merge)
    assert (graph.interleavings, len(graph.states), len(graph.edges)) == (
        whole.interleavings,
        whole.states,
        whole.transitions,
    )
    assert graph.interleavings == len(listed)
    through, visited, prefixes, suffixes = Counter(), Counter(), {}, {}
    for schedule in listed:
        path = graph.path(schedule)
        here = [0, *(edge.target for edge in path)]
        through.update((edge.source, edge.step) for edge in path)
        visited[here[-1]] += 1
        for place, state in enumerate(here):
            prefixes.setdefault(state, set()).add(schedule[:place])
            suffixes.setdefault(state, set()).add(schedule[place:])
    assert {(edge.source, edge.step): edge.interleavings for edge in graph.edges} == through
    assert {state.index: state.paths_to for state in graph.states if state.outcome is not None} == visited
    for state in graph.states:
        assert (state.paths_to, state.paths_from) == (len(prefixes[state.index]), len(suffixes[state.index]))
    ends = Counter()
    for state in graph.states:
        if state.outcome is not None:
            ends[state.outcome] += state.paths_to
    assert ends == {summary.outcome: summary.interleavings for summary in whole.outcomes}
    return graph


def check_states(program, graph, schedules):
    """Along some interleavings the live scheduler sees what the graph says."""
    for schedule in schedules:
        path = graph.path(schedule)
        with Scheduler(program) as scheduler:
            for edge in path:
                before = graph.states[edge.source]
                assert before.waiting[edge.thread] == edge.operation
                event = scheduler.step(edge.step)
                assert (event.operation, event.answer, event.location) == (
                    edge.operation,
                    edge.answer,
                    before.places[edge.thread],
                )
            end = graph.states[path[-1].target if path else 0]
            assert (scheduler.outcome(), scheduler.outcome().final) == (end.outcome, end.values)


@settings(max_examples=20)
@given(programs())
def test_made_up_programs_have_the_interleavings_of_brute_force_through_every_step(made):
    built = small_enough(made, MOST_INTERLEAVINGS)
    listed = [run.schedule for run in every_run(built.program, 20 * MOST_INTERLEAVINGS)]
    for merge in (True, False):
        check_states(built.program, check_against(built.program, listed, merge), listed[:: 1 + len(listed) // 5])


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_have_the_interleavings_of_brute_force_through_every_step(made):
    built = small_enough(made, MOST_INTERLEAVINGS)
    listed = [run.schedule for run in every_run(built.program, 20 * MOST_INTERLEAVINGS)]
    for merge in (True, False):
        check_states(built.program, check_against(built.program, listed, merge), listed[:: 1 + len(listed) // 5])


@pytest.mark.parametrize(
    "strategy",
    [worker_programs(), condition_programs(), barrier_programs(), semaphore_programs(Semaphore), queue_programs(Queue)],
    ids=["workers", "conditions", "barriers", "semaphores", "queues"],
)
def test_made_up_programs_of_every_primitive_agree_with_the_list_of_interleavings(strategy):
    @settings(max_examples=5)
    @given(strategy)
    def check(made):
        assume(0 < (explore(made.program, max_states=1_000, max_steps=200).interleavings or 0) <= MOST_INTERLEAVINGS)
        listed = [execution.schedule for execution in interleavings(made.program)]
        check_states(made.program, check_against(made.program, listed, True), listed[:: 1 + len(listed) // 5])

    check()


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
@pytest.mark.parametrize("merge", [True, False])
def test_the_golden_programs_agree_with_explore_and_with_the_list_of_interleavings(row, merge):
    graph = check_against(row.program, [execution.schedule for execution in interleavings(row.program)], merge)
    if row.states is not None:
        assert len(graph.states) == row.states if not merge else len(graph.states) <= row.states


def test_the_start_comes_first_and_knows_objects_that_are_met_only_later():
    graph = state_graph(Program(A=increment, B=toss))
    start = graph.states[0]
    assert (start.index, start.values[x], start.paths_to, start.outcome) == (0, 0, 1, None)
    assert list(start.values) == [x]
    assert {name: str(operation) for name, operation in start.waiting.items()} == {
        "A": "x.read()",
        "B": "choose('heads', 'tails', 'edge')",
    }
    assert start.places["A"].source == "value = yield x.read()"


def test_choices_are_steps_of_their_own():
    graph = state_graph(Program(A=toss))
    assert [(edge.step, edge.thread, edge.answer) for edge in graph.after[0]] == [
        ("A=0", "A", "heads"),
        ("A=1", "A", "tails"),
        ("A=2", "A", "edge"),
    ]
    assert [edge.answer for edge in graph.path("A=1 A")] == ["tails", None]


def test_only_what_lies_on_a_circle_or_behind_one_has_no_end():
    def reader():
        yield x.read()

    graph = state_graph(Program(A=spin, B=increment))
    assert graph.interleavings is None
    assert any(edge.interleavings is None for edge in graph.edges)
    assert all((edge.interleavings is None) for edge in graph.edges if edge.source == edge.target)

    def flag():
        yield x.write(1)
        yield x.read()

    once = state_graph(Program(A=flag, B=spin, daemons=("B",)))
    assert once.interleavings is None
    after = [edge for edge in once.edges if once.states[edge.source].values[x] == 1]
    assert after
    assert {once.states[edge.source].paths_to for edge in after} == {None}
    behind = state_graph(Program(A=spin, B=reader))
    assert behind.states[0].paths_from is None


def test_daemons_may_still_wait_at_an_end():
    def serve():
        while True:
            yield x.until(lambda value: value > 5)

    graph = state_graph(Program(A=increment, G=serve, daemons=("G",)))
    end = graph.states[-1]
    assert (end.outcome.status, list(end.waiting)) == ("finished", ["G"])


def test_a_program_without_threads_is_one_state():
    graph = state_graph(Program())
    assert (len(graph.states), graph.edges, graph.interleavings) == (1, (), 1)
    assert isinstance(graph.states[0], State)
    assert graph.path("") == ()
    assert repr(graph) == "StateGraph(1 states, 0 steps)"


def test_a_path_is_that_of_an_execution_or_a_schedule_in_any_spelling():
    program = Program(A=increment, B=increment)
    graph = state_graph(program)
    path = graph.path(replay(program, "ABBA"))
    assert [edge.step for edge in path] == list("ABBA")
    assert path == graph.path("ABBA") == graph.path(["A", "B", "B", "A"]) == graph.path("A B*2 A")
    assert graph.path("AB") == path[:2]


def test_a_path_that_is_none_is_refused(raises_in_full):
    graph = state_graph(Program(A=increment, B=increment))
    error = raises_in_full(
        ScheduleError,
        "step 3 of 'AAA' wants A, but only B can step there.",
        lambda: graph.path("AAA"),
    )
    assert (error.step, error.wanted, error.enabled) == (3, "A", ("B",))
    raises_in_full(ScheduleError, "step 5 of 'ABABB' wants B, but nobody can step there.", lambda: graph.path("ABABB"))


def test_more_states_than_wanted_are_refused_with_advice(raises_in_full):
    program = Program.copies(increment, 3)
    raises_in_full(
        TooLarge,
        f"{program} has more than 20 states, and state_graph was asked for at most so many.\n"
        "A graph is for small programs: take fewer threads or fewer steps, or give it more with max_states=.\n"
        "What needs no graph: explore(program) counts states and interleavings of any number.",
        lambda: state_graph(program, max_states=20),
    )
    exactly = len(state_graph(program).states)
    assert len(state_graph(program, max_states=exactly).states) == exactly


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "many"])
def test_a_limit_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="max_states has to be a number of states, at least 1, but is "):
        state_graph(Program(A=increment), max_states=wrong)


def test_a_program_that_depends_on_something_else_is_found_out():
    hidden = []

    def sly():
        yield sleep(1)
        hidden.append(1)
        yield x.write(len(hidden))

    with pytest.raises(NondeterministicProgram):
        state_graph(Program(A=sly, B=sly))


def test_objects_of_which_more_turns_out_to_matter_begin_anew():
    """Reading a queue's size makes more of its states matter: the machine is thrown away and made again."""
    box = Queue("box")

    def put():
        yield box.put(1)

    def finish():
        yield box.get()
        yield box.task_done()
        yield box.join()

    program = Program(A=put, B=finish)
    for merge, symmetry in product((True, False), repeat=2):
        assert len(state_graph(program, merge=merge).states) == explore(program, merge=merge, symmetry=symmetry).states
