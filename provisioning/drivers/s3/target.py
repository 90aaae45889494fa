"""Object storages as targets: where, as whom, and in which bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from core.outbound import Refused, read_url
from core.problems import Problem
from provisioning.drivers.places import Opened, TargetKind
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.targets import opened

if TYPE_CHECKING:
    from provisioning.drivers.s3.session import Storage

LABEL: Final = "S3 object storage"
SUMMARY: Final = "Areas for objects are made: buckets, or folders in one bucket."
MISSING: Final = (
    "The portal lacks the Python package botocore: whoever runs it installs the extra s3"
    " (python -m pip install botocore) and restarts."
)
_BUCKET: Final = "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"


def storage(slug: str) -> Storage:
    """Raises: PermanentError: no such target."""
    return storage_of(opened(slug, "s3"))


def storage_of(place: Opened) -> Storage:
    from provisioning.drivers.s3.session import Storage  # botocore is heavy, and an extra

    config = place.config
    return Storage(
        endpoint=str(config["endpoint"]),
        region=str(config.get("region") or "us-east-1"),
        access_key=str(config["access_key"]),
        secret_key=place.secrets["secret_key"],
        bucket=str(config.get("bucket") or ""),
        prefix=str(config.get("prefix") or "meshport"),
    )


def _probe(place: Opened) -> str:
    from provisioning.drivers.s3.records import has_bucket
    from provisioning.drivers.s3.session import in_driver_words

    there = storage_of(place)
    s3 = there.client()
    if there.bucket:
        if not has_bucket(s3, there.bucket):
            raise PermanentError(f"There is no bucket {there.bucket}.")
        with in_driver_words():
            s3.list_objects_v2(Bucket=there.bucket, MaxKeys=1)
        return f"Bucket {there.bucket} at {there.endpoint}"
    with in_driver_words():
        found = s3.list_buckets()
    if "Buckets" not in found:
        raise PermanentError("The storage does not speak S3.")
    return f"Object storage at {there.endpoint}, {len(found['Buckets'])} buckets"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        where = read_url(str(place.config["endpoint"]))
    except Refused as error:
        yield Problem("/config/endpoint", "wrong-form", str(error))
    else:
        if where.target != "/":
            yield Problem("/config/endpoint", "wrong-form", "Leave out what comes after the host.")


KIND: Final = TargetKind(
    label=LABEL,
    summary=SUMMARY,
    config={
        "type": "object",
        "required": ["endpoint", "access_key"],
        "properties": {
            "endpoint": {
                "type": "string",
                "title": "Endpoint",
                "description": "https://host of the storage; for AWS"
                " https://s3.<region>.amazonaws.com.",
                "maxLength": 500,
            },
            "region": {
                "type": "string",
                "title": "Region",
                "description": "us-east-1 if left empty.",
                "pattern": "^[a-z0-9-]{1,40}$",
            },
            "access_key": {
                "type": "string",
                "title": "Access key id",
                "description": "Of a user who may make buckets, or use the one below.",
                "pattern": "^[!-~]{1,128}$",
            },
            "bucket": {
                "type": "string",
                "title": "Bucket",
                "description": "One that is there: areas are then folders in it. Left empty, each"
                " area is a bucket of its own.",
                "pattern": _BUCKET,
            },
            "prefix": {
                "type": "string",
                "title": "Begin of bucket names",
                "description": "Bucket names are unique in the whole storage; meshport if left"
                " empty. Lower case letters, digits and hyphens, 24 at most.",
                "pattern": "^[a-z0-9][a-z0-9-]{0,22}[a-z0-9]$",
            },
        },
    },
    secrets={
        "type": "object",
        "required": ["secret_key"],
        "properties": {
            "secret_key": {
                "type": "string",
                "title": "Secret access key",
                "description": "The one that belongs to the access key id.",
                "maxLength": 256,
            }
        },
    },
    address="/config/endpoint",
    probe=_probe,
    check=_problems,
)


def _probe_missing(_place: Opened) -> str:
    raise PermanentError(MISSING)


def _missing(_place: Opened) -> Iterator[Problem]:
    yield Problem("/driver", "not-installed", MISSING)


NOT_INSTALLED: Final = TargetKind(
    label=f"{LABEL} (not installed)",
    summary=MISSING,
    config={"type": "object", "properties": {}},
    secrets={"type": "object", "properties": {}},
    address="/config/endpoint",
    probe=_probe_missing,
    check=_missing,
)
