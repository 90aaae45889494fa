"""From an approved request to a grant in force; and what follows when its operations end."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor, system_actor
from core import audit
from core.clock import db_now, end_of_day
from core.errors import Invalid, InvalidTransition
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    Consumer,
    consumer_fields,
    consumer_of,
    covering,
    extended_grant,
    find_consumer,
    grants_of,
)
from provisioning.access.services.credentials import destroy_credentials
from provisioning.access.services.ending import remove
from provisioning.access.services.extending import (
    extend_grant,
    resume_extension,
    settle_extension,
)
from provisioning.access.services.records import (
    login_steps,
    note,
    opening_steps,
    terms_of,
    update_readers,
)
from provisioning.access.services.renewing import settle_logins
from provisioning.access.services.wishes import port_of
from provisioning.access.states import AccessMode, GrantState
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation
from provisioning.jobs.services import InstanceData
from provisioning.jobs.states import OperationKind, OperationState
from provisioning.requests.models import Request

KIND = "grant"  # of the instance


@transaction.atomic
def open_grant(*, request: Request, actor: Actor) -> Operation:
    """The grant of an approved request, and the operation that makes it real.

    A request for more time prolongs the grant that runs; one that ran out is opened anew.

    Raises:
        Invalid: what was right when it was asked is not any more.
        ConcurrencyError: something is being done to the grant that shall be prolonged.
    """
    earlier = extended_grant(request)
    if earlier is not None and earlier.state != GrantState.EXPIRED:
        return extend_grant(request=request, grant=earlier, actor=actor)
    port, target = port_of(request)
    consumer = _consumer_of(request)
    until = end_of_day(dt.date.fromisoformat(request.parameters["until"]))
    if until <= db_now():
        raise Invalid("The day until which access was asked for is over.")
    operation = jobs.accept(
        instance_id=request.instance_id,
        kind=OperationKind.BIND,
        title=f"Access to {port.product.name} for {consumer.label}",
        steps=[
            *opening_steps(target, terms_of(consumer, until, _identity_of(request))),
            *login_steps(target, request.requester, until),
        ],
        actor=actor,
        team=request.team,
        new_instance=InstanceData(
            kind=KIND,
            name=f"{port.fqn} → {consumer.text}",
            plan="",
            domain=port.product.domain,
            owner=port.product.owner,
            driver=target.driver,
        ),
    )
    grant = Grant.objects.create(
        id=request.instance_id,
        request=request,
        instance_id=request.instance_id,
        port=port,
        purpose=request.purpose,
        mode=_mode_of(request),
        narrow=request.parameters.get("narrow", {}),
        legal_basis=request.parameters.get("legal_basis", ""),
        identity=_identity_of(request),
        until=until,
        **consumer_fields(consumer),
    )
    audit.record(
        actor=actor.name,
        verb="grant.approved",
        kind="grant",
        object_id=grant.pk,
        port=port.fqn,
        consumer=consumer.text,
        until=until.isoformat(),
        mode=grant.mode,
    )
    return operation


def _mode_of(request: Request) -> str:
    return str(request.parameters.get("mode", AccessMode.READ))


def _identity_of(request: Request) -> str:
    return str(request.parameters.get("identity", ""))


def _consumer_of(request: Request) -> Consumer:
    text = request.parameters["consumer"]
    consumer = find_consumer(text)
    if consumer is None:
        raise Invalid(f"There is no {text} any more.")
    if covering(UUID(request.subject["port_id"]), consumer, _mode_of(request)).exists():
        raise Invalid(f"{consumer.label} has this access by now.")
    return consumer


def finish_operation(operation: Operation) -> None:
    """What the end of an operation on a grant means for it; in the operation's own transaction."""
    grant = _grant_of(operation)
    if grant is None:
        return
    if operation.kind == OperationKind.UNBIND:
        _unbound(grant, operation)
        return
    if operation.kind == OperationKind.UPDATE:
        settle_extension(grant, operation)
        settle_logins(grant, operation)
    if operation.kind == OperationKind.BIND and grant.state == GrantState.PENDING:
        _bound(grant, operation)
    elif not grant.is_live:
        remove(grant, system_actor())  # it was ended while this was at work


def resume_grant(old: Operation, new: Operation) -> None:
    """A set-up that failed is tried again; what somebody ended stays ended.

    Raises:
        InvalidTransition: the access has ended, so there is nothing to set up.
    """
    grant = _grant_of(old)
    if grant is None or old.kind == OperationKind.UNBIND:
        return
    if grant.is_live:
        _require_newest(grant, old, new)
        resume_extension(grant, old, new)
        return
    if old.kind != OperationKind.BIND or not _may_come_back(grant):
        raise InvalidTransition("This access has ended. Ask for it again.")
    grant.state = GrantState.PENDING
    grant.ended_at = grant.removed_at = None
    grant.ended_by = grant.end_reason = ""
    grant.save(update_fields=["state", "ended_at", "removed_at", "ended_by", "end_reason"])
    note("grant.resumed", grant, actor=new.actor_name)


def _require_newest(grant: Grant, old: Operation, new: Operation) -> None:
    """Raises: InvalidTransition: logins that stand for themselves were changed since."""
    grants = grants_of(grant)
    if grants is None or grants.opening is not None:
        return
    since = Operation.objects.filter(instance=grant.instance_id, created_at__gt=old.created_at)
    if since.exclude(pk=new.pk).exists():
        raise InvalidTransition("The logins of this access have changed since. Make new ones.")


def _grant_of(operation: Operation) -> Grant | None:
    return (
        Grant.objects.select_for_update(of=("self",))
        .select_related("port__product", "request__team", "instance")
        .filter(instance=operation.instance_id)
        .first()
    )


def _unbound(grant: Grant, operation: Operation) -> None:
    if operation.state != OperationState.SUCCEEDED or grant.is_live:
        return
    grant.removed_at = db_now()
    grant.save(update_fields=["removed_at"])
    grants = grants_of(grant)
    note("grant.removed", grant, **({"place": grants.place} if grants is not None else {}))


def _bound(grant: Grant, operation: Operation) -> None:
    if operation.state == OperationState.SUCCEEDED:
        grant.state = GrantState.ACTIVE
        grant.save(update_fields=["state"])
        note("grant.activated", grant)
        update_readers(grant.port.product_id)
        return
    destroy_credentials(grant)
    now = db_now()
    grant.state = GrantState.REVOKED
    grant.ended_at = grant.removed_at = now  # the operation has undone what it did
    grant.ended_by = audit.SYSTEM
    grant.end_reason = operation.error_text or "It could not be set up."
    grant.save(update_fields=["state", "ended_at", "removed_at", "ended_by", "end_reason"])
    note("grant.failed", grant, reason=grant.end_reason)


def _may_come_back(grant: Grant) -> bool:
    others = covering(grant.port_id, consumer_of(grant), grant.mode)
    return grant.ended_by == audit.SYSTEM and grant.until > db_now() and not others.exists()
