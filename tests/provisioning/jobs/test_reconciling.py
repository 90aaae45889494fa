"""Targets are looked at again; what differs is shown, and mended by operations on the record."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time

import psycopg
import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from psycopg import sql

from accounts.models import User
from core.errors import InvalidTransition, NotAllowed
from core.ids import uuid7
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.drivers.postgres.naming import schema_name
from provisioning.jobs.models import Instance, Operation, Orphan
from provisioning.jobs.services import InstanceData, StepSpec, accept, repair
from provisioning.jobs.services.reconciling import (
    find_orphans,
    look_at,
    look_at_next,
    look_for_orphans,
)
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.factories import UserFactory, actor_for
from tests.provisioning.drivers.places import place_of, tcp_url

COLUMNS = [{"name": "id", "logical_type": "integer"}, {"name": "at", "logical_type": "date"}]
STEPS = [
    StepSpec("Schema", "postgres", "schema", {"slug": "orders"}),
    StepSpec(
        "Tables",
        "postgres",
        "tables",
        {"slug": "orders", "objects": [{"name": "orders", "properties": COLUMNS}]},
    ),
    StepSpec("Roles", "postgres", "roles", {"slug": "orders"}),
    StepSpec("Sample", "postgres", "sample", {"slug": "orders", "rows": {"orders": [{"id": 1}]}}),
]


@pytest.fixture
def made(settings, warehouse_url, team, owner) -> Instance:
    """A schema, a table, roles and a row, as the ledger and the warehouse have them."""
    settings.CELERY_BROKER_URL, settings.WAREHOUSE_URL = "", warehouse_url
    instance_id = uuid7()
    accept(
        instance_id=instance_id,
        kind=OperationKind.PROVISION,
        title="Orders",
        steps=STEPS,
        actor=owner,
        new_instance=InstanceData("data-product", "Orders", "", team.domain, team, "postgres"),
    )
    run_due()
    return Instance.objects.get()


@pytest.fixture
def meddle(made, warehouse_url):
    """`meddle("DROP TABLE {}.orders")`: somebody at the warehouse, past the portal."""
    schema = schema_name("orders", made.pk)

    def run(statement: str) -> None:
        with psycopg.connect(warehouse_url, autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(sql.Identifier(schema)))

    return run


def found(instance: Instance) -> set[tuple[str, str]]:
    instance.refresh_from_db()
    return {(each["what"], each["kind"]) for each in look_at(instance) or []}


def remove(instance: Instance, owner) -> Operation:
    return accept(
        instance_id=instance.pk,
        kind=OperationKind.DEPROVISION,
        title="Remove",
        steps=STEPS[::-1],
        actor=owner,
    )


def look_is_due(within: dt.timedelta) -> bool:
    return Instance.objects.filter(reconcile_at__range=(Now(), Now() + within)).exists()


def test_what_was_made_does_not_differ(made):
    assert found(made) == set()
    made.refresh_from_db()
    assert made.looked_at is not None
    assert look_is_due(dt.timedelta(minutes=10))


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DROP TABLE {}.orders", ("missing", "tables")),
        ('ALTER TABLE {}.orders DROP COLUMN "at"', ("missing", "column")),
    ],
)
def test_what_somebody_changed_is_found_and_mended_on_the_record(
    made, meddle, owner, statement, difference
):
    meddle(statement)
    assert difference in found(made)
    operation = repair(instance=made, actor=owner)
    run_due()

    operation.refresh_from_db()
    assert (operation.kind, operation.state) == (OperationKind.REPAIR, OperationState.SUCCEEDED)
    assert found(made) == set()


def test_what_lost_our_label_is_not_ours_any_more(made, meddle):
    meddle("COMMENT ON SCHEMA {} IS 'theirs'")

    assert ("missing", "schema") in found(made)


def test_only_what_differs_is_done_again(made, meddle, owner):
    meddle("DROP TABLE {}.orders")
    found(made)

    operation = repair(instance=made, actor=owner)

    assert "Schema" not in operation.steps.values_list("name", flat=True)


def test_by_setting_it_is_mended_by_itself(made, meddle, settings):
    settings.AUTOMATIC_REPAIR = True
    meddle("DROP TABLE {}.orders")

    found(made)
    run_due()

    assert Operation.objects.get(kind=OperationKind.REPAIR).state == OperationState.SUCCEEDED
    assert found(made) == set()


def test_a_removal_is_looked_at_after_one_minute_and_after_ten_and_then_no_more(made, owner):
    remove(made, owner)
    run_due()
    assert look_is_due(dt.timedelta(minutes=1))

    assert found(made) == set()
    assert not look_is_due(dt.timedelta(minutes=9))
    assert look_is_due(dt.timedelta(minutes=10))
    assert found(made) == set()

    made.refresh_from_db()
    assert made.reconcile_at is None


def test_what_comes_back_after_a_removal_is_found_and_taken_away_again(
    made, owner, meddle, warehouse_url
):
    remove(made, owner)
    run_due()
    meddle("CREATE SCHEMA {}")
    label = f'[meshport {{"instance": "{made.pk}", "fence": 1}}]'
    schema = sql.Identifier(schema_name("orders", made.pk))
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        conn.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(schema, sql.Literal(label)))

    assert found(made) == {("extra", "schema")}
    repair(instance=made, actor=owner)
    run_due()

    assert found(made) == set()


def test_nothing_is_said_of_what_is_just_being_changed(made, meddle, owner):
    meddle("DROP TABLE {}.orders")
    remove(made, owner)

    look_at(made)

    made.refresh_from_db()
    assert made.drift == []
    Instance.objects.update(reconcile_at=Now() - dt.timedelta(seconds=1))
    assert not look_at_next()


def test_looks_are_taken_in_turn_by_whoever_comes(made):
    Instance.objects.update(reconcile_at=Now() - dt.timedelta(seconds=1))

    assert look_at_next()
    assert not look_at_next()


def test_a_target_that_is_away_is_no_difference(made, settings):
    settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"

    assert look_at(made) is None
    made.refresh_from_db()
    assert made.drift == []


def test_what_has_our_label_and_no_owner_is_listed_and_so_are_strangers_rights(
    made, meddle, warehouse_url
):
    find_orphans()
    assert not Orphan.objects.filter(instance_id=made.pk).exists()
    meddle("GRANT USAGE ON SCHEMA {} TO PUBLIC")
    meddle("GRANT SELECT ON {}.orders TO PUBLIC")
    lost = uuid7()
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        conn.execute("CREATE SCHEMA dp_lost_and_found")
        text = f'[meshport {{"instance": "{lost}", "fence": 1}}]'
        comment = sql.SQL("COMMENT ON SCHEMA dp_lost_and_found IS {}")
        conn.execute(comment.format(sql.Literal(text)))

    find_orphans()

    assert Orphan.objects.get(instance_id=lost).name == "dp_lost_and_found"
    assert Orphan.objects.get(instance_id=made.pk).kind == "right"
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA dp_lost_and_found")
    find_orphans()
    assert not Orphan.objects.filter(instance_id=lost).exists()


def test_a_target_of_a_team_is_looked_through_too_and_keeps_what_was_found_while_it_is_away(
    team, settings, warehouse_url
):
    url = tcp_url(warehouse_url)
    settings.OUTBOUND_INNER_HOSTS = [place_of(url)]
    settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"
    lake = Target(slug="lake", name="Lake", driver="postgres", owner=team)
    targets.seal(lake, {"url": url})
    lake.save()
    lost = uuid7()
    with psycopg.connect(warehouse_url, autocommit=True) as conn:
        conn.execute("CREATE SCHEMA dp_lost_in_the_lake")
        text = f'[meshport {{"instance": "{lost}", "fence": 1}}]'
        comment = sql.SQL("COMMENT ON SCHEMA dp_lost_in_the_lake IS {}")
        conn.execute(comment.format(sql.Literal(text)))

        find_orphans()
        assert Orphan.objects.get(instance_id=lost).target == "lake"
        targets.seal(lake, {"url": "postgresql://127.0.0.1:1/none"})
        lake.save()
        find_orphans()
        assert Orphan.objects.filter(instance_id=lost).exists()
        conn.execute("DROP SCHEMA dp_lost_in_the_lake")
    lake.retired_at = Now()
    lake.save()
    find_orphans()
    assert not Orphan.objects.filter(instance_id=lost).exists()


@pytest.mark.django_db(transaction=True)
def test_a_target_that_does_not_answer_keeps_no_schedule_waiting(team, settings):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        settings.OUTBOUND_INNER_HOSTS = [place]
        settings.WAREHOUSE_URL = "postgresql://127.0.0.1:1/none"
        lake = Target(slug="lake", name="Lake", driver="postgres", owner=team)
        targets.seal(lake, {"url": f"postgresql://meshport:x@{place}/none"})
        lake.save()

        began = time.monotonic()
        look_for_orphans()
        assert time.monotonic() - began < 1

        called, _ = silent.accept()  # it was asked all the same
        called.close()
    [looking] = [each for each in threading.enumerate() if each.name == "orphans"] or [None]
    if looking is not None:
        looking.join(30)


def test_a_repair_is_for_the_owner_and_needs_a_difference(made, meddle, owner):
    with pytest.raises(InvalidTransition):
        repair(instance=made, actor=owner)
    meddle("DROP TABLE {}.orders")
    found(made)

    with pytest.raises(NotAllowed):
        repair(instance=made, actor=actor_for(UserFactory()))

    assert not Operation.objects.filter(kind=OperationKind.REPAIR).exists()


def test_people_see_what_differs_and_start_the_repair(made, meddle, owner):
    meddle("DROP TABLE {}.orders")
    found(made)
    browser = Client()
    browser.force_login(User.objects.get(pk=owner.user_id))

    page = browser.get(reverse("jobs:resources")).content.decode()
    listed = browser.get(reverse("rest:resources")).json()["results"][0]
    answer = browser.post(reverse("jobs:repair", args=[made.pk]))

    operation = Operation.objects.get(kind=OperationKind.REPAIR)
    assert "The target differs" in page
    assert reverse("jobs:repair", args=[made.pk]) in page
    assert listed["drift"][0]["what"] == "missing"
    assert answer.url == reverse("jobs:operation", args=[operation.pk])


def test_a_script_starts_the_repair(made, meddle, owner):
    meddle("DROP TABLE {}.orders")
    found(made)
    script = Client(headers={"x-requested-with": "script"})
    script.force_login(User.objects.get(pk=owner.user_id))

    answer = script.post(reverse("rest:resource-repair", args=[made.pk]))

    assert answer.status_code == 202
    assert answer["Location"] == reverse(
        "rest:operation", args=[Operation.objects.get(kind=OperationKind.REPAIR).pk]
    )
