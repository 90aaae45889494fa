"""Rows of scores and checks, by product. The products were seen before."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.actors import Actor
from catalog.quality.models import CheckResult, DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.scores import CheckScore, explanation
from catalog.quality.selectors import completeness_of, explained
from catalog.quality.selectors.history import SHOWN
from catalog.quality.selectors.product import MAX_DAYS
from catalog.quality.states import Outcome
from core.errors import Invalid
from core.graphql import first_of_each
from core.paging import decode_cursor
from core.problems import Problem
from core.reading import rows_among
from core.subqueries import among

CHECK = (
    "id",
    "product_id",
    "port_id",
    "key",
    "name",
    "dimension",
    "weight",
    "outcome",
    "score",
    "evaluated",
    "failed",
    "value",
    "message",
    "runnable",
    "measured_at",
    "active",
    "origin",
    "demand",
    "note",
    "pointer",
    "query",
)
CHECK_ORDER = ("id",)
DIMENSION = ("product_id", "dimension", "score", "weight", "checks")
RESULT = ("check_run_id", *SHOWN)
RESULT_ORDER = ("-at",)
NEWEST = f"""
SELECT said.* FROM unnest(%(ids)s::bigint[]) AS asked(id) CROSS JOIN LATERAL (
    SELECT {", ".join(RESULT)} FROM {CheckResult._meta.db_table} result
    WHERE result.check_run_id = asked.id
        AND result.at < coalesce(%(before)s::timestamptz, 'infinity')
    ORDER BY result.at DESC LIMIT %(first)s) AS said
"""  # noqa: S608 - names of columns

Lists = dict[Any, list[dict[str, Any]]]


def dimensions_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The present score of each measured dimension."""
    found: Lists = defaultdict(list)
    for row in rows_among(DimensionScore, DIMENSION, ids, key="product_id", order=["dimension"]):
        found[row["product_id"]].append(row)
    return found


def trend_by_product(actor: Actor, ids: Collection[UUID], *, days: int) -> Lists:
    """One point a day, the oldest first."""
    since = timezone.now().date() - dt.timedelta(days=max(1, min(days, MAX_DAYS)))
    found: Lists = defaultdict(list)
    rows = ScoreSnapshot.objects.filter(among("product_id", ids), day__gt=since).order_by("day")
    for row in rows.values("product_id", "day", "score", "coverage"):
        found[row["product_id"]].append({**row})
    return found


def checks_by_product(
    actor: Actor,
    ids: Collection[UUID],
    *,
    first: int,
    after: str | None = None,
    failing: bool | None = None,
) -> Lists:
    """Active checks; with `failing` only those whose latest result is no pass (or is one)."""
    checks = _checks(ids)
    if failing is not None:
        bad = Q(outcome__in=[Outcome.FAIL, Outcome.WARN, Outcome.ERROR])
        checks = checks.filter(bad if failing else ~bad)
    return first_of_each(
        checks, by="product_id", order=CHECK_ORDER, columns=CHECK, first=first, after=after
    )


def explanation_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """What costs points, the dearest first, and one row for all others. Two SQL statements."""
    checks: dict[UUID, list[CheckScore]] = defaultdict(list)
    columns = ("product_id", "id", "name", "dimension", "weight", "score")
    for product_id, *values in _checks(ids).values_list(*columns):
        checks[product_id].append(CheckScore(*values))
    found: Lists = {}
    for product_id, parts in dimensions_by_product(actor, ids).items():
        shares = {part["dimension"]: part["weight"] for part in parts}
        score = math.fsum(part["score"] * part["weight"] for part in parts)
        lost = explanation(checks[product_id], shares)
        found[product_id] = explained(min(100.0, round(score, 6)), lost)
    return found


def completeness_by_product(actor: Actor, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """How well each product is described. One SQL statement."""
    return {
        product_id: {
            "score": found.score,
            "aspects": [
                {
                    "name": each.name,
                    "share": each.share,
                    "to_do": each.mend if each.share < 1 else None,
                }
                for each in found.aspects
            ],
        }
        for product_id, found in completeness_of(ids).items()
    }


def check_of_product(
    actor: Actor, ids: Collection[UUID], *, check_id: int
) -> dict[UUID, dict[str, Any]]:
    """The active check of this number, of whichever product has it. One SQL statement."""
    rows = _checks(ids).filter(pk=check_id).values(*CHECK)
    return {row["product_id"]: row for row in rows}


def checks_by_id(actor: Actor, ids: Collection[int]) -> dict[Any, dict[str, Any]]:
    """Checks that `actor` may see, also those that are not asked any more. One SQL statement."""
    rows = _with_query(QualityCheck.objects.visible_to(actor).filter(pk__in=ids)).values(*CHECK)
    return {row["id"]: row for row in rows}


def results_by_check(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """What each check said, the newest first. One SQL statement that reads no more than it gives.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    asked: dict[str, Any] = {"ids": list(ids), "first": first + 1, "before": _moment(after)}
    found: Lists = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, asked)
        for row in cursor.fetchall():
            values = dict(zip(RESULT, row, strict=True))
            found[values["check_run_id"]].append(values)
    return found


def _moment(cursor: str | None) -> dt.datetime | None:
    if not cursor:
        return None
    [text] = decode_cursor(cursor, length=1)
    moment = parse_datetime(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        text = "Start again without `after`."
        raise Invalid("The cursor is not of this list.", [Problem("/after", "bad-cursor", text)])
    return moment


def _checks(ids: Collection[UUID]) -> Any:
    active = QualityCheck.objects.filter(among("port__product_id", ids), active=True)
    return _with_query(active)


def _with_query(checks: Any) -> Any:
    return checks.annotate(product_id=F("port__product_id"), query=KT("definition__query"))
