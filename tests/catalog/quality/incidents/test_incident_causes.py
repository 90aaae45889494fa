"""Incidents of scores, unusual numbers, late data and rules that went."""

import pytest
from django.utils import timezone

from catalog.contracts.models import Sla
from catalog.quality import services
from catalog.quality.models import Incident, QualityCheck
from catalog.quality.services import ResultData, SettingsData, record_results
from catalog.quality.states import Origin
from tests.catalog.quality.incidents.cases import (
    HOUR,
    arrive,
    make_check,
    only,
    settings_of,
)
from tests.factories import (
    ContractVersionFactory,
)

pytestmark = pytest.mark.django_db


def test_a_score_below_the_threshold_is_one_until_it_is_not(port):
    settings_of(port.product, score_threshold=80)
    checks = [make_check(port, name, weight=0.5) for name in ("a", "b")]
    for each in checks:
        arrive(each, "fail", 2 * HOUR)
    opened = only()
    for each in checks:
        arrive(each, "pass", HOUR)

    assert (opened.cause, opened.state) == ("score", "open")
    assert opened.title == "The score of Orders is below 80"
    assert only().state == "resolved"


def test_another_threshold_holds_at_once(port, owner):
    arrive(make_check(port, weight=0.5), "warn")  # a score of 50

    def threshold(value):
        data = SettingsData(value, downstream_hops=1, watches_anomalies=False)
        services.configure_quality(data, product=port.product, actor=owner)

    threshold(60)
    assert only().state == "open"
    threshold(40)
    assert only().state == "resolved"
    threshold(60)
    assert (only().state, only().reopened) == ("open", 1)
    threshold(None)
    assert only().state == "resolved"


def history(check, values):
    now = timezone.now()
    results = [
        ResultData(check.pk, "pass", now - (len(values) - n) * HOUR, value=value)
        for n, value in enumerate(values)
    ]
    record_results(results=results, source="test")


@pytest.fixture
def rows(port):
    return make_check(port, "rows", dimension="coverage", definition={"metric": "rowCount"})


STEADY = [1000.0, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1003]


@pytest.mark.parametrize(("value", "opened"), [(500, True), (3000, True), (1004, False)])
def test_an_unusual_number_of_rows_is_one_where_it_is_asked_for(port, rows, value, opened):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY)

    arrive(rows, "pass", value=value)

    assert list(Incident.objects.values_list("cause", flat=True)) == (["rows"] if opened else [])


def test_unusual_numbers_are_not_looked_at_unless_asked_for(rows):
    history(rows, STEADY)
    arrive(rows, "pass", value=1)

    assert not Incident.objects.exists()


def test_it_needs_a_history(port, rows):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY[:9])
    arrive(rows, "pass", value=1)

    assert not Incident.objects.exists()


@pytest.mark.parametrize(("value", "opened"), [(90_000, True), (1, False)])
def test_data_may_be_too_old_and_never_too_fresh(port, value, opened):
    settings_of(port.product, watches_anomalies=True)
    age = make_check(port, "age", dimension="timeliness")
    history(age, [3_600 + 10 * n for n in range(12)])

    arrive(age, "pass", value=value)

    assert [each.cause for each in Incident.objects.all()] == (["freshness"] if opened else [])


def test_a_usual_number_ends_an_anomaly(port, rows):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY)
    arrive(rows, "pass", HOUR / 2, value=1)
    arrive(rows, "pass", value=1000)

    assert only().state == "resolved"


@pytest.fixture
def promised(port):
    version = ContractVersionFactory()
    Sla.objects.create(version=version, property="latency", value="2", unit="h")
    port.contract, port.contract_version = version.contract, version
    port.save()
    port.product.written_at = timezone.now() - 5 * HOUR
    port.product.save()
    return port.product


def test_late_data_is_one_until_it_is_written(promised):
    assert services.watch_promises() == 1
    assert services.watch_promises() == 0
    opened = only()
    type(promised).objects.update(written_at=timezone.now())
    assert services.watch_promises() == 1

    assert (opened.cause, opened.title) == ("late", "Orders is late")
    assert opened.broke_at == promised.written_at + 2 * HOUR
    assert only().state == "resolved"


def test_data_in_time_is_none(promised):
    type(promised).objects.update(written_at=timezone.now() - HOUR)

    assert services.watch_promises() == 0


def test_owners_who_do_not_watch_it_have_none(promised, owner):
    services.watch_promises()
    data = SettingsData(None, downstream_hops=1, watches_anomalies=False, watches_promises=False)
    services.configure_quality(data, product=promised, actor=owner)

    assert services.watch_promises() == 1
    assert only().state == "resolved"
    assert services.watch_promises() == 0


def test_a_promise_that_a_check_measures_is_that_checks_incident(promised, port):
    arrive(make_check(port, "newest row", dimension="timeliness", origin=Origin.SLA), "fail")

    services.watch_promises()

    assert [each.cause for each in Incident.objects.all()] == ["sla"]


def test_a_rule_that_is_stated_no_more_ends_its_incident(check):
    arrive(check, "fail")
    QualityCheck.objects.update(active=False)

    assert services.watch_promises() == 1
    assert only().state == "resolved"
