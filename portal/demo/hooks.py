"""A webhook in the demo company. It was disabled: there is nobody at its address to hear it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
from django.utils import timezone

from core.crypto import encrypt
from core.outbound.signing import new_secret
from core.positions import number_events
from portal.demo.people import company
from portal.feed.models import Delivery, Webhook
from portal.feed.selectors import feed_page
from portal.feed.states import DeliveryState

TEAM, NAME = "sales-data", "Order pipeline"
URL = "https://hooks.fernhaven.example/portal"
TYPES = ["product.*", "grant.*", "port.change-announced"]
REASON = "No answer as it should be for 3 days. It answers with status 503."
SHOWN = 12  # events of the feed that it was sent; the last two in vain
LAST_FAILED = 2


def load_webhook() -> None:
    """With what it was sent before its receiver went away."""
    team = company().teams[TEAM]
    if Webhook.objects.filter(team=team, name=NAME).exists():
        return
    now = timezone.now()
    webhook = Webhook(
        team=team,
        name=NAME,
        url=URL,
        types=TYPES,
        created_by="owner",
        created_at=now - dt.timedelta(days=60),
        failures=16,
        failing_since=now - dt.timedelta(days=4),
        disabled_at=now - dt.timedelta(days=1),
        disabled_reason=REASON,
    )
    webhook.secret = encrypt(new_secret().encode(), bound_to=str(webhook.pk))
    webhook.save()
    number_events()
    page = feed_page(company().owner(TEAM), after=None, types=TYPES, size=SHOWN)
    for n, document in enumerate(page.documents):
        failed = n >= len(page.documents) - LAST_FAILED
        _sent(webhook, document, now - dt.timedelta(days=5, minutes=-7 * n), failed=failed)


def _sent(webhook: Webhook, document: dict[str, Any], at: dt.datetime, *, failed: bool) -> None:
    status, error = (503, "It answers with status 503.") if failed else (204, "")
    tries = [{"at": at.isoformat(), "status": status, "ms": 38, "error": error}]
    Delivery.objects.create(
        webhook=webhook,
        event_id=document["id"],
        position=document["position"],
        type=document["type"],
        subject=document["data"]["subject"]["name"][:300],
        body=orjson.dumps(document).decode(),
        state=DeliveryState.FAILED if failed else DeliveryState.DELIVERED,
        tries=tries,
        attempts=1,
        next_at=None,
        created_at=at,
        finished_at=at,
    )
