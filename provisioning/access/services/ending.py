"""The end of a grant: by somebody's decision, or because its day has come."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.actors import Actor, system_actor
from core import audit
from core.clock import db_now
from core.errors import ConcurrencyError, Invalid, InvalidTransition
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.models import Grant, GrantExtension, GrantQuerySet
from provisioning.access.selectors import active_operation, grants_of
from provisioning.access.services.credentials import destroy_credentials
from provisioning.access.services.records import lock_grant, note, update_readers
from provisioning.access.states import LIVE, SOURCES, ExtensionState, GrantState
from provisioning.drivers.protocol import Grants
from provisioning.jobs import services as jobs
from provisioning.jobs.models import OperationStep
from provisioning.jobs.selectors import at_rest
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind, StepDirection

AT_ONCE = 100  # grants a round of the sweeper
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
    grants = _over().select_related("port__product").order_by("until")[:AT_ONCE]
    ended = [grant for grant in grants if _expire(grant)]
    # once for each product, and last: whoever ends an operation locks its product last, too
    for product_id in sorted({grant.port.product_id for grant in ended}):
        update_readers(product_id)
    return len(ended)


def remove_ended() -> int:
    """Start again what removes ended grants from their target, until it is done; returns how many.

    So a removal is never lost: not when the instance was busy, and not when an operation failed.
    """
    rested = at_rest("instance_id", OperationKind.UNBIND, TRY_AGAIN_AFTER)
    left = Grant.objects.exclude(state__in=LIVE).filter(rested, removed_at__isnull=True)
    grants = left.select_related("port__product", "instance")[:AT_ONCE]
    return sum(remove(grant, system_actor()) for grant in grants)


def remove(grant: Grant, actor: Actor) -> bool:
    """Start the operation that takes an ended grant out of its target.

    What is being done to the grant is told to stop first; the removal then follows its end.
    """
    grants = grants_of(grant)
    if grants is None:
        return False  # its driver is not installed; `remove_ended` comes back
    active = active_operation(grant)
    if active is not None:
        if active.kind != OperationKind.UNBIND and active.cancel_requested_at is None:
            jobs.request_cancel(operation=active, actor=system_actor())
        return False
    try:
        with transaction.atomic():
            jobs.accept(
                instance_id=grant.instance_id,
                kind=OperationKind.UNBIND,
                title=f"End access to {grant.port.product.name}",
                steps=_steps(grant, grants),
                actor=actor,
                team=grant.request.team,
                new_instance=None,
            )
    except ConcurrencyError:
        return False  # somebody was quicker; `remove_ended` comes back
    return True


@transaction.atomic
def _expire(grant: Grant) -> bool:
    lock_grant(grant)
    if not _over().filter(pk=grant.pk).exists():
        return False  # it was made longer, or ended, meanwhile
    if not _end(grant, GrantState.EXPIRED, audit.SYSTEM, ""):
        return False
    note("grant.expired", grant)
    remove(grant, system_actor())
    return True


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


def _steps(grant: Grant, grants: Grants) -> list[StepSpec]:
    """Each thing that any operation may have opened; logins of a role go along with it."""
    made = OperationStep.objects.filter(
        operation__instance=grant.instance_id,
        direction=StepDirection.FORWARD,
        action=grants.root,
    )
    steps = {
        tuple(step.spec.get(part) for part in grants.parts): step for step in made.order_by("pk")
    }
    return [StepSpec(step.name, step.driver, step.action, step.spec) for step in steps.values()]
