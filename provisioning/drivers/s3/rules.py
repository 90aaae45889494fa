"""Policy and lifecycle of a bucket, computed from the records of who was given what.

Buckets have one policy and one lifecycle for all, and no way to compare and set them. So the
records are the truth: each worker writes its record first, then the whole, and looks whether the
records are still the same; the last one to write has seen them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from provisioning.drivers.protocol import TemporaryError
from provisioning.drivers.s3.records import AREAS, GRANTS, Records
from provisioning.drivers.s3.session import in_driver_words
from provisioning.drivers.s3.specs import READ, WRITE

SID: Final = "Meshport"
RULE: Final = "meshport-"
TRIES = 8
ON_OBJECTS: Final = {
    READ: ["s3:GetObject"],
    WRITE: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
}
Found = Mapping[UUID, Mapping[str, Any]]


def apply(records: Records, bucket: str) -> None:
    """Make policy and lifecycle be as the records say; what others wrote into them stays.

    Raises:
        TemporaryError: they change all the time, or the storage does not keep what it was given.
    """
    for _ in range(TRIES):
        areas, grants = records.all(AREAS, bucket), records.all(GRANTS, bucket)
        _write_policy(records.s3, bucket, list(_statements(bucket, areas, grants)))
        _write_lifecycle(records.s3, bucket, list(_rules(areas)))
        if (areas, grants) == (records.all(AREAS, bucket), records.all(GRANTS, bucket)):
            return
    raise TemporaryError("Others change the rights in this bucket all the time.")


def granted(
    s3: Any, bucket: str, instance_id: UUID, grant: Mapping[str, Any] | None
) -> tuple[bool, bool]:
    """Whether the policy of the bucket, read now, names the grant; and as it was given."""
    sid = _sid("Grant", instance_id)
    named = [each for each in _policy(s3, bucket) if str(each.get("Sid", "")).startswith(sid)]
    wanted = list(_of_grant(bucket, instance_id, grant)) if grant is not None else []
    return bool(named), _normal(named) == _normal(wanted)


def _statements(bucket: str, areas: Found, grants: Found) -> Iterator[dict[str, Any]]:
    for instance_id, area in sorted(areas.items()):
        for access, principals in sorted(area.get("roles", {}).items()):
            if principals:
                sid = _sid(f"Area{access.title()}", instance_id)
                yield from _allow(sid, bucket, area["prefix"], principals, access)
    for instance_id, grant in sorted(grants.items()):
        yield from _of_grant(bucket, instance_id, grant)


def _of_grant(bucket: str, instance_id: UUID, grant: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    sid = _sid("Grant", instance_id)
    return _allow(sid, bucket, grant["prefix"], [grant["principal"]], grant["access"])


def _allow(
    sid: str, bucket: str, prefix: str, principals: list[str], access: str
) -> Iterator[dict[str, Any]]:
    whole = f"arn:aws:s3:::{bucket}"
    who = {"Effect": "Allow", "Principal": {"AWS": sorted(set(principals))}}
    what = {"Action": ON_OBJECTS[access], "Resource": f"{whole}/{prefix}*"}
    yield {"Sid": f"{sid}Objects", **who, **what}
    listed: dict[str, Any] = {"Action": ["s3:ListBucket"], "Resource": whole}
    if prefix:
        listed["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
    yield {"Sid": f"{sid}List", **who, **listed}


def _rules(areas: Found) -> Iterator[dict[str, Any]]:
    for instance_id, area in sorted(areas.items()):
        days = area.get("expire_days")
        if days:
            yield {
                "ID": f"{RULE}{instance_id}",
                "Filter": {"Prefix": area["prefix"]},
                "Status": "Enabled",
                "Expiration": {"Days": days},
                "NoncurrentVersionExpiration": {"NoncurrentDays": days},
            }


def _write_policy(s3: Any, bucket: str, ours: list[dict[str, Any]]) -> None:
    found = _policy(s3, bucket)
    others = [each for each in found if not str(each.get("Sid", "")).startswith(SID)]
    wanted = [*others, *ours]
    if _normal(found) == _normal(wanted):
        return
    with in_driver_words():
        if wanted:
            policy = {"Version": "2012-10-17", "Statement": wanted}
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        else:
            s3.delete_bucket_policy(Bucket=bucket)
    if _normal(_policy(s3, bucket)) != _normal(wanted):
        raise TemporaryError("The storage does not show the policy it was given.")


def _policy(s3: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        with in_driver_words():
            text = s3.get_bucket_policy(Bucket=bucket).get("Policy") or ""
    except KeyError:
        return []
    try:
        found = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise TemporaryError("The storage answers with something else.") from error
    return [found] if isinstance(found, dict) else list(found)


def _write_lifecycle(s3: Any, bucket: str, ours: list[dict[str, Any]]) -> None:
    found = _lifecycle(s3, bucket)
    others = [each for each in found if not str(each.get("ID", "")).startswith(RULE)]
    wanted = [*others, *ours]
    if _normal(found) == _normal(wanted):
        return
    with in_driver_words():
        if wanted:
            s3.put_bucket_lifecycle_configuration(
                Bucket=bucket, LifecycleConfiguration={"Rules": wanted}
            )
        else:
            s3.delete_bucket_lifecycle(Bucket=bucket)
    named = {each.get("ID") for each in _lifecycle(s3, bucket)}
    if named != {each.get("ID") for each in wanted}:
        raise TemporaryError("The storage does not show the lifecycle it was given.")


def _lifecycle(s3: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        with in_driver_words():
            return list(s3.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", ()))
    except KeyError:
        return []


def _normal(value: Any) -> Any:
    """As a set of facts: an order and a list of one say nothing."""
    if isinstance(value, dict):
        return {key: _normal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner = sorted(map(_normal, value), key=lambda each: json.dumps(each, sort_keys=True))
        return inner[0] if len(inner) == 1 and isinstance(inner[0], str) else inner
    return value


def _sid(kind: str, instance_id: UUID) -> str:
    return f"{SID}{kind}{instance_id.hex}"
