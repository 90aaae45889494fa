"""What the products of a domain have and what they lack: a grid that shows it at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from catalog.products.models import DataProduct, DataProductQuerySet, OutputPort, Ownership

FEW = 24  # products up to which a cell keeps its width
NAMED = 12  # products named in the sentence of a row


@dataclass(frozen=True)
class Cell:
    """One product in one row; a lacking one is drawn low, so that shape says it too."""

    x: int
    has_it: bool
    title: str


@dataclass(frozen=True)
class Aspect:
    """One row of the grid."""

    label: str
    cells: list[Cell]
    have: int
    sentence: str  # for a screen reader
    lacking: list[DataProduct]

    @property
    def total(self) -> int:
        return len(self.cells)

    @property
    def places(self) -> int:
        """Cells that the drawing has room for, so that those of few products are no planks."""
        return max(self.total, FEW)


ASPECTS: dict[str, Callable[[Any], bool]] = {
    "Description": lambda product: bool(product.purpose and product.description),
    "Contract": lambda product: product.has_contract,
    "Quality": lambda product: product.quality_score is not None,
    "Steward": lambda product: product.has_steward,
    "Terms": lambda product: product.has_terms,
}


def with_coverage(products: DataProductQuerySet) -> DataProductQuerySet:
    """Products with `has_contract`, `has_steward` and `has_terms`, in the same statement."""
    ports = OutputPort.objects.filter(product=OuterRef("pk"), contract_version__isnull=False)
    stewards = Ownership.objects.filter(product=OuterRef("pk"), kind=Ownership.Kind.STEWARD)
    terms = DataProduct.terms.through.objects.filter(dataproduct=OuterRef("pk"))
    return products.annotate(
        has_contract=Exists(ports), has_steward=Exists(stewards), has_terms=Exists(terms)
    )


def coverage(products: Sequence[DataProduct]) -> list[Aspect]:
    """The rows of the grid for products of `with_coverage`; none without products."""
    return [_aspect(label, has, products) for label, has in ASPECTS.items()] if products else []


def _aspect(label: str, has: Callable[[Any], bool], products: Sequence[DataProduct]) -> Aspect:
    cells = [
        Cell(x, has(each), f"{each.name}: {label.lower()} {'is there' if has(each) else 'lacks'}")
        for x, each in enumerate(products)
    ]
    lacking = [each for each in products if not has(each)]
    names = ", ".join(each.name for each in lacking[:NAMED])
    more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    have = len(products) - len(lacking)
    without = f"; without: {names}{more}" if lacking else ""
    sentence = f"{label}: {have} of {len(products)} products{without}"
    return Aspect(label, cells, have, sentence, lacking)
