"""Schedules are data: what is printed can be read back, whatever the names are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import Schedule, ScheduleError

names = st.one_of(
    st.sampled_from(["A", "B", "É", "a", "b", "AB", "BA", "ABC", "T27", "T1", "producer", "_", "Ab", "aB", "ß", "É1", "ΑΒ"]),
    st.text(st.characters(blacklist_categories=["Z", "C"], blacklist_characters="*"), min_size=1, max_size=4),
)
schedules = (
    st.lists(names, min_size=1, max_size=5)
    .flatmap(lambda pool: st.lists(st.tuples(st.sampled_from(pool), st.integers(1, 40)), max_size=8))
    .map(lambda runs: Schedule([name for name, times in runs for _ in range(times)]))
)


@given(schedules)
def test_what_is_printed_is_read_back(schedule):
    assert Schedule.parse(str(schedule)) == schedule
    assert Schedule.parse(str(schedule), sorted(set(schedule))) == schedule


@given(schedules)
def test_a_schedule_is_its_names_and_nothing_else(schedule):
    assert schedule == tuple(schedule)
    assert eval(repr(schedule), {"Schedule": Schedule.parse}) == schedule
    assert hash(schedule) == hash(Schedule(schedule))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("ABAB", list("ABAB")),
        ("A B A", list("ABA")),
        ("A*3 B A", list("AAABA")),
        ("A*0 B", ["B"]),
        ("producer consumer*2", ["producer", "consumer", "consumer"]),
        ("AB*2", ["AB", "AB"]),
        ("AB*1 A", ["AB", "A"]),
        ("AB producer C*2", ["A", "B", "producer", "C", "C"]),
        ("  A\n\tB ", ["A", "B"]),
        ("T27 T1", ["T27", "T1"]),
        ("ab", ["ab"]),
    ],
)
def test_the_three_spellings_can_be_mixed(text, steps):
    assert list(Schedule.parse(text)) == steps


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([], ""),
        ("ABAB", "ABAB"),
        ("A" * 60, "A" * 60),
        ("A" * 61, "A*61"),
        ("A" * 1000 + "B" + "AAA", "A*1000 B A*3"),
        (["AB"], "AB*1"),
        (["AB", "AB", "A"], "AB*2 A"),
        (["a", "b"], "a b"),
        (["a", "a"], "a*2"),
        (["producer", "consumer", "consumer"], "producer consumer*2"),
    ],
)
def test_a_schedule_prints_as_short_as_it_can_be_read(steps, text):
    assert str(Schedule(steps)) == text


@pytest.mark.parametrize("text", ["A*", "*3", "A**2", "A*x", "A*-1", "A*3B", "A*1*1", "*"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(ScheduleError, match="cannot read") as caught:
        Schedule.parse(text)
    assert caught.value.step == 0


def test_the_names_decide_what_letters_mean():
    assert list(Schedule.parse("AB", ["A", "B"])) == ["A", "B"]
    assert list(Schedule.parse("AB", ["AB", "C"])) == ["AB"]
    assert list(Schedule.parse("AB*2", ["A", "B"])) == list("ABAB")
    assert list(Schedule.parse("AB", ["A", "B", "AB"])) == ["A", "B"]
    assert list(Schedule.parse("AB*1", ["A", "B", "AB"])) == ["AB"]


def test_context_switches_are_counted():
    assert [Schedule(text).context_switches for text in ("", "A", "AAA", "AAB", "ABAB")] == [0, 0, 0, 1, 3]
