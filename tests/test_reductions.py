"""Every reduction, alone and together, and everything that is built on them, against brute force over all objects.

`made_up_mixtures` makes up the programs: every kind of object, choices, workers, daemons, threads that run the same, threads
that share nothing, failures and deadlocks. `brute_force` says what they do.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import equivalence
import pytest
from brute_force import every_run
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from made_up_mixtures import FAMILIES, sketches
from test_performers_agree import check_ways_of_counting, key_of_outcome, key_of_run

from simulator import (
    Program,
    count_classes,
    explore,
    find,
    index_of,
    interleaving,
    interleavings,
    replay,
)
from simulator.exploration.classes.representatives import representatives

MOST_INTERLEAVINGS = 24
MOST_INTERLEAVINGS_AT_NIGHT = 150
MOST_STATES = 500
MOST_CLASSIFIED = 60
"""Of so many interleavings at most the classes are found by comparing all pairs of their steps."""
NONE_OF_THEM = dict.fromkeys(("merge", "liveness", "symmetry", "split"), False)
FEWER_AND_FEWER = (
    {"split": False},
    {"split": False, "symmetry": False},
    {"split": False, "symmetry": False, "liveness": False},
    NONE_OF_THEM,
)
OTHERS = ({}, {**NONE_OF_THEM, "symmetry": True}, {**NONE_OF_THEM, "split": True})
"""Together with those above: all reductions, each alone (liveness comes with merging), and none."""


@dataclass
class Made:
    """A made-up program, and all that brute force says of it."""

    program: Program
    things: tuple
    runs: list

    @cached_property
    def names(self):
        return list(self.program.names)

    @cached_property
    def keys(self):
        return [key_of_run(run, self.things) for run in self.runs]

    @cached_property
    def by_outcome(self):
        """For every outcome the interleavings that have it."""
        found = {}
        for key, run in zip(self.keys, self.runs, strict=True):
            found.setdefault(key, []).append(run)
        return found

    def key(self, outcome):
        return key_of_outcome(outcome, self.things)

    def simplest(self, runs):
        run = min(runs, key=lambda run: (run.preemptions, len(run.schedule), self.places(run.schedule)))
        return (run.schedule, run.preemptions)

    def places(self, schedule):
        """The order of schedules: by the positions of the threads, then by what was chosen."""
        return [(self.names.index(name), int(option or 0)) for name, _, option in (step.partition("=") for step in schedule)]


def small_enough(sketch, most):
    """Build a made-up program, cut down until brute force can manage it."""
    while any(sketch.scripts):
        program = sketch.program()
        first_look = explore(program, max_states=MOST_STATES)
        if first_look.claim == "complete" and first_look.interleavings <= most:
            note(repr(sketch))
            return Made(program, sketch.objects, list(every_run(program, 20 * most, of=sketch.objects)))
        sketch = sketch.smaller()
    assume(False)
    return None


def check_exploration(made, **how):
    """The numbers, shares, probabilities and simplest examples of all outcomes, and which of them are deadlocks."""
    result = explore(made.program, **how)
    assert result.claim == "complete"
    assert result.interleavings == len(made.runs)
    assert len(result.outcomes) == len(made.by_outcome)
    assert {made.key(one.outcome): one.interleavings for one in result.outcomes} == Counter(made.keys)
    for one in result.outcomes:
        mine = made.by_outcome[made.key(one.outcome)]
        assert one.share == Fraction(len(mine), len(made.runs))
        assert one.probability == pytest.approx(float(sum(run.probability for run in mine)), rel=0, abs=1e-12)
        assert (one.example.schedule, one.example.preemptions) == made.simplest(mine)
    deadlocks = sum(one.interleavings for one in result.deadlocks)
    assert deadlocks == sum(run.status == "deadlock" for run in made.runs)
    return result.states


def check_reductions(made):
    states = [check_exploration(made, **how) for how in FEWER_AND_FEWER]
    assert states == sorted(states)
    for how in OTHERS:
        check_exploration(made, **how)
    check_ways_of_counting(made)


def check_listing(made):
    """The same interleavings in the same order, each of them where its number says, and as the scheduler performs it."""
    for merge in (True, False):
        listed = list(interleavings(made.program, merge=merge))
        assert [execution.schedule for execution in listed] == [run.schedule for run in made.runs]
        assert [made.key(execution.outcome) for execution in listed] == made.keys
    for k in sorted({0, len(listed) // 3, len(listed) - 1}):
        schedule = made.runs[k].schedule
        performed = replay(made.program, schedule)
        assert performed == listed[k] == interleaving(made.program, k)
        assert performed.preemptions == made.runs[k].preemptions
        assert list(performed.waiting) == list(made.runs[k].waiting)
        assert index_of(made.program, schedule) == k


def check_bounds(made):
    """Exactly the interleavings with at most so many preemptions."""
    for most in (0, 1, 2):
        within = [run for run in made.runs if run.preemptions <= most]
        numbers = Counter(key_of_run(run, made.things) for run in within)
        for how in ({}, NONE_OF_THEM):
            result = explore(made.program, preemptions=most, **how)
            assert result.claim == ("complete" if len(within) == len(made.runs) else "bounded")
            assert result.interleavings == len(within)
            assert {made.key(one.outcome): one.interleavings for one in result.outcomes} == numbers
            for one in result.outcomes:
                mine = [run for run in made.by_outcome[made.key(one.outcome)] if run.preemptions <= most]
                assert (one.example.schedule, one.example.preemptions) == made.simplest(mine)


def check_search(made):
    """The simplest execution that ends so; None if there is none; the simplest that breaks an invariant."""
    for wanted in sorted(made.by_outcome)[:3]:
        found = find(made.program, lambda outcome, wanted=wanted: made.key(outcome) == wanted)
        assert (found.schedule, found.preemptions) == made.simplest(made.by_outcome[wanted])
    assert find(made.program, lambda outcome: outcome.status == "unfinished") is None


def check_invariant(made):
    """For each object: as long as it shows what it showed at first."""
    for place, thing in enumerate(made.things):
        first = repr(made.runs[0].values[0][place])
        breaking = set()
        for run in made.runs:
            broken = (number for number, values in enumerate(run.values) if repr(values[place]) != first)
            number = next(broken, None)
            if number is not None:
                breaking.add((preemptions_in(run, number), number, tuple(made.places(run.schedule[:number]))))
        for how in ({}, NONE_OF_THEM):
            result = explore(
                made.program, invariant=lambda state, thing=thing, first=first: repr(state[thing]) == first, **how
            )
            assert bool(result.violations) == bool(breaking)
            if breaking:
                example = result.violations[0]
                told = (example.preemptions, len(example.schedule), tuple(made.places(example.schedule)))
                assert told == min(breaking)


def preemptions_in(run, steps):
    """The preemptions among the first steps of a run."""
    return type(run)(run.schedule[:steps], "", {}, {}, {}, run.enabled[:steps], {}).preemptions


def check_classes(made):
    """One representative of each class, by comparing all interleavings; and the classes that few preemptions reach."""
    if len(made.runs) > MOST_CLASSIFIED:
        return
    known = equivalence.classes(made.program)
    assert count_classes(made.program) == count_classes(made.program, merge=False) == len(known)
    chosen = [equivalence.key(execution) for execution in representatives(made.program)]
    assert len(chosen) == len(set(chosen))
    assert set(chosen) == set(known)
    preemptions = {run.schedule: run.preemptions for run in made.runs}
    fewest = [min(preemptions[execution.schedule] for execution in members) for members in known.values()]
    for most in (0, 1, 2):
        assert count_classes(made.program, preemptions=most) == sum(number <= most for number in fewest)


CHECKS = (check_listing, check_bounds, check_search, check_invariant, check_classes)
every_family = pytest.mark.parametrize("family", FAMILIES)


@every_family
def test_made_up_programs_do_what_brute_force_says(family):
    """All reductions, and one of the other checks."""

    @settings(max_examples=8)
    @given(sketches(FAMILIES[family]), st.sampled_from(CHECKS))
    def agree(sketch, check):
        made = small_enough(sketch, MOST_INTERLEAVINGS)
        check_reductions(made)
        check(made)

    agree()


@pytest.mark.nightly
@every_family
def test_thousands_of_made_up_programs_do_what_brute_force_says(family):
    @settings(max_examples=150)
    @given(sketches(FAMILIES[family]))
    def agree(sketch):
        made = small_enough(sketch, MOST_INTERLEAVINGS_AT_NIGHT)
        for check in (check_reductions, *CHECKS):
            check(made)

    agree()
