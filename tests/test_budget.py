"""Budgets, interrupts, the live line, and what is told about size before anything is explored. No test depends on time."""

import statistics
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest

from simulator import Lock, Program, Shared, crosscheck, estimate, explore
from simulator.errors import Inconclusive, Interrupted
from simulator.exploration import budget, layers, memory, statespace, summaries
from simulator.exploration.budget import Watch, in_bytes
from simulator.exploration.estimate import Estimate, probe, short
from simulator.machine import Machine

counter, x = Shared("counter", 0), Shared("x", 0)
lock, other = Lock("lock"), Lock("other")
MB = 1_000_000


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def three_times():
    for _ in range(3):
        yield from increment()


def waits_for_x():
    while not (yield x.read()):
        pass


def both(first, second):
    def body():
        with (yield first.acquire()), (yield second.acquire()):
            pass

    return body


racy = Program(A=increment, B=increment)
opposite = Program(A=both(lock, other), B=both(other, lock))
larger = Program.copies(three_times, 3)


# What is a budget -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max_states", "max_seconds", "max_memory"])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (0.0, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (True, TypeError),
        ("2G", TypeError),
        (Decimal(3), TypeError),
        (1j, TypeError),
        ([], TypeError),
    ],
)
def test_what_is_no_budget_is_refused(name, wrong, error):
    with pytest.raises(error) as caught:
        explore(racy, **{name: wrong})
    assert str(caught.value) == f"{name} was expecting a positive number (None: no limit), but got {wrong!r}"


@pytest.mark.parametrize("name", ["max_states", "max_seconds", "max_memory"])
def test_a_budget_may_be_larger_than_any_float(name):
    assert explore(racy, **{name: 10**400}).claim == "complete"


# Memory -----------------------------------------------------------------------------------------------------------------


def growing(monkeypatch, by=MB):
    """Let the process take more memory at every look."""
    taken = count(50 * MB, by)
    monkeypatch.setattr(memory, "taken", lambda: next(taken))


def test_a_budget_of_memory_ends_in_a_partial_claim(monkeypatch):
    growing(monkeypatch)
    result = explore(larger, max_memory=3 * MB)
    assert (result.claim, result.claim.reason) == ("partial", "the budget of 3 MB of memory ran out")
    assert 0 < result.states < explore(larger).states


def test_exploring_stops_before_the_machine_swaps(monkeypatch):
    growing(monkeypatch)
    monkeypatch.setattr(memory, "spare", lambda: 2 * MB)
    monkeypatch.setattr(budget, "STATES_BETWEEN_MEMORY_LOOKS", 10)
    result = explore(larger)
    assert (result.claim, result.claim.reason) == ("partial", "the machine would soon be out of memory: 2 MB were taken")


def test_memory_that_nobody_tells_is_watched_by_nobody(monkeypatch):
    monkeypatch.setattr(memory, "taken", lambda: None)
    monkeypatch.setattr(budget, "STATES_BETWEEN_MEMORY_LOOKS", 10)
    assert memory.spare() is None
    assert explore(larger).claim == "complete"
    with pytest.raises(ValueError, match=r"^max_memory cannot be kept: this system does not tell how much memory"):
        explore(larger, max_memory=MB)


def test_this_process_takes_some_memory_and_may_take_more():
    assert memory.taken() is None or memory.taken() > MB
    assert memory.spare() is None or memory.spare() > 0


def test_without_proc_the_peak_will_do(monkeypatch, tmp_path):
    resource = pytest.importorskip("resource", reason="there is none on Windows")
    monkeypatch.setattr(memory, "PROC", tmp_path)
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(memory.sys, "platform", "linux")
    assert memory.taken() >= peak * 1024
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert peak <= memory.taken() < peak * 1024
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PHYS_PAGES": 1_000, "SC_PAGE_SIZE": 4_096}.__getitem__)
    assert memory.spare() == 2_048_000  # half of all memory, as nobody tells what is free


@pytest.fixture
def system(monkeypatch, tmp_path):
    """A made-up system: what /proc and the control groups say."""

    def make(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    make(proc__meminfo="MemTotal: 9000 kB\nMemAvailable: 8000 kB\nHugePages_Total: 0\n", proc__self__statm="9 5 1 1 0 1 0")
    return make


def test_three_quarters_of_what_is_free_may_be_taken(system):
    assert memory.spare() == 8_000 * 1024 * 3 // 4


def test_a_limit_of_the_container_counts(system):
    system(
        proc__self__cgroup="0::/app/web\n",
        groups__app__web__memory_dot_max="max\n",
        groups__app__web__memory_dot_current="1000\n",
        groups__app__memory_dot_max="500000\n",
        groups__app__memory_dot_current="200000\n",
        groups__app__memory_dot_stat="anon 1\ninactive_file 60000\n",  # what can be dropped at any time
    )
    assert memory.spare() == (500_000 - 200_000 + 60_000) * 3 // 4


def test_a_container_that_sees_its_own_group_as_the_root(system):
    system(
        proc__self__cgroup="0::/docker/0123\n",
        groups__memory_dot_max="400000\n",
        groups__memory_dot_current="300000\n",
    )
    assert memory.spare() == 75_000


def test_control_groups_of_the_first_version(system):
    names = {"limit_in_bytes": "800000", "usage_in_bytes": "500000", "stat": "inactive_file 7\ntotal_inactive_file 20000"}
    system(
        proc__self__cgroup="12:cpuset:/\n4:cpu,memory:/app\n0::/\n",
        **{f"groups__memory__app__memory_dot_{name}": text for name, text in names.items()},
    )
    assert memory.spare() == (800_000 - 500_000 + 20_000) * 3 // 4


def test_more_taken_than_allowed_leaves_nothing(system):
    system(proc__self__cgroup="0::/\n", groups__memory_dot_max="5\n", groups__memory_dot_current="9\n")
    assert memory.spare() == 0


def test_files_that_make_no_sense_are_no_limit(system):
    system(proc__self__cgroup="nonsense\n4:memory\n0::/\n", groups__memory_dot_max="?\n", groups__memory_dot_current="9\n")
    assert memory.spare() == 8_000 * 1024 * 3 // 4


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 bytes"), (999, "999 bytes"), (1_000, "1 kB"), (2_345_678, "2.35 MB"), (2e9, "2 GB"), (1e16, "1e+04 TB")],
)
def test_bytes_are_said_as_people_do(number, text):
    assert in_bytes(number) == text


# Interrupts -------------------------------------------------------------------------------------------------------------


def stop(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("phase", "outcomes"),
    [
        ("statespace.confirm", 2),
        ("statespace.spot_check", 2),
        ("summaries.simplest_paths", 2),
        ("summaries.probability_of", 0),
    ],
)
def test_an_interrupt_after_counting_loses_no_count(monkeypatch, phase, outcomes):
    module, name = phase.split(".")
    monkeypatch.setattr({"statespace": statespace, "summaries": summaries}[module], name, stop)
    result = explore(racy, invariant=lambda state: state[counter] < 2)
    assert (result.claim, result.claim.reason) == ("partial", "interrupted")
    assert (result.interleavings, len(result.outcomes), result.endless) == (6, outcomes, False)
    assert all(one.share is None and one.probability is None for one in result.outcomes)
    assert sum(one.interleavings for one in result.outcomes) == (6 if outcomes else 0)
    assert [str(execution.schedule) for execution in result.violations] == ["AABB"]
    assert all(one.example.outcome == one.outcome for one in result.outcomes)


def test_an_interrupt_while_the_invariant_is_asked_loses_no_count():
    asked = count()

    def invariant(state):
        if next(asked) == 2:
            raise KeyboardInterrupt
        return state[counter] < 2

    result = explore(racy, invariant=invariant)
    assert (result.claim, result.claim.reason, result.interleavings) == ("partial", "interrupted", 6)


def test_an_interrupt_while_outcomes_are_listed_keeps_those_that_were():
    asked = count()

    def observe(final):
        if next(asked) == 5:
            raise KeyboardInterrupt
        return final[counter]

    result = explore(larger, observe=observe)
    assert (result.claim, result.interleavings) == ("partial", explore(larger).interleavings)
    assert 0 < len(result.outcomes) < len(explore(larger).outcomes)


@pytest.mark.parametrize("phase", ["confirm", "spot_check"])
def test_a_thread_that_computes_for_long_while_it_is_confirmed_is_named(monkeypatch, phase):
    def interrupted(*_):
        raise Interrupted("thread A was computing")

    monkeypatch.setattr(statespace, phase, interrupted)
    with pytest.raises(Interrupted, match="thread A was computing"):
        explore(racy)


def test_real_threads_are_not_compared_with_half_an_answer(monkeypatch):
    growing(monkeypatch)
    monkeypatch.setattr(memory, "spare", lambda: 2 * MB)
    monkeypatch.setattr(budget, "STATES_BETWEEN_MEMORY_LOOKS", 10)
    with pytest.raises(
        Inconclusive, match=r"^there is nothing to compare real threads with: the machine would soon be out of"
    ):
        crosscheck(larger)


# The live line ----------------------------------------------------------------------------------------------------------


def test_the_live_line_tells_states_rate_frontier_and_outcomes():
    watch = Watch(None, None, False)
    assert watch.sign(5_000, 70, (), 2.0) == "5,000 states, 2,500 a second, 70 waiting, 2 s"
    watch.listen(lambda end: end % 3)
    ends = dict.fromkeys((3, 6, 7))
    assert watch.sign(5_000, 70, ends, 2.0) == "5,000 states, 2,500 a second, 70 waiting, 2 outcomes so far, 2 s"
    assert watch.sign(5_000, 0, ends | {8: 0}, 4.0) == "5,000 states, 1,250 a second, 0 waiting, 3 outcomes so far, 4 s"
    assert watch.sign(10, 0, [9], 1.0) == "10 states, 10 a second, 0 waiting, 1 outcome so far, 1 s"  # it has begun again


def test_very_many_ends_are_not_all_looked_at_for_the_live_line(monkeypatch):
    monkeypatch.setattr(budget, "OUTCOMES_BETWEEN_SIGNS", 2)
    watch = Watch(None, None, False)
    watch.listen(lambda end: end)
    assert "at least 2 outcomes so far" in watch.sign(9, 9, range(3), 1.0)
    assert ", 3 outcomes so far" in watch.sign(9, 9, range(3), 1.0)


def test_a_walk_tells_its_ends_to_the_live_line(monkeypatch):
    signs = []

    def look(self, states, frontier, ends=()):
        signs.append(self.sign(states, frontier, ends, 1.0))
        return ""

    monkeypatch.setattr(budget.Watch, "look", look)
    monkeypatch.setattr(layers, "TRANSITIONS_BETWEEN_LOOKS", 1)
    explore(opposite, symmetry=False)
    assert " 2 outcomes so far" in signs[-1] or " 1 outcome so far" in signs[-1]
    explore(opposite, preemptions=1)
    assert "so far" in signs[-1]


# An estimate ------------------------------------------------------------------------------------------------------------


class Script:
    """Chooses as it is told, and notes among how many."""

    def __init__(self, choices):
        self.choices = choices
        self.ways = []

    def randrange(self, ways):
        self.ways.append(ways)
        return self.choices[len(self.ways) - 1] if len(self.ways) <= len(self.choices) else 0


@pytest.mark.parametrize("program", [racy, opposite, Program(A=increment, B=three_times)])
def test_the_expected_value_of_a_probe_is_the_number_of_interleavings(program):
    machine, open_choices, leaves, expected = Machine(program), [()], 0, 0
    while open_choices:
        choices = open_choices.pop()
        script = Script(choices)
        product, steps = probe(machine, script, 100)
        assert steps == len(script.ways)
        chance = 1
        for ways in script.ways:
            chance *= ways
        expected += product / chance
        leaves += 1
        taken = choices + (0,) * (len(script.ways) - len(choices))
        for place in range(len(choices), len(taken)):
            open_choices += [(*taken[:place], other) for other in range(1, script.ways[place])]
    assert expected == leaves == explore(program).interleavings


def test_mean_and_standard_error_are_those_of_the_probes():
    import random

    machine, draw = Machine(larger, keep_all=True), random.Random(7)
    products = [probe(machine, draw, 100)[0] for _ in range(200)]
    estimated = estimate(larger, probes=200, seed=7)
    assert estimated.interleavings == round(statistics.mean(products))
    assert estimated.standard_error == pytest.approx(statistics.stdev(products) / 200**0.5, rel=1e-6)
    assert (estimated.probes, estimated.shortest, estimated.longest, estimated.cut) == (200, 18, 18, 0)
    exact = explore(larger).interleavings
    assert abs(estimated.interleavings - exact) < 4 * estimated.standard_error


def test_an_estimate_says_what_it_is_worth():
    assert str(estimate(racy)) == (
        "about 6 ± 1 interleavings, of 4 steps (1,000 random probes)\n"
        "an estimate, no bound: likely within two standard errors, unless most interleavings are where few probes go;\n"
        "how many states there are is another matter, and not estimated"
    )
    assert str(estimate(racy, probes=1)).endswith("too few probes to say how far it may be off")
    assert str(estimate(Program(A=three_times))) == (
        "about 1 ± 0 interleavings, of 6 steps (1,000 random probes)\n"
        "an estimate, no bound: all probes say the same, but others may say something else"
    )
    wild = Estimate(100, 90, 1_000, 4, 4)
    assert wild.worth() == "the probes differ so much that it may be off by a factor of ten and more"


def test_an_estimate_of_what_never_ends_is_none():
    def spins():
        while not (yield counter.read()):
            pass

    none = estimate(Program(A=waits_for_x), probes=50, longest=20)
    assert str(none) == "no estimate: of 50 random probes none came to an end within 20 steps"
    some = estimate(Program(A=spins, B=increment), longest=5)
    assert (some.cut > 0, some.longest, some.shortest) == (True, 5, 3)
    assert f"{some.cut:,} probes did not come to an end within 5 steps and count nothing" in str(some)
    short_ones = sum(1 for execution in bounded_interleavings(Program(A=spins, B=increment), 5))
    assert abs(some.interleavings - short_ones) <= 3 * some.standard_error


def bounded_interleavings(program, longest):
    """The interleavings of at most so many steps, by walking down the tree."""
    machine = Machine(program)
    open_states = [(machine.initial, 0)]
    while open_states:
        state, steps = open_states.pop()
        after = machine.successors(state)
        if not after:
            yield steps
        elif steps < longest:
            open_states += [(following, steps + 1) for following in after]


def test_numbers_larger_than_any_float_are_estimated():
    def many():
        for _ in range(400):
            yield x.write(1)

    estimated = estimate(Program.copies(many, 10), probes=3)
    assert estimated.interleavings > 10**3_000
    assert "e3" in str(estimated)
    assert estimated.to_data()["interleavings"] == estimated.interleavings


@pytest.mark.parametrize(
    ("number", "power", "text"),
    [(0, 0, "0"), (99_999, 0, "99,999"), (1, 5, "1.00e5"), (7, 120, "7.00e120"), (1, 5_000, "1.00e5000")],
)
def test_large_numbers_are_said_with_two_digits_and_the_power_of_ten(number, power, text):
    assert short(number * 10**power) == text


@pytest.mark.parametrize(
    "wrong", [{"probes": 0}, {"seconds": -1}, {"longest": 0}, {"probes": 1.5}, {"seconds": float("nan")}]
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="was expecting a positive "):
        estimate(racy, **wrong)


def test_an_estimate_makes_do_with_the_time_it_has(monkeypatch):
    ticks = count()
    clock = SimpleNamespace(perf_counter=lambda: next(ticks))
    monkeypatch.setattr("simulator.exploration.estimate.time", clock)
    assert estimate(racy, seconds=5).probes == 6


def test_an_interrupted_estimate_makes_do_with_the_probes_there_are(monkeypatch):
    probes = count()

    def interrupted(*_):
        if next(probes) == 3:
            raise KeyboardInterrupt
        return 6, 4

    monkeypatch.setattr("simulator.exploration.estimate.probe", interrupted)
    assert estimate(racy).probes == 3
    monkeypatch.setattr("simulator.exploration.estimate.probe", stop)
    with pytest.raises(KeyboardInterrupt):
        estimate(racy)


def test_the_same_seed_gives_the_same_estimate():
    assert estimate(larger, probes=100, seed=3) == estimate(larger, probes=100, seed=3)
    assert estimate(larger, probes=100, seed=3) != estimate(larger, probes=100, seed=4)
