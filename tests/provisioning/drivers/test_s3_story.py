"""Areas over their life: what people put there stays, rights come and go, others' rules remain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import Observed, Pending, PermanentError, Step, TemporaryError
from provisioning.drivers.s3 import areas
from provisioning.drivers.s3.target import KIND, NOT_INSTALLED
from tests.provisioning.drivers.kit import quiet
from tests.provisioning.drivers.storage import (
    SECRET,
    client_of,
    driver_at,
    s3_server,
    snapshot,
    statements,
)

ANALYST = "arn:aws:iam::123456789012:role/analyst"
LOADER = "arn:aws:iam::123456789012:user/loader"
PLACE = {"LocationConstraint": "eu-central-1"}


class Lake:
    """One storage; each verb under a higher fence."""

    def __init__(self, url: str, bucket: str) -> None:
        self.url = url
        self.bucket = bucket
        self.driver = driver_at(url, bucket=bucket)
        self.fence = 0
        self.s3 = client_of(url)

    def step(self, action: str, instance_id: UUID, **spec: Any) -> Step:
        return Step(action, instance_id, {"target": "lake", **spec}, quiet)

    def area(self, instance_id: UUID | None = None, **spec: Any) -> Observed:
        step = self.step("area", instance_id or uuid4(), **{"slug": "orders", **spec})
        return self.ensure(step)

    def ensure(self, step: Step) -> Observed:
        self.fence += 1
        return self.driver.ensure(step, effect_key="k", fence=self.fence)

    def absent(self, step: Step) -> Observed:
        self.fence += 1
        return self.driver.ensure_absent(step, effect_key="k", fence=self.fence)

    def grant(self, area: Observed, instance_id: UUID, access: str = "read") -> Step:
        where = {name: area.attributes[name] for name in ("bucket", "prefix")}
        return self.step("area-grant", instance_id, principal=ANALYST, access=access, **where)

    def put(self, area: Observed, *keys: str) -> None:
        for key in keys:
            self.s3.put_object(
                Bucket=area.attributes["bucket"], Key=area.attributes["prefix"] + key, Body=b"x"
            )


@pytest.fixture(params=["", "lake"], ids=["own buckets", "one bucket"])
def lake(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Lake]:
    with s3_server() as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        found = Lake(url, request.param)
        if request.param:
            found.s3.create_bucket(Bucket=request.param, CreateBucketConfiguration=PLACE)
        yield found


def sids(lake: Lake, bucket: str) -> list[str]:
    return [each["Sid"] for each in statements(lake.url, bucket)]


def test_rights_are_in_the_policy_while_they_are_granted(lake: Lake) -> None:
    area = lake.area(roles={"write": [LOADER]})
    grant = lake.grant(area, uuid4())

    lake.ensure(grant)

    bucket, prefix = area.attributes["bucket"], area.attributes["prefix"]
    named = {each["Sid"]: each for each in statements(lake.url, bucket)}
    objects = named[f"MeshportGrant{grant.instance_id.hex}Objects"]
    assert objects["Principal"] == {"AWS": [ANALYST]}
    assert objects["Action"] == ["s3:GetObject"]
    assert objects["Resource"] == f"arn:aws:s3:::{bucket}/{prefix}*"
    listed = named[f"MeshportGrant{grant.instance_id.hex}List"]
    assert ("Condition" in listed) == bool(prefix)
    assert len(named) == 4

    lake.ensure(lake.grant(area, grant.instance_id, "write"))
    assert "s3:PutObject" in str(statements(lake.url, bucket))
    lake.absent(grant)
    assert not any("Grant" in sid for sid in sids(lake, bucket))
    assert len(sids(lake, bucket)) == 2


def test_what_others_wrote_into_policy_and_lifecycle_stays(lake: Lake) -> None:
    area_id = uuid4()
    area = lake.area(area_id, expire_days=10, roles={"read": [ANALYST]})
    bucket = area.attributes["bucket"]
    theirs = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::x",
    }
    policy = {"Version": "2012-10-17", "Statement": [theirs, *statements(lake.url, bucket)]}
    lake.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    found = lake.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    rule = {"ID": "theirs", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled"}
    rules = [*found, {**rule, "Expiration": {"Days": 1}}]
    lake.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )

    lake.area(area_id, expire_days=None, roles={})

    assert sids(lake, bucket) == ["Theirs"]
    left = lake.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [each["ID"] for each in left] == ["theirs"]


def test_many_grants_at_once_are_all_there_and_then_all_gone(lake: Lake) -> None:
    area = lake.area()
    grants = [lake.grant(area, uuid4()) for _ in range(4)]

    def until_done(verb: Any, step: Step) -> None:
        for _ in range(10):
            try:
                verb(step)
            except TemporaryError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda step: until_done(lake.ensure, step), grants))
    assert len(sids(lake, area.attributes["bucket"])) == 8
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda step: until_done(lake.absent, step), grants))
    assert sids(lake, area.attributes["bucket"]) == []


def test_a_grant_on_what_the_portal_did_not_make_is_refused(lake: Lake) -> None:
    lake.s3.create_bucket(Bucket="salaries", CreateBucketConfiguration=PLACE)
    area = replace(lake.area(), attributes={"bucket": "salaries", "prefix": ""})

    with pytest.raises(PermanentError, match="no area"):
        lake.ensure(lake.grant(area, uuid4()))

    assert sids(lake, "salaries") == []


def test_objects_stay_unless_they_may_go(lake: Lake) -> None:
    step = lake.step("area", uuid4(), slug="orders")
    area = lake.ensure(step)
    lake.put(area, "a", "b/c")
    other = lake.area()
    lake.put(other, "d")
    before = snapshot(lake.url)

    with pytest.raises(PermanentError, match="holds objects"):
        lake.absent(step)
    assert snapshot(lake.url) == before

    gone = lake.absent(lake.step("area", step.instance_id, slug="orders", with_data=True))
    assert not gone.exists
    assert lake.driver.observe(lake.step("area", step.instance_id, slug="orders")).exists is False
    assert "d'" in str(snapshot(lake.url))
    assert "b/c" not in str(snapshot(lake.url))


def test_what_takes_long_is_done_in_parts(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "AT_A_TIME", 2)
    monkeypatch.setattr(areas, "BUDGET_S", 0)
    step = lake.step("area", uuid4(), slug="orders", with_data=True)
    lake.put(lake.ensure(step), "a", "b", "c", "d", "e")
    removed = []
    for _ in range(9):
        try:
            lake.absent(step)
        except Pending as pending:
            removed.append(pending.progress["removed"])
            step = replace(step, progress=pending.progress)
        else:
            break

    assert removed == [2, 4, 5]
    assert not lake.driver.observe(step).exists


def test_versions_and_marks_of_deletion_go_too(lake: Lake) -> None:
    if lake.bucket:
        with pytest.raises(PermanentError, match="keeps no versions"):
            lake.area(versioning=True)
        lake.s3.put_bucket_versioning(
            Bucket=lake.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    step = lake.step("area", uuid4(), slug="orders", versioning=True, with_data=True)
    area = lake.ensure(step)
    lake.put(area, "a", "a")
    lake.s3.delete_object(Bucket=area.attributes["bucket"], Key=area.attributes["prefix"] + "a")
    no = lake.step("area", step.instance_id, slug="orders")

    with pytest.raises(PermanentError, match="holds objects"):
        lake.absent(no)
    assert not lake.absent(step).exists


def test_a_bucket_of_somebody_else_is_left_alone(settings: Settings) -> None:
    step = Step("area", uuid4(), {"target": "lake", "slug": "orders"}, quiet)
    with s3_server() as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        taken = f"meshport-orders-{step.instance_id.hex[-8:]}"
        client_of(url).create_bucket(Bucket=taken, CreateBucketConfiguration=PLACE)
        before = snapshot(url)

        with pytest.raises(PermanentError, match="in the way"):
            driver_at(url).ensure(step, effect_key="k", fence=1)
        assert not driver_at(url).ensure_absent(step, effect_key="k", fence=2).exists

        assert snapshot(url) == before


def opened(url: str, **config: str) -> Opened:
    config = {"endpoint": url, "access_key": "AKIACANARY", **config}
    return Opened("lake", config, {"secret_key": SECRET})


def test_the_probe_says_what_is_there(lake: Lake) -> None:
    if lake.bucket:
        assert KIND.probe(opened(lake.url, bucket="lake")).startswith("Bucket lake at ")
        with pytest.raises(PermanentError, match="no bucket other"):
            KIND.probe(opened(lake.url, bucket="other"))
    else:
        assert "0 buckets" in KIND.probe(opened(lake.url))


@pytest.mark.parametrize("url", ["http://s3.example.org", "https://s3.example.org/path", "s3://x"])
def test_an_endpoint_is_plain(url: str) -> None:
    assert [problem.pointer for problem in KIND.check(opened(url))] == ["/config/endpoint"]


def test_without_the_extra_the_kind_says_what_to_install() -> None:
    (problem,) = NOT_INSTALLED.check(opened("https://s3.example.org"))

    assert "pip install botocore" in problem.message
    with pytest.raises(PermanentError, match="pip install botocore"):
        NOT_INSTALLED.probe(opened("https://s3.example.org"))
