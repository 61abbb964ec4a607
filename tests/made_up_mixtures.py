"""Small programs that hypothesis makes up, over all objects, and of every build that a reduction is made for.

A `Sketch` is the data: the scripts (as in `made_up_primitives`), which thread runs which, and who is a daemon or a worker.
Some have threads that run the same, some have threads that share nothing with the others, in some the environment chooses,
threads forget what they were told, or fail.
"""

from dataclasses import dataclass, replace
from functools import partial

from hypothesis import strategies as st
from made_up_primitives import (
    ENVIRONMENT,
    LAST,
    Family,
    atomic_family,
    barrier_family,
    call,
    calls,
    condition_family,
    event_family,
    lock_family,
    nothing,
    perform,
    queue_family,
    readers_writers_family,
    rlock_family,
    semaphore_family,
    show,
)

from simulator import (
    BoundedSemaphore,
    Console,
    LifoQueue,
    Lock,
    PriorityQueue,
    Program,
    Queue,
    RLock,
    Semaphore,
    Shared,
    Worker,
)

MOST_STATEMENTS = 4
"""How many statements a script has at most, scenes not counted."""


@dataclass(frozen=True)
class Sketch:
    """A program as data, so that it can be made smaller."""

    things: tuple
    scripts: tuple
    which: tuple
    """For each thread the number of its script."""
    daemons: tuple = ()
    worker: Worker | None = None
    """The last thread, if another one has to start it."""

    @property
    def objects(self):
        """All objects that the threads share, also those that come with others."""
        return tuple(dict.fromkeys(one for thing in self.things for one in (thing, *thing.companions)))

    @property
    def names(self):
        names = "ABCD"[: len(self.which)]
        return (*names[:-1], names[-1] if self.worker is None else self.worker.name)

    def program(self):
        threads = {name: partial(perform, self.scripts[number]) for name, number in zip(self.names, self.which, strict=True)}
        if self.worker is not None:
            self.worker.body = threads[self.worker.name]
            threads[self.worker.name] = self.worker
        return Program(**threads, daemons=[name for name in self.daemons if name in threads])

    def smaller(self):
        """Without the last thread if there are many, or without the last statement of the longest script."""
        if len(self.which) > 3 and self.worker is None:
            return replace(self, which=self.which[:-1])
        longest = max(self.which, key=lambda number: len(repr(self.scripts[number])))
        scripts = [script[:-1] if number == longest else script for number, script in enumerate(self.scripts)]
        return replace(self, scripts=tuple(scripts))

    def __repr__(self):
        roles = dict.fromkeys(self.daemons, "daemon ")
        if self.worker is not None:
            roles[self.worker.name] = "worker "
        lines = [f"{thing!r} at first {thing.initial!r}" for thing in self.things]
        for name, number in zip(self.names, self.which, strict=True):
            lines.append(f"{roles.get(name, '')}{name}: {'; '.join(map(show, self.scripts[number]))}")
        return "\n".join(lines)


# --- families that are in addition to those of one primitive ----------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """A way to hold a `ReadWriteLock` in a ``with`` block."""

    name: str
    acquire: object


def variables_family(*names):
    things = [Shared(name, 0) for name in names or "XY"]
    steps = [one for thing in things for one in (*calls(thing, "read", "read"), call(thing, "write", 1))]
    carried = [call(thing, "write", LAST) for thing in things]
    return Family(things, [*steps, call(things[0], "until", bool)], often=[*carried, ("forget",)])


def console_family():
    console = Console("console")
    return Family([console], [call(console, "print", "a"), call(console, "print", LAST), call(console, "write", "b")])


def choosing_family():
    x = Shared("X", 0)
    tosses = [
        call(ENVIRONMENT, "choose", 0, 1),
        call(ENVIRONMENT, "choose", "one"),
        call(ENVIRONMENT, "choose", 1, (0, 1), 1),
    ]
    return Family([x], [*tosses, *calls(x, "read"), ("forget",)], often=[call(x, "write", LAST), tosses[0]])


def table_family(preference):
    family = readers_writers_family(preference)
    (table,) = family.things
    reading, writing = Taken("W for reading", table.acquire_read), Taken("W for writing", table.acquire_write)
    family.held = [(reading, family.calls), (writing, family.calls)]
    return family


def waiting_for_family(lock_kind=None):
    """A condition that is waited for as it should be: in a loop, until something holds."""
    family, ready = condition_family(lock_kind), Shared("ready", 0)

    def is_ready():
        return (yield ready.read())

    (condition,) = family.things
    waits = [call(condition, "wait_for", is_ready), call(condition, "wait_for", is_ready, timeout=1)]
    tells = [call(ready, "write", 1), *calls(condition, "notify", "notify_all")]
    return Family([condition, ready], [*tells, *waits], held=[(condition, waits), (condition, tells)])


FAMILIES = {
    "variables": variables_family,
    "Atomic": atomic_family,
    "choose": choosing_family,
    "Console": console_family,
    "Lock": lock_family,
    "RLock": rlock_family,
    "Semaphore": partial(semaphore_family, Semaphore, 1),
    "no Semaphore units": partial(semaphore_family, Semaphore, 0),
    "BoundedSemaphore": partial(semaphore_family, BoundedSemaphore, 2),
    "Event": event_family,
    "Condition": condition_family,
    "Condition on a Lock": partial(condition_family, Lock),
    "Conditions sharing an RLock": partial(condition_family, RLock, shared=True),
    "Condition.wait_for": waiting_for_family,
    "Barrier of 1": partial(barrier_family, 1),
    "Barrier of 2": partial(barrier_family, 2),
    "Barrier of 3": partial(barrier_family, 3),
    "Queue": partial(queue_family, Queue, 0),
    "Queue of 1": partial(queue_family, Queue, 1),
    "LifoQueue": partial(queue_family, LifoQueue, 2),
    "PriorityQueue": partial(queue_family, PriorityQueue, 0, (3, 1, 2)),
    "PriorityQueue of what cannot be compared": partial(queue_family, PriorityQueue, 1, (2, "two", 1)),
    "ReadWriteLock": partial(table_family, "readers"),
    "ReadWriteLock for writers": partial(table_family, "writers"),
}
BESIDE = (partial(variables_family, "V"), partial(variables_family, "V"), console_family, choosing_family)
"""What else threads use, so that it matters when they do the rest."""


# --- the programs -----------------------------------------------------------------------------------------------------


def script_of(family, extra, longest=MOST_STATEMENTS):
    """Statements of one thread; those of a family, now and then one of what is in addition."""
    statements = st.one_of(*[family.statements()] * 3, *([st.sampled_from(extra)] if extra else []))
    opening = st.sampled_from([(), *family.scenes])
    return st.tuples(opening, st.lists(statements, min_size=1, max_size=longest).map(tuple)).map(
        lambda both: (*both[0], *both[1])
    )


def share_a_name(things, others):
    return bool({thing.name for thing in things} & {thing.name for thing in others})


@st.composite
def sketches(draw, family_maker):
    """A program over one family, and what else comes beside it."""
    family = family_maker()
    extra = [call(ENVIRONMENT, "sleep", 0), call(ENVIRONMENT, "fail", "lost"), ("forget",)]
    things = list(family.things)
    beside = draw(st.sampled_from((None, *BESIDE)))
    if beside is not None:
        other = beside()
        if not share_a_name(things, other.things):
            things += other.things
            extra += [*other.calls, *other.often] * 2
    threads = draw(st.integers(2, 4))
    build = draw(st.sampled_from(("different", "copies", "two alike", "apart", "daemon", "worker")))
    if build == "copies":
        return Sketch(tuple(things), (draw(script_of(family, extra, 5 - threads)),), (0,) * threads)
    longest = {2: 4, 3: 3, 4: 2}[threads]
    scripts = [draw(script_of(family, extra, longest)) for _ in range(threads)]
    which = list(range(threads))
    if build == "two alike":
        which[-1] = which[-2]
    if build == "apart":
        aside = draw(st.sampled_from((variables_family, rlock_family)))() if len(things) > 1 else variables_family("P", "O")
        if not share_a_name(things, aside.things):
            things += aside.things
            scripts[-1] = draw(script_of(aside, [("forget",)], longest))
    if build == "worker":
        return draw(with_worker(things, scripts))
    daemons = ("ABCD"[draw(st.integers(0, threads - 1))],) if build == "daemon" else ()
    return Sketch(tuple(things), tuple(scripts), tuple(which), daemons)


@st.composite
def with_worker(draw, things, scripts):
    """The last thread is started by the first one, and others ask for it."""
    worker = Worker("Z", nothing)
    about = [*calls(worker, "join", "join", "is_alive", "start"), call(worker, "join", timeout=1)]
    place = draw(st.integers(0, len(scripts[0])))
    scripts[0] = (*scripts[0][:place], call(worker, "start"), *scripts[0][place:])
    asks = draw(st.integers(0, len(scripts) - 1))
    scripts[asks] = (*scripts[asks], draw(st.sampled_from(about)))
    daemons = draw(st.sampled_from(((), (), (worker.name,))))
    return Sketch((*things, worker), tuple(scripts), tuple(range(len(scripts))), daemons, worker)
