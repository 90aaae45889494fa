"""Asking for a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from core.errors import NotFound
from core.ids import uuid7
from provisioning.blueprints.extensions import Submitted, desk
from provisioning.blueprints.formats.typed import typed, without_blank_rows
from provisioning.blueprints.models import Blueprint, BlueprintVersion, Draft
from provisioning.blueprints.selectors import plan

MAX_PURPOSE = 2000


@transaction.atomic
def request_service(
    *,
    blueprint: Blueprint,
    parameters: Mapping[str, Any],
    purpose: str,
    actor: Actor,
    instance_id: UUID | None = None,
) -> Submitted:
    """File a request for what the blueprint makes; its work starts at once where a rule approves.

    Args:
        purpose: why it is asked for, for the decider; the product's own purpose when empty.
        instance_id: of what will be made; a new one by default.

    Raises:
        Invalid: the parameters break a rule; pointers are those of the parameters.
    """
    version = current_version(blueprint)
    instance_id = instance_id or uuid7()
    planned = plan(version, parameters, instance_id=instance_id, actor=actor, purpose=purpose)
    resolved = planned.resolved
    return desk().submit(
        kind="service",
        title=f"New data product {resolved.fqn}",
        actor=actor,
        team=resolved.team,
        decider=resolved.decider,
        purpose=(purpose.strip() or str(resolved.parameters["purpose"]))[:MAX_PURPOSE],
        parameters=dict(parameters),
        subject={
            "blueprint": blueprint.slug,
            "version": version.number,
            "product": resolved.fqn,
        },
        instance_id=instance_id,
        reason=resolved.reason,
    )


@transaction.atomic
def submit_draft(
    *, blueprint: Blueprint, actor: Actor, purpose: str, instance_id: UUID
) -> Submitted:
    """Send the actor's draft and forget it; sending the same one twice gives the first request.

    Raises:
        Invalid: the draft breaks a rule by now.
        NotFound: there is no such draft, and it was not sent either.
    """
    draft = (
        Draft.objects.select_for_update()
        .filter(user_id=actor.user_id or 0, blueprint=blueprint, instance_id=instance_id)
        .first()
    )
    if draft is None:
        filed = desk().filed(instance_id=instance_id, actor=actor)
        if filed is None:
            raise NotFound("This draft is not there any more; fill in the form again.")
        return filed
    schema = current_version(blueprint).content.parameters
    submitted = request_service(
        blueprint=blueprint,
        parameters=typed(schema, without_blank_rows(schema, draft.values)),
        purpose=purpose,
        actor=actor,
        instance_id=draft.instance_id,
    )
    draft.delete()
    return submitted


def current_version(blueprint: Blueprint) -> BlueprintVersion:
    """The version that is offered now."""
    assert blueprint.current is not None, "a blueprint is saved together with its first version"
    return blueprint.current
