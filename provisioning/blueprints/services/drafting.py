"""What somebody typed is kept until it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.actors import Actor
from provisioning.blueprints.models import Blueprint, Draft


def draft_of(*, blueprint: Blueprint, actor: Actor) -> Draft | None:
    """The actor's draft for this form, if there is one."""
    return _mine(blueprint, actor).first()


@transaction.atomic
def save_draft(
    *, blueprint: Blueprint, actor: Actor, values: Mapping[str, Any], purpose: str | None = None
) -> Draft:
    """Keep what was typed; `purpose` None keeps the note that is there."""
    changes: dict[str, Any] = {"values": dict(values), "updated_at": Now()}
    if purpose is not None:
        changes["purpose"] = purpose
    draft, _ = Draft.objects.update_or_create(
        user_id=actor.user_id or 0, blueprint=blueprint, defaults=changes
    )
    draft.refresh_from_db()
    return draft


def drop_draft(*, blueprint: Blueprint, actor: Actor) -> None:
    """Forget what was typed."""
    _mine(blueprint, actor).delete()


def _mine(blueprint: Blueprint, actor: Actor) -> QuerySet[Draft]:
    return Draft.objects.filter(user=actor.user_id or 0, blueprint=blueprint)
