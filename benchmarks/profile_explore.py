"""Where the time of `explore` goes, and what a compiled kernel would buy: ``python benchmarks/profile_explore.py``.

An exploration has four parts: *learning* the tables from generators and objects; *looking up* the successors of every
state; *counting*, which is dictionaries of packed states and their weights; and *answering*: outcomes, confirmation on the
live scheduler, spot checks. A compiled kernel would replace looking up and counting, since both handle nothing but integers.
"""

import platform
import time

from programs import cyclic_philosophers, increments, philosophers

from simulator.exploration import statespace
from simulator.exploration.budget import Watch
from simulator.exploration.counting import count
from simulator.exploration.symmetry import Folding
from simulator.machine import Machine

KERNEL = 20_000_000
"""Transitions a second of a compiled kernel on the same tables; a trial one of a hundred lines walked 7 to 46 million."""
RUNS = 3


def seconds(work):
    """CPU seconds of one run, and its answer."""
    started = time.process_time()
    answer = work()
    return time.process_time() - started, answer


def walk(machine, folded):
    """Walk over all states of a machine, and count."""
    with Watch(None, None, False) as watch:
        return count(machine, Folding(machine, wanted=folded), watch)


def parts(program, folded):
    """Seconds of the four parts, and the number of transitions. A machine that is walked again has nothing to learn."""
    whole, result = seconds(lambda: statespace.explore(program, symmetry=folded))
    machine = Machine(program)
    first, _ = seconds(lambda: walk(machine, folded))
    again, walked = seconds(lambda: walk(machine, folded))
    states = list(walked.first_from)
    looking, _ = seconds(lambda: [machine.successors(state) for state in states])
    machine.close()
    return [max(0.0, first - again), looking, max(0.0, again - looking), max(0.0, whole - first)], result.transitions


def main():
    print(f"CPython {platform.python_version()}, {platform.machine()}. CPU seconds.\n")
    print("| program | transitions | learning | looking up | counting | answering | with a kernel |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, program, folded in (
        ("3 threads x 4 increments, unfolded", increments(3, 4), False),
        ("3 threads x 6 increments, unfolded", increments(3, 6), False),
        ("10 threads x 1 increment, folded", increments(10, 1), True),
        ("6 philosophers, 2 meals", philosophers(6, 2), True),
        ("10 philosophers for ever", cyclic_philosophers(10), True),
    ):
        took, transitions = min((parts(program, folded) for _ in range(RUNS)), key=lambda measured: sum(measured[0]))
        kernel = took[0] + transitions / KERNEL + took[3]
        shown = " | ".join(f"{one:.2f}" for one in took)
        print(f"| {name} | {transitions:,} | {shown} | {sum(took) / kernel:.1f} x |")
    print(f"\nThe last column: how much faster the whole would be with a kernel of {KERNEL:,} transitions a second.")


if __name__ == "__main__":
    main()
