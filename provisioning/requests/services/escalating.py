"""What happens when nobody decides: a reminder by the requester, then others decide too."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.selectors import unowned
from accounts.states import PortalRole
from core import audit, outbox
from core.clock import db_now
from core.errors import Invalid
from core.problems import Problem
from provisioning.requests import policies
from provisioning.requests.models import Approval, Request
from provisioning.requests.states import ApprovalState, RequestState

AT_ONCE = 100  # sides a round of the sweeper
REMIND_AFTER = dt.timedelta(days=1)


def escalate_overdue() -> int:
    """Let others decide too where a side's time is over; returns at how many sides.

    A team that nobody owns any more is not waited for.
    """
    waiting = Approval.objects.filter(state=ApprovalState.WAITING, escalated_at__isnull=True)
    late = waiting.filter(Q(due_at__lte=Now()) | Q(unowned("team"), team__isnull=False))
    sides = late.annotate(is_unowned=unowned("team")).select_related("team", "escalate_team")
    return sum(_escalate(side) for side in sides.order_by("due_at")[:AT_ONCE])


@transaction.atomic
def remind(*, request: Request, actor: Actor) -> int:
    """Tell those who have to decide once more, at most once a day; returns how many sides.

    Raises:
        NotAllowed: neither the requester nor a member of the team it is for.
        InvalidTransition: it waits for nobody.
        Invalid: they were reminded within the last day, or it is younger than that.
    """
    policies.require_cancel(actor, request)
    if request.state != RequestState.WAITING:
        raise policies.ended(request)
    before = db_now() - REMIND_AFTER
    waiting = Approval.objects.filter(request=request, state=ApprovalState.WAITING)
    quiet = waiting.filter(Q(reminded_at__isnull=True) | Q(reminded_at__lt=before))
    reminded = quiet.filter(opened_at__lt=before).update(reminded_at=db_now())
    if not reminded:
        text = "They heard of it within the last day; remind them tomorrow."
        raise Invalid(text, [Problem("", "too-soon", text)])
    audit.record(actor=actor.name, verb="request.reminded", kind="request", object_id=request.pk)
    outbox.emit("request.reminded", key=request.pk, request_id=str(request.pk))
    return reminded


@transaction.atomic
def _escalate(side: Approval) -> bool:
    """Of several sweepers one does it."""
    waiting = Approval.objects.filter(
        pk=side.pk, state=ApprovalState.WAITING, escalated_at__isnull=True
    )
    abandoned = side.team is not None and side.is_unowned  # type: ignore[attr-defined]
    if abandoned and side.escalate_team is None and not side.escalate_role:
        side.escalate_role = PortalRole.STEWARD
    moved = waiting.update(escalated_at=db_now(), escalate_role=side.escalate_role)
    if not moved:
        return False
    to = side.escalate_team.slug if side.escalate_team is not None else side.escalate_role
    audit.record(
        actor=audit.SYSTEM,
        verb="request.escalated",
        kind="request",
        object_id=side.request_id,
        side=side.side,
        to=to or None,
        **({"reason": "Nobody owns the team any more."} if abandoned else {}),
    )
    outbox.emit("request.escalated", key=side.request_id, request_id=str(side.request_id))
    return True
