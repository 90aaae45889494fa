"""Reads over ports, consumers, grants and the ledger."""

from provisioning.access.selectors.facts import Asked, facts_of
from provisioning.access.selectors.reading import (
    MAX_ROWS,
    PRODUCT_CHOICES,
    Consumer,
    GrantTarget,
    Standing,
    active_operation,
    consumer_choices,
    consumer_text,
    find_consumer,
    grant_target,
    grant_targets,
    grants_of_product,
    history_of,
    may_ask_for,
    own_credential,
    readers,
    standing_of,
)

__all__ = [
    "MAX_ROWS",
    "PRODUCT_CHOICES",
    "Asked",
    "Consumer",
    "GrantTarget",
    "Standing",
    "active_operation",
    "consumer_choices",
    "consumer_text",
    "facts_of",
    "find_consumer",
    "grant_target",
    "grant_targets",
    "grants_of_product",
    "history_of",
    "may_ask_for",
    "own_credential",
    "readers",
    "standing_of",
]
