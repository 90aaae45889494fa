"""Claims, leases and fences: one worker at a time, and the old one writes nothing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.errors import ConcurrencyError
from provisioning.drivers import registry
from provisioning.jobs.models import Instance, Operation, OperationLog
from provisioning.jobs.services.leases import Heartbeat, LeaseLost, claim_next
from provisioning.jobs.services.runner import run
from provisioning.jobs.services.stepping import MAX_CRASHES
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationKind, OperationState
from tests.provisioning.jobs.processes import until


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """`work(n)` in `count` threads that start together; exceptions come back as values."""
    ready = Barrier(count)

    def one(n: int) -> Any:
        ready.wait()
        try:
            return work(n)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def let_lease_run_out(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk).update(lease_until=Now() - dt.timedelta(seconds=1))


def test_of_two_that_race_for_an_instance_exactly_one_is_accepted(accepted, shelf):
    first = accepted("a")
    run_due()

    outcomes = at_once(
        2,
        lambda n: accepted(f"b{n}", kind=OperationKind.UPDATE, instance_id=first.instance_id),
    )

    assert sorted(type(outcome) for outcome in outcomes if isinstance(outcome, Exception)) == [
        ConcurrencyError
    ]
    assert Operation.objects.active().count() == 1
    assert Instance.objects.get().generation == 2


def test_of_many_workers_one_claims(accepted, shelf):
    accepted("a")

    leases = at_once(8, lambda n: claim_next(f"worker-{n}"))

    taken = [lease for lease in leases if lease is not None]
    assert len(taken) == 1
    assert (Operation.objects.get().lease_owner, Instance.objects.get().fence) == (
        taken[0].owner,
        1,
    )


def test_a_claimed_operation_is_not_claimed_again(accepted, shelf):
    accepted("a")
    assert claim_next("first")

    assert claim_next("second") is None


def test_a_second_message_for_a_finished_operation_finds_nothing_to_do(accepted, shelf):
    accepted("a")
    run_due()

    assert claim_next("late") is None
    assert shelf.made == {"a": 1}


def test_what_waits_is_not_claimed_before_its_time(accepted, shelf):
    accepted("a")
    Operation.objects.update(run_after=Now() + dt.timedelta(seconds=60))

    assert claim_next("early") is None


def test_a_worker_without_the_pinned_driver_does_not_claim(accepted, shelf):
    accepted("a")
    registry._drivers.pop("shelf")

    assert claim_next("old release") is None


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_fence(accepted, shelf):
    operation = accepted("a")
    first = claim_next("first")
    let_lease_run_out(operation)

    second = claim_next("second")

    operation.refresh_from_db()
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1 == Instance.objects.get().fence
    assert operation.crashes == 1
    assert OperationLog.objects.filter(text="taken over by second", level="warning").exists()


def test_the_old_worker_writes_nothing(accepted, shelf):
    operation = accepted("a", "b")
    old = claim_next("old")
    assert old is not None
    let_lease_run_out(operation)
    new = claim_next("new")
    lines = OperationLog.objects.count()

    run(old)

    operation.refresh_from_db()
    assert (operation.lease_owner, operation.fence) == ("new", new.fence)
    assert shelf.calls == []
    assert OperationLog.objects.count() == lines
    with pytest.raises(LeaseLost), old.held():
        pass
    assert not old.extend()


def test_a_worker_that_loses_its_lease_in_a_step_stops_there(accepted, shelf):
    operation = accepted("a", "b")

    def lose() -> None:
        let_lease_run_out(operation)
        claim_next("thief")

    shelf.before["a"] = lose
    run_due()

    operation.refresh_from_db()
    assert operation.lease_owner == "thief"
    assert [name for _, name, _ in shelf.calls] == ["a"]
    assert operation.steps.get(n=0).state == "intent"


def test_the_target_refuses_an_old_fence_and_the_worker_stops(accepted, shelf):
    operation = accepted("a")
    shelf._fences[operation.instance_id] = 99

    run_due()

    operation.refresh_from_db()
    assert shelf.things == {}
    assert operation.state == OperationState.RUNNING


def test_an_effect_made_just_before_a_crash_is_not_made_again(accepted, shelf):
    operation = accepted("a", "b")
    died = claim_next("died")
    assert died is not None
    step = operation.steps.get(n=0)
    operation.steps.filter(n=0).update(state="intent", started_at=Now())
    shelf.things[operation.instance_id, "a"] = step.effect_key
    let_lease_run_out(operation)

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert shelf.made == {"b": 1}


def test_an_operation_that_kills_its_workers_is_undone(accepted, shelf):
    operation = accepted("a")
    for n in range(MAX_CRASHES):
        assert claim_next(f"victim-{n}")
        let_lease_run_out(operation)

    run_due()

    operation.refresh_from_db()
    assert (operation.state, operation.error_code) == (OperationState.FAILED, "crashed")
    assert "died 3 times" in operation.error_text


def test_a_worker_that_shall_stop_gives_back_at_the_border_of_a_step(accepted, shelf):
    operation = accepted("a", "b")
    lease = claim_next("ending")
    assert lease is not None

    run(lease, should_stop=lambda: bool(shelf.calls))

    operation.refresh_from_db()
    assert (operation.state, operation.step) == (OperationState.RUNNING, 1)
    assert operation.lease_owner is None
    next_lease = claim_next("next")
    assert next_lease is not None
    operation.refresh_from_db()
    assert operation.crashes == 0


def test_a_step_that_hangs_loses_its_lease(accepted, shelf, settings):
    settings.LEASE_S = 1
    settings.STEP_S = 2
    accepted("a")
    lease = claim_next("hanging")
    assert lease is not None

    with Heartbeat(lease) as heartbeat:
        time.sleep(1.5)
        heartbeat.at_border()
        time.sleep(1.5)
        assert claim_next("thief") is None
        until(lambda: claim_next("thief") is not None)


def test_the_heartbeat_keeps_a_lease_that_would_run_out(accepted, shelf, settings):
    settings.LEASE_S = 1
    operation = accepted("a")
    lease = claim_next("slow")
    assert lease is not None
    operation.refresh_from_db()
    before = operation.lease_until

    with Heartbeat(lease):
        until(lambda: Operation.objects.get().lease_until > before)

    assert claim_next("thief") is None
