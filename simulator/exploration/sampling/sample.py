"""Sampling: many executions drawn at random, and an honest word on what they are worth.

How they are drawn is said in `draws`. All that was drawn is looked at once for each different interleaving: how it ended,
which class it belongs to, how simple it is, whether it broke the invariant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from simulator.errors import Interrupted, StepLimit
from simulator.exploration.budget import Watch
from simulator.exploration.completions import Completions, Endless, Lengths, TooManyStates
from simulator.exploration.results import Claim, Exploration
from simulator.exploration.sampling.draws import Dice, Path, Places, pct, uniform, walk
from simulator.exploration.sampling.facts import METHODS, SampleFacts, likely_seen, promised
from simulator.exploration.sampling.tally import Seen, summaries, violations
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.machine import Machine
from simulator.outcome import Final
from simulator.program import Program

RUNS_BETWEEN_LOOKS = 256
PILOTS = 100
"""How many walks measure how long executions are, if that cannot be counted."""
MOST_MEASURED = 20_000
"""How many states are looked at to count it."""


def sample(
    program: Program,
    *,
    runs: int = 10_000,
    seed: int = 0,
    method: Literal["walk", "pct", "uniform"] = "walk",
    depth: int = 3,
    invariant: Callable[[Final], object] | None = None,
    observe: Callable[[Final], Any] | None = None,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
) -> Exploration:
    """Draw `runs` executions at random and answer an `Exploration` with claim "sampled".

    * ``method="walk"``: each enabled thread is equally likely at every step. ``"pct"``: random priorities, made to find a
      bug of a ``depth`` (how many orderings of two steps it takes) with a probability that the answer states. ``"uniform"``:
      each interleaving is equally likely; that takes counting them all, and raises `Endless` or `StepLimit` if there is no
      end to them.
    * ``seed``: the same one draws the same executions on every Python.
    * ``invariant`` and ``observe`` are those of `explore`; what ``observe`` answers must be hashable.
    * ``max_steps``: runs that are longer are stopped, and counted as unfinished.

    ``sample`` of the answer has what was seen (`SampleFacts`), ``runs`` of each outcome how often. Numbers of interleavings
    and probabilities are not known, but for how many there are in all with ``"uniform"``. ``states`` are those seen, counted
    up to 200,000; ``transitions`` the steps of the different executions. Ctrl-C answers what was drawn so far. Raises
    `ValueError` or `TypeError` for numbers that make no sense.

    >>> from simulator import Program, Shared
    >>> counter = Shared("counter", 0)
    >>> def increment():
    ...     value = yield counter.read()
    ...     yield counter.write(value + 1)
    >>> sample(Program(A=increment, B=increment), runs=100, seed=7).headline()
    '100 random walks (seed 7): 6 distinct interleavings in 4 classes, 2 outcomes'
    """
    _check(runs, seed, method, depth, max_steps)
    request = _Request(runs, seed, method, depth, max_steps, invariant, observe, progress)
    folds = True
    while True:
        machine = Machine(program, max_thread_steps=max_steps + 2)  # what could come after the last step is looked up, too
        try:
            spot_check(machine)
            return _sample(machine, Folding(machine, wanted=folds), request)
        except CannotFold:
            folds = False
        except Reconsider:
            continue
        finally:
            machine.close()


def _check(runs: int, seed: int, method: str, depth: int, max_steps: int) -> None:
    for name, number in (("runs", runs), ("depth", depth), ("max_steps", max_steps), ("seed", seed)):
        wanted = "a whole number" if name == "seed" else "a positive whole number"
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"{name} was expecting {wanted}, but got {number!r}")
        if number < 1 and name != "seed":
            raise ValueError(f"{name} was expecting {wanted}, but got {number!r}")
    if method not in METHODS:
        known = " or ".join(f'method="{name}"' for name in METHODS)
        raise ValueError(f"sample has no method {method!r}: write {known}")


@dataclass(frozen=True)
class _Request:
    """What was asked for."""

    runs: int
    seed: int
    method: str
    depth: int
    max_steps: int
    invariant: Callable[[Final], object] | None
    observe: Callable[[Final], Any] | None
    progress: bool


class _RunsWatch(Watch):
    """A live line about runs."""

    def sign(self, states: int, frontier: int, ends: Collection[int], seconds: float) -> str:
        return f"{states:,} runs, {states / seconds:,.0f} a second, {frontier:,} to go, {seconds:.0f} s"


@dataclass(frozen=True)
class _Method:
    """A way to draw, ready to be used."""

    draw: Callable[[], Path]
    guarantee: Callable[[int], str]
    """What so many runs would have found."""
    all_interleavings: int | None = None
    bound: Fraction | None = None


def _sample(machine: Machine, folding: Folding, request: _Request) -> Exploration:
    places = Places(machine)
    method = _prepared(places, folding, Dice(request.seed), request)
    drawn, stopped = _drawn(method.draw, request)
    runs = sum(drawn.values())
    seen = Seen(places, request.invariant, request.observe)
    for path, times in drawn.items():
        seen.look(path, times)
    outcomes = summaries(seen)
    facts = SampleFacts(
        request.method,
        runs,
        request.seed,
        seen.interleavings,
        len(seen.classes),
        sum(summary.status != "unfinished" for summary in outcomes),
        seen.unfinished,
        request.max_steps,
        method.guarantee(runs),
        method.bound,
    )
    return Exploration(
        machine.program,
        Claim("sampled", f"interrupted after {runs:,} of {request.runs:,} runs" if stopped else ""),
        method.all_interleavings,
        len(places.known),
        sum(map(len, drawn)),
        outcomes,
        violations=violations(seen),
        sample=facts,
    )


def _prepared(places: Places, folding: Folding, dice: Dice, request: _Request) -> _Method:
    """What has to be known before anything can be drawn."""
    machine = places.machine
    if request.method == "walk":
        draw = walk(places, dice, request.max_steps)
        return _Method(draw, lambda runs: likely_seen(runs, "a probability"))
    if request.method == "uniform":
        with Watch(None, None, request.progress) as watch:
            completions = Completions(machine, folding, watch)
            total = completions.of(machine.initial)
        draw = uniform(places, dice, completions)
        return _Method(draw, lambda runs: likely_seen(runs, "a share of the interleavings"), total)
    threads = max(1, len(machine.program.names))
    steps, how = _longest(places, folding, dice, request.max_steps)
    bound = Fraction(1, threads * steps ** (request.depth - 1))
    draw = pct(places, dice, request.depth, steps, request.max_steps)
    return _Method(draw, lambda runs: promised(bound, runs, threads, steps, request.depth, how), None, bound)


def _longest(places: Places, folding: Folding, dice: Dice, max_steps: int) -> tuple[int, str]:
    """How many steps an execution has at most, and how that was found."""
    machine = places.machine
    try:
        longest = Lengths(machine, folding, max_states=MOST_MEASURED).of(machine.initial)
        how = "the longest execution"
    except (Endless, StepLimit, TooManyStates):
        pilot = walk(places, dice, max_steps)
        longest = max(len(pilot()) for _ in range(PILOTS))
        how = f"the longest of {PILOTS} random walks: longer executions are not covered"
    if longest > max_steps:
        longest, how = max_steps, "where runs are stopped: longer executions are not covered"
    return max(1, longest), how


def _drawn(draw: Callable[[], Path], request: _Request) -> tuple[dict[Path, int], bool]:
    """How often each path was drawn, and whether Ctrl-C came between."""
    drawn: dict[Path, int] = {}
    times = drawn.get
    done = 0
    with _RunsWatch(None, None, request.progress) as watch:
        try:
            while done < request.runs:
                batch = min(RUNS_BETWEEN_LOOKS, request.runs - done)
                for _ in range(batch):
                    path = draw()
                    drawn[path] = times(path, 0) + 1
                done += batch
                watch.look(done, request.runs - done)
        except Interrupted:  # a thread was computing: that is an error in the program, and is told
            raise
        except KeyboardInterrupt:
            return drawn, True
    return drawn, False
