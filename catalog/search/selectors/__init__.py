"""What is found: pages of hits, facet counts, suggestions, exports and saved searches."""

from catalog.search.selectors.asking import Asked
from catalog.search.selectors.counting import (
    FRESHNESS_LABELS,
    KIND_LABELS,
    FacetValue,
    count_facets,
)
from catalog.search.selectors.exporting import HEADER as EXPORT_HEADER
from catalog.search.selectors.exporting import export_rows
from catalog.search.selectors.finding import (
    ORDERS,
    SearchPage,
    find,
    hit_count,
    hit_ids,
    hits,
    matching,
    understood,
)
from catalog.search.selectors.questions import (
    CHOICES,
    SearchQueryData,
    query_string,
    question_of,
    with_typed_filters,
)
from catalog.search.selectors.saved import SavedRow, saved_with_news
from catalog.search.selectors.showing import Hit, Matched
from catalog.search.selectors.suggesting import Suggestion, suggest

__all__ = [
    "CHOICES",
    "EXPORT_HEADER",
    "FRESHNESS_LABELS",
    "KIND_LABELS",
    "ORDERS",
    "Asked",
    "FacetValue",
    "Hit",
    "Matched",
    "SavedRow",
    "SearchPage",
    "SearchQueryData",
    "Suggestion",
    "count_facets",
    "export_rows",
    "find",
    "hit_count",
    "hit_ids",
    "hits",
    "matching",
    "query_string",
    "question_of",
    "saved_with_news",
    "suggest",
    "understood",
    "with_typed_filters",
]
