"""The points of the trend, and how long they are kept."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality.models import DomainDay, QualityCheck, ScoreSnapshot
from catalog.quality.services import ResultData, keep_days, record_results, snapshots
from catalog.quality.states import Outcome
from tests.factories import PortFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def check():
    port = PortFactory()
    return QualityCheck.objects.create(port=port, key="a", name="a", dimension="completeness")


def record(check, outcome, at):
    record_results(source="test", results=[ResultData(check.pk, outcome, at)])


def points(check):
    rows = ScoreSnapshot.objects.filter(product=check.port.product_id)
    return list(rows.values_list("day", "score"))


def scored(score, *, stale_at, **given):
    given = {"quality_score": score, "quality_stale_at": stale_at, "quality_coverage": 1, **given}
    return ProductFactory(**given, quality_measured_at=timezone.now())


def test_a_result_writes_the_point_of_today(check):
    now = timezone.now()

    record(check, Outcome.FAIL, now - dt.timedelta(minutes=2))
    record(check, Outcome.PASS, now - dt.timedelta(minutes=1))

    assert points(check) == [(now.date(), 100)]


def test_a_result_of_long_ago_is_the_point_of_its_own_day(check):
    before = timezone.now() - dt.timedelta(days=30)

    record(check, Outcome.FAIL, before)

    assert points(check) == [(before.date(), 0)]


def test_a_day_without_a_measurement_has_the_score_that_still_holds(check):
    now = timezone.now()
    record(check, Outcome.PASS, now)
    ScoreSnapshot.objects.all().delete()

    assert keep_days() == 1
    assert keep_days() == 0

    assert points(check) == [(now.date(), 100)]


def test_what_is_out_of_date_or_not_measured_is_a_gap():
    now = timezone.now()
    scored(80, stale_at=now - dt.timedelta(seconds=1))
    scored(None, stale_at=None)

    assert keep_days() == 0

    assert not ScoreSnapshot.objects.exists()


def test_statements_do_not_grow_with_the_products(monkeypatch):
    until = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(snapshots, "BATCH", 4)
    for _ in range(9):
        scored(80, stale_at=until)

    with CaptureQueriesContext(connection) as context:
        assert keep_days() == 9

    statements = [each["sql"] for each in context if "SAVEPOINT" not in each["sql"]]
    assert len(statements) == 3 + 1 + 2  # three pages, the sums, what goes


def test_points_past_keeping_go():
    product = scored(80, stale_at=None)
    today = timezone.now().date()
    days = [today - dt.timedelta(days=ago) for ago in (1, snapshots.KEPT_DAYS, 401, 500)]
    ScoreSnapshot.objects.bulk_create(
        ScoreSnapshot(product=product, day=day, score=80, coverage=1) for day in days
    )

    keep_days()

    kept = ScoreSnapshot.objects.values_list("day", flat=True)
    assert sorted(kept) == sorted(days[:2])


def test_a_domain_adds_up_what_the_whole_company_may_see():
    until = timezone.now() + dt.timedelta(days=1)
    one = scored(80, stale_at=until)
    scored(60, stale_at=until, owner=one.owner)
    scored(10, stale_at=until, owner=one.owner, visibility="restricted")
    scored(10, stale_at=until, owner=one.owner, status="draft")

    keep_days()
    DataProduct.objects.filter(pk=one.pk).update(quality_score=90)
    keep_days()

    [day] = DomainDay.objects.all()
    assert (day.domain_id, day.total, day.products) == (one.domain_id, 140, 2)
