"""Who took a list away."""

from django.db import transaction

from accounts.actors import Actor
from catalog.search.selectors import SearchQueryData, query_string
from core import audit
from core.errors import NotAllowed


@transaction.atomic
def record_export(*, query: SearchQueryData, actor: Actor) -> None:
    """Write down that a list was exported.

    Raises:
        NotAllowed: nobody is signed in.
    """
    if actor.is_visitor:
        raise NotAllowed("Sign in to export the list.")
    audit.record(
        actor=actor.name,
        verb="search.exported",
        kind="marketplace",
        object_id="marketplace",
        query=query_string(query),
    )
