"""The bank transfer: money is lost, or the bank stands still, or an auditor counts what is nowhere.

Moving money is two updates: take it from one account, put it into the other. Without locks, updates are lost, and money is
made or destroyed. With a lock for each account, two transfers in opposite directions wait for each other for ever. With the
locks in one order for all, nothing is lost and nobody waits for ever. And who only *reads* needs the locks as well: between
the two updates the money is in neither account.
"""

# ruff: noqa: SIM117 (one line for each lock, so that a message can name the line)

from functools import partial

from simulator import Lock, Program, Shared, explore
from simulator.analysis import explain_deadlock
from simulator.render import timeline

NAMES = ("x", "y")
accounts = {name: Shared(name, 100) for name in NAMES}
locks = {name: Lock(f"{name}_lock") for name in NAMES}


def move(source, target, amount):
    balance = yield accounts[source].read()
    yield accounts[source].write(balance - amount)
    balance = yield accounts[target].read()
    yield accounts[target].write(balance + amount)


def locked_move(source, target, amount):
    with (yield locks[source].acquire()):
        with (yield locks[target].acquire()):
            yield from move(source, target, amount)


def ordered_move(source, target, amount):
    first, second = sorted((source, target))
    with (yield locks[first].acquire()):
        with (yield locks[second].acquire()):
            yield from move(source, target, amount)


def audit():
    total = 0
    for name in NAMES:
        total += yield accounts[name].read()
    return total


def locked_audit():
    with (yield locks["x"].acquire()):
        with (yield locks["y"].acquire()):
            return (yield from audit())


def bank(transfer):
    return Program(A=partial(transfer, "x", "y", 10), B=partial(transfer, "y", "x", 20))


program = bank(ordered_move)
broken = bank(move)
deadlocking = bank(locked_move)
audited = Program(A=partial(ordered_move, "x", "y", 10), auditor=locked_audit)
hasty_audit = Program(A=partial(ordered_move, "x", "y", 10), auditor=audit)


def postcondition(final):
    return final[accounts["x"]] == 110 and final[accounts["y"]] == 90


if __name__ == "__main__":
    # A moves 10 from x to y, B moves 20 from y to x. There were 200; how many are there in the end?
    lost = explore(broken)
    print("No locks:\n")
    print(lost)
    totals = {}
    for row in lost.outcomes:
        total = sum(row.final[account] for account in accounts.values())
        totals[total] = totals.get(total, 0) + row.interleavings
    print()
    for total in sorted(totals):
        print(f"{total} in the bank: {totals[total]:2} interleavings")

    # A lock for each account, first one's own. If both have the first, neither gets the second.
    stuck = explore(deadlocking)
    print("\nA lock for each account:\n")
    print(stuck)
    print()
    print(explain_deadlock(stuck.deadlocks[0].example))

    # The smaller name first, whichever way the money goes.
    result = explore(program)
    print("\nLocks in one order:\n")
    print(result)

    # An auditor who does not lock comes between taking and putting, and misses 10. Or it counts x before and y
    # after, and finds 10 too many.
    hasty, careful = explore(hasty_audit), explore(audited)
    print("\nAn auditor without locks:\n")
    print(hasty)
    print()
    print(timeline(hasty.example(lambda outcome: outcome.returned["auditor"] != 200)))
    print("\nAn auditor with locks:\n")
    print(careful)

    assert (lost.claim, lost.interleavings, totals) == ("complete", 70, {180: 4, 190: 4, 200: 38, 210: 12, 220: 12})
    assert (stuck.interleavings, sum(row.interleavings for row in stuck.deadlocks)) == (6, 2)
    assert (result.interleavings, len(result.outcomes), result.deadlocks) == (2, 1, ())
    assert all(postcondition(row.final) for row in result.outcomes)
    assert {row.outcome.returned["auditor"]: row.interleavings for row in hasty.outcomes} == {200: 30, 210: 12, 190: 3}
    assert [row.outcome.returned["auditor"] for row in careful.outcomes] == [200]
