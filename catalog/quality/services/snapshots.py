"""The points of the trend: one for each day on which a score was not out of date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.products.states import LISTED, Visibility

KEPT_DAYS = 400  # of points: the longest trend and some
BATCH = 20_000  # rows of a statement
MOST_FORGOTTEN = 400_000  # rows that go in one run; the others go in the next
ZERO = "00000000-0000-0000-0000-000000000000"
POINTS = """
WITH page AS (
    SELECT id, quality_score, quality_coverage, quality_stale_at FROM products_dataproduct
    WHERE id > %(after)s ORDER BY id LIMIT %(batch)s
), put AS (
    INSERT INTO quality_scoresnapshot (product_id, day, score, coverage)
    SELECT id, %(day)s, quality_score, quality_coverage FROM page
    WHERE quality_score IS NOT NULL AND quality_stale_at > %(now)s
    ON CONFLICT (product_id, day) DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM page),
    (SELECT id FROM page ORDER BY id DESC LIMIT 1)
"""
SUMS = """
INSERT INTO quality_domainday (domain_id, day, total, products)
SELECT product.domain_id, point.day, sum(point.score), count(*)
FROM quality_scoresnapshot point JOIN products_dataproduct product ON product.id = point.product_id
WHERE point.day >= %(since)s AND product.visibility = %(open)s AND product.status = ANY(%(listed)s)
GROUP BY 1, 2
ON CONFLICT (domain_id, day) DO UPDATE SET total = excluded.total, products = excluded.products
"""
FORGET = """
DELETE FROM quality_scoresnapshot WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM quality_scoresnapshot WHERE day < %s LIMIT %s))
"""


@transaction.atomic
def keep_days() -> int:
    """Write today's point of each product whose score is not out of date; returns how many.

    A result writes the point of its day itself; this is for the days on which nothing was
    measured and the last result still holds. From when it does not hold any more there is no point,
    and the trend shows the gap. Then what the domains add up to, and the end of what is too old.

    Cost: one statement for every 20,000 products, and two.
    """
    now = timezone.now()
    made, after = 0, ZERO
    while True:
        put, read, last = _run(
            POINTS, {"after": after, "batch": BATCH, "day": now.date(), "now": now}
        )
        made += put
        if read < BATCH:
            break
        after = str(last)
    add_up_days(since=now.date())
    forget_days()
    return made


@transaction.atomic
def add_up_days(*, since: dt.date) -> None:
    """What the points of each domain's own products add up to, a day. One statement."""
    with connection.cursor() as cursor:
        listed = [str(each) for each in LISTED]
        asked: dict[str, Any] = {"since": since, "open": Visibility.COMPANY.value, "listed": listed}
        cursor.execute(SUMS, asked)


@transaction.atomic
def forget_days() -> int:
    """Drop points past keeping; returns how many went. At most 20 statements of 20,000 rows."""
    oldest = timezone.now().date() - dt.timedelta(days=KEPT_DAYS)
    gone = 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM quality_domainday WHERE day < %s", [oldest])
        while gone < MOST_FORGOTTEN:
            cursor.execute(FORGET, [oldest, BATCH])
            gone += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    return gone


def _run(statement: str, asked: dict[str, Any]) -> tuple[int, int, object]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        [row] = cursor.fetchall()
    put, read, last = row
    return put, read, last
