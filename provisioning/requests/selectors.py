"""Reads of requests: what happened to one, and who decides on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provisioning.requests.extensions import kind_of
from provisioning.requests.models import Decision, Request
from provisioning.requests.states import RequestState


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
    """The team that has to decide, while it does."""
    if request.state != RequestState.WAITING or request.decider is None:
        return None
    return request.decider.slug


def as_dict(request: Request) -> dict[str, Any]:
    """The public form (INTERFACE §4)."""
    return {
        "id": str(request.pk),
        "number": request.number,
        "kind": request.kind,
        "title": request.title,
        "state": request.state,
        "waiting_for": waiting_for(request),
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
        **kind_of(request).references(request),
    }


def _decisions(request: Request) -> list[Event]:
    """What was decided, team by team, and who decides next."""
    events = [_decided(each) for each in request.decisions.all()]
    if request.state == RequestState.WAITING:
        decider = request.decider.name if request.decider else ""
        note = f"{decider} decides. {request.reason}".strip()
        return [*events, Event("Decision", "run", note)]
    if not events:
        return [Event("Approved by rule", "done", request.reason, request.decided_at)]
    return events


def _decided(decision: Decision) -> Event:
    who = str(decision.decided_by)
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
    return Event(name, state, "", request.finished_at)
