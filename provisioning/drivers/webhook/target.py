"""Receivers as targets: an address and a shared secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.outbound import Refused, read_url
from core.outbound.signing import is_secret, new_secret
from core.problems import Problem
from provisioning.drivers.places import Opened, TargetKind, in_driver_words
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.targets import opened
from provisioning.drivers.webhook import wire

UNAUTHORISED = frozenset({400, 401, 403})


def receiver(slug: str) -> Opened:
    """Raises: PermanentError: no such target, or its secret cannot be opened."""
    return opened(slug, "webhook")


def _probe(place: Opened) -> str:
    """It must take what we sign, and nothing that somebody else signs."""
    with in_driver_words():
        answer = wire.ping(place, place.secrets["signing_secret"])
        if answer.status in UNAUTHORISED:
            raise PermanentError(
                f"{answer.place} refuses our signature (status {answer.status}). Is the signing"
                " secret the same on both sides?"
            )
        answer.require_ok()
        if wire.ping(place, new_secret()).status not in UNAUTHORISED:
            raise PermanentError(
                f"{answer.place} takes requests with a wrong signature. It must compare"
                " webhook-signature and answer 401."
            )
    return f"{answer.place} answers, and refuses a wrong signature"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        read_url(place.config["url"])
    except Refused as error:
        yield Problem("/config/url", "wrong-form", str(error))
    if not is_secret(place.secrets["signing_secret"]):
        message = "Write whsec_ and 24 to 64 random bytes in base64."
        yield Problem("/secrets/signing_secret", "wrong-form", message)


KIND: Final = TargetKind(
    label="Webhook",
    summary="A small web service of your team makes what no driver knows.",
    config={
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Address",
                "description": "https:// address of the receiver, without user name or redirect.",
                "maxLength": 2000,
            }
        },
    },
    secrets={
        "type": "object",
        "required": ["signing_secret"],
        "properties": {
            "signing_secret": {
                "type": "string",
                "title": "Signing secret",
                "description": "whsec_ and 32 random bytes in base64:"
                " echo whsec_$(openssl rand -base64 32)",
                "maxLength": 200,
            }
        },
    },
    address="/config/url",
    probe=_probe,
    check=_problems,
)
