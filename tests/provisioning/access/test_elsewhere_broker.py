"""Access by bindings of a service broker."""

from __future__ import annotations

import datetime as dt
from uuid import uuid5

import pytest
from django.db.models.functions import Now

from provisioning.access.models import Credential
from provisioning.access.services import (
    drop_leavers,
    new_credential,
    reveal_credential,
    revoke_grant,
)
from provisioning.access.services.credentials import AlreadyShown
from provisioning.access.states import GrantState
from provisioning.jobs.models import Operation
from provisioning.jobs.services import repair
from provisioning.jobs.services.reconciling import look_at
from tests.factories import actor_for
from tests.provisioning.access.elsewhere import (
    at_broker,
    run_to_rest,
)
from tests.provisioning.access.test_credentials import everything
from tests.provisioning.drivers.broker import CACHE, DATABASE, SLOW, after, half
from tests.provisioning.drivers.broker import says as broker_says

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR_AGO = Now() - dt.timedelta(hours=1)


def test_credentials_of_a_broker_are_shown_once_and_stand_nowhere(database, broker, caplog) -> None:
    grant = database.granted()
    (binding,) = broker.holds()["bindings"].values()
    before = everything()

    shown = reveal_credential(grant=grant, actor=actor_for(database.consumer))

    assert shown.dsn == binding["credentials"]["uri"]
    assert shown.login.given == {"credentials": binding["credentials"]}
    secret = shown.dsn.partition("secret-")[2]
    assert secret not in (before + everything() + caplog.text).replace(
        next(iter(broker.holds()["bindings"])), ""
    )
    with pytest.raises(AlreadyShown):
        reveal_credential(grant=grant, actor=actor_for(database.consumer))


def test_each_person_gets_a_binding_and_who_leaves_loses_theirs(database, broker) -> None:
    grant = database.granted()
    first = reveal_credential(grant=grant, actor=actor_for(database.consumer))
    new_credential(grant=grant, actor=actor_for(database.colleague))
    run_to_rest()
    second = reveal_credential(grant=grant, actor=actor_for(database.colleague))
    assert first.dsn != second.dsn
    assert len(database.holds()) == 2
    with pytest.raises(AlreadyShown):  # what was told again is no news
        reveal_credential(grant=grant, actor=actor_for(database.consumer))

    database.consumer.memberships.all().delete()
    Operation.objects.update(created_at=AN_HOUR_AGO, finished_at=AN_HOUR_AGO)
    assert drop_leavers() == 1
    run_to_rest()

    (left,) = broker.holds()["bindings"].values()
    assert left["credentials"]["uri"] == second.dsn
    assert Credential.objects.get(destroyed_at=None).holder == database.colleague
    revoke_grant(grant=grant, actor=actor_for(database.owner), reason="")
    run_to_rest()
    assert database.holds() == []


@pytest.mark.parametrize(("service", "plan"), [(CACHE, "small"), (DATABASE, SLOW)])
def test_brokers_that_tell_nothing_or_take_their_time(
    transactional_db,
    broker,
    service,
    plan,
) -> None:
    place = at_broker(broker, service, plan)

    grant = place.granted()

    assert "secret-" in reveal_credential(grant=grant, actor=actor_for(place.consumer)).dsn
    revoke_grant(grant=grant, actor=actor_for(place.owner), reason="")
    run_to_rest()
    assert place.holds() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (broker_says(400, '{"description": "No room."}'), "No room."),
        (after(broker_says(503)), "cannot do it now"),
        (after(half(201)), "Nobody knows whether the broker did it"),
        (after(broker_says(201)), "not as a broker has to"),
    ],
)
def test_a_broker_that_fails_ends_the_grant_with_a_reason_and_keeps_no_binding(
    database,
    broker,
    fault,
    words,
) -> None:
    request = database.ask()
    whose = f"binding {request.instance_id} user:{database.consumer.pk}"
    broker.fail("PUT", str(uuid5(database.made.instance_id, whose)), *[fault] * 20)

    grant = database.approved(request)

    assert (grant.state, words in grant.end_reason) == (GrantState.REVOKED, True)
    assert database.holds() == []
    assert not Credential.objects.filter(destroyed_at=None).exists()


def test_a_binding_that_somebody_withdrew_is_found_and_made_again(database, broker) -> None:
    grant = database.granted()
    reveal_credential(grant=grant, actor=actor_for(database.consumer))
    broker.broker.bindings.clear()

    (drift,) = look_at(grant.instance) or []
    assert drift["what"] == "missing"
    repair(instance=grant.instance, actor=actor_for(database.owner))
    run_to_rest()

    assert len(database.holds()) == 1
    assert look_at(grant.instance) == []
