"""What people are told about access: its end, passwords, campaigns, and changes that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from accounts.models import Membership
from accounts.states import TeamRole
from core.models import OutboxEvent
from portal.services.news import READING, Audience, News, members
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import consumer_of
from provisioning.consent.models import Consent
from provisioning.consent.states import HOLDING
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.states import Silence

HOLDER = "it is your login"


def _ending(event: OutboxEvent) -> Iterator[News]:
    """Access ends soon: whoever asked for it, and who answers for its reader."""
    named = Grant.objects.live().for_lists().select_related("request")
    for grant in named.filter(pk=event.payload["grant_id"]):
        audience = {grant.request.requester_id: "you asked for it"}
        if grant.consumer_user_id is not None:
            audience[grant.consumer_user_id] = READING
        team = consumer_of(grant).responsible
        if team is not None:
            owners = members(team.pk, f"you own {team.name}", role=TeamRole.OWNER)
            audience = owners | audience
        title = f"Access of {grant.consumer} to {grant.port.product.name}"
        title = f"{title} ends on {grant.until:%d %b %Y}"
        yield News("grant.ending", title, grant.get_absolute_url(), audience)


def _rotating(event: OutboxEvent) -> Iterator[News]:
    for each in _credential(event):
        day = f"{each.rotate_at:%d %b %Y}" if each.rotate_at else "soon"
        title = f"Your password for {each.grant.port.product.name} is renewed on {day}"
        yield News(event.topic, title, each.grant.get_absolute_url(), {each.holder_id: HOLDER})


def _rotated(event: OutboxEvent) -> Iterator[News]:
    for each in _credential(event):
        title = f"Your password for {each.grant.port.product.name} was renewed: fetch it in a day"
        yield News(event.topic, title, each.grant.get_absolute_url(), {each.holder_id: HOLDER})


def _credential(event: OutboxEvent) -> Iterator[Credential]:
    named = Credential.objects.defer("ciphertext").select_related("grant__port__product")
    yield from named.filter(pk=event.payload["credential_id"], destroyed_at__isnull=True)


def _campaign_begun(event: OutboxEvent) -> Iterator[News]:
    for campaign in _campaign(event):
        title = f"{campaign.name}: say by {campaign.due_at:%d %b %Y} whose access is still needed"
        yield News(event.topic, title, campaign.get_absolute_url(), _reviewers(campaign))


def _campaign_ending(event: OutboxEvent) -> Iterator[News]:
    for campaign in _campaign(event):
        silence = "goes on" if campaign.silence == Silence.KEEP else "ends"
        title = f"{campaign.name} closes on {campaign.due_at:%d %b %Y}"
        title = f"{title}; what nobody decides {silence}"
        yield News(event.topic, title, campaign.get_absolute_url(), _reviewers(campaign))


def _campaign_closed(event: OutboxEvent) -> Iterator[News]:
    for campaign in _campaign(event):
        audience = {campaign.created_by_id: "you began it"}
        title = f"{campaign.name} is closed"
        yield News(event.topic, title, campaign.get_absolute_url(), audience)


def _campaign(event: OutboxEvent) -> Iterator[Campaign]:
    yield from Campaign.objects.filter(pk=event.payload["campaign_id"])


def _reviewers(campaign: Campaign) -> Audience:
    """Owners of the products on whose access somebody still has to decide."""
    left = Review.objects.undecided().filter(campaign=campaign).order_by()
    teams = left.values("grant__port__product__owner").distinct()
    owners = Membership.objects.filter(team__in=teams, role=TeamRole.OWNER)
    return dict.fromkeys(owners.values_list("user_id", flat=True), "you own what is read")


def _asked_for_consent(event: OutboxEvent) -> Iterator[News]:
    """Whoever speaks for a reader is asked about a change that breaks it."""
    for consent in _consent(event):
        port = consent.grant.port
        title = f"{port.product.name}: contract {consent.version.version} breaks readers from"
        title = f"{title} {consent.on:%d %b %Y}; say whether you can go along"
        yield News(event.topic, title, consent.grant.get_absolute_url(), _speakers(consent.grant))


def _answered(event: OutboxEvent) -> Iterator[News]:
    """Owners hear of what holds their change back."""
    for consent in _consent(event):
        if consent.state in HOLDING:
            product = consent.grant.port.product
            title = f"{consent.grant.consumer} on the change of {product.name}:"
            title = f"{title} {consent.get_state_display().lower()}"
            owners = members(product.owner_id, f"you own {product.owner.name}", role=TeamRole.OWNER)
            yield News(event.topic, title, consent.grant.port.get_absolute_url(), owners)


def _overruled(event: OutboxEvent) -> Iterator[News]:
    for consent in _consent(event):
        title = f"The change of {consent.grant.port.product.name} comes all the same"
        audience = {consent.answered_by_id: "you answered"} if consent.answered_by_id else {}
        yield News(event.topic, title, consent.grant.get_absolute_url(), audience)


def _consent(event: OutboxEvent) -> Iterator[Consent]:
    yield from Consent.objects.for_lists().filter(pk=event.payload["consent_id"])


def _speakers(grant: Grant) -> Audience:
    """Who may ask in the name of a grant's consumer."""
    if grant.consumer_user_id is not None:
        return {grant.consumer_user_id: READING}
    team = consumer_of(grant).responsible
    if team is None:
        return {}
    found = Membership.objects.filter(team=team.pk).exclude(role=TeamRole.VIEWER)
    return dict.fromkeys(found.values_list("user_id", flat=True), READING)


WRITERS: Mapping[str, Callable[[OutboxEvent], Iterator[News]]] = MappingProxyType(
    {
        "grant.ending": _ending,
        "credential.rotating": _rotating,
        "credential.rotated": _rotated,
        "campaign.started": _campaign_begun,
        "campaign.ending": _campaign_ending,
        "campaign.closed": _campaign_closed,
        "consent.asked": _asked_for_consent,
        "consent.answered": _answered,
        "consent.overruled": _overruled,
    }
)
