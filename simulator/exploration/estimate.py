"""How many interleavings there may be, before anything is explored: an estimate from random probes.

D. E. Knuth, "Estimating the efficiency of backtrack programs", Mathematics of Computation 29(129), 1975, section 3: walk
down the tree of all interleavings, choosing one of the possible steps at random each time, and multiply how many there were.
The mean of these products is the number of interleavings, in expectation.

Deviation from the paper: a probe that is longer than a limit is cut and counts nothing, since the tree may have no end.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from math import isqrt
from typing import Any

from simulator.errors import Interrupted
from simulator.exploration.budget import positive
from simulator.learned import THREAD_STEPS
from simulator.machine import Machine
from simulator.program import Program
from simulator.words import count

LONGEST = 10_000
"""After how many steps a probe is cut."""
FEW = 30
"""Fewer probes than this tell nothing about how far they may be off."""


@dataclass(frozen=True)
class Estimate:
    """What random probes say about the number of interleavings. ``print`` it for a sentence.

    ``interleavings`` is the mean of what the probes say, rounded; ``standard_error`` that of this mean, rounded up, as far
    as the probes can tell; None if there were too few. ``longest`` and ``shortest`` are numbers of steps among the probes
    that came to an end; ``cut`` is how many did not, within ``longest_allowed`` steps.
    """

    interleavings: int
    standard_error: int | None
    probes: int
    longest: int
    shortest: int
    cut: int = 0
    longest_allowed: int = LONGEST

    def __str__(self) -> str:
        if self.cut == self.probes:
            return f"no estimate: of {self.probes:,} random probes none came to an end within {self.longest_allowed:,} steps"
        error = "" if self.standard_error is None else f" ± {short(self.standard_error)}"
        length = f"{self.shortest:,}" if self.shortest == self.longest else f"{self.shortest:,} to {self.longest:,}"
        probes = f"{count(self.probes, 'random probe')}"
        lines = [f"about {short(self.interleavings)}{error} interleavings, of {length} steps ({probes})"]
        if self.cut:
            lines.append(
                f"{self.cut:,} probes did not come to an end within {self.longest_allowed:,} steps and count nothing: "
                "the estimate is of shorter interleavings only"
            )
        return "\n".join([*lines, f"an estimate, no bound: {self.worth()}"])

    def worth(self) -> str:
        """What the estimate is worth, in words."""
        if self.standard_error is None:
            return "too few probes to say how far it may be off"
        if self.standard_error == 0:
            return "all probes say the same, but others may say something else"
        if 2 * self.standard_error > self.interleavings:
            return "the probes differ so much that it may be off by a factor of ten and more"
        return (
            "likely within two standard errors, unless most interleavings are where few probes go;\n"
            "how many states there are is another matter, and not estimated"
        )

    def to_data(self) -> dict[str, Any]:
        """As plain dictionaries, for JSON."""
        return {
            "interleavings": self.interleavings,
            "standard_error": self.standard_error,
            "probes": self.probes,
            "longest": self.longest,
            "shortest": self.shortest,
            "cut": self.cut,
            "longest_allowed": self.longest_allowed,
        }


def estimate(
    program: Program,
    *,
    probes: int = 1_000,
    seconds: float | None = None,
    seed: int = 0,
    longest: int = LONGEST,
    max_steps: int = THREAD_STEPS,
) -> Estimate:
    """Estimate how many interleavings a program has, from `probes` random executions, without exploring it.

    With ``seconds`` it makes do with the probes it can do in that time, at least one; at Ctrl-C with those it has done. The
    same seed and number of probes give the same estimate everywhere. A probe is cut after ``longest`` steps. The estimate is
    unbiased, but where few executions have most of the interleavings below them it is far too low more often than not.

    Raises what is wrong with the program (`ProgramError`), and `ValueError` or `TypeError` for numbers that make no sense.

    >>> from simulator import Program, sleep
    >>> def three_steps():
    ...     for _ in range(3):
    ...         yield sleep(1)
    >>> print(estimate(Program(A=three_steps, B=three_steps)))
    about 20 ± 1 interleavings, of 6 steps (1,000 random probes)
    an estimate, no bound: likely within two standard errors, unless most interleavings are where few probes go;
    how many states there are is another matter, and not estimated
    """
    for name, number in (("probes", probes), ("longest", longest)):
        if positive(name, number) != number or int(number) != number:
            raise ValueError(f"{name} was expecting a positive whole number, but got {number!r}")
    deadline = None if seconds is None else time.perf_counter() + positive("seconds", seconds)
    machine = Machine(program, max_thread_steps=max_steps, keep_all=True)
    draw = random.Random(seed)
    results: list[tuple[int, int]] = []
    cut = 0
    try:
        while len(results) + cut < probes:
            result = probe(machine, draw, longest)
            if result is None:
                cut += 1
            else:
                results.append(result)
            if deadline is not None and time.perf_counter() > deadline:
                break
    except Interrupted:
        raise
    except KeyboardInterrupt:
        if not results and not cut:
            raise
    finally:
        machine.close()
    return _summed_up(results, cut, longest)


def probe(machine: Machine, draw: random.Random, longest: int) -> tuple[int, int] | None:
    """Walk down at random: how many interleavings there are if all branch alike, and the steps. None if it was cut."""
    state, product, steps = machine.initial, 1, 0
    while after := machine.successors(state):
        if steps == longest:
            return None
        product *= len(after)
        state = after[draw.randrange(len(after))]
        steps += 1
    return product, steps


def _summed_up(results: list[tuple[int, int]], cut: int, longest: int) -> Estimate:
    """Mean and standard error, in whole numbers: products may be far larger than any float."""
    probes = len(results) + cut
    products = [product for product, _ in results]
    lengths = [steps for _, steps in results] or [0]
    total = sum(products)
    differ = len(set(products)) > 1 or (cut > 0 and products != [])
    error = None
    if probes >= FEW:
        squares = sum(product * product for product in products)
        error = isqrt((probes * squares - total * total) // (probes - 1)) // probes + differ
    return Estimate((2 * total + probes) // (2 * probes), error, probes, max(lengths), min(lengths), cut, longest)


def short(number: int) -> str:
    """A number as a person says it: exact as long as it can be read, then two digits and the power of ten."""
    if number < 100_000:
        return f"{number:,}"
    power = 0
    while number >= 10**120:
        number, power = number // 10**100, power + 100
    digits = f"{number}"
    power += len(digits) - 1
    return f"{digits[0]}.{digits[1:3]}e{power}"
