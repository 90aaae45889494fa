"""`Idempotency-Key`: the same call sent twice is done once (INTERFACE §4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from core.errors import IdempotencyMismatch, Invalid, StillRunning
from core.models import IdempotencyKey
from core.problems import Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_HEADERS = ("Location", "Retry-After", "ETag")
MAX_KEY = 200

Verb = Callable[..., Response]


def idempotent(verb: Verb, *, hiding: Sequence[str] = ()) -> Verb:
    """Decorate a method of a REST view so that it honours the header.

    The answer is stored in the transaction of the work, so there is never one without the other.
    Only success is stored: a refusal changed nothing, and its key stays free.

    Args:
        hiding: members of the answer that are shown once: they are not stored, and null when the
            answer is given again.

    Raises:
        IdempotencyMismatch: the key came before with another body.
        StillRunning: the first call with this key has not answered yet.
    """

    @wraps(verb)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        digest = hashlib.sha256(request._request.body).hexdigest()  # read before the parser does
        key = request.headers.get(HEADER)
        if key is None:
            return verb(view, request, *args, **kwargs)
        _require_usable(key)
        identity = {"actor": _actor_name(request), "route": request.path[:200], "key": key}
        with transaction.atomic():
            _lock(identity)
            known = IdempotencyKey.objects.filter(**identity).first()
            if known is not None:
                return _replayed(known, digest)
            response = verb(view, request, *args, **kwargs)
            _store(identity, digest, response, hiding)
        return response

    return once


def _require_usable(key: str) -> None:
    if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= MAX_KEY:
        message = f"Send 1 to {MAX_KEY} printable ASCII characters."
        raise Invalid(f"The {HEADER} is not usable.", [Problem("", "bad-idempotency-key", message)])


def _actor_name(request: Request) -> str:
    return str(getattr(request.auth, "name", "visitor"))[:150]


def _lock(identity: dict[str, str]) -> None:
    """Hold the key until the transaction ends; whoever comes meanwhile is told to wait."""
    name = "\n".join(identity.values())
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise StillRunning("The first call with this key has not answered yet; ask again.")


def _replayed(known: IdempotencyKey, digest: str) -> Response:
    if known.body_sha256 != digest:
        raise IdempotencyMismatch("This key came before with another body; use a new one.")
    headers = {**known.headers, REPLAYED: "true"}
    return Response(known.body, status=known.status, headers=headers)


def _store(
    identity: dict[str, str], digest: str, response: Response, hiding: Sequence[str]
) -> None:
    if response.status_code >= 400:
        return
    data = {**response.data, **dict.fromkeys(hiding)} if hiding else response.data
    IdempotencyKey.objects.create(
        **identity,
        body_sha256=digest,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if response.has_header(name)},
        body=json.loads(json.dumps(data, cls=JSONEncoder)),
    )
