"""Searches that people keep."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.search.models import SavedSearch
from core import audit
from core.errors import Invalid, NotAllowed
from core.problems import Problem

MOST_SAVED = 30  # of one person
LONGEST_NAME, LONGEST_QUERY = 120, 2_000


@transaction.atomic
def save_search(*, name: str, query: str, follow: bool, actor: Actor) -> SavedSearch:
    """Keep a search under a name.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: no name, a name used before, or too many of them.
    """
    user_id = _person(actor)
    name = _checked_name(name)
    if len(query) > LONGEST_QUERY:
        problem = Problem("/query", "too-long", "Choose fewer filters.")
        raise Invalid("The search is too long to be kept.", [problem])
    if SavedSearch.objects.filter(user_id=user_id).count() >= MOST_SAVED:
        problem = Problem("/name", "too-many", "Remove one that you do not need any more.")
        raise Invalid(f"You keep {MOST_SAVED} searches already.", [problem])
    try:
        with transaction.atomic():
            saved = SavedSearch.objects.create(
                user_id=user_id, name=name, query=query, follow=follow
            )
    except IntegrityError as error:
        raise _taken(name) from error
    _record(actor, "search.saved", saved)
    return saved


@transaction.atomic
def update_search(
    *, saved: SavedSearch, actor: Actor, name: str | None = None, follow: bool | None = None
) -> SavedSearch:
    """Give a search another name, or follow it or not.

    Raises:
        NotAllowed: it is somebody else's.
        Invalid: no name, or a name used before.
    """
    _require_own(saved, actor)
    if name is not None:
        saved.name = _checked_name(name)
    if follow is not None:
        saved.follow = follow
    try:
        with transaction.atomic():
            saved.save(update_fields=["name", "follow"])
    except IntegrityError as error:
        raise _taken(saved.name) from error
    _record(actor, "search.changed", saved)
    return saved


@transaction.atomic
def remove_search(*, saved: SavedSearch, actor: Actor) -> None:
    """Forget a search.

    Raises:
        NotAllowed: it is somebody else's.
    """
    _require_own(saved, actor)
    _record(actor, "search.removed", saved)
    saved.delete()


def mark_seen(*, saved: SavedSearch, actor: Actor) -> None:
    """What is there now is not new to its owner any more.

    Raises:
        NotAllowed: it is somebody else's.
    """
    _require_own(saved, actor)
    SavedSearch.objects.filter(pk=saved.pk).update(last_seen_at=Now())


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotAllowed("Sign in to keep searches.")
    return actor.user_id


def _require_own(saved: SavedSearch, actor: Actor) -> None:
    if actor.user_id is None or saved.user_id != actor.user_id:
        raise NotAllowed("This search is somebody else’s.")


def _checked_name(name: str) -> str:
    name = name.strip()
    if name and len(name) <= LONGEST_NAME and "\0" not in name:
        return name
    problem = Problem("/name", "name", f"Give it a name of at most {LONGEST_NAME} characters.")
    raise Invalid("The search needs a name.", [problem])


def _taken(name: str) -> Invalid:
    problem = Problem("/name", "name-taken", "Choose another name.")
    return Invalid(f"You keep a search named “{name}” already.", [problem])


def _record(actor: Actor, verb: str, saved: SavedSearch) -> None:
    audit.record(
        actor=actor.name, verb=verb, kind="saved-search", object_id=saved.pk, name=saved.name
    )
