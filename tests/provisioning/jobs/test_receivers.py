"""A team's own service through the whole way: registered, called by a job, kept, retired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.ids import uuid7
from core.outbound.signing import new_secret
from provisioning.drivers.models import Target
from provisioning.drivers.services import (
    TargetData,
    TargetInUse,
    register_target,
    retire_target,
)
from provisioning.jobs.models import Effect, Instance, Operation, OperationLog
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.provisioning.drivers.receiver import Receiver
from tests.provisioning.jobs.test_running import run_through

SECRET = new_secret()


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    found = Receiver(SECRET)
    settings.CELERY_BROKER_URL = ""
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.close()


@pytest.fixture
def target(receiver, team, owner) -> Target:
    data = TargetData(
        slug="dashboards",
        name="Dashboards",
        driver="webhook",
        owner=team,
        config={"url": receiver.url},
        secrets={"signing_secret": SECRET},
    )
    return register_target(data=data, actor=owner)


def ordered(team, owner, *names: str, kind=OperationKind.PROVISION, instance=None) -> Operation:
    spec = {"target": "dashboards", "kind": "dashboard"}
    return accept(
        instance_id=instance or uuid7(),
        kind=kind,
        title="Make dashboards",
        steps=[StepSpec(f"Make {n}", "webhook", "resource", {**spec, "name": n}) for n in names],
        actor=owner,
        new_instance=InstanceData("dashboard", "orders", "", team.domain, team, "webhook"),
    )


def test_a_job_has_things_made_and_removed_by_the_receiver(target, receiver, team, owner):
    operation = ordered(team, owner, "orders", "returns")
    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert {name for _, _, name in receiver.things} == {"orders", "returns"}
    effects = Effect.objects.filter(instance=operation.instance_id, removed_at=None)
    assert set(effects.values_list("kind", "name")) == {
        ("dashboard", "orders"),
        ("dashboard", "returns"),
    }
    with pytest.raises(TargetInUse):
        retire_target(target=target, actor=owner)

    where = operation.instance_id
    ordered(team, owner, "returns", "orders", kind=OperationKind.DEPROVISION, instance=where)
    run_due()

    assert receiver.things == {}
    assert Instance.objects.get().observed_state == "absent"
    retire_target(target=target, actor=owner)


def test_a_receiver_that_is_away_is_asked_again(target, receiver, team, owner):
    receiver.close()

    operation = ordered(team, owner, "orders")
    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.RETRY_WAIT


def test_what_was_made_is_undone_when_a_later_step_is_refused(target, receiver, team, owner):
    operation = ordered(team, owner, "orders", "returns")
    receiver.refused.add("returns")

    run_through()

    operation.refresh_from_db()
    assert operation.state == OperationState.FAILED
    assert "refused: No room for it" in operation.error_text
    assert receiver.things == {}


def test_no_line_of_the_ledger_holds_the_signing_secret(target, receiver, team, owner):
    ordered(team, owner, "orders")
    run_due()

    written = [
        *Operation.objects.values_list("spec", "result", "error_text"),
        *OperationLog.objects.values_list("text"),
        *Instance.objects.values_list("desired_spec"),
    ]
    assert SECRET not in str(written)
    assert SECRET.removeprefix("whsec_") not in str(written) + str(receiver.requests)
