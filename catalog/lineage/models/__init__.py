"""Datasets, their columns, jobs, runs and the edges between them (OpenLineage)."""

from catalog.lineage.models.edges import (
    ColumnEdge,
    DatasetEdge,
    Edge,
    ProductEdge,
    RemovedEdge,
)
from catalog.lineage.models.nodes import (
    CURRENT_TRANSACTION,
    Column,
    ColumnQuerySet,
    Dataset,
    DatasetQuerySet,
    Job,
    JobDataset,
    JobQuerySet,
    NamespaceClaim,
    NamespaceClaimQuerySet,
    Symlink,
)
from catalog.lineage.models.runs import (
    LineageEvent,
    Run,
)

__all__ = [
    "CURRENT_TRANSACTION",
    "Column",
    "ColumnEdge",
    "ColumnQuerySet",
    "Dataset",
    "DatasetEdge",
    "DatasetQuerySet",
    "Edge",
    "Job",
    "JobDataset",
    "JobQuerySet",
    "LineageEvent",
    "NamespaceClaim",
    "NamespaceClaimQuerySet",
    "ProductEdge",
    "RemovedEdge",
    "Run",
    "Symlink",
]
