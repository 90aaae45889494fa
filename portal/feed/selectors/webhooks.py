"""Webhooks as lists show them, and what was sent to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Count

from accounts.actors import Actor
from core.errors import NotFound
from portal.feed.models import Delivery, DeliveryQuerySet, SkippedEvent, Webhook, WebhookQuerySet
from portal.feed.states import DeliveryState

MOST_SKIPPED = 20  # on a page
Counts = Mapping[str, int]  # state of deliveries: how many


def webhooks_for_lists(actor: Actor, *, team: str = "") -> WebhookQuerySet:
    """Those that the actor may see, or those of one team; secrets stay in the database."""
    found = Webhook.objects.visible_to(actor).select_related("team").defer("secret", "old_secret")
    return found.filter(team__slug=team) if team else found


def webhook_of(actor: Actor, pk: UUID) -> Webhook:
    """Raises: NotFound."""
    found = webhooks_for_lists(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def deliveries_of(webhook: Webhook, *, state: str = "") -> DeliveryQuerySet:
    """What was sent, or waits to be."""
    found = Delivery.objects.filter(webhook=webhook)
    return found.filter(state=state) if state else found


def skipped_for(actor: Actor) -> list[SkippedEvent]:
    """For operators: the newest events that no webhook could be told."""
    return list(SkippedEvent.objects.visible_to(actor)[:MOST_SKIPPED])


def counts_of(webhooks: Collection[Webhook]) -> Mapping[UUID, Counts]:
    """`{webhook: {state: number}}` of the deliveries that are kept. One SQL statement."""
    rows = Delivery.objects.filter(webhook__in=[each.pk for each in webhooks]).order_by()
    counted = rows.values_list("webhook", "state").annotate(n=Count("pk"))
    found: dict[UUID, dict[str, int]] = {
        each.pk: dict.fromkeys(DeliveryState.values, 0) for each in webhooks
    }
    for pk, state, n in counted:
        found[pk][state] = n
    return found
