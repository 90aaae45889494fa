"""The end of a campaign: by its day, or because somebody stops it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.actors import Actor
from core import audit, outbox
from core.clock import db_now
from core.errors import InvalidTransition
from provisioning.access.services import end_by_system, lock_grants, note
from provisioning.access.states import LIVE
from provisioning.recertification import policies
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.services.deciding import settle
from provisioning.recertification.states import ReviewState, Silence

AT_ONCE = 100  # reviews a round of the sweeper
REMIND_BEFORE = dt.timedelta(days=3)


def close_due() -> int:
    """Settle what nobody decided in campaigns whose day is over; returns how many reviews."""
    over = Campaign.objects.filter(closed_at__isnull=True, due_at__lte=Now())
    return sum(_close_some(each) for each in over.order_by("due_at"))


@transaction.atomic
def remind_of_reviews() -> int:
    """Tell those who have not decided yet, once, three days before the end; returns how many."""
    open_ones = Review.objects.undecided().filter(campaign=OuterRef("pk"))
    soon = Campaign.objects.filter(
        Exists(open_ones),
        closed_at__isnull=True,
        reminded_at__isnull=True,
        due_at__lte=Now() + REMIND_BEFORE,
        due_at__gt=Now(),
    )
    campaigns = list(soon.select_for_update(of=("self",), skip_locked=True))
    Campaign.objects.filter(pk__in=[each.pk for each in campaigns]).update(reminded_at=Now())
    for each in campaigns:
        outbox.emit("campaign.ending", key=each.pk, campaign_id=str(each.pk))
    return len(campaigns)


@transaction.atomic
def stop_campaign(*, campaign: Campaign, actor: Actor) -> Campaign:
    """End a campaign before its day; what is not decided goes on as it is.

    Raises:
        NotAllowed: the actor neither started it nor governs that part.
        InvalidTransition: it is closed.
    """
    policies.require_stop(actor, campaign)
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if not locked.is_running:
        raise InvalidTransition("This campaign is closed.")
    left = Review.objects.undecided().filter(campaign=locked)
    dropped = left.update(state=ReviewState.DROPPED, decided_at=Now())
    _close(locked, actor.name, "campaign.stopped", dropped=dropped)
    campaign.refresh_from_db()
    return campaign


def record_export(*, campaign: Campaign, actor: Actor) -> None:
    """Somebody took the outcome along."""
    audit.record(actor=actor.name, verb="campaign.exported", kind="campaign", object_id=campaign.pk)


@transaction.atomic
def _close_some(campaign: Campaign) -> int:
    """Up to `AT_ONCE` reviews; the campaign is closed when none is left. Of two sweepers one."""
    locked = Campaign.objects.select_for_update(no_key=True, skip_locked=True)
    found = locked.filter(pk=campaign.pk, closed_at__isnull=True).first()
    if found is None:
        return 0
    open_ones = Review.objects.undecided().filter(campaign=found)
    named = open_ones.select_related("grant__port__product").order_by("pk")
    reviews = list(named.select_for_update(of=("self",))[:AT_ONCE])
    lock_grants(each.grant for each in reviews)
    for each in reviews:
        _settle_silent(each, found)
    if len(reviews) < AT_ONCE:
        _close(found, audit.SYSTEM, "campaign.closed")
    return len(reviews)


def _settle_silent(review: Review, campaign: Campaign) -> None:
    grant = review.grant
    if grant.state not in LIVE:
        settle([review], ReviewState.GONE, None, "")
    elif campaign.silence == Silence.KEEP:
        settle([review], ReviewState.KEPT, None, "")
        note("grant.kept", grant, reason=f"{campaign.name}: nobody objected.")
    elif end_by_system(grant, f"{campaign.name}: nobody said that it is still needed."):
        settle([review], ReviewState.REVOKED, None, "")
    else:
        settle([review], ReviewState.GONE, None, "")


def _close(campaign: Campaign, by: str, verb: str, **detail: object) -> None:
    campaign.closed_at = db_now()
    campaign.save(update_fields=["closed_at"])
    audit.record(actor=by, verb=verb, kind="campaign", object_id=campaign.pk, **detail)
    outbox.emit("campaign.closed", key=campaign.pk, campaign_id=str(campaign.pk), by=by)
