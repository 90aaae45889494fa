"""Sending what is due: in threads, because receivers may hang, under leases of webhooks.

One process at a time sends to a webhook, in the order of the feed where nothing has failed. Who
dies with a lease leaves the webhook to others within a minute; one event may then be sent twice.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from uuid import UUID

import structlog
from django.db import close_old_connections, connection, transaction
from django.db.models.functions import Now

from core.clock import db_now
from portal.feed.models import Delivery, Webhook
from portal.feed.services.registering import give_up_webhook
from portal.feed.services.sending import GONE, Try, send
from portal.feed.states import MOST_TRIES, PAUSES, DeliveryState, rest_after

AT_ONCE = 4  # webhooks that one process serves
LEASE_S = 60
TURN_S = 40  # that a webhook is served before others have their turn; a try takes ten at most
TRIES_KEPT = 20
GIVE_UP_AFTER = dt.timedelta(days=3)  # without a single success
CLAIM = """
UPDATE feed_webhook SET served_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id IN (
  SELECT w.id FROM feed_webhook w
  WHERE w.disabled_at IS NULL AND w.rest_until <= clock_timestamp()
    AND w.served_until <= clock_timestamp() AND EXISTS (
      SELECT FROM feed_delivery d WHERE d.webhook_id = w.id AND d.next_at <= clock_timestamp())
  ORDER BY w.served_until LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""

log = structlog.get_logger(__name__)
_free = threading.BoundedSemaphore(AT_ONCE)


def deliver_due() -> None:
    """Begin to serve webhooks for which something is due, as many as there are free threads."""
    begun = 0
    while begun < AT_ONCE and _free.acquire(blocking=False):
        begun += 1
    claimed = claim(begun)
    for _ in range(begun - len(claimed)):
        _free.release()
    for pk in claimed:
        thread = threading.Thread(target=_in_thread, args=(pk,), name="webhook", daemon=True)
        transaction.on_commit(thread.start)


def claim(most: int) -> list[UUID]:
    """Take up to `most` webhooks for `LEASE_S`."""
    if not most:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": LEASE_S, "most": most})
        return [row[0] for row in cursor.fetchall()]


def serve(pk: UUID) -> int:
    """Send what is due for one webhook until a try fails or its turn is over; returns how many."""
    ends, sent = time.monotonic() + TURN_S, 0
    while time.monotonic() < ends:
        webhook = Webhook.objects.enabled().filter(pk=pk).select_related("team").first()
        delivery = _next(pk)
        if webhook is None or delivery is None:
            break
        result = send(webhook, delivery)
        record(webhook, delivery, result)
        sent += 1
        if not result.is_ok:
            break
    Webhook.objects.filter(pk=pk).update(served_until=Now())
    return sent


@transaction.atomic
def record(webhook: Webhook, delivery: Delivery, result: Try) -> None:
    """Keep what came of a try, and what follows from it."""
    now = db_now()
    held = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if held is None:
        return
    said = {"at": now.isoformat(), "status": result.status, "ms": result.ms, "error": result.error}
    held.tries = [*held.tries, said][-TRIES_KEPT:]
    held.attempts += 1
    if result.is_ok or held.attempts >= MOST_TRIES:
        held.state = DeliveryState.DELIVERED if result.is_ok else DeliveryState.FAILED
        held.next_at, held.finished_at = None, now
    else:
        asked = dt.timedelta(seconds=result.retry_after_s)
        held.next_at = now + max(PAUSES[held.attempts - 1], asked)
    held.save()
    _note(webhook, result, now)


def _note(webhook: Webhook, result: Try, now: dt.datetime) -> None:
    held = Webhook.objects.select_for_update().defer("secret", "old_secret").get(pk=webhook.pk)
    if result.is_ok:
        if held.failures:
            held.failures, held.failing_since = 0, None
            held.save(update_fields=["failures", "failing_since"])
        return
    held.failures += 1
    held.failing_since = held.failing_since or now
    pause = max(rest_after(held.failures), dt.timedelta(seconds=result.retry_after_s))
    held.rest_until = now + pause
    held.save(update_fields=["failures", "failing_since", "rest_until"])
    log.warning("webhook.failed", webhook=str(held.pk), status=result.status, error=result.error)
    if result.status == GONE:
        give_up_webhook(webhook=held, reason="The receiver says that it is gone (410).")
    elif now - held.failing_since >= GIVE_UP_AFTER:
        give_up_webhook(
            webhook=held, reason=f"No answer as it should be for 3 days. {result.error}"
        )


def _next(pk: UUID) -> Delivery | None:
    due = Delivery.objects.filter(webhook=pk, next_at__lte=Now())
    return due.order_by("next_at", "id").first()


def _in_thread(pk: UUID) -> None:
    try:
        close_old_connections()
        serve(pk)
    except Exception:  # its lease runs out, and another takes it up
        log.exception("webhook.turn-failed", webhook=str(pk))
    finally:
        connection.close()
        _free.release()
