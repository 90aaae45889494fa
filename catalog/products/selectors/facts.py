"""What policies may ask of a product: the facts, made from rows or from what is to be written."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.actors import Actor, in_domain
from catalog.contracts.models import SchemaProperty, Sla
from catalog.governance.extensions import Facts, Shown, shown_of
from catalog.governance.models import Term
from catalog.products.models import DataProduct, InputPort, OutputPort, Ownership
from catalog.products.states import LISTED

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
    """The facts of products as they stand. Two SQL statements, whatever the number."""
    if not ids:
        return {}
    ports = _ports(ids)
    own = OuterRef("pk")
    parts = Ownership.objects.filter(product=own).order_by("kind").values("kind").distinct()
    terms = Term.objects.filter(products=own).order_by("name").values("slug")
    inputs = InputPort.objects.filter(product=own).order_by().values("product")
    products = DataProduct.objects.filter(pk__in=ids).select_related("domain", "owner")
    known = products.defer("document", "text").annotate(
        part_kinds=ArraySubquery(parts),
        term_slugs=ArraySubquery(terms),
        input_count=Coalesce(Subquery(inputs.annotate(n=Count("pk")).values("n")), 0),
    )
    return {each.pk: _facts(each, ports[each.pk]) for each in known}


def _facts(product: Any, ports: list[PortFacts]) -> ProductFacts:
    """Of a product with `part_kinds`, `term_slugs` and `input_count`."""
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
        terms=product.term_slugs,
        ownership=product.part_kinds,
        links=sorted({str(link.get("kind", "")) for link in product.links}),
        extra=product.extra,
        inputs=product.input_count,
        consumers=product.consumer_count,
        quality=product.quality_score,
        quality_coverage=product.quality_coverage,
        ports=ports,
    )


def _ports(ids: Collection[UUID]) -> dict[UUID, list[PortFacts]]:
    """The ports of each product with what their contracts say. One SQL statement."""
    version = OuterRef("contract_version")
    promised = Sla.objects.filter(version=version).order_by("id").values("property")
    rows = OutputPort.objects.filter(product__in=ids).values_list(
        "product_id", "name", "major", "technology", "contract__document_id",
        "contract_version__version", "contract_version__document__description",
        ArraySubquery(promised), Subquery(_columns(version)),
    )  # fmt: skip
    found: dict[UUID, list[PortFacts]] = defaultdict(list)
    for product_id, name, major, technology, contract, known, said, promises, columns in rows:
        columns = columns or {"total": 0, "described": 0, "personal": 0}
        found[product_id].append(
            PortFacts(
                name=name,
                major=major,
                technology=technology,
                contract=contract or "",
                version=known or "",
                described=bool(said),
                has_sla=bool(promises),
                promises=list(dict.fromkeys(promises)),
                columns=columns["total"],
                described_columns=columns["described"],
                pii_columns=columns["personal"],
            )
        )
    return found


def _columns(version: OuterRef) -> QuerySet[Any]:
    """How many columns a contract version has, how many are described and how many personal."""
    personal = Q(tags__overlap=list(PERSONAL)) | Q(classification__in=PERSONAL)
    columns = SchemaProperty.objects.filter(object__version=version).order_by()
    counts = JSONObject(
        total=Count("pk"),
        described=Count("pk", filter=~Q(description="")),
        personal=Count("pk", filter=personal),
    )
    return columns.values("object__version").annotate(counts=counts).values("counts")


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
        return found.filter(in_domain(domain_path)) if domain_path else found

    def shown(self, ids: Sequence[UUID]) -> list[Shown]:
        return shown_of(DataProduct.objects.all(), ids)
