"""``with`` releases: the lock is given back on every way out, also when the thread fails.

The handler of the last example with one change: ``with lock:`` instead of ``acquire`` and ``release`` by hand. Whether the
block ends normally, by ``return``, or by an exception, the release happens. It is a step of its own: between the last
line of the block and the release others may still take steps, and find the lock taken.
"""

from functools import partial

from simulator import Lock, Program, explore, sleep
from simulator.render import timeline

lock = Lock("lock")


# with lock: is written `with (yield lock.acquire()):` here, for to acquire is a step.
def fixed_lock_handler(seconds=10):
    with (yield lock.acquire()):
        if seconds:
            yield sleep(seconds)


# The same in long: what `with` stands for.
def handler_in_long(seconds=10):
    yield lock.acquire()
    try:
        if seconds:
            yield sleep(seconds)
    finally:
        yield lock.release()


def main():
    with (yield lock.acquire()):
        pass


program = Program(handler=partial(fixed_lock_handler, "x"), main=main)
in_long = Program(handler=partial(handler_in_long, "x"), main=main)
healthy = Program(handler=fixed_lock_handler, main=main)


def postcondition(final):
    return final[lock] is False  # what lock.locked() would answer when everybody is done


if __name__ == "__main__":
    # The handler still fails. `with` does not make the mistake good; it keeps the mistake of one thread from becoming a
    # deadlock of all. Step 2 is the release on the way out, after the exception and before the thread is gone. The line of
    # a release is the line of its `with`.
    result = explore(program)
    print(result.headline())
    print()
    print(timeline(result.outcomes[0].example, locations=True))

    # Three programs, every interleaving of each: nobody waits for ever, and the lock is free at the end.
    print("\nhandler                        interleavings  deadlocks  lock.locked() at the end")
    for name, each in {"with, fails": program, "try and finally, fails": in_long, "with, does not fail": healthy}.items():
        explored = explore(each)
        locked = {summary.final[lock] for summary in explored.outcomes}
        print(f"{name:29}  {explored.interleavings:13}  {len(explored.deadlocks):9}  {' or '.join(map(str, locked))}")

        assert (explored.claim, explored.interleavings) == ("complete", 2)
        assert not explored.deadlocks
        assert locked == {False}

    # Rule: acquire a lock with `with`, always; or be ready to explain why not.
    assert len(result.outcomes) == 1
    assert list(result.outcomes[0].outcome.failures) == ["handler"]
