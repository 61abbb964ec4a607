"""What every operation means, said a second time: for `brute_force`, and shared with nothing that is checked by it.

A meaning is a function of an `Ask`: who asks for which method of which object, with which arguments and keywords. It answers
an `Effect`, or None if the operation cannot be performed now. Where CPython has the object, its own source is followed
(``Lib/threading.py``, ``Lib/queue.py``), and states are kept in another way than by the simulator: threads go by their
names, a waiting thread stays in its place until it has its lock back, CPython's own queues move the items.
"""

import queue
from collections.abc import Callable
from threading import BrokenBarrierError
from typing import Any, NamedTuple

from simulator.objects.queues import ShutDown


class Effect(NamedTuple):
    """What an operation does: the new states of objects, and an answer, which is raised if `raises`."""

    states: dict
    answer: Any = None
    raises: bool = False


class Ask(NamedTuple):
    """An operation that a thread wants performed, in a world where objects have states and threads may have ended."""

    who: str
    thing: Any
    method: str
    arguments: tuple
    keywords: dict
    state_of: Callable
    has_ended: Callable

    @property
    def state(self):
        return self.state_of(self.thing)

    def becomes(self, state, answer=None):
        return Effect({self.thing: state}, answer)

    def answers(self, answer=None):
        return Effect({}, answer)

    def raises(self, error):
        return Effect({}, error, raises=True)

    def gives_up(self, forever=None):
        """Whether it is answered in any case: it does not wait, or has a timeout."""
        if not self.keywords.get("blocking", True) or not self.keywords.get("block", True):
            return True
        return self.keywords.get("timeout", forever) != forever


class Held(int):
    """The answer to an acquire. Leaving the ``with`` notes that it is to be released; which method does that depends."""

    owed: list
    release: tuple

    def __enter__(self):
        assert self
        return self

    def __exit__(self, *_):
        self.owed.append(self.release)

    def __repr__(self):
        return repr(bool(self))


Held.__name__ = Held.__qualname__ = "bool"  # for messages such as: unsupported operand type(s) for +
RELEASES = {"acquire": "release", "acquire_read": "release_read", "acquire_write": "release_write"}


def plain(value):
    """The value, without what `Held` adds to a bool."""
    if isinstance(value, Held):
        return bool(value)
    return tuple(map(plain, value)) if type(value) is tuple else value


# --- variables, events, the console -----------------------------------------------------------------------------------


def until(ask):
    return ask.answers(ask.state) if ask.arguments[0](ask.state) else None


def add(ask):
    try:
        return ask.becomes(ask.state + ask.arguments[0], ask.state)
    except TypeError as error:
        return ask.raises(error)


def compare_exchange(ask):
    expected, new = ask.arguments
    return ask.becomes(plain(new), True) if ask.state == expected else ask.answers(False)


def wait_for_event(ask):
    return ask.answers(ask.state) if ask.state or ask.keywords else None


VARIABLES = {
    "read": lambda ask: ask.answers(ask.state),
    "write": lambda ask: ask.becomes(plain(ask.arguments[0])),
    "until": until,
}
ATOMICS = {
    **VARIABLES,
    "add": add,
    "exchange": lambda ask: ask.becomes(plain(ask.arguments[0]), ask.state),
    "compare_exchange": compare_exchange,
}
EVENTS = {
    "set": lambda ask: ask.becomes(True),
    "clear": lambda ask: ask.becomes(False),
    "is_set": lambda ask: ask.answers(ask.state),
    "wait": wait_for_event,
}
CONSOLES = {"write": lambda ask: ask.becomes(ask.state + ask.arguments[0])}


# --- locks, semaphores ------------------------------------------------------------------------------------------------


def acquire(ask):
    if not ask.state:
        return ask.becomes(True, True)
    return ask.answers(False) if ask.gives_up(forever=-1) else None


def release(ask):
    return ask.becomes(False) if ask.state else ask.raises(RuntimeError("release unlocked lock"))


def acquire_again(ask):
    """An RLock is the tuple of its acquires: the same thread, again and again."""
    if set(ask.state) <= {ask.who}:
        return ask.becomes((*ask.state, ask.who), True)
    return ask.answers(False) if ask.gives_up(forever=-1) else None


def release_once(ask):
    if ask.who in ask.state:
        return ask.becomes(ask.state[1:])
    return ask.raises(RuntimeError("cannot release un-acquired lock"))


def take_unit(ask):
    if ask.state:
        return ask.becomes(ask.state - 1, True)
    return ask.answers(False) if ask.gives_up() else None


def give_units(ask):
    n = ask.keywords.get("n", 1)
    if n < 1:
        return ask.raises(ValueError("n must be one or more"))
    return ask.becomes(ask.state + n)


def give_units_back(ask):
    if ask.state + ask.keywords.get("n", 1) > ask.thing.initial and ask.keywords.get("n", 1) >= 1:
        return ask.raises(ValueError("Semaphore released too many times"))
    return give_units(ask)


LOCKS = {"acquire": acquire, "release": release, "locked": lambda ask: ask.answers(ask.state)}
RLOCKS = {"acquire": acquire_again, "release": release_once}
SEMAPHORES = {"acquire": take_unit, "release": give_units}
BOUNDED_SEMAPHORES = {"acquire": take_unit, "release": give_units_back}


class Crowd(NamedTuple):
    """The state of a `ReadWriteLock`: the names of who reads, who writes, and who has announced to write."""

    reading: tuple = ()
    writing: tuple = ()
    announced: tuple = ()


def begin_to_read(ask):
    if not ask.state.writing and not ask.state.announced:
        return ask.becomes(ask.state._replace(reading=(*ask.state.reading, ask.who)), True)
    return ask.answers(False) if ask.keywords else None


def announce(ask):
    return ask.becomes(ask.state._replace(announced=(*ask.state.announced, ask.who)))


def begin_to_write(ask):
    if not ask.state.reading and not ask.state.writing:
        others = tuple(name for name in ask.state.announced if name != ask.who)
        return ask.becomes(ask.state._replace(writing=(ask.who,), announced=others), True)
    return ask.answers(False) if ask.keywords else None


def stop(what, word):
    def meaning(ask):
        inside = list(getattr(ask.state, what))
        if ask.who not in inside:
            return ask.raises(RuntimeError(f"cannot release un-acquired {word} lock"))
        inside.remove(ask.who)
        return ask.becomes(ask.state._replace(**{what: tuple(inside)}))

    return meaning


READ_WRITE_LOCKS = {
    "acquire_read": begin_to_read,
    "announce_write": announce,
    "acquire_write": begin_to_write,
    "release_read": stop("reading", "read"),
    "release_write": stop("writing", "write"),
}


# --- conditions: the state is the row of those who wait, the longest first --------------------------------------------


class Sleeper(NamedTuple):
    """A thread that waits for a condition: how often it held the lock, and whether it was notified."""

    who: str
    times: int
    notified: bool = False


def is_owned(ask):
    """CPython does not know who holds a plain lock, so that anybody passes for its owner."""
    held = ask.state_of(ask.thing.lock)
    return held[:1] == (ask.who,) if type(held) is tuple else held


def fall_asleep(ask):
    if not is_owned(ask):
        return ask.raises(RuntimeError("cannot wait on un-acquired lock"))
    held = ask.state_of(ask.thing.lock)
    sleeper = Sleeper(ask.who, len(held) if type(held) is tuple else 1)
    return Effect({ask.thing: (*ask.state, sleeper), ask.thing.lock: () if type(held) is tuple else False})


def wake(ask):
    (me,) = (one for one in ask.state if one.who == ask.who)
    if ask.keywords:
        return ask.answers(me.notified)
    return reacquire(ask) if me.notified else None


def reacquire(ask):
    held = ask.state_of(ask.thing.lock)
    if held:
        return None
    (me,) = (one for one in ask.state if one.who == ask.who)
    again = (ask.who,) * me.times if type(held) is tuple else True
    return Effect({ask.thing: tuple(one for one in ask.state if one is not me), ask.thing.lock: again})


def notify(ask, everybody=False):
    if not is_owned(ask):
        return ask.raises(RuntimeError("cannot notify on un-acquired lock"))
    left = len(ask.state) if everybody else ask.keywords.get("n", 1)
    row = []
    for one in ask.state:
        chosen = left > 0 and not one.notified
        left -= chosen
        row.append(one._replace(notified=one.notified or chosen))
    return ask.becomes(tuple(row))


CONDITIONS = {
    "wait": fall_asleep,
    "wake": wake,
    "reacquire": reacquire,
    "notify": notify,
    "notify_all": lambda ask: notify(ask, everybody=True),
}


# --- barriers: how it stands, and the names of who is inside ----------------------------------------------------------


class Gate(NamedTuple):
    """The state of a barrier, in the words of ``Lib/threading.py``."""

    phase: str = "filling"
    inside: tuple = ()


def left(gate, who):
    inside = tuple(name for name in gate.inside if name != who)
    phase = "filling" if not inside and gate.phase in ("draining", "resetting") else gate.phase
    return Gate(phase, inside)


def arrive(ask):
    gate = ask.state
    if gate.phase in ("draining", "resetting"):
        return None
    if gate.phase == "broken":
        return ask.raises(BrokenBarrierError())
    index, gate = len(gate.inside), gate._replace(inside=(*gate.inside, ask.who))
    if len(gate.inside) == ask.thing.parties:
        gate = left(gate._replace(phase="draining"), ask.who)
    return ask.becomes(gate, index)


def depart(ask):
    gate = ask.state
    if gate.phase == "filling":
        if not ask.keywords:
            return None
        gate = gate._replace(phase="broken")
    if gate.phase == "draining":
        return ask.becomes(left(gate, ask.who))
    return Effect({ask.thing: left(gate, ask.who)}, BrokenBarrierError(), raises=True)


def reset(ask):
    if not ask.state.inside:
        return ask.becomes(Gate())
    return ask.becomes(ask.state._replace(phase="draining" if ask.state.phase == "draining" else "resetting"))


BARRIERS = {
    "arrive": arrive,
    "depart": depart,
    "reset": reset,
    "abort": lambda ask: ask.becomes(ask.state._replace(phase="broken")),
    "broken": lambda ask: ask.answers(ask.state.phase == "broken"),
    "n_waiting": lambda ask: ask.answers(len(ask.state.inside) if ask.state.phase == "filling" else 0),
}


# --- queues: CPython's own move the items -----------------------------------------------------------------------------


class Box(NamedTuple):
    """The state of a queue."""

    items: tuple = ()
    tasks: int = 0
    closed: bool = False


def real_queue(ask):
    """CPython's queue of this kind, with the items that are in it now."""
    real = getattr(queue, type(ask.thing).__name__)()
    real.queue.extend(ask.state.items)
    return real


def has_bad_timeout(ask):
    return ask.keywords.get("block", True) and (ask.keywords.get("timeout") or 0) < 0


def put(ask):
    if ask.state.closed:
        return ask.raises(ShutDown())
    if ask.thing.maxsize > 0:
        if has_bad_timeout(ask):
            return ask.raises(ValueError("'timeout' must be a non-negative number"))
        if len(ask.state.items) >= ask.thing.maxsize:
            return ask.raises(queue.Full()) if ask.gives_up() else None
    real, error = real_queue(ask), None
    try:
        real._put(plain(ask.arguments[0]))
    except TypeError as problem:
        error = problem
    after = ask.state._replace(items=tuple(real.queue), tasks=ask.state.tasks + (error is None))
    return Effect({ask.thing: after}, error, error is not None)


def get(ask):
    if ask.state.closed and not ask.state.items:
        return ask.raises(ShutDown())
    if has_bad_timeout(ask):
        return ask.raises(ValueError("'timeout' must be a non-negative number"))
    if not ask.state.items:
        return ask.raises(queue.Empty()) if ask.gives_up() else None
    real, error, item = real_queue(ask), None, None
    try:
        item = real._get()
    except TypeError as problem:
        error = problem
    return Effect({ask.thing: ask.state._replace(items=tuple(real.queue))}, error or item, error is not None)


def shut_down(ask):
    real, tasks, error = real_queue(ask), ask.state.tasks, None
    while ask.keywords.get("immediate", False) and real._qsize():
        try:
            real._get()
        except TypeError as problem:
            error = problem
            break
        tasks = max(0, tasks - 1)
    return Effect({ask.thing: Box(tuple(real.queue), tasks, True)}, error, error is not None)


def task_done(ask):
    if not ask.state.tasks:
        return ask.raises(ValueError("task_done() called too many times"))
    return ask.becomes(ask.state._replace(tasks=ask.state.tasks - 1))


QUEUES = {
    "put": put,
    "get": get,
    "shutdown": shut_down,
    "task_done": task_done,
    "join": lambda ask: None if ask.state.tasks else ask.answers(),
    "qsize": lambda ask: ask.answers(len(ask.state.items)),
    "empty": lambda ask: ask.answers(not ask.state.items),
    "full": lambda ask: ask.answers(0 < ask.thing.maxsize <= len(ask.state.items)),
}


# --- workers: the state is whether it was started ---------------------------------------------------------------------


def start(ask):
    return ask.raises(RuntimeError("threads can only be started once")) if ask.state else ask.becomes(True)


def join(ask):
    if not ask.state:
        return ask.raises(RuntimeError("cannot join thread before it is started"))
    return ask.answers() if ask.has_ended(ask.thing.name) or ask.keywords else None


WORKERS = {
    "start": start,
    "join": join,
    "is_alive": lambda ask: ask.answers(ask.state and not ask.has_ended(ask.thing.name)),
}

MEANINGS = {
    "Shared": VARIABLES,
    "Atomic": ATOMICS,
    "Event": EVENTS,
    "Console": CONSOLES,
    "Lock": LOCKS,
    "RLock": RLOCKS,
    "Semaphore": SEMAPHORES,
    "BoundedSemaphore": BOUNDED_SEMAPHORES,
    "ReadWriteLock": READ_WRITE_LOCKS,
    "Condition": CONDITIONS,
    "Barrier": BARRIERS,
    "Queue": QUEUES,
    "LifoQueue": QUEUES,
    "PriorityQueue": QUEUES,
    "Worker": WORKERS,
}
FIRST_STATES = {
    "Event": False,
    "Console": "",
    "Lock": False,
    "RLock": (),
    "ReadWriteLock": Crowd(),
    "Condition": (),
    "Barrier": Gate(),
    **dict.fromkeys(("Queue", "LifoQueue", "PriorityQueue"), Box()),
    "Worker": False,
}


def first_state(thing):
    """The state in which an object starts: given by its kind, or by the user."""
    return FIRST_STATES.get(type(thing).__name__, thing.initial)


def shown(thing, state, has_ended):
    """The value of an object that an outcome shows."""
    match type(thing).__name__:
        case "RLock":
            return bool(state)
        case "Queue" | "LifoQueue" | "PriorityQueue":
            return state.items
        case "Condition":
            return sum(not one.notified for one in state)
        case "Barrier":
            return "broken" if state.phase == "broken" else len(state.inside)
        case "ReadWriteLock":
            return (len(state.reading), bool(state.writing))
        case "Worker":
            return "new" if not state else "ended" if has_ended(thing.name) else "started"
    return state
