"""Reads over ports, consumers, grants and the ledger."""

from provisioning.access.selectors.background import Background, background_of
from provisioning.access.selectors.facts import Asked, facts_of
from provisioning.access.selectors.opening import (
    GrantTarget,
    can,
    grant_target,
    grant_targets,
    grants_of,
)
from provisioning.access.selectors.reading import (
    MAX_ROWS,
    PRODUCT_CHOICES,
    Consumer,
    Standing,
    active_operation,
    consumer_choices,
    consumer_fields,
    consumer_of,
    covering,
    extended_grant,
    find_consumer,
    grant_id_of,
    grants_of_product,
    may_ask_for,
    needs_legal_basis,
    own_credential,
    readers,
    running_grant,
    standing_of,
)
from provisioning.access.selectors.shapes import shape_of
from provisioning.access.selectors.story import (
    extensions_asked,
    stories_of,
    story_of,
    waiting_extension,
)
from provisioning.access.selectors.telling import Line, story_lines

__all__ = [
    "MAX_ROWS",
    "PRODUCT_CHOICES",
    "Asked",
    "Background",
    "Consumer",
    "GrantTarget",
    "Line",
    "Standing",
    "active_operation",
    "background_of",
    "can",
    "consumer_choices",
    "consumer_fields",
    "consumer_of",
    "covering",
    "extended_grant",
    "extensions_asked",
    "facts_of",
    "find_consumer",
    "grant_id_of",
    "grant_target",
    "grant_targets",
    "grants_of",
    "grants_of_product",
    "may_ask_for",
    "needs_legal_basis",
    "own_credential",
    "readers",
    "running_grant",
    "shape_of",
    "standing_of",
    "stories_of",
    "story_lines",
    "story_of",
    "waiting_extension",
]
