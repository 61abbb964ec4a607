"""What usually helps against a deadlock: one line for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.analysis.kinds import ABANDONED, CIRCULAR, LOST
from simulator.analysis.lacks import lack
from simulator.analysis.moments import GOES_FIRST, JOINED, READS, TOOK, WRITES, Moment, Standing
from simulator.words import listed

ORDER = "take the locks in the same order everywhere."
SELF = "do not take a Lock that you hold already; or use an RLock."
SELF_OTHER = "do not take a {kind} that you hold already."
UNITS = "take all the units of {name} that you need before anybody else can, under a lock of their own."
OWN_UNIT = "do not ask for another unit of {name} while you have the last one."
UPGRADE = "stop reading {name} before you ask to write, and look again at what you read; or ask to write from the start."
REREAD = "do not ask to read {name} again while you read it: a writer may have come in between, and goes first."
JOIN_HOLDING = "release {held} before you join {joined}, which needs it to come to its end."
JOIN_CIRCLE = "do not let threads join each other: let the one that starts them join them all."
LEFT = "release on every way out, with 'with ({call}):'."
NOT_STARTED = "start {names} before you wait for what it does."
NESTED = "do not hold {held} while you wait {where}: whoever could help needs it too."


def cures(kinds: Sequence[str], cycles: Sequence[Sequence[str]], now: Moment) -> tuple[str, ...]:
    """What usually helps, in the order of the kinds; each cure once."""
    found: dict[str, None] = {}
    for kind in kinds:
        if kind == CIRCULAR:
            found |= dict.fromkeys(_for_circle(cycle, now) for cycle in cycles)
            alone = [now.standing(cycle[0]) for cycle in cycles if len(cycle) == 1]
            found |= dict.fromkeys(_nested([thread for thread in alone if thread.how == TOOK], now))
        elif kind == ABANDONED:
            found |= dict.fromkeys(_for_abandoned(now))
        elif kind == LOST:
            found |= dict.fromkeys(_for_lost(now))
    return tuple(found)


def _for_circle(cycle: Sequence[str], now: Moment) -> str:
    threads = [now.standing(name) for name in cycle]
    first = threads[0]
    name, kind = (first.obstacle.name, first.obstacle.kind) if first.obstacle else ("", "")
    hows = {thread.how for thread in threads}
    upgraders = [thread for thread in threads if thread.how == READS and thread.name in thread.in_the_way]
    if JOINED in hows:
        return _for_join(cycle, now)
    if upgraders and upgraders[0].obstacle:
        return UPGRADE.format(name=upgraders[0].obstacle.name)
    if GOES_FIRST in hows:
        return REREAD.format(name=next(t.obstacle.name for t in threads if t.how == GOES_FIRST and t.obstacle))
    if len(cycle) == 1:
        if first.how == TOOK:
            return OWN_UNIT.format(name=name)
        return SELF if kind == "Lock" else SELF_OTHER.format(kind=kind)
    if hows == {TOOK} and len({thread.obstacle for thread in threads}) == 1:
        return UNITS.format(name=name)
    return ORDER


def _for_join(cycle: Sequence[str], now: Moment) -> str:
    """If some thread of the circle waits for what a joining one holds, that is the thing to give back before."""
    for waiting, joining, joined in zip([cycle[-1], *cycle[:-1]], cycle, [*cycle[1:], cycle[0]], strict=True):
        last = now.standing(waiting)
        if last.how != JOINED and last.obstacle and now.standing(joining).how == JOINED:
            return JOIN_HOLDING.format(held=last.obstacle.name, joined=joined)
    return JOIN_CIRCLE


def _for_abandoned(now: Moment) -> list[str]:
    """One cure for each way of taking things, told of the first thing that was left."""
    found: dict[str, str] = {}
    for thread in now.threads:
        gone = [name for name in thread.in_the_way if not now.standing(name).runs]
        if gone and thread.obstacle is not None:
            calls = {READS: "yield {}.acquire_read()", WRITES: "yield from {}.acquire_write()"}
            call = calls.get(thread.how, "yield {}.acquire()")
            found.setdefault(call, LEFT.format(call=call.format(thread.obstacle.name)))
    return list(found.values())


def _for_lost(now: Moment) -> list[str]:
    lost = [thread for thread in now.threads if thread.state == "blocked" and not thread.in_the_way]
    found = [*_nested(lost, now), *(lack(thread, now).cure for thread in lost)]
    new = [thread.name for thread in now.threads if thread.state == "not started"]
    return [*found, NOT_STARTED.format(names=listed(new))] if new else found


def _nested(sleepers: Sequence[Standing], now: Moment) -> list[str]:
    """Of threads that wait in vain and meanwhile hold what others wait for."""
    found = []
    for thread in sleepers:
        behind = [other for other in now.threads if other is not thread and thread.name in other.in_the_way]
        held = dict.fromkeys(
            other.obstacle.name
            for other in behind
            if other.obstacle is not None and other.obstacle is not thread.obstacle and other.how != JOINED
        )
        if held:
            unit = f"for a unit of {thread.obstacle.name}" if thread.obstacle else ""
            where = unit if thread.how == TOOK else lack(thread, now).where
            found.append(NESTED.format(held=listed(list(held)), where=where.partition(" since ")[0]))
    return found
