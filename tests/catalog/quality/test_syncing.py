"""The checks of a port are what its contract promises, and history outlives a new version."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality.models import CheckResult, QualityCheck
from catalog.quality.services import (
    ResultData,
    is_in_sync,
    postpone,
    record_results,
    release,
    report_results,
    run_check_now,
    run_now,
    sync_checks,
    sync_checks_of,
)
from core.errors import Invalid, NotAllowed
from core.ids import uuid7
from core.models import AuditEvent
from tests.catalog.quality.test_rules import column, contract
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def port(team):
    """A port whose table the portal made."""
    return PortFactory(
        product=ProductFactory(owner=team, instance_id=uuid7()),
        technology="postgresql",
        location={"tables": {"orders": "orders"}},
    )


def offer(port, *columns: dict[str, Any], version: str = "1.0.0", **more: Any) -> int:
    """Have the port name a contract with these columns; returns how many checks are active."""
    known = port.contract_version
    given = {"contract": known.contract} if known else {}
    port.contract_version = ContractVersionFactory(
        document=contract(*columns, **more), version=version, **given
    )
    port.save()
    return sync_checks(port=port)


def active(port) -> dict[str, QualityCheck]:
    return {each.demand: each for each in port.quality_checks.filter(active=True)}


def test_a_check_says_where_it_comes_from_what_it_demands_and_when_it_runs(port):
    rule = {"metric": "rowCount", "mustBeGreaterThan": 0, "schedule": "0 6 * * *"}

    count = offer(port, column(required=True), rules=[rule])

    assert count == 2
    stated = active(port)["more than 0 rows in `orders`"]
    implied = active(port)["no empty values in `email`"]
    assert (stated.origin, stated.pointer) == ("contract", "/schema/0/quality/0")
    assert (implied.origin, implied.pointer) == ("implied", "/schema/0/properties/0/required")
    assert (stated.schedule, stated.every_s) == ("0 6 * * *", 86_400)
    assert stated.runnable
    assert stated.due_at <= timezone.now()
    assert is_in_sync(port)


def test_results_stay_with_the_rule_through_a_new_version(port):
    offer(port, column(required=True), column("id", primaryKey=True))
    check = active(port)["no empty values in `email`"]
    record_results(
        results=[ResultData(check.pk, "fail", timezone.now(), evaluated=4, failed=1)], source="t"
    )

    offer(
        port,
        column("added", unique=True),
        column(required=True, quality=[{"metric": "nullValues", "mustBe": 0, "name": "Filled"}]),
        version="2.0.0",
    )

    after = active(port)["no empty values in `email`"]
    assert (after.pk, after.origin, after.name) == (check.pk, "contract", "Filled")
    assert after.pointer == "/schema/0/properties/1/quality/0"
    assert (after.outcome, after.failed) == ("fail", 1)
    assert CheckResult.objects.get().check_run_id == check.pk
    assert "no two rows with the same `id`" not in active(port)
    assert DataProduct.objects.get().quality_coverage == pytest.approx(1 / 2)


def test_checks_that_were_keyed_by_their_place_keep_their_history(port):
    offer(port, column(quality=[{"metric": "nullValues", "mustBe": 0}]))
    (check,) = active(port).values()
    place = check.pointer
    QualityCheck.objects.filter(pk=check.pk).update(key=place)
    assert not is_in_sync(port)

    sync_checks(port=port)

    after = QualityCheck.objects.get()
    assert (after.pk, after.pointer) == (check.pk, place)
    assert after.key == check.key != place
    assert is_in_sync(port)


def test_what_another_tool_sends_is_not_touched(port):
    theirs = QualityCheck.objects.create(port=port, key="dbt:test.a", name="a")

    offer(port, column(required=True))
    port.contract_version = None
    port.save()

    assert sync_checks(port=port) == 0
    assert list(port.quality_checks.filter(active=True)) == [theirs]
    assert theirs.origin == "tool"


@pytest.mark.parametrize(
    ("technology", "location", "made", "why"),
    [
        ("kafka", {}, True, "PostgreSQL only"),
        ("postgresql", {"tables": {"orders": "orders"}}, False, "did not make the table"),
        ("postgresql", {"tables": {"others": "others"}}, True, "no table for “orders”"),
    ],
)
def test_a_check_that_cannot_be_run_says_why(technology, location, made, why, team):
    product = ProductFactory(owner=team, instance_id=uuid7() if made else None)
    port = PortFactory(product=product, technology=technology, location=location)

    offer(port, column(required=True))

    (check,) = active(port).values()
    assert (check.runnable, check.due_at) == (False, None)
    assert why in check.note
    with pytest.raises(Invalid, match=why):
        run_check_now(check=check, actor=actor_for(member_of(team)))


def test_a_schedule_that_cannot_be_read_is_told_and_daily_instead(port):
    rule = {"metric": "rowCount", "mustBeGreaterThan": 0, "schedule": "when the moon is full"}

    offer(port, rules=[rule])

    (check,) = active(port).values()
    assert check.note == "The schedule “when the moon is full” cannot be read; it runs daily."
    assert (check.runnable, check.every_s) == (True, 86_400)


def test_checks_go_by_their_schedules(port):
    rules = [
        {"metric": "rowCount", "mustBeGreaterThan": 0, "schedule": "0 6 * * *"},
        {"type": "sql", "query": "SELECT 0", "mustBe": 0, "schedule": "every 2 hours"},
    ]
    offer(port, column(required=True), rules=rules)
    checks = list(port.quality_checks.order_by("pk"))

    before = timezone.now()
    postpone(check_ids=[each.pk for each in checks])

    ahead = {each.schedule: each.due_at - before for each in port.quality_checks.all()}
    assert ahead["every 2 hours"] == pytest.approx(dt.timedelta(hours=2), abs=dt.timedelta(0, 60))
    assert ahead[""] == pytest.approx(dt.timedelta(days=1), abs=dt.timedelta(0, 60))
    assert port.quality_checks.get(schedule="0 6 * * *").due_at.hour == 6


def test_what_stays_the_same_is_not_run_again_because_of_a_sync(port):
    offer(port, column(required=True))
    later = timezone.now() + dt.timedelta(hours=5)
    port.quality_checks.update(due_at=later)

    sync_checks(port=port)
    assert port.quality_checks.get().due_at == later

    offer(
        port,
        column(required=True, quality=[{"metric": "nullValues", "mustBeLessThan": 2}]),
        version="2.0.0",
    )
    assert port.quality_checks.get().due_at <= timezone.now()


def test_the_button_makes_checks_due_once(port, team):
    offer(port, column(required=True), column("id", unique=True))
    ids = list(port.quality_checks.values_list("pk", flat=True))
    postpone(check_ids=ids)
    release(check_ids=ids)
    actor = actor_for(member_of(team))

    assert [run_now(product=port.product, actor=actor) for _ in range(10)] == [2] * 10
    assert port.quality_checks.filter(due_at__lte=timezone.now()).count() == 2
    assert AuditEvent.objects.filter(verb="quality.requested").count() == 1

    postpone(check_ids=ids)  # a worker has taken them
    run_now(product=port.product, actor=actor)
    assert not port.quality_checks.filter(due_at__lte=timezone.now()).exists()

    release(check_ids=ids)  # they have a result
    record_results(results=[ResultData(ids[0], "pass", timezone.now())], source="portal")
    run_now(product=port.product, actor=actor)
    due = port.quality_checks.filter(due_at__lte=timezone.now())
    assert list(due.values_list("pk", flat=True)) == ids[1:]


def test_one_check_is_run_alone(port, team):
    offer(port, column(required=True), column("id", unique=True))
    first, second = port.quality_checks.order_by("pk")
    postpone(check_ids=[first.pk, second.pk])
    release(check_ids=[first.pk, second.pk])
    actor = actor_for(member_of(team))

    assert [run_check_now(check=second, actor=actor) for _ in range(3)] == [True, False, False]

    due = port.quality_checks.filter(due_at__lte=timezone.now())
    assert list(due) == [second]
    event = AuditEvent.objects.get(verb="quality.requested")
    assert (event.object_id, event.detail["check"]) == (port.product.fqn, second.pk)


def test_only_the_owners_may_ask_for_a_run(port, team):
    offer(port, column(required=True))
    check = port.quality_checks.get()
    postpone(check_ids=[check.pk])
    release(check_ids=[check.pk])
    outsider = actor_for(member_of(TeamFactory()))

    for ask in (
        lambda: run_now(product=port.product, actor=outsider),
        lambda: run_check_now(check=check, actor=outsider),
    ):
        with pytest.raises(NotAllowed):
            ask()

    assert not port.quality_checks.filter(due_at__lte=timezone.now()).exists()
    assert not AuditEvent.objects.filter(verb="quality.requested").exists()


def test_many_ports_take_as_many_statements_as_one(port, team, django_assert_num_queries):
    offer(port, column(required=True))
    given = {"product": port.product, "contract_version": port.contract_version}
    others = PortFactory.create_batch(5, technology="postgresql", location=port.location, **given)
    ports = [port, *others]

    with django_assert_num_queries(8):  # two of them are the savepoint of this test
        sync_checks_of(ports[:1])
    with django_assert_num_queries(8):
        sync_checks_of(ports)

    assert QualityCheck.objects.filter(active=True).count() == 6


@pytest.mark.parametrize(
    ("engine", "implementation", "sent"),
    [
        (
            "greatExpectations",
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"mostly": 0.9}},
            {
                "success": False,
                "expectation_config": {
                    "type": "expect_column_values_to_not_be_null",
                    "kwargs": {"column": "email", "mostly": 0.9, "batch_id": "x"},
                },
            },
        ),
        ("soda", "checks for orders: …", {"name": "Filled", "outcome": "fail", "identity": "a1"}),
    ],
)
def test_a_result_of_the_tool_that_a_rule_names_meets_its_check(
    engine, implementation, sent, port, team
):
    rule = {"type": "custom", "engine": engine, "implementation": implementation,
            "name": "Filled", "severity": "warning", "dimension": "completeness"}  # fmt: skip
    offer(port, column(quality=[rule]))
    body = (
        {"checks": [sent], "definitionName": "d", "scanEndTimestamp": "2026-11-01T00:00:00Z"}
        if engine == "soda"
        else {"results": [sent], "meta": {"run_id": {"run_time": "2026-11-01T00:00:00Z"}},
              "success": False, "statistics": {}, "evaluation_parameters": {}}
    )  # fmt: skip

    taken = report_results(body=body, actor=actor_for(member_of(team)), port=port.fqn)

    assert (taken.stored, taken.problems) == (1, [])
    check = QualityCheck.objects.get()
    assert (check.outcome, check.origin, check.name) == ("fail", "contract", "Filled")
    assert (check.weight, check.dimension) == (0.5, "completeness")
