"""Small programs that get stuck on the other primitives. Golden pictures name lines of this file: append, do not insert."""

from simulator import (
    Atomic,
    Barrier,
    Condition,
    Event,
    Execution,
    Lock,
    Program,
    Queue,
    ReadWriteLock,
    RLock,
    Semaphore,
    Shared,
    Worker,
    replay,
)

ready = Condition("ready")
gate = Barrier("gate", 3)
go = Event("go")
orders = Queue("orders")
shelf = Queue("shelf", maxsize=1)
pool = Semaphore("pool", 2)
single = Semaphore("single", 1)
items = Semaphore("items", 0)
table = ReadWriteLock("table")
fair = ReadWriteLock("fair", preference="writers")
mutex, other = Lock("mutex"), Lock("other")
again = RLock("again")
stock = Shared("stock", 0)
level = Atomic("level", 0)


def wait_ready():
    with (yield ready.acquire()):
        yield from ready.wait()


def wait_twice():
    with (yield ready.acquire()):
        yield from ready.wait()
        yield from ready.wait()


def notify_ready():
    with (yield ready.acquire()):
        yield ready.notify()


def idle():
    yield stock.read()


def wake_and_keep():
    yield ready.acquire()
    yield ready.notify_all()


early_notify = Program(C=wait_ready, P=notify_ready)
never_notified = Program(C=wait_ready, P=idle)
wrong_one = Program(B=wait_twice, A=wait_ready, P=notify_ready)
early_for_one = Program(A=wait_ready, C=wait_ready, P=notify_ready)
kept_lock = Program(A=wait_ready, B=wake_and_keep)


def come():
    yield from gate.wait()


def fail_before():
    yield stock.read()
    raise ValueError("boom")


short = Program(A=come, B=come, C=fail_before)
short_by_two = Program(A=come, B=idle)


def await_go():
    yield go.wait()


def pulse():
    yield go.set()
    yield go.clear()


never_set = Program(A=await_go, B=idle)
cleared = Program(A=await_go, B=pulse)


def produce_two():
    yield orders.put("tea")
    yield orders.put("milk")
    yield orders.join()


def forget_one():
    yield orders.get()
    yield orders.task_done()
    yield orders.get()


def get_one():
    yield orders.get()
    yield orders.task_done()


def fill():
    yield shelf.put("tea")
    yield shelf.put("milk")


forgotten_task = Program(main=produce_two, W=forget_one)
left_over = Program(main=produce_two, W=get_one)
full = Program(P=fill, C=idle)


def lose_unit():
    yield pool.acquire()
    raise ValueError("boom")


def keep_unit():
    yield pool.acquire()


def use_unit():
    with (yield pool.acquire()):
        yield stock.read()


def want_two():
    yield pool.acquire()
    yield pool.acquire()
    yield pool.release(2)


def single_twice():
    yield single.acquire()
    yield single.acquire()


def consume_two():
    yield items.acquire()
    yield items.acquire()


def produce_one():
    yield items.release()


lost_units = Program(A=lose_unit, B=keep_unit, C=use_unit)
two_of_two = Program(A=want_two, B=want_two)
own_unit = Program(A=single_twice)
signal = Program(C=consume_two, P=produce_one)


def forget_release():
    yield again.acquire()
    yield again.acquire()
    yield again.release()


def want_again():
    with (yield again.acquire()):
        yield stock.read()


deep = Program(A=forget_release, B=want_again)


def upgrade():
    with (yield table.acquire_read()):  # noqa: SIM117 (one line for each lock)
        with (yield from table.acquire_write()):
            yield stock.write(1)


def read_and_end():
    yield table.acquire_read()


def write_table():
    with (yield from table.acquire_write()):
        yield stock.write(1)


def read_twice():
    with (yield fair.acquire_read()):  # noqa: SIM117
        with (yield fair.acquire_read()):
            yield stock.read()


def write_fair():
    with (yield from fair.acquire_write()):
        yield stock.write(1)


upgraders = Program(A=upgrade, B=upgrade)
one_upgrader = Program(A=upgrade)
left_reading = Program(R=read_and_end, W=write_table)
reread = Program(R=read_twice, W=write_fair)


def join_holding():
    yield helper.start()
    with (yield mutex.acquire()):
        yield helper.join()


def need_mutex():
    with (yield mutex.acquire()):
        yield stock.read()


helper = Worker("W", need_mutex)
circle_of_join = Program(main=join_holding, W=helper)


def join_sleeper():
    yield sleeper.start()
    yield sleeper.join()


sleeper = Worker("W", await_go)
endless = Program(main=join_sleeper, W=sleeper)


def await_setter():
    yield go.wait()
    yield setter.start()


setter = Worker("W", pulse)
not_started = Program(main=await_setter, W=setter)


def join_second():
    yield second.start()
    yield second.join()


def join_first():
    yield first.join()


first, second = Worker("V", join_second), Worker("W", join_first)


def start_first():
    yield first.start()


join_each_other = Program(main=start_first, V=first, W=second)


def get_holding():
    with (yield mutex.acquire()):
        yield orders.get()


def put_holding():
    with (yield mutex.acquire()):
        yield orders.put("tea")


nested = Program(C=get_holding, P=put_holding)


def crossed():
    with (yield table.acquire_read()), (yield mutex.acquire()):
        yield stock.read()


def crossing():
    with (yield mutex.acquire()), (yield from table.acquire_write()):
        yield stock.read()


mixed = Program(A=crossed, B=crossing, C=wait_ready, D=come, E=keep_unit)


def lower():
    yield level.add(1)
    yield level.add(-1)


def wait_level():
    yield level.until(lambda value: value > 0)


missed = Program(A=wait_level, B=lower)


def classics() -> dict[str, Execution]:
    """The executions whose pictures are kept."""
    return {
        "early_notify": replay(early_notify, "PPPCC"),
        "wrong_one": replay(wrong_one, "BBAAPPPBB"),
        "short": replay(short, "ABC"),
        "lost_units": replay(lost_units, "AB"),
        "two_of_two": replay(two_of_two, "AB"),
        "upgraders": replay(upgraders, "AB"),
        "reread": replay(reread, "RW"),
        "circle_of_join": replay(circle_of_join, "main main"),
        "not_started": replay(not_started, ""),
        "forgotten_task": replay(forgotten_task, "main main W W W"),
        "kept_lock": replay(kept_lock, "AABB"),
    }
