"""Every interleaving by brute force: the slowest and plainest second opinion.

Shares no code with what it checks. It takes the generator functions of a program, runs them from their start for every
interleaving, and gives each operation a meaning of its own (`meanings`), knowing only its target, method, arguments and
keywords. A step at which the environment chooses is written as everywhere: ``A=1``.
"""

import traceback
from dataclasses import dataclass
from fractions import Fraction

from meanings import MEANINGS, RELEASES, Ask, Effect, Held, first_state, plain, shown


@dataclass(frozen=True)
class Run:
    """One interleaving, from the start to its end."""

    schedule: tuple
    status: str
    last_values: dict
    """The final values of the objects that were touched."""
    failures: dict
    returned: dict
    enabled: tuple
    """For each step, what could have been done in its place."""
    waiting: dict
    values: tuple = ()
    """For each moment, the last one included, the values of the objects; only if they were asked for."""

    @property
    def preemptions(self):
        steps = zip(map(thread_of, self.schedule), map(thread_of, self.schedule[1:]), self.enabled[1:], strict=False)
        return sum(1 for before, now, could in steps if now != before and before in map(thread_of, could))

    @property
    def probability(self):
        chance = Fraction(1)
        for could in self.enabled:
            chance /= len(could)
        return chance

    @property
    def final(self):
        return {thing.name: value for thing, value in self.last_values.items()}

    def value(self, thing):
        """The final value of an object, whether it was touched or not."""
        if thing in self.last_values:
            return self.last_values[thing]
        return shown(thing, first_state(thing), lambda _: False)


class TooMany(Exception):
    """There are more interleavings than wanted."""


def thread_of(step):
    """Who does a step of a schedule: ``A=1`` is done by A."""
    return step.split("=")[0]


def every_run(program, limit=100_000, of=()):
    """Yield a `Run` for every interleaving, in lexicographic order of the positions of the threads.

    ``of`` are the objects whose values are noted at every moment.
    """
    names = list(program.names)
    choices = []  # for each step of the run before: what could have been chosen, and which of it was
    for _ in range(limit):
        world = World(program)
        path, values = [], [world.values(of)]
        while could := world.enabled():
            if len(path) == len(choices):
                choices.append((could, 0))
            assert choices[len(path)][0] == could, "the program itself is not deterministic"
            step = could[choices[len(path)][1]]
            world.step(step)
            path.append(step)
            values.append(world.values(of))
        yield world.run(tuple(path), tuple(could for could, _ in choices), tuple(values))
        while choices and choices[-1][1] + 1 == len(choices[-1][0]):
            choices.pop()
        if not choices:
            return
        could, chosen = choices.pop()
        choices.append((could, chosen + 1))
    raise TooMany(f"more than {limit} interleavings of {names}")


class Thread:
    """One generator, what it asks for, and what it owes."""

    def __init__(self, name, body, worker=None):
        self.name = name
        self.worker = worker
        self.owed = []
        self.asks = None
        self.ending = None
        self.generator = body()
        self.go_on(lambda: next(self.generator))

    def go_on(self, compute):
        self.asks = None
        try:
            self.asks = compute()
            while self.worker is not None and (self.asks.target, self.asks.method) == (self.worker, "join"):
                self.asks = self.generator.throw(RuntimeError("cannot join current thread"))  # at once, and not by a step
        except StopIteration as stop:
            self.asks = None
            self.ending = ("returned", plain(stop.value))
        except Exception as error:
            self.asks = None
            self.ending = ("failed", last_line(error))

    def fail_late(self, error):
        """What was owed could not be done, and the thread is past all its yields."""
        self.ending = ("failed", last_line(error))

    def close(self):
        if self.asks is not None:
            try:
                self.generator.throw(GeneratorExit)
                while True:
                    self.generator.send(None)
            except BaseException:
                pass


def last_line(error):
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]


class World:
    """All threads and the states of all objects, under way."""

    def __init__(self, program):
        self.daemons = set(program.daemons)
        self.workers = dict(program.workers)
        self.threads = {name: Thread(name, body, self.workers.get(name)) for name, body in program.threads.items()}
        self.states = {}
        self.effects = {}
        """What comes of the next operation of each thread that could be enabled now."""

    def state_of(self, thing):
        return self.states[thing] if thing in self.states else first_state(thing)

    def values(self, things):
        return tuple(shown(thing, self.state_of(thing), self.has_ended) for thing in things)

    def is_running(self, name):
        """Whether the thread runs from the start, or has been started."""
        return name not in self.workers or self.state_of(self.workers[name])

    def has_ended(self, name):
        return self.is_running(name) and self.next_of(name) is None

    def next_of(self, name):
        """(object, method, arguments, keywords) of what the thread does next, or None."""
        thread = self.threads[name]
        if thread.owed:
            return (*thread.owed[0], (), {})
        if thread.asks is None:
            return None
        asked = thread.asks
        return (asked.target, asked.method, asked.arguments, dict(asked.keywords))

    def under_way(self):
        """Who runs and has not ended."""
        return [name for name in self.threads if self.is_running(name) and self.next_of(name) is not None]

    def enabled(self):
        self.effects = {}
        left = self.under_way()
        if self.daemons.issuperset(left):
            return ()
        return tuple(step for name in left for step in self.steps_of(name))

    def steps_of(self, name):
        thing, method, arguments, _ = self.next_of(name)
        if thing is None and method == "choose":
            return [f"{name}={number}" for number in range(len(arguments))]
        self.effects[name] = self.effect(name)
        return [name] if self.effects[name] is not None else []

    def effect(self, name):
        """What comes of the next operation of a thread, or None if it cannot be done now."""
        thing, method, arguments, keywords = self.next_of(name)
        if thing is None:
            return Effect({})
        asked = Ask(name, thing, method, arguments, keywords, self.state_of, self.has_ended)
        return MEANINGS[type(thing).__name__][method](asked)

    def step(self, step):
        name, _, option = step.partition("=")
        thread = self.threads[name]
        thing, method, arguments, _ = self.next_of(name)
        effect = Effect({}) if option else self.effects[name]
        self.states.update(effect.states)
        answer = plain(arguments[int(option)]) if option else effect.answer
        if thread.owed:
            thread.owed.pop(0)
            if effect.raises and thread.asks is None:
                thread.fail_late(answer)
            elif effect.raises:  # noticed at the yield where the thread is by now
                thread.go_on(lambda: thread.generator.throw(answer))
        elif effect.raises:
            thread.go_on(lambda: thread.generator.throw(answer))
        else:
            if method in RELEASES:
                answer = Held(answer)
                answer.owed, answer.release = thread.owed, (thing, RELEASES[method])
            thread.go_on(lambda: thread.generator.send(answer))

    def run(self, path, enabled, values):
        waiting = {name: self.next_of(name) for name in self.under_way()}
        endings = {name: thread.ending for name, thread in self.threads.items() if self.has_ended(name)}
        last_values = {thing: shown(thing, state, self.has_ended) for thing, state in self.states.items()}
        for thread in self.threads.values():
            thread.close()
        return Run(
            path,
            "finished" if set(waiting) <= self.daemons else "deadlock",
            last_values,
            {name: what for name, (how, what) in endings.items() if how == "failed"},
            {name: what for name, (how, what) in endings.items() if how == "returned"},
            enabled,
            waiting,
            values,
        )
