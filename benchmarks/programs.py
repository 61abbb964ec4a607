"""The programs that are measured."""

from simulator import Lock, Program, Shared

counter = Shared("counter", 0)


def increments(threads, iterations):
    """Threads that each add one to a counter several times."""

    def body():
        for _ in range(iterations):
            value = yield counter.read()
            yield counter.write(value + 1)

    return Program.copies(body, threads)


def philosophers(number, meals):
    """Dining philosophers who take the left fork first."""
    forks = [Lock(f"fork{place}") for place in range(number)]

    def philosopher(place):
        def body():
            for _ in range(meals):
                with (yield forks[place].acquire()), (yield forks[(place + 1) % number].acquire()):
                    pass

        return body

    return Program(**{f"P{place}": philosopher(place) for place in range(number)})


def cyclic_philosophers(number):
    """Philosophers who eat again and again, and may deadlock: a state space with cycles."""
    forks = [Lock(f"fork{place}") for place in range(number)]

    def philosopher(place):
        def body():
            while True:
                with (yield forks[place].acquire()), (yield forks[(place + 1) % number].acquire()):
                    pass

        return body

    return Program(**{f"P{place}": philosopher(place) for place in range(number)})
