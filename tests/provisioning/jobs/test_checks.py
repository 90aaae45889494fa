"""Due quality rules become operations that measure the port, and their results a score."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.quality.models import CheckResult, QualityCheck
from catalog.quality.services import ResultData, record_results
from core.ids import uuid7
from core.models import AuditEvent
from provisioning.drivers.postgres.naming import schema_name
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.checks import order_due
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.clients import script
from tests.factories import PortFactory, ProductFactory, UserFactory
from tests.portal.graphql.asking import codes, field
from tests.portal.graphql.conftest import ask_as

OBJECTS = [{"name": "orders", "properties": [{"name": "id", "logical_type": "integer"}]}]
ROWS = {"orders": [{"id": 1}, {"id": 2}]}
RULE = {
    "object": "orders",
    "property": "",
    "type": "library",
    "metric": "rowCount",
    "operator": "mustBeGreaterThan",
    "threshold": 1,
    "unit": "rows",
    "arguments": {},
    "query": "",
}


@pytest.fixture
def check(settings, warehouse_url, team, owner) -> QualityCheck:
    """A due rule on a table that is in the warehouse, with two rows."""
    settings.CELERY_BROKER_URL, settings.WAREHOUSE_URL = "", warehouse_url
    instance_id = uuid7()
    accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title="Orders",
        steps=[
            StepSpec("Schema", "postgres", "schema", {"slug": "orders"}),
            StepSpec("Tables", "postgres", "tables", {"slug": "orders", "objects": OBJECTS}),
            StepSpec("Roles", "postgres", "roles", {"slug": "orders"}),
            StepSpec("Sample", "postgres", "sample", {"slug": "orders", "rows": ROWS}),
        ],
        actor=owner,
        new_instance=InstanceData("data-product", "Orders", "", team.domain, team, "postgres"),
    )
    run_due()
    port = PortFactory(
        product=ProductFactory(owner=team, instance_id=instance_id),
        technology="postgresql",
        location={
            "slug": "orders",
            "schema": schema_name("orders", instance_id),
            "tables": {"orders": {"table": "orders", "columns": {"id": "id"}}},
        },
    )
    return QualityCheck.objects.create(
        port=port,
        key="/rule",
        name="Enough orders",
        dimension="completeness",
        definition=RULE,
        runnable=True,
        due_at=Now(),
    )


def test_a_due_rule_is_measured_and_its_result_kept(check):
    assert order_due() == 1
    assert order_due() == 0

    run_due()

    operation = Operation.objects.get(kind=OperationKind.CHECK)
    assert (operation.state, operation.error_text) == (OperationState.SUCCEEDED, "")
    result = CheckResult.objects.get()
    assert (result.outcome, result.value, result.operation_id) == ("pass", 2, operation.pk)
    check.refresh_from_db()
    assert check.score == 1


def _as(check: QualityCheck, username: str = "") -> tuple[Client, dict[str, str], str]:
    """A client, a script's headers and the address of the verb; of the owner's, or of a reader."""
    person = User.objects.filter(memberships__team=check.port.product.owner).first()
    user = UserFactory() if username else person
    assert user is not None
    path = f"/api/v1/products/{check.port.product.fqn}/quality/checks/{check.pk}/run"
    return Client(), script(user), path


def test_a_script_has_one_check_run_and_is_told_the_operation(check):
    QualityCheck.objects.create(
        port=check.port, key="/other", name="Other", definition=RULE, runnable=True, due_at=Now()
    )
    QualityCheck.objects.update(due_at=timezone.now() + dt.timedelta(hours=1))
    client, headers, path = _as(check)
    keyed = {**headers, "Idempotency-Key": "once"}

    first = client.post(path, headers=keyed)
    again = client.post(path, headers=keyed)
    meanwhile = client.post(path, headers=headers)

    assert [each.status_code for each in (first, again, meanwhile)] == [202, 202, 202]
    assert first["Location"] == f"/api/v1/operations/{first.json()['id']}"
    assert first["Retry-After"] == "1"
    assert {each.json()["id"] for each in (first, again, meanwhile)} == {first.json()["id"]}
    assert again["Idempotent-Replayed"] == "true"
    operation = Operation.objects.get(kind=OperationKind.CHECK)
    assert operation.spec["steps"][0]["spec"]["subject"] == {"check_ids": [check.pk]}

    run_due()

    told = client.get(first["Location"], headers=headers).json()
    assert told["state"] == "succeeded"
    assert CheckResult.objects.get().operation_id == operation.pk
    # a result so young is what a new run would find
    assert client.post(path, headers=headers).json()["id"] == str(operation.pk)
    assert AuditEvent.objects.filter(verb="quality.requested").count() == 1


def test_only_the_owners_have_a_check_run_and_a_refusal_says_why(check):
    client, reader, path = _as(check, "reader")
    _, owner, _ = _as(check)
    refused = client.post(path, headers=reader)
    unknown = client.post(path.replace(f"/{check.pk}/", "/999999/"), headers=owner)
    QualityCheck.objects.update(runnable=False, note="The portal did not make the table.")
    idle = client.post(path, headers=owner)

    assert [each.status_code for each in (refused, unknown, idle)] == [403, 404, 422]
    assert [each["code"] for each in idle.json()["problems"]] == ["check-not-runnable"]
    assert "did not make the table" in idle.json()["detail"]
    assert not Operation.objects.filter(kind=OperationKind.CHECK).exists()
    assert not AuditEvent.objects.filter(verb="quality.requested").exists()


def test_a_result_of_another_tool_a_moment_ago_is_a_conflict(check):
    record_results(results=[ResultData(check.pk, "pass", timezone.now())], source="dbt")
    QualityCheck.objects.update(due_at=timezone.now() + dt.timedelta(hours=1))
    client, headers, path = _as(check)

    answer = client.post(path, headers=headers)

    assert answer.status_code == 409
    assert "Another tool sent a result" in answer.json()["detail"]


def test_graphql_has_one_check_run_too(check):
    owner = User.objects.get(memberships__team=check.port.product.owner)
    run = """mutation ($id: ID!) { runCheck(id: $id) {
        operation { id kind state team { slug } } problems { code message } } }"""

    found = field(ask_as(owner), run, id=check.pk)

    assert found["problems"] == []
    assert (found["operation"]["kind"], found["operation"]["state"]) == ("CHECK", "QUEUED")
    assert found["operation"]["team"] == {"slug": check.port.product.owner.slug}
    assert codes(ask_as(UserFactory()), run, id=check.pk) == ["not-allowed"]
    assert codes(ask_as(owner), run, id="x") == ["not-found"]
    QualityCheck.objects.update(runnable=False)
    assert codes(ask_as(owner), run, id=check.pk) == ["check-not-runnable"]


def test_the_owners_see_the_job_behind_a_result_and_others_do_not(check):
    order_due()
    run_due()
    operation = Operation.objects.get(kind=OperationKind.CHECK)
    client, owner, _ = _as(check)
    _, reader, _ = _as(check, "reader")
    path = f"/api/v1/operations/{operation.pk}"

    assert client.get(path, headers=owner).status_code == 200
    assert client.get(path, headers=reader).status_code == 404
