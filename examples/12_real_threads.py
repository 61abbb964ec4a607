"""Real threads: the simulator says what can happen; does CPython agree?

So far one program pretended to be many threads. Here the same thread functions run on real ones (``threading.Thread``), with
a real ``threading.Lock`` and real shared variables, in two ways. *Forced*: each thread waits for its turn, and turns are
given as a schedule says; every step must answer what the simulator says it answers. *Free*: nobody is in control, as in
your own programs; every outcome must be one that was predicted.
"""

from functools import partial

from simulator import Lock, Program, Shared, crosscheck, explore, interleavings, replay
from simulator.real_threads import replay_on_threads, sample_on_threads

counter = Shared("counter", 0)
lock, other = Lock("lock"), Lock("other")


def increment(times=1):
    for _ in range(times):
        value = yield counter.read()
        yield counter.write(value + 1)


def safe_increment():
    with (yield lock.acquire()):
        yield from increment()


def both(first, second):
    with (yield first.acquire()), (yield second.acquire()):
        pass


program = Program(A=increment, B=increment)
fixed = Program(A=safe_increment, B=safe_increment)
opposite = Program(A=partial(both, lock, other), B=partial(both, other, lock))
notebook = Program.copies(partial(increment, 1000), 10)

if __name__ == "__main__":
    # crosscheck does both, forced and free, and raises an error at the first difference. What free threads show is another
    # number on every run, so this text tells only what is the same on all of them.
    print("program         interleavings  forced on real threads  outcomes predicted  other outcomes seen")
    for name, each in {"racy counter": program, "with a lock": fixed, "two locks": opposite}.items():
        checked = crosscheck(each, runs=50)
        others = set(checked.free) - set(checked.predicted)
        print(f"{name:14}  {checked.interleavings:13}  {checked.forced:22}  {len(checked.predicted):18}  {len(others):19}")

        assert checked.exhaustive
        assert checked.forced == explore(each).interleavings
        assert not others

    # Forcing makes the rare thing happen at will: a lost update on the first try, and a deadlock of two real threads that
    # hold real locks. (The deadlock is noticed and ended; otherwise this program would never come back.)
    print("\nracy counter    in the simulator  on real threads")
    for execution in interleavings(program):
        real = replay_on_threads(program, execution.schedule)
        print(f"{execution.schedule!s:14}  {execution.final[counter]:16}  {real.final[counter]:15}")

        assert real.trace == execution.trace
        assert real.outcome == execution.outcome

    deadlocked = replay_on_threads(opposite, "AB")
    print(f"\ntwo locks, schedule AB, on real threads: {deadlocked.outcome}")

    # The notebook at full size: ten real threads, a thousand additions each, and the schedule of the last example.
    schedule = "A B*1998 C*2000 D*2000 E*2000 F*2000 G*2000 H*2000 I*2000 J*2000 A*2 B A*1997 B"
    simulated, forced = replay(notebook, schedule), replay_on_threads(notebook, schedule)
    print("\nten threads, a thousand additions each")
    print(f"  in the simulator:        COUNTER == {simulated.final[counter]}")
    print(f"  forced on real threads:  COUNTER == {forced.final[counter]}")
    print(f"  all {len(forced.trace):,} steps the same: {forced.trace == simulated.trace}")

    # And free. Anything from 2 to 10,000 is possible. It is another number every time; try it, and print it.
    [ended] = sample_on_threads(notebook, runs=1, seconds=60)
    print(f"  running free:            2 <= COUNTER <= 10,000: {2 <= ended.final[counter] <= 10_000}")

    # What was seen can happen. What was not seen may still happen, tomorrow or on another machine. Which places CPython
    # uses to switch from one thread to another differs between its versions: your own `COUNTER += 1` may well come out
    # right all day on one, and not on the next. That is luck, not a promise. Only the lock is a promise.
    assert deadlocked.outcome.status == "deadlock"
    assert forced.trace == simulated.trace
    assert forced.final[counter] == simulated.final[counter] == 2
    assert 2 <= ended.final[counter] <= 10_000
