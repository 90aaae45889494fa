"""Access by the policy of a bucket."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from core.errors import Conflict, Invalid
from provisioning.access.models import Grant
from provisioning.access.services import (
    offer_writes,
    remove_ended,
    request_extension,
    revoke_grant,
)
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.models import Target
from provisioning.jobs.models import Operation
from provisioning.jobs.services import leases, repair, runner
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import actor_for
from tests.provisioning.access.days import in_days
from tests.provisioning.access.elsewhere import (
    AGO,
    ANALYST,
    PURPOSE,
    run_to_rest,
)
from tests.provisioning.access.test_pages import signed_in
from tests.provisioning.drivers.forks import dies
from tests.provisioning.drivers.storage import client_of, statements

pytestmark = pytest.mark.django_db(transaction=True)


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


# Writing


@pytest.fixture
def offered(area):
    offer_writes(port=area.port, offered=True, actor=actor_for(area.owner))
    return area


def actions(storage, area) -> dict[str, object]:
    """What is allowed below the area, by statement."""
    bucket = area.made.result["steps"]["0"]["bucket"]
    found = statements(storage, bucket)
    assert all(each["Principal"] == {"AWS": [ANALYST]} for each in found)
    objects = {each["Sid"]: each for each in found if each["Sid"].endswith("Objects")}
    assert {each["Resource"] for each in objects.values()} <= {f"arn:aws:s3:::{bucket}/*"}
    return {sid: each["Action"] for sid, each in objects.items()}


READS, WRITES = ["s3:GetObject"], ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]


def test_nobody_asks_to_write_objects_where_it_is_not_offered(area) -> None:
    with pytest.raises(Invalid) as refused:
        area.ask(mode="write")

    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/mode", "writes-not-offered")
    ]
    assert area.holds() == []


@pytest.mark.parametrize("name", ["lake", "database"])
def test_what_targets_cannot_tell_apart_is_not_offered(request, name) -> None:
    place = request.getfixturevalue(name)

    with pytest.raises(Invalid) as refused:
        offer_writes(port=place.port, offered=True, actor=actor_for(place.owner))

    assert [p.code for p in refused.value.problems] == ["not-writable"]
    with pytest.raises(Invalid) as refused:
        place.ask(mode="write")
    (problem,) = refused.value.problems
    assert (problem.code, "is only read" in problem.message) == ("not-writable", True)


def test_who_writes_objects_reads_them_too_and_loses_both(offered, storage) -> None:
    grant = offered.granted(mode="write")

    assert list(actions(storage, offered).values()) == [WRITES]
    assert look_at(grant.instance) == []
    with pytest.raises(Conflict, match="may write this port"):
        offered.ask()
    revoke_grant(grant=grant, actor=actor_for(offered.owner), reason="")
    run_to_rest()
    assert offered.holds() == []
    grant.refresh_from_db()
    assert grant.removed_at is not None


def test_the_end_of_writing_leaves_the_reading_that_was_there_before(offered, storage) -> None:
    reads = offered.granted()
    writes = offered.granted(mode="write")
    assert sorted(actions(storage, offered).values()) == [READS, WRITES]

    revoke_grant(grant=writes, actor=actor_for(offered.owner), reason="")
    run_to_rest()

    assert list(actions(storage, offered).values()) == [READS]
    assert look_at(reads.instance) == []


def test_more_time_keeps_what_may_be_written(offered, storage) -> None:
    grant = offered.granted(mode="write")
    longer = request_extension(
        grant=grant, purpose=grant.purpose, until=in_days(90), actor=actor_for(offered.consumer)
    )

    decide(request=longer, actor=actor_for(offered.owner), approve=True, note="")
    run_to_rest()

    grant.refresh_from_db()
    assert grant.until.date() == in_days(90)
    assert list(actions(storage, offered).values()) == [WRITES]


def test_an_offer_taken_back_stops_the_approval(offered) -> None:
    request = offered.ask(mode="write")
    offer_writes(port=offered.port, offered=False, actor=actor_for(offered.owner))

    with pytest.raises(Invalid, match="not offered for writing any more"):
        decide(request=request, actor=actor_for(offered.owner), approve=True, note="")

    assert offered.holds() == []


@pytest.mark.parametrize("access", [READS, [*WRITES, "s3:PutObjectAcl"]])
def test_a_right_too_few_or_too_many_is_found_and_mended(offered, storage, access) -> None:
    grant = offered.granted(mode="write")
    bucket = offered.made.result["steps"]["0"]["bucket"]
    changed = [
        {**each, "Action": access} if each["Sid"].endswith("Objects") else each
        for each in statements(storage, bucket)
    ]
    policy = {"Version": "2012-10-17", "Statement": changed}
    client_of(storage).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    assert [each["what"] for each in look_at(grant.instance) or []] == ["changed"]
    repair(instance=grant.instance, actor=actor_for(offered.owner))
    run_to_rest()

    assert list(actions(storage, offered).values()) == [WRITES]


def test_a_worker_that_dies_while_writing_is_opened_leaves_one_access(offered, storage) -> None:
    request = offered.ask(mode="write")
    decide(request=request, actor=actor_for(offered.owner), approve=True, note="")
    lease = leases.claim_next("a worker that dies")
    assert lease

    dies(lambda: runner.run(lease), "answered", at=(b"PUT /meshport",))()
    Operation.objects.update(lease_until=AGO)
    run_to_rest()

    assert list(actions(storage, offered).values()) == [WRITES]


def test_pages_offer_writing_and_ask_for_it(area) -> None:
    owner, reader = signed_in(area.owner), signed_in(area.consumer)
    page = owner.get(area.port.get_absolute_url()).content.decode()
    assert "Offer writing, too" in page
    owner.post(reverse("access:offer-writes"), {"port": area.port.fqn, "offered": "yes"})
    url = f"{reverse('access:ask')}?port={area.port.fqn}"
    assert 'name="mode"' in reader.get(url).content.decode()
    given = {
        "consumer": f"team:{area.marketing.slug}",
        "purpose": PURPOSE,
        "until": in_days(30).isoformat(),
        "identity": ANALYST,
        "mode": "write",
    }

    assert reader.post(url, given).status_code == 302

    assert Request.objects.get().parameters["mode"] == "write"
