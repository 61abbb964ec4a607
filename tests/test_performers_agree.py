"""The machine, the scheduler and brute force agree on programs that hypothesis makes up."""

import random
from collections import Counter
from contextlib import closing
from fractions import Fraction
from itertools import product

import pytest
from brute_force import every_run
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_up import build, programs, small_enough

from simulator import explore, find, interleavings, replay
from simulator.exploration.budget import Watch
from simulator.exploration.counting import count_in_order
from simulator.exploration.layers import count_by_layers
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import Walk
from simulator.machine import Machine

MOST_INTERLEAVINGS = 600


def key_of_run(run, objects):
    """What an outcome is, as text, so that 1, True and 1.0 are three."""
    final = tuple(repr(run.value(thing)) for thing in objects)
    return (run.status, final, repr(run.failures), repr(run.returned))


def key_of_outcome(outcome, objects):
    final = tuple(repr(outcome.final[thing]) for thing in objects)
    return (outcome.status, final, repr(dict(outcome.failures)), repr(dict(outcome.returned)))


def simplest_of(runs, names):
    """The fewest preemptions, then the shortest, then the first in the order of the threads."""
    return min(runs, key=lambda run: (run.preemptions, len(run.schedule), [names.index(name) for name in run.schedule]))


def check_numbers(built, runs):
    """Every combination of the reductions: the numbers, shares, probabilities and examples of brute force."""
    names = list(built.program.names)
    numbers = Counter(key_of_run(run, built.objects) for run in runs)
    states = {}
    for merge, symmetry in product((True, False), repeat=2):
        result = explore(built.program, merge=merge, symmetry=symmetry)
        assert result.claim == "complete"
        assert result.interleavings == len(runs)
        assert {key_of_outcome(one.outcome, built.objects): one.interleavings for one in result.outcomes} == numbers
        assert sum(one.share for one in result.outcomes) == 1
        for one in result.outcomes:
            mine = [run for run in runs if key_of_run(run, built.objects) == key_of_outcome(one.outcome, built.objects)]
            assert one.share == Fraction(len(mine), len(runs))
            assert one.probability == pytest.approx(float(sum(run.probability for run in mine)), rel=0, abs=1e-12)
            simplest = simplest_of(mine, names)
            assert (one.example.schedule, one.example.preemptions) == (simplest.schedule, simplest.preemptions)
        states[merge, symmetry] = result.states
    assert states[True, True] <= states[True, False] <= states[False, False]
    assert states[True, True] <= states[False, True] <= states[False, False]


def check_enumeration(built, runs):
    """The same interleavings in the same order, ending in the same way; the scheduler says so too."""
    for merge in (True, False):
        listed = list(interleavings(built.program, merge=merge))
        assert [execution.schedule for execution in listed] == [run.schedule for run in runs]
        ends = [key_of_outcome(execution.outcome, built.objects) for execution in listed]
        assert ends == [key_of_run(run, built.objects) for run in runs]
        for execution, run in list(zip(listed, runs, strict=True))[:: max(1, len(runs) // 20)]:
            performed = replay(built.program, run.schedule)
            assert performed == execution
            assert [event.location for event in performed.trace] == [event.location for event in execution.trace]
            assert repr(performed.waiting) == repr(execution.waiting)
            assert list(performed.waiting) == list(run.waiting)
            assert performed.preemptions == run.preemptions


def check_search(built, runs):
    """`find` answers what brute force finds simplest, and None where there is nothing."""
    names = list(built.program.names)
    for wanted in sorted({key_of_run(run, built.objects) for run in runs})[:5]:
        fitting = [run for run in runs if key_of_run(run, built.objects) == wanted]
        found = find(built.program, lambda outcome, wanted=wanted: key_of_outcome(outcome, built.objects) == wanted)
        assert found.schedule == simplest_of(fitting, names).schedule
    for last in names:  # a goal that may tell interchangeable threads apart
        fitting = [run for run in runs if last in run.failures]
        found = find(built.program, lambda outcome, last=last: last in outcome.failures)
        assert (None if found is None else found.schedule) == (simplest_of(fitting, names).schedule if fitting else None)
    assert find(built.program, lambda outcome: outcome.status == "unfinished") is None


def check_ways_of_counting(built):
    """Counting by layers, where that is possible, gives the weights of counting in topological order."""
    for symmetry in (True, False):
        weights = []
        for way in (count_by_layers, count_in_order):
            machine = Machine(built.program)
            with closing(machine):
                folding = Folding(machine, wanted=symmetry)
                walk = Walk({folding.folded(machine.initial) if folding.active else machine.initial: -1})
                if way(machine, folding, Watch(None, None, False), walk):
                    ends = Counter()
                    for state, weight in walk.ends.items():
                        ends[machine.outcome(state).key] += weight
                    weights.append((ends, len(walk.first_from), walk.transitions, walk.endless))
        assert weights[-1] == weights[0]


def check_everything(built):
    runs = list(every_run(built.program, 20 * MOST_INTERLEAVINGS))
    check_numbers(built, runs)
    check_enumeration(built, runs)
    check_search(built, runs)
    check_ways_of_counting(built)


@given(programs())
def test_made_up_programs_have_the_interleavings_and_outcomes_of_brute_force(made):
    check_everything(small_enough(made, MOST_INTERLEAVINGS))


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_have_the_interleavings_and_outcomes_of_brute_force(made):
    check_everything(small_enough(made, MOST_INTERLEAVINGS))


@settings(max_examples=60)
@given(programs())
def test_a_program_as_source_and_the_same_program_interpreted_have_the_same_outcomes(made):
    assume(not any(word in repr(made) for word in ("lambda", "for n in")))  # these see variables as they are later
    built = small_enough(made, MOST_INTERLEAVINGS)
    other = build(built.made, form="data")
    numbers = {key_of_outcome(one.outcome, built.objects): one.interleavings for one in explore(built.program).outcomes}
    assert numbers == {
        key_of_outcome(one.outcome, other.objects): one.interleavings for one in explore(other.program).outcomes
    }


@settings(max_examples=25)
@given(programs(), st.integers(0, 2**16))
def test_made_up_programs_do_the_same_on_real_threads(made, seed):
    from simulator.real_threads import replay_on_threads

    built = small_enough(made, MOST_INTERLEAVINGS)
    runs = list(every_run(built.program, 20 * MOST_INTERLEAVINGS))
    for run in random.Random(seed).sample(runs, min(3, len(runs))):
        simulated = replay(built.program, run.schedule)
        real = replay_on_threads(built.program, run.schedule)
        assert real.trace == simulated.trace
        assert real.outcome == simulated.outcome
