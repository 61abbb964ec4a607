"""The interleavings of two threads as paths through a lattice, as a value: a point says how many steps each has taken.

After E. W. Dijkstra's progress graph ("Cooperating sequential processes", 1968; drawn in E. G. Coffman, M. J. Elphick and
A. Shoshani, "System deadlocks", ACM Computing Surveys 3(2), 1971). The points come from the states that are reached, so
that the picture is right whatever the threads do, also where the number of steps depends on what they read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import TooLarge
from simulator.objects.values import text_of
from simulator.render.interleavings.endings import Bad, Ending, Endings, endings
from simulator.render.interleavings.unfolding import Chosen
from simulator.render.means.phrases import shorten
from simulator.render.means.steps import LONGEST_STEP, Lines, schedule_text

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, StateGraph

MOST_STEPS = 20

Place = tuple[int, int]
"""(steps of the first thread, steps of the second one)"""


@dataclass(slots=True)
class Point:
    """A point of the lattice: how many ways lead to it from the start, and how many interleavings come by.

    ``ahead`` are the numbers of the outcomes that can still come, ``ends`` the outcomes with which an execution ends here.
    """

    ways: int
    interleavings: int
    ahead: set[int]
    ends: list[Ending]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The points that are reached, the moves between them, and what stands at the axes.

    ``moves`` maps a point and the thread that steps there (0: to the right, 1: upwards) to how many interleavings do that.
    ``axes`` has for each thread, and each number of steps that it has taken, what it does next there.
    """

    graph: StateGraph
    endings: Endings
    points: dict[Place, Point]
    moves: dict[tuple[Place, int], int]
    axes: tuple[tuple[str, ...], tuple[str, ...]]
    chosen: tuple[Place, ...]
    schedule: str | None

    @property
    def size(self) -> Place:
        """The most steps that each of the two threads takes."""
        return len(self.axes[0]), len(self.axes[1])

    def doomed(self, place: Place) -> bool:
        """Whether only bad outcomes can come of a point."""
        ahead = self.points[place].ahead
        return bool(ahead) and all(self.endings.all[number - 1].is_bad for number in ahead)

    def varies(self) -> list[int]:
        """The threads that do not always take the same number of steps to their end."""
        finished = [place for place, point in self.points.items() if any(end.verdict != "deadlock" for end in point.ends)]
        return [axis for axis in (0, 1) if len({place[axis] for place in finished}) > 1]


def lattice(graph: StateGraph, *, chosen: Chosen | None = None, bad: Bad | None = None) -> Lattice:
    """Project the state graph of two threads on how many steps each has taken.

    Raises `TooLarge` if a thread takes more than 20 steps, or if there is no end to them, and ValueError if the program has
    not exactly two threads.
    """
    _check(graph)
    ends = endings(graph, bad)
    points: dict[Place, Point] = {}
    moves: dict[tuple[Place, int], int] = {}
    axes: tuple[list[list[Edge]], list[list[Edge]]] = ([], [])
    layer: dict[tuple[int, Place], int] = {(0, (0, 0)): 1}
    while layer:
        following: dict[tuple[int, Place], int] = {}
        for (state, place), ways in layer.items():
            _note(graph, ends, points, state, place, ways)
            for step in graph.after[state]:
                axis = graph.program.position(step.thread)
                after = (place[0] + 1, place[1]) if axis == 0 else (place[0], place[1] + 1)
                if max(after) > MOST_STEPS:
                    raise _too_many_steps(step.thread)
                moves[place, axis] = moves.get((place, axis), 0) + ways * (graph.states[step.target].paths_from or 0)
                following[step.target, after] = following.get((step.target, after), 0) + ways
                _label(axes[axis], place[axis], step)
        layer = following
    path = () if chosen is None else graph.path(chosen)
    trail = _trail(graph, path) if chosen is not None else ()
    schedule = schedule_text(step.step for step in path) if chosen is not None else None
    lines = Lines(graph)
    first, second = (tuple(_said(steps, lines) for steps in axis) for axis in axes)
    return Lattice(graph, ends, dict(sorted(points.items())), moves, (first, second), trail, schedule)


def _check(graph: StateGraph) -> None:
    names = graph.program.names
    if len(names) != 2:
        raise ValueError(
            f"a lattice shows the steps of exactly two threads, and this program has {len(names)}.\n"
            "Draw its state graph or its interleaving tree; or the lattice of a program with two of its threads."
        )
    if graph.interleavings is None:
        raise TooLarge(
            "this program can go round for ever, and its lattice would have no end.\n"
            "Draw its state graph: there a loop is a loop."
        )


def _note(graph: StateGraph, ends: Endings, points: dict[Place, Point], state: int, place: Place, ways: int) -> None:
    """A state that is reached in so many ways by so many steps of each thread."""
    point = points.setdefault(place, Point(0, 0, set(), []))
    point.ways += ways
    point.interleavings += ways * (graph.states[state].paths_from or 0)
    point.ahead |= ends.ahead[state]
    ending = ends.at.get(state)
    if ending is not None and ending not in point.ends:
        point.ends.append(ending)


def _label(axis: list[list[Edge]], place: int, step: Edge) -> None:
    """Note what a thread does after so many steps."""
    while len(axis) <= place:
        axis.append([])
    axis[place].append(step)


def _said(steps: Sequence[Edge], lines: Lines) -> str:
    """What a thread does at one place of its axis; that may depend on what the others have done."""
    texts = dict.fromkeys(shorten(text_of(step.operation), LONGEST_STEP) for step in steps)
    calls = dict.fromkeys((step.operation.target, step.operation.method) for step in steps)
    first = steps[0].operation
    if len(texts) > 1 and len(calls) == 1:
        call = f"{first.method}(…)"
        texts = dict.fromkeys([call if first.target is None else f"{shorten(first.target.name, 20)}.{call}"])
    others = f"or {len(texts) - 1} other{'s' if len(texts) > 2 else ''}"
    where = lines.of(steps[0])
    return "\n".join([next(iter(texts)), *([where] if where else []), *([others] if len(texts) > 1 else [])])


def _trail(graph: StateGraph, path: Sequence[Edge]) -> tuple[Place, ...]:
    """The points of the chosen path."""
    here, trail = [0, 0], [(0, 0)]
    for step in path:
        here[graph.program.position(step.thread)] += 1
        trail.append((here[0], here[1]))
    return tuple(trail)


def _too_many_steps(thread: str) -> TooLarge:
    return TooLarge(
        f"{thread} takes more than {MOST_STEPS} steps, and nobody could read so large a lattice.\n"
        "Draw shorter threads, such as one round of a loop; or the interleaving tree with depth=4."
    )
