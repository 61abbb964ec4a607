"""Why a deadlock will never move, in words: who waits, for what, and why that will not come.

There are three kinds. *Circular wait*: each waits for what the next one holds, or for its end. *Abandoned lock*: the holder
has ended, and so has whoever took the missing unit of a semaphore. *Lost wake-up*: nobody holds it, and nobody is left to
put, set, change, come or notify. One deadlock may show several; the sentences say exactly what happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulator.analysis.cures import cures
from simulator.analysis.deadlocks import Graph, find_cycles, wait_for_graph_of
from simulator.analysis.debts import abandoned_lines
from simulator.analysis.kinds import ABANDONED, BEHIND, CIRCULAR, LOST, NONE
from simulator.analysis.lacks import lack
from simulator.analysis.moments import GOES_FIRST, JOINED, READS, TOOK, WRITES, Moment, Standing, moment
from simulator.execution import Execution
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.showing import Shown
from simulator.texts import json_text, page
from simulator.words import arrows, listed

Cycles = Sequence[Sequence[str]]


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
class Explanation(Shown):
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
        return page(self.sentences)

    def to_data(self) -> dict[str, Any]:
        """The fields as plain dictionaries and lists, with the version of the format."""
        return {"format": "simulator explanation", "version": 1, **asdict(self)}

    def to_json(self) -> str:
        """The same as JSON."""
        return json_text(self.to_data())


def explain_deadlock(execution: Execution) -> Explanation:
    """Explain who waits, for what, and why it will never come; kind "none" if the execution is not deadlocked.

    Raises ValueError if the execution was read from a file and has no program: replay it first.
    """
    now = moment(execution)
    graph = wait_for_graph_of(now)
    cycles = find_cycles(graph)
    if now.outcome.status != "deadlock":
        return Explanation(NONE, (), (), cycles, _no_deadlock(now), (), tuple(map(_unless_freed, cycles)), ())
    reasons = tuple(_reason(thread, now, graph, cycles) for thread in now.threads if thread.state == "blocked")
    causes = {reason.cause for reason in reasons if not now.standing(reason.thread).daemon}
    abandoned = abandoned_lines(now)
    kinds = tuple(kind for kind in (CIRCULAR, ABANDONED, LOST) if kind in causes or (kind == ABANDONED and abandoned))
    conclusions = dict.fromkeys([*(_circle(cycle, now) for cycle in cycles), *abandoned, *_lost(now, reasons)])
    headline = f"Deadlock: {', and '.join(kinds)}."
    cycle = cycles[0] if cycles else ()
    return Explanation(kinds[0], kinds, cycle, cycles, headline, reasons, tuple(conclusions), cures(kinds, cycles, now))


def _no_deadlock(now: Moment) -> str:
    enabled = [thread.name for thread in now.threads if thread.state == "enabled"]
    if now.outcome.status == "unfinished":
        return f"No deadlock: the execution is unfinished, and {listed(enabled)} can go on."
    idle = [thread.name for thread in now.threads if thread.runs]
    if idle:
        return f"No deadlock: every thread has ended but {listed(idle)}, and a daemon may go on or wait for ever."
    parts = [f"{thread.name} failed with {thread.error}" for thread in now.threads if thread.error is not None]
    new = [thread.name for thread in now.threads if thread.state == "not started"]
    parts += [f"{listed(new)} {'was' if len(new) == 1 else 'were'} never started"] if new else []
    return f"No deadlock: every thread has ended{'; ' + listed(parts) if parts else ''}."


def _reason(thread: Standing, now: Moment, graph: Graph, cycles: Cycles) -> Reason:
    kind = _kind(thread.name, now, graph, cycles)
    asides = [*(["a daemon"] if thread.daemon else []), *_woken_from(thread)]
    subject = ", ".join([thread.name, *asides, ""]).strip() if asides else thread.name
    holdings = ", ".join(now.holdings(thread.name, apart_from=thread.obstacle))
    return Reason(
        thread.name,
        kind,
        _cause(thread.name, now, graph, cycles),
        f"{subject} {holdings + ' and ' if holdings else ''}waits {_wanted(thread, now, kind)}",
        repr(thread.operation),
        now.held_by(thread.name),
        thread.in_the_way,
        None if thread.location is None else str(thread.location),
        "" if thread.location is None else thread.location.source,
    )


def _kind(name: str, now: Moment, graph: Graph, cycles: Cycles) -> str:
    holders = list(graph.successors(name))
    if not holders:
        return LOST
    if any(name in cycle for cycle in cycles):
        return CIRCULAR
    running = [holder for holder in holders if now.standing(holder).runs]
    writes_after_all = now.standing(name).how == READS  # and so waits for every one of them
    return BEHIND if running and not (writes_after_all and len(running) < len(holders)) else ABANDONED


def _cause(name: str, now: Moment, graph: Graph, cycles: Cycles) -> str:
    """The kind at the end of the chain. A thread that is on no circle reaches its end; the others are not asked twice."""
    seen: list[str] = []
    while (kind := _kind(name, now, graph, cycles)) == BEHIND and name not in seen:
        seen.append(name)
        name = next(holder for holder in graph.successors(name) if now.standing(holder).runs)
    return CIRCULAR if kind == BEHIND else kind


def _wanted(thread: Standing, now: Moment, kind: str) -> str:
    """What stands behind "A waits": for what, and who is in the way."""
    if not thread.in_the_way or thread.obstacle is None:
        missing = lack(thread, now)
        return f"{missing.where}: {missing.what}"
    object, holders = thread.obstacle, thread.in_the_way
    running = [holder for holder in holders if now.standing(holder).runs]
    behind = f"; {listed(running)} cannot go on either" if kind == BEHIND else ""
    if thread.how == JOINED:
        return f"for {listed(holders)} to end{behind}"
    if thread.how == TOOK:
        return f"for {_units(thread, object, now)}{behind}"
    if thread.how == GOES_FIRST:
        verb = "waits" if len(holders) == 1 else "wait"
        return f"to read {object.name}: {listed(holders)}, which {verb} to write, {_verb('go', holders)} first{behind}"
    if thread.how in (READS, WRITES):
        return f"{_reading(thread, object, kind)}{behind}"
    if holders == (thread.name,):
        return f"for {object.name}, which it holds itself"
    if kind == ABANDONED:
        return f"for {object.name}, which {listed(holders)} held when {_they(holders)} ended"
    return f"for {object.name}, which {listed(holders)} {_verb('hold', holders)}{behind}"


def _units(thread: Standing, semaphore: SharedObject, now: Moment) -> str:
    """``a unit of pool: A took one at step 1, and has ended``."""
    gone = [holder for holder in thread.in_the_way if not now.standing(holder).runs]
    parts = []
    for holder in thread.in_the_way:
        steps = [str(unit.number) for unit in now.taken[semaphore] if unit.thread == holder]
        when = f"{'one' if len(steps) == 1 else len(steps)} at step{'' if len(steps) == 1 else 's'} {listed(steps)}"
        ended = ", which has ended," if holder in gone and len(gone) < len(thread.in_the_way) else ""
        parts.append(f"{holder}{' itself' if holder == thread.name else ''}{ended} took {when}")
    all_gone = {1: "; it has ended", 2: "; both have ended"}.get(len(gone), "; all have ended")
    article = "another" if thread.name in thread.in_the_way else "a"
    rest = all_gone if len(gone) == len(thread.in_the_way) else ""
    return f"{article} unit of {semaphore.name}: {listed(parts)}{rest}"


def _reading(thread: Standing, lock: SharedObject, kind: str) -> str:
    assert thread.operation is not None
    wish = "read" if thread.operation.method == "acquire_read" else "write"
    verb = "read" if thread.how == READS else "write"
    holders = [f"{name} itself" if name == thread.name else name for name in thread.in_the_way]
    if kind == ABANDONED:
        doing = "reading" if verb == "read" else "writing"
        were = "was" if len(holders) == 1 else "were"
        return f"to {wish} {lock.name}, which {listed(holders)} {were} {doing} when {_they(holders)} ended"
    if thread.name in thread.in_the_way and thread.how == READS:
        who = "it" if thread.in_the_way == (thread.name,) else listed(holders)
        return f"to {wish} {lock.name}, for which {who} would have to stop reading"
    if thread.in_the_way == (thread.name,):
        return f"to {wish} {lock.name}, which it {verb}s itself"
    return f"to {wish} {lock.name}, which {listed(holders)} {_verb(verb, holders)}"


def _woken_from(thread: Standing) -> list[str]:
    """A thread that was woken from a condition asks for the lock without having written so."""
    target = thread.operation.target if thread.operation else None
    return [f"woken from {target.name}.wait()"] if isinstance(target, Condition) and thread.obstacle is not target else []


def _verb(verb: str, subjects: Sequence[str]) -> str:
    return verb if len(subjects) > 1 else f"{verb}es" if verb == "go" else f"{verb}s"


def _they(subjects: Sequence[str]) -> str:
    return "it" if len(subjects) == 1 else "they"


def _circle(cycle: Sequence[str], now: Moment) -> str:
    if len(cycle) > 1:
        return f"Nobody in the circle {arrows(cycle)} can go on: each waits for the next."
    name, thread = cycle[0], now.standing(cycle[0])
    if thread.how == TOOK and thread.obstacle is not None:
        return f"{name} waits for itself: only a release of {thread.obstacle.name} by another thread could help it."
    if thread.how == READS:
        return f"{name} waits for itself: nobody can write while anybody reads, and {name} cannot go on to stop reading."
    return f"{name} waits for itself: only {name} could release it, and {name} cannot go on."


def _unless_freed(cycle: Sequence[str]) -> str:
    return f"But {arrows(cycle)} is a circle already: unless somebody else frees what they wait for, they never go on."


def _lost(now: Moment, reasons: Sequence[Reason]) -> list[str]:
    lost = [now.standing(reason.thread) for reason in reasons if reason.kind == LOST]
    return [line for thread in lost for line in lack(thread, now).conclusions]
