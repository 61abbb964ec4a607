"""What a program can do for ever: never end although it steps, let somebody starve, or never come to some line.

A *lasso* shows each answer: a schedule that leads to a state, and a round that leads from that state back to it, to be
repeated for ever. The fairness that a scheduler keeps while it does so is exact, see `fair_cycles`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.errors import NondeterministicProgram
from simulator.execution import Execution
from simulator.exploration.budget import Watch
from simulator.exploration.forever.fair_cycles import Edge, any_cycles, strongly_fair, tour, weakly_fair
from simulator.exploration.forever.unreached import lines_of, unreached
from simulator.exploration.results import Claim
from simulator.exploration.search import confirmed
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.walks import STATES_BETWEEN_LOOKS
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.machine import Machine
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.scheduler import replay
from simulator.showing import Shown
from simulator.tables import OPTION_BITS

Fair = Callable[[Mapping[int, list[Edge]], Mapping[int, frozenset[int]], Collection[int]], Iterator[set[int]]]
FAIRNESS: tuple[tuple[str, Fair], ...] = (("strong", strongly_fair), ("weak", weakly_fair), ("none", any_cycles))
"""From the most that can be asked of a scheduler to nothing."""
SCHEDULERS = {
    "strong": "even a strongly fair scheduler (who can step again and again does so again and again) allows it",
    "weak": "a weakly fair scheduler (who can step all the time does so some time) allows it, a strongly fair one does not",
    "none": "only an unfair scheduler allows it: one that never lets somebody step who could all the time",
}


Part = tuple[set[int], tuple[tuple[int, int], ...]]
"""A part of the graph, and steps (state, code) of which one has to be done in each round."""


@dataclass(frozen=True)
class Lasso(Shown):
    """An execution without an end: ``prefix`` once, then ``cycle`` for ever.

    ``threads`` step in the cycle. ``fairness`` is the strongest that a scheduler can keep meanwhile: "strong", "weak" or
    "none". ``starving`` is who waits for ever, if that is what it shows; ``waits_for`` what for.
    """

    prefix: Schedule
    cycle: Schedule
    threads: tuple[str, ...]
    fairness: str
    starving: str | None = None
    waits_for: str = ""

    def schedule(self, rounds: int = 1) -> Schedule:
        """The prefix, and so many rounds, for `replay`."""
        return Schedule([*self.prefix, *list(self.cycle) * rounds])

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {**vars(self), "prefix": str(self.prefix), "cycle": str(self.cycle), "threads": list(self.threads)}

    def __str__(self) -> str:
        who = " and ".join(self.threads)
        if self.starving is None:
            told = f"{who} can go round for ever, and nobody ends"
        else:
            steps = "steps" if len(self.threads) == 1 else "step"
            told = f"{self.starving} can wait for ever ({self.waits_for}) while {who} {steps} on"
        begin = f"after {self.prefix} " if self.prefix else ""
        return f"{told}: {begin}again and again {self.cycle};\n  {SCHEDULERS[self.fairness]}"


@dataclass(frozen=True)
class Forever(Shown):
    """What a program can do for ever. ``print`` it.

    ``deadlocks``: the shortest execution for each outcome that is one. ``endless``: a lasso if any execution has no end, as
    fair as there is one, so that it is a *livelock* if its fairness is not "none". ``starving``: for each thread that can be
    kept from changing anything for ever by a weakly fair scheduler, a lasso, as fair as there is one. ``unreached``: lines
    with a ``yield`` at which no interleaving ever stands, as "file:line". With claim "partial" what is listed is true
    (``unreached`` is then empty), and what is not listed may be.
    """

    program: Program
    claim: Claim
    states: int
    deadlocks: tuple[Execution, ...]
    endless: Lasso | None
    starving: tuple[Lasso, ...]
    unreached: tuple[str, ...]

    @property
    def livelock(self) -> Lasso | None:
        """The endless execution, if a fair scheduler allows it."""
        return self.endless if self.endless is not None and self.endless.fairness != "none" else None

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {
            "claim": self.claim.word,
            "reason": self.claim.reason,
            "states": self.states,
            "deadlocks": [str(execution.schedule) for execution in self.deadlocks],
            "endless": None if self.endless is None else self.endless.to_data(),
            "livelock": self.livelock is not None,
            "starving": [lasso.to_data() for lasso in self.starving],
            "unreached": list(self.unreached),
        }

    def __str__(self) -> str:
        lines = [f"deadlock: {one.schedule}: {one.outcome}" for one in self.deadlocks]
        if self.endless is not None:
            lines.append(f"{'livelock' if self.livelock else 'spinning'}: {self.endless}")
        lines += [f"starvation: {lasso}" for lasso in self.starving]
        lines += [f"never reached: {place}" for place in self.unreached]
        nothing = "every execution comes to its end, and every line is reached"
        if self.claim != "complete":
            nothing = "nothing was found so far"
        return "\n".join([*(lines or [nothing]), f"{self.states:,} states", f"claim: {self.claim}"])


def forever(
    program: Program,
    *,
    merge: bool = True,
    max_states: int | None = None,
    max_seconds: float | None = None,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
) -> Forever:
    """Answer what a program can do for ever: deadlock, livelock, starvation, and the lines it never comes to.

    * *livelock*: threads can step for ever without anybody ending, although the scheduler is fair. A program that is meant
      to run for ever has one by design.
    * *starvation*: from some time on a thread that has not ended changes no shared object any more (it is blocked, or asks
      in vain again and again) while another one does, although the scheduler is fair.
    * *weakly fair*: who is enabled all the time from some time on steps again and again. *Strongly fair*: who is enabled
      again and again steps again and again. Each lasso names the stronger of the two if it keeps that; "none" if neither.
    * *never reached*: of the thread functions themselves, not of functions that they call.

    A program with states without end needs a budget.

    Threads are not folded, since it matters which of them steps. Each lasso is replayed on the live scheduler, for two
    rounds. ``max_states`` and ``max_seconds`` are budgets; when one runs out the claim is "partial".
    """
    with Watch(max_states, max_seconds, progress) as watch:
        while True:
            machine = Machine(program, merge=merge, max_thread_steps=max_steps)
            try:
                spot_check(machine)
                return _answer(_Graph(machine, watch))
            except Reconsider:
                continue
            finally:
                machine.close()


class _Graph:
    """All states, within the budget, with how each was first reached."""

    def __init__(self, machine: Machine, watch: Watch) -> None:
        self.machine = machine
        self.edges: dict[int, list[Edge]] = {}
        self.enabled: dict[int, frozenset[int]] = {}
        self.came: dict[int, tuple[int, int] | None] = {machine.initial: None}
        self.stopped = ""
        queue = deque(self.came)
        while queue and not self.stopped:
            state = queue.popleft()
            edges = [(code >> OPTION_BITS, code, after) for code, after in machine.moves(state)]
            self.edges[state] = edges
            self.enabled[state] = frozenset(thread for thread, _, _ in edges)
            for _, code, after in edges:
                if after not in self.came:
                    self.came[after] = (state, code)
                    queue.append(after)
            if not len(self.edges) & (STATES_BETWEEN_LOOKS - 1) or watch.max_states is not None:
                self.stopped = watch.look(len(self.came), len(queue))
        for state in queue:  # beyond the budget nothing is known
            self.edges[state], self.enabled[state] = [], frozenset()
        self.known = self.edges.keys() - set(queue)

    def path(self, state: int) -> list[int]:
        """The codes of a shortest path to a state."""
        codes: list[int] = []
        came = self.came[state]
        while came is not None:
            codes.append(came[1])
            came = self.came[came[0]]
        return codes[::-1]


def _answer(graph: _Graph) -> Forever:
    machine, program = graph.machine, graph.machine.program
    endless = None
    for fairness, fair in FAIRNESS:
        if endless is None:
            whole: list[Part] = [(part, ()) for part in fair(graph.edges, graph.enabled, graph.edges)]
            endless = _lasso(graph, graph.edges, whole, fairness, None)
    starving = [_starving(graph, thread) for thread in range(len(program.names))]
    complete = not graph.stopped
    return Forever(
        program,
        Claim("complete") if complete else Claim("partial", graph.stopped),
        len(graph.came),
        _deadlocks(graph),
        endless,
        tuple(lasso for lasso in starving if lasso is not None),
        unreached(program, lines_of(machine, graph.came)) if complete else (),
    )


def _deadlocks(graph: _Graph) -> tuple[Execution, ...]:
    """The shortest execution for each outcome that is a deadlock."""
    found: dict[object, Execution] = {}
    for state in graph.came:  # in the order of their distance
        if state in graph.known and not graph.edges[state]:
            outcome = graph.machine.outcome(state)
            if outcome.status == "deadlock" and outcome.key not in found:
                found[outcome.key] = confirmed(graph.machine, tuple(graph.path(state)), outcome)
    return tuple(found.values())


def _starving(graph: _Graph, thread: int) -> Lasso | None:
    """A lasso in which a thread changes nothing, and another one does."""
    machine, objects = graph.machine, graph.machine.objects_field()
    waiting = [state for state in graph.edges if machine.node(state, thread).operation is not None]
    in_vain = {
        state: [edge for edge in graph.edges[state] if edge[0] != thread or edge[2] & objects == state & objects]
        for state in waiting
    }
    for fairness, fair in FAIRNESS[:2]:
        parts: list[Part] = []
        for part in fair(in_vain, graph.enabled, waiting):
            changes = [
                (state, code)
                for state in sorted(part)
                for other, code, after in in_vain[state]
                if other != thread and after in part and after & objects != state & objects
            ]
            if changes:
                parts.append((part, tuple(changes)))
        lasso = _lasso(graph, in_vain, parts, fairness, thread)
        if lasso is not None:
            return lasso
    return None


def _lasso(
    graph: _Graph,
    edges: Mapping[int, list[Edge]],
    parts: Sequence[Part],
    fairness: str,
    thread: int | None,
) -> Lasso | None:
    """The lasso into the part that is nearest to the start."""
    if not parts:
        return None
    order = {state: place for place, state in enumerate(graph.came)}
    entrances = [min(part, key=order.__getitem__) for part, _ in parts]
    place = min(range(len(parts)), key=lambda place: order[entrances[place]])
    start, (part, changes) = entrances[place], parts[place]
    machine, names = graph.machine, graph.machine.program.names
    prefix, cycle = graph.path(start), tour(edges, part, start, graph.enabled, changes)
    schedule = machine.schedule([*prefix, *cycle])
    who = sorted({code >> OPTION_BITS for code in cycle} - {thread})
    lasso = Lasso(
        Schedule(schedule[: len(prefix)]),
        Schedule(schedule[len(prefix) :]),
        tuple(names[other] for other in who),
        fairness,
        None if thread is None else names[thread],
        "" if thread is None else str(machine.node(start, thread).operation),
    )
    _confirm(machine.program, lasso)
    return lasso


def _confirm(program: Program, lasso: Lasso) -> None:
    """Replay the prefix, one round and two rounds on the live scheduler: each must end where the others do."""
    once, *rounds = map(partial(_standing, program), map(lasso.schedule, range(3)))
    if any(again != once for again in rounds):
        raise NondeterministicProgram(
            f"the round {lasso.cycle} after {str(lasso.prefix)!r} led back to where it began when the program was"
            " explored, and does not when it is run again."
        )


def _standing(program: Program, schedule: Schedule) -> object:
    execution = replay(program, schedule)
    return execution.outcome, {name: str(operation) for name, operation in execution.waiting.items()}
