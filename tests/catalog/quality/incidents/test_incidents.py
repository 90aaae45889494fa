"""Incidents: what opens one, what joins it, what ends it, what opens it again."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.products.states import ProductStatus
from catalog.quality import services
from catalog.quality.models import Incident, IncidentEvent
from catalog.quality.services import ResultData, record_results
from catalog.quality.states import Origin
from core.models import AuditEvent, OutboxEvent
from tests.catalog.quality.incidents.cases import (
    HOUR,
    arrive,
    kinds,
    make_check,
    only,
    topics,
)
from tests.two_writers import together

pytestmark = pytest.mark.django_db


def test_a_failing_rule_opens_one_with_its_first_bad_result(check):
    arrive(check, "pass", 5 * HOUR)
    arrive(check, "fail", 3 * HOUR, evaluated=100, failed=4, message="Gaps.")
    broke_at = check.results.get(outcome="fail").at

    found = only()
    assert (found.state, found.cause, found.severity) == ("open", "check", "major")
    assert (found.quality_check, found.port, found.product) == (
        check,
        check.port,
        check.port.product,
    )
    assert found.broke_at == broke_at
    assert found.detected_at - broke_at >= 3 * HOUR
    assert found.detail == "Gaps. 4 of 100 rows break it."
    assert kinds(found) == ["opened"]
    assert topics() == ["incident.opened"]
    assert AuditEvent.objects.filter(verb="incident.opened", object_id=str(found.pk)).exists()


def test_history_that_comes_with_the_failure_says_when_it_broke(check):
    now = timezone.now()
    outcomes = ["fail", "pass", "fail", "warn", "fail"]
    results = [
        ResultData(check.pk, outcome, now - (9 - place) * HOUR)
        for place, outcome in enumerate(outcomes)
    ]

    record_results(results=results, source="test")

    assert (only().broke_at, only().failures) == (results[2].at, 2)


@pytest.mark.parametrize("outcome", ["pass", "warn", "error"])
def test_other_outcomes_open_none(check, outcome):
    arrive(check, outcome)

    assert not Incident.objects.exists()


def test_a_rule_of_lesser_severity_opens_none(port):
    arrive(make_check(port, weight=0.5), "fail")

    assert not Incident.objects.exists()


def test_a_critical_rule_makes_a_critical_one(port):
    arrive(make_check(port, weight=2.0), "fail")

    assert only().severity == "critical"


def test_a_promise_of_the_contract_is_named_as_such(port):
    arrive(make_check(port, "newest row", dimension="timeliness", origin=Origin.SLA), "fail")

    assert only().cause == "sla"


@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.RETIRED])
def test_what_nobody_relies_on_has_no_incident(check, status):
    type(check.port.product).objects.update(status=status)

    arrive(check, "fail")

    assert not Incident.objects.exists()


def test_an_older_failure_that_arrives_late_opens_none(check):
    arrive(check, "pass")
    arrive(check, "fail", 5 * HOUR)

    assert not Incident.objects.exists()


# what joins it, ends it and opens it again


def test_further_failures_join_the_open_one(check):
    for ago in (3, 2, 1):
        arrive(check, "fail", ago * HOUR)

    assert only().failures == 3
    assert topics() == ["incident.opened"]


def test_a_pass_ends_it_and_says_why(check):
    arrive(check, "fail", HOUR)
    arrive(check, "pass")

    assert only().state == "resolved"
    assert only().resolved_at > only().detected_at
    assert IncidentEvent.objects.get(kind="resolved").note == "The check passes again."
    assert topics() == ["incident.opened", "incident.resolved"]


@pytest.mark.parametrize("outcome", ["warn", "error"])
def test_neither_a_warning_nor_an_error_ends_it(check, outcome):
    arrive(check, "fail", HOUR)
    arrive(check, outcome)

    assert only().state == "open"


def test_flapping_opens_the_same_one_again(check):
    for ago, outcome in ((4, "fail"), (3, "pass"), (2, "fail"), (1, "pass")):
        arrive(check, outcome, ago * HOUR)

    assert (only().state, only().reopened, only().failures) == ("resolved", 1, 2)
    assert kinds(only()) == ["opened", "resolved", "reopened", "resolved"]
    assert topics() == [
        "incident.opened",
        "incident.resolved",
        "incident.reopened",
        "incident.resolved",
    ]
    again = OutboxEvent.objects.filter(topic="incident.resolved").order_by("id")
    assert [each.payload["again"] for each in again] == [False, True]


def test_an_incident_that_was_acknowledged_is_open_when_it_comes_back(check, owner):
    arrive(check, "fail", 3 * HOUR)
    services.acknowledge_incident(incident=only(), actor=owner)
    arrive(check, "pass", 2 * HOUR)
    arrive(check, "fail", HOUR)

    assert (only().state, only().acknowledged_at, only().resolved_at) == ("open", None, None)


def test_long_after_the_end_it_is_a_new_one(check):
    arrive(check, "fail", 3 * HOUR)
    arrive(check, "pass", 2 * HOUR)
    Incident.objects.update(resolved_at=timezone.now() - dt.timedelta(hours=37))
    arrive(check, "fail", HOUR)

    assert Incident.objects.count() == 2
    assert Incident.objects.unresolved().count() == 1


def test_two_checks_have_one_each(port):
    first, second = make_check(port, "a"), make_check(port, "b")
    arrive(first, "fail", HOUR)
    arrive(second, "fail", HOUR)
    arrive(first, "pass")

    assert set(Incident.objects.values_list("title", "state")) == {("a", "resolved"), ("b", "open")}


def test_the_database_refuses_a_second_open_one(check):
    arrive(check, "fail")
    found = only()
    found.pk = None
    found._state.adding = True

    with pytest.raises(IntegrityError, match="incident_once_per_check"), transaction.atomic():
        found.save(force_insert=True)


def test_the_database_keeps_the_timeline(check):
    arrive(check, "fail")

    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        IncidentEvent.objects.update(note="It was not us")


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_one_moment_make_one(check):
    both = together(lambda: arrive(check, "fail", HOUR), lambda: arrive(check, "fail", HOUR / 2))

    assert both == [1, 1]
    assert only().failures == 2


def test_results_cost_two_statements_more_whatever_their_number(port):
    few = [make_check(port, f"few {n}") for n in range(2)]
    many = [make_check(port, f"many {n}") for n in range(40)]
    arrive(make_check(port, "first"), "pass", 4 * HOUR)  # makes the score of the day

    def cost(checks, outcome, ago):
        at = timezone.now() - ago
        results = [ResultData(each.pk, outcome, at) for each in checks]
        with CaptureQueriesContext(connection) as context:
            record_results(results=results, source="test")
        return len(context)

    assert cost(few, "fail", 3 * HOUR) == cost(many, "fail", 3 * HOUR)
    assert cost(few, "pass", 2 * HOUR) == cost(many, "pass", 2 * HOUR)
    assert cost(few, "fail", HOUR) == cost(many, "fail", HOUR)
    assert Incident.objects.count() == 42
