"""Opening and resolving incidents: what each change of state writes and tells.

The caller holds the products (`products.lock_products`), so that one writer at a time decides what
is open; the constraints of the table are behind it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from catalog.products.models import DataProduct
from catalog.quality.models import Incident, IncidentEvent
from catalog.quality.states import OF_CHECK, Cause, EventKind, IncidentState
from core import audit, outbox
from core.audit import AuditData
from core.clock import db_now
from core.outbox import EventData

REOPENS_WITHIN = dt.timedelta(hours=36)  # so a daily check that flaps makes one, not one a day
Place = tuple[object, ...]
VERBS = {
    EventKind.OPENED: "incident.opened",
    EventKind.REOPENED: "incident.reopened",
    EventKind.ACKNOWLEDGED: "incident.acknowledged",
    EventKind.ASSIGNED: "incident.assigned",
    EventKind.NOTE: "incident.noted",
    EventKind.RESOLVED: "incident.resolved",
}
TOLD = frozenset({EventKind.OPENED, EventKind.REOPENED, EventKind.RESOLVED})


@dataclass(frozen=True)
class Breakage:
    """Something that is wrong now; `broke_at` is when it began, as far as is known."""

    product_id: UUID
    cause: str
    severity: str
    title: str
    broke_at: dt.datetime
    detail: str = ""
    check_id: int | None = None
    port_id: UUID | None = None
    failures: int = 1

    @property
    def place(self) -> Place:
        """Where only one incident may be open."""
        return place_of(self.product_id, self.cause, self.check_id)


def place_of(product_id: UUID, cause: str, check_id: int | None) -> Place:
    """A check has one open incident whatever its cause; a product one of each other cause."""
    return (check_id,) if check_id is not None else (product_id, cause)


def open_incidents(found: Sequence[Breakage], *, by: str = "") -> list[Incident]:
    """Make an incident of each, or open the one again that ended less than `REOPENS_WITHIN` ago.

    None of their places has an open one. Cost: six statements, whatever the number.
    """
    if not found:
        return []
    now = db_now()
    again = _ended_lately(found, now)
    opened = [_made(each, now) for each in found if each.place not in again]
    Incident.objects.bulk_create(opened)
    write_events(opened, EventKind.OPENED, by=by)
    if again:
        _reopen(list(again.values()), by)
    return [*opened, *again.values()]


def _made(found: Breakage, now: dt.datetime) -> Incident:
    return Incident(
        product_id=found.product_id,
        port_id=found.port_id,
        quality_check_id=found.check_id,
        cause=found.cause,
        severity=found.severity,
        title=found.title[:300],
        detail=found.detail[:2_000],
        broke_at=min(found.broke_at, now),
        detected_at=now,
        failures=found.failures,
    )


def _ended_lately(
    found: Iterable[Breakage], now: dt.datetime
) -> dict[tuple[object, ...], Incident]:
    """By place. Nobody reports the same twice by hand: that is always a new one."""
    automatic = [each for each in found if each.cause != Cause.MANUAL]
    of_checks = Q(quality_check__in=[each.check_id for each in automatic if each.check_id])
    of_products = Q(
        product__in={each.product_id for each in automatic if each.check_id is None},
        cause__in={each.cause for each in automatic if each.check_id is None},
        quality_check__isnull=True,
    )
    ended = Incident.objects.filter(
        of_checks | of_products,
        state=IncidentState.RESOLVED,
        resolved_at__gt=now - REOPENS_WITHIN,
    )
    rows = ended.order_by("resolved_at").select_for_update(of=("self",))
    wanted = {each.place for each in automatic}
    known = {place_of(row.product_id, row.cause, row.quality_check_id): row for row in rows}
    return {place: row for place, row in known.items() if place in wanted}


def _reopen(incidents: Sequence[Incident], by: str) -> None:
    rows = Incident.objects.filter(pk__in=[each.pk for each in incidents])
    rows.update(
        state=IncidentState.OPEN,
        acknowledged_at=None,
        resolved_at=None,
        reopened=F("reopened") + 1,
        failures=F("failures") + 1,
    )
    write_events(incidents, EventKind.REOPENED, by=by)


def resolve_incidents(incidents: Sequence[Incident], *, note: str, by: str = "") -> int:
    """End those of them that nobody has ended yet; returns how many."""
    if not incidents:
        return 0
    ids = [each.pk for each in incidents]
    held = Incident.objects.unresolved().filter(pk__in=ids).select_for_update(of=("self",))
    ending = list(held.order_by("pk"))
    Incident.objects.filter(pk__in=[each.pk for each in ending]).update(
        state=IncidentState.RESOLVED, resolved_at=db_now()
    )
    write_events(ending, EventKind.RESOLVED, by=by, note=note)
    return len(ending)


def write_events(
    incidents: Sequence[Incident],
    kind: EventKind,
    *,
    by: str = "",
    note: str = "",
    person: str = "",
) -> None:
    """The timeline, the audit log, and what others are told."""
    IncidentEvent.objects.bulk_create(
        IncidentEvent(incident=each, kind=kind, actor=by, note=note, person=person)
        for each in incidents
    )
    detail = {name: text for name, text in (("note", note), ("person", person)) if text}
    audit.record_many(
        AuditData(
            actor=by or audit.SYSTEM,
            verb=VERBS[kind],
            kind="incident",
            object_id=each.pk,
            detail={"product": str(each.product_id), "title": each.title, **detail},
        )
        for each in incidents
    )
    if kind in TOLD and incidents:
        ids = {each.product_id for each in incidents}
        names = dict(DataProduct.objects.filter(pk__in=ids).values_list("pk", "fqn"))
        outbox.emit_many(
            EventData(VERBS[kind], each.pk, _told(each, names[each.product_id], by))
            for each in incidents
        )


def _told(incident: Incident, fqn: str, by: str) -> dict[str, object]:
    return {
        "incident_id": str(incident.pk),
        "product_id": str(incident.product_id),
        "product": fqn,
        "cause": incident.cause,
        "severity": incident.severity,
        # what flaps is told to its owners alone, so that followers hear of it once
        "again": incident.reopened > 0,
        "by": by,
    }


def lost_their_check() -> Q:
    """Incidents of a check that is gone, or that its contract states no more."""
    gone = Q(quality_check__isnull=True) | Q(quality_check__active=False)
    return Q(cause__in=OF_CHECK) & gone
