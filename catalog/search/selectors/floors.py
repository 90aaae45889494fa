"""Of a word that very many rows hold, only the most trusted rows are worth a look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from django.db import connection

from catalog.search.selectors.asking import Asked
from catalog.search.selectors.passes import CAP

ENOUGH = CAP  # matches; so many are all read
WANTED = 1_500  # matches above the floor, so that filters leave a page of them

# What ANALYZE knows of the ranks; nothing in a new database.
SPREAD = """
SELECT reltuples::bigint, most_common_vals::text::float8[], most_common_freqs,
    histogram_bounds::text::float8[]
FROM pg_class LEFT JOIN pg_stats ON tablename = relname AND attname = 'rank'
WHERE pg_class.oid = 'search_searchentry'::regclass
"""


def floor_of(asked: Asked) -> float | None:
    """The rank above which about `WANTED` rows answer to the text; None where all can be read.

    Cost: one SQL statement where every word stands in many rows, else none.
    """
    if not asked.frequencies or min(asked.rows()) < ENOUGH:
        return None
    with connection.cursor() as cursor:
        cursor.execute(SPREAD)
        total, values, shares, bounds = cursor.fetchone() or (0, None, None, None)
    expected = _expected(asked.rows(), total)
    if expected < ENOUGH:
        return None
    return _quantile(WANTED / expected, list(zip(values or (), shares or (), strict=True)), bounds)


def _expected(rows: Sequence[int], total: int) -> float:
    """Rows that hold all the words: what is asked for together also stands together, so more than
    chance would have, and at most as many as hold the rarest."""
    rarest, *others = sorted(rows)
    return rarest * prod(each / max(total, 1) for each in others) ** 0.5


def _quantile(
    share: float, common: Iterable[tuple[float, float]], bounds: Sequence[float] | None
) -> float | None:
    """The rank that this share of rows reaches."""
    weighed = list(common)
    if bounds:  # as many rows stand between each two; the last one is the highest of all
        each = (1 - sum(weight for _, weight in weighed)) / (len(bounds) - 1)
        weighed += [(value, each) for value in bounds[:-1]]
    reached = 0.0
    for value, weight in sorted(weighed, reverse=True):
        reached += weight
        if reached >= share:
            return value
    return None
