"""Your own primitive in ten lines: a bounded stack, and everything works for it at once.

A primitive is a class with one pure function. Say in which state every run starts, make operations with `ask`, and write
`transition`: from a state and an operation to the next state and the answer, or to BLOCKED if it cannot be done now.

Exploring, replaying, counting, explaining and drawing need nothing more. For real threads say what stands in for it there.
"""

import threading

from simulator import BLOCKED, Program, SharedObject, explore, replay
from simulator.real_threads import replay_on_threads
from simulator.render import timeline


class Stack(SharedObject):
    mentions_threads = False  # no state says which thread did what, so that equal threads can be counted by symmetry

    def __init__(self, name, room):
        super().__init__(name, initial=())  # a state must be a value that cannot be changed: a tuple, not a list
        self.room = room

    def push(self, item):
        return self.ask("push", item)

    def pop(self):
        return self.ask("pop")

    def transition(self, items, operation, thread):
        if operation.method == "push":
            return BLOCKED if len(items) == self.room else ((*items, *operation.arguments), None)
        return (items[:-1], items[-1]) if items else BLOCKED

    # Only for real threads: the thing itself, how to do an operation on it, and what it holds in the end.

    def twin(self):
        return RealStack(self.room)

    def attempt(self, twin, operation, patience):
        return twin.push(*operation.arguments, patience) if operation.method == "push" else twin.pop(patience)

    def twin_value(self, twin):
        return tuple(twin.items)


class RealStack:
    """The same as one writes it with `threading`. What cannot be done within `patience` seconds answers BLOCKED."""

    def __init__(self, room):
        self.items, self.room, self.changed = [], room, threading.Condition()

    def push(self, item, patience):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.items) < self.room, patience):
                return BLOCKED
            self.items.append(item)
            self.changed.notify_all()
            return None

    def pop(self, patience):
        with self.changed:
            if not self.changed.wait_for(lambda: self.items, patience):
                return BLOCKED
            self.changed.notify_all()
            return self.items.pop()


stack = Stack("stack", room=1)


def cook():
    yield stack.push("soup")
    yield stack.push("fish")


def guest():
    return (yield stack.pop())


program = Program(cook=cook, guest=guest, friend=guest)

if __name__ == "__main__":
    # `guest` and `friend` run the same function, so the two outcomes are counted from one.
    result = explore(program)
    print(result)

    first = result.outcomes[0].example
    print()
    print(timeline(first))

    # Without guests there is room for the soup only once, and nobody to make room for the fish.
    lonely = explore(Program(cook=cook))
    print(f"\nwithout guests: {lonely.outcomes[0].outcome}, {lonely.outcomes[0].example.waiting}")

    real = replay_on_threads(program, first.schedule)
    print(f"the same on real threads: {real == replay(program, first.schedule)}")

    assert result.claim == "complete"
    assert result.interleavings == 2
    assert {tuple(summary.outcome.returned.values()) for summary in result.outcomes} == {
        (None, "soup", "fish"),
        (None, "fish", "soup"),
    }
    assert lonely.deadlocks
    assert real.trace == first.trace
