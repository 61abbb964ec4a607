"""Small programs that deadlock, each in its own way. Golden pictures name lines of this file: append, do not insert."""

from simulator import Execution, Lock, Operation, Program, Queue, Scheduler, Shared, replay
from simulator.objects import BLOCKED, Acquirable

left, middle, right, lock = Lock("left"), Lock("middle"), Lock("right"), Lock("lock")
orders = Queue("orders")
ready = Shared("ready", 0)
counter = Shared("counter", 0)


def both(first, second):
    def take_both():
        with (yield first.acquire()):  # noqa: SIM117 (one line for each lock)
            with (yield second.acquire()):
                pass

    return take_both


def faulty():
    yield lock.acquire()
    raise ValueError("boom")


def forgetful():
    yield lock.acquire()


def careful():
    with (yield lock.acquire()):
        pass


def twice():
    yield lock.acquire()
    yield lock.acquire()


def put_one():
    yield orders.put("tea")


def get_two():
    yield orders.get()
    yield orders.get()


def behind():
    yield left.acquire()


def wait_until_ready():
    yield ready.until(lambda value: value > 0)


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def serve_for_ever():
    while True:
        yield orders.get()


racy = Program(A=increment, B=increment)
opposite = Program(A=both(left, right), B=both(right, left))
philosophers = Program(P1=both(left, middle), P2=both(middle, right), P3=both(right, left))
abandoned = Program(A=faulty, B=careful)
forgotten = Program(A=forgetful, B=careful)
lost = Program(P=put_one, C=get_two)
self_deadlock = Program(A=twice)
mixture = Program(A=both(left, right), B=both(right, left), C=behind, D=wait_until_ready, E=faulty, F=careful)
chain = Program(A=both(left, lock), B=faulty, C=behind)
served = Program(daemons=("G",), A=put_one, G=serve_for_ever)


def classics() -> dict[str, Execution]:
    """The executions whose pictures are kept."""
    return {
        "opposite": replay(opposite, "AB"),
        "philosophers": replay(philosophers, "P1 P2 P3"),
        "abandoned": replay(abandoned, "A"),
        "lost": replay(lost, "PC"),
        "self_deadlock": replay(self_deadlock, "A"),
        "mixture": replay(mixture, "ABE"),
        "lost_update": replay(racy, "ABBA"),
    }


class Pool(Acquirable):
    """As many units as it is told; who holds them is known."""

    def __init__(self, name, size):
        super().__init__(name, ())
        self.size = size

    def acquire(self):
        return self.ask("acquire")

    def transition(self, state, operation, thread):
        if operation.method == "acquire":
            return ((*state, thread), True) if len(state) < self.size else BLOCKED
        at = state.index(thread)
        return state[:at] + state[at + 1 :], None

    def holders(self, state):
        return state

    def units(self):
        return self.size

    def owed(self, operation):
        return Operation(self, "release") if operation.method == "acquire" else None


def stepped(program: Program) -> Execution:
    """One step of each thread, in order, whatever their names are."""
    with Scheduler(program) as scheduler:
        for name in program.names:
            scheduler.step(name)
        return scheduler.execution()
