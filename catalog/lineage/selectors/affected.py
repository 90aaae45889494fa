"""Whom a change of a contract hits beyond its declared readers: who was granted access, and what
is made from it further down."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from accounts.actors import Actor
from catalog.contracts.extensions import Affected, Party
from catalog.contracts.models import DataContract
from catalog.lineage.extensions import Consumer
from catalog.lineage.selectors.impact import Row, impact
from core.errors import NotFound

MAX_PARTIES = 200


def hit_by_contract(actor: Actor, contract: DataContract) -> Affected:
    """Consumers of the ports with this contract, and products made from them at any distance.

    Cost: a constant number of SQL statements, whatever is reached.
    """
    try:
        found = impact(actor=actor, node=f"contract:{contract.document_id}", first=MAX_PARTIES)
    except NotFound:
        return Affected()
    parties = tuple(party for row in found.rows for party in _parties(row))
    others = sum(row.consumers.others for row in found.rows if row.distance == 0)
    return Affected(parties, found.totals.hidden + others)


def _parties(row: Row) -> Iterator[Party]:
    if row.distance == 0:
        yield from map(_consumer, row.consumers.named)
        return
    product = row.product
    yield Party(
        kind="product",
        id=product.fqn,
        name=product.name,
        url=product.get_absolute_url(),
        owner_slug=product.owner.slug,
        owner_name=product.owner.name,
        via="",
        version="",
        distance=row.distance,
    )


def _consumer(consumer: Consumer) -> Party:
    """One with a grant; who it is owns what it reads."""
    kind, _, name = consumer.id.partition(":")
    is_team = kind == "team"
    return Party(
        kind=kind,
        id=name,
        name=consumer.name,
        url=reverse("portal:team", args=[name]) if is_team else "",
        owner_slug=name if is_team else "",
        owner_name=consumer.name if is_team else "",
        via="",
        version="",
    )
