"""Access that is looked at again in the demo company, and access that shall go on for longer."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.models import Domain
from portal.demo.people import company
from provisioning.access.models import Grant
from provisioning.access.services import request_extension
from provisioning.access.states import GrantState
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.services import decide_reviews, start_campaign
from provisioning.requests.models import Request
from provisioning.requests.selectors.back_testing import Scope

CAMPAIGN = "Who reads sales data, autumn"
REASON = "Once a year each owner says which access is still needed."
DAYS = 12
KEPT = "finance-reporting"  # whose access was looked at already
LONGER = ("returns-operations", "sales.order-lines", 120)  # team, product, days


def load_campaign() -> None:
    """The domain's owner has begun one, and one access is kept already."""
    domain = Domain.objects.select_related("owner").get(path="sales")
    if domain.owner is None or Campaign.objects.filter(name=CAMPAIGN).exists():
        return
    actor = company().owner(domain.owner.slug)
    campaign = start_campaign(
        actor=actor,
        name=CAMPAIGN,
        reason=REASON,
        scope=Scope(domain=domain),
        until=timezone.now().date() + dt.timedelta(days=DAYS),
        silence="revoke",
    )
    mine = Review.objects.decidable_by(actor).filter(campaign=campaign)
    keep = mine.filter(grant__consumer_team__slug=KEPT).values_list("pk", flat=True)[:1]
    if keep:
        decide_reviews(
            campaign=campaign, keep=list(keep), revoke=[], note_text="Daily revenue.", actor=actor
        )


def load_longer() -> None:
    """A team whose access ends in days has asked for more time."""
    team, product, days = LONGER
    grants = Grant.objects.for_lists().filter(
        consumer_team__slug=team, port__product__fqn=product, state=GrantState.ACTIVE
    )
    for grant in grants:
        if Request.objects.filter(team__slug=team, subject__extends=str(grant.pk)).exists():
            continue
        request_extension(
            grant=grant,
            purpose="Returns of the Christmas season come in until spring.",
            until=timezone.now().date() + dt.timedelta(days=days),
            actor=company().owner(team),
        )
