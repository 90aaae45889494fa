"""One clock for everybody: the database's; and days, which begin and end in UTC."""

import datetime as dt

from django.db import connection


def db_now() -> dt.datetime:
    """The database's wall clock, with time zone; unlike `now()` it moves inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    now: dt.datetime = row[0]
    return now


def start_of_day(day: dt.date) -> dt.datetime:
    """The first moment of `day`, UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def end_of_day(day: dt.date) -> dt.datetime:
    """The last second of `day`, UTC."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC)


def parse_day(text: str) -> dt.date | None:
    """A day as forms and scripts send it; None when it is none."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
