"""The quality of a product where a million results of checks are kept."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import Domain, Team
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.models import CheckResult, QualityCheck, ScoreSnapshot
from catalog.quality.services import (
    ResultData,
    keep_days,
    keep_months,
    recompute_score,
    record_results,
    report_results,
)
from portal.bench.core import SAMPLES, Budget, Case, Result, Spread, floors, measure_together
from portal.bench.readers import readers

RESULTS = 1_000_000
CHECKS = 2_000
OF_THE_PRODUCT = 200  # of the checks
MONTHS = 12
TAB = Budget(statements=10, response_p95_ms=60)
UPLOADED = 10_000
SLUG = "bench-quality"
MAKE_CHECKS = """
INSERT INTO quality_qualitycheck (port_id, key, name, dimension, weight, definition, runnable,
    every_s, active, outcome, score, evaluated, failed, message, measured_at, origin, pointer,
    demand, note, schedule)
SELECT CASE WHEN n <= %(own)s THEN %(port)s::uuid ELSE %(other)s::uuid END, 'dbt:bench.' || n,
    'Bench ' || n,
    (ARRAY['accuracy', 'completeness', 'conformity', 'timeliness', 'uniqueness'])[1 + n %% 5],
    1, '{}', false, 86400, true, CASE WHEN n %% 7 = 0 THEN 'fail' ELSE 'pass' END,
    CASE WHEN n %% 7 = 0 THEN .9 ELSE 1 END, 1000, CASE WHEN n %% 7 = 0 THEN 100 ELSE 0 END, '',
    statement_timestamp() - interval '1 hour', 'tool', '', '', '', ''
FROM generate_series(1, %(checks)s) AS n
"""
MAKE_RESULTS = """
INSERT INTO quality_checkresult (check_run_id, at, outcome, evaluated, failed, source)
SELECT c.id, statement_timestamp() - interval '1 hour'
        - n * (%(months)s * interval '30 days' / %(each)s),
    CASE WHEN (c.id + n) %% 9 = 0 THEN 'fail' ELSE 'pass' END, 1000,
    CASE WHEN (c.id + n) %% 9 = 0 THEN 50 ELSE 0 END, 'dbt'
FROM quality_qualitycheck c CROSS JOIN generate_series(0, %(each)s - 1) AS n
WHERE c.port_id = ANY(%(ports)s)
"""


def run(count: int = SAMPLES) -> Result:
    """Pages of a product with 200 of 2,000 checks, and what one result more costs."""
    with readers() as clients, _results() as port:
        product = DataProduct.objects.get(pk=port.product_id)
        checks = list(QualityCheck.objects.filter(port=port).order_by("pk"))
        page = f"/products/{product.fqn}/"
        addresses = {
            "quality tab": [f"{page}?tab=quality"],
            "quality tab, 365 days": [f"{page}?tab=quality&days=365"],
            "quality tab, filtered": [f"{page}?tab=quality&q=bench+1&outcome=fail"],
            "check page": [f"{page}checks/{each.pk}/" for each in checks],
            "check page, 365 days": [f"{page}checks/{each.pk}/?days=365" for each in checks],
            "GET quality": [f"/api/v1{page}quality"],
        }
        client = clients["steward"]
        cases = [
            Case(name, [partial(client.get, urls[n % len(urls)]) for n in range(count)], TAB)
            for name, urls in addresses.items()
        ]
        base = floors(client)
        figures = measure_together(cases)
        return Result(
            suite="quality",
            size={"results": CheckResult.objects.count(), "checks": len(checks)},
            floors=base,
            figures=figures,
            extra={
                "one result more, ms": _one_more(checks, count),
                "of it the score alone, ms": _score_alone(product, count),
                f"an upload of {UPLOADED:,} results, s": _upload(port),
                "today's points of all products, s": _keep_days(),
                **_plans(checks[0]),
            },
        )


def _upload(port: OutputPort) -> dict[str, float]:
    """Results in the portal's own form: the first time, which makes the checks, and the next."""
    now = timezone.now()
    found = {}
    for name, ago in (("of new checks", 2), ("of known checks", 1)):
        at = (now - dt.timedelta(minutes=ago)).isoformat()
        given = {"port": port.fqn, "evaluated": 1000, "at": at}
        results = [
            {**given, "check": f"uploaded {n}", "failed": 0 if n % 50 else 9}
            for n in range(UPLOADED)
        ]
        started = time.perf_counter()
        taken = report_results(body={"results": results}, actor=system_actor())
        found[name] = round(time.perf_counter() - started, 2)
        assert taken.stored == UPLOADED, taken
    return found


def _score_alone(product: DataProduct, count: int) -> dict[str, float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        recompute_score(product_id=product.pk)
        times.append((time.perf_counter() - started) * 1000)
    spread = Spread.of(times)
    return {"p50": round(spread.p50, 2), "p95": round(spread.p95, 2)}


def _keep_days() -> dict[str, float]:
    """As if no product had a point of today; it is taken back."""
    with transaction.atomic():
        ScoreSnapshot.objects.filter(day=timezone.now().date()).delete()
        started = time.perf_counter()
        made = keep_days()
        taken = time.perf_counter() - started
        transaction.set_rollback(True)
    return {"s": round(taken, 2), "points": made, "products": DataProduct.objects.count()}


def _one_more(checks: list[QualityCheck], count: int) -> dict[str, float]:
    """What `record_results` of one result takes, with its commit and the search row."""
    times = []
    for n in range(count):
        started = time.perf_counter()
        outcome = "fail" if n % 2 else "pass"
        result = ResultData(checks[n % len(checks)].pk, outcome, timezone.now(), 1000, n % 2 * 70)
        record_results(results=[result], source="dbt")
        times.append((time.perf_counter() - started) * 1000)
    spread = Spread.of(times)
    return {"p50": round(spread.p50, 2), "p95": round(spread.p95, 2)}


def _plans(check: QualityCheck) -> dict[str, Any]:
    """Partitions that the drawing of 90 days and the table of a check read, of how many."""
    rows = CheckResult.objects.filter(check_run=check.pk).order_by("-at")
    since = timezone.now() - dt.timedelta(days=90)
    asked = {"90 days": rows.filter(at__gte=since)[:500], "newest 25": rows[:26]}
    found = {}
    for name, query in asked.items():
        plan = json.loads(query.explain(format="json", analyze=True))[0]["Plan"]
        scans = [each for each in _nodes(plan) if "Relation Name" in each]
        ran = [each for each in scans if each["Actual Loops"]]
        found[f"partitions read, {name}"] = f"{len(ran)} of {_partitions()}"
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _partitions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'quality_checkresult'::regclass"
        )
        [(count,)] = cursor.fetchall()
    return int(count)


@contextmanager
def _results() -> Iterator[OutputPort]:
    """The port of a product with its checks and a million results; they go at the end."""
    _remove()
    owner, domain = Team.objects.earliest("pk"), Domain.objects.earliest("path")
    ports = [_port(f"{SLUG}-{n}", owner, domain) for n in range(2)]
    try:
        own, other = (each.pk for each in ports)
        sizes: dict[str, Any] = {
            "own": OF_THE_PRODUCT,
            "checks": CHECKS,
            "port": own,
            "other": other,
        }
        span: dict[str, Any] = {"each": RESULTS // CHECKS, "months": MONTHS, "ports": [own, other]}
        with connection.cursor() as cursor:
            cursor.execute(MAKE_CHECKS, sizes)
            cursor.execute(MAKE_RESULTS, span)
        keep_months()
        _add_points(ports[0].product_id)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE quality_checkresult, quality_qualitycheck")
        yield ports[0]
    finally:
        _remove()


def _port(slug: str, owner: Team, domain: Domain) -> OutputPort:
    product = DataProduct.objects.create(
        slug=slug,
        fqn=f"{domain.path}.{slug}",
        name=slug,
        document_id=slug,
        owner=owner,
        domain=domain,
        status="active",
    )
    return OutputPort.objects.create(
        product=product, name="table", major=1, fqn=f"{product.fqn}/table@1"
    )


def _add_points(product_id: UUID) -> None:
    """A year of the trend."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO quality_scoresnapshot (product_id, day, score, coverage)"
            " SELECT %s, current_date - n, 90 + n %% 10, 1 FROM generate_series(1, 365) AS n",
            [product_id],
        )


def _remove() -> None:
    rows = DataProduct.objects.filter(document_id__startswith=f"{SLUG}-")
    checks = list(QualityCheck.objects.filter(port__product__in=rows).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM quality_checkresult WHERE check_run_id = ANY(%s)", [checks])
    rows.delete()
