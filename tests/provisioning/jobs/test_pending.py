"""Targets that take the work and go on by themselves."""

import datetime as dt

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.models import User
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.services import request_cancel, retry
from provisioning.jobs.services.leases import claim_next
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import MAX_ATTEMPTS, OperationState, StepState
from tests.provisioning.jobs.shelf import pending, permanent, temporary

AGO = Now() - dt.timedelta(seconds=1)


def look_again(times: int = 1) -> None:
    for _ in range(times):
        Operation.objects.active().update(run_after=AGO)
        run_due()


def test_what_the_target_goes_on_with_is_no_failure_however_often_it_is_asked(accepted, shelf):
    operation = accepted("a", "b")
    shelf.faults["a"] = pending(*range(MAX_ATTEMPTS + 2))

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.RETRY_WAIT
    assert (operation.lease_owner, operation.attempt, operation.error_text) == (None, 0, "")
    assert operation.steps.get(n=0).pending_since is not None

    look_again(MAX_ATTEMPTS + 2)

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert shelf.made == {"a": 1, "b": 1}


def test_progress_comes_back_under_another_fence_after_a_failure_and_after_a_crash(accepted, shelf):
    operation = accepted("a")
    shelf.faults["a"] = [*pending(10), *temporary(1), *pending(50)]
    run_due()
    look_again(2)
    Operation.objects.update(run_after=AGO)
    assert claim_next("a worker that dies")
    Operation.objects.update(lease_until=AGO)

    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.SUCCEEDED
    assert operation.crashes == 1
    assert shelf.told == [{}, {"done": 10}, {"done": 10}, {"done": 50}]
    assert len({fence for _, _, fence in shelf.calls}) == 4


def test_the_next_look_is_when_the_target_said_but_not_after_the_deadline(accepted, shelf):
    operation = accepted("a", deadline_s=100)
    shelf.faults["a"] = [*pending(1, retry_after_s=30), *pending(2, retry_after_s=200)]

    run_due()
    soon = Operation.objects.filter(
        run_after__range=(Now() + dt.timedelta(seconds=25), Now() + dt.timedelta(seconds=31))
    )
    assert soon.exists()
    look_again()

    assert Operation.objects.filter(pk=operation.pk, run_after=F("deadline_at")).exists()


def test_past_the_deadline_of_the_plan_it_is_undone(accepted, shelf):
    operation = accepted("a", "b", deadline_s=7200)
    shelf.faults["b"] = pending(1, 2)
    run_due()
    operation.refresh_from_db()
    assert operation.deadline_at - operation.created_at > dt.timedelta(minutes=119)

    Operation.objects.update(deadline_at=Now())
    look_again()

    operation.refresh_from_db()
    assert (operation.state, operation.error_code) == (OperationState.FAILED, "deadline")
    assert [call[:2] for call in shelf.calls][-2:] == [("absent", "b"), ("absent", "a")]


def test_what_fails_after_the_target_took_it_is_undone_too(accepted, shelf):
    operation = accepted("a")
    shelf.faults["a"] = [*pending(1), *permanent()]
    run_due()

    look_again()

    operation.refresh_from_db()
    assert operation.state == OperationState.FAILED
    assert [call[:2] for call in shelf.calls][-1] == ("absent", "a")


def test_cancelling_what_waits_for_the_target_undoes_it_at_once(accepted, owner, shelf):
    operation = accepted("a")
    shelf.faults["a"] = pending(1, 2, retry_after_s=200)
    run_due()

    request_cancel(operation=operation, actor=owner)
    run_due()

    operation.refresh_from_db()
    assert operation.state == OperationState.CANCELLED
    assert shelf.things == {}


def test_an_undoing_waits_for_its_target_and_calls_for_people_when_it_takes_too_long(
    accepted, shelf
):
    operation = accepted("a", "b")
    shelf.faults["b"] = permanent()
    shelf.undo_faults["a"] = pending(*range(99))
    run_due()
    look_again(12)
    operation.refresh_from_db()
    assert (operation.state, operation.attempt) == (OperationState.COMPENSATING, 0)
    assert operation.error_text == "The shelf has no room."

    OperationStep.objects.update(pending_since=F("pending_since") - dt.timedelta(hours=1))
    look_again(10)

    operation.refresh_from_db()
    assert operation.needs_operator
    shelf.undo_faults.clear()
    look_again()
    operation.refresh_from_db()
    assert operation.state == OperationState.FAILED
    assert shelf.told[-1] == {"done": 22}


def test_a_repeated_operation_has_the_same_time_and_begins_anew(accepted, owner, shelf):
    failed = accepted("a", deadline_s=7200)
    shelf.faults["a"] = [*pending(1), *permanent()]
    run_due()
    look_again()
    failed.refresh_from_db()

    again = retry(operation=failed, actor=owner)
    run_due()

    again.refresh_from_db()
    assert again.deadline_at - again.created_at > dt.timedelta(minutes=119)
    assert shelf.told[-1] == {}


@pytest.mark.parametrize("page", ["jobs:operation", "rest:operation"])
def test_people_see_since_when_it_waits_and_what_the_target_said(page, accepted, owner, shelf):
    operation = accepted("a")
    shelf.faults["a"] = pending(40, retry_after_s=60)
    run_due()
    browser = Client()
    browser.force_login(User.objects.get(pk=owner.user_id))

    text = browser.get(reverse(page, args=[operation.pk])).content.decode()

    since = operation.steps.get().pending_since
    assert "40 % done" in text
    if page == "jobs:operation":
        assert f"Waiting for the target since {since:%H:%M:%S}" in text
        assert "Next look" in text
        assert "Waits for its target" in text
        assert "Tries again soon" not in text
    else:
        assert f'"pending_since":"{since:%Y-%m-%dT%H:%M:%S}' in text
        assert "progress" not in text
    assert operation.steps.get().state == StepState.INTENT
