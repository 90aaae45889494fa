"""Verbs on webhooks, and the events on their way to them."""

from portal.feed.services.delivering import deliver_due
from portal.feed.services.fanning import fan_out, forget_deliveries
from portal.feed.services.registering import (
    WebhookData,
    add_webhook,
    change_webhook,
    disable_webhook,
    enable_webhook,
    remove_webhook,
    renew_secret,
)
from portal.feed.services.repeating import redeliver, redeliver_failed, send_test

__all__ = [
    "WebhookData",
    "add_webhook",
    "change_webhook",
    "deliver_due",
    "disable_webhook",
    "enable_webhook",
    "fan_out",
    "forget_deliveries",
    "redeliver",
    "redeliver_failed",
    "remove_webhook",
    "renew_secret",
    "send_test",
]
