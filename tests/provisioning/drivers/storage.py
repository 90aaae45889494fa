"""An S3 server, and what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import botocore.session
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from provisioning.drivers.s3 import S3Driver
from provisioning.drivers.s3.session import Storage

SECRET = "canary-secret"


@contextmanager
def s3_server() -> Iterator[str]:
    """The URL of moto's server, emptied. There is one a process, as what it holds is, too."""
    url = _started()
    with urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10):
        yield url


@cache
def _started() -> str:
    """It ends with the process: to stop takes it half a second."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def storage_at(url: str, **changes: str) -> Storage:
    return Storage(url, "eu-central-1", "AKIACANARY", SECRET, **changes)


def driver_at(url: str, **changes: str) -> S3Driver:
    return S3Driver(lambda _target: storage_at(url, **changes))


@cache
def client_of(url: str) -> Any:
    """Somebody else's client."""
    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="other",
        aws_secret_access_key="other",
    )


def snapshot(url: str) -> dict[str, Any]:
    """Buckets with tags, versions, policy, lifecycle and objects; fences are left out."""
    s3 = client_of(url)
    found = {each["Name"]: _bucket(s3, each["Name"]) for each in s3.list_buckets()["Buckets"]}
    return {name: seen for name, seen in found.items() if name != "meshport-records" or seen}


def statements(url: str, bucket: str) -> list[dict[str, Any]]:
    policy = _or_nothing(client_of(url).get_bucket_policy, Bucket=bucket).get("Policy")
    return json.loads(policy)["Statement"] if policy else []


def _bucket(s3: Any, name: str) -> dict[str, Any]:
    tags = _or_nothing(s3.get_bucket_tagging, Bucket=name).get("TagSet", [])
    objects = {
        each["Key"]: _content(s3, name, each["Key"])
        for each in s3.list_objects_v2(Bucket=name).get("Contents", [])
        if "/fences/" not in each["Key"]
    }
    seen = {
        "tags": {each["Key"]: each["Value"] for each in tags if each["Key"] != "meshport-fence"},
        "versions": s3.get_bucket_versioning(Bucket=name).get("Status"),
        "policy": _or_nothing(s3.get_bucket_policy, Bucket=name).get("Policy"),
        "rules": _or_nothing(s3.get_bucket_lifecycle_configuration, Bucket=name).get("Rules"),
        "objects": objects,
    }
    return seen if any(seen.values()) else {}


def _content(s3: Any, bucket: str, key: str) -> Any:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if not key.startswith(".meshport/"):
        return body
    return {name: value for name, value in json.loads(body).items() if name != "fence"}


def _or_nothing(call: Any, **arguments: Any) -> dict[str, Any]:
    try:
        return call(**arguments)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("NoSuch"):
            raise
        return {}
