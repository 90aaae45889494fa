"""Search rows of products, and what their ports say of contracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from catalog.contracts import services as contracts
from catalog.contracts.models import DataContract, SchemaObject, SchemaProperty
from catalog.contracts.services import Offer
from catalog.governance.models import Term
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import LISTED, Visibility
from catalog.search import services as search
from catalog.search.services import EntryData

SEARCH_KIND = "product"
TERM_NAMES = Term.objects.filter(products=OuterRef("pk")).order_by("name").values("name")
SHOWING = ("domain_id", "status", "visibility", "reader_team_ids", "reader_user_ids")
WIDEST_FIRST = (Visibility.COMPANY, Visibility.DOMAIN, Visibility.RESTRICTED)


@dataclass
class Described:
    """A table of a contract version."""

    name: str
    columns: list[str] = field(default_factory=list)


def reindex(product_ids: Collection[UUID]) -> None:
    """Write the search rows of products. Cost: six statements, whatever the number."""
    ports: dict[UUID, list[OutputPort]] = defaultdict(list)
    for port in OutputPort.objects.filter(product__in=product_ids).defer("location"):
        ports[port.product_id].append(port)
    tables = _tables_of({port.contract_version_id for each in ports.values() for port in each})
    products = (
        DataProduct.objects.filter(pk__in=product_ids)
        .select_related("domain", "owner")
        .defer("document", "text", "extra", "links", "domain__field_schema")
        .annotate(term_names=ArraySubquery(TERM_NAMES))
    )
    search.index_many(
        _entry(each, ports[each.pk], _tables(ports[each.pk], tables)) for each in products
    )


def _tables_of(version_ids: set[int | None]) -> dict[int | None, list[Described]]:
    """What the contract versions describe. Each table is asked for itself: before an import is
    committed the database knows too little of the rows to join them well.
    """
    found: dict[int | None, list[Described]] = defaultdict(list)
    names: dict[int, Described] = {}
    objects = SchemaObject.objects.filter(version__in=version_ids - {None}).order_by("pk")
    for pk, version_id, name in objects.values_list("pk", "version_id", "name"):
        names[pk] = Described(name)
        found[version_id].append(names[pk])
    properties = SchemaProperty.objects.filter(object__in=names).order_by("object_id", "position")
    for object_id, path in properties.values_list("object_id", "path"):
        names[object_id].columns.append(path)
    return found


def _tables(
    ports: Iterable[OutputPort], tables: Mapping[int | None, list[Described]]
) -> list[Described]:
    """Those of all ports, each once."""
    versions = sorted({port.contract_version_id for port in ports if port.contract_version_id})
    return [each for version in versions for each in tables[version] if each.columns]


def record_offers(contract_ids: Iterable[UUID | None]) -> None:
    """Tell the contracts how ports show them: as widely as the widest listed product."""
    ids = {pk for pk in contract_ids if pk is not None}
    if not ids:
        return
    pairs = OutputPort.objects.filter(contract__in=ids).values_list("contract_id", "product_id")
    naming: dict[UUID, set[UUID]] = defaultdict(set)
    for contract_id, product_id in pairs.order_by():
        if contract_id is not None:
            naming[contract_id].add(product_id)
    named = {pk for each in naming.values() for pk in each}
    products = DataProduct.objects.only(*SHOWING).in_bulk(named)
    homes = dict(DataContract.objects.filter(pk__in=ids).values_list("pk", "domain_id"))
    offers: dict[UUID, Offer | None] = dict.fromkeys(ids)
    for pk, product_ids in naming.items():
        offers[pk] = _offer([products[each] for each in product_ids], homes[pk])
    contracts.record_offers(offers)


def _offer(products: list[DataProduct], home: int) -> Offer:
    """How a contract of the domain `home` is shown by the products whose ports name it."""
    listed = [product for product in products if product.status in LISTED]
    widths = {_width(product, home) for product in listed}
    visibility = next((each for each in WIDEST_FIRST if each in widths), Visibility.RESTRICTED)
    return Offer(
        visibility,
        {pk for product in listed for pk in product.reader_team_ids},
        {pk for product in listed for pk in product.reader_user_ids},
    )


def _width(product: DataProduct, home: int) -> str:
    """A contract of another domain is not shown to that domain for this product's sake."""
    if product.visibility == Visibility.DOMAIN and home != product.domain_id:
        return Visibility.RESTRICTED
    return product.visibility


def _entry(product: DataProduct, ports: list[OutputPort], tables: list[Described]) -> EntryData:
    return EntryData(
        kind=SEARCH_KIND,
        object_id=str(product.pk),
        fqn=product.fqn,
        name=product.name,
        summary=product.purpose or product.description,
        text=" ".join([product.description, product.usage, *(port.description for port in ports)]),
        domain_path=product.domain.path,
        domain_name=product.domain.name,
        owner_team_id=product.owner_id,
        owner_slug=product.owner.slug,
        owner_name=product.owner.name,
        status=product.status,
        archetype=product.archetype,
        classification=product.classification,
        visibility=product.visibility,
        listed=product.status in LISTED,
        url=product.get_absolute_url(),
        updated_at=product.updated_at,
        tags=product.tags,
        terms=product.term_names,  # type: ignore[attr-defined]
        technologies=[port.technology for port in ports],
        words=[
            *(port.name for port in ports),
            *dict.fromkeys(each.name for each in tables),
            product.domain.name,
            product.owner.name,
        ],
        columns=[path for each in tables for path in each.columns],
        score=product.quality_score,
        measured_at=product.quality_measured_at,
        stale_at=product.quality_stale_at,
        consumers=product.consumer_count,
        readers=product.reader_team_ids,
        reader_users=product.reader_user_ids,
    )
