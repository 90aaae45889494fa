"""Reads of requests: what happened to one, and who decides on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from accounts.actors import Actor
from provisioning.requests import policies
from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Approval, Decision, Delegation, Request
from provisioning.requests.states import IN_VAIN, ApprovalState, RequestKind, RequestState


@dataclass(frozen=True)
class Event:
    """One line of a request's history."""

    name: str
    state: str  # done, run, fail, wait: as parts/_steps.html draws them
    note: str = ""
    at: Any = None


def history(request: Request) -> list[Event]:
    """What happened since it was sent, and what comes next."""
    events = [Event("Sent", "done", str(request.requester), request.created_at)]
    events += _decisions(request)
    if request.state in {RequestState.REJECTED, RequestState.WAITING}:
        return events
    if request.operation_id is None:
        return [*events[:1], Event("Withdrawn", "fail", "", request.finished_at)]
    return [*events, _work(request)]


def waiting_for(request: Request) -> str | None:
    """The first side that has to decide now: a team's slug or a role."""
    return next((side_name(each) for each in request.open_approvals), None)


def side_name(approval: Approval) -> str:
    """A side as scripts name it."""
    return approval.team.slug if approval.team is not None else approval.role


def why_theirs(approval: Approval, actor: Actor) -> str:
    """Why a side is the actor's to decide, as in “because you own Sales”."""
    if approval.team is not None and approval.team_id in actor.owner_team_ids:
        return f"you own {approval.team.name}"
    if approval.role and approval.role == actor.role:
        return f"you are one of {approval.side.lower()}"
    if policies.is_overdue_for(actor, approval):
        return f"it is overdue at {approval.side}"
    return "you are an administrator" if actor.is_admin else "you decide for somebody who is away"


def to_decide(actor: Actor, *, limit: int) -> list[tuple[Approval, str]]:
    """The sides that are the actor's to decide, the most overdue first, and why theirs."""
    sides = Approval.objects.open_to(actor).select_related("team", "request__requester")
    return [(each, why_theirs(each, actor)) for each in sides.order_by("due_at", "id")[:limit]]


def delegations_of(actor: Actor) -> tuple[list[Delegation], list[Delegation]]:
    """Who decides in the actor's place, and in whose place they do: now and later."""
    known = Delegation.objects.of(actor).filter(ends_at__gt=Now())
    rows = list(known.select_related("from_user", "to_user").order_by("starts_at"))
    mine = [each for each in rows if each.from_user_id == actor.user_id]
    return mine, [each for each in rows if each.to_user_id == actor.user_id]


def delegation_as_dict(delegation: Delegation) -> dict[str, Any]:
    """The public form."""
    return {
        "id": delegation.pk,
        "from": delegation.from_user.username,
        "to": delegation.to_user.username,
        "starts_at": delegation.starts_at.isoformat(),
        "ends_at": delegation.ends_at.isoformat(),
        "note": delegation.note,
    }


def as_dict(request: Request) -> dict[str, Any]:
    """The public form (INTERFACE §4)."""
    return as_dicts([request])[0]


def as_dicts(requests: Sequence[Request]) -> list[dict[str, Any]]:
    """The public form of each, in turn; one look at what they made for each kind of request."""
    made: dict[UUID, dict[str, str | None]] = {}
    for kind in RequestKind.values:
        of_kind = [each for each in requests if each.kind == kind]
        if of_kind:
            references = kind_of(of_kind[0]).references(of_kind)
            made |= {each.pk: said for each, said in zip(of_kind, references, strict=True)}
    return [_own(each) | made[each.pk] for each in requests]


def _own(request: Request) -> dict[str, Any]:
    return {
        "id": str(request.pk),
        "number": request.number,
        "kind": request.kind,
        "title": request.title,
        "state": request.state,
        "waiting_for": waiting_for(request),
        "approvals": [side_as_dict(each) for each in request.approvals.all()],
        "reason": request.reason,
        "purpose": request.purpose,
        "requester": request.requester.username,
        "team": request.team.slug if request.team else None,
        "subject": request.subject,
        "parameters": request.parameters,
        "operation": str(request.operation_id) if request.operation_id else None,
        "grant": None,
        "product": None,
        "created_at": request.created_at.isoformat(),
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
        "finished_at": request.finished_at.isoformat() if request.finished_at else None,
    }


def side_as_dict(approval: Approval) -> dict[str, Any]:
    """The public form of one side."""
    return {
        "stage": approval.stage,
        "round": approval.round,
        "side": side_name(approval),
        "quorum": approval.quorum,
        "state": approval.state,
        "due_at": approval.due_at.isoformat() if approval.due_at else None,
        "escalated_at": approval.escalated_at.isoformat() if approval.escalated_at else None,
    }


def _decisions(request: Request) -> list[Event]:
    """What was decided, side by side and in turn, and who decides now and later."""
    events = [_decided(each) for each in request.decisions.all()]
    if request.state == RequestState.WAITING:
        reason = request.reason
        for each in request.approvals.all():
            if each.state in {ApprovalState.WAITING, ApprovalState.PLANNED}:
                events.append(_open(each, reason))
                reason = ""
        return events
    if not events:
        reason = "" if request.state in IN_VAIN else request.reason  # then it says what went wrong
        return [Event("Approved by rule", "done", reason, request.decided_at)]
    return events


def _open(approval: Approval, reason: str) -> Event:
    who = approval.side if approval.quorum == 1 else f"{approval.side}, {approval.quorum} of them"
    if approval.state == ApprovalState.PLANNED:
        return Event("Then", "wait", f"{who} decide.")
    late = " It is overdue." if approval.escalated_at else ""
    return Event("Decision", "run", f"{who} decide.{late} {reason}".strip(), approval.opened_at)


def _decided(decision: Decision) -> Event:
    who = str(decision.decided_by)
    if decision.instead_of is not None:
        who = f"{who} for {decision.instead_of}"
    note = f"{who}: “{decision.note}”" if decision.note else who
    name = "Approved" if decision.approved else "Rejected"
    return Event(name, "done" if decision.approved else "fail", note, decision.decided_at)


def _work(request: Request) -> Event:
    state = {
        RequestState.RUNNING: "run",
        RequestState.SUCCEEDED: "done",
    }.get(RequestState(request.state), "fail")
    name = {
        RequestState.RUNNING: "Being made",
        RequestState.SUCCEEDED: "Made",
        RequestState.CANCELLED: "Cancelled and undone",
    }.get(RequestState(request.state), "Failed")
    note = request.reason if request.state in IN_VAIN else ""
    return Event(name, state, note, request.finished_at)
