"""The checker is checked: every planted bug turns it red, and without one it is green."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from core import outbox
from core.models import OutboxEvent
from core.sealing import seal
from provisioning.jobs.models import Operation
from provisioning.jobs.services import sweeping
from provisioning.jobs.states import OperationKind, OperationState
from tests.chaos.checker import violations
from tests.chaos.conftest import Ground, new_instance
from tests.chaos.evidence import Answer, Delivery
from tests.chaos.plans import PLANS
from tests.chaos.points import DIED

SHELF = PLANS[2]
ONE_ACTIVE = "operation_one_active"


def provision(ground: Ground, *, refused: bool = False) -> Operation:
    instance = new_instance()
    steps = SHELF.steps(instance, ground.team)
    steps += [SHELF.refused(instance, ground.team)] if refused else []
    return ground.accept(OperationKind.PROVISION, instance, steps)


def remove(ground: Ground, made: Operation) -> Operation:
    assert made.instance_id
    steps = SHELF.steps(made.instance_id, ground.team)[::-1]
    return ground.accept(OperationKind.DEPROVISION, made.instance_id, steps)


def run(ground: Ground, bug: str) -> None:
    """Workers with the bug, until nothing is due any more."""
    for _ in range(20):
        ground.make_due()
        if not Operation.objects.active().exists():
            return
        assert ground.forge.run(bug=bug) in {0, DIED}
    raise AssertionError("it does not end")


def stalled(ground: Ground, bug: str, at: str) -> None:
    """A worker falls asleep, others do its work, then it wakes."""
    pid = ground.forge.start(bug=bug, at=at, act="stop")
    assert ground.forge.wait(pid) == -signal.SIGSTOP
    ground.run_to_the_end()
    os.kill(pid, signal.SIGCONT)
    assert ground.forge.wait(pid) in {0, 1}


def found(ground: Ground, *operations: Operation) -> set[str]:
    """The names of the invariants that do not hold."""
    return {each.split(":")[0] for each in violations(ground.evidence(*operations))}


@pytest.mark.parametrize("bug", ["", "fence_off"])
def test_a_target_that_does_not_compare_fences_is_found(ground, bug):
    operation = provision(ground)

    stalled(ground, bug, "before:shelf.ensure#1")

    assert ("the_fence_never_goes_back" in found(ground, operation)) == bool(bug)


@pytest.mark.parametrize("bug", ["", "lease_check_off"])
def test_a_worker_that_writes_without_its_lease_is_found(ground, bug):
    operation = provision(ground)

    stalled(ground, bug, "after:shelf.ensure#1")

    assert bool(found(ground, operation)) == bool(bug)


@pytest.mark.parametrize("bug", ["", "compensation_skipped"])
def test_what_is_not_undone_is_found(ground, bug):
    operation = provision(ground, refused=True)

    run(ground, bug)

    assert found(ground, operation) == ({"nothing_is_left_over"} if bug else set())


@pytest.mark.parametrize("bug", ["", "event_outside_the_transaction"])
def test_an_event_that_does_not_come_with_its_change_is_found(ground, bug):
    operation = provision(ground)

    run(ground, bug)

    assert found(ground, operation) == ({"every_end_is_told"} if bug else set())


@pytest.mark.parametrize("bug", ["", "revoke_unverified"])
def test_what_a_target_did_not_take_away_is_found(ground, bug):
    made = provision(ground)
    run(ground, "")
    removed = remove(ground, made)

    run(ground, bug)

    removed.refresh_from_db()
    assert removed.state == OperationState.SUCCEEDED
    assert found(ground, made, removed) == ({"nothing_is_left_over"} if bug else set())


@pytest.mark.parametrize("bug", ["", "secret_in_the_log"])
def test_a_secret_that_is_written_down_is_found(ground, bug):
    operation = provision(ground)

    run(ground, bug)

    assert found(ground, operation) == ({"no_secret_lies_about"} if bug else set())


@contextmanager
def without_index() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [ONE_ACTIVE])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {ONE_ACTIVE}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(definition)


def test_two_jobs_at_one_instance_are_found_where_no_index_refuses_them(ground):
    first = provision(ground)
    with without_index():
        second = remove(ground, first)
        ground.run_to_the_end()

    assert "one_operation_at_a_time" in found(ground, first, second)


@pytest.mark.parametrize("sweeps", [True, False])
def test_that_nobody_sweeps_is_found(ground, sweeps):
    arrived: list[Delivery] = []

    def sink(event: OutboxEvent) -> None:
        arrived.append(Delivery(str(event.event_id), event.key))

    outbox.subscribe("operation.finished", sink)
    operation = provision(ground)
    ground.run_to_the_end()
    if sweeps:
        sweeping.sweep()

    outbox._handlers["operation.finished"].remove(sink)
    evidence = ground.evidence(operation)
    evidence.deliveries = arrived
    names = {each.split(":")[0] for each in violations(evidence)}
    assert names == (set() if sweeps else {"every_event_is_delivered_in_order"})


def test_what_ended_after_the_stage_was_quiet_may_be_on_its_way(ground):
    operation = provision(ground)
    ground.run_to_the_end()
    evidence = ground.evidence(operation)
    evidence.deliveries = []
    evidence.quiet_at = operation.created_at

    assert violations(evidence) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_auditevent SET actor = 'x' WHERE id = (SELECT min(seq) FROM core_auditseal)",
        "DELETE FROM core_auditseal WHERE n = 1",
        "INSERT INTO core_auditevent VALUES (-1, '2026-01-01', 'a', 'v', 'k', 'o', '{}', '')",
    ],
)
def test_an_audit_log_that_somebody_changed_is_found(ground, change):
    operation = provision(ground)
    ground.run_to_the_end()
    seal()
    assert found(ground, operation) == set()

    with connection.cursor() as cursor:
        cursor.execute(change)

    assert found(ground, operation) == {"the_audit_chain_verifies"}


def test_acknowledged_work_that_is_not_done_and_keys_that_were_done_twice_are_found(ground):
    open_still, done = provision(ground), provision(ground)
    evidence = ground.evidence()
    evidence.answers = [Answer("k1", str(open_still.pk)), Answer("k2", str(new_instance()))]
    evidence.answers += [Answer("k2", str(done.pk)), Answer("k3", str(done.pk))]

    texts = violations(evidence)

    assert sum(each.startswith("acknowledged_work_ends") for each in texts) == 4
    assert sum(each.startswith("one_key_is_one_operation") for each in texts) == 2
