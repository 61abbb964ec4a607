"""Why a deadlock will never move, in words: who waits, for what, and why that will not come.

There are three kinds. *Circular wait*: each waits for what the next one holds. *Abandoned lock*: the holder has ended.
*Lost wake-up*: nobody holds it, and nobody is left to put, set, change or notify. One deadlock may show several.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulator.analysis.deadlocks import Graph, find_cycles, wait_for_graph
from simulator.analysis.moments import Moment, Standing, moment
from simulator.execution import Execution
from simulator.objects.base import Operation

CIRCULAR = "circular wait"
ABANDONED = "abandoned lock"
LOST = "lost wake-up"
BEHIND = "waits behind another"
NONE = "none"

CURES = {
    CIRCULAR: "take the locks in the same order everywhere.",
    ABANDONED: "release on every way out, with 'with (yield {object}.acquire()):'.",
    LOST: "make sure that someone still puts, sets, changes or notifies, before the others stop waiting for it.",
}
SELF_CURE = "do not take a Lock that you hold already; or use an RLock."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one thread will never go on.

    ``kind`` is one of the three kinds of deadlock, or "waits behind another" for a thread that would go on if the one it
    waits for did; ``cause`` is the kind at the end of that chain. ``location`` and ``source`` are the line it is stuck at.
    """

    thread: str
    kind: str
    cause: str
    sentence: str
    operation: str
    holds: tuple[str, ...]
    waits_for: tuple[str, ...]
    location: str | None
    source: str

    def __str__(self) -> str:
        place = f"{self.location}: {self.source}" if self.source else self.location
        return f"{self.sentence}    ({place})" if place else self.sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an execution is deadlocked. ``str()`` is for people; the fields are the same as data.

    ``kind`` is "circular wait", "abandoned lock", "lost wake-up", or "none" if this is no deadlock; ``kinds`` are all that
    occur, the first of them being ``kind``. ``cycle`` is the first circle and ``cycles`` are all. ``reasons`` has one entry
    for each thread that waits, ``conclusions`` say why it will not come, ``cures`` what usually helps.
    """

    kind: str
    kinds: tuple[str, ...]
    cycle: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...]
    headline: str
    reasons: tuple[Reason, ...]
    conclusions: tuple[str, ...]
    cures: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The lines of the text, one by one."""
        width = max((len(reason.sentence) for reason in self.reasons), default=0)
        reasons = [str(reason).replace(reason.sentence, reason.sentence.ljust(width), 1).rstrip() for reason in self.reasons]
        return (self.headline, *reasons, *self.conclusions, *(f"Usual cure: {cure}" for cure in self.cures))

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def to_data(self) -> dict[str, Any]:
        """The fields as plain dictionaries and lists, with the version of the format."""
        return {"format": "simulator explanation", "version": 1, **asdict(self)}

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_data(), ensure_ascii=False, indent=1)


def explain_deadlock(execution: Execution) -> Explanation:
    """Explain who waits, for what, and why it will never come; kind "none" if the execution is not deadlocked.

    Raises ValueError if the execution was read from a file and has no program: replay it first.
    """
    now, graph = moment(execution), wait_for_graph(execution)
    cycles = find_cycles(graph)
    if now.outcome.status != "deadlock":
        return Explanation(NONE, (), (), cycles, _no_deadlock(now), (), tuple(map(_unless_freed, cycles)), ())
    reasons = tuple(_reason(thread, now, graph, cycles) for thread in now.threads if thread.state == "blocked")
    causes = {reason.cause for reason in reasons if not now.standing(reason.thread).daemon}
    kinds = tuple(kind for kind in (CIRCULAR, ABANDONED, LOST) if kind in causes)
    conclusions = (*map(_circle, cycles), *_abandoned(now, graph), *_lost(now, reasons))
    headline = f"Deadlock: {', and '.join(kinds)}."
    cycle = cycles[0] if cycles else ()
    return Explanation(kinds[0], kinds, cycle, cycles, headline, reasons, conclusions, _cures(kinds, cycles, now, graph))


def _no_deadlock(now: Moment) -> str:
    enabled = [thread.name for thread in now.threads if thread.state == "enabled"]
    if now.outcome.status == "unfinished":
        return f"No deadlock: the execution is unfinished, and {_and(enabled)} can go on."
    idle = [thread.name for thread in now.threads if thread.operation is not None]
    if idle:
        return f"No deadlock: every thread has ended but {_and(idle)}, and a daemon may go on or wait for ever."
    failed = [f"{thread.name} failed with {thread.error}" for thread in now.threads if thread.error is not None]
    return f"No deadlock: every thread has ended{'; ' + _and(failed) if failed else ''}."


def _reason(thread: Standing, now: Moment, graph: Graph, cycles: Sequence[Sequence[str]]) -> Reason:
    assert thread.operation is not None
    holders, holds = tuple(graph.successors(thread.name)), now.held_by(thread.name)
    kind = _kind(thread.name, now, graph, cycles)
    subject = f"{thread.name}, a daemon," if thread.daemon else thread.name
    holding = f" holds {_and(holds)} and" if holds else ""
    return Reason(
        thread.name,
        kind,
        _cause(thread.name, now, graph, cycles),
        f"{subject}{holding} waits for {_wanted(thread, now, holders, kind)}",
        repr(thread.operation),
        holds,
        holders,
        None if thread.location is None else str(thread.location),
        "" if thread.location is None else thread.location.source,
    )


def _kind(name: str, now: Moment, graph: Graph, cycles: Sequence[Sequence[str]]) -> str:
    holders = list(graph.successors(name))
    if not holders:
        return LOST
    if any(name in cycle for cycle in cycles):
        return CIRCULAR
    return BEHIND if any(now.standing(holder).operation is not None for holder in holders) else ABANDONED


def _cause(name: str, now: Moment, graph: Graph, cycles: Sequence[Sequence[str]]) -> str:
    """The kind at the end of the chain. A thread that is on no circle reaches its end; the others are not asked twice."""
    seen: list[str] = []
    while (kind := _kind(name, now, graph, cycles)) == BEHIND and name not in seen:
        seen.append(name)
        name = next(holder for holder in graph.successors(name) if now.standing(holder).operation is not None)
    return CIRCULAR if kind == BEHIND else kind


def _wanted(thread: Standing, now: Moment, holders: Sequence[str], kind: str) -> str:
    operation = thread.operation
    assert operation is not None
    if operation.target is None or not holders:
        return f"{operation}: {_lack(operation, now)}"
    name = operation.target.name
    if list(holders) == [thread.name]:
        return f"{name}, which it holds itself"
    if kind == ABANDONED:
        return f"{name}, which {_and(holders)} held when {'it' if len(holders) == 1 else 'they'} ended"
    behind = f"; {_and(holders)} cannot go on either" if kind == BEHIND else ""
    return f"{name}, which {_and(holders)} {'holds' if len(holders) == 1 else 'hold'}{behind}"


def _lack(operation: Operation[Any], now: Moment) -> str:
    """What is missing for an operation on something that nobody holds."""
    object = operation.target
    if object is None:
        return "it cannot be performed"
    match operation.method, now.values[object]:
        case "get", ():
            return f"{object.name} is empty"
        case "put", tuple():
            return f"{object.name} is full"
        case "until", value:
            return f"{object.name} is {value!r}"
        case "wait", False:
            return f"{object.name} is not set"
    return "nothing has made it possible"


def _circle(cycle: Sequence[str]) -> str:
    if len(cycle) == 1:
        return f"{cycle[0]} waits for itself: only {cycle[0]} could release it, and {cycle[0]} cannot go on."
    return f"Nobody in the circle {arrows(cycle)} can go on: each waits for the next."


def _unless_freed(cycle: Sequence[str]) -> str:
    return f"But {arrows(cycle)} is a circle already: unless somebody else frees what they wait for, they never go on."


def _abandoned(now: Moment, graph: Graph) -> list[str]:
    lines = []
    for ended in [thread for thread in now.threads if thread.operation is None]:
        waited = dict.fromkeys(attributes["object"] for _, _, attributes in graph.in_edges(ended.name, data=True))
        if not waited:
            continue
        how = f"failed with {ended.error}" if ended.error is not None else "returned"
        line = f"{ended.name} will never release {_and(list(waited))}: it {how}"
        if ended.location is not None:
            source = f": {ended.location.source}" if ended.location.source else ""
            line += f"    ({ended.location}{source})"
        lines.append(line)
    return lines


MISSING = {"get": "put into", "put": "get from", "until": "change"}
"""What somebody else would have to do to the object for the operation to become possible."""


def _lost(now: Moment, reasons: Sequence[Reason]) -> list[str]:
    lines: dict[str, None] = {}
    for reason in reasons:
        operation = now.standing(reason.thread).operation
        if reason.kind != LOST or operation is None or operation.target is None:
            continue
        deed = MISSING.get(operation.method, "set or notify")
        who = _whereabouts([thread for thread in now.threads if thread.name != reason.thread])
        lines[f"Nobody is left to {deed} {operation.target.name} for {reason.thread}{': ' + who if who else ''}."] = None
    return list(lines)


def _whereabouts(threads: Sequence[Standing]) -> str:
    """Why none of these threads will do anything any more."""
    waiting = [thread.name for thread in threads if thread.operation is not None]
    ended = [thread.name for thread in threads if thread.operation is None and thread.error is None]
    parts = [f"{thread.name} failed with {thread.error}" for thread in threads if thread.error is not None]
    parts += [f"{_and(ended)} {'has' if len(ended) == 1 else 'have'} ended"] if ended else []
    parts += [f"{_and(waiting)} {'waits' if len(waiting) == 1 else 'wait'} too"] if waiting else []
    return "; ".join(parts)


def _cures(kinds: Sequence[str], cycles: Sequence[Sequence[str]], now: Moment, graph: Graph) -> tuple[str, ...]:
    ended = [thread.name for thread in now.threads if thread.operation is None]
    left = next((edge["object"] for _, holder, edge in graph.edges(data=True) if holder in ended), "lock")
    cures = []
    for kind in kinds:
        if kind == CIRCULAR and any(len(cycle) == 1 for cycle in cycles):
            cures.append(SELF_CURE)
        if kind != CIRCULAR or any(len(cycle) > 1 for cycle in cycles):
            cures.append(CURES[kind].format(object=left))
    return tuple(cures)


def arrows(cycle: Sequence[str]) -> str:
    """``A → B → A``."""
    return " → ".join([*cycle, cycle[0]])


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
