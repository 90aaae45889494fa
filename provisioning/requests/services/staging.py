"""The sides that have to agree: laid out when it is asked, opened stage by stage."""

from __future__ import annotations

import datetime as dt

from django.db.models import Min

from core.clock import db_now
from provisioning.requests.data import Route, Side
from provisioning.requests.models import Approval, ApprovalQuerySet, Request
from provisioning.requests.states import APPROVAL_SOURCES, ApprovalState

NOBODY = Side()


def lay_out(request: Request, route: Route) -> None:
    """Put on record who has to agree in this round, stage by stage."""
    late = route.escalate or NOBODY
    Approval.objects.bulk_create(
        Approval(
            request=request,
            round=request.round,
            stage=number,
            team=side.team,
            role=side.role,
            quorum=side.quorum,
            hours=route.hours,
            escalate_team=late.team,
            escalate_role=late.role,
        )
        for number, stage in enumerate(route.stages, start=1)
        for side in stage
    )


def open_stage(request: Request, stage: int) -> None:
    """Let the sides of a stage decide, from now until their time is over."""
    now = db_now()
    planned = of_round(request).filter(stage=stage, state=ApprovalState.PLANNED)
    opened = list(planned)
    for approval in opened:
        approval.state = ApprovalState.WAITING
        approval.opened_at = now
        approval.due_at = now + dt.timedelta(hours=approval.hours)
    Approval.objects.bulk_update(opened, ["state", "opened_at", "due_at"])


def next_stage(request: Request) -> int | None:
    """The stage that follows; None while a side of the open one still waits, or after the last."""
    left = of_round(request).filter(state__in=[ApprovalState.PLANNED, ApprovalState.WAITING])
    first = left.aggregate(stage=Min("stage"))["stage"]
    waits = left.filter(state=ApprovalState.WAITING).exists()
    return None if waits else first


def is_agreed(request: Request) -> bool:
    """Every side of the round has approved."""
    return not of_round(request).exclude(state=ApprovalState.APPROVED).exists()


def close_rest(request: Request) -> None:
    """What nobody has to decide any more."""
    rest = of_round(request).filter(state__in=APPROVAL_SOURCES[ApprovalState.CLOSED])
    rest.update(state=ApprovalState.CLOSED, decided_at=db_now())


def of_round(request: Request) -> ApprovalQuerySet:
    """The sides of the present round."""
    return Approval.objects.filter(request=request, round=request.round)
