"""Incidents that follow from results and scores, in the transaction that stores them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.products.states import LISTED
from catalog.quality.bands import LOOKED_AT, Band, usual_band
from catalog.quality.models import Incident, QualityCheck
from catalog.quality.scores import SEVERITY_WEIGHTS
from catalog.quality.services.incidents_writing import (
    Breakage,
    Place,
    open_incidents,
    place_of,
    resolve_incidents,
)
from catalog.quality.states import Cause, Dimension, Origin, Outcome, Severity
from core.subqueries import among

# Of each check: when it failed first since it last passed, and how often since.
BROKE = """
SELECT asked.id, min(bad.at), count(*)
FROM unnest(%s::bigint[]) AS asked(id)
JOIN quality_checkresult bad ON bad.check_run_id = asked.id AND bad.outcome = 'fail'
    AND bad.at > coalesce((
        SELECT good.at FROM quality_checkresult good
        WHERE good.check_run_id = asked.id AND good.outcome = 'pass'
        ORDER BY good.at DESC LIMIT 1), '-infinity')
GROUP BY 1
"""
# The numbers that a check gave before, the newest first.
BEFORE = """
SELECT asked.id, before.value
FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked(id, at)
CROSS JOIN LATERAL (
    SELECT value FROM quality_checkresult
    WHERE check_run_id = asked.id AND at < asked.at AND value IS NOT NULL
    ORDER BY at DESC LIMIT %s
) AS before
"""


@dataclass(frozen=True)
class Watched:
    """What a product's owners want to be told about."""

    is_listed: bool
    name: str
    score: float | None
    threshold: float | None
    anomalies: bool


def follow_results(checks: Collection[QualityCheck]) -> None:
    """Open and resolve what the newest results of these checks say; the products are held.

    A rule of severity error or critical that fails opens one, a pass resolves it; `warn` and
    `error` do neither. What fails on while one is open joins it.

    Cost: two statements where nothing begins or ends.
    """
    if not checks:
        return
    product_ids = {check.port.product_id for check in checks}
    watched = _watched(product_ids)
    open_ones = _open_ones(checks, product_ids)
    outliers = _outliers([check for check in checks if _is_watched(check, watched)])
    broken = [
        check
        for check in checks
        if watched[check.port.product_id].is_listed and _is_broken(check, outliers)
    ]
    healthy = [
        check for check in checks if check.outcome == Outcome.PASS and check.pk not in outliers
    ]
    _join([open_ones[(check.pk,)] for check in broken if (check.pk,) in open_ones])
    new = [check for check in broken if (check.pk,) not in open_ones]
    open_incidents([*_breakages(new, outliers), *_low_scores(watched, open_ones)])
    ended = [open_ones[(check.pk,)] for check in healthy if (check.pk,) in open_ones]
    resolve_incidents(ended, note="The check passes again.")
    resolve_incidents(_mended_scores(watched, open_ones), note="The score is high enough again.")


def follow_scores(product_ids: Collection[UUID]) -> None:
    """The same for scores alone, after another threshold was set; the products are held."""
    watched, open_ones = _watched(product_ids), _open_ones((), product_ids)
    open_incidents(_low_scores(watched, open_ones))
    resolve_incidents(_mended_scores(watched, open_ones), note="The score is high enough.")


def severity_of(weight: float) -> str:
    """Of an incident, from the weight of its rule."""
    return Severity.CRITICAL if weight >= SEVERITY_WEIGHTS["critical"] else Severity.MAJOR


def _watched(product_ids: Collection[UUID]) -> dict[UUID, Watched]:
    settings = "quality_settings__"
    columns = ("status", "name", "quality_score")
    rows = DataProduct.objects.filter(pk__in=product_ids).values_list(
        *("pk", *columns, f"{settings}score_threshold", f"{settings}watches_anomalies")
    )
    return {
        pk: Watched(status in LISTED, name, score, threshold, bool(anomalies))
        for pk, status, name, score, threshold, anomalies in rows
    }


def _open_ones(
    checks: Collection[QualityCheck], product_ids: Collection[UUID]
) -> dict[Place, Incident]:
    """Open incidents of the checks and of the products' scores, by place; held."""
    of_checks = Q(among("quality_check_id", [check.pk for check in checks], "bigint"))
    of_scores = Q(product__in=product_ids, cause=Cause.SCORE)
    rows = Incident.objects.unresolved().filter(of_checks | of_scores).order_by("pk")
    held = rows.select_for_update(of=("self",))
    return {place_of(row.product_id, row.cause, row.quality_check_id): row for row in held}


def _is_broken(check: QualityCheck, outliers: Mapping[int, Band]) -> bool:
    fails = check.outcome == Outcome.FAIL and check.weight >= SEVERITY_WEIGHTS["error"]
    return check.active and (fails or check.pk in outliers)


def _is_watched(check: QualityCheck, watched: Mapping[UUID, Watched]) -> bool:
    return watched[check.port.product_id].anomalies and _kind_of_number(check) is not None


def _kind_of_number(check: QualityCheck) -> Cause | None:
    """Whether its value is a number of rows or an age of data."""
    if check.value is None or check.outcome not in (Outcome.PASS, Outcome.WARN):
        return None
    if check.definition.get("metric") == "rowCount" or check.dimension == Dimension.COVERAGE:
        return Cause.ROWS
    return Cause.FRESHNESS if check.dimension == Dimension.TIMELINESS else None


def _outliers(checks: Sequence[QualityCheck]) -> dict[int, Band]:
    """Those whose value is unusual, with the band that it left."""
    if not checks:
        return {}
    before: dict[int, list[float]] = defaultdict(list)
    times = [check.measured_at for check in checks]
    for pk, value in _rows(BEFORE, [[check.pk for check in checks], times, LOOKED_AT]):
        before[pk].append(value)
    bands = {check.pk: usual_band(before[check.pk]) for check in checks}
    return {
        check.pk: band
        for check in checks
        if (band := bands[check.pk]) is not None and _has_left(check, band)
    }


def _has_left(check: QualityCheck, band: Band) -> bool:
    """Rows may be too few or too many; data is never too fresh."""
    value = check.value or 0.0
    if _kind_of_number(check) == Cause.FRESHNESS:
        return value > band.high
    return not band.holds(value)


def _breakages(checks: Sequence[QualityCheck], outliers: Mapping[int, Band]) -> list[Breakage]:
    failing = [check.pk for check in checks if check.pk not in outliers]
    broke = {pk: (at, count) for pk, at, count in _rows(BROKE, [failing])} if failing else {}
    found = []
    for check in checks:
        at, count = broke.get(check.pk, (check.measured_at or timezone.now(), 1))
        found.append(_breakage(check, outliers.get(check.pk), at, count))
    return found


def _breakage(
    check: QualityCheck, band: Band | None, broke_at: dt.datetime, failures: int
) -> Breakage:
    cause = Cause.SLA if check.origin == Origin.SLA else Cause.CHECK
    if band is not None:
        cause = _kind_of_number(check) or Cause.ROWS
    return Breakage(
        product_id=check.port.product_id,
        cause=cause,
        severity=Severity.MINOR if band is not None else severity_of(check.weight),
        title=check.name,
        detail=_words(check, band),
        broke_at=broke_at,
        check_id=check.pk,
        port_id=check.port_id,
        failures=failures,
    )


def _words(check: QualityCheck, band: Band | None) -> str:
    if band is not None:
        return (
            f"{check.value:,.6g} is unusual: it was between {band.low:,.6g} and {band.high:,.6g}."
        )
    said = [check.message] if check.message else []
    if check.failed and check.evaluated:
        said.append(f"{check.failed:,} of {check.evaluated:,} rows break it.")
    return " ".join(said)


def _low_scores(
    watched: Mapping[UUID, Watched], open_ones: Mapping[Place, Incident]
) -> list[Breakage]:
    now = timezone.now()
    return [
        Breakage(
            product_id=pk,
            cause=Cause.SCORE,
            severity=Severity.MAJOR,
            title=f"The score of {each.name} is below {each.threshold:g}",
            detail=f"It was {each.score:.1f} when this was noticed.",
            broke_at=now,
        )
        for pk, each in watched.items()
        if each.is_listed and _is_low(each) and (pk, Cause.SCORE) not in open_ones
    ]


def _mended_scores(
    watched: Mapping[UUID, Watched], open_ones: Mapping[Place, Incident]
) -> list[Incident]:
    mended = (pk for pk, each in watched.items() if not _is_low(each))
    return [open_ones[pk, Cause.SCORE] for pk in mended if (pk, Cause.SCORE) in open_ones]


def _is_low(each: Watched) -> bool:
    return each.threshold is not None and each.score is not None and each.score < each.threshold


def _join(incidents: Iterable[Incident]) -> None:
    """A further bad result of what is open already."""
    ids = [each.pk for each in incidents]
    if ids:
        Incident.objects.filter(pk__in=ids).update(failures=F("failures") + 1)


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
