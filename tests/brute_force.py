"""Every interleaving by brute force: the slowest and plainest second opinion.

Shares no code with what it checks. It takes the generator functions of a program, runs them from their start for every
interleaving, and gives each operation a meaning of its own, knowing only its target, method, arguments and keywords.
"""

import queue
import traceback
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Run:
    """One interleaving, from the start to its end."""

    schedule: tuple
    status: str
    final: dict
    failures: dict
    returned: dict
    enabled: tuple
    waiting: dict

    @property
    def preemptions(self):
        steps = zip(self.schedule, self.schedule[1:], self.enabled[1:], strict=False)
        return sum(1 for before, now, could in steps if now != before and before in could)

    @property
    def probability(self):
        chance = Fraction(1)
        for could in self.enabled:
            chance /= len(could)
        return chance

    def value(self, thing):
        """The final value of an object, whether it was touched or not."""
        return self.final[thing.name] if thing.name in self.final else shown(thing, first_state(thing))


class TooMany(Exception):
    """There are more interleavings than wanted."""


def every_run(program, limit=100_000):
    """Yield a `Run` for every interleaving, in lexicographic order of the positions of the threads."""
    names = list(program.names)
    choices = []  # for each step of the run before: what could have been chosen, and which of it was
    for _ in range(limit):
        world = World(program)
        path = []
        while could := world.enabled():
            if len(path) == len(choices):
                choices.append((could, 0))
            assert choices[len(path)][0] == could, "the program itself is not deterministic"
            name = could[choices[len(path)][1]]
            world.step(name)
            path.append(name)
        yield world.run(tuple(path), tuple(could for could, _ in choices))
        while choices and choices[-1][1] + 1 == len(choices[-1][0]):
            choices.pop()
        if not choices:
            return
        could, chosen = choices.pop()
        choices.append((could, chosen + 1))
    raise TooMany(f"more than {limit} interleavings of {names}")


class Held(int):
    """The answer to an acquire. Leaving the ``with`` notes that the lock is to be released."""

    def __enter__(self):
        assert self
        return self

    def __exit__(self, *_):
        self.owed.append(self.lock)

    def __repr__(self):
        return repr(bool(self))


class Thread:
    """One generator, what it asks for, and what it owes."""

    def __init__(self, body):
        self.owed = []
        self.asks = None
        self.ending = None
        self.generator = body()
        self.go_on(lambda: next(self.generator))

    def go_on(self, compute):
        self.asks = None
        try:
            self.asks = compute()
        except StopIteration as stop:
            self.ending = ("returned", plain(stop.value))
        except Exception as error:
            self.ending = ("failed", "".join(traceback.format_exception_only(error)).strip())

    def close(self):
        if self.asks is not None:
            try:
                self.generator.throw(GeneratorExit)
                while True:
                    self.generator.send(None)
            except BaseException:
                pass


class World:
    """All threads and the states of all objects, under way."""

    def __init__(self, program):
        self.daemons = set(program.daemons)
        self.threads = {name: Thread(body) for name, body in program.threads.items()}
        self.states = {}

    def next_of(self, name):
        """(object, method, arguments, keywords) of what the thread does next, or None."""
        thread = self.threads[name]
        if thread.owed:
            return (thread.owed[0], "release", (), {})
        if thread.asks is None:
            return None
        asked = thread.asks
        return (asked.target, asked.method, asked.arguments, dict(asked.keywords))

    def enabled(self):
        left = [name for name in self.threads if self.next_of(name) is not None]
        if all(name in self.daemons for name in left):
            return ()
        return tuple(name for name in left if self.effect(name) is not None)

    def effect(self, name):
        """(next state, kind of answer, answer), or None if it cannot be done now."""
        thing, method, arguments, keywords = self.next_of(name)
        if thing is None:
            return (None, "answer", None)
        state = self.states.get(thing, first_state(thing))
        if type(thing).__name__ == "RLock":
            keywords = {**keywords, "who": name}
        return MEANINGS[type(thing).__name__, method](thing, state, arguments, keywords)

    def step(self, name):
        thing, method, _, _ = self.next_of(name)
        state, kind, answer = self.effect(name)
        if thing is not None:
            self.states[thing] = state
        thread = self.threads[name]
        if thread.owed:
            thread.owed.pop(0)
            if kind == "raise":  # noticed at the yield where the thread is by now, or after its end
                if thread.asks is not None:
                    thread.go_on(lambda: thread.generator.throw(answer))
                else:
                    thread.ending = ("failed", "".join(traceback.format_exception_only(answer)).strip())
        elif kind == "raise":
            thread.go_on(lambda: thread.generator.throw(answer))
        else:
            if method == "acquire":
                answer = Held(answer)
                answer.owed, answer.lock = thread.owed, thing
            thread.go_on(lambda: thread.generator.send(answer))

    def run(self, path, enabled):
        waiting = {name: self.next_of(name) for name in self.threads}
        waiting = {name: asked for name, asked in waiting.items() if asked is not None}
        endings = {name: thread.ending for name, thread in self.threads.items() if name not in waiting}
        for thread in self.threads.values():
            thread.close()
        return Run(
            path,
            "finished" if set(waiting) <= self.daemons else "deadlock",
            {thing.name: shown(thing, state) for thing, state in self.states.items()},
            {name: what for name, (how, what) in endings.items() if how == "failed"},
            {name: what for name, (how, what) in endings.items() if how == "returned"},
            enabled,
            waiting,
        )


def plain(value):
    if isinstance(value, Held):
        return bool(value)
    return tuple(map(plain, value)) if type(value) is tuple else value


def first_state(thing):
    kind = type(thing).__name__
    first = {"Lock": False, "RLock": (), "Event": False, "Queue": (), "Console": ""}
    return first.get(kind, thing.initial)


def shown(thing, state):
    return bool(state) if type(thing).__name__ == "RLock" else state


def answered(state, answer=None):
    return (state, "answer", answer)


def raised(state, error):
    return (state, "raise", error)


def acquire(lock, held, arguments, keywords):
    if not held:
        return answered(True, True)
    return answered(held, False) if keywords else None


def release(lock, held, arguments, keywords):
    return answered(False) if held else raised(held, RuntimeError("release unlocked lock"))


def put(thing, items, arguments, keywords):
    if thing.maxsize <= 0 or len(items) < thing.maxsize:
        return answered((*items, plain(arguments[0])))
    return raised(items, queue.Full()) if keywords else None


def get(thing, items, arguments, keywords):
    if items:
        return answered(items[1:], items[0])
    return raised(items, queue.Empty()) if keywords else None


def acquire_again(lock, held, arguments, keywords):
    """An RLock is the tuple of its acquires: the same thread, again and again."""
    who = keywords["who"]
    if not held or held[0] == who:
        return answered((*held, who), True)
    return answered(held, False) if len(keywords) > 1 else None


def release_once(lock, held, arguments, keywords):
    if held and held[0] == keywords["who"]:
        return answered(held[1:])
    return raised(held, RuntimeError("cannot release un-acquired lock"))


def take_unit(thing, units, arguments, keywords):
    if units:
        return answered(units - 1, True)
    return answered(units, False) if keywords else None


def give_units(thing, units, arguments, keywords):
    n = keywords.get("n", 1)
    if n < 1:
        return raised(units, ValueError("n must be one or more"))
    if type(thing).__name__ == "BoundedSemaphore" and units + n > thing.initial:
        return raised(units, ValueError("Semaphore released too many times"))
    return answered(units + n)


def wait_for_event(thing, flag, arguments, keywords):
    return answered(flag, flag) if flag or keywords else None


MEANINGS = {
    **{(kind, "acquire"): take_unit for kind in ("Semaphore", "BoundedSemaphore")},
    **{(kind, "release"): give_units for kind in ("Semaphore", "BoundedSemaphore")},
    ("RLock", "acquire"): acquire_again,
    ("RLock", "release"): release_once,
    ("Event", "set"): lambda thing, flag, arguments, keywords: answered(True),
    ("Event", "clear"): lambda thing, flag, arguments, keywords: answered(False),
    ("Event", "is_set"): lambda thing, flag, arguments, keywords: answered(flag, flag),
    ("Event", "wait"): wait_for_event,
    ("Atomic", "add"): lambda thing, value, arguments, keywords: answered(value + arguments[0], value),
    ("Atomic", "exchange"): lambda thing, value, arguments, keywords: answered(arguments[0], value),
    ("Atomic", "compare_exchange"): lambda thing, value, arguments, keywords: (
        answered(arguments[1], True) if value == arguments[0] else answered(value, False)
    ),
    ("Shared", "read"): lambda thing, value, arguments, keywords: answered(value, value),
    ("Shared", "write"): lambda thing, value, arguments, keywords: answered(plain(arguments[0])),
    ("Shared", "until"): lambda thing, value, arguments, keywords: answered(value, value) if arguments[0](value) else None,
    ("Lock", "acquire"): acquire,
    ("Lock", "release"): release,
    ("Lock", "locked"): lambda thing, held, arguments, keywords: answered(held, held),
    ("Queue", "put"): put,
    ("Queue", "get"): get,
    ("Queue", "qsize"): lambda thing, items, arguments, keywords: answered(items, len(items)),
    ("Queue", "empty"): lambda thing, items, arguments, keywords: answered(items, len(items) == 0),
    ("Queue", "full"): lambda thing, items, arguments, keywords: answered(items, 0 < thing.maxsize <= len(items)),
    ("Console", "write"): lambda thing, text, arguments, keywords: answered(text + arguments[0]),
}
MEANINGS |= {("Atomic", method): MEANINGS["Shared", method] for method in ("read", "write", "until")}
