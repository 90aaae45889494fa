"""The weights of a domain's dimensions, and the scores that follow from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.actors import Actor, in_domain
from accounts.models import Domain
from catalog.products import services as products
from catalog.products.models import DataProduct
from catalog.quality.models import DimensionWeight
from catalog.quality.models.scores import MAX_WEIGHT
from catalog.quality.policies import require_weighing
from catalog.quality.selectors.weights import DomainWeights, weights_of
from catalog.quality.services.scoring import score_products
from catalog.quality.states import Dimension
from core import audit, outbox
from core.errors import Invalid
from core.models import OutboxEvent
from core.problems import Problem

CHANGED = "quality.weights-changed"
BATCH = 500  # products that are scored in one transaction
SCORED = Q(quality_measured_at__isnull=False)


@transaction.atomic
def set_weights(*, domain: Domain, weights: Mapping[str, Any], actor: Actor) -> DomainWeights:
    """Say how much the dimensions count in a domain and in those below that say nothing.

    Args:
        weights: by dimension, 0 to 100, relative to each other; what is left out counts 1. Nothing
            at all takes back what the domain said, so that the one above decides again.

    The scores of the domain's products follow in the background.

    Raises:
        NotAllowed: the actor does not own the domain.
        Invalid: an unknown dimension, a weight out of range, or none that counts.
    """
    require_weighing(actor, domain)
    Domain.objects.select_for_update(no_key=True).get(pk=domain.pk)
    given = _read(weights)
    before = weights_of(domain)
    own = DimensionWeight.objects.filter(domain=domain)
    kept = dict(own.values_list("dimension", "weight"))
    if given == kept:
        return before
    own.delete()
    DimensionWeight.objects.bulk_create(
        DimensionWeight(domain=domain, dimension=each, weight=weight)
        for each, weight in given.items()
    )
    after = weights_of(domain)
    audit.record(
        actor=actor.name,
        verb="quality.weighted",
        kind="domain",
        object_id=domain.path,
        before=kept,
        after=given,
    )
    if after.weights != before.weights:
        outbox.emit(CHANGED, key=f"weights:{domain.pk}", domain_id=domain.pk, after="")
    return after


def _read(weights: Mapping[str, Any]) -> dict[str, float]:
    problems, found = [], {}
    for name, weight in weights.items():
        if name not in Dimension.values:
            known = ", ".join(Dimension.values)
            problems.append(Problem(f"/{name}", "unknown-dimension", f"Choose from: {known}."))
        elif not _is_weight(weight):
            text = f"A weight is a number from 0 to {MAX_WEIGHT:g}."
            problems.append(Problem(f"/{name}", "out-of-range", text))
        else:
            found[name] = float(weight)
    if not problems and found and not any(found.get(each, 1.0) for each in Dimension.values):
        problems.append(Problem("", "nothing-counts", "At least one dimension has to count."))
    if problems:
        raise Invalid("The weights are not usable; nothing was changed.", problems)
    return dict(sorted(found.items()))


def _is_weight(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= MAX_WEIGHT


@transaction.atomic
def rescore_domain(event: OutboxEvent) -> None:
    """Outbox handler of `quality.weights-changed`: the next products, and word of the others.

    Each batch is a transaction and an event of its own: who dies in one takes up that one again,
    and a score that is right already is not written.
    """
    domain = Domain.objects.filter(pk=event.payload["domain_id"]).first()
    if domain is None:
        return
    rows = DataProduct.objects.filter(SCORED, in_domain(domain.path)).order_by("pk")
    if event.payload["after"]:
        rows = rows.filter(pk__gt=UUID(event.payload["after"]))
    batch = list(rows.values_list("pk", flat=True)[:BATCH])
    products.lock_products(batch)
    score_products(batch)
    if len(batch) == BATCH:
        outbox.emit(CHANGED, key=event.key, domain_id=domain.pk, after=str(batch[-1]))


@transaction.atomic
def rescore_moved(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `product.changed`: in another domain other weights may hold."""
    if not DimensionWeight.objects.exists():
        return
    asked = {UUID(event.payload["product_id"]) for event in events}
    rows = DataProduct.objects.filter(SCORED, pk__in=asked)
    batch = list(rows.values_list("pk", flat=True))
    products.lock_products(batch)
    score_products(batch)
