"""Webhooks for tests, and events on their way to them."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from core import outbox
from core.positions import number_events
from portal.feed.models import Delivery, Webhook
from portal.feed.services import WebhookData, add_webhook, fan_out


def added(team, owner, receiver, **given) -> Webhook:
    data = WebhookData(**{"name": "Pipeline", "url": receiver.url, **given})
    webhook, receiver.secret = add_webhook(team=team, data=data, actor=owner)
    return webhook


def happened(*products) -> None:
    """Something about each of them, as far as the deliveries."""
    for each in products:
        outbox.emit("product.measured", key=each.pk, product_id=str(each.pk))
    number_events()
    fan_out()


def due_again(webhook: Webhook) -> None:
    """As if the pauses were over."""
    past = timezone.now() - dt.timedelta(seconds=1)
    Delivery.objects.filter(webhook=webhook, next_at__isnull=False).update(next_at=past)
    Webhook.objects.filter(pk=webhook.pk).update(rest_until=past)
