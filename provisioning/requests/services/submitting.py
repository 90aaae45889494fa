"""Asking for something."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Team
from core import audit, outbox
from core.clock import db_now
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Request
from provisioning.requests.states import RequestState

DECISION_DUE = dt.timedelta(days=1)
THEN = "then"  # in the subject: slugs of the teams that decide next


@transaction.atomic
def submit(
    *,
    kind: str,
    title: str,
    actor: Actor,
    team: Team | None,
    decider: Team | None,
    purpose: str,
    parameters: Mapping[str, Any],
    subject: Mapping[str, Any],
    instance_id: UUID,
    reason: str = "",
    then: Sequence[Team] = (),
) -> Request:
    """A new request; without a `decider` it is approved by rule and its work starts at once.

    Args:
        kind: a `RequestKind`; its handler is asked for the operation.
        team: for whom it is asked.
        purpose: why, in the requester's words.
        subject: what the kind needs beside the parameters.
        reason: why it needs no decision, or why that team decides.
        then: teams that decide after `decider` has approved, one after the other.

    Raises:
        Invalid, ConcurrencyError: from the kind's handler, when the work starts at once.
    """
    now = db_now()
    request = Request.objects.create(
        kind=kind,
        title=title[:300],
        requester_id=actor.user_id or 0,
        team=team,
        decider=decider,
        purpose=purpose,
        parameters=dict(parameters),
        subject={**subject, **({THEN: [each.slug for each in then]} if then else {})},
        instance_id=instance_id,
        state=RequestState.WAITING if decider else RequestState.RUNNING,
        reason=reason,
        created_at=now,
        due_at=now + DECISION_DUE if decider else None,
        decided_at=None if decider else now,
    )
    if decider is None:
        request.operation = kind_of(request).approved(request, actor)
        request.save(update_fields=["operation"])
    _tell(request, actor)
    return request


def _tell(request: Request, actor: Actor) -> None:
    audit.record(
        actor=actor.name,
        verb="request.submitted",
        kind="request",
        object_id=request.pk,
        title=request.title,
        decider=request.decider.slug if request.decider else None,
        reason=request.reason,
    )
    outbox.emit("request.submitted", key=request.pk, request_id=str(request.pk))
