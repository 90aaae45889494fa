"""From the feed to deliveries: each webhook gets what its team may see and wants to hear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import structlog
from django.db.models.functions import Now

from accounts.actors import team_actor
from core.models import EventPosition
from core.positions import bounds
from portal.feed.formats.events import is_wanted
from portal.feed.models import Delivery, FeedReader, SkippedEvent, Webhook
from portal.feed.selectors.reading import CHUNK, Described, places_after, telling
from portal.feed.states import DeliveryState

READER = "webhooks"
CHUNKS = 10  # of the feed in one round; the next goes on
KEPT = dt.timedelta(days=30)
MAX_REASON = 300  # characters
log = structlog.get_logger(__name__)


def fan_out() -> int:
    """Write the deliveries of what the feed has gained; returns how many events were looked at.

    An event that cannot be described is noted for operators and left behind: those after it go out.
    Called by one sweeper at a time, in the transaction that takes the tick. Without webhooks it
    only notes how far the feed is.
    """
    _, last = bounds()
    reader, _ = FeedReader.objects.get_or_create(name=READER, defaults={"position": last})
    webhooks = list(
        Webhook.objects.enabled()
        .select_related("team__domain")
        .defer("secret", "old_secret")
        .order_by("team", "pk")
    )
    at, looked = reader.position, 0
    if not webhooks:
        at = last
    for _ in range(CHUNKS if webhooks else 0):
        places = places_after(at)
        if places:
            _tell(webhooks, places)
            at, looked = places[-1].position, looked + len(places)
        if len(places) < CHUNK:
            break
    if at != reader.position:
        FeedReader.objects.filter(name=READER).update(position=at)
    return looked


def forget_deliveries() -> None:
    """Delete what was sent, or given up, more than `KEPT` ago."""
    old = Delivery.objects.filter(created_at__lt=Now() - KEPT)
    old.exclude(state=DeliveryState.WAITING).delete()
    SkippedEvent.objects.filter(created_at__lt=Now() - KEPT).delete()


def _tell(webhooks: Sequence[Webhook], places: Sequence[EventPosition]) -> None:
    """Deliveries of one stretch of the feed; what a team may see is asked once a team."""
    deliveries: list[Delivery] = []
    untold: dict[int, str] = {}
    for team, theirs in groupby(webhooks, key=lambda each: each.team):
        telling_them = telling(places, team_actor(team))
        untold.update(telling_them.untold)
        for webhook in theirs:
            deliveries += _deliveries_to(webhook, telling_them.told)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if untold:
        _skip([each for each in places if each.position in untold], untold)


def _skip(places: Sequence[EventPosition], reasons: Mapping[int, str]) -> None:
    """Note events that cannot be told, once."""
    positions = [each.position for each in places]
    known = SkippedEvent.objects.filter(position__in=positions)
    noted = set(known.values_list("position", flat=True))
    for each in places:
        if each.position not in noted:
            event = each.event
            reason = reasons[each.position].replace("\0", "")[:MAX_REASON]
            SkippedEvent.objects.create(
                position=each.position, event_id=event.event_id, topic=event.topic, reason=reason
            )
            log.error("feed.event-skipped", position=each.position, topic=event.topic, why=reason)


def _deliveries_to(webhook: Webhook, told: Mapping[int, Described]) -> Iterator[Delivery]:
    for position, each in told.items():
        wanted = position > webhook.from_position and is_wanted(each.type.name, webhook.types)
        if wanted and (each.subject.is_of(webhook.team_id) or not webhook.own_only):
            yield Delivery(
                webhook=webhook,
                event_id=each.document["id"],
                position=position,
                type=each.type.name,
                subject=each.subject.name[:300],
                body=each.body,
            )
