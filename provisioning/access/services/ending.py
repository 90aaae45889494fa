"""The end of a grant: by somebody's decision, or because its day has come."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from accounts.actors import Actor, system_actor
from core import audit
from core.clock import db_now
from core.errors import ConcurrencyError, Invalid, InvalidTransition
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.models import Grant, GrantExtension, GrantQuerySet
from provisioning.access.selectors import active_operations, grants_of
from provisioning.access.services.credentials import destroy_all_credentials, destroy_credentials
from provisioning.access.services.records import (
    lock_grant,
    lock_grants,
    note,
    note_all,
    update_readers,
)
from provisioning.access.states import LIVE, SOURCES, ExtensionState, GrantState
from provisioning.drivers.protocol import Grants
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.selectors import at_rest
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind, StepDirection

AT_ONCE = 100  # removals a round of the sweeper
EXPIRED_AT_ONCE = 200  # grants a round; what is done to each alone is their removal's job
NEEDED = ("port__product", "instance", "request__team")
TRY_AGAIN_AFTER = dt.timedelta(minutes=1)
MAX_REASON = 2000  # characters


@transaction.atomic
def revoke_grant(*, grant: Grant, actor: Actor, reason: str) -> Grant:
    """End a grant now; an operation drops its logins and role and verifies that they are gone.

    Raises:
        NotAllowed: the actor neither gave nor holds it.
        Invalid: the reason is too long.
        InvalidTransition: it has ended already.
    """
    policies.require_revoke(actor, grant)
    if len(reason) > MAX_REASON:
        text = f"At most {MAX_REASON:,} characters."
        raise Invalid("The access was not ended.", [Problem("/reason", "too-long", text)])
    lock_grant(grant)
    if not _end(grant, GrantState.REVOKED, actor.name, reason.strip()):
        raise InvalidTransition("This access has ended already.", grant=str(grant.pk))
    note("grant.revoked", grant, actor=actor.name, reason=reason.strip())
    remove(grant, actor)
    update_readers(grant.port.product_id)
    return grant


@transaction.atomic
def end_by_system(grant: Grant, reason: str) -> bool:
    """End a grant that nobody may hold any more; False when it has ended already."""
    lock_grant(grant)
    if not _end(grant, GrantState.REVOKED, audit.SYSTEM, reason):
        return False
    note("grant.revoked", grant, reason=reason)
    remove(grant, system_actor())
    update_readers(grant.port.product_id)
    return True


@transaction.atomic
def expire_grants() -> int:
    """End the grants whose day is over; returns how many.

    One that is just being made longer waits for that: its logins end with the day all the same.
    """
    due = list(_over().only("instance_id").order_by("until")[:EXPIRED_AT_ONCE])
    active = lock_grants(due)
    # not those that were made longer, or ended, meanwhile
    still = _over().filter(pk__in=[grant.pk for grant in due]).order_by("until")
    grants = list(still.select_related(*NEEDED).select_for_update(of=("self",)))
    if grants:
        _expire(grants, active)
    return len(grants)


def remove_ended() -> int:
    """Start again what removes ended grants from their target, until it is done; returns how many.

    So a removal is never lost: not when the instance was busy, and not when an operation failed.
    """
    rested = at_rest("instance_id", OperationKind.UNBIND, TRY_AGAIN_AFTER)
    left = Grant.objects.exclude(state__in=LIVE).filter(rested, removed_at__isnull=True)
    grants = list(left.select_related(*NEEDED)[:AT_ONCE])
    return _remove(grants, active_operations(grants), system_actor())


def remove(grant: Grant, actor: Actor) -> bool:
    """Start the operation that takes an ended grant out of its target.

    What is being done to the grant is told to stop first; the removal then follows its end.
    """
    return bool(_remove([grant], active_operations([grant]), actor))


def _remove(grants: Sequence[Grant], active: Mapping[UUID, Operation], actor: Actor) -> int:
    """How many removals were started; `active` is what is being done to grants, by instance."""
    steps = _steps(grants)
    return sum(
        _begin(grant, steps[grant.instance_id], active.get(grant.instance_id), actor)
        for grant in grants
        if grant.instance_id in steps  # else its driver is not installed; `remove_ended` comes back
    )


def _begin(grant: Grant, steps: Sequence[StepSpec], active: Operation | None, actor: Actor) -> bool:
    if active is not None:
        if active.kind != OperationKind.UNBIND and active.cancel_requested_at is None:
            jobs.request_cancel(operation=active, actor=system_actor())
        return False
    try:
        jobs.accept(
            instance_id=grant.instance_id,
            kind=OperationKind.UNBIND,
            title=f"End access to {grant.port.product.name}",
            steps=steps,
            actor=actor,
            team=grant.request.team,
            new_instance=None,
        )
    except ConcurrencyError:
        return False  # somebody was quicker; `remove_ended` comes back
    return True


def _expire(grants: Sequence[Grant], active: Mapping[UUID, Operation]) -> None:
    """They are locked, and their day is over."""
    expired = Grant.objects.filter(pk__in=[grant.pk for grant in grants])
    expired.update(
        state=GrantState.EXPIRED, ended_at=db_now(), ended_by=audit.SYSTEM, end_reason=""
    )
    destroy_all_credentials(grants)
    note_all("grant.expired", grants)
    _remove(grants, active, system_actor())
    # once for each product, and last: whoever ends an operation locks its product last, too
    for product_id in sorted({grant.port.product_id for grant in grants}):
        update_readers(product_id)


def _over() -> GrantQuerySet:
    """Grants in force whose day is over, and that no agreed extension is about to prolong."""
    longer = GrantExtension.objects.filter(
        grant=OuterRef("pk"), state=ExtensionState.PENDING, until__gt=Now()
    )
    return Grant.objects.filter(~Exists(longer), state__in=LIVE, until__lte=Now())


def _end(grant: Grant, state: GrantState, by: str, reason: str) -> bool:
    changed = Grant.objects.filter(pk=grant.pk, state__in=SOURCES[state]).update(
        state=state, ended_at=db_now(), ended_by=by, end_reason=reason
    )
    if changed:
        grant.refresh_from_db(fields=["state", "ended_at", "ended_by", "end_reason"])
        destroy_credentials(grant)
    return bool(changed)


def _steps(grants: Sequence[Grant]) -> Mapping[UUID, list[StepSpec]]:
    """By instance each thing that any operation may have opened; logins of a role go with it."""
    made = OperationStep.objects.filter(
        operation__instance__in=[grant.instance_id for grant in grants],
        direction=StepDirection.FORWARD,
    )
    by_instance: dict[UUID, list[OperationStep]] = defaultdict(list)
    for step in made.annotate(instance_id=F("operation__instance")).order_by("pk"):
        by_instance[step.instance_id].append(step)
    return {
        grant.instance_id: _opened(how, by_instance[grant.instance_id])
        for grant in grants
        if (how := grants_of(grant)) is not None
    }


def _opened(grants: Grants, made: Iterable[OperationStep]) -> list[StepSpec]:
    steps = {
        tuple(step.spec.get(part) for part in grants.parts): step
        for step in made
        if step.action == grants.root
    }
    return [StepSpec(step.name, step.driver, step.action, step.spec) for step in steps.values()]
