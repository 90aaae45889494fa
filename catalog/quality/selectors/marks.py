"""What the trend marks beside the line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.quality.models import Incident


@dataclass(frozen=True)
class Mark:
    """A stretch of days with something to know about; `until` None: it goes on."""

    since: dt.date
    until: dt.date | None
    title: str
    url: str = ""


def marks_of(incidents: Iterable[Incident], since: dt.date) -> list[Mark]:
    """Those that were open on a day from `since` on, the oldest first."""
    found = [
        Mark(
            each.broke_at.date(),
            each.resolved_at.date() if each.resolved_at else None,
            each.title,
            each.get_absolute_url(),
        )
        for each in incidents
    ]
    lasted = [each for each in found if each.until is None or each.until >= since]
    return sorted(lasted, key=lambda each: each.since)
