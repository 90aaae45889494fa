"""What somebody typed is kept until it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.actors import Actor
from core.errors import Conflict, InvalidTransition
from provisioning.blueprints.formats.typed import raw_of
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


@transaction.atomic
def start_over(*, slug: str, parameters: Mapping[str, Any], purpose: str, actor: Actor) -> Draft:
    """Keep earlier parameters as the actor's draft, as far as the form still has their fields.

    Raises:
        InvalidTransition: the blueprint is offered no more.
        Conflict: the form holds a draft already; it is not thrown away.
    """
    offered = Blueprint.objects.visible_to(actor).offered().select_related("current")
    blueprint = offered.filter(slug=slug).first()
    if blueprint is None or blueprint.current is None:
        raise InvalidTransition("This service is offered no more.")
    document = blueprint.current.content
    known = {name: value for name, value in parameters.items() if name in document.properties}
    values = raw_of(document.parameters, known)
    draft = draft_of(blueprint=blueprint, actor=actor)
    if draft is not None and draft.values != values:
        raise Conflict(
            f"You have a draft of “{blueprint.title}” that was not sent. Send it, or choose"
            " “Start again” in its form, and come back."
        )
    return save_draft(blueprint=blueprint, actor=actor, values=values, purpose=purpose)


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
