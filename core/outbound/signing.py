"""Signatures of what the portal sends, as Standard Webhooks 1.0 has them (HMAC-SHA256)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from secrets import token_bytes

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)


def new_secret() -> str:
    """A signing secret of 256 random bits."""
    return PREFIX + base64.b64encode(token_bytes(32)).decode()


def signed_headers(*secrets: str, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver tells who sent `body`, when, and as which event.

    Args:
        secrets: each `whsec_` and 24 to 64 bytes in base64. While one takes the place of another
            both sign, and a receiver accepts either.
        event_id: the same for each attempt; holds no dot.
        timestamp: seconds since 1970; receivers refuse what is older than five minutes.

    Raises:
        ValueError: the secret or the id has another form.
    """
    if "." in event_id:
        raise ValueError("an event id may hold no dot")
    signed = f"{event_id}.{timestamp}.".encode() + body
    digests = [hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests),
    }


def is_secret(text: str) -> bool:
    """Whether `text` can sign."""
    try:
        _key(text)
    except ValueError:
        return False
    return True


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a signing secret is whsec_ and base64") from error
    if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError("a signing secret is whsec_ and 24 to 64 bytes in base64")
    return key
