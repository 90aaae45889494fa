"""The story of a grant: what was asked, decided and done, as the audit log has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.actors import Actor
from core.models import AuditEvent
from provisioning.access.models import Grant
from provisioning.access.selectors.reading import MAX_ROWS
from provisioning.jobs.models import Operation
from provisioning.requests.models import Request, RequestQuerySet
from provisioning.requests.states import RequestKind, RequestState


def story_of(grant: Grant, actor: Actor) -> list[AuditEvent]:
    """Events of the grant, of the requests that made it or made it longer, and of its jobs.

    Of requests that the actor may not see there is nothing. Oldest first; four SQL statements.
    """
    return stories_of([grant], actor)[grant.pk]


def stories_of(grants: Collection[Grant], actor: Actor) -> dict[UUID, list[AuditEvent]]:
    """The same by the id of each grant; four SQL statements for any number of them."""
    by_grant = {str(each.pk): each for each in grants}
    own = _grouped(AuditEvent.objects.filter(object_kind="grant", object_id__in=by_grant))
    asked = {str(each.request_id): pk for pk, each in by_grant.items()}
    asked |= {
        event.detail["request"]: pk
        for pk, events in own.items()
        for event in events
        if "request" in event.detail
    }
    visible = Request.objects.visible_to(actor).filter(pk__in=asked).order_by()
    told = {str(pk): asked[str(pk)] for pk in visible.values_list("pk", flat=True)}
    told |= _operations(by_grant)
    others = AuditEvent.objects.filter(object_kind__in=["request", "operation"], object_id__in=told)
    around: dict[str, list[AuditEvent]] = defaultdict(list)
    for object_id, events in _grouped(others).items():
        around[told[object_id]] += events
    return {each.pk: _in_turn(own.get(pk, []), around[pk]) for pk, each in by_grant.items()}


def extensions_asked(grants: Collection[UUID], actor: Actor) -> RequestQuerySet:
    """Requests for more time for these grants that nobody has decided yet, if `actor` sees them."""
    return Request.objects.visible_to(actor).filter(
        kind=RequestKind.ACCESS,
        state=RequestState.WAITING,
        subject__extends__in=[str(pk) for pk in grants],
    )


def waiting_extension(grant: Grant) -> Request | None:
    """The request for more time that nobody has decided yet, with who has to."""
    waiting = Request.objects.with_sides().filter(
        state="waiting",
        subject__product_id=str(grant.port.product_id),
        subject__extends=str(grant.pk),
    )
    return waiting.first()


def _operations(by_grant: Mapping[str, Grant]) -> dict[str, str]:
    """`{operation: grant}`, the newest of each grant."""
    instances = {each.instance_id: pk for pk, each in by_grant.items()}
    newest = _newest_of_each(Operation.objects.filter(instance__in=instances), "instance_id")
    return {str(pk): instances[at] for pk, at in newest.values_list("pk", "instance_id")}


def _grouped(events: QuerySet[AuditEvent]) -> dict[str, list[AuditEvent]]:
    """`{object id: its newest events}`, oldest first."""
    found: dict[str, list[AuditEvent]] = defaultdict(list)
    for each in _newest_of_each(events, "object_id").order_by("id"):
        found[each.object_id].append(each)
    return found


def _newest_of_each(rows: QuerySet[Any], by: str) -> QuerySet[Any]:
    """`MAX_ROWS` of each: the end of a long story matters more than its middle."""
    place = Window(RowNumber(), partition_by=F(by), order_by=F("id").desc())
    newest: QuerySet[Any] = rows.annotate(place=place).filter(place__lte=MAX_ROWS)
    return newest


def _in_turn(own: list[AuditEvent], others: list[AuditEvent]) -> list[AuditEvent]:
    kept = sorted(others, key=lambda each: each.pk)[-2 * MAX_ROWS :]
    return sorted([*own, *kept], key=lambda each: each.pk)
