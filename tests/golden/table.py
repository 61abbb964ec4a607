"""The golden table: numbers promised to users and printed in lectures. Another number here is another contract."""

from dataclasses import dataclass, field

from simulator import Lock, Program, Queue, Shared


@dataclass(frozen=True)
class Row:
    """A program and what is known about it; None where nothing is promised."""

    name: str
    program: Program
    interleavings: int
    outcomes: dict  # value of `of`, or "deadlock" -> number of interleavings
    of: object = None
    states: int | None = None
    """Without merging and without symmetry."""
    deadlocks: int = 0
    classes: int | None = field(default=None, compare=False)


counter = Shared("counter", 0)
lock = Lock("lock")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def increment_twice():
    yield from increment()
    yield from increment()


def increment_three_times():
    for _ in range(3):
        yield from increment()


def locked(body):
    def locked_body():
        with (yield lock.acquire()):
            yield from body()

    return locked_body


def locked_twice():
    for _ in range(2):
        with (yield lock.acquire()):
            yield from increment()


def both(first, second):
    def take_both():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return take_both


a, b = Lock("a"), Lock("b")
forks = [Lock(f"fork {number}") for number in range(3)]
slot = Queue("slot", maxsize=1)


def produce():
    yield slot.put("item")


def consume():
    yield slot.get()


copies = Program.copies
TABLE = [
    Row("2 x 1", copies(increment, 2), 6, {1: 4, 2: 2}, counter, 13, classes=4),
    Row("2 x 2", copies(increment_twice, 2), 70, {2: 32, 3: 32, 4: 6}, counter, classes=34),
    Row("2 x 3", copies(increment_three_times, 2), 924, {2: 8, 3: 300, 4: 416, 5: 180, 6: 20}, counter, classes=328),
    Row("3 x 1", copies(increment, 3), 90, {1: 48, 2: 36, 3: 6}, counter, 84, classes=36),
    Row("4 x 1", copies(increment, 4), 2_520, {1: 1152, 2: 1056, 3: 288, 4: 24}, counter, 755, classes=576),
    Row("locked 2 x 1", copies(locked(increment), 2), 2, {2: 2}, counter, classes=2),
    Row("locked 2 x 2", copies(locked_twice, 2), 6, {4: 6}, counter, classes=6),
    Row("locked 3 x 1", copies(locked(increment), 3), 6, {3: 6}, counter, classes=6),
    Row("locked 3 x 2", copies(locked_twice, 3), 90, {6: 90}, counter, classes=90),
    Row("opposite order", Program(A=both(a, b), B=both(b, a)), 6, {None: 4, "deadlock": 2}, None, 19, 2, classes=3),
    Row(
        "3 philosophers",
        Program(**{name: both(forks[number], forks[(number + 1) % 3]) for number, name in enumerate("ABC")}),
        *(168, {None: 162, "deadlock": 6}, None, 87, 6),
        classes=7,
    ),
    Row("queue of 1", Program(P=produce, Q=produce, C=consume, D=consume), 4, {None: 4}, None, classes=4),
]
TEN = copies(increment, 10)
