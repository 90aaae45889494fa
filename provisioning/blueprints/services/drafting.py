"""What somebody typed is kept until it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.actors import Actor
from provisioning.blueprints.models import Blueprint, Draft, Resource


def draft_of(
    *, blueprint: Blueprint, actor: Actor, resource: Resource | None = None, action: str = ""
) -> Draft | None:
    """The actor's draft for this form, if there is one.

    Args:
        resource: what is to be changed.
        action: update or upgrade; empty for something new.
    """
    return _mine(blueprint, actor, resource, action).first()


@transaction.atomic
def save_draft(
    *,
    blueprint: Blueprint,
    actor: Actor,
    values: Mapping[str, Any],
    purpose: str | None = None,
    resource: Resource | None = None,
    action: str = "",
) -> Draft:
    """Keep what was typed; `purpose` None keeps the note that is there."""
    changes: dict[str, Any] = {"values": dict(values), "updated_at": Now()}
    if purpose is not None:
        changes["purpose"] = purpose
    first = {"instance_id": resource.instance_id} if resource else {}
    draft, _ = Draft.objects.update_or_create(
        user_id=actor.user_id or 0,
        blueprint=blueprint,
        resource=resource,
        action=action,
        defaults=changes,
        create_defaults={**changes, **first},
    )
    draft.refresh_from_db()
    return draft


def drop_draft(
    *, blueprint: Blueprint, actor: Actor, resource: Resource | None = None, action: str = ""
) -> None:
    """Forget what was typed."""
    _mine(blueprint, actor, resource, action).delete()


def _mine(
    blueprint: Blueprint, actor: Actor, resource: Resource | None, action: str
) -> QuerySet[Draft]:
    return Draft.objects.filter(
        user=actor.user_id or 0, blueprint=blueprint, resource=resource, action=action
    )
