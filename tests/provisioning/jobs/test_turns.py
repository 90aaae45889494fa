"""Domains take turns: what one queues keeps nobody else waiting."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.ids import uuid7
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.leases import CLAIM, claim_next
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.jobs.shelf import spec


@pytest.fixture
def queue(shelf, transactional_db):
    """`queue(team, n)`: n operations of the team's domain, accepted and not begun."""

    def make(team, count):
        actor = actor_for(member_of(team))
        return [
            accept(
                instance_id=uuid7(),
                kind=OperationKind.PROVISION,
                title=f"{team.slug} {n}",
                steps=[StepSpec("Put", "shelf", "put", spec(f"{team.slug}-{n}"))],
                actor=actor,
                new_instance=InstanceData("thing", "things", "", team.domain, team, "shelf"),
            )
            for n in range(count)
        ]

    return make


def order() -> list[str]:
    """Whose operations ran, in the order of their claims."""
    rows = Operation.objects.order_by("claimed_at").select_related("instance__owner")
    return [row.instance.owner.slug for row in rows if row.instance]


def test_one_of_a_small_domain_does_not_wait_for_many_of_another(queue):
    queue(TeamFactory(slug="big"), 12)
    queue(TeamFactory(slug="small"), 1)

    run_due()

    assert "small" in order()[:2]


def test_domains_with_much_to_do_take_turns_and_each_keeps_its_order(queue):
    for slug in ("a", "b", "c"):
        queue(TeamFactory(slug=slug), 3)

    run_due()

    ran = order()
    assert [sorted(ran[at : at + 3]) for at in (0, 3, 6)] == [["a", "b", "c"]] * 3
    titles = Operation.objects.filter(title__startswith="b ").order_by("claimed_at")
    assert [each.title for each in titles] == ["b 0", "b 1", "b 2"]


def test_the_turn_passes_domains_in_which_nothing_is_due(queue):
    waiting = queue(TeamFactory(slug="waiting"), 2)
    (due,) = queue(TeamFactory(slug="due"), 1)
    Operation.objects.filter(pk__in=[each.pk for each in waiting]).update(
        run_after=Now() + dt.timedelta(hours=1)
    )

    lease = claim_next("w")

    assert lease is not None
    assert lease.operation_id == due.pk
    assert claim_next("w") is None


def test_a_claim_reads_indexes_only_however_much_is_queued(queue):
    """Ten domains with a thousand each; the plan may not read the table from end to end."""
    teams = TeamFactory.create_batch(10)
    for team in teams:
        (first,) = queue(team, 1)
        fill(first, 1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_operation")
        values = {"versions": '{"shelf": "1"}', "owner": "w", "lease_s": 30}
        cursor.execute(f"EXPLAIN {CLAIM}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan on jobs_operation" not in plan
    assert "operation_due_by_lane" in plan
    assert "operation_turn_of_lane" in plan
    assert claim_next("w") is not None


def fill(like: Operation, count: int) -> None:
    """Operations as `like`, each on an instance of its own."""
    columns = {
        table: [
            column.column
            for column in model._meta.concrete_fields
            if column.column not in {"id", "instance_id"}
        ]
        for table, model in (
            ("jobs_operation", Operation),
            ("jobs_instance", Operation._meta.get_field("instance").related_model),
        )
    }
    instance = ", ".join(f'"{name}"' for name in columns["jobs_instance"])
    operation = ", ".join(f'"{name}"' for name in columns["jobs_operation"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH made AS (INSERT INTO jobs_instance (id, {instance})"
            f" SELECT gen_random_uuid(), {instance} FROM jobs_instance, generate_series(1, %s)"
            " WHERE id = %s RETURNING id)"
            f" INSERT INTO jobs_operation (id, instance_id, {operation})"
            f" SELECT gen_random_uuid(), made.id, {operation} FROM made, jobs_operation o"
            " WHERE o.id = %s",
            [count, like.instance_id, like.pk],
        )
