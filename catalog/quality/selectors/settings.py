"""What owners want to be told about, as they set it or as usual."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from catalog.quality.models import QualitySettings
from catalog.quality.models.incidents import USUAL_HOPS

NAMES = ("score_threshold", "downstream_hops", "watches_promises", "watches_anomalies")
USUAL: dict[str, Any] = dict(zip(NAMES, (None, USUAL_HOPS, True, False), strict=True))


def settings_of(product_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """`{product: {name: value}}` of each asked product, as the model has it. One statement."""
    kept = QualitySettings.objects.filter(product__in=product_ids)
    known = {row.pop("product_id"): row for row in kept.values("product_id", *NAMES)}
    return {pk: known.get(pk, USUAL) for pk in product_ids}
