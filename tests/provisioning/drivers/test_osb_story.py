"""A service from a broker through the ledger: accepted, made, changed, removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from openbrokerapi.service_broker import OperationState

from accounts.models import Team
from core.ids import uuid7
from provisioning.drivers import targets
from provisioning.drivers.models import Target
from provisioning.jobs import extensions
from provisioning.jobs.models import Effect, Instance, Operation
from provisioning.jobs.services import InstanceData, StepSpec, accept, leases, runner
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind
from provisioning.jobs.states import OperationState as State
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.drivers.broker import (
    DATABASE,
    LARGE,
    PASSWORD,
    SLOW,
    SMALL,
    USER,
    Server,
    after,
    half,
    says,
)
from tests.provisioning.drivers.forks import dies

pytestmark = pytest.mark.django_db(transaction=True)
AGO = Now() - dt.timedelta(seconds=1)


@pytest.fixture
def team(transactional_db: None, settings: Any) -> Team:
    settings.CELERY_BROKER_URL = ""
    return TeamFactory()


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """Secrets as they come out of the ledger."""
    found: list[dict[str, Any]] = []

    def keep(_operation: Operation, _step: Any, secrets: Any) -> None:
        found.append(dict(secrets))

    extensions._secrets.append(keep)
    yield found
    extensions._secrets.remove(keep)


def target_at(team: Team, url: str) -> Target:
    made = Target(slug="brokers", name="Brokers", driver="osb", owner=team)
    made.config = {"url": url, "username": USER}
    targets.seal(made, {"password": PASSWORD})
    made.save()
    return made


def accepted(
    team: Team,
    *,
    plan: str = SMALL,
    kind: OperationKind = OperationKind.PROVISION,
    instance_id: UUID | None = None,
    **parameters: Any,
) -> Operation:
    spec = {
        "target": "brokers",
        "service_id": DATABASE,
        "plan_id": f"{DATABASE}-{plan}",
        "parameters": {"size_gb": 5, **parameters},
        "team": team.slug,
    }
    steps = [
        StepSpec("Have the database made", "osb", "instance", spec),
        StepSpec("Have credentials made", "osb", "binding", {**spec, "parameters": {}}),
    ]
    removal = kind == OperationKind.DEPROVISION
    return accept(
        instance_id=instance_id or uuid7(),
        kind=kind,
        title="A database",
        steps=list(reversed(steps)) if removal else steps,
        actor=actor_for(member_of(team)),
        new_instance=InstanceData("service", "db", "", team.domain, team, "osb"),
    )


def run_to_the_end(operation: Operation) -> Operation:
    for _ in range(40):
        Operation.objects.active().update(run_after=AGO)
        run_due()
        operation.refresh_from_db()
        if operation.finished_at:
            return operation
    raise AssertionError(f"{operation.state}: {operation.error_text}")


@pytest.mark.parametrize("plan", [SMALL, SLOW])
def test_a_service_is_made_and_removed(
    plan: str, team: Team, broker: Server, told: list[dict[str, Any]]
) -> None:
    target_at(team, broker.url)

    made = run_to_the_end(accepted(team, plan=plan))

    assert made.state == State.SUCCEEDED
    assert len(broker.holds()["instances"]) == len(broker.holds()["bindings"]) == 1
    assert made.result["links"][0]["label"] == "Open database"
    assert "secret-" in told[0]["credentials"]["uri"]
    assert Effect.objects.filter(removed_at=None).count() == 2

    gone = run_to_the_end(
        accepted(team, plan=plan, kind=OperationKind.DEPROVISION, instance_id=made.instance_id)
    )

    assert gone.state == State.SUCCEEDED
    assert broker.holds() == {"instances": {}, "bindings": {}, "at work": []}
    assert not Effect.objects.filter(removed_at=None).exists()
    assert Instance.objects.get().observed_state == "absent"


def test_a_crash_between_202_and_the_record_makes_nothing_twice(team: Team, broker: Server):
    target_at(team, broker.url)
    operation = accepted(team, plan=SLOW)
    lease = leases.claim_next("a worker that dies")
    assert lease

    dies(lambda: runner.run(lease), "answered", at=(b"PUT",))()
    Operation.objects.update(lease_until=AGO)
    run_to_the_end(operation)

    assert (operation.state, operation.crashes) == (State.SUCCEEDED, 1)
    puts = [path for path in broker.sent("PUT") if "bindings" not in path]
    assert len(puts) == 2  # sent again, and the broker knew it by its id
    assert len(broker.holds()["instances"]) == 1
    assert broker.sent("DELETE") == []


def test_another_plan_is_an_update_and_one_that_fails_leaves_what_was(team: Team, broker: Server):
    target_at(team, broker.url)
    made = run_to_the_end(accepted(team))
    again = {"kind": OperationKind.UPDATE, "instance_id": made.instance_id}

    assert run_to_the_end(accepted(team, plan=LARGE, **again)).state == State.SUCCEEDED
    before = broker.holds()
    broker.broker.outcome = OperationState.FAILED
    failed = run_to_the_end(accepted(team, plan=LARGE, size_gb=99, **again))

    assert failed.state == State.FAILED
    assert "could not change the service instance. The disk is full." in failed.error_text
    assert broker.holds() == before


FAILS: dict[str, tuple[Any, str]] = {
    "refused": (says(400, '{"description": "No room."}'), "No room."),
    "a lie": (says(201), "does not show what was just made"),
    "busy for ever": (after(says(503)), "cannot do it now"),
    "half an answer": (after(half(201)), "Nobody knows whether the broker did it"),
    "without sense": (after(says(201, "?")), "not as a broker has to"),
    "redirect": (after(says(307, Location="/")), "redirect"),
}


@pytest.mark.parametrize(("fault", "words"), FAILS.values(), ids=FAILS.keys())
def test_a_broker_that_fails_ends_the_job_with_a_reason_and_nothing_is_left(
    fault: Any, words: str, team: Team, broker: Server
) -> None:
    target_at(team, broker.url)
    operation = accepted(team)
    broker.fail("PUT", str(operation.instance_id), *[fault] * 20)

    run_to_the_end(operation)

    assert operation.state == State.FAILED
    assert words in operation.error_text
    assert broker.holds() == {"instances": {}, "bindings": {}, "at work": []}


def test_what_the_broker_cannot_make_in_the_background_is_cleaned_up(team: Team, broker: Server):
    target_at(team, broker.url)
    broker.broker.outcome = OperationState.FAILED

    failed = run_to_the_end(accepted(team, plan=SLOW))

    assert failed.state == State.FAILED
    assert "The disk is full." in failed.error_text
    assert broker.holds() == {"instances": {}, "bindings": {}, "at work": []}


def test_what_is_still_being_made_at_the_deadline_is_removed(team: Team, broker: Server):
    target_at(team, broker.url)
    broker.broker.polls = 10**6
    operation = accepted(team, plan=SLOW)
    run_due()
    Operation.objects.update(deadline_at=AGO)

    run_to_the_end(operation)

    assert (operation.state, operation.error_code) == (State.FAILED, "deadline")
    assert broker.holds() == {"instances": {}, "bindings": {}, "at work": []}


ELSEWHERE: dict[str, tuple[Handler | None, str]] = {
    "down": (None, "cannot be reached"),
    "garbage": (raw(b"\x00\xff garbage \r\n" * 40), "does not speak HTTP"),
    "half-closed": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "broke off"),
    "redirect": (reply("301 M", Location="http://127.0.0.1:1/"), "give the final address"),
    "no broker": (reply("404 Not Found", b"<html>"), "no service broker at the target's address"),
    "a web page": (reply("200 OK", b"<html>"), "does not answer with JSON"),
}


@pytest.mark.parametrize(("fault", "words"), ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_target_that_is_no_broker_never_leaves_a_job_without_a_reason(
    fault: Handler | None, words: str, team: Team, settings: Any
) -> None:
    """Nothing was asked for, so there is nothing to undo."""
    settings.OUTBOUND_HTTP = True
    with serving(fault or raw(b"")) as listener:
        settings.OUTBOUND_INNER_HOSTS = [listener.name]
        if fault is None:
            listener.close()
        target_at(team, f"http://{listener.name}")

        operation = run_to_the_end(accepted(team))

    assert operation.state == State.FAILED
    assert words in operation.error_text
