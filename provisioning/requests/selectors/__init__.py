"""Reads of requests and of the rules that say who decides."""

from provisioning.requests.selectors.reading import (
    Event,
    as_dict,
    as_dicts,
    delegation_as_dict,
    delegations_of,
    history,
    side_as_dict,
    side_name,
    to_decide,
    waiting_for,
    why_theirs,
)

__all__ = [
    "Event",
    "as_dict",
    "as_dicts",
    "delegation_as_dict",
    "delegations_of",
    "history",
    "side_as_dict",
    "side_name",
    "to_decide",
    "waiting_for",
    "why_theirs",
]
