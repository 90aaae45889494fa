"""One try of one delivery: signed as Standard Webhooks 1.0 says, through the one way out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.clock import db_now
from core.crypto import CannotDecrypt, decrypt
from core.outbound.client import client_for
from core.outbound.errors import OutboundError
from core.outbound.limits import Limits
from core.outbound.signing import signed_headers
from portal.feed.models import Delivery, Webhook

LIMITS = Limits(connect_s=5.0, total_s=10.0, answer_bytes=64_000)
GONE = 410


@dataclass(frozen=True)
class Try:
    """What came of it."""

    status: int | None  # None: no answer
    error: str  # safe to show; "" where the receiver said yes
    ms: int
    retry_after_s: float = 0.0

    @property
    def is_ok(self) -> bool:
        return not self.error


def send(webhook: Webhook, delivery: Delivery) -> Try:
    """Send it and wait for the answer, ten seconds at most. Nothing is written."""
    began = time.monotonic()
    status, error, retry_after_s = None, "", 0.0
    try:
        body = delivery.body.encode()
        signed = signed_headers(
            *_secrets(webhook),
            event_id=str(delivery.event_id),
            timestamp=int(db_now().timestamp()),
            body=body,
        )
        headers = {**signed, "content-type": "application/json"}
        answer = client_for(webhook.url, limits=LIMITS).call(
            "POST", webhook.url, headers=headers, body=body
        )
        status = answer.status
        if not answer.is_ok:
            error = f"It answers with status {status}."
            retry_after_s = answer.retry_after_s() if answer.may_pass else 0.0
    except OutboundError as refused:
        error = str(refused)
    except CannotDecrypt:
        error = "Its secret cannot be read: the portal's key has changed. Renew the secret."
    return Try(status, error, round((time.monotonic() - began) * 1000), retry_after_s)


def _secrets(webhook: Webhook) -> list[str]:
    """The secret and, for a day after it was renewed, the one before."""
    sealed = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_until and webhook.old_until > db_now():
        sealed.append(webhook.old_secret)
    return [decrypt(bytes(each), bound_to=str(webhook.pk)).decode() for each in sealed]
