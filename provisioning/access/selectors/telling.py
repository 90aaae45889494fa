"""The lines of a grant's story, in people's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core import audit
from core.models import AuditEvent

WORDS = {  # of the audit log
    "request.submitted": "Asked for",
    "request.amended": "Asked for otherwise",
    "request.approved": "Approved",
    "request.rejected": "Rejected",
    "request.cancelled": "Withdrawn",
    "request.reminded": "Deciders reminded",
    "request.escalated": "Not decided in time",
    "grant.approved": "Being opened",
    "grant.activated": "Opened",
    "grant.failed": "Could not be set up",
    "grant.resumed": "Set up again",
    "grant.extension-asked": "More time asked for",
    "grant.extension-closed": "No more time",
    "grant.extension-approved": "More time agreed",
    "grant.extended": "Runs longer",
    "grant.extension-failed": "Could not be made longer",
    "grant.reminded": "Told that it ends soon",
    "grant.kept": "Looked at again, and kept",
    "grant.handed-over": "The reading product has changed hands",
    "grant.revoked": "Ended",
    "grant.expired": "Ran out",
    "grant.removed": "Seen to be gone from",
    "credential.asked": "New password asked for",
    "credential.revealed": "Password shown",
    "credential.rotated": "Password renewed by schedule",
    "credential.withdrawn": "Earlier credentials withdrawn",
    "credential.dropped": "Login dropped",
    "credential.destroyed": "Password destroyed, nobody fetched it",
    "sample.shown": "Some rows shown",
    "consent.asked": "Asked about a change that breaks it",
    "consent.answered": "Answered to the change",
    "consent.overruled": "The change comes all the same",
    "operation.repair": "Repair began",
    "operation.retried": "Tried again",
    "operation.cancel-requested": "Told to stop",
    "operation.abandoned": "Given up",
}


@dataclass(frozen=True)
class Line:
    """One thing that happened; `id` and `event` are those of the audit log."""

    id: int
    event: str
    at: dt.datetime
    words: str
    actor: str  # "" where it was nobody in person
    note: str
    url: str


def story_lines(events: Iterable[AuditEvent]) -> list[Line]:
    """Events of the audit log as lines, in their order."""
    return list(_lines(events))


def _lines(events: Iterable[AuditEvent]) -> Iterator[Line]:
    events = list(events)
    longer = {e.detail["request"] for e in events if e.verb == "grant.extension-asked"}
    for event in events:
        verb = event.verb
        if verb == "request.submitted" and event.object_id in longer:
            continue  # the grant's own event says what for
        if verb == "operation.accepted" and event.detail.get("operation_kind") == "repair":
            verb = "operation.repair"
        if event.object_kind == "operation" and verb not in WORDS:
            continue  # what came of a job stands in the grant's own events
        words = WORDS.get(verb, verb)
        if verb == "grant.removed":
            words = f"{words} {event.detail.get('place', 'the warehouse')}"
        side = event.detail.get("side")
        if side and verb in {"request.approved", "request.rejected"}:
            words = f"{words} for {side}".replace(" for The ", " for the ")
        actor = "" if event.actor == audit.SYSTEM else event.actor
        yield Line(
            event.pk, event.verb, event.at, words, actor, _note(verb, event.detail), _url(event)
        )


def _note(verb: str, detail: Mapping[str, Any]) -> str:
    if verb in {"grant.extended", "grant.extension-approved", "grant.extension-asked"}:
        return f"until {detail['until'][:10]}"
    if verb == "grant.approved":
        return "to read and write" if detail.get("mode") == "write" else ""
    if verb == "grant.reminded":
        return f"{detail['days']} day{'' if detail['days'] == 1 else 's'} before"
    if verb == "request.escalated":
        return f"{detail['to']} may decide too" if detail.get("to") else ""
    said = detail.get("note") or detail.get("reason") or ""
    return f"“{said}”" if said else ""


def _url(event: AuditEvent) -> str:
    request = event.object_id if event.object_kind == "request" else event.detail.get("request")
    if request:
        return reverse("requests:request", kwargs={"pk": request})
    if event.object_kind == "operation":
        return reverse("jobs:operation", kwargs={"operation_id": event.object_id})
    return ""
