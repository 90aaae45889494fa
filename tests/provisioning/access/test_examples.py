"""Rows that break a check: read live with the reader's own grant, masked, kept nowhere."""

from __future__ import annotations

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from catalog.quality.models import CheckResult, QualityCheck
from catalog.quality.services import run_check_now, run_now, sync_checks
from core.errors import Invalid, InvalidTransition, NotAllowed, Unavailable
from core.models import AuditEvent
from provisioning.access.services import failing_rows, query_of, revoke_grant
from provisioning.jobs.models import Operation
from provisioning.jobs.services.checks import order_due
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from provisioning.requests.services import decide
from tests.catalog.quality.test_rules import column, contract
from tests.clients import script
from tests.factories import ContractVersionFactory, UserFactory, actor_for
from tests.provisioning.access.test_narrow import row
from tests.provisioning.access.test_pages import signed_in


@pytest.fixture
def promised(company):
    """The port's contract: a key, an amount of at least ten, an order once only."""
    version = ContractVersionFactory(
        document=contract(
            column("order_id", primaryKey=True, required=True),
            column("amount", "integer", logicalTypeOptions={"minimum": 10}),
            rules=[
                {"metric": "duplicateValues", "arguments": {"properties": ["amount"]}, "mustBe": 0},
                {"metric": "rowCount", "mustBeGreaterThan": 100},
            ],
        )
    )
    described = version.objects_described.create(name="orders", position=0)
    described.properties.create(
        name="order_id", path="order_id", position=0, primary_key=True, primary_key_position=1
    )
    described.properties.create(name="amount", path="amount", position=1, logical_type="integer")
    company.port.contract_version = version
    company.port.save()
    sync_checks(port=company.port)
    return company


@pytest.fixture
def warehouse(promised, settings):
    """The product's own pipeline at work in its table."""

    def execute(text: str) -> None:
        schema = promised.port.location["schema"]
        with psycopg.connect(settings.WAREHOUSE_URL) as conn:
            conn.execute(text.format(t=f"{schema}.orders"))

    return execute


def measure() -> None:
    order_due()
    run_due()


def check_of(metric: str) -> QualityCheck:
    checks = QualityCheck.objects.select_related("port__product")
    return checks.exclude(definition__columns=["order_id"]).get(definition__metric=metric)


def test_a_rule_broken_in_the_warehouse_fails_and_passes_after_repair(promised, warehouse):
    measure()
    assert check_of("invalidValues").outcome == "pass"

    warehouse("UPDATE {t} SET amount = 3 WHERE order_id = 'A-1'")
    QualityCheck.objects.update(measured_at=None)  # a while has passed
    assert run_now(product=promised.port.product, actor=promised.owns) == 5
    measure()

    check = check_of("invalidValues")
    assert (check.outcome, check.failed, check.evaluated) == ("fail", 1, 2)
    latest = CheckResult.objects.filter(check_run=check).latest("at")
    operation = Operation.objects.get(pk=latest.operation_id)
    assert (operation.kind, operation.state) == (OperationKind.CHECK, "succeeded")
    assert Operation.objects.filter(kind=OperationKind.CHECK).count() == 2  # one for each press
    assert check.taken_at is None

    warehouse("UPDATE {t} SET amount = 30 WHERE order_id = 'A-1'")
    QualityCheck.objects.update(measured_at=None)
    assert run_check_now(check=check, actor=promised.owns)
    measure()

    assert check_of("invalidValues").outcome == "pass"
    assert check_of("duplicateValues").outcome == "pass"  # was not asked again: 30 is there twice


def test_the_holder_sees_keys_of_breaking_rows_and_it_is_written_down(promised, granted, warehouse):
    warehouse("INSERT INTO {t} VALUES ('A-3', 4), ('A-4', 4), ('A-5', NULL)")
    measure()

    broken = failing_rows(check=check_of("invalidValues"), actor=promised.asks)
    twins = failing_rows(check=check_of("duplicateValues"), actor=promised.asks)

    assert (broken.columns, sorted(broken.rows)) == (
        ("order_id", "amount"),
        [("A-3", "4"), ("A-4", "4")],
    )
    assert (twins.columns, twins.rows) == (("amount", "rows"), (("4", "2"),))
    events = AuditEvent.objects.filter(verb="examples.shown").order_by("id")
    assert [each.detail["rows"] for each in events] == [2, 1]
    assert {each.actor for each in events} == {promised.consumer.username}
    assert not CheckResult.objects.filter(message__contains="A-3").exists()

    warehouse("UPDATE {t} SET amount = 99 WHERE amount = 4")
    assert failing_rows(check=check_of("invalidValues"), actor=promised.asks).rows == ()


def test_at_most_twenty(promised, granted, warehouse):
    warehouse("INSERT INTO {t} SELECT 'B-' || n, 1 FROM generate_series(1, 50) AS n")
    measure()

    assert len(failing_rows(check=check_of("invalidValues"), actor=promised.asks).rows) == 20


def test_nobody_without_a_grant_not_even_the_owner(promised, granted, warehouse):
    warehouse("INSERT INTO {t} VALUES ('A-3', 4)")
    measure()
    check = check_of("invalidValues")

    with pytest.raises(NotAllowed, match="your own access"):
        failing_rows(check=check, actor=promised.owns)
    revoke_grant(grant=granted, actor=promised.owns, reason="")
    with pytest.raises(NotAllowed):
        failing_rows(check=check, actor=promised.asks)
    assert not AuditEvent.objects.filter(verb="examples.shown").exists()


def test_only_a_check_that_failed_on_single_rows_has_examples(promised, granted):
    measure()

    with pytest.raises(InvalidTransition, match="did not fail"):
        failing_rows(check=check_of("invalidValues"), actor=promised.asks)
    assert check_of("rowCount").outcome == "fail"
    with pytest.raises(Invalid, match="No single row"):
        failing_rows(check=check_of("rowCount"), actor=promised.asks)


def test_a_narrow_grant_shows_its_own_rows_and_columns_only(promised, ask, warehouse):
    narrow = {
        "orders": {"columns": ["order_id"], "rows": [row("equals", "A-3", column="order_id")]}
    }
    decide(request=ask(narrow=narrow), actor=promised.owns, approve=True, note="")
    run_due()
    warehouse("INSERT INTO {t} VALUES ('A-3', 4), ('A-4', 4)")
    measure()

    with pytest.raises(Unavailable, match="does not include amount"):
        failing_rows(check=check_of("invalidValues"), actor=promised.asks)


def test_rows_that_a_filter_keeps_back_are_not_shown(promised, ask, warehouse):
    narrow = {"orders": {"rows": [row("equals", "A-3", column="order_id")]}}
    decide(request=ask(narrow=narrow), actor=promised.owns, approve=True, note="")
    run_due()
    warehouse("INSERT INTO {t} VALUES ('A-3', 4), ('A-4', 4)")
    measure()

    assert failing_rows(check=check_of("invalidValues"), actor=promised.asks).rows == (
        ("A-3", "4"),
    )


def test_classified_columns_are_masked(promised, granted, warehouse):
    promised.port.contract_version.objects_described.get().properties.filter(name="amount").update(
        classification="confidential"
    )
    warehouse("INSERT INTO {t} VALUES ('A-3', 4)")
    measure()

    found = failing_rows(check=check_of("invalidValues"), actor=promised.asks)

    assert (found.masked, found.rows) == ({"amount"}, (("A-3", None),))


def test_a_warehouse_that_is_away_says_so(promised, granted, warehouse, settings):
    warehouse("INSERT INTO {t} VALUES ('A-3', 4)")
    measure()
    settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"

    with pytest.raises(Unavailable):
        failing_rows(check=check_of("invalidValues"), actor=promised.asks)
    assert not AuditEvent.objects.filter(verb="examples.shown").exists()


def test_the_query_of_a_check_gives_its_figures_to_whoever_runs_it(promised, granted, settings):
    measure()
    schema = promised.port.location["schema"]

    for actor in (promised.owns, promised.asks):
        text = query_of(check=check_of("invalidValues"), actor=actor)
        assert text == (
            f'SELECT count(*) AS rows, count(*) FILTER (WHERE ("amount" IS NOT NULL AND'
            f' "amount" < 10)) AS broken FROM "{schema}"."orders"'
        )
    with psycopg.connect(settings.WAREHOUSE_URL) as conn:
        assert conn.execute(text).fetchone() == (2, 0)
        twins = query_of(check=check_of("duplicateValues"), actor=promised.asks)
        assert conn.execute(twins).fetchone() == (2, 0)
    with pytest.raises(NotAllowed, match="Only its owners"):
        query_of(check=check_of("invalidValues"), actor=actor_for(UserFactory()))


def test_a_table_that_has_gone_is_said_on_its_checks(promised, warehouse):
    warehouse("DROP TABLE {t}")

    measure()

    assert Operation.objects.get(kind=OperationKind.CHECK).state == "failed"
    checks = QualityCheck.objects.filter(runnable=True)
    assert {(each.outcome, each.score) for each in checks} == {("error", None)}
    assert all("has no table orders" in each.message for each in checks)
    assert {each.taken_at for each in checks} == {None}


def test_pages_and_rest_say_the_same(promised, granted, warehouse):
    warehouse("INSERT INTO {t} VALUES ('A-3', 4)")
    measure()
    check = check_of("invalidValues")
    base = f"/api/v1/products/{promised.port.product.fqn}/quality/checks/{check.pk}"
    client, reader, owner = Client(), script(promised.consumer), script(promised.owner)

    answer = client.post(f"{base}/examples", headers=reader)
    told = answer.json()
    assert (told["columns"], told["masked"]) == (["order_id", "amount"], [])
    assert told["rows"] == [["A-3", "4"]]
    assert answer["Cache-Control"] == "no-store"
    assert client.post(f"{base}/examples", headers=owner).status_code == 403
    sql = client.get(f"{base}/query", headers=owner).json()["sql"]
    assert sql.startswith("SELECT count(*)")
    nowhere = base.replace(f"/{check.pk}", "/0")
    assert client.get(f"{nowhere}/query", headers=owner).status_code == 404

    url = reverse("access:check-examples", args=[check.pk])
    page = signed_in(promised.consumer)
    whole = page.post(url).content.decode()
    part = page.post(url, headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" in whole
    assert "<h1>" not in part
    for told in (whole, part):
        assert "1 row that breaks it now" in told
        assert "A-3" in told
    assert signed_in(promised.owner).post(url).status_code == 403
    warehouse("DROP TABLE {t}")
    told = page.post(url, headers={"HX-Request": "true"}).content.decode()
    assert "The access is not in place there." in told
    assert page.post(url)["Location"].endswith("?tab=quality")


def test_the_page_of_a_check_shows_its_query_to_those_who_may_read_the_port(
    promised, granted, warehouse
):
    measure()
    check = check_of("invalidValues")
    of_check = reverse("quality:check", args=[promised.port.product.fqn, check.pk])
    url = reverse("access:check-query", args=[check.pk])

    for person in (promised.owner, promised.consumer):
        page = signed_in(person)
        assert f'href="{url}"' in page.get(of_check).content.decode()
        whole = page.get(url).content.decode()
        part = page.get(url, headers={"HX-Request": "true"}).content.decode()
        assert "<h1>" in whole
        assert "<h1>" not in part
        for told in (whole, part):
            assert "SELECT count(*) AS rows" in told

    stranger = signed_in(UserFactory())
    assert url not in stranger.get(of_check).content.decode()
    assert stranger.get(url).status_code == 403
    QualityCheck.objects.update(runnable=False, note="No table.")
    refused = signed_in(promised.owner).get(url, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "The portal does not run this check. No table." in refused.content.decode()
