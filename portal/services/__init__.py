"""Verbs of the portal itself: rows of places in the search, and what people are told."""

from portal.services.notifying import forget_old, mark_read, notify
from portal.services.places import follow_domain, follow_team, reindex_places

__all__ = ["follow_domain", "follow_team", "forget_old", "mark_read", "notify", "reindex_places"]
