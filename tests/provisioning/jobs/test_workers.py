"""Real worker processes: without a broker, killed, and ended."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from django.db.models import QuerySet
from django.db.models.functions import Now
from psycopg import sql

from core.ids import uuid7
from provisioning.drivers.postgres.naming import schema_name
from provisioning.jobs.models import Effect, Operation, OperationLog, Worker
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.states import OperationKind, OperationState, StepState
from tests.provisioning.jobs.processes import sweeper, until, worker

OBJECTS = [
    {"name": "orders", "properties": [{"name": "id", "logical_type": "integer", "required": True}]}
]


@pytest.fixture
def provisioned(settings, team, owner) -> Operation:
    """A schema, a table and roles in the warehouse, accepted and not begun."""
    settings.CELERY_BROKER_URL = ""
    return accept(
        instance_id=uuid7(),
        kind=OperationKind.PROVISION,
        title="Orders",
        steps=[
            StepSpec("Schema", "postgres", "schema", {"slug": "orders"}),
            StepSpec("Tables", "postgres", "tables", {"slug": "orders", "objects": OBJECTS}),
            StepSpec("Roles", "postgres", "roles", {"slug": "orders"}),
        ],
        actor=owner,
        new_instance=InstanceData("data-product", "Orders", "", team.domain, team, "postgres"),
    )


def has_succeeded(operation: Operation) -> bool:
    operation.refresh_from_db()
    assert operation.state not in {OperationState.FAILED, OperationState.CANCELLED}
    return operation.state == OperationState.SUCCEEDED


def step_is(operation: Operation, n: int, state: StepState) -> bool:
    return operation.steps.get(n=n).state == state


def lines_of(operation: Operation, beginning: str) -> QuerySet[OperationLog]:
    return OperationLog.objects.filter(operation=operation, text__startswith=beginning)


def test_a_worker_without_a_broker_pulls_and_finishes(provisioned, warehouse_url):
    with worker(WAREHOUSE_URL=warehouse_url):
        until(lambda: has_succeeded(provisioned))

    schema = schema_name("orders", provisioned.instance_id)
    with psycopg.connect(warehouse_url) as target:
        tables = target.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        assert tables.fetchall() == [("orders",)]


def test_a_killed_worker_is_replaced_after_the_lease_and_nothing_is_done_twice(
    provisioned, warehouse_url
):
    schema = schema_name("orders", provisioned.instance_id)
    role = sql.Identifier(f"{schema}_r")
    with psycopg.connect(warehouse_url) as blocking:
        # the same name, not committed: the third step waits for it
        blocking.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        with worker(WAREHOUSE_URL=warehouse_url, PORTAL_LEASE_S="2") as first:
            until(lambda: step_is(provisioned, 2, StepState.INTENT))
            first.kill()
        blocking.rollback()

    with worker(WAREHOUSE_URL=warehouse_url, PORTAL_LEASE_S="2"):
        until(lambda: has_succeeded(provisioned))

    assert provisioned.crashes == 1
    assert provisioned.fence == 2
    effects = list(Effect.objects.filter(removed_at=None).values_list("kind", "name"))
    assert len(effects) == len(set(effects))
    assert {kind for kind, _ in effects} >= {"schema", "table", "role"}
    assert lines_of(provisioned, "taken over").count() == 1
    with psycopg.connect(warehouse_url) as target:
        roles = target.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname IN (%s, %s)",
            [f"{schema}_r", f"{schema}_w"],
        )
        assert roles.fetchone() == (2,)


def test_a_message_wakes_a_worker_and_the_sweeper_repeats_a_lost_one(
    provisioned, warehouse_url, broker_url
):
    with (
        worker(WAREHOUSE_URL=warehouse_url, CELERY_BROKER_URL=broker_url),
        sweeper(CELERY_BROKER_URL=broker_url),
    ):
        until(lambda: has_succeeded(provisioned))


def test_a_worker_that_is_asked_to_end_gives_its_operation_back(provisioned, warehouse_url):
    schema = schema_name("orders", provisioned.instance_id)
    with psycopg.connect(warehouse_url) as blocking:
        blocking.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        with worker(WAREHOUSE_URL=warehouse_url) as ending:
            until(lambda: step_is(provisioned, 0, StepState.INTENT))
            ending.ask_to_end()
            blocking.rollback()
            assert ending.wait(30) == 0

    provisioned.refresh_from_db()
    assert provisioned.lease_owner is None
    assert lines_of(provisioned, "given back").count() == 1
    assert step_is(provisioned, 0, StepState.VERIFIED)
    assert step_is(provisioned, 1, StepState.PENDING)
    assert provisioned.crashes == 0
    assert not Worker.objects.exists()


def test_what_an_ending_worker_gives_back_is_taken_over_within_two_seconds(
    provisioned, warehouse_url, broker_url
):
    schema = schema_name("orders", provisioned.instance_id)
    here = {"WAREHOUSE_URL": warehouse_url, "CELERY_BROKER_URL": broker_url}
    due = Operation.objects.filter(pk=provisioned.pk)
    due.update(run_after=Now() + dt.timedelta(hours=1))
    with (
        psycopg.connect(warehouse_url) as first,
        psycopg.connect(warehouse_url) as last,
        worker(**here) as one,
        worker(**here) as other,
    ):
        first.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        last.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(f"{schema}_r")))
        until(lambda: Worker.objects.count() == 2)
        due.update(run_after=Now())
        until(lambda: step_is(provisioned, 0, StepState.INTENT))
        provisioned.refresh_from_db()
        _, pid, _ = provisioned.lease_owner.split(":")
        ending = one if one.has_child(int(pid)) else other
        ending.ask_to_end()
        first.rollback()  # the step waits for it no longer than 5 s
        until(lambda: lines_of(provisioned, "given back").exists())
        last.rollback()
        until(lambda: has_succeeded(provisioned))
        assert ending.wait(30) == 0

    given_back = lines_of(provisioned, "given back").get()
    taken = lines_of(provisioned, "taken by").filter(pk__gt=given_back.pk).get()
    assert (taken.at - given_back.at).total_seconds() < 2
    assert provisioned.crashes == 0
