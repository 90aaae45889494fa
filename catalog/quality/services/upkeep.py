"""The months that results are kept in."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from catalog.quality.models import CheckResult

TABLE = CheckResult._meta.db_table
REST = f"{TABLE}_rest"  # the default partition
KEPT_MONTHS = 13  # before the present one
AHEAD_MONTHS = 2  # made before they come
PARTITIONS = """
SELECT child.relname FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = %s::regclass AND child.relname <> %s
"""
SET_APART = """
CREATE TABLE {month} (LIKE {table} INCLUDING ALL);
WITH moved AS (DELETE FROM {rest} WHERE at >= {first} AND at < {next} RETURNING *)
INSERT INTO {month} SELECT * FROM moved;
ALTER TABLE {table} ATTACH PARTITION {month} FOR VALUES FROM ({first}) TO ({next});
"""


@transaction.atomic
def keep_months() -> int:
    """Give each month of results a partition and drop those past keeping; returns how many went.

    A result of a month that has no partition is in the default one until this has run. A check
    knows its latest result itself, however old.
    """
    this = timezone.now().date().replace(day=1)
    oldest = _shifted(this, -KEPT_MONTHS)
    known = _partitions()
    gone = [name for name, month in known.items() if month < oldest]
    for name in gone:
        _run(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    CheckResult.objects.filter(at__lt=_midnight(oldest)).delete()
    for month in sorted(_wanted(this) - set(known.values())):
        _set_apart(month)
    return len(gone)


def _wanted(this: dt.date) -> set[dt.date]:
    """The months to come, and those of rows that wait in the default partition."""
    coming = {_shifted(this, ahead) for ahead in range(AHEAD_MONTHS + 1)}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date_trunc('month', at, 'UTC')::date FROM {REST}")  # noqa: S608
        return coming | {month for (month,) in cursor.fetchall()}


def _set_apart(month: dt.date) -> None:
    following = _shifted(month, 1)
    statement = sql.SQL(SET_APART).format(
        table=sql.Identifier(TABLE),
        rest=sql.Identifier(REST),
        month=sql.Identifier(_name(month)),
        first=sql.Literal(_midnight(month).isoformat()),
        next=sql.Literal(_midnight(following).isoformat()),
    )
    _run(statement)


def _partitions() -> dict[str, dt.date]:
    """First day of the month by name of the partition."""
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [TABLE, REST])
        names = [name for (name,) in cursor.fetchall()]
    return {name: dt.date.fromisoformat(name[-7:].replace("_", "-") + "-01") for name in names}


def _name(month: dt.date) -> str:
    return f"{TABLE}_{month:%Y_%m}"


def _shifted(month: dt.date, by: int) -> dt.date:
    years, rest = divmod(month.year * 12 + month.month - 1 + by, 12)
    return dt.date(years, rest + 1, 1)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _run(statement: sql.Composed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None))
