"""Deliveries that people ask for: a try, and again what was sent or given up."""

from __future__ import annotations

from uuid import uuid4

import orjson
from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from core import audit
from core.clock import db_now
from core.errors import InvalidTransition
from portal.feed.formats.events import TEST, test_document
from portal.feed.models import Delivery, Webhook
from portal.feed.policies import require_webhook_for
from portal.feed.states import DeliveryState

AGAIN = {"state": DeliveryState.WAITING, "attempts": 0, "next_at": Now(), "finished_at": None}


@transaction.atomic
def send_test(*, webhook: Webhook, actor: Actor) -> Delivery:
    """Send an event of type `webhook.test`, now.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        InvalidTransition: the webhook is disabled.
    """
    require_webhook_for(actor, webhook.team)
    _require_enabled(webhook)
    event_id = uuid4()
    document = test_document(event_id=str(event_id), at=db_now(), webhook=str(webhook.pk))
    delivery = Delivery.objects.create(
        webhook=webhook, event_id=event_id, type=TEST, body=orjson.dumps(document).decode()
    )
    _now(webhook, actor, "webhook.tried")
    return delivery


@transaction.atomic
def redeliver(*, delivery: Delivery, actor: Actor) -> None:
    """Send one again, whatever became of it: the same body under the same id.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        InvalidTransition: the webhook is disabled.
    """
    webhook = delivery.webhook
    require_webhook_for(actor, webhook.team)
    _require_enabled(webhook)
    Delivery.objects.filter(pk=delivery.pk).update(**AGAIN)
    _now(webhook, actor, "webhook.redelivered", event=str(delivery.event_id))


@transaction.atomic
def redeliver_failed(*, webhook: Webhook, actor: Actor) -> int:
    """Send again all that was given up; returns how many.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        InvalidTransition: the webhook is disabled.
    """
    require_webhook_for(actor, webhook.team)
    _require_enabled(webhook)
    failed = Delivery.objects.filter(webhook=webhook, state=DeliveryState.FAILED)
    count = failed.update(**AGAIN)
    if count:
        _now(webhook, actor, "webhook.redelivered", count=count)
    return count


def _require_enabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise InvalidTransition(f"“{webhook}” is disabled. Enable it first.")


def _now(webhook: Webhook, actor: Actor, verb: str, **detail: object) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(rest_until=Now())
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="webhook",
        object_id=webhook.pk,
        team=webhook.team.slug,
        **detail,
    )
