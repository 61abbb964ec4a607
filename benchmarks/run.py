"""Measure everything that a user waits for: ``python benchmarks/run.py``.

Seconds are CPU seconds of this process (of the child, for whole commands), the best of several runs. Since machines differ
and are noisy, each speed is also given as a ratio to a yardstick that runs beside it: a loop that counts in a dictionary.
"""

import platform
import resource
import subprocess
import sys
import time
import tracemalloc
from importlib.metadata import version
from pathlib import Path

from programs import counter, increments, philosophers

from simulator import explore, find, interleavings
from simulator.real_threads import replay_on_threads

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3


def seconds(work, clock=time.process_time):
    """The best of several runs, and what the last one answered."""
    best = float("inf")
    for _ in range(RUNS):
        started = clock()
        answer = work()
        best = min(best, clock() - started)
    return best, answer


def yardstick():
    """A million additions in a dictionary: what plain Python can do at all."""
    counts = {}
    for number in range(1_000_000):
        key = number & 0xFFFF
        counts[key] = counts.get(key, 0) + 1


def child(*arguments):
    """CPU seconds of a whole command, from the start of its process."""
    best = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def memory_per_state():
    """Bytes that an exploration of 220,329 states has allocated at its peak, per state."""
    program = philosophers(6, 2)
    tracemalloc.start()
    result = explore(program)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / result.states


def exploring(name, program, unit, **how):
    """One row: transitions a second in `explore`, everything included but the examples."""
    took, result = seconds(lambda: explore(program, **how))
    facts = f"{result.states:,} states, {result.transitions:,} transitions"
    return name, facts, took, f"{result.transitions / took:,.0f} transitions/s", f"{result.transitions / took / unit:.2f}"


def enumerating(name, program, unit, traced):
    """One row: interleavings a second."""

    def work():
        number = 0
        for execution in interleavings(program):
            number += 1
            if traced:
                assert execution.trace
        return number

    took, number = seconds(work)
    return name, f"{number:,} interleavings", took, f"{number / took:,.0f} interleavings/s", f"{number / took / unit:.3f}"


def main():
    took, _ = seconds(yardstick)
    unit = 1_000_000 / took
    rows = [
        ("yardstick", "dictionary additions", took, f"{unit:,.0f} additions/s", "1"),
        exploring("3 threads x 4 increments, unfolded", increments(3, 4), unit, symmetry=False),
        exploring("6 philosophers, 2 meals", philosophers(6, 2), unit),
        exploring("10 threads x 1 increment, folded", increments(10, 1), unit),
        enumerating("interleavings of 3 x 2, no traces", increments(3, 2), unit, traced=False),
        enumerating("interleavings of 3 x 2, with traces", increments(3, 2), unit, traced=True),
    ]
    took, _ = seconds(lambda: str(explore(increments(10, 1))))
    rows.append(("10 threads x 1 increment, printed", "2,375,880,867,360,000 interleavings", took, "", ""))
    took, _ = seconds(lambda: find(philosophers(5, 1), lambda outcome: outcome.status == "deadlock"))
    rows.append(("first deadlock of 5 philosophers", "", took, f"{took * 1000:.1f} ms", ""))
    took, _ = seconds(lambda: find(increments(10, 1), lambda outcome: outcome.final[counter] == 0))
    rows.append(("proof that 10 threads never end at 0", "", took, "", ""))
    racy = increments(2, 1)
    took, _ = seconds(lambda: [replay_on_threads(racy, "ABAB") for _ in range(500)], clock=time.perf_counter)
    rows.append(("paced runs on 2 real threads (wall)", "500 runs", took, f"{500 / took:,.0f} runs/s", ""))
    nothing = child("-c", "pass")
    for name, arguments in (
        ("python -c pass", ("-c", "pass")),
        ("import simulator", ("-c", "import simulator")),
        ("simulator explore examples/01…", ("-m", "simulator", "explore", "examples/01_lost_update.py")),
    ):
        took = child(*arguments)
        rows.append((name, "from process start", took, f"{took / nothing:.1f} x an empty Python", ""))
    rows.append(("memory", "6 philosophers, 2 meals", 0.0, f"{memory_per_state():,.0f} bytes a state", ""))
    print(f"CPython {platform.python_version()}, simulator {version('thread-interleaving-simulator')}, {platform.machine()}")
    print(f"{'what':38} {'how much':38} {'seconds':>8}  {'speed':>30}  per yardstick")
    for what, facts, took, speed, ratio in rows:
        print(f"{what:38} {facts:38} {took:8.3f}  {speed:>30}  {ratio}")


if __name__ == "__main__":
    main()
