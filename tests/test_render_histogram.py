"""The outcome histogram: its order, its two numbers, and what is hatched."""

import json
import re

from golden_pictures.deadlocked import counter, increment, opposite, racy

from simulator import Program, Shared, explore, sample
from simulator.errors import TooLarge
from simulator.render.interleavings.histogram import (
    LONGEST_BAR,
    SHORT_BAR,
    histogram_dot,
    histogram_json,
    histogram_text,
    rows,
)

x = Shared("x", 0)


def bars(dot):
    """The class and the length of every bar, in points."""
    found = re.findall(r'^  bar\d+_\d \[.*?width="([\d.]+)".*?class="bar ([a-z ]+)"', dot, re.MULTILINE)
    return [(kind, round(float(width) * 72)) for width, kind in found]


def test_share_and_probability_are_two_bars_to_one_scale():
    dot = histogram_dot(explore(racy), bad=lambda outcome: outcome.final[counter] < 2)
    assert bars(dot) == [("share bad", 300), ("probability bad", 225), ("share", 150), ("probability", 225)]
    assert LONGEST_BAR == 300
    assert "share 66.7%, 4 of 6" in dot
    assert "probability 50.0%" in dot


def test_bars_are_sorted_by_value_and_not_by_text():
    labels = [row.label for row in rows(explore(Program.copies(increment, 10)))]
    assert labels == [f"counter = {number}" for number in range(1, 11)]


def test_observed_values_are_sorted_as_numbers():
    def choose_sign(number):
        def body():
            yield x.write(number)

        return body

    program = Program(A=choose_sign(-5), B=choose_sign(12), C=choose_sign(3))
    result = explore(program, observe=lambda final: final[x])
    assert [row.label for row in rows(result)] == ["-5", "3", "12"]


def test_what_is_bad_is_hatched_and_marked():
    result = explore(opposite)
    assert [row.is_bad for row in rows(result)] == [False, True]
    dot = histogram_dot(result)
    assert dot.count('class="hatch"') == 2
    assert histogram_text(result).count("! deadlock, left and right still locked  share        ////") == 1
    assert "Hatched" in dot
    assert "Hatched" not in histogram_dot(explore(racy))


def test_a_sample_has_one_bar_and_says_what_it_is_worth():
    result = sample(racy, runs=200, seed=3)
    dot = histogram_dot(result)
    assert {kind for kind, _ in bars(dot)} == {"runs"}
    assert "of 200 runs" in dot
    assert "Claim: sampled" in dot
    assert "python -m simulator" not in dot  # a sample is drawn with sample, and not again with draw


def test_within_a_bound_there_is_no_probability_and_without_an_end_no_share():
    assert {bar.kind for row in rows(explore(racy, preemptions=1)) for bar in row.bars} == {"share"}

    def spin():
        while not (yield x.read()):
            pass

    def go():
        yield x.write(1)

    endless = explore(Program(A=spin, B=go))
    assert [(bar.part, bar.number) for row in rows(endless) for bar in row.bars] == [(0, "endlessly many")]
    assert "  x = 1  interleavings   endlessly many\n" in histogram_text(endless)
    assert (bars(histogram_dot(endless)), "interleavings endlessly many" in histogram_dot(endless)) == ([], True)


def test_without_an_outcome_it_says_so():
    def spin():
        while True:
            yield x.read()

    program = Program(A=spin)
    assert histogram_text(explore(program)).split("\n")[:4] == [
        "outcome histogram",
        "",
        "Outcome histogram: endlessly many interleavings (a loop can spin for ever), 0 outcomes, 1 state.",
        "No interleaving comes to an end.",
    ]
    assert "No interleaving comes to an end." in histogram_dot(explore(program))
    assert "No end was met." in histogram_text(explore(Program.copies(increment, 3), max_states=2))


def test_the_text_fits_in_a_terminal():
    for program in (racy, opposite, Program.copies(increment, 3)):
        drawn = histogram_text(explore(program), caption="").split("\n")
        assert max(map(len, drawn)) <= 80
        assert max(line.count("█") for line in drawn) >= SHORT_BAR


def test_too_many_outcomes_are_refused_with_advice(raises_in_full):
    def write(number):
        def body():
            yield x.write(number)

        return body

    many = Program(**{f"T{number}": write(number) for number in range(31)})
    result = sample(many, runs=2_000, seed=1)
    assert len(result.outcomes) == 31
    raises_in_full(
        TooLarge,
        "there are 31 different outcomes, and nobody could read a histogram of more than 30.\n"
        "Say what you want to see of them: explore(program, observe=lambda final: final[counter]) groups them by that;\n"
        "or print(exploration), which lists them all.",
        lambda: histogram_dot(result),
    )


def test_json_has_the_exact_numbers():
    data = json.loads(histogram_json(explore(racy)))
    assert [(bar["label"], bar["interleavings"], bar["share"], bar["probability"]) for bar in data["bars"]] == [
        ("counter = 1", 4, "2/3", 0.5),
        ("counter = 2", 2, "1/3", 0.5),
    ]
    assert (data["claim"], data["interleavings"]) == ("complete", 6)
