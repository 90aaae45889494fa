"""Search rows of products, and what their ports say of contracts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from catalog.contracts import services as contracts
from catalog.contracts.models import SchemaProperty
from catalog.contracts.services import Offer
from catalog.governance.models import Term
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import LISTED, Visibility
from catalog.search import services as search
from catalog.search.services import EntryData

SEARCH_KIND = "product"
TERM_NAMES = Term.objects.filter(products=OuterRef("pk")).order_by("name").values("name")
WIDEST_FIRST = (Visibility.COMPANY, Visibility.DOMAIN, Visibility.RESTRICTED)


def reindex(product_ids: Collection[UUID]) -> None:
    """Write the search rows of products. Cost: four statements, whatever the number; and one for
    the words that are new, per 500 products.
    """
    ports: dict[UUID, list[OutputPort]] = defaultdict(list)
    for port in OutputPort.objects.filter(product__in=product_ids):
        ports[port.product_id].append(port)
    columns: dict[UUID, list[str]] = defaultdict(list)
    tables: dict[UUID, list[str]] = defaultdict(list)
    rows = SchemaProperty.objects.filter(object__version__output_ports__product__in=product_ids)
    for product_id, table, path in rows.order_by("object_id", "position").values_list(
        "object__version__output_ports__product_id", "object__name", "path"
    ):
        tables[product_id].append(table)
        columns[product_id].append(path)
    products = (
        DataProduct.objects.filter(pk__in=product_ids)
        .select_related("domain", "owner")
        .annotate(term_names=ArraySubquery(TERM_NAMES))
    )
    search.index_many(
        _entry(each, ports[each.pk], tables[each.pk], columns[each.pk]) for each in products
    )


def record_offers(contract_ids: Iterable[UUID | None]) -> None:
    """Tell the contracts how ports show them: as widely as the widest listed product."""
    ids = {pk for pk in contract_ids if pk is not None}
    if not ids:
        return
    ports = OutputPort.objects.filter(contract__in=ids).select_related("product", "contract")
    naming: dict[UUID, list[OutputPort]] = defaultdict(list)
    for port in ports:
        if port.contract_id is not None:
            naming[port.contract_id].append(port)
    contracts.record_offers({pk: _offer(naming[pk]) if naming[pk] else None for pk in ids})


def _offer(ports: list[OutputPort]) -> Offer:
    listed = [port for port in ports if port.product.status in LISTED]
    widths = {_width(port) for port in listed}
    visibility = next((each for each in WIDEST_FIRST if each in widths), Visibility.RESTRICTED)
    return Offer(
        visibility,
        {pk for port in listed for pk in port.product.reader_team_ids},
        {pk for port in listed for pk in port.product.reader_user_ids},
    )


def _width(port: OutputPort) -> str:
    """A contract of another domain is not shown to that domain for this port's sake."""
    product, contract = port.product, port.contract
    elsewhere = contract is not None and contract.domain_id != product.domain_id
    if product.visibility == Visibility.DOMAIN and elsewhere:
        return Visibility.RESTRICTED
    return product.visibility


def _entry(
    product: DataProduct, ports: list[OutputPort], tables: list[str], columns: list[str]
) -> EntryData:
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
            *dict.fromkeys(tables),
            product.domain.name,
            product.owner.name,
        ],
        columns=columns,
        score=product.quality_score,
        measured_at=product.quality_measured_at,
        stale_at=product.quality_stale_at,
        consumers=product.consumer_count,
        readers=product.reader_team_ids,
        reader_users=product.reader_user_ids,
    )
