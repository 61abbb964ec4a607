"""The state graph unfolded: the tree of the interleavings, pruned where asked, as a value. Nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.render.interleavings.endings import Bad, Ending, Endings, counted, endings
from simulator.render.means.steps import schedule_text

if TYPE_CHECKING:
    from simulator.exploration.state_graph import Edge, StateGraph

MOST_LEAVES = 200
MOST_STEPS = 500
"""A path of more steps than this is refused: nobody could follow it, and a spin loop would have no end."""
LIMITS = (20, 10, 5, 1)
DEPTHS = (8, 6, 5, 4, 3, 2, 1)
"""What is advised if a tree is too large: the first of these that is small enough."""
Chosen = str | Sequence[str] | Execution
Path = tuple[str, ...] | None


@dataclass(slots=True)
class Branch:
    """A node of the tree: the state, the step that led here, and the branches; a stub if it was pruned."""

    state: int
    step: Edge | None
    schedule: tuple[str, ...]
    children: list[Branch] = field(default_factory=list)
    ending: Ending | None = None
    pruned: int | None = None
    is_stub: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """An unfolded state graph, and what is said of it."""

    graph: StateGraph
    endings: Endings
    root: Branch
    leaves: int
    chosen: Path
    options: tuple[str, ...]

    def branches(self) -> Iterator[Branch]:
        """Every branch, depth first, each before its children."""
        stack = [self.root]
        while stack:
            branch = stack.pop()
            yield branch
            stack += reversed(branch.children)

    def is_chosen(self, branch: Branch) -> bool:
        """Whether a branch lies on the chosen path."""
        return self.chosen is not None and branch.schedule == self.chosen[: len(branch.schedule)]


def interleaving_tree(
    graph: StateGraph,
    *,
    limit: int | None = None,
    depth: int | None = None,
    chosen: Chosen | None = None,
    bad: Bad | None = None,
) -> Tree:
    """Unfold a state graph into the tree of its interleavings.

    ``limit`` unfolds only the first so many interleavings and leaves every other branch as a stub; ``depth`` only the first
    so many steps. Raises `TooLarge` above 200 leaves and stubs, which only a program without an end, or no limit, comes to.
    """
    for name, value in (("limit", limit), ("depth", depth)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise ValueError(f"{name} has to be a number, 0 or more, but is {value!r}")
    path = None if chosen is None else tuple(step.step for step in graph.path(chosen))
    said = [] if path is None else ["--schedule", schedule_text(path)]
    said += [] if limit is None else ["--limit", str(limit)]
    said += [] if depth is None else ["--depth", str(depth)]
    ends = endings(graph, bad)
    root = Branch(0, None, ())
    leaves = _unfold(graph, ends, root, limit, depth, path)
    if leaves is None:
        raise _too_large(graph, ends, path)
    return Tree(graph, ends, root, leaves, path, tuple(said))


def _unfold(graph: StateGraph, ends: Endings, root: Branch, limit: int | None, depth: int | None, path: Path) -> int | None:
    """Depth first, the first thread first; answer how many leaves and stubs there are, None if they are too many."""
    leaves, complete, stack = 0, 0, [root]
    while stack:
        branch = stack.pop()
        branch.ending = ends.at.get(branch.state)
        if branch.ending is not None:
            complete += 1
        elif _is_pruned(branch, complete, limit, depth, path):
            branch.is_stub, branch.pruned = True, graph.states[branch.state].paths_from
        if branch.ending is not None or branch.is_stub:
            leaves += 1
            if leaves > MOST_LEAVES:
                return None
            continue
        if len(branch.schedule) > MOST_STEPS:
            return None
        branch.children = [Branch(step.target, step, (*branch.schedule, step.step)) for step in graph.after[branch.state]]
        stack += reversed(branch.children)
    return leaves


def _is_pruned(branch: Branch, complete: int, limit: int | None, depth: int | None, path: Path) -> bool:
    """Whether a branch becomes a stub; for the sake of ``limit`` never one on the chosen path."""
    if depth is not None and len(branch.schedule) >= depth:
        return True
    is_on_path = path is not None and branch.schedule == path[: len(branch.schedule)]
    return limit is not None and complete >= limit and not is_on_path


def _too_large(graph: StateGraph, ends: Endings, path: Path) -> TooLarge:
    """The error, with advice that helps: what it says is tried. (No limit helps if the first thread alone never ends.)"""

    def fits(limit: int | None, depth: int | None) -> bool:
        return _unfold(graph, ends, Branch(0, None, ()), limit, depth, path) is not None

    limit = next((limit for limit in LIMITS if fits(limit, None)), None)
    depth = next((depth for depth in DEPTHS if fits(None, depth)), 1)
    ways = [] if limit is None else [(f"--limit {limit}", f"limit={limit} draws the first {counted(limit)}")]
    ways += [(f"--depth {depth}", f"depth={depth}{' draws' if limit is None else ''} the first {counted(depth, 'step')}")]
    return TooLarge(
        f"the program has {counted(graph.interleavings)}, and nobody could read a tree of more than {MOST_LEAVES} leaves.\n"
        f"Prune it: {', '.join(words for _, words in ways)}, and the rest as stubs with their\n"
        f"numbers (on the command line {', '.join(option for option, _ in ways)}); "
        "or draw the state graph, in which interleavings meet."
    )
