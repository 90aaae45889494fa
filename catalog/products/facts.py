"""What policies may ask of a product: the facts, made from rows or from what is to be written."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.actors import Actor
from catalog.contracts.models import SchemaProperty, Sla
from catalog.governance.extensions import Facts, Shown
from catalog.governance.services import subject_changed
from catalog.products.models import DataProduct, InputPort, OutputPort, Ownership
from catalog.products.states import LISTED
from core.models import OutboxEvent

PERSONAL = ("pii", "personal", "personal-data", "gdpr")  # tags or classes of a column


@dataclass(frozen=True)
class PortFacts:
    """An output port as policies see it."""

    name: str
    major: int = 1
    technology: str = ""
    contract: str = ""  # the document's id, "" without one
    version: str = ""  # of the contract
    described: bool = False  # the contract says what it is for
    has_sla: bool = False  # any promise
    promises: Sequence[str] = ()  # e.g. latency, retention
    columns: int = 0
    described_columns: int = 0
    pii_columns: int = 0


@dataclass(frozen=True)
class ProductFacts:
    """A product as policies and the publish gate see it. `id` only tells subjects apart."""

    id: UUID
    fqn: str
    name: str
    domain: str  # path
    owner: str  # slug of the team
    purpose: str = ""
    description: str = ""
    usage: str = ""
    limitations: str = ""
    status: str = "draft"
    archetype: str = ""
    visibility: str = "company"
    classification: str = ""
    version: str = ""
    tags: Sequence[str] = ()
    terms: Sequence[str] = ()
    ownership: Sequence[str] = ()  # kinds of those with a named part: steward, expert, on-call
    links: Sequence[str] = ()  # kinds
    extra: Mapping[str, Any] = field(default_factory=dict)
    inputs: int = 0
    consumers: int = 0
    quality: float | None = None  # percent; null until measured
    quality_coverage: float = 0.0  # 0-1
    ports: Sequence[PortFacts] = ()

    def as_json(self) -> Facts:
        """The facts by name, as a rule reads them."""
        found = dataclasses.asdict(self)
        found["id"] = str(self.id)
        for name in ("tags", "terms", "ownership", "links"):
            found[name] = list(found[name])
        found["ports"] = [{**port, "promises": list(port["promises"])} for port in found["ports"]]
        found["has_personal_data"] = any(port.pii_columns for port in self.ports)
        return found


EXAMPLE = ProductFacts(
    id=UUID(int=0),
    fqn="sales.orders",
    name="Orders",
    domain="sales",
    owner="sales-data",
    purpose="All orders, one row each.",
    description="Orders of all shops.",
    status="active",
    archetype="source-aligned",
    classification="internal",
    version="1.2.0",
    tags=("orders",),
    terms=("order",),
    ownership=("steward",),
    links=("documentation",),
    extra={"cost-centre": "4711"},
    inputs=1,
    consumers=3,
    quality=97.5,
    quality_coverage=0.8,
    ports=(
        PortFacts(
            name="table",
            technology="postgresql",
            contract="orders-contract",
            version="1.0.0",
            described=True,
            has_sla=True,
            promises=("latency", "retention"),
            columns=12,
            described_columns=12,
            pii_columns=2,
        ),
    ),
)


def facts_of(ids: Collection[UUID]) -> dict[UUID, ProductFacts]:
    """The facts of products as they stand. Seven SQL statements, whatever the number."""
    if not ids:
        return {}
    products = DataProduct.objects.filter(pk__in=ids).select_related("domain", "owner")
    inputs = Counter(InputPort.objects.filter(product__in=ids).values_list("product_id", flat=True))
    ports = _ports(ids)
    kinds: dict[UUID, set[str]] = defaultdict(set)
    for product_id, kind in Ownership.objects.filter(product__in=ids).values_list(
        "product_id", "kind"
    ):
        kinds[product_id].add(kind)
    terms: dict[UUID, list[str]] = defaultdict(list)
    named = DataProduct.terms.through.objects.filter(dataproduct__in=ids).order_by("term__name")
    for product_id, slug in named.values_list("dataproduct_id", "term__slug"):
        terms[product_id].append(slug)
    return {
        each.pk: _facts(
            each, inputs[each.pk], ports[each.pk], sorted(kinds[each.pk]), terms[each.pk]
        )
        for each in products.defer("document", "text")
    }


def _facts(
    product: DataProduct,
    inputs: int,
    ports: list[PortFacts],
    ownership: list[str],
    terms: list[str],
) -> ProductFacts:
    return ProductFacts(
        id=product.pk,
        fqn=product.fqn,
        name=product.name,
        domain=product.domain.path,
        owner=product.owner.slug,
        purpose=product.purpose,
        description=product.description,
        usage=product.usage,
        limitations=product.limitations,
        status=product.status,
        archetype=product.archetype,
        visibility=product.visibility,
        classification=product.classification,
        version=product.version,
        tags=product.tags,
        terms=terms,
        ownership=ownership,
        links=sorted({str(link.get("kind", "")) for link in product.links}),
        extra=product.extra,
        inputs=inputs,
        consumers=product.consumer_count,
        quality=product.quality_score,
        quality_coverage=product.quality_coverage,
        ports=ports,
    )


def _ports(ids: Collection[UUID]) -> dict[UUID, list[PortFacts]]:
    rows = list(
        OutputPort.objects.filter(product__in=ids).values_list(
            "product_id", "name", "major", "technology", "contract__document_id",
            "contract_version_id", "contract_version__version",
            "contract_version__document__description",
        )
    )  # fmt: skip
    versions = {row[5] for row in rows if row[5] is not None}
    columns, promises = column_counts(versions), promises_of(versions)
    found: dict[UUID, list[PortFacts]] = defaultdict(list)
    for product_id, name, major, technology, contract, version_id, version, said in rows:
        total, described, personal = columns.get(version_id, (0, 0, 0))
        promised = promises.get(version_id, [])
        found[product_id].append(
            PortFacts(
                name=name,
                major=major,
                technology=technology,
                contract=contract or "",
                version=version or "",
                described=bool(said),
                has_sla=bool(promised),
                promises=promised,
                columns=total,
                described_columns=described,
                pii_columns=personal,
            )
        )
    return found


def column_counts(versions: Collection[int]) -> dict[int, tuple[int, int, int]]:
    """`{contract version: (columns, described ones, personal ones)}`. One SQL statement."""
    if not versions:
        return {}
    personal = Q(tags__overlap=list(PERSONAL)) | Q(classification__in=PERSONAL)
    counted = (
        SchemaProperty.objects.filter(object__version__in=versions)
        .order_by()
        .values_list("object__version")
        .annotate(
            total=Count("pk"),
            described=Count("pk", filter=~Q(description="")),
            personal=Count("pk", filter=personal),
        )
    )
    return {row[0]: (row[1], row[2], row[3]) for row in counted}


def promises_of(versions: Collection[int]) -> dict[int, list[str]]:
    """`{contract version: what it promises}`. One SQL statement."""
    found: dict[int, list[str]] = defaultdict(list)
    if versions:
        rows = Sla.objects.filter(version__in=versions).order_by("id")
        for version_id, name in rows.values_list("version_id", "property"):
            if name not in found[version_id]:
                found[version_id].append(name)
    return found


class ProductSubjects:
    """Published products, as subjects of policies."""

    kind = "product"
    example: Facts = EXAMPLE.as_json()

    def facts(self, ids: Collection[UUID]) -> dict[UUID, Facts]:
        return {pk: each.as_json() for pk, each in facts_of(ids).items()}

    def published(self, actor: Actor | None, domain_path: str = "") -> QuerySet[Any]:
        found = (
            DataProduct.objects.all() if actor is None else DataProduct.objects.visible_to(actor)
        )
        found = found.filter(status__in=LISTED)
        if domain_path:
            inside = Q(domain__path=domain_path) | Q(domain__path__startswith=f"{domain_path}.")
            found = found.filter(inside)
        return found

    def shown(self, ids: Sequence[UUID]) -> list[Shown]:
        found = DataProduct.objects.select_related("owner").in_bulk(list(ids))
        return [
            Shown(pk, each.name, each.fqn, each.get_absolute_url(), each.owner.name)
            for pk in ids
            if (each := found.get(pk)) is not None
        ]


def product_changed(event: OutboxEvent) -> None:
    """Outbox `product.changed` and `product.measured`: what the policies say of it now."""
    subject_changed("product", event)
