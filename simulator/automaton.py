"""One thread as an automaton, learned from its generator.

A thread is a deterministic function of what it was told: after the same answers it asks the same next question. Nodes
start out as histories; two histories that leave the generator in the same local state, but for what it never reads again,
are one node.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from simulator.body import Body, Ending
from simulator.errors import NondeterministicProgram, StepLimit
from simulator.local_state import local_state
from simulator.location import Location
from simulator.objects.operations import Operation, Raised
from simulator.objects.values import NoKey, value_key
from simulator.program import Program

LIVE_GENERATORS = 1_000
"""How many suspended generators are kept at hand; the others are run again from their start when they are needed."""


@dataclass(slots=True)
class Node:
    """A place in a thread: what it asks for there, or how it ended.

    ``parent`` and ``answer`` tell one history that leads here; ``depth`` is its length.
    """

    operation: Operation[Any] | None
    ending: Ending | None
    place: Location | None
    parent: int
    answer: Any
    depth: int
    following: dict[Hashable, int] = field(default_factory=dict)


class Automaton:
    """The nodes of one thread; of all threads, if several run the same function. Node 0 is its start."""

    def __init__(self, program: Program, name: str, *, merge: bool, max_steps: int, liveness: bool = True) -> None:
        self.program = program
        self.name = name
        self.merge = merge
        self.liveness = liveness
        self.max_steps = max_steps
        self.nodes: list[Node] = []
        self._by_state: dict[Hashable, int] = {}
        self._live: dict[int, Body] = {}  # in the order they were put there: the first is the next to go
        self._node_of(Body(program, name), parent=-1, answer=None)

    def follow(self, node: int, answer: Any) -> int:
        """The node that a thread comes to when its pending operation is answered so."""
        following = self.nodes[node].following
        key = answer_key(answer)
        if key not in following:
            if self.nodes[node].depth >= self.max_steps:
                raise StepLimit(self.nodes[node].depth, f" in thread {self.name}, last at {self.nodes[node].place}")
            body = self._live.pop(node, None) or self._run_again(node)
            body.answer(answer)
            following[key] = self._node_of(body, node, answer)
        return following[key]

    def close(self) -> None:
        """End the suspended generators by hand: leaving them to the garbage collector can crash CPython 3.11."""
        while self._live:
            self._live.popitem()[1].close()

    def __del__(self) -> None:
        self.close()

    def _node_of(self, body: Body, parent: int, answer: Any) -> int:
        state = local_state(body, liveness=self.liveness) if self.merge else None
        if state is not None and state in self._by_state:
            self._keep(self._by_state[state], body)
            return self._by_state[state]
        number = len(self.nodes)
        depth = self.nodes[parent].depth + 1 if parent >= 0 else 0
        self.nodes.append(Node(body.pending, body.ending, body.place, parent, answer, depth))
        if state is not None:
            self._by_state[state] = number
        self._keep(number, body)
        return number

    def _keep(self, node: int, body: Body) -> None:
        """Keep a suspended generator at hand for the next new answer at its node, if there is none there already.

        Whatever its history was, it stands where the node stands. Without this a long loop would be run again from its
        start for every node of it.
        """
        if body.pending is None or node in self._live:
            body.close()
            return
        self._live[node] = body
        if len(self._live) > LIVE_GENERATORS:
            self._live.pop(next(iter(self._live))).close()

    def _run_again(self, node: int) -> Body:
        """A fresh generator, told the same answers: it must ask the same questions."""
        path = []
        while node >= 0:
            path.append(self.nodes[node])
            node = self.nodes[node].parent
        body = Body(self.program, self.name)
        for here, following in zip(path[::-1], path[-2::-1], strict=False):
            self._expect(body, here)
            body.answer(following.answer)
        self._expect(body, path[0])
        return body

    def _expect(self, body: Body, node: Node) -> None:
        if not same_question(body.pending, node.operation):
            now = f"asked for {body.pending}" if body.pending is not None else "ended"
            raise NondeterministicProgram(
                f"told the same answers again, thread {self.name} {now} where it earlier asked for {node.operation}"
                f" ({node.place})."
            )


def answer_key(answer: Any) -> Hashable:
    """A key for what a thread was told."""
    if isinstance(answer, Raised):
        return (Raised, answer.kind, *map(repr, answer.arguments))
    return value_key(answer)


def same_question(first: Operation[Any] | None, second: Operation[Any] | None) -> bool:
    """Whether two runs of a thread ask for the same thing; things made anew in each run are taken by their type."""
    if first is None or second is None:
        return first is second
    if (first.target, first.method, len(first.arguments)) != (second.target, second.method, len(second.arguments)):
        return False
    if first.arguments == second.arguments and first.keywords == second.keywords:
        return True
    mine, others = (*first.arguments, *dict(first.keywords).values()), (*second.arguments, *dict(second.keywords).values())
    return all(map(_same_argument, mine, others))


def _same_argument(first: Any, second: Any) -> bool:
    if type(first) is FunctionType and type(second) is FunctionType:
        return first.__code__ == second.__code__
    if type(first) is object and type(second) is object:
        return True
    try:
        return value_key(first) == value_key(second)
    except NoKey:
        return type(first) is type(second)
