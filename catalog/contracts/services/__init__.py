"""Verbs on contracts."""

from catalog.contracts.services.handing import hand_over_contracts
from catalog.contracts.services.indexing import (
    SEARCH_KIND,
    Offer,
    record_offers,
    reindex,
    reindex_unoffered,
)
from catalog.contracts.services.inputs import (
    IMMUTABLE,
    Outcome,
    SavedVersion,
    VersionContentDiffers,
    VersionInput,
)
from catalog.contracts.services.removing import remove_version
from catalog.contracts.services.storing import save_version, store_version, store_versions

__all__ = [
    "IMMUTABLE",
    "SEARCH_KIND",
    "Offer",
    "Outcome",
    "SavedVersion",
    "VersionContentDiffers",
    "VersionInput",
    "hand_over_contracts",
    "record_offers",
    "reindex",
    "reindex_unoffered",
    "remove_version",
    "save_version",
    "store_version",
    "store_versions",
]
