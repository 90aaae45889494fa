"""The facts of a request for access, as rules of decision read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import OutputPort
from provisioning.access.models import Grant
from provisioning.access.selectors.reading import Consumer
from provisioning.access.states import AccessMode
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind, RequestState


@dataclass(frozen=True)
class Asked:
    """What is asked for."""

    port: OutputPort  # with product, its domain and its owner
    consumer: Consumer
    purpose: str
    days: int
    is_extension: bool = False  # of a grant that runs
    mode: str = AccessMode.READ


def facts_of(asked: Asked, actor: Actor) -> dict[str, Any]:
    """`{requester, consumer, port, mode, purpose, duration, history}`; three SQL statements."""
    return {
        "requester": _requester(actor),
        "consumer": _consumer(asked.consumer),
        "port": _port(asked.port),
        "mode": asked.mode,
        "purpose": asked.purpose,
        "duration": asked.days,
        "history": _history(asked),
    }


def _requester(actor: Actor) -> dict[str, Any]:
    teams = dict(Team.objects.filter(pk__in=actor.team_ids).values_list("pk", "slug"))
    return {
        "name": actor.name,
        "role": actor.role or "",
        "teams": sorted(teams.values()),
        "owner_of": sorted(slug for pk, slug in teams.items() if pk in actor.owner_team_ids),
    }


def _consumer(consumer: Consumer) -> dict[str, Any]:
    kind, _, name = consumer.text.partition(":")
    team = consumer.responsible
    return {
        "kind": kind,
        "name": name,
        "team": team.slug if team else "",
        "domain": team.domain.path if team and team.domain else "",
    }


def _port(port: OutputPort) -> dict[str, Any]:
    product = port.product
    return {
        "fqn": port.fqn,
        "product": product.fqn,
        "domain": product.domain.path,
        "owner": product.owner.slug,
        "classification": product.classification,
        "archetype": product.archetype or "",
        "status": product.status,
        "tags": list(product.tags),
    }


def _history(asked: Asked) -> dict[str, Any]:
    """How this consumer's earlier requests for the product ended, and who reads the port now."""
    earlier = Request.objects.filter(
        kind=RequestKind.ACCESS,
        subject__product_id=str(asked.port.product_id),
        parameters__consumer=asked.consumer.text,
    ).aggregate(
        granted=Count("pk", filter=Q(state=RequestState.SUCCEEDED)),
        rejected=Count("pk", filter=Q(state=RequestState.REJECTED)),
    )
    live = Grant.objects.live().filter(port=asked.port).count()
    return {**earlier, "live": live, "extension": asked.is_extension}
