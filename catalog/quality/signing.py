"""The text by which a badge is found: its number, signed with a key that the database lacks."""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse


def badge_path(link_id: UUID) -> str:
    """The address of a badge."""
    return reverse("quality:shared-badge", args=[_signer().sign(link_id.hex)])


def link_in(text: str) -> UUID | None:
    """The number of a badge link in its address; None where we have not signed it."""
    try:
        return UUID(_signer().unsign(text))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="quality.badge", sep=".")
