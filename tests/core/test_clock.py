"""Days as people send them."""

import datetime as dt

import pytest

from core.clock import end_of_day, start_of_day


@pytest.mark.parametrize("day", [dt.date.min, dt.date(2026, 2, 28), dt.date.max])
def test_each_day_that_can_be_written_has_an_end(day):
    assert end_of_day(day) - start_of_day(day) == dt.timedelta(hours=23, minutes=59, seconds=59)
    assert end_of_day(day).date() == day
