"""From the feed to deliveries: each webhook gets what its team may see and wants to hear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import orjson
from django.db.models.functions import Now

from accounts.actors import team_actor
from core.models import EventPosition
from core.positions import bounds
from portal.feed.formats.events import is_wanted
from portal.feed.models import Delivery, FeedReader, Webhook
from portal.feed.selectors.reading import CHUNK, Described, described, places_after
from portal.feed.states import DeliveryState

READER = "webhooks"
CHUNKS = 10  # of the feed in one round; the next goes on
KEPT = dt.timedelta(days=30)


def fan_out() -> int:
    """Write the deliveries of what the feed has gained; returns how many events were looked at.

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
            Delivery.objects.bulk_create(_deliveries(webhooks, places), ignore_conflicts=True)
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


def _deliveries(webhooks: Sequence[Webhook], places: Sequence[EventPosition]) -> Iterator[Delivery]:
    """Those of one stretch of the feed; what a team may see is asked once a team."""
    for team, theirs in groupby(webhooks, key=lambda each: each.team):
        told = described(places, team_actor(team))
        for webhook in theirs:
            yield from _deliveries_to(webhook, told)


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
                body=orjson.dumps(each.document).decode(),
            )
