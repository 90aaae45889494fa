"""Asking for something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Team
from core import audit, outbox
from core.clock import db_now
from provisioning.jobs.models import Operation
from provisioning.requests.data import Route
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Request
from provisioning.requests.services.staging import lay_out, open_stage
from provisioning.requests.states import RequestState


@transaction.atomic(savepoint=False)
def submit(
    *,
    kind: str,
    title: str,
    actor: Actor,
    team: Team | None,
    route: Route,
    purpose: str,
    parameters: Mapping[str, Any],
    subject: Mapping[str, Any],
    instance_id: UUID,
    start: Callable[[], Operation] | None = None,
) -> Request:
    """A new request; where its route has no stages, its work starts at once.

    Args:
        kind: a `RequestKind`; its handler is asked for the operation.
        team: for whom it is asked.
        route: who has to agree, and why those.
        purpose: why, in the requester's words.
        subject: what the kind needs beside the parameters.
        start: begins the work at once, from what the caller has settled in this transaction;
            otherwise the kind's handler settles it from the request.

    Raises:
        Invalid, ConcurrencyError: from the kind's handler, when the work starts at once.
    """
    waits = bool(route.stages)
    operation = start() if start and not waits else None
    now = db_now()
    request = Request.objects.create(
        kind=kind,
        title=title[:300],
        requester_id=actor.user_id or 0,
        team=team,
        purpose=purpose,
        parameters=dict(parameters),
        subject={**subject, **({"rule": route.rule} if route.rule else {})},
        instance_id=instance_id,
        operation=operation,
        state=RequestState.WAITING if waits else RequestState.RUNNING,
        reason=route.reason,
        created_at=now,
        decided_at=None if waits else now,
    )
    lay_out(request, route)
    if waits:
        open_stage(request, 1)
    elif operation is None:
        request.operation = kind_of(request).approved(request, actor)
        request.save(update_fields=["operation"])
    _tell(request, actor, route)
    return request


def _tell(request: Request, actor: Actor, route: Route) -> None:
    audit.record(
        actor=actor.name,
        verb="request.submitted",
        kind="request",
        object_id=request.pk,
        title=request.title,
        sides=[side.team.slug if side.team else side.role for side in route.sides],
        rule=route.rule,
        reason=request.reason,
    )
    outbox.emit("request.submitted", key=request.pk, request_id=str(request.pk))
