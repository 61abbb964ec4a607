"""Small programs that hypothesis makes up, for each primitive: as data, and as a generator that performs the data.

A thread is a tuple of statements. ``(object, method, arguments, keywords)`` performs one call and notes its answer, or the
exception with its text; ``("with", object, statements)`` does the statements while the object is held. What was noted is
what the thread returns, so that an outcome shows every answer of every thread.

An argument `LAST` stands for the answer noted last, and ``("forget",)`` forgets what was noted. `ENVIRONMENT` chooses, rests
and fails.

The data is what is tested: misuse is as likely as use.
"""

from dataclasses import dataclass, field
from functools import partial
from queue import Empty, Full
from typing import Any

from hypothesis import strategies as st

from simulator import (
    Atomic,
    Barrier,
    Condition,
    Event,
    Lock,
    Program,
    ReadWriteLock,
    RLock,
    Shared,
    Worker,
    choose,
    sleep,
)
from simulator.objects.queues import ShutDown

CAUGHT = (RuntimeError, ValueError, TypeError, OverflowError, Empty, Full, ShutDown)
MOST_STATEMENTS = 8
"""How many statements a thread may have."""


class Last:
    """In place of an argument: the answer that was noted last."""

    def __repr__(self):
        return "last"


LAST = Last()


class Environment:
    """What a thread does without any object."""

    name = "environment"
    choose = staticmethod(choose)
    sleep = staticmethod(sleep)

    def fail(self, text):
        raise LookupError(text)


ENVIRONMENT = Environment()


def perform(script, noted=()):
    """Do the statements of a thread and answer what was noted, in order."""
    for statement in script:
        if statement[0] == "forget":
            noted = ()
            continue
        if statement[0] == "with":
            try:
                with (yield from statement[1].acquire()):
                    noted = yield from perform(statement[2], noted)
            except CAUGHT as error:
                noted = (*noted, f"{type(error).__name__}: {error}")
            continue
        thing, method, arguments, keywords = statement
        if any(argument is LAST for argument in arguments):
            arguments = tuple((noted or (0,))[-1] if argument is LAST else argument for argument in arguments)
        try:
            answer = yield from getattr(thing, method)(*arguments, **dict(keywords))
            noted = (*noted, answer)
        except CAUGHT as error:
            noted = (*noted, f"{type(error).__name__}: {error}")
    return noted


def perform_and_rest(script):
    """The same for a worker: it rests before its end, so that what it did last and its end are two moments."""
    noted = yield from perform(script)
    yield sleep(0)
    return noted


@dataclass(frozen=True)
class MadeUp:
    """A program that was made up, and what has to be known about it."""

    program: Program
    text: str
    tame: bool = True
    """Whether free real threads can do only what the simulator explores: see the list in ``test_differential.py``."""


@dataclass
class Family:
    """The objects of one kind of program, and the calls that its threads make."""

    things: list[Any]
    calls: list[tuple] = field(default_factory=list)
    held: list[tuple[Any, list[tuple]]] = field(default_factory=list)
    """What can be held, and the calls made while it is."""
    often: list[tuple] = field(default_factory=list)
    """Calls that a thread makes as often as all others together."""
    scenes: list[tuple] = field(default_factory=list)
    """What one thread in two begins with: what it takes to get somewhere interesting, and seldom comes about by chance."""

    def statements(self):
        """One statement; in one of two a thing is held, if there is one."""
        calls = st.sampled_from(self.calls)
        if self.often:
            calls = st.one_of(calls, st.sampled_from(self.often))
        if not self.held:
            return calls
        blocks = [
            st.tuples(st.just("with"), st.just(thing), st.lists(st.sampled_from(inner), min_size=1, max_size=2).map(tuple))
            for thing, inner in self.held
        ]
        return st.one_of(calls, *blocks)


def call(thing, method, *arguments, **keywords):
    return (thing, method, arguments, tuple(keywords.items()))


def calls(thing, *methods):
    return [call(thing, method) for method in methods]


def waits(thing, method="acquire", word="blocking", *arguments):
    """Every way to say how long to wait, odd ones included."""
    plain = call(thing, method, *arguments)
    block = [call(thing, method, *arguments, **{word: value}) for value in (False, 0, 1)]
    timed = [call(thing, method, *arguments, timeout=seconds) for seconds in (2, 0, -1)]
    return [plain, plain, plain, *block, *timed, call(thing, method, *arguments, **{word: False, "timeout": 2})]


def show(statement):
    if statement[0] == "forget":
        return "forget"
    if statement[0] == "with":
        return f"with {statement[1].name}: [{', '.join(map(show, statement[2]))}]"
    thing, method, arguments, keywords = statement
    shown = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in keywords)]
    return f"{thing.name}.{method}({', '.join(shown)})"


def built(scripts, workers=()):
    """The program whose threads are A, B, … and whose workers are the ones given."""
    threads = {name: partial(perform, script) for name, script in zip("ABCD", scripts, strict=False)}
    program = Program(**threads, **{worker.name: worker for worker in workers})
    lines = [f"{name}: {'; '.join(map(show, script))}" for name, script in zip("ABCD", scripts, strict=False)]
    return program, "\n".join(lines)


# --- the families ---------------------------------------------------------------------------------------------------


def lock_family():
    lock = Lock("L")
    steps = [*waits(lock), call(lock, "acquire", timeout=-1.0), call(lock, "acquire", timeout=-2), *calls(lock, "locked")]
    return Family([lock], steps, [(lock, [*calls(lock, "locked", "release"), *waits(lock)])], calls(lock, "release"))


def rlock_family():
    lock = RLock("R")
    inner = [*waits(lock), *calls(lock, "release", "release")]
    return Family([lock], [*waits(lock), call(lock, "acquire", timeout=-2)], [(lock, inner)], calls(lock, "release"))


def semaphore_family(kind, value):
    pool = kind("S", value)
    releases = [
        *calls(pool, "release", "release"),
        *[call(pool, "release", n=n) for n in (0, -1, 2)],
        call(pool, "release", 2),
    ]
    return Family([pool], waits(pool), [(pool, [*waits(pool), *releases])], releases)


def event_family():
    event = Event("E")
    steps = [*calls(event, "wait", "wait", "is_set"), *[call(event, "wait", timeout=seconds) for seconds in (2, 0, -1)]]
    return Family([event], steps, often=calls(event, "set", "clear"))


def condition_calls(condition):
    notify = [call(condition, "notify", n) for n in (0, -1, 2)]
    timed = [call(condition, "wait", timeout=seconds) for seconds in (2, 0, -1)]
    return [*calls(condition, "wait", "wait", "notify", "notify", "notify_all"), *notify, *timed]


def condition_family(lock_kind=None, shared=False):
    lock = lock_kind("L") if lock_kind else None
    first = Condition("C", lock)
    things = [first, Condition("K", first.lock)] if shared else [first]
    inner = [one for thing in things for one in condition_calls(thing)]
    deeper = [*calls(first, "acquire", "release")] if not isinstance(lock, Lock) else []
    misuse = [*calls(first, "acquire", "release"), *inner]
    direct = [(first.lock, inner)] if shared else []
    scenes = [(("with", first, (call(first, method),)),) for method in ("wait", "wait", "notify")]
    if deeper:
        scenes.append((("with", first, (*calls(first, "acquire", "wait", "release"),)),))
    return Family(
        things, misuse, scenes=scenes, held=[*[(thing, [*inner, *inner, *deeper]) for thing in things], *direct, *direct]
    )


def barrier_family(parties):
    barrier = Barrier("B", parties)
    waiting = [*calls(barrier, *["wait"] * 5), *[call(barrier, "wait", timeout=seconds) for seconds in (2, 0, -1)]]
    scenes = [tuple(calls(barrier, *methods)) for methods in (["wait"], ["wait", "wait"], ["reset"], ["abort", "reset"])]
    others = calls(barrier, "abort", "reset", "reset", "broken", "n_waiting")
    return Family([barrier], [*others, *waiting], often=waiting, scenes=scenes)


def queue_family(kind, maxsize, items=(1, 2, 3)):
    box = kind("Q", maxsize)
    puts = [one for item in items for one in waits(box, "put", "block", item)]
    others = [*calls(box, "qsize", "empty", "full", "get_nowait", "shutdown"), call(box, "put_nowait", items[0])]
    shutdowns = [call(box, "shutdown", immediate=immediate) for immediate in (True, 0, 1)]
    tasks = calls(box, "task_done", "task_done", "join")
    scenes = [
        (call(box, "put", items[0]), call(box, "put", items[1]), *calls(box, "task_done", "task_done")),
        tuple(calls(box, "get", "task_done")),
        (call(box, "put", items[0]), *calls(box, "join")),
    ]
    return Family([box], [*others, *shutdowns, *tasks, *tasks], scenes=scenes, often=[*puts, *waits(box, "get", "block")])


def atomic_family():
    number, plain = Atomic("N", 0), Shared("X", 0)
    changes = [call(number, "add", 1), call(number, "add", "one"), call(number, "exchange", 2), call(number, "write", 1)]
    swaps = [call(number, "compare_exchange", expected, 1) for expected in (0, 1, 2, True)]
    plain_ones = [*calls(plain, "read"), call(plain, "write", 1), call(plain, "until", bool)]
    return Family(
        [number, plain], [*calls(number, "read"), *plain_ones, call(number, "until", bool)], often=[*changes, *swaps]
    )


def readers_writers_family(preference):
    lock = ReadWriteLock("W", preference)
    keywords = ({}, {}, {"blocking": False}, {"timeout": 2})
    taking = [call(lock, method, **words) for method in ("acquire_read", "acquire_write") for words in keywords]
    return Family([lock], taking, often=calls(lock, "release_read", "release_write"))


# --- the programs ---------------------------------------------------------------------------------------------------


@st.composite
def scripts(draw, family, least=2, most=4):
    """Two to four threads: long ones if there are two, short ones if there are four."""
    threads = draw(st.integers(least, most))
    longest = {1: MOST_STATEMENTS, 2: 5, 3: 3, 4: 2}[threads]
    if threads == 2 and draw(st.booleans()):  # one long thread, and a short one that comes between
        sizes = (MOST_STATEMENTS, 2)
    else:
        sizes = (longest,) * threads
    drawn = [draw(script_of(family, size)) for size in sizes]
    if draw(st.integers(0, 3)) == 0:  # threads that do the same can be exchanged
        drawn[-1] = drawn[0] if len(drawn[0]) <= longest else drawn[-1]
    return drawn


@st.composite
def script_of(draw, family, longest):
    """One thread, which may begin with a scene."""
    begin = draw(st.sampled_from(family.scenes)) if family.scenes and draw(st.booleans()) else ()
    room = max(1, longest - len(begin))
    return (*begin, *draw(st.lists(family.statements(), min_size=0 if begin else 1, max_size=room)))


@st.composite
def programs_of(draw, *families):
    """A program over the objects of one of the families (each a function that makes a fresh one)."""
    family = draw(st.sampled_from(families))()
    program, text = built(draw(scripts(family)))
    return MadeUp(program, text)


@st.composite
def semaphore_programs(draw, kind):
    family = semaphore_family(kind, draw(st.integers(0, 2)))
    program, text = built(draw(scripts(family)))
    return MadeUp(program, f"{family.things[0].initial} units\n{text}")


def parts(script):
    """All statements, also those within others."""
    for statement in script:
        yield statement
        if statement[0] == "with":
            yield from parts(statement[2])


@st.composite
def condition_programs(draw, lock_kind=None, shared=False):
    """On a plain lock only those are tame in which threads use a condition while they hold the lock, and try nothing."""
    family = condition_family(lock_kind, shared)
    tame = lock_kind is not Lock
    if not tame and draw(st.booleans()):
        family.calls = [call(Shared("X", 0), "read")]
        tame = True
    program, text = built(draw(scripts(family, most=3)))
    return MadeUp(program, text, tame)


@st.composite
def barrier_programs(draw):
    family = barrier_family(draw(st.integers(1, 3)))
    drawn = draw(scripts(family))
    program, text = built(drawn)
    tame = not any(statement[1] == "n_waiting" for script in drawn for statement in script)
    return MadeUp(program, f"{family.things[0].parties} parties\n{text}", tame)


@st.composite
def queue_programs(draw, kind, items=(1, 2, 3)):
    family = queue_family(kind, draw(st.sampled_from((1, 2, 0, -1))), items)
    program, text = built(draw(scripts(family)))
    return MadeUp(program, f"room for {family.things[0].maxsize}\n{text}")


@st.composite
def worker_programs(draw):
    """Threads and workers that start, join and ask for each other, and themselves."""
    number = Atomic("N", 0)
    workers = [Worker(name, nothing) for name in ("W", "V")[: draw(st.integers(1, 2))]]
    about = [one for worker in workers for one in calls(worker, "start", "start", "join", "join", "is_alive")]
    about += [call(worker, "join", timeout=seconds) for worker in workers for seconds in (2, 0, -1)]
    statement = st.one_of(st.sampled_from(about), st.sampled_from(about), st.just(call(number, "add", 1)))
    lines = []
    for worker in workers:
        script = tuple(draw(st.lists(statement, max_size=3)))
        worker.body = partial(perform_and_rest, script)  # only now, for it can speak of any worker
        lines.append(f"{worker.name}: {'; '.join(map(show, script))}")
    scene = tuple(calls(workers[0], *draw(st.sampled_from(((), ("start", "join", "is_alive"), ("start", "is_alive"))))))
    longest = draw(st.sampled_from(((5,), (4, 4))))
    scripts = [tuple(draw(st.lists(statement, min_size=1, max_size=size))) for size in longest]
    program, text = built([(*scene, *scripts[0]), *scripts[1:]], workers)
    return MadeUp(program, "\n".join([text, *lines]))


def nothing():
    """The body of a worker, until it gets one."""
    yield from ()
