"""The catalogue of classical problems: the counts of its programs, confirmed in several ways."""

import runpy
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from brute_force import every_run
from meanings import MEANINGS

from simulator import Program, crosscheck, explore, interleavings, replay

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "catalogue"
FILES = sorted(FOLDER.glob("*.py"))
MOST_LISTED = 21_000
MOST_BY_BRUTE_FORCE = 5_000
MOST_FORCED = 80
ENOUGH_FORCED = 10


class Counts(NamedTuple):
    """What is promised of a program. `deadlocks`: how many interleavings; how many outcomes, if those have no end."""

    interleavings: int | None
    outcomes: int
    deadlocks: int


GOLDEN = {
    ("aba_stack", "program"): Counts(3_021, 4, 0),
    ("aba_stack", "broken"): Counts(3_021, 5, 0),
    ("bakery", "program"): Counts(672, 1, 0),
    ("bakery", "broken"): Counts(154, 1, 0),
    ("bank_transfer", "program"): Counts(2, 1, 0),
    ("bank_transfer", "broken"): Counts(70, 5, 0),
    ("bank_transfer", "deadlocking"): Counts(6, 2, 2),
    ("bank_transfer", "audited"): Counts(2, 1, 0),
    ("bank_transfer", "hasty_audit"): Counts(45, 3, 0),
    ("bounded_buffer", "program"): Counts(56, 2, 0),
    ("bounded_buffer", "broken"): Counts(56, 6, 0),
    ("bounded_buffer", "one_condition"): Counts(80, 2, 0),
    ("bounded_buffer", "lost_wake_up"): Counts(60, 6, 4),
    ("bounded_buffer", "one_each"): Counts(2, 1, 0),
    ("check_then_act", "program"): Counts(2, 2, 0),
    ("check_then_act", "locked"): Counts(2, 2, 0),
    ("check_then_act", "broken"): Counts(6, 4, 0),
    ("check_then_act", "broken_too"): Counts(2, 2, 0),
    ("cigarette_smokers", "program"): Counts(140, 2, 0),
    ("cigarette_smokers", "broken"): Counts(5, 2, 3),
    ("cigarette_smokers", "for_ever"): Counts(None, 0, 0),
    ("dekker", "program"): Counts(None, 0, 0),
    ("dekker", "once"): Counts(None, 2, 0),
    ("dekker", "broken"): Counts(None, 1, 0),
    ("dekker", "polite"): Counts(None, 1, 0),
    ("double_checked", "program"): Counts(72, 1, 0),
    ("double_checked", "locked"): Counts(10, 1, 0),
    ("double_checked", "broken"): Counts(246, 2, 0),
    ("double_checked", "broken_once"): Counts(82, 2, 0),
    ("double_checked", "broken_early"): Counts(70, 3, 0),
    ("h2o", "one"): Counts(50_400, 3, 0),
    ("h2o", "program"): Counts(226_461_312_000, 9, 0),
    ("h2o", "broken"): Counts(55_598_400, 15, 0),
    ("msqueue", "program"): Counts(772, 2, 0),
    ("msqueue", "mixed"): Counts(1_493_739_424, 4, 0),
    ("msqueue", "one_each"): Counts(216, 2, 0),
    ("msqueue", "broken"): Counts(None, 6, 0),
    ("peterson", "program"): Counts(None, 0, 0),
    ("peterson", "once"): Counts(None, 2, 0),
    ("peterson", "broken"): Counts(None, 2, 0),
    ("peterson", "without_turn"): Counts(10, 2, 2),
    ("peterson", "without_flags"): Counts(1, 1, 1),
    ("philosophers_trylock", "program"): Counts(142, 1, 0),
    ("philosophers_trylock", "waiting"): Counts(168, 2, 6),
    ("philosophers_trylock", "broken"): Counts(None, 1, 0),
    ("philosophers_trylock", "one_tries"): Counts(None, 1, 0),
    ("philosophers_waiter", "program"): Counts(20_280, 1, 0),
    ("philosophers_waiter", "broken"): Counts(337_326, 2, 90),
    ("readers_writers", "program"): Counts(26_460, 1, 0),
    ("readers_writers", "broken"): Counts(54_250, 7, 508),
    ("readers_writers", "readers_first"): Counts(142, 1, 0),
    ("readers_writers", "writers_first"): Counts(526, 1, 0),
    ("reusable_barrier", "program"): Counts(None, 0, 0),
    ("reusable_barrier", "own"): Counts(None, 0, 0),
    ("reusable_barrier", "broken"): Counts(182_127_496_416, 5, 1_501_248),
    ("sleeping_barber", "program"): Counts(4_886, 3, 0),
    ("sleeping_barber", "three"): Counts(78_405_006, 7, 0),
    ("sleeping_barber", "broken"): Counts(22, 3, 4),
    ("spin_lock", "program"): Counts(None, 0, 0),
    ("spin_lock", "kinder"): Counts(None, 0, 0),
    ("spin_lock", "broken"): Counts(None, 1, 0),
    ("ticket_lock", "program"): Counts(12, 1, 0),
    ("ticket_lock", "twice"): Counts(813_150, 1, 0),
    ("ticket_lock", "broken"): Counts(1_890, 4, 28),
}
FOR_EVER = [key for key, counts in GOLDEN.items() if counts.interleavings is None and counts.outcomes == 0]
EXCLUSIVE = ["peterson", "dekker", "spin_lock"]
"""Those that prove mutual exclusion for threads that go in and out for ever."""

BROKEN_INVARIANT = {
    ("bakery", "broken"),
    ("dekker", "broken"),
    ("peterson", "broken"),
    ("readers_writers", "broken"),
    ("reusable_barrier", "broken"),
    ("spin_lock", "broken"),
    ("ticket_lock", "broken"),
}
FAILING = {("bounded_buffer", "broken")}

LOADED = {path.stem: runpy.run_path(str(path), run_name=path.stem) for path in FILES}
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def golden(keys):
    return pytest.mark.parametrize("key", keys, ids=":".join)


def counted(program, **how):
    result = explore(program, **how)
    if result.interleavings is None:
        deadlocks = len(result.deadlocks)
    else:
        deadlocks = sum(summary.interleavings for summary in result.deadlocks)
    return Counts(result.interleavings, len(result.outcomes), deadlocks), result


def most(limit):
    return [key for key, counts in GOLDEN.items() if counts.interleavings is not None and counts.interleavings <= limit]


def test_every_program_is_in_the_golden_table():
    programs = {
        (stem, name) for stem, names in LOADED.items() for name, value in names.items() if isinstance(value, Program)
    }
    assert programs == set(GOLDEN)
    assert {(stem, name) for stem in LOADED for name in ("program", "broken")} <= programs, "each has its broken twin"


@golden(GOLDEN)
def test_explore_says_what_the_golden_table_says(key):
    stem, name = key
    counts, result = counted(LOADED[stem][name], invariant=LOADED[stem].get("invariant"))
    assert result.claim == "complete"
    assert counts == GOLDEN[key]
    assert bool(result.violations) == (key in BROKEN_INVARIANT)
    assert bool(result.failures) == (key in FAILING)


@every_file
def test_the_right_program_is_right(path):
    names = LOADED[path.stem]
    result = explore(names["program"], invariant=names.get("invariant"))
    assert (result.claim, result.deadlocks, result.failures, result.violations) == ("complete", (), (), ())
    for summary in result.outcomes:
        assert names.get("postcondition", lambda final: True)(summary.final)


@golden(FOR_EVER)
def test_for_ever_has_no_end_and_is_explored_completely(key):
    """Every state was seen, in every one of them the invariant holds, and none of them is an end."""
    stem, name = key
    result = explore(LOADED[stem][name], invariant=LOADED[stem].get("invariant"))
    assert (result.claim, result.endless, result.outcomes, result.violations) == ("complete", True, (), ())


@pytest.mark.parametrize("stem", EXCLUSIVE)
def test_mutual_exclusion_is_proved_and_not_for_want_of_entering(stem):
    """Nobody is ever inside together; and each of them, left alone, does go in, again and again."""
    assert (stem, "program") in FOR_EVER
    program, inside = LOADED[stem]["program"], LOADED[stem]["inside"]
    assert explore(program, invariant=lambda state: state[inside] <= 1).violations == ()
    for alone in program.names:
        operations = [event.operation for event in replay(program, f"{alone}*30").trace]
        assert operations.count(inside.add(1)) > 1


def steps_of_peterson(flags, turn, inside, places):
    """The algorithm once more, as a table: for each thread the next line, and what it does."""
    for me, place in enumerate(places):
        other = 1 - me
        raised, lowered = (tuple(up if who == me else flags[who] for who in (0, 1)) for up in (True, False))
        after, following = {
            "raise": ((raised, turn, inside), "be polite"),
            "be polite": ((flags, other, inside), "look at flag"),
            "look at flag": ((flags, turn, inside), "look at turn" if flags[other] else "go in"),
            "look at turn": ((flags, turn, inside), "look at flag" if turn == other else "go in"),
            "go in": ((flags, turn, inside + 1), "come out"),
            "come out": ((flags, turn, inside - 1), "lower"),
            "lower": ((lowered, turn, inside), "raise"),
        }[place]
        yield (*after, tuple(following if who == me else places[who] for who in (0, 1)))


def test_peterson_by_hand():
    """A second proof, which shares nothing with the first: the same values are met, and two are never inside."""
    names = LOADED["peterson"]
    start = ((False, False), 0, 0, ("raise", "raise"))
    known, new = {start}, [start]
    while new:
        fresh = set(steps_of_peterson(*new.pop())) - known
        known |= fresh
        new += fresh
    assert len(known) == 48
    assert {inside for _, _, inside, _ in known} == {0, 1}

    met = set()

    def note(state):
        met.add((tuple(state[flag] for flag in names["flags"]), state[names["turn"]], state[names["inside"]]))
        return True

    assert explore(names["program"], invariant=note).claim == "complete"
    assert met == {known_state[:3] for known_state in known}


@golden(most(MOST_LISTED))
@pytest.mark.parametrize(("merge", "symmetry"), list(product((True, False), repeat=2))[1:])
def test_without_reductions_the_counts_are_the_same(key, merge, symmetry):
    stem, name = key
    counts, _ = counted(LOADED[stem][name], merge=merge, symmetry=symmetry)
    assert counts == GOLDEN[key]


@golden(most(MOST_LISTED))
def test_listing_every_interleaving_says_what_the_golden_table_says(key):
    stem, name = key
    number = deadlocks = 0
    outcomes = set()
    for execution in interleavings(LOADED[stem][name]):
        number += 1
        deadlocks += execution.outcome.status == "deadlock"
        outcomes.add(execution.outcome)
    assert Counts(number, len(outcomes), deadlocks) == GOLDEN[key]


def set_default(ask):
    key, value = ask.arguments
    known = dict(ask.state)
    return ask.answers(known[key]) if key in known else ask.becomes((*ask.state, (key, value)), value)


OWN_PRIMITIVES = {
    "Dictionary": {
        "contains": lambda ask: ask.answers(ask.arguments[0] in dict(ask.state)),
        "get_item": lambda ask: ask.answers(dict(ask.state)[ask.arguments[0]]),
        "set_item": lambda ask: ask.becomes(tuple({**dict(ask.state), ask.arguments[0]: ask.arguments[1]}.items())),
        "setdefault": set_default,
    }
}
"""What the primitives mean that the files make themselves, said a second time."""


@golden(most(MOST_BY_BRUTE_FORCE))
def test_brute_force_says_what_the_golden_table_says(key, monkeypatch):
    for kind, meanings in OWN_PRIMITIVES.items():
        monkeypatch.setitem(MEANINGS, kind, meanings)
    stem, name = key
    number = deadlocks = 0
    for run in every_run(LOADED[stem][name]):
        number += 1
        deadlocks += run.status == "deadlock"
    assert (number, deadlocks) == (GOLDEN[key].interleavings, GOLDEN[key].deadlocks)


@golden([key for key, counts in GOLDEN.items() if counts.outcomes])
def test_real_threads_agree(key):
    """The small ones in every interleaving; of the others a few. They run free only if they are sure to end."""
    stem, name = key
    interleavings = GOLDEN[key].interleavings
    small = interleavings is not None and interleavings <= MOST_FORCED
    limit = MOST_FORCED if small else ENOUGH_FORCED
    checked = crosscheck(LOADED[stem][name], runs=0 if interleavings is None else 5, limit=limit)
    assert checked.exhaustive == small
