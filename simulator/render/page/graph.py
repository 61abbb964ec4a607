"""What a page knows in which the reader is the scheduler: every state of a small program, and every step between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.analysis.moments import HOLDS, JOINED, READS, WRITES
from simulator.errors import TooLarge
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.threads import ENDED as HAS_ENDED
from simulator.objects.threads import NEW as IS_NEW
from simulator.objects.threads import STARTED, Worker
from simulator.outcome import Outcome
from simulator.render.lanes.states import state_text
from simulator.render.means.phrases import LONGEST, shorten
from simulator.render.page.moments import (
    BLOCKED,
    ENABLED,
    ENDED,
    FAILED,
    LONGEST_SENTENCE,
    NEW,
    NOTHING,
    Data,
    Tables,
    waiting_sentence,
)

if TYPE_CHECKING:
    from simulator.exploration.state_graph import State, StateGraph

MOST_STATES = 1_000

States = dict[SharedObject, Any]


def check_states(graph: StateGraph) -> None:
    """Refuse what would make a page that nobody could load; raises `TooLarge`."""
    if len(graph.states) > MOST_STATES:
        raise TooLarge(
            f"the graph has {len(graph.states):,} states, and a page can hold {MOST_STATES:,}.\n"
            "Being the scheduler is for small programs: take fewer threads or fewer steps.\n"
            "One execution of a larger program can be played: render.save(execution, path)."
        )


def graph_operations(graph: StateGraph) -> list[Operation[Any]]:
    """Everything that is done or waited for."""
    return [edge.operation for edge in graph.edges] + [each for state in graph.states for each in state.waiting.values()]


def graph_data(graph: StateGraph, tables: Tables) -> Data:
    """The states with what can be done in each, the steps, and the outcomes with the numbers of their interleavings.

    Numbers are texts: they can be larger than what JavaScript calls a number.
    """
    outcomes: dict[Outcome, list[State]] = {}
    for state in graph.states:
        if state.outcome is not None:
            outcomes.setdefault(state.outcome, []).append(state)
    numbers = {outcome: number for number, outcome in enumerate(outcomes)}
    position = {name: number for number, name in enumerate(tables.threads)}
    steps: list[Data] = []
    for edge in graph.edges:
        place = graph.states[edge.source].places.get(edge.thread)
        step = tables.step(edge.step, position[edge.thread], edge.operation, edge.answer, place)
        steps.append({**step, "to": edge.target})
    going: list[list[int]] = [[] for _ in graph.states]
    for number, edge in enumerate(graph.edges):
        going[edge.source].append(number)
    behind, ends = object_states(graph, list(tables.objects)), _some_end(graph)
    return {
        "states": [
            {
                **_moment(state, behind[state.index], {graph.edges[each].thread for each in go}, ends[state.index], tables),
                "go": go,
                "e": NOTHING if state.outcome is None else numbers[state.outcome],
                "n": _number(state.paths_from),
            }
            for state, go in zip(graph.states, going, strict=True)
        ],
        "edges": steps,
        "outcomes": [_outcome(outcome, states) for outcome, states in outcomes.items()],
    }


def _outcome(outcome: Outcome, states: Sequence[State]) -> Data:
    numbers = [state.paths_to for state in states]
    total = None if None in numbers else sum(number or 0 for number in numbers)
    bad = outcome.status == "deadlock" or bool(outcome.failures)
    return {"text": shorten(str(outcome), LONGEST_SENTENCE), "n": _number(total), "bad": int(bad)}


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


def object_states(graph: StateGraph, objects: Sequence[SharedObject]) -> list[States]:
    """What is behind the values of every state: who holds a lock, who sleeps in a condition.

    Nothing is run for it: the steps are folded through the objects' own pure ``transition``. Steps come in the order in
    which states are met, so that the source of each is known before its target.
    """
    found: dict[int, States] = {0: {object: object.initial for object in objects}}
    names = graph.program.names
    for edge in graph.edges:
        if edge.target in found:
            continue
        states = dict(found[edge.source])
        touched = edge.operation.touches
        performed = edge.operation.perform([states[object] for object in touched], names.index(edge.thread))
        assert isinstance(performed, tuple), "a step of the graph is never blocked"
        states.update(zip(touched, performed[0], strict=True))
        for worker in states:
            if (
                isinstance(worker, Worker)
                and states[worker] == STARTED
                and worker.name not in graph.states[edge.target].waiting
            ):
                states[worker] = HAS_ENDED
        found[edge.target] = states
    return [found[state.index] for state in graph.states]


def _some_end(graph: StateGraph) -> list[Outcome | None]:
    """For each state an outcome that it can lead to: a thread that failed before has failed in all of them."""
    sources: list[list[int]] = [[] for _ in graph.states]
    for edge in graph.edges:
        sources[edge.target].append(edge.source)
    ends = [state.outcome for state in graph.states]
    reached = [state.index for state in graph.states if state.outcome is not None]
    for index in reached:  # it grows while it is walked
        for source in sources[index]:
            if ends[source] is None:
                ends[source] = ends[index]
                reached.append(source)
    return ends


def _moment(state: State, behind: States, enabled: set[str], end: Outcome | None, tables: Tables) -> Data:
    threads, waits = [], []
    failures: Mapping[str, str] = {} if end is None else end.failures
    new = {object.name for object, stands in behind.items() if isinstance(object, Worker) and stands == IS_NEW}
    for position, name in enumerate(tables.threads):
        place = tables.place(position, state.places.get(name))
        if name in new:
            threads.append([NEW, NOTHING, NOTHING])
        elif name in state.waiting:
            is_blocked = name not in enabled
            threads.append([BLOCKED if is_blocked else ENABLED, tables.operation(state.waiting[name]), place])
            if is_blocked:
                waits.append(_wait(name, state.waiting[name], behind, tables))
        elif name in failures:
            threads.append([FAILED, tables.text(failures[name]), NOTHING])
        else:
            threads.append([ENDED, NOTHING, NOTHING])
    return {"v": tables.values(behind), "t": threads, "w": waits}


def _wait(name: str, operation: Operation[Any], behind: States, tables: Tables) -> list[Any]:
    """Who waits, why in words, what is in the way, and which threads are."""
    position = tables.threads.index(name)
    obstacle: SharedObject | None = None
    found: tuple[int | str, ...] = ()
    if operation.target is not None:
        states = [behind[object] for object in operation.touches]
        obstacle, found = operation.target.blockers(states, operation, position)
    holders = list(dict.fromkeys(each if isinstance(each, str) else tables.threads[each] for each in found))
    if holders:
        sentence = waiting_sentence(name, obstacle, holders, _how(obstacle, behind))
    else:
        sentence = f"{name} waits for {operation}"
        if obstacle is not None and obstacle in behind:
            sentence += f": {obstacle.name} is {state_text(obstacle, behind[obstacle], tables.threads, LONGEST)}"
    object = tables.text(obstacle.name) if obstacle is not None else NOTHING
    return [position, tables.text(sentence, LONGEST_SENTENCE), object, [tables.threads.index(each) for each in holders]]


def _how(obstacle: SharedObject | None, behind: States) -> str:
    if isinstance(obstacle, ReadWriteLock):
        return READS if behind[obstacle][1] is None else WRITES
    return JOINED if isinstance(obstacle, Worker) else HOLDS
