"""Products whose data is later than their contracts promise, by when a run last wrote them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.contracts.models import Sla
from catalog.contracts.phrases import promise_text
from catalog.products.states import LISTED

# What promises of freshness look like; the texts are few, however many contracts there are.
PROMISES = Sla.objects.filter(property__iregex="^(latency|freshness)$")
OVERDUE = """
SELECT p.id, p.name, p.written_at, min(promised.seconds) AS seconds
FROM unnest(%(properties)s::text[], %(values)s::text[], %(units)s::text[], %(seconds)s::float[])
    AS promised(property, value, unit, seconds)
JOIN contracts_sla s ON (s.property, s.value, s.unit)
    = (promised.property, promised.value, promised.unit)
JOIN products_outputport o ON o.contract_version_id = s.version_id
JOIN products_dataproduct p ON p.id = o.product_id
WHERE p.status = ANY(%(listed)s) AND p.written_at IS NOT NULL AND {which}
AND NOT EXISTS (
    SELECT 1 FROM quality_qualitysettings kept
    WHERE kept.product_id = p.id AND NOT kept.watches_promises)
GROUP BY p.id
HAVING p.written_at + make_interval(secs => min(promised.seconds)) < statement_timestamp()
ORDER BY p.id LIMIT %(limit)s
"""
# What a check of the promise tells is its check's incident, and not one more.
UNKNOWN = """NOT EXISTS (
    SELECT 1 FROM quality_incident i WHERE i.product_id = p.id AND i.cause = 'late'
        AND i.state IN ('open', 'acknowledged'))
AND NOT EXISTS (
    SELECT 1 FROM quality_qualitycheck c JOIN products_outputport co ON co.id = c.port_id
    WHERE co.product_id = p.id AND c.active AND c.measured_at IS NOT NULL
        AND c.origin = 'sla')"""
NAMED = "p.id = ANY(%(products)s::uuid[])"


@dataclass(frozen=True)
class Overdue:
    """A product with when it was written last and the shortest promise, in seconds."""

    product_id: UUID
    name: str
    written_at: dt.datetime
    promised_s: float


def overdue_products(*, limit: int) -> list[Overdue]:
    """Published products that are late and have no incident of it yet. Two SQL statements."""
    return _ask(UNKNOWN, limit=limit, products=[])


def still_overdue(product_ids: Collection[UUID]) -> set[UUID]:
    """Those of these that are late now and whose owners watch it. Two SQL statements."""
    if not product_ids:
        return set()
    found = _ask(NAMED, limit=len(product_ids), products=list(product_ids))
    return {each.product_id for each in found}


def _ask(which: str, *, limit: int, products: Sequence[UUID]) -> list[Overdue]:
    known = [
        (*texts, span.total_seconds())
        for texts in PROMISES.order_by().values_list("property", "value", "unit").distinct()
        if (span := promise_text(*texts).within) is not None
    ]
    if not known:
        return []
    properties, values, units, seconds = map(list, zip(*known, strict=True))
    asked: dict[str, Any] = {
        "properties": properties,
        "values": values,
        "units": units,
        "seconds": seconds,
        "listed": [str(each) for each in LISTED],
        "limit": limit,
        "products": products,
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE.format(which=which), asked)
        return [Overdue(*row) for row in cursor.fetchall()]
