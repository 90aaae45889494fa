"""When a check is due: cron in five fields, or an interval in words; UTC."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DAY_S = 86_400
LEAST_S = 300  # a check runs at most so often
MOST_S = 366 * DAY_S
HORIZON_DAYS = 366 * 8 + 1  # 29 February comes within
LONGEST = 100  # characters
NAMED: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
INTERVALS: Mapping[str, int] = {
    "hourly": 3_600,
    "daily": DAY_S,
    "nightly": DAY_S,
    "weekly": 7 * DAY_S,
    "monthly": 30 * DAY_S,
}
UNITS: Mapping[str, int] = {
    "s": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3_600, "hour": 3_600,
    "d": DAY_S, "day": DAY_S,
    "w": 7 * DAY_S, "week": 7 * DAY_S,
}  # fmt: skip
EVERY = re.compile(r"(?:every\s+)?(\d{1,6})?\s*([a-z]{1,8})\Z")
ISO = re.compile(r"p(?:(\d{1,5})w)?(?:(\d{1,5})d)?(?:t(?:(\d{1,5})h)?(?:(\d{1,5})m)?)?\Z")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
PART = re.compile(r"(\*|[a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?(?:/(\d{1,2}))?\Z")


class Unreadable(ValueError):
    """Neither cron nor an interval."""


@dataclass(frozen=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    either: bool  # both kinds of days are named: one of them is enough

    def falls_on(self, day: dt.date) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week

    def after(self, moment: dt.datetime) -> dt.datetime | None:
        """The next time; None for a day that never comes, as 31 February."""
        start = moment.astimezone(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
        for ahead in range(HORIZON_DAYS):
            day = start.date() + dt.timedelta(days=ahead)
            if self.falls_on(day):
                earliest = start.time() if ahead == 0 else dt.time()
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        if dt.time(hour, minute) >= earliest:
                            return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC)
        return None


@dataclass(frozen=True)
class Schedule:
    """How often at the least, in seconds, and exactly when where cron says it."""

    every_s: int
    cron: Cron | None = None

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The next due time, not sooner than `LEAST_S` from `moment`."""
        soonest = moment + dt.timedelta(seconds=LEAST_S)
        if self.cron is None:
            return moment + dt.timedelta(seconds=self.every_s)
        found = self.cron.after(soonest - dt.timedelta(minutes=1))
        return max(found, soonest) if found else moment + dt.timedelta(seconds=MOST_S)


DAILY = Schedule(DAY_S)


def schedule_of(written: str) -> Schedule:
    """A schedule as a contract writes it; nothing means daily.

    Raises:
        Unreadable: what it says is neither cron nor an interval, or a day that never comes.
    """
    text = " ".join(written.lower().split())
    if not text:
        return DAILY
    if len(text) > LONGEST:
        raise Unreadable(written)
    every_s = _interval(text)
    if every_s is not None:
        return Schedule(min(max(every_s, LEAST_S), MOST_S))
    cron = _cron(NAMED.get(text, text))
    return Schedule(_longest_gap(cron, written), cron)


def next_due(written: str, every_s: int, moment: dt.datetime) -> dt.datetime:
    """When a check is due after `moment`; one that cannot be read goes by its seconds."""
    try:
        found = schedule_of(written) if written else Schedule(every_s)
    except Unreadable:
        found = Schedule(every_s)
    return found.after(moment)


def _interval(text: str) -> int | None:
    if text in INTERVALS:
        return INTERVALS[text]
    iso = ISO.match(text)
    if iso and any(iso.groups()):
        sizes = (7 * DAY_S, DAY_S, 3_600, 60)
        return sum(int(n or 0) * size for n, size in zip(iso.groups(), sizes, strict=True)) or None
    found = EVERY.match(text)
    if found is None or not (found[1] or text.startswith("every ")):
        return None
    unit = UNITS.get(found[2]) or UNITS.get(found[2].rstrip("s"))
    return int(found[1] or 1) * unit or None if unit else None


def _cron(text: str) -> Cron:
    fields = text.split(" ")
    if len(fields) != len(BOUNDS):
        raise Unreadable(text)
    minutes, hours, days, months, weekdays = (
        _field(field, *bounds, names)
        for field, bounds, names in zip(fields, BOUNDS, ((), (), (), MONTHS, DAYS), strict=True)
    )
    return Cron(
        minutes,
        hours,
        days,
        months,
        frozenset(each % 7 for each in weekdays),
        either=not (fields[2].startswith("*") or fields[4].startswith("*")),
    )


def _field(text: str, low: int, high: int, names: Sequence[str]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = PART.match(part)
        if match is None:
            raise Unreadable(text)
        first, last, step = match.groups()
        start = low if first == "*" else _number(first, low, names)
        open_ended = first == "*" or (step and last is None)
        end = high if open_ended else _number(last or first, low, names)
        every = int(step or 1)
        if (first == "*" and last) or every < 1 or not low <= start <= end <= high:
            raise Unreadable(text)
        found.update(range(start, end + 1, every))
    return frozenset(found)


def _number(text: str, low: int, names: Sequence[str]) -> int:
    if text.isdigit():
        return int(text)
    if text not in names:
        raise Unreadable(text)
    return names.index(text) + low


def _longest_gap(cron: Cron, written: str) -> int:
    """The longest time between two runs, in seconds, as far as some weeks show it."""
    last = cron.after(dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    if last is None:
        raise Unreadable(written)
    gap = 0.0
    for _ in range(60):
        following = cron.after(last)
        assert following is not None  # what came once comes again
        gap, last = max(gap, (following - last).total_seconds()), following
    return int(min(max(gap, LEAST_S), MOST_S))
