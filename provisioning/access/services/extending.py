"""From an agreed extension to a later end of the grant, in the ledger and in the target."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.actors import Actor
from core.clock import db_now, end_of_day
from core.errors import Invalid, InvalidTransition
from provisioning.access.models import Credential, Grant, GrantExtension
from provisioning.access.selectors import GrantTarget, consumer_of
from provisioning.access.services.records import (
    desired_logins,
    kept_logins,
    lock_grant,
    note,
    opening_steps,
    terms_of,
)
from provisioning.access.services.wishes import port_of
from provisioning.access.states import EXTENSION_SOURCES, ExtensionState
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind, OperationState
from provisioning.requests.models import Request


@transaction.atomic
def extend_grant(*, request: Request, grant: Grant, actor: Actor) -> Operation:
    """Start the operation that has a running grant end later; its logins keep their passwords.

    Until the target knows the later end the earlier one stands; it ends nothing meanwhile.

    Raises:
        Invalid: the grant was ended, or ends no earlier by now.
        ConcurrencyError: something is being done to the grant.
    """
    port, target = port_of(request)
    lock_grant(grant)
    grant.refresh_from_db(fields=["state", "until", "ended_by"])
    if not grant.is_live:
        raise Invalid("This access was ended meanwhile. It has to be asked for again.")
    until = end_of_day(dt.date.fromisoformat(request.parameters["until"]))
    if until <= grant.until:
        raise Invalid(f"The access runs until {grant.until.date().isoformat()} by now.")
    if until <= db_now():
        raise Invalid("The day until which access was asked for is over.")
    operation = jobs.accept(
        instance_id=grant.instance_id,
        kind=OperationKind.UPDATE,
        title=f"Access to {port.product.name} for {grant.consumer} until {until:%Y-%m-%d}",
        steps=_steps(grant, target, until),
        actor=actor,
        team=request.team,
    )
    GrantExtension.objects.create(grant=grant, request=request, before=grant.until, until=until)
    note("grant.extension-approved", grant, actor=actor.name, until=until.isoformat())
    return operation


def _steps(grant: Grant, target: GrantTarget, until: dt.datetime) -> list[StepSpec]:
    """All that shall be there, so that what is lost later is seen; a target that knows no end is
    looked at: what was opened there is still as it shall be.
    """
    terms = terms_of(consumer_of(grant), until, grant.identity)
    opening = [*opening_steps(target, terms), *kept_logins(grant, target, until)]
    return opening or desired_logins(grant)


def settle_extension(grant: Grant, operation: Operation) -> None:
    """The operation has ended: the later end is in force, or all is as it was."""
    extension = grant.extensions.filter(state=ExtensionState.PENDING).first()
    if extension is None:
        return
    if operation.state != OperationState.SUCCEEDED or not grant.is_live:
        _move(extension, ExtensionState.FAILED)
        reason = operation.error_text or "The access ended meanwhile."
        note("grant.extension-failed", grant, reason=reason)
        return
    _move(extension, ExtensionState.APPLIED)
    grant.until, grant.reminded_days = extension.until, None
    grant.save(update_fields=["until", "reminded_days"])
    open_logins = Credential.objects.filter(grant=grant, destroyed_at__isnull=True)
    open_logins.update(expires_at=extension.until)
    note(
        "grant.extended",
        grant,
        before=extension.before.isoformat(),
        until=extension.until.isoformat(),
    )


def resume_extension(grant: Grant, old: Operation, new: Operation) -> None:
    """An extension that failed is tried again.

    Raises:
        InvalidTransition: the access ends no earlier by now.
    """
    failed = grant.extensions.filter(request__operation__in=[old, new]).first()
    if failed is None:
        return
    if failed.until <= grant.until:
        raise InvalidTransition("The access does not end earlier than that by now.")
    _move(failed, ExtensionState.PENDING)


def _move(extension: GrantExtension, to: ExtensionState) -> None:
    """Compare-and-swap into a state; who comes second changes nothing."""
    moved = GrantExtension.objects.filter(pk=extension.pk, state__in=EXTENSION_SOURCES[to])
    moved.update(state=to, settled_at=None if to == ExtensionState.PENDING else db_now())
