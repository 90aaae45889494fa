"""Up to four products side by side; what differs is marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.contracts.models import SchemaProperty, Sla
from catalog.governance.models import Term
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.models import DimensionScore

MOST = 4
TERM_NAMES = Term.objects.filter(products=OuterRef("pk")).order_by("name").values("name")
NOTHING = "–"


@dataclass(frozen=True)
class Line:
    """One fact of every product; `differs` when they do not all have the same."""

    label: str
    values: list[str]
    differs: bool


@dataclass(frozen=True)
class Facts:
    """What other rooms know of the products, by product."""

    technologies: Mapping[UUID, list[str]]
    columns: Mapping[UUID, int]
    promises: Mapping[UUID, list[str]]
    dimensions: Mapping[UUID, list[str]]


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """`?p=fqn&p=fqn`: the first four of them that the reader may see."""
    actor = request.actor  # type: ignore[attr-defined]
    asked = [name for name in dict.fromkeys(request.GET.getlist("p")) if name and "\0" not in name]
    visible = DataProduct.objects.visible_to(actor).filter(fqn__in=asked[:MOST])
    rows = visible.select_related("domain", "owner").annotate(term_names=ArraySubquery(TERM_NAMES))
    found = {each.fqn: each for each in rows}
    products = [found[name] for name in asked if name in found]
    context = {
        "products": products,
        "lines": _lines(products),
        "left_out": len(asked) - len(products),
        "most": MOST,
    }
    return render(request, "portal/compare.html", context)


def _lines(products: Sequence[DataProduct]) -> list[Line]:
    """Cost: four SQL statements, none for no product."""
    if not products:
        return []
    facts = _facts([each.pk for each in products])
    lines = []
    for label, value in (*PLAIN.items(), *_of_facts(facts).items()):
        values = [value(each) or NOTHING for each in products]
        lines.append(Line(label, values, len(set(values)) > 1))
    return lines


def _score(product: DataProduct) -> str:
    score = product.quality_score
    return "not measured" if score is None else f"{score:.0f} of 100"


def _freshness(product: DataProduct) -> str:
    if product.quality_measured_at is None:
        return "not measured"
    stale_at = product.quality_stale_at
    overdue = stale_at is not None and stale_at <= timezone.now()
    return "overdue" if overdue else "within its promise"


PLAIN: Mapping[str, Callable[[Any], str]] = {
    "Purpose": lambda each: each.purpose,
    "Owner": lambda each: each.owner.name,
    "Domain": lambda each: each.domain.name,
    "Status": lambda each: each.get_status_display(),
    "Kind": lambda each: each.get_archetype_display(),
    "Classification": lambda each: each.classification.replace("-", " ").capitalize(),
    "Score": _score,
    "Freshness": _freshness,
    "Consumers": lambda each: str(each.consumer_count),
    "Terms": lambda each: ", ".join(each.term_names),
}


def _of_facts(facts: Facts) -> dict[str, Callable[[DataProduct], str]]:
    return {
        "Dimensions": lambda each: ", ".join(facts.dimensions.get(each.pk, ())),
        "Technology": lambda each: ", ".join(facts.technologies.get(each.pk, ())),
        "Columns": lambda each: str(facts.columns.get(each.pk, "")),
        "Promises": lambda each: ", ".join(facts.promises.get(each.pk, ())),
    }


def _facts(ids: Sequence[UUID]) -> Facts:
    technologies, promises, dimensions = defaultdict(set), defaultdict(set), defaultdict(list)
    for pk, technology in OutputPort.objects.filter(product__in=ids).values_list(
        "product", "technology"
    ):
        technologies[pk].add(technology)
    ports = "version__output_ports__product"
    slas = Sla.objects.filter(**{f"{ports}__in": ids})
    for pk, name, value, unit in slas.values_list(ports, "property", "value", "unit"):
        promises[pk].add(f"{name} {value} {unit}".strip())
    scores = DimensionScore.objects.filter(product__in=ids)
    for pk, dimension, score in scores.values_list("product", "dimension", "score"):
        dimensions[pk].append(f"{dimension.lower()} {score:.0f}")
    ports = f"object__{ports}"
    counted = SchemaProperty.objects.filter(**{f"{ports}__in": ids}).order_by()
    columns = dict(counted.values_list(ports).annotate(n=Count("pk", distinct=True)))
    return Facts(
        {pk: sorted(filter(None, each)) for pk, each in technologies.items()},
        columns,
        {pk: sorted(each) for pk, each in promises.items()},
        dimensions,
    )
