"""For ever: livelock, starvation, mere spinning, and lines that nobody ever comes to.

A deadlock is easy to see: nothing moves. It is harder where everything moves and nothing comes of it. No test can wait for
"never". But a program with finitely many states that goes on for ever must come back to a state where it has been, and then
it can go round there again and again. So `forever` looks for rounds, and shows each as a schedule to get there and a round
to repeat.

Whether a round matters depends on the scheduler. One that never lets B step can make every program look bad. So each round
is shown together with the fairness that a scheduler can keep while it walks it for ever:

* *weakly fair*: who could step all the time, from some time on, steps again and again;
* *strongly fair*: who could step again and again, steps again and again;
* neither: the round is the scheduler's fault.
"""

from functools import partial

from simulator import Atomic, Event, Lock, Program, ReadWriteLock, Shared, forever, replay

# --- polite philosophers: take one fork, try the other, and if it is not there, put down the first one ---

left, right = Lock("left"), Lock("right")


def polite(first, second):
    while True:
        yield first.acquire()
        if (yield second.acquire(blocking=False)):
            break
        yield first.release()
    yield second.release()
    yield first.release()


program = Program(A=partial(polite, left, right), B=partial(polite, right, left))
ordered = Program.copies(partial(polite, left, right), 2)

# --- a spin lock, and a lock that blocks ---

taken = Atomic("taken", False)
lock = Lock("lock")


def spin(times):
    while times != 0:
        while (yield taken.exchange(True)):
            pass
        yield taken.write(False)
        times -= 1


def spin_again_and_again():
    while True:
        while (yield taken.exchange(True)):
            pass
        yield taken.write(False)


def lock_again_and_again():
    while True:
        with (yield lock.acquire()):
            pass


# --- readers who come and go, and a writer who wants in once ---

page = Shared("page", "")


def reader(room):
    while True:
        with (yield room.acquire_read()):
            yield page.read()


def writer(room):
    with (yield from room.acquire_write()):
        yield page.write("news")


def visitors(preferred):
    room = ReadWriteLock("room", preferred)
    return Program(R=partial(reader, room), S=partial(reader, room), W=partial(writer, room))


# --- Peterson's algorithm: see the catalogue ---

flags = (Shared("flag0", False), Shared("flag1", False))
turn = Shared("turn", 0)


def peterson(me):
    while True:
        yield flags[me].write(True)
        yield turn.write(1 - me)
        while (yield flags[1 - me].read()) and (yield turn.read()) == 1 - me:
            pass
        yield flags[me].write(False)  # so it was inside


# --- an alarm that cannot go off, or can it? ---

counter = Shared("counter", 0)
alarm = Event("alarm")


def with_a_lock():
    with (yield lock.acquire()):
        value = yield counter.read()
        yield counter.write(value + 1)
        if (yield counter.read()) != value + 1:
            yield alarm.set()


def without_a_lock():
    value = yield counter.read()
    yield counter.write(value + 1)
    if (yield counter.read()) != value + 1:
        yield alarm.set()


ALLOWS = {"strong": "strongly fair", "weak": "weakly fair", "none": "unfair"}


def row(name, answer):
    """One line of the table."""
    endless = "(it always ends)" if answer.endless is None else ALLOWS[answer.endless.fairness]
    starving = ", ".join(f"{lasso.starving}: {ALLOWS[lasso.fairness]}" for lasso in answer.starving)
    return f"{name:27}  {endless:21}  {starving or '(nobody does)'}"


if __name__ == "__main__":
    # Both take the fork on their left, both find the other one taken, both put theirs down: a *livelock*. Nobody can blame
    # the scheduler: it has let everybody step in every round. Replay it as often as you like.
    answer = forever(program)
    round_after_round = answer.livelock.schedule(rounds=3)
    print(f"Polite philosophers:\n\n{answer}\n\nthree rounds: {round_after_round}\n")

    # The cure is the one for deadlocks: both take the forks in the same order. Then who has the first one is never refused
    # the second one, and the line that puts a fork down is never reached.
    cured = forever(ordered)
    print(f"Both forks in the same order:\n\n{cured}\n")

    # More rounds. A spin lock can spin for ever only if the scheduler lets a thread spin that waits for another one, and
    # never lets that other one step. But if both want the lock again and again, one of them may find it taken each time it
    # looks, although it looks in every round: it starves, and no fairness helps.
    #
    # With `Lock` it starves only under a weakly fair scheduler: it is blocked at some moment of every round, and so never
    # enabled all the time. A strongly fair one has to let it in some time, since it could get in again and again.
    #
    # Readers who come and go: if one always enters before the other one leaves, the room is never free, and the writer can
    # never step at all. Such a lock needs another rule, not another scheduler: readers wait while a writer waits.
    #
    # And Peterson's algorithm: two threads, nothing but reads and writes, and nobody starves, even if the scheduler is only
    # weakly fair. That the last five can go on for ever is no mistake: they were made so.
    answers = {
        "polite philosophers": answer,
        "…, forks in the same order": cured,
        "spin lock, once each": forever(Program.copies(partial(spin, 1), 2)),
        "spin lock, again and again": forever(Program.copies(spin_again_and_again, 2)),
        "Lock, again and again": forever(Program.copies(lock_again_and_again, 2)),
        "readers are preferred": forever(visitors("readers")),
        "writers are preferred": forever(visitors("writers")),
        "Peterson's algorithm": forever(Program(A=partial(peterson, 0), B=partial(peterson, 1))),
    }
    print(f"{'':27}  the fairest scheduler with which")
    print(f"{'program':27}  {'it can go on for ever':21}  somebody starves")
    print("\n".join(row(name, answer) for name, answer in answers.items()))
    [waiting] = answers["readers are preferred"].starving
    print(f"\n{waiting}")

    # Lines. The alarm goes off if the counter is not what was just written. With a lock no interleaving comes to that line,
    # which is proved; a test that never came there proves nothing. Without the lock some interleaving does.
    never = {True: forever(Program.copies(with_a_lock, 2)), False: forever(Program.copies(without_a_lock, 2))}
    print("\nThe alarm:")
    for locked, told in never.items():
        verdict = f"never goes off: nobody comes to {told.unreached[0]}" if told.unreached else "may go off"
        print(f"{'with a lock' if locked else 'without':11}  {verdict}")

    assert (answer.livelock.fairness, str(answer.livelock.cycle), answer.deadlocks) == ("strong", "ABABAB", ())
    assert replay(program, round_after_round).outcome.status == "unfinished"
    assert (cured.endless, cured.deadlocks, len(cured.unreached)) == (None, (), 1)
    starving = {name: [(lasso.starving, lasso.fairness) for lasso in one.starving] for name, one in answers.items()}
    assert starving["spin lock, once each"] == []
    assert answers["spin lock, once each"].endless.fairness == "none"
    assert starving["spin lock, again and again"] == [("A", "strong"), ("B", "strong")]
    assert starving["Lock, again and again"] == [("A", "weak"), ("B", "weak")]
    assert starving["readers are preferred"] == [("W", "strong")]
    assert starving["writers are preferred"] == starving["Peterson's algorithm"] == []
    assert len(never[True].unreached) == 1
    assert never[False].unreached == ()
    assert all(one.claim == "complete" for one in (*answers.values(), *never.values()))
    assert [one.states for one in answers.values()] == [28, 16, 8, 3, 3, 20, 29, 32]
