"""Reads over consents, and which ports may not move yet."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.products.models import OutputPort
from provisioning.access.models import Grant
from provisioning.access.states import LIVE
from provisioning.consent.models import Consent
from provisioning.consent.states import ConsentState

MAX_HOLD = dt.timedelta(days=30)  # after the announced day a port moves whatever was answered
MOST = 200  # rows


def consents_of_port(port: OutputPort, actor: Actor) -> list[Consent]:
    """What consumers said to the move that is announced of a port. One SQL statement."""
    if port.next_contract_version_id is None:
        return []
    visible = Consent.objects.visible_to(actor).for_lists()
    return list(visible.filter(grant__port=port, version=port.next_contract_version_id)[:MOST])


def consent_of(grant: Grant) -> Consent | None:
    """The question that the holders of a grant have to answer, or have answered."""
    if grant.port.next_contract_version_id is None:
        return None
    asked = Consent.objects.for_lists().exclude(state=ConsentState.MOOT)
    return asked.filter(grant=grant, version=grant.port.next_contract_version_id).first()


def held_ports(today: dt.date) -> QuerySet[OutputPort]:
    """Ports whose announced move waits, because a consumer blocks it or needs more time."""
    holding = Q(state=ConsentState.BLOCKED) | Q(state=ConsentState.TIME, wants_until__gte=today)
    consents = Consent.objects.filter(
        holding,
        grant__state__in=LIVE,
        on__gt=today - MAX_HOLD,
        version=F("grant__port__next_contract_version"),
    )
    return OutputPort.objects.filter(pk__in=consents.order_by().values("grant__port"))


def due_to_ask(port_id: UUID) -> list[tuple[Grant, int, dt.date]]:
    """Live grants on a port of which a move is announced, with its version's id and its day."""
    grants = Grant.objects.live().select_related("port").filter(port=port_id, until__gt=Now())
    return [
        (each, each.port.next_contract_version_id, each.port.next_version_on)
        for each in grants.order_by("pk")
        if each.port.next_contract_version_id is not None and each.port.next_version_on is not None
    ]
