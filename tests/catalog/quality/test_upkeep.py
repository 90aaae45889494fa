"""The months that results are kept in."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from catalog.quality.models import CheckResult, QualityCheck
from catalog.quality.services import ResultData, keep_months, record_results
from catalog.quality.states import Outcome
from tests.factories import PortFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def check():
    return QualityCheck.objects.create(
        port=PortFactory(), key="a", name="a", dimension="completeness"
    )


def record(check, *moments):
    record_results(
        source="test", results=[ResultData(check.pk, Outcome.PASS, moment) for moment in moments]
    )


def places(check):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM quality_checkresult"
            " WHERE check_run_id = %s ORDER BY at",
            [check.pk],
        )
        return [place for (place,) in cursor.fetchall()]


def test_results_move_to_the_partition_of_their_month(check):
    now = timezone.now()
    before = now.replace(day=1) - dt.timedelta(days=1)
    record(check, before, now)

    keep_months()
    record(check, now + dt.timedelta(seconds=1))

    this, last = f"quality_checkresult_{now:%Y_%m}", f"quality_checkresult_{before:%Y_%m}"
    assert places(check) == [last, this, this]
    assert CheckResult.objects.count() == 3


def test_a_second_run_changes_nothing(check):
    record(check, timezone.now())
    keep_months()
    first = places(check)

    assert keep_months() == 0

    assert places(check) == first


def test_what_is_past_keeping_goes_and_the_check_still_knows_its_latest(check):
    long_ago = timezone.now() - dt.timedelta(days=500)
    record(check, long_ago)

    keep_months()

    assert places(check) == []
    check.refresh_from_db()
    assert (check.outcome, check.measured_at) == (Outcome.PASS, long_ago)


def test_a_whole_month_past_keeping_is_dropped(check, monkeypatch):
    record(check, timezone.now() - dt.timedelta(days=200))
    keep_months()
    monkeypatch.setattr("catalog.quality.services.upkeep.KEPT_MONTHS", 3)

    assert keep_months() == 1

    assert places(check) == []


def test_months_are_made_with_the_rights_of_who_migrates():
    """The application's role may make no table, in a real portal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosecdef, proconfig FROM pg_proc"
            " WHERE proname LIKE 'quality\\_%month%' ORDER BY proname"
        )
        assert cursor.fetchall() == [
            ("quality_drop_month", True, ["search_path=pg_catalog, pg_temp"]),
            ("quality_set_month_apart", True, ["search_path=pg_catalog, pg_temp"]),
        ]


def test_only_the_first_day_of_a_month_names_it():
    with pytest.raises(DatabaseError, match="no first day"), connection.cursor() as cursor:
        cursor.execute("SELECT quality_set_month_apart('2031-02-03')")
