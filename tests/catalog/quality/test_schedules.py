"""When checks are due: cron as its readers expect it, intervals, and what cannot be read."""

import datetime as dt

import pytest

from catalog.quality.schedules import LEAST_S, Unreadable, next_due, schedule_of

THURSDAY = dt.datetime(2026, 11, 26, 12, 30, tzinfo=dt.UTC)
DAY = 86_400


def at(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("written", "due", "every_s"),
    [
        ("0 20 * * *", at(26, 20), DAY),
        ("0 6 * * *", at(27, 6), DAY),
        ("*/15 * * * *", at(26, 12, 45), 900),
        ("40 * * * *", at(26, 12, 40), 3_600),
        ("0 8-10/2,14 * * *", at(26, 14), 18 * 3_600),
        ("0 9 * * mon-fri", at(27, 9), 3 * DAY),
        ("0 9 * * 7", at(29, 9), 7 * DAY),
        ("0 0 1 jan *", at(1, 0, month=1, year=2027), 366 * DAY),
        ("0 0 1 * fri", at(27, 0), 7 * DAY),  # either: the first of the month, and each Friday
        ("0 0 29 2 *", at(29, 0, month=2, year=2028), 366 * DAY),
        ("@daily", at(27, 0), DAY),
        ("hourly", at(26, 13, 30), 3_600),
        ("every 6 hours", at(26, 18, 30), 6 * 3_600),
        ("every day", at(27, 12, 30), DAY),
        ("12h", at(27, 0, 30), 12 * 3_600),
        ("PT6H", at(26, 18, 30), 6 * 3_600),
        ("P1D", at(27, 12, 30), DAY),
        ("", at(27, 12, 30), DAY),
        ("* * * * *", at(26, 12, 35), LEAST_S),  # no oftener than every five minutes
        ("1 s", at(26, 12, 35), LEAST_S),
    ],
)
def test_the_next_time(written, due, every_s):
    schedule = schedule_of(written)

    assert schedule.after(THURSDAY) == due
    assert schedule.every_s == every_s


@pytest.mark.parametrize(
    "written",
    [
        "whenever", "0 20 * *", "0 20 * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
        "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "0 0 31 2 *", "*-3 * * * *",
        "0 0 * * monday", "a,b * * * *", "rate(1 day)", "0 h", "½ d", "x" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_the_seconds_count(written):
    with pytest.raises(Unreadable):
        schedule_of(written)

    assert next_due(written, 3_600, THURSDAY) == at(26, 13, 30)


def test_other_time_zones_are_reckoned_in_utc():
    there = THURSDAY.astimezone(dt.timezone(dt.timedelta(hours=9)))

    assert schedule_of("0 20 * * *").after(there) == at(26, 20)
