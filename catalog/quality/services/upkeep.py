"""The months that results are kept in."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

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


@transaction.atomic
def keep_months() -> int:
    """Give each month of results a partition and drop those past keeping; returns how many went.

    A result of a month that has no partition is in the default one until this has run. A check
    knows its latest result itself, however old.
    """
    this = timezone.now().date().replace(day=1)
    oldest = _shifted(this, -KEPT_MONTHS)
    known = _months()
    gone = [month for month in known if month < oldest]
    for month in gone:
        _call("SELECT quality_drop_month(%s)", month)
    CheckResult.objects.filter(at__lt=_midnight(oldest)).delete()
    for month in sorted(_wanted(this) - known):
        _call("SELECT quality_set_month_apart(%s)", month)
    return len(gone)


def _wanted(this: dt.date) -> set[dt.date]:
    """The months to come, and those of rows that wait in the default partition."""
    coming = {_shifted(this, ahead) for ahead in range(AHEAD_MONTHS + 1)}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date_trunc('month', at, 'UTC')::date FROM {REST}")  # noqa: S608
        return coming | {month for (month,) in cursor.fetchall()}


def _months() -> set[dt.date]:
    """The first days of the months that have a partition."""
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [TABLE, REST])
        names = [name for (name,) in cursor.fetchall()]
    return {dt.date.fromisoformat(name[-7:].replace("_", "-") + "-01") for name in names}


def _call(function: str, month: dt.date) -> None:
    """The application's role may make no table: the functions of the migration may."""
    with connection.cursor() as cursor:
        cursor.execute(function, [month])


def _shifted(month: dt.date, by: int) -> dt.date:
    years, rest = divmod(month.year * 12 + month.month - 1 + by, 12)
    return dt.date(years, rest + 1, 1)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
