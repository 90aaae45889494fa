"""Reads over campaigns and their reviews."""

from provisioning.recertification.selectors.exporting import EXPORT_HEADER, export_rows
from provisioning.recertification.selectors.reading import (
    Counts,
    campaign_for_page,
    campaigns_for_lists,
    counts_of,
    part_choices,
    reviews_for_lists,
    scope_words,
)

__all__ = [
    "EXPORT_HEADER",
    "Counts",
    "campaign_for_page",
    "campaigns_for_lists",
    "counts_of",
    "export_rows",
    "part_choices",
    "reviews_for_lists",
    "scope_words",
]
