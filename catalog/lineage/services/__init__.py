"""Verbs on the graph."""

from catalog.lineage.services.claiming import claim_dataset, unclaim_dataset
from catalog.lineage.services.declaring import write_declared_edges
from catalog.lineage.services.drawing import Drawn, draw_edge, kind_of, remove_edge
from catalog.lineage.services.forgetting import forget_lineage
from catalog.lineage.services.ingesting import (
    MAX_EVENTS,
    IngestResult,
    ingest,
    ingest_many,
    require_lineage,
)
from catalog.lineage.services.matching import match_datasets_of_ports, match_datasets_of_systems
from catalog.lineage.services.namespaces import claim_namespace, release_namespace
from catalog.lineage.services.product_edges import derive_product_edges
from catalog.lineage.services.telling import store_project, store_told

__all__ = [
    "MAX_EVENTS",
    "Drawn",
    "IngestResult",
    "claim_dataset",
    "claim_namespace",
    "derive_product_edges",
    "draw_edge",
    "forget_lineage",
    "ingest",
    "ingest_many",
    "kind_of",
    "match_datasets_of_ports",
    "match_datasets_of_systems",
    "release_namespace",
    "remove_edge",
    "require_lineage",
    "store_project",
    "store_told",
    "unclaim_dataset",
    "write_declared_edges",
]
