"""One clock for everybody: the database's."""

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
