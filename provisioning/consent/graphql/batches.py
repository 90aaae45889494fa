"""Rows of consents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from core.graphql import first_of_each
from provisioning.consent.models import Consent

CONSENT = (
    *("id", "grant_id", "state", "version__version", "on", "wants_until", "note"),
    *("answered_by_id", "answered_at", "overruled_by", "overruled_why", "created_at"),
)
CONSENT_ORDER = ("-id",)


def consents_by_grant(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """Consents of grants that were seen before, newest first."""
    return first_of_each(
        Consent.objects.filter(grant__in=ids),
        by="grant_id",
        order=CONSENT_ORDER,
        columns=CONSENT,
        first=first,
        after=after,
    )
