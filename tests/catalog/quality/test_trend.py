"""Where the lines of trends and histories run, on plain data."""

import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from catalog.quality.trend import PLOT_HEIGHT, history, trend

TODAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def days(*ago, score=90.0):
    return [(TODAY - dt.timedelta(days=each), score) for each in ago]


def test_days_that_follow_each_other_are_one_line():
    drawn = trend(days(3, 2, 1, 0), days=30, today=TODAY)

    assert drawn.path.count("M") == 1
    assert drawn.gaps == 0
    assert drawn.path.startswith("M27 ")


def test_a_gap_breaks_the_line_and_is_counted():
    drawn = trend(days(9, 8, 4, 0), days=30, today=TODAY)

    assert drawn.path.count("M") == 3
    assert drawn.gaps == 6
    assert drawn.path.count("h0.6") == 2  # those that stand alone can be seen


def test_fewer_than_two_days_are_no_line():
    assert trend(days(3), days=30, today=TODAY) is None


def test_stretches_are_marked_inside_the_drawing():
    def day(ago):
        return TODAY - dt.timedelta(days=ago)

    drawn = trend(
        days(3, 2),
        days=30,
        today=TODAY,
        marks=[
            (day(40), day(28), "began before", "/x"),
            (day(5), day(5), "a day", ""),
            (day(2), None, "goes on", ""),
        ],
    )

    assert [(each.x, each.width) for each in drawn.bands] == [(0, 2), (25, 0.6), (28, 2)]


@given(
    st.lists(st.tuples(st.floats(0, 89), st.floats(-1e6, 1e6), st.booleans()), min_size=2),
    st.lists(st.floats(-1e6, 1e6), max_size=2),
)
def test_a_history_lies_inside_its_axis(rows, limits):
    points = [(NOW - dt.timedelta(days=ago), value, ok) for ago, value, ok in sorted(rows)[::-1]]

    drawn = history(points, days=90, now=NOW, limits=limits)

    heights = [float(y) for y in re.findall(r"[\d.e+-]+ (-?[\d.]+)", drawn.path)]
    for y in [*heights, *drawn.limits]:
        assert -0.1 <= y <= PLOT_HEIGHT + 0.1
    assert len(drawn.misses) == sum(not ok for _, _, ok in rows)


def test_shares_have_an_axis_that_ends_at_all_of_it():
    points = [(NOW - dt.timedelta(days=n), 100 - n, True) for n in range(5, -1, -1)]

    drawn = history(points, days=30, now=NOW, unit="%")

    assert [each.text for each in drawn.labels] == ["100%", "90%", "80%", "70%"]


def test_values_have_an_axis_of_even_numbers():
    points = [(NOW, 12_000.0, True), (NOW, 13_900.0, True)]

    drawn = history(points, days=30, now=NOW, limits=[10_000])

    assert [each.text for each in drawn.labels] == ["16,000", "14,000", "12,000", "10,000"]
