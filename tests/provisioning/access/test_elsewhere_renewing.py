"""Credentials of a broker are renewed: others beside those before, which go a little later."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db.models.functions import Now

from core.errors import Invalid, InvalidTransition
from core.models import OutboxEvent
from provisioning.access.models import Credential, Grant
from provisioning.access.services import (
    drop_leavers,
    new_credential,
    reveal_credential,
    revoke_grant,
    rotate_due,
    withdraw_previous,
)
from provisioning.access.services.credentials import AlreadyShown
from provisioning.drivers.osb import OsbDriver
from provisioning.jobs.models import Effect, Operation
from provisioning.jobs.services import leases, request_cancel, retry, runner
from provisioning.jobs.services.reconciling import look_at
from tests.factories import actor_for
from tests.provisioning.access.elsewhere import AGO, Elsewhere, at_broker, run_to_rest
from tests.provisioning.drivers.broker import (
    CACHE,
    DATABASE,
    SLOW,
    SMALL,
    Server,
    after,
    half,
    says,
)
from tests.provisioning.drivers.forks import BORDERS, dies

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR_AGO = Now() - dt.timedelta(hours=1)


def shown(place: Elsewhere, grant: Grant) -> str:
    return reveal_credential(grant=grant, actor=actor_for(place.consumer)).dsn


def renew(place: Elsewhere, grant: Grant) -> Operation:
    operation = new_credential(grant=grant, actor=actor_for(place.consumer))
    run_to_rest()
    operation.refresh_from_db()
    return operation


def rest() -> None:
    """All jobs ended long ago."""
    Operation.objects.update(created_at=AN_HOUR_AGO, finished_at=AN_HOUR_AGO)


def later() -> None:
    """The time in which those before work on is over, and all jobs have rested."""
    rest()
    Credential.objects.filter(previous_until__isnull=False).update(previous_until=AGO)


def valid(broker: Server) -> set[str]:
    return {each["credentials"]["uri"] for each in broker.holds()["bindings"].values()}


@pytest.fixture(params=[(DATABASE, SMALL), (CACHE, SMALL), (DATABASE, SLOW)])
def any_database(request: pytest.FixtureRequest, elsewhere: None, broker: Server) -> Elsewhere:
    return at_broker(broker, *request.param)


def test_new_credentials_stand_beside_those_before_until_these_are_withdrawn(
    any_database, broker
) -> None:
    grant = any_database.granted()
    old = shown(any_database, grant)

    assert renew(any_database, grant).state == "succeeded"

    assert look_at(grant.instance) == []
    revealed = reveal_credential(grant=grant, actor=actor_for(any_database.consumer))
    assert valid(broker) == {old, revealed.dsn}
    an_hour = dt.timedelta(hours=1)
    assert an_hour * 0.9 < revealed.previous_until - dt.datetime.now(dt.UTC) <= an_hour
    rest()
    assert withdraw_previous() == 0  # a program may still be about to read the new ones
    later()
    assert withdraw_previous() == 1
    assert withdraw_previous() == 0  # it is at work
    run_to_rest()
    assert valid(broker) == {revealed.dsn}
    assert Effect.objects.filter(instance=grant.instance, removed_at=None).count() == 1
    assert look_at(grant.instance) == []
    rest()
    assert withdraw_previous() == 0
    with pytest.raises(AlreadyShown):
        shown(any_database, grant)


def test_by_schedule_the_holder_has_a_day_and_those_before_work_as_long(database, broker) -> None:
    grant = database.granted()
    old = shown(database, grant)
    Credential.objects.update(rotate_at=AGO)

    assert rotate_due() == 1
    assert rotate_due() == 0  # it is at work already
    run_to_rest()
    rest()

    assert rotate_due() == 0
    assert OutboxEvent.objects.filter(topic="credential.rotated").count() == 1
    assert len(valid(broker)) == 2
    credential = Credential.objects.get(destroyed_at=None)
    assert credential.previous_until == credential.reveal_until
    later()
    assert withdraw_previous() == 1
    run_to_rest()
    new = shown(database, grant)
    assert (valid(broker), new == old) == ({new}, False)


def test_without_a_schedule_they_stay(database, settings) -> None:
    settings.PASSWORD_DAYS = 0
    database.granted()

    assert Credential.objects.get().rotate_at is None


def test_who_renews_twice_has_two_at_most(any_database, broker) -> None:
    grant = any_database.granted()
    first = shown(any_database, grant)
    renew(any_database, grant)
    second = shown(any_database, grant)

    renew(any_database, grant)

    third = shown(any_database, grant)
    assert valid(broker) == {second, third}
    later()
    assert withdraw_previous() == 1
    run_to_rest()
    assert valid(broker) == {third}
    assert first not in valid(broker)


def test_what_happens_to_others_meanwhile_is_no_news_to_the_holder(any_database, broker) -> None:
    grant = any_database.granted()
    shown(any_database, grant)
    renew(any_database, grant)

    new_credential(grant=grant, actor=actor_for(any_database.colleague))
    run_to_rest()

    assert len(valid(broker)) == 3
    assert Credential.objects.filter(destroyed_at=None).count() == 2
    new = shown(any_database, grant)
    later()
    assert withdraw_previous() == 1
    run_to_rest()
    theirs = reveal_credential(grant=grant, actor=actor_for(any_database.colleague))
    assert valid(broker) == {new, theirs.dsn}


def test_what_nobody_fetched_is_made_anew(database) -> None:
    grant = database.granted()
    Credential.objects.update(destroyed_at=AGO, ciphertext=None)

    renew(database, grant)

    assert "secret-" in shown(database, grant)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(400, '{"description": "No room."}'), "No room."),
        (after(says(503)), "cannot do it now"),
        (after(half(201)), "Nobody knows whether the broker did it"),
    ],
)
def test_a_renewal_that_fails_leaves_what_was_there(database, broker, fault, words) -> None:
    grant = database.granted()
    old = shown(database, grant)
    broker.fail("PUT", "", *[fault] * 20)

    failed = renew(database, grant)

    assert (failed.state, words in failed.error_text) == ("failed", True)
    assert valid(broker) == {old}
    assert Effect.objects.filter(instance=grant.instance, removed_at=None).count() == 1
    with pytest.raises(AlreadyShown):
        shown(database, grant)
    broker.faults.clear()
    assert renew(database, grant).state == "succeeded"
    assert valid(broker) == {old, shown(database, grant)}


def test_a_renewal_that_is_told_to_stop_leaves_nothing(elsewhere, broker) -> None:
    place = at_broker(broker, DATABASE, SLOW)
    grant = place.granted()
    old = shown(place, grant)
    operation = new_credential(grant=grant, actor=actor_for(place.consumer))
    lease = leases.claim_next("a worker")
    assert lease
    runner.run(lease)  # the broker has begun, and goes on by itself

    request_cancel(operation=operation, actor=actor_for(place.consumer))
    run_to_rest()

    operation.refresh_from_db()
    assert (operation.state, valid(broker)) == ("cancelled", {old})
    assert broker.holds()["at work"] == []
    assert renew(place, grant).state == "succeeded"
    assert valid(broker) == {old, shown(place, grant)}


def test_a_withdrawal_that_fails_comes_back(database, broker) -> None:
    grant = database.granted()
    shown(database, grant)
    renew(database, grant)
    new = shown(database, grant)
    later()
    broker.fail("DELETE", "", *[says(400)] * 9)
    assert withdraw_previous() == 1
    run_to_rest()
    assert len(valid(broker)) == 2
    broker.faults.clear()

    rest()
    assert withdraw_previous() == 1
    run_to_rest()

    assert valid(broker) == {new}
    rest()
    assert withdraw_previous() == 0


def test_the_end_takes_all_of_them_away(any_database, broker) -> None:
    grant = any_database.granted()
    renew(any_database, grant)

    revoke_grant(grant=grant, actor=actor_for(any_database.owner), reason="")
    run_to_rest()

    assert valid(broker) == set()
    assert not Effect.objects.filter(instance=grant.instance, removed_at=None).exists()
    later()
    assert withdraw_previous() == 0


def test_who_leaves_loses_all_of_theirs(database, broker) -> None:
    grant = database.granted()
    renew(database, grant)
    new_credential(grant=grant, actor=actor_for(database.colleague))
    run_to_rest()
    database.consumer.memberships.all().delete()
    rest()

    assert drop_leavers() == 1
    run_to_rest()

    theirs = reveal_credential(grant=grant, actor=actor_for(database.colleague))
    assert valid(broker) == {theirs.dsn}
    later()
    assert (drop_leavers(), withdraw_previous()) == (0, 0)


def test_a_change_that_failed_is_not_tried_again_after_a_newer_one(database, broker) -> None:
    grant = database.granted()
    broker.fail("PUT", "", *[says(400)] * 2)
    failed = renew(database, grant)
    broker.faults.clear()
    assert renew(database, grant).state == "succeeded"
    before = valid(broker)

    with pytest.raises(InvalidTransition, match="have changed since"):
        retry(operation=failed, actor=actor_for(database.owner))

    run_to_rest()
    assert valid(broker) == before


def test_a_target_that_makes_credentials_once_says_so(database, monkeypatch) -> None:
    once = replace(OsbDriver.grants, abilities=frozenset())
    monkeypatch.setattr(OsbDriver, "grants", once)
    grant = database.granted()
    assert Credential.objects.get().rotate_at is None

    with pytest.raises(Invalid, match="End this access and ask for it again") as refused:
        new_credential(grant=grant, actor=actor_for(database.consumer))

    assert refused.value.problems[0].code == "not-renewable"


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("verb", [b"PUT /v2", b"DELETE /v2"])
@pytest.mark.parametrize("service", [DATABASE, CACHE])
def test_a_worker_that_dies_on_the_way_doubles_nothing(
    elsewhere, broker, border, verb, service
) -> None:
    place = at_broker(broker, service, SMALL)
    grant = place.granted()
    first = shown(place, grant)
    renew(place, grant)
    second = shown(place, grant)
    new_credential(grant=grant, actor=actor_for(place.consumer))  # makes one, takes one away
    lease = leases.claim_next("a worker that dies")
    assert lease

    dies(lambda: runner.run(lease), border, at=(verb,))()
    Operation.objects.active().update(lease_until=AGO)
    run_to_rest()

    assert valid(broker) == {second, shown(place, grant)}
    assert first not in valid(broker)
    assert Effect.objects.filter(instance=grant.instance, removed_at=None).count() == 2
