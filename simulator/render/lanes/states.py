"""The state of an object in a few characters: what stands in its lane after each step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from simulator.objects.barriers import DRAINING, RESETTING, Barrier
from simulator.objects.base import SharedObject
from simulator.objects.conditions import Condition
from simulator.objects.guards import Acquirable
from simulator.objects.locks import RLock
from simulator.objects.queues import Queue
from simulator.objects.readers_writers import ReadWriteLock
from simulator.objects.semaphores import Semaphore
from simulator.objects.threads import Worker
from simulator.objects.values import text_of
from simulator.render.means.phrases import shorten
from simulator.words import count


def state_text(
    object: SharedObject, state: Any, threads: Sequence[str], longest: int, counted: Collection[SharedObject] = ()
) -> str:
    """A state in words, of at most so many characters; of an object without words of its own, who holds it, or its value.

    ``counted`` are the queues of which it matters how many items are unfinished.
    """
    if isinstance(object, Queue):
        return _queue(object, state, longest, object in counted)
    return shorten(_words(object, state, threads), longest)


def _words(object: SharedObject, state: Any, threads: Sequence[str]) -> str:
    match object:
        case Condition():
            return _condition(state, threads)
        case Barrier():
            return _barrier(object, state)
        case Semaphore():
            return count(state, "unit") if state else "no unit"
        case Worker():
            return str(state)
        case RLock() if state is not None and state[1] > 1:
            return f"held by {threads[state[0]]} × {state[1]}"
        case ReadWriteLock():
            return _read_write(state, threads)
    holders = [threads[position] for position in object.holders(state)]
    if holders:
        return f"held by {', '.join(holders)}"
    value = object.value(state)
    return "free" if isinstance(object, Acquirable) and value is False else text_of(value)


def _condition(state: Any, threads: Sequence[str]) -> str:
    waiting, woken = ([threads[position] for position, _ in entries] for entries in state)
    parts = [f"{len(waiting)} waiting: {', '.join(waiting)}" if waiting else "0 waiting"]
    parts += [f"woken: {', '.join(woken)}"] if woken else []
    return "; ".join(parts)


def _barrier(barrier: Barrier, state: Any) -> str:
    phase, inside = state
    if barrier.value(state) == "broken":
        return "broken"
    if phase in (DRAINING, RESETTING):
        return f"{inside} leaving"
    return f"{inside} of {barrier.parties}"


def _read_write(state: Any, threads: Sequence[str]) -> str:
    readers, writer, waiting = state
    text = f"written by {threads[writer]}" if writer is not None else "free"
    text = f"read by {', '.join(threads[reader] for reader in readers)}" if readers else text
    return f"{text}; {waiting} to write" if waiting else text


def _queue(queue: Queue, state: Any, longest: int, counted: bool) -> str:
    """The items, and how it stands: that must not be lost if there are many."""
    _, unfinished, closed = state
    stands = f", {unfinished} unfinished" if counted else ""
    stands += ", shut down" if closed else ""
    return shorten(text_of(queue.value(state)), max(1, longest - len(stands))) + stands
