"""Telling people in time that their access ends."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core import audit, outbox
from provisioning.access.models import Grant
from provisioning.access.states import GrantState

DAYS = (1, 7, 30)  # before the end; of several that have come, the nearest is told
AT_ONCE = 500  # grants a round of the sweeper


@transaction.atomic
def remind_of_ends() -> int:
    """Tell of grants that end in 30, 7 or 1 days, once each; returns how many.

    A grant that is given for no longer than that is not told of: its end was just chosen.
    """
    return sum(_remind(days) for days in DAYS)


def _remind(days: int) -> int:
    before = dt.timedelta(days=days)
    due = Grant.objects.filter(
        Q(until__gt=Now()),
        Q(reminded_days__isnull=True) | Q(reminded_days__gt=days),
        state=GrantState.ACTIVE,
        until__lte=Now() + before,
        until__gt=F("starts_at") + before,
    )
    grants = list(due.select_for_update(skip_locked=True).order_by("until")[:AT_ONCE])
    Grant.objects.filter(pk__in=[each.pk for each in grants]).update(reminded_days=days)
    audit.record_many(
        audit.AuditData(audit.SYSTEM, "grant.reminded", "grant", each.pk, {"days": days})
        for each in grants
    )
    for each in grants:
        outbox.emit("grant.ending", key=each.pk, grant_id=str(each.pk), days=days)
    return len(grants)
