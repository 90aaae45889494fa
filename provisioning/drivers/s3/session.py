"""botocore's S3 client over the portal's one way out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from core.outbound import Client, Limits, client_for
from provisioning.drivers import places
from provisioning.drivers.protocol import PermanentError, TemporaryError

LIMITS: Final = Limits(connect_s=5, total_s=12, answer_bytes=4_000_000)
UNSENT: Final = frozenset({"expect", "user-agent", "connection"})
GONE: Final = frozenset(
    {
        *("404", "NoSuchKey", "NoSuchBucket", "NoSuchTagSet", "NoSuchBucketPolicy"),
        *("NoSuchLifecycleConfiguration", "NoSuchVersion"),
    }
)
LOST_RACE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})
BUSY: Final = frozenset(
    {
        *("SlowDown", "RequestTimeout", "OperationAborted", "ServiceUnavailable", "503"),
        *("InternalError", "500", "502", "504", "429", "Throttling", "BucketNotEmpty"),
    }
)
UNKNOWN: Final = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405", "XNotImplemented"})
_making = threading.Lock()  # a session makes one client at a time


class LostRace(Exception):
    """Somebody else wrote the object in between."""


@dataclass(frozen=True)
class Storage:
    """A place for areas: a fixed bucket, or buckets whose names begin with `prefix`."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str = ""
    prefix: str = "meshport"

    @property
    def records(self) -> str:
        """The bucket where the portal keeps fences and what it gave out."""
        return self.bucket or f"{self.prefix}-records"

    def client(self) -> Any:
        """An S3 client whose every request goes through `core.outbound`."""
        with _making:
            made = _session().create_client(
                "s3",
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path"},  # one host for all buckets
                    retries={"mode": "standard", "total_max_attempts": 1},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    parameter_validation=True,
                ),
            )
        way_out = client_for(self.endpoint, limits=LIMITS)
        made.meta.events.register_first(
            "before-send.s3.*", lambda request, **_more: _sent(way_out, request)
        )
        return made


@contextmanager
def in_driver_words() -> Iterator[None]:
    """Errors of botocore and of the way out as what they are for a step: no values, no keys.

    Raises:
        KeyError: there is no such bucket, object or setting.
        LostRace: a conditional write came too late.
    """
    try:
        with places.in_driver_words():
            yield
    except ClientError as error:
        raise _translated(error) from error
    except BotoCoreError as error:
        raise TemporaryError("The storage does not speak S3.", retry_after_s=5) from error


def is_unknown(error: PermanentError) -> bool:
    """Whether the storage does not know the call at all."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and _code(cause) in UNKNOWN


def _translated(error: ClientError) -> Exception:
    code, name = _code(error), error.operation_name
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in GONE:
        return KeyError(code)
    if code in LOST_RACE:
        return LostRace(code)
    if code in BUSY or (status >= 500 and code not in UNKNOWN) or status in (408, 429):
        return TemporaryError(f"The storage is busy ({name}: {code[:40]}).", retry_after_s=2)
    return PermanentError(f"The storage refused ({name}: {code[:40]}).")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _sent(way_out: Client, request: AWSPreparedRequest) -> AWSResponse:
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    sent = {name: value for name, value in headers.items() if name not in UNSENT}
    body = request.body or b""
    content = body.read() if hasattr(body, "read") else body
    given = content.encode() if isinstance(content, str) else bytes(content)
    answer = way_out.call(request.method, request.url, headers=sent, body=given)
    return AWSResponse(request.url, answer.status, dict(answer.headers), _Read(answer.body))


class _Read:
    """An answer that is here already, as botocore reads one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_arguments: Any, **_options: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, amount: int | None = None, **_options: Any) -> bytes:
        size = len(self._body) if amount is None else amount
        found, self._body = self._body[:size], self._body[size:]
        return found


@cache
def _session() -> Session:
    """One without the files and roles of the machine."""
    session = botocore.session.Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    session.set_config_variable("ignore_configured_endpoint_urls", True)
    return session
