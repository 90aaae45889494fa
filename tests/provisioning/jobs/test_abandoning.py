"""An undoing that does not succeed: people are asked, and may give it up on the record."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent
from provisioning.jobs.models import Effect, Instance, Operation
from provisioning.jobs.services import abandon
from provisioning.jobs.services.leases import LeaseLost, claim_next
from provisioning.jobs.states import ALARM_AT, OperationState
from tests.factories import UserFactory, actor_for
from tests.provisioning.jobs.shelf import permanent
from tests.provisioning.jobs.test_running import run_due, run_through


@pytest.fixture
def engineer(transactional_db) -> User:
    return UserFactory(portal_role="platform")


@pytest.fixture
def stuck(accepted, shelf) -> Operation:
    """It made `a`, failed at `b`, and `a` cannot be taken away again."""
    operation = accepted("a", "b")
    shelf.faults["b"] = permanent()
    shelf.glued.add("a")
    run_due()
    Operation.objects.update(attempt=ALARM_AT)
    operation.refresh_from_db()
    assert operation.needs_operator
    return operation


def test_it_ends_and_what_is_left_is_on_record(stuck, engineer, shelf, endings):
    ended = abandon(operation=stuck, actor=actor_for(engineer), reason="Ann removes a by hand.")

    left = [
        {"driver": "shelf", "kind": "thing", "name": "a"},
        {"driver": "shelf", "kind": "step", "name": "Undo: Put a"},
    ]
    assert (ended.state, ended.error_code) == (OperationState.FAILED, "abandoned")
    assert "Ann removes a by hand." in ended.error_text
    assert "The shelf has no room." in ended.error_text
    assert ended.result["left_over"] == left
    assert Instance.objects.get().observed_state == "unknown"
    assert Effect.objects.get(removed_at=None).name == "a"
    event = AuditEvent.objects.get(verb="operation.abandoned")
    assert (event.actor, event.detail["left_over"]) == (engineer.username, left)
    assert [each.pk for each in endings] == [stuck.pk]


def test_a_worker_that_comes_late_writes_nothing(stuck, engineer):
    Operation.objects.update(run_after=timezone.now() - timezone.timedelta(minutes=1))
    lease = claim_next("late")
    assert lease is not None
    Operation.objects.update(lease_until=timezone.now() - timezone.timedelta(seconds=1))
    Operation.objects.update(attempt=ALARM_AT)

    abandon(operation=stuck, actor=actor_for(engineer), reason="Taken care of.")

    with pytest.raises(LeaseLost), lease.held():
        pass


def test_while_a_worker_tries_it_is_not_given_up(stuck, engineer):
    Operation.objects.update(
        lease_owner="w", lease_until=timezone.now() + timezone.timedelta(seconds=30)
    )

    with pytest.raises(Conflict):
        abandon(operation=stuck, actor=actor_for(engineer), reason="Taken care of.")

    stuck.refresh_from_db()
    assert stuck.state == OperationState.COMPENSATING


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_reason_nothing_changes(stuck, engineer, reason):
    with pytest.raises(Invalid) as refused:
        abandon(operation=stuck, actor=actor_for(engineer), reason=reason)

    assert refused.value.problems[0].pointer == "/reason"
    stuck.refresh_from_db()
    assert stuck.state == OperationState.COMPENSATING


def test_its_owner_may_not(stuck, owner):
    with pytest.raises(NotAllowed):
        abandon(operation=stuck, actor=owner, reason="Enough.")


def test_what_is_undone_at_last_is_not_given_up(stuck, shelf, engineer):
    shelf.glued.clear()
    run_through()
    stuck.refresh_from_db()

    assert (stuck.state, stuck.error_code) == (OperationState.FAILED, "step-failed")
    with pytest.raises(InvalidTransition):
        abandon(operation=stuck, actor=actor_for(engineer), reason="Enough.")


def test_the_page_says_what_is_left_and_asks_for_a_reason(stuck, engineer, owner):
    url, verb = reverse("jobs:operation", args=[stuck.pk]), reverse("jobs:abandon", args=[stuck.pk])
    browser, theirs = Client(), Client()
    browser.force_login(engineer)
    theirs.force_login(User.objects.get(pk=owner.user_id))

    page = browser.get(url).content.decode()
    refused = browser.post(verb, {"reason": " "})
    seen = theirs.get(url).content.decode()
    done = browser.post(verb, {"reason": "Ann removes it."}, follow=True).content.decode()

    assert "Needs an operator" in page
    assert verb in page
    assert refused.status_code == 422
    assert "Say who takes care of what is left" in refused.content.decode()
    assert "Needs an operator" in seen
    assert verb not in seen
    assert "Left in the target" in done
    assert "Undo: Put a" in done


def test_rest_gives_up_with_a_reason(stuck, engineer):
    client = Client()
    client.force_login(engineer)
    url = reverse("rest:operation-abandon", args=[stuck.pk])
    before = client.get(reverse("rest:operation", args=[stuck.pk])).json()

    refused = client.post(url, {}, content_type="application/json")
    done = client.post(url, {"reason": "Ann removes it."}, content_type="application/json")

    assert before["needs_operator"] is True
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["pointer"] == "/reason"
    assert done.status_code == 200
    assert done.json()["state"] == "failed"
    assert done.json()["result"]["left_over"]
