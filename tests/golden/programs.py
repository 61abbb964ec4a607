"""The benchmark programs of the literature, said with our objects; exact numbers are in ``counts.json``.

Every function takes the parameters of ``counts.json`` and answers a `Program` of threads T0, T1, … Each program is made
of objects of its own.
"""

from simulator import Atomic, Lock, Program, Shared

REGISTRY = {}


def program(build):
    REGISTRY[build.__name__] = build
    return build


def variables(name, number):
    """Shared variables name0, name1, …; 0 at the start."""
    return tuple(Shared(f"{name}{place}", 0) for place in range(number))


def locks(name, number):
    """Locks name0, name1, …"""
    return tuple(Lock(f"{name}{place}") for place in range(number))


def threads(*bodies):
    return Program(**{f"T{number}": body for number, body in enumerate(bodies)})


def straight(*operations):
    """A thread that performs the given operations and ignores the answers."""

    def thread():
        for operation in operations:  # noqa: UP028 (`yield from` would send the answers to the tuple)
            yield operation

    return thread


@program
def readers(n):
    x = Shared("x", 0)
    reader = straight(x.read())
    return threads(straight(x.write(42)), *[reader] * n)


@program
def lastzero(n):
    a = variables("a", n + 1)

    def reader():
        i = n
        while (yield a[i].read()) != 0:
            i -= 1

    def writer(j):
        def thread():
            value = yield a[j - 1].read()
            yield a[j].write(value + 1)

        return thread

    return threads(reader, *map(writer, range(1, n + 1)))


@program
def filesystem(n, first=0):
    inode_locks, block_locks = locks("li", 32), locks("lb", 26)
    inodes, busy = variables("inode", 32), variables("busy", 26)

    def worker(tid):
        def thread():
            i = tid % 32
            yield inode_locks[i].acquire()
            if (yield inodes[i].read()) == 0:
                b = 2 * i % 26
                while True:
                    yield block_locks[b].acquire()
                    if (yield busy[b].read()) == 0:
                        yield busy[b].write(1)
                        yield inodes[i].write(b + 1)
                        yield block_locks[b].release()
                        break
                    yield block_locks[b].release()
                    b = (b + 1) % 26
            yield inode_locks[i].release()

        return thread

    return threads(*map(worker, range(first, first + n)))


def _popl14(x, y, z, value):
    def zero_seen():
        if (yield y.read()) == 0:
            yield z.write(1)

    def both_seen():
        if (yield z.read()) == 1 and (yield y.read()) == 0:
            yield x.write(value)

    return zero_seen, both_seen


@program
def popl14_example():
    x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)
    return threads(straight(x.write(1)), straight(y.write(1)), *_popl14(x, y, z, 2))


@program
def control_flow(n):
    x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)
    pair = [straight(x.read()), straight(y.write(1))]
    return threads(*pair * n, *_popl14(x, y, z, 1))


def _increment(x, amount=1):
    def increment():
        value = yield x.read()
        yield x.write(value + amount)

    return increment


@program
def ninc(n):
    return threads(*[_increment(Shared("x", 0))] * n)


@program
def ninc_k(n, k):
    increment = _increment(Shared("x", 0))

    def repeated():
        for _ in range(k):
            yield from increment()

    return threads(*[repeated] * n)


@program
def lockinc(n):
    m, increment = Lock("m"), _increment(Shared("x", 0))

    def locked():
        yield m.acquire()
        yield from increment()
        yield m.release()

    return threads(*[locked] * n)


@program
def lastwrite(n):
    x = Shared("x", 0)
    return threads(*[straight(x.write(i)) for i in range(1, n + 1)])


@program
def floating_read(n):
    x = Shared("x", 0)
    return threads(*[straight(x.write(i)) for i in range(1, n + 1)], straight(x.read()))


@program
def co_2_2w(n):
    x = Shared("x", 0)
    return threads(*[straight(x.write(i), x.write(i)) for i in range(n)])


@program
def myexample(n):
    x = Shared("x", 0)
    return threads(*[straight(x.write(i), x.read()) for i in range(n)])


@program
def coa(n):
    x, y, z = Shared("x", 0), Shared("y", 0), Shared("z", 0)
    return threads(
        straight(x.write(1), y.read(), x.read()),
        straight(x.write(2), z.read(), x.read()),
        *[straight(y.write(i), z.write(i)) for i in range(n)],
    )


@program
def sb(n):
    x = variables("x", n)
    return threads(*[straight(x[i].write(1), x[(i + 1) % n].read()) for i in range(n)])


@program
def mp():
    x, y = Shared("x", 0), Shared("y", 0)
    return threads(straight(x.write(1), y.write(1)), straight(y.read(), x.read()))


@program
def iriw():
    x, y = Shared("x", 0), Shared("y", 0)
    return threads(straight(x.write(1)), straight(y.write(1)), straight(x.read(), y.read()), straight(y.read(), x.read()))


@program
def fib_nidhugg(k):
    x, y = Shared("x", 1), Shared("y", 1)

    def first():
        for _ in range(k):
            a = yield x.read()
            b = yield y.read()
            yield x.write(a + b)

    def second():
        for _ in range(k):
            b = yield y.read()
            a = yield x.read()
            yield y.write(a + b)

    return threads(first, second, straight(x.read(), y.read()))


@program
def account(n):
    balance = Shared("a", 1000)
    return threads(*[_increment(balance, 100)] * n, _increment(balance, -10))


@program
def sigma(n):
    i, spawned, array = Shared("i", -1), variables("spawn", n), variables("a", n)

    def main():
        for k in range(n):
            value = yield i.read()
            yield i.write(value + 1)
            yield spawned[k].write(1)

    def worker(k):
        def thread():
            yield spawned[k].until(lambda value: value == 1)
            j = yield i.read()
            yield array[j].write(1)

        return thread

    return threads(main, *map(worker, range(n)))


@program
def circular_buffer(n):
    m, send, receive, item = Lock("m"), Shared("send", 1), Shared("receive", 0), Shared("value", 0)

    def producer():
        for i in range(n):
            yield m.acquire()
            if (yield send.read()):
                yield item.write(i)
                yield send.write(0)
                yield receive.write(1)
            yield m.release()

    def consumer():
        for _ in range(n):
            yield m.acquire()
            if (yield receive.read()):
                yield item.read()
                yield receive.write(0)
                yield send.write(1)
            yield m.release()

    return threads(producer, consumer)


@program
def dekker(rounds):
    flag, turn, c = variables("f", 3), Shared("turn", 0), Shared("c", 0)

    def my_turn_comes(mine):
        for _ in range(rounds):
            if (yield turn.read()) == mine:
                return True
        return False

    def may_enter(me, other, mine):
        for _ in range(rounds):
            if not (yield flag[other].read()):
                return True
            if (yield turn.read()) != mine:
                yield flag[me].write(0)
                if not (yield from my_turn_comes(mine)):
                    return False
                yield flag[me].write(1)
        return False

    def side(me, other, mine):
        def thread():
            for _ in range(rounds):
                yield flag[me].write(1)
                if not (yield from may_enter(me, other, mine)):
                    return
                yield c.write(me)
                assert (yield c.read()) == me
                yield turn.write(1 - mine)
                yield flag[me].write(0)

        return thread

    return threads(side(1, 2, 0), side(2, 1, 1))


@program
def peterson(rounds):
    flag, turn, c = variables("f", 2), Shared("turn", 0), Shared("c", 0)

    def may_enter(me):
        for _ in range(rounds):
            wanted = yield flag[1 - me].read()
            whose = yield turn.read()
            if wanted != 1 or whose != 1 - me:
                return True
        return False

    def side(me):
        def thread():
            for _ in range(rounds):
                yield flag[me].write(1)
                yield turn.write(1 - me)
                if not (yield from may_enter(me)):
                    return
                yield c.write(me + 1)
                assert (yield c.read()) == me + 1
                yield flag[me].write(0)

        return thread

    return threads(side(0), side(1))


@program
def lamport(rounds):
    b, x, y, c = variables("b", 3), Shared("x", 0), Shared("y", 0), Shared("c", 0)

    def polls(variable, predicate):
        for _ in range(rounds):
            if predicate((yield variable.read())):
                return True
        return False

    def enter(me, other):
        for _ in range(rounds):
            yield b[me].write(1)
            yield x.write(me)
            if (yield y.read()) != 0:
                yield b[me].write(0)
                if (yield from polls(y, lambda value: value == 0)):
                    continue
                return False
            yield y.write(me)
            if (yield x.read()) != me:
                yield b[me].write(0)
                if not (yield from polls(b[other], lambda value: value < 1)):
                    return False
                if (yield y.read()) != me:
                    if (yield from polls(y, lambda value: value == 0)):
                        continue
                    return False
            return True
        return False

    def side(me, other):
        def thread():
            for _ in range(rounds):
                if not (yield from enter(me, other)):
                    return
                yield c.write(me)
                assert (yield c.read()) == me
                yield y.write(0)
                yield b[me].write(0)

        return thread

    return threads(side(1, 2), side(2, 1))


def _philosopher(first, second, rounds):
    def thread():
        for _ in range(rounds):
            yield first.acquire()
            yield second.acquire()
            yield second.release()
            yield first.release()

    return thread


@program
def philosophers(n, rounds=1):
    forks = [Lock(f"fork{i}") for i in range(n)]
    return threads(*[_philosopher(forks[i], forks[(i + 1) % n], rounds) for i in range(n)])


@program
def philosophers_ordered(n, rounds=1):
    forks = [Lock(f"fork{i}") for i in range(n)]
    pairs = [sorted((i, (i + 1) % n)) for i in range(n)]
    return threads(*[_philosopher(forks[low], forks[high], rounds) for low, high in pairs])


@program
def ab_ba():
    a, b = Lock("a"), Lock("b")
    return threads(_philosopher(a, b, 1), _philosopher(b, a, 1))


@program
def indexer(n):
    table = [Atomic(f"table{place}", 0) for place in range(128)]

    def worker(tid):
        def thread():
            for m in range(1, 5):
                key = m * 11 + tid
                place = key * 7 % 128
                while not (yield table[place].compare_exchange(0, key)):
                    place = (place + 1) % 128

        return thread

    return threads(*(worker(tid) for tid in range(n)))


@program
def ainc(n):
    return threads(*[straight(Atomic("x", 0).add(1))] * n)


@program
def binc(n):
    return threads(*[straight(Atomic("x", 0).add(1), Atomic("y", 0).add(1))] * n)


@program
def casrot(n):
    x = Atomic("x", 0)
    return threads(*(straight(x.compare_exchange(i - 1, i)) for i in range(1, n + 1)))


@program
def casw(n):
    x = Atomic("x", 0)
    return threads(*(straight(x.compare_exchange(0, 1), x.write(i + 3)) for i in range(n)))
