"""What the trend marks beside the line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from catalog.products.models import DataProduct


@dataclass(frozen=True)
class Mark:
    """A stretch of days with something to know about; `until` None: it goes on."""

    since: dt.date
    until: dt.date | None
    title: str
    url: str = ""


def marks_of(product: DataProduct, since: dt.date) -> list[Mark]:
    """The incidents of a product that were open on a day from `since` on."""
    return []
