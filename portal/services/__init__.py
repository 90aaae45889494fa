"""Verbs of the portal itself: rows of places in the search, and what people are told."""

from portal.services.choosing import choices_of, choose_mail
from portal.services.mailing import gather_mails, send_due_mails
from portal.services.notifying import forget_old, mark_read, notify
from portal.services.places import follow_domain, follow_team, reindex_places
from portal.services.queries import can_forget_query, forget_query, persist_query

__all__ = [
    "can_forget_query",
    "choices_of",
    "choose_mail",
    "follow_domain",
    "follow_team",
    "forget_old",
    "forget_query",
    "gather_mails",
    "mark_read",
    "notify",
    "persist_query",
    "reindex_places",
    "send_due_mails",
]
