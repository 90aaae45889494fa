"""A component of a tech adapter through the ledger: accepted, made, opened to readers, removed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now

from accounts.models import Team
from core.ids import uuid7
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.jobs.models import Effect, Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept, leases, runner
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.core.outbound.servers import raw, reply, serving
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.drivers.adapter import URL, Adapter, says
from tests.provisioning.drivers.forks import dies
from tests.provisioning.drivers.witboost import spec_of

pytestmark = pytest.mark.django_db(transaction=True)
AGO = Now() - dt.timedelta(seconds=1)
URN = "urn:dmb:cmp:sales.stores:orders:2:orders"
NOTHING: dict[str, Any] = {"components": {}, "readers": {}}


@pytest.fixture
def team(transactional_db: None, settings: Any) -> Team:
    settings.CELERY_BROKER_URL = ""
    return TeamFactory()


def target_at(team: Team, url: str) -> None:
    made = Target(slug="adapter", name="Adapter", driver="witboost", owner=team)
    made.config = {"url": url}
    targets.seal(made, {})
    made.save()


def accepted(
    team: Team, *, kind: OperationKind = OperationKind.PROVISION, instance_id: UUID | None = None
) -> Operation:
    spec = spec_of()
    readers = {name: value for name, value in spec.items() if name != "contract"}
    steps = [
        StepSpec("Have the port made", "witboost", "component", spec),
        StepSpec("Let them read", "witboost", "acl", {**readers, "refs": ["user:asa"]}),
    ]
    removal = kind == OperationKind.DEPROVISION
    return accept(
        instance_id=instance_id or uuid7(),
        kind=kind,
        title="A port",
        steps=list(reversed(steps)) if removal else steps,
        actor=actor_for(member_of(team)),
        new_instance=InstanceData("port", "orders", "", team.domain, team, "witboost"),
    )


def run_to_the_end(operation: Operation) -> Operation:
    for _ in range(40):
        Operation.objects.active().update(run_after=AGO)
        run_due()
        operation.refresh_from_db()
        if operation.finished_at:
            return operation
    raise AssertionError(f"{operation.state}: {operation.error_text}")


@pytest.mark.parametrize("slow", [0, 2])
def test_a_component_is_made_opened_and_removed(slow: int, team: Team, adapter: Adapter) -> None:
    target_at(team, adapter.url)
    adapter.slow = slow

    made = run_to_the_end(accepted(team))

    assert made.state == OperationState.SUCCEEDED
    assert made.result["links"] == [{"label": "Open the job", "url": URL}]
    assert adapter.holds()["readers"] == {URN: ["user:asa"]}
    assert "provision begins" in "\n".join(made.log_lines.values_list("text", flat=True))

    removal = {"kind": OperationKind.DEPROVISION, "instance_id": made.instance_id}
    assert run_to_the_end(accepted(team, **removal)).state == OperationState.SUCCEEDED
    assert adapter.holds() == NOTHING
    assert not Effect.objects.filter(removed_at=None).exists()


def test_a_crash_between_202_and_the_record_leaves_one_component(team: Team, adapter: Adapter):
    target_at(team, adapter.url)
    adapter.slow = 2
    operation = accepted(team)
    lease = leases.claim_next("a worker that dies")
    assert lease

    place = b"POST /datamesh.specificprovisioner/v1/provision"
    dies(lambda: runner.run(lease), "answered", at=(place,))()
    Operation.objects.update(lease_until=AGO)
    run_to_the_end(operation)

    assert (operation.state, operation.crashes) == (OperationState.SUCCEEDED, 1)
    assert list(adapter.holds()["components"]) == [URN]


def test_an_adapter_that_is_restarted_is_asked_again(team: Team, adapter: Adapter) -> None:
    target_at(team, adapter.url)
    adapter.slow = 2
    operation = accepted(team)
    run_due()
    adapter.forget()

    run_to_the_end(operation)

    assert operation.state == OperationState.SUCCEEDED
    assert len(adapter.sent("provision")) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(400, {"errors": ["No room."]}), "No room."),
        (says(500, {"userMessage": "The lake is closed."}), "The lake is closed."),
        (says(302), "redirect"),
        (says(200, {"status": "FAILED", "result": "The disk is full."}), "The disk is full."),
        (says(202, b"[]"), "not as a tech adapter has to"),
    ],
)
def test_an_adapter_that_fails_ends_the_job_with_a_reason_and_nothing_is_left(
    fault: Any, words: str, team: Team, adapter: Adapter
) -> None:
    target_at(team, adapter.url)
    adapter.fail("provision", *[fault] * 20)

    failed = run_to_the_end(accepted(team))

    assert failed.state == OperationState.FAILED
    assert words in failed.error_text
    assert adapter.holds() == NOTHING


@pytest.mark.parametrize(
    "handler", [None, raw(b"garbage \r\n"), reply("200 OK", b"<html>"), reply("404 Not Found")]
)
def test_a_target_that_is_no_adapter_never_leaves_a_job_without_a_reason(
    handler: Any, team: Team, settings: Any
) -> None:
    settings.OUTBOUND_HTTP = True
    with serving(handler or raw(b"")) as listener:
        settings.OUTBOUND_INNER_HOSTS = [listener.name]
        if handler is None:
            listener.close()
        target_at(team, f"http://{listener.name}")

        operation = run_to_the_end(accepted(team))

    assert operation.state == OperationState.FAILED
    assert operation.error_text
