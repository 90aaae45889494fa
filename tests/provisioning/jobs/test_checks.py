"""Due quality rules become operations that measure the port, and their results a score."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from catalog.quality.models import CheckResult, QualityCheck
from core.ids import uuid7
from provisioning.drivers.postgres.naming import schema_name
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.checks import order_due
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.factories import PortFactory, ProductFactory

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
