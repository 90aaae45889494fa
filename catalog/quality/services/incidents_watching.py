"""Incidents that no result tells of: data that is late, and checks that are gone."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from catalog.products import services as products
from catalog.quality.models import Incident, IncidentQuerySet
from catalog.quality.selectors.promises import Overdue, overdue_products, still_overdue
from catalog.quality.services.incidents_writing import (
    Breakage,
    lost_their_check,
    open_incidents,
    resolve_incidents,
)
from catalog.quality.states import Cause, Severity
from core.rendering import duration

AT_ONCE = 500  # products in one round; the next goes on


@transaction.atomic
def watch_promises() -> int:
    """Open an incident for each published product whose data is later than its contract promises,
    and resolve those that are in time again or whose check is gone; returns how many changed.
    """
    late = overdue_products(limit=AT_ONCE)
    products.lock_products(each.product_id for each in late)
    known = set(
        Incident.objects.unresolved()
        .filter(cause=Cause.LATE, product__in=[each.product_id for each in late])
        .values_list("product_id", flat=True)
    )
    opened = open_incidents([_breakage(each) for each in late if each.product_id not in known])
    return len(opened) + _resolve_kept() + _resolve_without_check()


def _resolve_kept() -> int:
    waiting = _free(Incident.objects.filter(cause=Cause.LATE))
    late = still_overdue({each.product_id for each in waiting})
    kept = [each for each in waiting if each.product_id not in late]
    return resolve_incidents(kept, note="The promise of freshness is kept again.")


def _resolve_without_check() -> int:
    rows = Incident.objects.unresolved().filter(lost_their_check())
    ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    gone = _free(Incident.objects.filter(pk__in=ids))
    return resolve_incidents(gone, note="The contract does not state this rule any more.")


def _free(rows: IncidentQuerySet) -> list[Incident]:
    """Those that nobody is at work on, held; the others are looked at the next time, so that two
    who hold products and incidents in another order never wait for each other.
    """
    held = rows.unresolved().order_by("pk")
    return list(held.select_for_update(of=("self",), skip_locked=True))


def _breakage(each: Overdue) -> Breakage:
    promised = duration(dt.timedelta(seconds=each.promised_s))
    return Breakage(
        product_id=each.product_id,
        cause=Cause.LATE,
        severity=Severity.MAJOR,
        title=f"{each.name} is late",
        detail=f"Nothing was written for longer than the {promised} that its contract promises.",
        broke_at=each.written_at + dt.timedelta(seconds=each.promised_s),
    )
