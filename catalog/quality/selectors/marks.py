"""What the trend marks beside the line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from catalog.products.models import DataProduct
from catalog.quality.models import Incident

MAX_MARKS = 50  # the newest


@dataclass(frozen=True)
class Mark:
    """A stretch of days with something to know about; `until` None: it goes on."""

    since: dt.date
    until: dt.date | None
    title: str
    url: str = ""


def marks_of(product: DataProduct, since: dt.date) -> list[Mark]:
    """The incidents of a product that was seen, open on a day from `since` on, the oldest first.

    One SQL statement.
    """
    lasted = Q(resolved_at__isnull=True) | Q(resolved_at__date__gte=since)
    found = Incident.objects.filter(lasted, product=product).order_by("-detected_at", "-id")
    return [
        Mark(
            each.broke_at.date(),
            each.resolved_at.date() if each.resolved_at else None,
            each.title,
            each.get_absolute_url(),
        )
        for each in found[:MAX_MARKS][::-1]
    ]
