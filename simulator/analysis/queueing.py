"""How an object stands, beyond who holds it: who waits inside, in which order, and the rest in a few words."""

from __future__ import annotations

from simulator.analysis.ledgers import deeds_on
from simulator.analysis.moments import Moment
from simulator.objects.barriers import Barrier
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.objects.events import Event
from simulator.objects.queues import Queue
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore
from simulator.words import count


def in_line(object: SharedObject, now: Moment) -> tuple[str, ...]:
    """Who sleeps in a condition or stands in a barrier, the first to come first; for anything else nobody."""
    if isinstance(object, Condition):
        return tuple(now.program.names[position] for position, _ in now.states[object][0])
    if isinstance(object, Barrier):
        came = {deed.thread: deed.number for deed in deeds_on(object, now.deeds, "arrive")}
        inside = [
            thread.name
            for thread in now.threads
            if thread.operation is not None and thread.operation.target is object and thread.operation.method == "depart"
        ]
        return tuple(sorted(inside, key=lambda name: came.get(name, 0)))
    return ()


def woken(object: SharedObject, now: Moment) -> tuple[str, ...]:
    """Who was woken from a condition and does not have the lock back yet."""
    if not isinstance(object, Condition):
        return ()
    return tuple(now.program.names[position] for position, _ in now.states[object][1])


def remark(object: SharedObject, now: Moment) -> str:
    """How the object stands, in a few words; nothing where its dots say it all."""
    state = now.states[object]
    match object:
        case Condition():
            return f"with {object.lock.name}"
        case Barrier():
            return "broken" if now.values[object] == "broken" else f"{state[1]} of {object.parties} there"
        case Event():
            return "set" if state else "not set"
        case Queue():
            return _queue(object, now)
        case Semaphore() if not state and not now.holders[object]:
            return "no unit"
        case ReadWriteLock() if state[2]:
            return f"{count(state[2], 'writer')} announced"
    return ""


def _queue(queue: Queue, now: Moment) -> str:
    items, unfinished, closed = now.states[queue]
    room = f" of {queue.maxsize}" if queue.maxsize > 0 else ""
    joined = any(
        thread.operation is not None and thread.operation.target is queue and thread.operation.method == "join"
        for thread in now.threads
    )
    parts = [f"{len(items)}{room} items" if items or room else "empty"]
    parts += [f"{unfinished} unfinished"] if joined else []
    parts += ["shut down"] if closed else []
    return ", ".join(parts)
