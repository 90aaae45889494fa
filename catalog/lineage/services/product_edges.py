"""Edges between products that follow from those between the datasets of their ports."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from core.prepared import ask

# The newest job, or the manual edge, is what a product edge is seen by.
_LIVE = """
FROM lineage_datasetedge e
JOIN lineage_dataset s ON s.id = e.source_id JOIN products_outputport sp ON sp.id = s.port_id
JOIN lineage_dataset t ON t.id = e.target_id JOIN products_outputport tp ON tp.id = t.port_id
LEFT JOIN lineage_job j ON j.id = e.job_id
WHERE e.ended_at IS NULL AND sp.product_id <> tp.product_id
"""
_DERIVE = """
INSERT INTO lineage_productedge AS old
    (source_id, target_id, origin, via, first_seen, last_seen)
SELECT DISTINCT ON (sp.product_id, tp.product_id, e.origin)
       sp.product_id, tp.product_id, e.origin,
       coalesce('job:' || j.namespace || ':' || j.name, ''), now(), now()
{live} AND {which}
ORDER BY sp.product_id, tp.product_id, e.origin, e.last_seen DESC
ON CONFLICT (source_id, target_id, origin) DO UPDATE SET last_seen = now(), ended_at = NULL,
    via = excluded.via,
    change = CASE WHEN old.ended_at IS NULL THEN old.change ELSE excluded.change END
WHERE old.ended_at IS NOT NULL OR old.last_seen < now() - interval '1 minute'
"""
DERIVE_BY_EDGE = _DERIVE.format(live=_LIVE, which="e.id = ANY(%s::bigint[])")
TOUCHING = "(e.source_id = ANY(%s::bigint[]) OR e.target_id = ANY(%s::bigint[]))"
DERIVE_BY_DATASET = _DERIVE.format(live=_LIVE, which=TOUCHING)
# Declared edges and those that a person drew between the products themselves need no dataset.
_END = """
WITH gone AS (
    SELECT p.id FROM lineage_productedge p
    WHERE p.ended_at IS NULL AND p.origin <> 'declared' AND p.reason = ''
      AND (p.source_id = ANY(%s::uuid[]) OR p.target_id = ANY(%s::uuid[]))
      AND NOT EXISTS (SELECT 1 {live} AND sp.product_id = p.source_id
                      AND tp.product_id = p.target_id AND e.origin = p.origin)
    ORDER BY p.id FOR NO KEY UPDATE
)
UPDATE lineage_productedge SET ended_at = now(), change = pg_current_xact_id()::text::bigint
WHERE id IN (SELECT id FROM gone)
"""
END_UNSUPPORTED = _END.format(live=_LIVE)
PRODUCTS_OF = """
SELECT DISTINCT p.product_id FROM lineage_dataset d
JOIN products_outputport p ON p.id = d.port_id WHERE d.id = ANY(%s::bigint[])
"""


def derive_from_edges(edge_ids: Collection[int]) -> None:
    """Write the product edges that follow from these dataset edges."""
    if edge_ids:
        ask(DERIVE_BY_EDGE, sorted(edge_ids))


def derive_product_edges(dataset_ids: Collection[int]) -> None:
    """Write the product edges that follow from dataset edges touching these datasets."""
    if dataset_ids:
        ids = sorted(set(dataset_ids))
        ask(DERIVE_BY_DATASET, ids, ids)


def products_of(dataset_ids: Collection[int]) -> set[UUID]:
    """The products whose ports offer these datasets."""
    return {row[0] for row in ask(PRODUCTS_OF, list(dataset_ids))} if dataset_ids else set()


def end_unsupported(product_ids: Collection[Any]) -> None:
    """End the product edges of these products that no dataset edge supports any more."""
    if product_ids:
        ids = list(product_ids)
        ask(END_UNSUPPORTED, ids, ids)
