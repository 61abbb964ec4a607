"""Check, then act: ``if key not in d: d[key] = …`` is two steps, and the world can change between them.

In CPython each single operation on a dictionary is atomic: ``key in d`` is, ``d[key] = value`` is, and threads can share
one without breaking it. But two atomic steps are not one atomic step. Both threads find that the key is missing, both
store, and the later one wins. If the value is a fresh counter, a list, a lock, then one thread goes on with one that nobody
else has.

The cure is one operation that does both, ``d.setdefault(key, value)``, and to go on with what it answers; or a lock.
"""

from simulator import Lock, Program, SharedObject, crosscheck, explore
from simulator.render import timeline


# A dictionary, as threads see it: each operation is one step. This is all it takes to write an object of your own: a state
# that cannot be changed in place, and what each operation does to it.
class Dictionary(SharedObject):
    mentions_threads = False

    def __init__(self, name):
        super().__init__(name, ())

    def contains(self, key):
        return self.ask("contains", key)

    def get_item(self, key):
        return self.ask("get_item", key)

    def set_item(self, key, value):
        return self.ask("set_item", key, value)

    def setdefault(self, key, value):
        return self.ask("setdefault", key, value)

    def transition(self, state, operation, thread):
        items = dict(state)
        key, *value = operation.arguments
        match operation.method:
            case "contains":
                return state, key in items
            case "get_item":
                return state, items[key]
            case "set_item":
                return tuple(sorted({**items, key: value[0]}.items())), None
            case "setdefault":
                answer = items.setdefault(key, value[0])
                return tuple(sorted(items.items())), answer

    def reads_only(self, operation, answer):
        return operation.method in ("contains", "get_item")

    # And this is all it takes to use it among real threads, with a real dictionary.
    def twin(self):
        return {}

    def attempt(self, twin, operation, patience):
        key, *value = operation.arguments
        match operation.method:
            case "contains":
                return key in twin
            case "get_item":
                return twin[key]
            case "setdefault":
                return twin.setdefault(key, value[0])
            case "set_item":
                twin[key] = value[0]
        return None

    def twin_value(self, twin):
        return tuple(sorted(twin.items()))


cache = Dictionary("cache")
lock = Lock("lock")


# Each thread answers what it goes on with: its own value, or the other one's.
def check_then_act(mine):
    def thread():
        if not (yield cache.contains("key")):
            yield cache.set_item("key", mine)
            return mine
        return (yield cache.get_item("key"))

    return thread


def with_lock(mine):
    def thread():
        with (yield lock.acquire()):
            return (yield from check_then_act(mine)())

    return thread


def in_one_step(mine):
    def thread():
        return (yield cache.setdefault("key", mine))

    return thread


# Here the mistake is subtler: one step, but then it goes on with its own, whatever the answer.
def answer_ignored(mine):
    def thread():
        yield cache.setdefault("key", mine)
        return mine

    return thread


def two(make):
    return Program(A=make("a's"), B=make("b's"))


program = two(in_one_step)
locked = two(with_lock)
broken = two(check_then_act)
broken_too = two(answer_ignored)


def agree(outcome):
    """Whether both threads go on with what is in the dictionary."""
    return set(outcome.returned.values()) == {dict(outcome.final[cache])["key"]}


if __name__ == "__main__":
    wrong = explore(broken)
    print("check, then act:\n")
    print(wrong)
    print()
    print(timeline(wrong.example(lambda outcome: not agree(outcome))))

    print(f"\n{'':17}  interleavings  disagree")
    table = {}
    for name, variant in {
        "check, then act": broken,
        "answer ignored": broken_too,
        "with a lock": locked,
        "setdefault": program,
    }.items():
        result = explore(variant)
        bad = sum(row.interleavings for row in result.outcomes if not agree(row.outcome))
        print(f"{name:17}  {result.interleavings:13}  {bad:8}")
        table[name] = (result.interleavings, bad)
        assert result.claim == "complete"

    # The same on real threads, with a real dictionary: each of the six can be forced, and ends as it should.
    checked = crosscheck(broken, runs=20)
    print(f"\nforced on real threads: {checked.forced} of {checked.interleavings} interleavings")

    assert checked.exhaustive
    assert table == {
        "check, then act": (6, 4),
        "answer ignored": (2, 2),
        "with a lock": (2, 0),
        "setdefault": (2, 0),
    }
