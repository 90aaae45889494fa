"""Rows of logins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from core.graphql import first_of_each
from provisioning.logins.models import Login

LOGIN = (
    *("id", "instance_id", "holder_id", "username", "asked_at"),
    *("made_at", "reveal_until", "revealed_at", "ended_at"),
)
LOGIN_ORDER = ("-id",)


def logins_by_resource(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """Logins to resources that were seen before, newest first."""
    return first_of_each(
        Login.objects.filter(instance__in=ids),
        by="instance_id",
        order=LOGIN_ORDER,
        columns=LOGIN,
        first=first,
        after=after,
    )
