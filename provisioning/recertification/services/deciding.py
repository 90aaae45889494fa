"""Keeping access, or ending it, many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction

from accounts.actors import Actor
from core import audit
from core.clock import db_now
from core.errors import Invalid, InvalidTransition
from core.problems import Problem
from provisioning.access.models import Grant
from provisioning.access.services import lock_grants, note, revoke_grant
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.states import ReviewState

MAX_NOTE = 2000  # characters
MOST = 500  # decisions at once


@transaction.atomic
def decide_reviews(
    *,
    campaign: Campaign,
    keep: Collection[int],
    revoke: Collection[int],
    note_text: str,
    actor: Actor,
) -> int:
    """Decide on reviews of a campaign, all or none; returns on how many.

    A grant that has ended meanwhile counts as gone, whatever was decided.

    Args:
        keep, revoke: ids of reviews.
        note_text: why; the reader of each grant that ends reads it.

    Raises:
        InvalidTransition: the campaign is closed.
        Invalid: a review is not there, is not the actor's to decide, or is decided already.
    """
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if not locked.is_running:
        raise InvalidTransition("This campaign is closed.")
    _require_sound(keep, revoke, note_text)
    wanted = [*keep, *revoke]
    mine = Review.objects.decidable_by(actor).undecided().filter(campaign=locked, pk__in=wanted)
    reviews = {each.pk: each for each in mine.select_for_update(of=("self",)).order_by("pk")}
    strange = sorted(set(wanted) - set(reviews))
    if strange:
        text = "It is decided already, or is not yours to decide. Load the page again."
        raise Invalid(
            "Nothing was decided.", [Problem(f"/{pk}", "not-open", text) for pk in strange[:20]]
        )
    _keep([reviews[pk] for pk in keep], actor, note_text)
    _revoke([reviews[pk] for pk in revoke], locked, actor, note_text)
    return len(reviews)


def settle(reviews: Iterable[Review], state: ReviewState, actor: Actor | None, text: str) -> None:
    """Write the outcome of reviews; no actor: silence, or the end of the grant, decided."""
    now = db_now()
    rows = list(reviews)
    for each in rows:
        each.state, each.decided_at, each.note = state, now, text
        each.decided_by_id = actor.user_id if actor else None
    Review.objects.bulk_update(rows, ["state", "decided_at", "note", "decided_by"])


def _require_sound(keep: Collection[int], revoke: Collection[int], note_text: str) -> None:
    problems = []
    if set(keep) & set(revoke):
        problems.append(Problem("", "both", "A grant is kept or ended, not both."))
    if not keep and not revoke:
        problems.append(Problem("", "nothing-chosen", "Choose at least one to keep or to end."))
    if len(keep) + len(revoke) > MOST:
        problems.append(Problem("", "too-many", f"At most {MOST} at once."))
    if len(note_text) > MAX_NOTE:
        problems.append(Problem("/note", "too-long", f"At most {MAX_NOTE:,} characters."))
    if problems:
        raise Invalid("Nothing was decided.", problems)


def _keep(reviews: list[Review], actor: Actor, text: str) -> None:
    grants = _grants(reviews)
    gone = [each for each in reviews if not grants[each.grant_id].is_live]
    kept = [each for each in reviews if grants[each.grant_id].is_live]
    settle(gone, ReviewState.GONE, None, "")
    settle(kept, ReviewState.KEPT, actor, text)
    for each in kept:
        grant = grants[each.grant_id]
        note("grant.kept", grant, actor=actor.name, note=text, campaign=str(each.campaign_id))


def _revoke(reviews: list[Review], campaign: Campaign, actor: Actor, text: str) -> None:
    grants = _grants(reviews)
    reason = f"{campaign.name}: {text}" if text else campaign.name
    lock_grants(grants.values())
    for each in reviews:
        grant = grants[each.grant_id]
        if not grant.is_live:
            settle([each], ReviewState.GONE, None, "")
            continue
        revoke_grant(grant=grant, actor=actor, reason=reason[:MAX_NOTE])
        settle([each], ReviewState.REVOKED, actor, text)
    if reviews:
        audit.record(
            actor=actor.name,
            verb="campaign.revoked",
            kind="campaign",
            object_id=campaign.pk,
            grants=[str(each.grant_id) for each in reviews],
        )


def _grants(reviews: Iterable[Review]) -> dict[object, Grant]:
    named = Grant.objects.for_lists().select_related("request__team", "port__product__domain")
    return {each.pk: each for each in named.filter(pk__in=[each.grant_id for each in reviews])}
