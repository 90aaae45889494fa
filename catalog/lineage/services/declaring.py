"""Edges that owners declare with the input ports of their products."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from catalog.lineage.models import CURRENT_TRANSACTION, ProductEdge
from catalog.lineage.states import Origin

Pair = tuple[UUID, UUID]  # source, target

VIA = "declared input port"


@transaction.atomic
def write_declared_edges(links: Mapping[UUID, frozenset[UUID]]) -> None:
    """Make the declared edges of products be these; products tell when their inputs change.

    Cost: four statements, whatever the number of products.
    """
    wanted = {(source, target) for target, sources in links.items() for source in sources}
    declared = ProductEdge.objects.filter(target_id__in=list(links), origin=Origin.DECLARED)
    rows = declared.order_by("pk").values_list("pk", "source_id", "target_id", "ended_at")
    alive: dict[Pair, int] = {}
    ended: dict[Pair, int] = {}
    for pk, source, target, ended_at in rows:
        (alive if ended_at is None else ended)[source, target] = pk
    _set_end([pk for pair, pk in alive.items() if pair not in wanted], is_over=True)
    _set_end([pk for pair, pk in ended.items() if pair in wanted], is_over=False)
    ProductEdge.objects.bulk_create(
        (
            ProductEdge(source_id=source, target_id=target, origin=Origin.DECLARED, via=VIA)
            for source, target in sorted(wanted - alive.keys() - ended.keys())
            if source != target
        ),
        ignore_conflicts=True,
    )


def _set_end(ids: list[int], *, is_over: bool) -> None:
    if ids:
        moved = {"ended_at": Now() if is_over else None, "change": CURRENT_TRANSACTION}
        ProductEdge.objects.filter(pk__in=ids).update(**moved, last_seen=Now())
