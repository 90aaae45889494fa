"""What the trend marks beside the line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.products.models import DataProduct
from catalog.quality.selectors.incidents import latest_incidents


@dataclass(frozen=True)
class Mark:
    """A stretch of days with something to know about; `until` None: it goes on."""

    since: dt.date
    until: dt.date | None
    title: str
    url: str = ""


def marks_of(product: DataProduct, since: dt.date) -> list[Mark]:
    """The incidents of a product that was seen, open on a day from `since` on, the oldest first."""
    found = [
        Mark(
            each.broke_at.date(),
            each.resolved_at.date() if each.resolved_at else None,
            each.title,
            each.get_absolute_url(),
        )
        for each in latest_incidents(product)
    ]
    lasted = [each for each in found if each.until is None or each.until >= since]
    return sorted(lasted, key=lambda each: each.since)
