"""Programs with everything in them that could steer what shows it, and every picture of each."""

import linecache
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial

from hostile import NAMES

from simulator import Console, Lock, Program, Shared, explore, replay, run
from simulator.analysis import (
    compare,
    explain_deadlock,
    happens_before,
    lock_order_graph,
    resource_allocation_graph,
    wait_for_graph,
)
from simulator.errors import (
    TooLarge,
)
from simulator.exploration.state_graph import state_graph
from simulator.render.means.palette import LIGHT
from simulator.render.pictures import OF_STATES, picture_of


class Said:
    """A value that says of itself what it is told to; equal to another one with the same words."""

    def __init__(self, say, number=0):
        self.say, self.number = say, number

    def __eq__(self, other):
        return isinstance(other, Said) and (self.say, self.number) == (other.say, other.number)

    def __hash__(self):
        return self.number

    def __repr__(self):
        return self.say()


def named(text):
    """Two threads that race and can deadlock; the text is a name, a value, what is printed, and what an exception says."""
    say = partial(str, text)
    lock, other, shared, console = Lock(text), Lock("other"), Shared(text, Said(say)), Console(text)
    word = re.sub(r"[\s*=]", "", text) or "A"

    def first():
        with (yield lock.acquire()), (yield other.acquire()):
            yield shared.write(Said(say, 1))
            yield console.write(text)
        raise ValueError(text)

    def second():
        yield other.acquire()
        yield lock.acquire()
        return Said(say)

    return Program(**{word: first, "Z": second})


def saying(say):
    """Two threads with a value that says of itself what `say` answers."""
    shared = Shared("s", Said(say))

    def body():
        value = yield shared.read()
        yield shared.write(Said(say, 1))
        return [value]

    return Program(A=body, B=body)


def failing(error):
    shared = Shared("s", 0)

    def body():
        yield shared.write(1)
        raise error

    return Program(A=body, B=body)


def raising(error):
    def say():
        raise error

    return say


class Liar(str):
    """A text that says that it is harmless."""

    __slots__ = ()

    def isprintable(self):
        return True

    def split(self, *_):
        return [self]

    def replace(self, *_):
        return self


class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Loud(Exception):
    def __str__(self):
        return "\x1b[1mx</script>\n\n"


noted = ValueError("boom")
noted.add_note("a note \x1b[31m")

REPRS = {
    "a kilobyte": lambda: "r" * 1_000,
    "a hundred kilobytes": lambda: "r" * 100_000,
    "nothing": str,
    "many lines": lambda: "a\n  b\r\n\tc\n",
    "what ends a page": lambda: "</script><!--\u2028",
    "a lie": lambda: Liar("\x1b[31m</script>\n"),
    "our separators": lambda: "s = 1, A failed: x -> step  ├─ => schedule AB: deadlock",
    "no text": lambda: 3,
    "None": lambda: None,
    "an error": raising(RuntimeError("no words")),
    "too deep": raising(RecursionError()),
    "no memory": raising(MemoryError()),
    "an exit": raising(SystemExit(3)),
    "an end": raising(GeneratorExit()),
}
ERRORS = {
    "no words": Silent(),
    "loud": Loud(),
    "with a note": noted,
    "a group": ExceptionGroup("\x1b[31m", [ValueError("\u202e")]),
    "empty": ValueError(""),
    "lines": ValueError("a\nb\n"),
    "long": ValueError("x" * 100_000),
    "an exit": SystemExit(2),
    "an end": GeneratorExit(),
}

value = Shared("value", 0)


def nothing():
    yield from ()


def add():
    seen = yield value.read()
    yield value.write(seen + 1)


RACE = Program(A=add, B=add)
RACY = replay(RACE, "ABBA")


def serve():
    while True:
        yield value.read()


def nested():
    def outer():
        yield from inner()

    def inner():
        yield value.write(1)

    yield from outer()


def circular():
    yield value.write(1)
    made, pairs = [], {}
    made.append(made)
    pairs["pairs"] = pairs
    return made, pairs


class Methods:
    def method(self, number=1):
        yield value.write(number)

    def __call__(self):
        yield value.write(2)


SHAPES = {
    "no threads": lambda: Program(),
    "one thread": lambda: Program(A=add),
    "no steps": lambda: Program(A=nothing, B=nothing),
    "fifty threads without steps": lambda: Program.copies(nothing, 50),
    "a daemon": lambda: Program(A=add, D=serve, daemons=["D"]),
    "methods": lambda: Program(A=Methods().method, B=Methods()),
    "partials": lambda: Program(A=partial(Methods.method, Methods(), 3), B=partial(Methods().method, number=4)),
    "lambdas": lambda: Program(A=lambda: (each for each in [value.write(1)]), B=lambda: (yield value.read())),
    "nested generators": lambda: Program(A=nested, B=nested),
    "values that hold themselves": lambda: Program(A=circular, B=circular),
}

SOURCE = """x = Shared("x", 0)
def body():
    seen = yield x.read()  # </script><script>alert(1)</script>
    yield x.write(seen + 1); text = "</script>\u202e\x1b[31m<!--%s"\t;\x0c end = 1
program = Program(A=body, B=body)
""" % ("q" * 500)

FILES = {
    "no file": ("<string>", None),
    "a hostile name": ("</title><script>\x1b[31m\n\u202e'\";$(ls).py", None),
    "a hostile line": ("hostile_line.py", SOURCE),
    "other lines": ("other_lines.py", "def body(:\n" * 9),
    "fewer lines": ("fewer_lines.py", "\n"),
    "no text": ("no_text.py", "".join(map(chr, range(256))) * 9),
}


def compiled(name, lines):
    """A program whose source is what `linecache` has of it, as in a notebook, or nowhere."""
    if lines is not None:
        linecache.cache[name] = (len(lines), None, lines.splitlines(keepends=True), name)
    names = {"Shared": Shared, "Program": Program}
    exec(compile(SOURCE, name, "exec"), names)
    return names["program"]


INPUTS = {
    **{f"named {name!a}": partial(named, name) for name in NAMES},
    "named at length": partial(named, "n" * 10_000),
    "named at length, with what has to be escaped": partial(named, '\\"&\U0010ffff' * 300),
    **{f"a repr is {name}": partial(saying, say) for name, say in REPRS.items()},
    **{f"an exception is {name}": partial(failing, error) for name, error in ERRORS.items()},
    **SHAPES,
    **{f"the source is {name}": partial(compiled, *file) for name, file in FILES.items()},
}


# --- the pictures


class InTurn:
    """One step of each thread after the other, which is how the program above comes to its deadlock."""

    def __init__(self):
        self.gone = Counter()

    def next_thread(self, enabled, step):
        chosen = min(enabled, key=lambda name: self.gone[name])
        self.gone[chosen] += 1
        return chosen


@dataclass
class Shot:
    """One picture of one value, and what it is called in a failure."""

    name: str
    value: object
    picture: str | None = None
    refused: tuple[type[Exception], ...] = ()
    """What may be said instead: only where the picture is one of small programs."""


@cache
def shots(name):
    """Every picture of the program of one input."""
    program = INPUTS[name]()
    finished, in_turn = run(program), run(program, strategy=InTurn())
    begun = replay(program, in_turn.schedule[:1])
    found = [Shot("timeline", finished), Shot("in turn", in_turn), Shot("begun", begun)]
    found += [Shot("explanation", explain_deadlock(in_turn))]
    found += [Shot("wait-for", wait_for_graph(in_turn)), Shot("resource-allocation", resource_allocation_graph(in_turn))]
    found += [Shot("happens-before", happens_before(in_turn)), Shot("comparison", compare(in_turn))]
    graph = state_graph(program)
    found += [Shot("lock-order", lock_order_graph(graph)), Shot("histogram", explore(program))]
    refused = {"states": (), "tree": (TooLarge,), "lattice": (TooLarge, ValueError)}
    return [*found, *(Shot(each, graph, each, refused[each]) for each in OF_STATES)]


def texts(name, *suffixes):
    """(where, suffix, value, text) for every picture and every format that is a text."""
    for shot in shots(name):
        picture = picture_of(shot.value, shot.picture)
        for suffix in suffixes or picture.writers:
            if suffix not in picture.writers:
                continue
            try:
                text = picture.write(suffix, shot.value, {"theme": LIGHT})
            except (TooLarge, *shot.refused) as error:
                refused = error
            else:
                refused = None
            if refused is not None:
                assert suffix == ".mmd" or shot.refused
                assert type(refused) is not ValueError or len(shot.value.program.names) != 2
                assert len(str(refused).splitlines()) > 1, "what it is, and what to do instead"
                continue
            yield f"{shot.name}{suffix}", suffix, shot.value, text
