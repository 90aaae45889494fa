"""GraphQL queries that scripts name by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.db import transaction

from accounts.actors import Actor
from core import audit
from core.errors import Invalid, NotAllowed
from core.models import PersistedQuery
from core.problems import Problem

MAX_EACH = 100  # of one person
LONGEST_NAME = 120


@transaction.atomic
def persist_query(
    *, text: str, name: str, actor: Actor, check: Callable[[str], None]
) -> PersistedQuery:
    """Register a query; the same text again gives what is there, under its first name.

    Args:
        check: raises `Invalid` where the text is no query of the schema.

    Raises:
        NotAllowed: nobody is logged in.
        Invalid: no name, too long a name, no valid query, or `MAX_EACH` are there.
    """
    if not actor.user_id:
        raise NotAllowed("Sign in to register a query.")
    check(text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    known = PersistedQuery.objects.filter(pk=sha256).first()
    if known is not None:
        return known
    _require_room(name.strip(), actor.user_id)
    made, is_new = PersistedQuery.objects.get_or_create(
        sha256=sha256,
        defaults={
            "name": name.strip(),
            "text": text,
            "created_by": actor.name,
            "owner_id": actor.user_id,
        },
    )
    if is_new:
        audit.record(
            actor=actor.name,
            verb="query.registered",
            kind="query",
            object_id=sha256,
            name=made.name,
        )
    return made


@transaction.atomic
def forget_query(*, query: PersistedQuery, actor: Actor) -> None:
    """Have the hash mean nothing any more.

    Raises:
        NotAllowed: somebody else registered it, and the actor is no administrator.
    """
    if not can_forget_query(actor, query):
        raise NotAllowed(f"Only {query.created_by} or an administrator may remove this query.")
    query.delete()
    audit.record(
        actor=actor.name,
        verb="query.removed",
        kind="query",
        object_id=query.sha256,
        name=query.name,
    )


def can_forget_query(actor: Actor, query: PersistedQuery) -> bool:
    """Whoever registered it, and administrators."""
    return actor.is_admin or query.owner_id == actor.user_id


def _require_room(name: str, owner_id: int) -> None:
    problems = []
    if not name or len(name) > LONGEST_NAME:
        text = f"Give it a name of up to {LONGEST_NAME} letters."
        problems.append(Problem("/name", "name-missing" if not name else "too-long", text))
    if PersistedQuery.objects.filter(owner_id=owner_id).count() >= MAX_EACH:
        text = f"Remove one first; a person may register {MAX_EACH}."
        problems.append(Problem("", "too-many-queries", text))
    if problems:
        raise Invalid("The query cannot be registered.", problems)
