"""Repositories and areas through the whole way: targets, ledger, real runner, real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dulwich.repo import Repo

from core.ids import uuid7
from provisioning.drivers.models import Target
from provisioning.drivers.services import TargetData, register_target
from provisioning.jobs.models import Effect, Instance, Operation, OperationLog
from provisioning.jobs.services import InstanceData, StepSpec, accept
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.core.outbound.servers import Handler, raw, reply, serving
from tests.provisioning.drivers import repositories
from tests.provisioning.drivers.repositories import TOKEN, files_of
from tests.provisioning.drivers.storage import SECRET, client_of, s3_server, snapshot
from tests.provisioning.jobs.test_running import run_through


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.CELERY_BROKER_URL = ""
    settings.OUTBOUND_HTTP = True
    settings.GIT_FOLDER = tmp_path / "git"
    return settings.GIT_FOLDER / "repositories"


@pytest.fixture
def storage(settings) -> Iterator[str]:
    with s3_server() as url:
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        yield url


def registered(team, owner, driver: str, config: dict, secrets: dict, *, anyway=False) -> Target:
    data = TargetData("place", "Place", driver, team, config, secrets)
    return register_target(data=data, actor=owner, save_anyway=anyway)


def s3_target(team, owner, url: str, *, anyway=False) -> Target:
    config = {"endpoint": url, "access_key": "AKIACANARY"}
    return registered(team, owner, "s3", config, {"secret_key": SECRET}, anyway=anyway)


def git_target(team, owner, url: str, *, anyway=False) -> Target:
    return registered(team, owner, "git", {"url": url}, {"token": TOKEN}, anyway=anyway)


def ordered(
    team,
    owner,
    *steps: tuple[str, str, dict[str, Any]],
    kind=OperationKind.PROVISION,
    instance=None,
) -> Operation:
    return accept(
        instance_id=instance or uuid7(),
        kind=kind,
        title="Make places",
        steps=[
            StepSpec(f"{n} {action}", driver, action, spec)
            for n, (driver, action, spec) in enumerate(steps)
        ],
        actor=owner,
        new_instance=InstanceData("place", "orders", "", team.domain, team, steps[0][0]),
    )


REPOSITORY = ("git", "repository", {"slug": "orders", "scaffold": "sql"})
AREA = ("s3", "area", {"target": "place", "slug": "orders"})


def state_of(operation: Operation) -> str:
    operation.refresh_from_db()
    return operation.state


def test_a_repository_is_made_changed_and_archived_by_jobs(folder, team, owner):
    operation = ordered(team, owner, REPOSITORY)
    run_due()

    assert state_of(operation) == OperationState.SUCCEEDED
    (path,) = folder.iterdir()
    assert operation.result["repository"] == str(path)
    assert Effect.objects.get(removed_at=None).name == str(path)
    step = operation.steps.get()
    message = Repo(str(path))[b"refs/heads/main"].message
    assert f"Meshport-Effect: {step.effect_key}".encode() in message

    where = operation.instance_id
    changed = ("git", "repository", {**REPOSITORY[2], "title": "All orders"})
    ordered(team, owner, changed, kind=OperationKind.UPDATE, instance=where)
    run_due()
    assert files_of(path)["README.md"].startswith(b"# All orders")

    ordered(team, owner, changed, kind=OperationKind.DEPROVISION, instance=where)
    run_due()
    assert list(folder.iterdir()) == []
    assert Instance.objects.get().observed_state == "absent"


def test_a_repository_is_taken_back_when_a_later_step_is_refused(folder, team, owner):
    bad = ("git", "repository", {"slug": "other", "files": {"a.md": "${nobody}"}})
    operation = ordered(team, owner, REPOSITORY, bad)

    run_through()

    assert state_of(operation) == OperationState.FAILED
    assert "“nobody” that is not given" in operation.error_text
    assert list(folder.iterdir()) == []


def test_an_area_is_made_granted_and_removed_by_jobs(storage, team, owner):
    s3_target(team, owner, storage)
    operation = ordered(team, owner, AREA)
    run_due()
    assert state_of(operation) == OperationState.SUCCEEDED, operation.error_text
    made = operation.result["steps"]["0"]
    grant = {
        "target": "place",
        "bucket": made["bucket"],
        "prefix": made["prefix"],
        "principal": "arn:aws:iam::123456789012:role/analyst",
        "access": "read",
    }
    granted = ordered(team, owner, ("s3", "area-grant", grant))
    run_due()
    assert state_of(granted) == OperationState.SUCCEEDED
    assert "analyst" in snapshot(storage)[made["bucket"]]["policy"]

    revoke = {"kind": OperationKind.DEPROVISION, "instance": granted.instance_id}
    ordered(team, owner, ("s3", "area-grant", grant), **revoke)
    run_due()
    assert snapshot(storage)[made["bucket"]]["policy"] is None
    remove = {"kind": OperationKind.DEPROVISION, "instance": operation.instance_id}
    ordered(team, owner, AREA, **remove)
    run_due()

    assert snapshot(storage) == {}
    assert set(Instance.objects.values_list("observed_state", flat=True)) == {"absent"}


def test_an_area_with_objects_is_not_removed_and_the_reason_is_told(storage, team, owner):
    s3_target(team, owner, storage)
    operation = ordered(team, owner, AREA)
    run_due()
    operation.refresh_from_db()
    bucket = operation.result["steps"]["0"]["bucket"]
    client_of(storage).put_object(Bucket=bucket, Key="a", Body=b"x")

    remove = {"kind": OperationKind.DEPROVISION, "instance": operation.instance_id}
    removal = ordered(team, owner, AREA, **remove)
    run_through()

    assert state_of(removal) == OperationState.FAILED
    assert "holds objects" in removal.error_text
    assert "a" in snapshot(storage)[bucket]["objects"]


LATER = {"down": raw(b""), "busy": reply("503 Busy"), "no such protocol": reply("200 OK", b"hello")}
NEVER = {"redirect": reply("302 Found", Location="http://127.0.0.1:1/"), "no": reply("403 No")}


@pytest.mark.parametrize("driver", ["git", "s3"])
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        *((fault, OperationState.RETRY_WAIT) for fault in LATER.values()),
        *((fault, OperationState.FAILED) for fault in NEVER.values()),
    ],
    ids=[*LATER, *NEVER],
)
def test_a_bad_target_ends_in_a_reason(driver, fault: Handler, state, settings, team, owner):
    with serving(fault) as server:
        settings.OUTBOUND_INNER_HOSTS = [server.name]
        if driver == "git":
            git_target(team, owner, server.url, anyway=True)
            step = ("git", "repository", {**REPOSITORY[2], "target": "place"})
        else:
            s3_target(team, owner, f"http://{server.name}", anyway=True)
            step = AREA
        operation = ordered(team, owner, step)
        run_due()

    assert state_of(operation) == state
    assert operation.error_text
    assert SECRET not in operation.error_text


@pytest.mark.skipif(not repositories.has_git(), reason="there is no git here")
def test_no_line_of_the_ledger_holds_the_token(settings, tmp_path, team, owner):
    (tmp_path / "served").mkdir()
    with repositories.git_server(tmp_path / "served", makes=True) as url:
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        git_target(team, owner, url)
        step = ("git", "repository", {**REPOSITORY[2], "target": "place"})
        operation = ordered(team, owner, step)
        run_due()

    assert state_of(operation) == OperationState.SUCCEEDED
    written = [
        *Operation.objects.values_list("spec", "result", "error_text"),
        *OperationLog.objects.values_list("text"),
        *Instance.objects.values_list("desired_spec"),
        *Effect.objects.values_list("name", "attributes"),
    ]
    assert TOKEN not in str(written)
