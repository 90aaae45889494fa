"""Access by the policy of a bucket."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db.models.functions import Now

from core.errors import Invalid
from provisioning.access.models import Grant
from provisioning.access.services import (
    remove_ended,
    revoke_grant,
)
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.models import Target
from provisioning.jobs.models import Operation
from provisioning.jobs.services import repair
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.services import decide
from tests.factories import actor_for
from tests.provisioning.access.elsewhere import (
    AGO,
    ANALYST,
    run_to_rest,
)
from tests.provisioning.drivers.storage import client_of, statements

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR_AGO = Now() - dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("identity", "code"),
    [("", "missing"), ("*", "wrong-form"), ("arn:aws:iam::1:role/x", "wrong-form")],
)
def test_who_reads_objects_is_named_by_an_identity_of_the_storage(area, identity, code) -> None:
    with pytest.raises(Invalid) as refused:
        area.ask(identity=identity)

    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/identity", code)]
    assert "arn:aws:iam::123456789012:role/analyst" in str(refused.value.problems[0].message)


def test_other_ports_take_no_identity(lake) -> None:
    with pytest.raises(Invalid) as refused:
        lake.ask(identity=ANALYST)

    assert [p.code for p in refused.value.problems] == ["not-taken"]


def test_a_policy_that_somebody_changed_is_found_and_mended(area, storage) -> None:
    grant = area.granted()
    bucket = area.made.result["steps"]["0"]["bucket"]
    given = statements(storage, bucket)
    changed = [{**each, "Principal": {"AWS": [f"{ANALYST}2"]}} for each in given]
    policy = {"Version": "2012-10-17", "Statement": changed}
    client_of(storage).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    assert [each["what"] for each in look_at(grant.instance) or []] == ["changed"]
    repair(instance=grant.instance, actor=actor_for(area.owner))
    run_to_rest()

    assert statements(storage, bucket) == given
    assert look_at(grant.instance) == []
    revoke_grant(grant=grant, actor=actor_for(area.owner), reason="")
    run_to_rest()
    client_of(storage).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert [each["what"] for each in look_at(grant.instance) or []] == ["extra"]


def test_an_end_waits_for_a_driver_that_is_not_installed(area, monkeypatch) -> None:
    grant = area.granted()
    with monkeypatch.context() as without:
        without.delitem(registry._drivers, "s3")
        revoke_grant(grant=grant, actor=actor_for(area.owner), reason="")
        assert remove_ended() == 0
    assert area.holds() != []

    assert remove_ended() == 1
    run_to_rest()

    grant.refresh_from_db()
    assert (grant.removed_at is not None, area.holds()) == (True, [])


def test_a_storage_that_is_away_ends_the_grant_with_a_reason_and_a_clean_policy(
    area, settings
) -> None:
    target = Target.objects.get()
    settings.OUTBOUND_INNER_HOSTS = [*settings.OUTBOUND_INNER_HOSTS, "127.0.0.1:1"]
    decide(request=area.ask(), actor=actor_for(area.owner), approve=True, note="")
    config = {**target.config, "endpoint": "http://127.0.0.1:1"}
    Target.objects.update(config=config)
    for _ in range(30):
        Operation.objects.active().exclude(state="compensating").update(run_after=AGO)
        run_due()
    assert Operation.objects.filter(state="compensating").count() == 1
    Target.objects.update(config=target.config)
    run_to_rest()

    grant = Grant.objects.get()
    assert grant.state == GrantState.REVOKED
    assert "127.0.0.1:1" in grant.end_reason
    assert area.holds() == []
