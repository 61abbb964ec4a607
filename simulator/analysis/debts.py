"""What threads that have ended owe to those that wait: locks, units, the end of a reading."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.analysis.moments import READS, TOOK, WRITES, Moment
from simulator.objects.base import SharedObject
from simulator.objects.locks import RLock
from simulator.words import count, listed


def abandoned_lines(now: Moment) -> list[str]:
    """One line for each thread that has ended and still has what others wait for."""
    lines = []
    for ended in [thread for thread in now.threads if not thread.runs]:
        waiting = [thread for thread in now.threads if ended.name in thread.in_the_way and thread.obstacle is not None]
        wanted = list(dict.fromkeys((thread.obstacle, thread.how) for thread in waiting))
        if not wanted:
            continue
        how = f"failed with {ended.error}" if ended.error is not None else "returned"
        how += _depths(ended.name, wanted, now)
        line = f"{ended.name} will never {listed(_debts(ended.name, wanted, now))}: it {how}"
        if ended.location is not None:
            source = f": {ended.location.source}" if ended.location.source else ""
            line += f"    ({ended.location}{source})"
        lines.append(line)
    return lines


def _debts(name: str, wanted: Sequence[tuple[SharedObject | None, str]], now: Moment) -> list[str]:
    """What a thread that has ended owes the others."""
    doing = {READS: "stop reading", WRITES: "stop writing"}
    locks = [object.name for object, how in wanted if object and how not in (TOOK, *doing)]
    debts = [f"release {listed(locks)}"] if locks else []
    for object, how in wanted:
        if object is not None and how in doing:
            debts.append(f"{doing[how]} {object.name}")
        elif object is not None and how == TOOK:
            steps = [str(unit.number) for unit in now.taken[object] if unit.thread == name]
            units, when = ("the unit", "step") if len(steps) == 1 else (f"the {len(steps)} units", "steps")
            debts.append(f"give back {units} of {object.name} that it took at {when} {listed(steps)}")
    return debts


def _depths(name: str, wanted: Sequence[tuple[SharedObject | None, str]], now: Moment) -> str:
    """How often a lock was acquired that can be acquired more than once, if that is the point."""
    said = ""
    for object, _ in wanted:
        if isinstance(object, RLock):
            acquired, left = _depth(object, name, now)
            if acquired > 1:
                released = count(acquired - left, "release")
                said += f", after {count(acquired, 'acquire')} and {released} of {object.name}"
    return said


def _depth(lock: RLock, name: str, now: Moment) -> tuple[int, int]:
    """How often the thread has acquired the lock since it was free, and how often it would have to release it."""
    acquired = 0
    for deed in now.deeds:
        if deed.operation.target is lock and deed.operation.method == "acquire" and deed.answer and deed.thread == name:
            acquired = acquired + 1 if deed.before[0] is not None else 1
    return acquired, int(now.states[lock][1])
