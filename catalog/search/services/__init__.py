"""What changes the search tables."""

from catalog.search.services.entries import (
    EntryData,
    ScoredData,
    index,
    index_many,
    record_scores,
    record_synonyms,
    remove,
    remove_many,
)
from catalog.search.services.exporting import record_export
from catalog.search.services.saving import (
    mark_seen,
    remove_search,
    save_search,
    update_search,
)
from catalog.search.services.vocabulary import fold_counts, refresh_words

__all__ = [
    "EntryData",
    "ScoredData",
    "fold_counts",
    "index",
    "index_many",
    "mark_seen",
    "record_export",
    "record_scores",
    "record_synonyms",
    "refresh_words",
    "remove",
    "remove_many",
    "remove_search",
    "save_search",
    "update_search",
]
