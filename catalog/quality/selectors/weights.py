"""How much the dimensions count, by domain: the nearest one that says something decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from accounts.actors import paths_up
from accounts.models import Domain
from catalog.products.models import DataProduct
from catalog.quality.models import DimensionWeight
from catalog.quality.states import Dimension

Weights = Mapping[str, float]
USUAL = 1.0


@dataclass(frozen=True)
class DomainWeights:
    """`weights` of all dimensions; `source` is the path that says so, "" for the usual ones."""

    weights: Weights
    source: str
    source_name: str = ""


def weights_of_products(product_ids: Collection[UUID]) -> dict[UUID, Weights]:
    """Those of each product's domain; absent where the usual ones hold. Two SQL statements."""
    paths = dict(DataProduct.objects.filter(pk__in=product_ids).values_list("pk", "domain__path"))
    known = _set_on({above for path in set(paths.values()) for above in paths_up(path)})
    found = {path: _nearest(path, known) for path in set(paths.values())} if known else {}
    return {pk: known[found[path]] for pk, path in paths.items() if found.get(path)}


def weights_of(domain: Domain) -> DomainWeights:
    """What holds in a domain, and which domain says so. At most two SQL statements."""
    known = _set_on(set(paths_up(domain.path)))
    found = _held(domain.path, known)
    if found.source in ("", domain.path):
        return replace(found, source_name=domain.name if found.source else "")
    name = Domain.objects.values_list("name", flat=True).get(path=found.source)
    return replace(found, source_name=name)


def weights_of_domains(paths: Collection[str]) -> dict[str, DomainWeights]:
    """What holds in each of many domains, without names. One SQL statement."""
    known = _set_on({above for path in paths for above in paths_up(path)})
    return {path: _held(path, known) for path in paths}


def _held(path: str, known: Mapping[str, Weights]) -> DomainWeights:
    source = _nearest(path, known)
    given = known.get(source, {})
    return DomainWeights({each: given.get(each, USUAL) for each in Dimension.values}, source)


def _set_on(paths: Collection[str]) -> dict[str, dict[str, float]]:
    rows = DimensionWeight.objects.filter(domain__path__in=paths)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for path, dimension, weight in rows.values_list("domain__path", "dimension", "weight"):
        found[path][dimension] = weight
    return dict(found)


def _nearest(path: str, known: Collection[str]) -> str:
    return next((above for above in reversed(paths_up(path)) if above in known), "")
