"""Asking the holders of grants about an announced change, and asking no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from core import audit, outbox
from core.models import OutboxEvent
from provisioning.access.models import Grant
from provisioning.consent.models import Consent
from provisioning.consent.selectors import due_to_ask
from provisioning.consent.states import ConsentState


@transaction.atomic
def ask_consumers(event: OutboxEvent) -> None:
    """After `port.change-announced`: a question for each live grant; a new day asks anew.

    A later day keeps what was answered, and meets the wish of those who need no longer than that;
    an earlier one opens every answer again.
    """
    for grant, version, on in due_to_ask(UUID(event.payload["port_id"])):
        consent, is_new = Consent.objects.get_or_create(
            grant=grant, version_id=version, defaults={"on": on}
        )
        if is_new:
            _tell(grant, consent)
        elif consent.on != on:
            _set_day(consent, on)


@transaction.atomic
def forget_moves(events: Sequence[OutboxEvent]) -> None:
    """After `port.changed`: what is not announced any more, or has come, asks nobody."""
    ports = [event.payload["port_id"] for event in events]
    asked = Consent.objects.filter(grant__port__in=ports).exclude(state=ConsentState.MOOT)
    stale = asked.exclude(version=F("grant__port__next_contract_version"))
    unannounced = asked.filter(grant__port__next_contract_version__isnull=True)
    ids = [*stale.values_list("pk", flat=True), *unannounced.values_list("pk", flat=True)]
    Consent.objects.filter(pk__in=ids).update(state=ConsentState.MOOT)


def _set_day(consent: Consent, on: dt.date) -> None:
    is_earlier, consent.on = on < consent.on, on
    if is_earlier:
        consent.state, consent.wants_until = ConsentState.OPEN, None
        consent.answered_by, consent.answered_at = None, None
    consent.save(update_fields=["on", "state", "wants_until", "answered_by", "answered_at"])
    if is_earlier:
        _tell(consent.grant, consent)


def _tell(grant: Grant, consent: Consent) -> None:
    audit.record(
        actor=audit.SYSTEM,
        verb="consent.asked",
        kind="grant",
        object_id=grant.pk,
        version=str(consent.version_id),
        on=str(consent.on),
    )
    outbox.emit("consent.asked", key=consent.pk, consent_id=consent.pk)
