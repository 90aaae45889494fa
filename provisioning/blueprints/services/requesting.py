"""Asking for a service, and for a change of what one made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from core.errors import Invalid, InvalidTransition, NotFound
from core.ids import uuid7
from core.problems import Problem
from provisioning.blueprints import policies
from provisioning.blueprints.extensions import Submitted, desk, users_of
from provisioning.blueprints.formats.typed import typed, without_blank_rows
from provisioning.blueprints.models import Blueprint, BlueprintVersion, Draft, Resource
from provisioning.blueprints.selectors import existing
from provisioning.blueprints.selectors.deciding import deciders_of
from provisioning.blueprints.selectors.founding import is_top
from provisioning.blueprints.selectors.limits import hold_quota
from provisioning.blueprints.selectors.planning import Settled, settle
from provisioning.blueprints.selectors.resolving import with_fixed
from provisioning.blueprints.services.starting import start_making
from provisioning.blueprints.states import Action
from provisioning.jobs.models import Operation

MAX_PURPOSE = 2000
TITLES = {
    Action.UPDATE: "Change {kind} {name}",
    Action.UPGRADE: "Upgrade {kind} {name} to version {number}",
    Action.RETIRE: "Retire {kind} {name}",
}


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
        InvalidTransition: the blueprint is withdrawn.
    """
    if blueprint.withdrawn_at is not None:
        raise InvalidTransition(f"“{blueprint}” is withdrawn; nobody can ask for it any more.")
    version = current_version(blueprint)
    instance_id = instance_id or uuid7()
    hold_quota(version.content)
    settled = settle(version, parameters, instance_id=instance_id, actor=actor)
    title = f"New {kind_words(version)} {settled.resolved.fqn}"
    start = partial(
        start_making,
        version=version,
        resolved=settled.resolved,
        steps=settled.steps,
        instance_id=instance_id,
        title=title,
        actor=actor,
    )
    return _file(settled, version, title, parameters, purpose, actor, instance_id, {}, start)


@transaction.atomic
def request_change(
    *,
    resource: Resource,
    action: Action,
    parameters: Mapping[str, Any],
    purpose: str,
    actor: Actor,
) -> Submitted:
    """Ask for other parameters, or for a newer version of the blueprint with these.

    Raises:
        NotAllowed: the actor does not act for the owner.
        InvalidTransition: it is gone, another request for it is open, or there is nothing newer.
        Invalid: the parameters break a rule; pointers are those of the parameters.
    """
    version = version_for(resource, action)
    _require_changeable(resource, actor)
    before = existing(resource)
    instance = resource.instance
    settled = settle(version, parameters, instance_id=instance.pk, actor=actor, before=before)
    if action == Action.UPDATE and not settled.differences and is_as_recorded(resource):
        problem = Problem("", "nothing-changed", "Change something; all of this is as it is.")
        raise Invalid("Nothing would change.", [problem])
    title = title_of(resource, action, version)
    subject = {"action": str(action), "instance": str(instance.pk)}
    kept = with_fixed(version.content, parameters, before)
    return _file(settled, version, title, kept, purpose, actor, instance.pk, subject)


def request_action(
    *,
    resource: Resource,
    action: Action,
    parameters: Mapping[str, Any] | None,
    purpose: str,
    actor: Actor,
) -> Submitted:
    """Ask for an action as scripts do; `parameters` None: as they are, in an upgrade also those
    that are left out.

    Raises:
        NotAllowed, InvalidTransition, Invalid: as `request_change` and `request_retirement`.
    """
    if action == Action.RETIRE:
        return request_retirement(resource=resource, purpose=purpose, actor=actor)
    present = resource.parameters if action == Action.UPGRADE or parameters is None else {}
    known = version_for(resource, action).content.properties
    kept = {name: value for name, value in present.items() if name in known}
    return request_change(
        resource=resource,
        action=action,
        parameters={**kept, **(parameters or {})},
        purpose=purpose,
        actor=actor,
    )


@transaction.atomic
def request_retirement(*, resource: Resource, purpose: str, actor: Actor) -> Submitted:
    """Ask for everything that was made to be removed.

    Raises:
        NotAllowed: the actor does not act for the owner.
        InvalidTransition: it is gone, or another request for it is open.
        Invalid: others use it; each problem names one of them.
    """
    _require_changeable(resource, actor)
    users = users_of(resource.instance)
    if users:
        problems = [Problem("", "in-use", each) for each in users]
        raise Invalid("Others use it; it can go when they no longer do.", problems)
    before = existing(resource)
    problems = []
    deciders = deciders_of(
        resource.version.content,
        before.domain,
        actor,
        problems,
        is_top=is_top(resource.instance),
    )
    if problems:
        raise Invalid("Nobody could decide on this.", problems)
    return desk().submit(
        kind="service",
        title=title_of(resource, Action.RETIRE, resource.version),
        actor=actor,
        team=before.team,
        deciders=deciders.teams,
        purpose=purpose.strip()[:MAX_PURPOSE],
        parameters=resource.parameters,
        subject={
            "blueprint": resource.version.blueprint.slug,
            "version": resource.version.number,
            "name": resource.instance.name,
            "action": str(Action.RETIRE),
            "instance": str(resource.instance_id),
        },
        instance_id=resource.instance_id,
        reason=deciders.reason,
    )


@transaction.atomic
def submit_draft(
    *,
    blueprint: Blueprint,
    actor: Actor,
    purpose: str,
    instance_id: UUID,
    resource: Resource | None = None,
    action: str = "",
) -> Submitted:
    """Send the actor's draft and forget it; sending the same one twice gives the first request.

    Raises:
        Invalid: the draft breaks a rule by now.
        NotFound: there is no such draft, and it was not sent either.
    """
    draft = (
        Draft.objects.select_for_update(of=("self",))
        .filter(
            user_id=actor.user_id or 0,
            blueprint=blueprint,
            instance_id=instance_id,
            resource=resource,
            action=action,
        )
        .first()
    )
    if draft is None:
        filed = desk().filed(instance_id=instance_id, actor=actor)
        if filed is None:
            raise NotFound("This draft is not there any more; fill in the form again.")
        return filed
    if resource is None:
        submitted = request_service(
            blueprint=blueprint,
            parameters=_typed(current_version(blueprint), draft),
            purpose=purpose,
            actor=actor,
            instance_id=draft.instance_id,
        )
    else:
        submitted = request_change(
            resource=resource,
            action=Action(action),
            parameters=_typed(version_for(resource, Action(action)), draft),
            purpose=purpose,
            actor=actor,
        )
    draft.delete()
    return submitted


def current_version(blueprint: Blueprint) -> BlueprintVersion:
    """The version that is offered now."""
    version = blueprint.current
    assert version is not None, "a blueprint is saved together with its first version"
    version.blueprint = blueprint
    return version


def version_for(resource: Resource, action: Action) -> BlueprintVersion:
    """The version whose form a change fills in.

    Raises:
        InvalidTransition: an upgrade, and there is nothing newer.
    """
    if action != Action.UPGRADE:
        return resource.version
    newest = current_version(resource.version.blueprint)
    if newest.number <= resource.version.number:
        raise InvalidTransition("It is made from the newest version already.")
    return newest


def title_of(resource: Resource, action: Action, version: BlueprintVersion) -> str:
    """The words for a request of this kind."""
    return TITLES[action].format(
        kind=kind_words(version), name=resource.instance.name, number=version.number
    )


def kind_words(version: BlueprintVersion) -> str:
    """`data-product` as people say it."""
    return version.content.makes.replace("-", " ")


def is_as_recorded(resource: Resource) -> bool:
    """False when a change ended half-way, so that asking for the same again makes sense."""
    return resource.instance.observed_generation == resource.instance.generation


def _typed(version: BlueprintVersion, draft: Draft) -> dict[str, Any]:
    schema = version.content.parameters
    return typed(schema, without_blank_rows(schema, draft.values))


def _require_changeable(resource: Resource, actor: Actor) -> None:
    instance = resource.instance
    policies.require_change(actor, instance)
    if instance.observed_state == "absent":
        raise InvalidTransition("It is not there (any more), so it cannot be changed.")
    if desk().is_open(instance_id=instance.pk):
        raise InvalidTransition("Another request for it is open; wait until that has ended.")


def _file(
    settled: Settled,
    version: BlueprintVersion,
    title: str,
    parameters: Mapping[str, Any],
    purpose: str,
    actor: Actor,
    instance_id: UUID,
    subject: Mapping[str, str],
    start: Callable[[], Operation] | None = None,
) -> Submitted:
    resolved = settled.resolved
    name = "product" if version.content.makes == "data-product" else "name"
    own = str(resolved.parameters.get("purpose", ""))
    return desk().submit(
        kind="service",
        title=title,
        actor=actor,
        team=resolved.team,
        deciders=resolved.deciders,
        purpose=(purpose.strip() or own)[:MAX_PURPOSE],
        parameters=dict(parameters),
        subject={
            "blueprint": version.blueprint.slug,
            "version": version.number,
            name: resolved.fqn,
            **subject,
        },
        instance_id=instance_id,
        reason=resolved.reason,
        start=start,
    )
