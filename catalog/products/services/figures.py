"""What higher rooms know of a product, copied to it for lists, facets and sorting."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from catalog.products.models import DataProduct, OutputPort
from catalog.products.services.indexing import SEARCH_KIND, record_offers, reindex
from catalog.search import services as search
from catalog.search.services import ScoredData
from core import outbox, prepared
from core.copying import update_objects

SCORE = ("quality_score", "quality_coverage", "quality_measured_at", "quality_stale_at")
WRITTEN = """
WITH written AS (
    SELECT o.product_id, max(new.at) AS at
    FROM json_to_recordset(%s::json) AS new(id uuid, at timestamptz)
    JOIN products_outputport o ON o.id = new.id GROUP BY 1
), later AS (
    SELECT p.id, w.at FROM products_dataproduct p JOIN written w ON w.product_id = p.id
    WHERE p.written_at IS NULL OR p.written_at < w.at ORDER BY p.id FOR NO KEY UPDATE OF p
)
UPDATE products_dataproduct p SET written_at = later.at FROM later WHERE p.id = later.id
"""


def lock_products(product_ids: Iterable[UUID]) -> None:
    """Let one writer at a time, until its transaction ends, into what is computed of each product.

    Called before the rows are read that the figure is computed of; all take the locks in one order.
    """
    rows = DataProduct.objects.filter(pk__in=set(product_ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


@dataclass(frozen=True)
class ScoreData:
    """The latest quality score of a product: percent, None: not measured; coverage 0-1."""

    score: float | None
    coverage: float
    measured_at: dt.datetime | None
    stale_at: dt.datetime | None


@transaction.atomic
def record_scores(scores: Mapping[UUID, ScoreData]) -> None:
    """Keep the latest quality scores. The caller holds the products (`lock_products`).

    Another score or coverage is told as `product.measured`, for policies that ask about quality; it
    is no change of the product, so nothing else hears of it. What is as before is not written.

    Cost: five statements, whatever the number of products.
    """
    rows = DataProduct.objects.only("pk", *SCORE).in_bulk(list(scores))
    changed = []
    for pk, row in rows.items():
        new = scores[pk]
        before = ScoreData(
            *(row.quality_score, row.quality_coverage),
            *(row.quality_measured_at, row.quality_stale_at),
        )
        if new != before:
            row.quality_score, row.quality_coverage = new.score, new.coverage
            row.quality_measured_at, row.quality_stale_at = new.measured_at, new.stale_at
            changed.append((row, before))
    outbox.emit_many(
        outbox.EventData("product.measured", row.pk, {"product_id": str(row.pk)})
        for row, before in changed
        if (before.score, before.coverage) != (row.quality_score, row.quality_coverage)
    )
    update_objects([row for row, _ in changed], SCORE)
    scored = {
        str(row.pk): ScoredData(row.quality_score, row.quality_measured_at, row.quality_stale_at)
        for row, _ in changed
    }
    missing = search.record_scores(SEARCH_KIND, scored) if scored else set()
    if missing:
        reindex([UUID(each) for each in missing])


def record_written(written: Mapping[UUID, dt.datetime]) -> None:
    """Keep when runs wrote into ports; an older moment than the known one says nothing.

    Args:
        written: when, by the id of the port.

    Cost: one statement for any number of ports.
    """
    if written:
        ports = [{"id": str(port), "at": at.isoformat()} for port, at in written.items()]
        prepared.ask(WRITTEN, json.dumps(ports))


@transaction.atomic
def record_readers(
    *,
    product_id: UUID,
    team_ids: Iterable[int],
    user_ids: Iterable[int],
    consumer_count: int,
) -> None:
    """Keep who reads the product through a live grant: they see it even when it is restricted."""
    DataProduct.objects.filter(pk=product_id).update(
        reader_team_ids=sorted(set(team_ids)),
        reader_user_ids=sorted(set(user_ids)),
        consumer_count=consumer_count,
    )
    reindex([product_id])
    named = OutputPort.objects.filter(product=product_id).values_list("contract_id", flat=True)
    record_offers(named)
