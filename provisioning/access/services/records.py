"""What the verbs on a grant have in common: its lock, its step, and what is written beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from accounts.models import User
from catalog.products.services import lock_products, record_readers
from core import audit, outbox
from core.audit import AuditData
from core.outbox import EventData
from provisioning.access.models import Grant
from provisioning.access.selectors import Consumer, GrantTarget, grants_of, readers
from provisioning.drivers import registry
from provisioning.drivers.protocol import Terms
from provisioning.jobs.models import Effect, Instance, Operation, OperationStep
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import StepDirection

TOLD = frozenset(  # to those outside who follow what happens
    f"grant.{verb}" for verb in ("activated", "failed", "extended", "revoked", "expired", "removed")
)


def lock_grant(grant: Grant) -> None:
    """Lock in the order of a worker that ends an operation: operation, instance, then the grant."""
    lock_grants([grant])


def lock_grants(grants: Iterable[Grant]) -> dict[UUID, Operation]:
    """The same for several, before any of their products is locked: a worker locks that last.

    Returns:
        What is being done to them, by instance.
    """
    instances = [each.instance_id for each in grants]
    active = Operation.objects.active().filter(instance_id__in=instances).order_by("pk")
    found = {each.instance_id: each for each in active.select_for_update(of=("self",))}
    locked = Instance.objects.select_for_update().filter(pk__in=instances).order_by("pk")
    list(locked.values_list("pk"))
    return {pk: each for pk, each in found.items() if pk is not None}


def terms_of(consumer: Consumer, until: dt.datetime, identity: str) -> Terms:
    """For whom and until when something is opened, in the words of drivers."""
    return Terms((consumer.reader,), until, identity)


def opening_steps(target: GrantTarget, terms: Terms) -> list[StepSpec]:
    """The step that lets a grant's consumer in; none where logins stand for themselves."""
    opening = target.grants.opening
    if opening is None:
        return []
    spec = opening.spec(target.base, terms)
    return [StepSpec(opening.name, target.driver, opening.action, spec)]


def login_steps(target: GrantTarget, holder: User, until: dt.datetime) -> list[StepSpec]:
    """The step that makes the holder's login, or gives it a new password; none without logins."""
    login = target.grants.login
    if login is None:
        return []
    spec = login.spec(target.base, f"user:{holder.pk}", until)
    return [StepSpec(f"Login for {holder}"[:200], target.driver, login.action, spec)]


def desired_logins(grant: Grant, but: Iterable[StepSpec] = ()) -> list[StepSpec]:
    """Where logins stand for themselves: those that shall be there, as the ledger has them.

    The last of several of one holder is theirs now; those before it will be taken away.
    """
    others = {each.spec["holder"] for each in but}
    grants = grants_of(grant)
    if grants is None or grants.opening is not None or grants.login is None:
        return []
    instance = Instance.objects.only("desired_spec").get(pk=grant.instance_id)
    steps = [StepSpec(**{**each, "undo": "absent"}) for each in instance.desired_spec["steps"]]
    return [
        each
        for each in steps
        if each.action == grants.login.action and each.spec["holder"] not in others
    ]


def kept_logins(
    grant: Grant, target: GrantTarget, until: dt.datetime, but: Iterable[User] = ()
) -> list[StepSpec]:
    """The logins that are there beside an opening; they keep their passwords."""
    login = target.grants.login
    if login is None or target.grants.opening is None:
        return []
    there = Effect.objects.filter(instance=grant.instance_id, removed_at=None).values("name")
    held = User.objects.filter(credentials__grant=grant, credentials__username__in=there)
    left_out = [each.pk for each in but]
    holders = held.exclude(pk__in=left_out).order_by("pk").distinct()
    steps = [step for each in holders for step in login_steps(target, each, until)]
    return [replace(step, spec={**step.spec, **login.kept}) for step in steps]


def last_opening(grant: Grant) -> OperationStep:
    """The step that opened the grant last, or a login of it where those stand for themselves."""
    grants = registry.granting()[grant.instance.driver]
    steps = OperationStep.objects.filter(
        operation__instance=grant.instance_id,
        direction=StepDirection.FORWARD,
        action=grants.root,
    )
    return steps.latest("pk")


def last_target(grant: Grant) -> GrantTarget:
    """What a grant opens, as the last operation on it said."""
    step = last_opening(grant)
    return GrantTarget(step.driver, step.spec)


def note(verb: str, grant: Grant, *, actor: str = audit.SYSTEM, **detail: Any) -> None:
    """An audit event about `grant`, and one for the feed; `detail` never holds a secret."""
    note_all(verb, [grant], actor=actor, **detail)


def note_all(
    verb: str, grants: Sequence[Grant], *, actor: str = audit.SYSTEM, **detail: Any
) -> None:
    """The same of several, in their order."""
    audit.record_many(
        AuditData(actor, verb, "grant", each.pk, {"port": each.port.fqn, **detail})
        for each in grants
    )
    if verb in TOLD:
        outbox.emit_many(
            EventData(
                "grant.changed", each.pk, {"grant_id": str(each.pk), "verb": verb, "by": actor}
            )
            for each in grants
        )


def update_readers(product_id: UUID) -> None:
    """Tell the catalogue who reads the product now; the lock puts parallel changes in a row."""
    lock_products([product_id])
    teams, users, consumers = readers(product_id)
    record_readers(
        product_id=product_id,
        team_ids=sorted(teams),
        user_ids=sorted(users),
        consumer_count=consumers,
    )
