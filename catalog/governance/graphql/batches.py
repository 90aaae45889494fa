"""Rows of terms."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.governance.models import Term

TERM = ("id", "slug", "name", "definition", "synonyms", "domain_id", "owner_id", "updated_at")
TERM_ORDER = ("name", "id")


def terms_by_id(actor: Actor, ids: Collection[UUID]) -> dict[Any, dict[str, Any]]:
    """Terms that `actor` may see."""
    visible = Term.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*TERM)}
