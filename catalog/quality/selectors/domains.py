"""The quality of a domain: its products by dimension, and how their mean went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products.models import DataProduct, DataProductQuerySet
from catalog.products.states import LISTED
from catalog.quality.models import DimensionScore, DomainDay
from core.paging import KeysetPage, keyset_page

LAST = 101.0  # where a missing score sorts: behind all others
ORDER = ("known", "fqn")


@dataclass(frozen=True)
class HeatRow:
    """A product with its score in each dimension that is measured."""

    product: DataProduct
    scores: Mapping[str, float]


@dataclass(frozen=True)
class DomainSums:
    """Of the listed products that the reader sees; `mean` of those that are measured."""

    products: int
    measured: int
    mean: float | None


def heat_page(
    actor: Actor, domain: Domain, *, size: int, cursor: str | None = None
) -> KeysetPage[HeatRow]:
    """The products of a domain and of those below it, the worst first, unmeasured ones last.

    Two SQL statements. Cost: the listed products of the tree.
    """
    rows = _listed(actor, domain).annotate(
        known=Coalesce("quality_score", Value(LAST), output_field=FloatField())
    )
    shown = rows.select_related("domain", "owner").defer("document", "text", "domain__field_schema")
    page = keyset_page(shown, order=ORDER, size=size, cursor=cursor)
    scores: dict[Any, dict[str, float]] = {each.pk: {} for each in page.rows}
    parts = DimensionScore.objects.filter(product__in=scores)
    for pk, dimension, score in parts.values_list("product_id", "dimension", "score"):
        scores[pk][dimension] = score
    found = [HeatRow(each, scores[each.pk]) for each in page.rows]
    return KeysetPage(found, page.next_cursor, page.keys)


def domain_sums(actor: Actor, domain: Domain) -> DomainSums:
    """How many products, how many measured, and their mean. One SQL statement."""
    found = _listed(actor, domain).aggregate(
        n=Count("pk"),
        measured=Count("pk", filter=Q(quality_score__isnull=False)),
        mean=Avg("quality_score"),
    )
    return DomainSums(found["n"], found["measured"], found["mean"])


def domain_trend(domain: Domain, *, days: int) -> list[tuple[dt.date, float]]:
    """The mean score a day of the products that the whole company may see. One SQL statement.

    Cost: the domains of the tree times the days, whatever the number of products.
    """
    since = timezone.now().date() - dt.timedelta(days=days)
    rows = DomainDay.objects.filter(domain__in=_tree(domain), day__gte=since)
    sums = rows.values("day").annotate(mean=Sum("total") / Sum(F("products") * 1.0))
    return list(sums.order_by("day").values_list("day", "mean"))


def _listed(actor: Actor, domain: Domain) -> DataProductQuerySet:
    visible = DataProduct.objects.visible_to(actor)
    return visible.filter(status__in=LISTED, domain__in=_tree(domain))


def _tree(domain: Domain) -> Any:
    below = Q(pk=domain.pk) | Q(path__startswith=f"{domain.path}.")
    return Domain.objects.filter(below).values("pk")
