"""Words and numbers as sentences have them."""

import pytest

from simulator.words import arrows, count, listed, percent, times


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, "0%"),
        (1, "100%"),
        (1e-9, "1 in 1,000,000,000"),
        (0.0004, "1 in 2,500"),
        (0.0006, "0.1%"),
        (0.1234, "12.3%"),
        (0.9994, "99.9%"),
        (0.9996, "99.96%"),
        (0.99999999, "99.99%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_and_never_to_everything(part, text):
    assert percent(part) == text


def test_one_thing_and_several():
    assert [count(number, "unit") for number in (0, 1, 2, 2_000)] == ["0 units", "1 unit", "2 units", "2,000 units"]
    assert [count(number, "class", "classes") for number in (1, 2)] == ["1 class", "2 classes"]
    assert [times(number) for number in range(4)] == ["never", "once", "twice", "3 times"]


def test_names_in_a_row():
    assert [listed("ABC"[:number]) for number in range(4)] == ["", "A", "A and B", "A, B and C"]
    assert arrows("AB") == "A → B → A"
