"""Verbs on the graph."""

from catalog.lineage.services.declaring import write_declared_edges
from catalog.lineage.services.ingesting import (
    MAX_EVENTS,
    IngestResult,
    ingest,
    ingest_many,
    require_lineage,
)
from catalog.lineage.services.matching import match_datasets_of_ports
from catalog.lineage.services.product_edges import derive_product_edges
from catalog.lineage.services.telling import store_project, store_told

__all__ = [
    "MAX_EVENTS",
    "IngestResult",
    "derive_product_edges",
    "ingest",
    "ingest_many",
    "match_datasets_of_ports",
    "require_lineage",
    "store_project",
    "store_told",
    "write_declared_edges",
]
