"""Products that read a port with a given contract: whom a change of the contract affects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from django.db.models import Q

from accounts.actors import Actor
from catalog.contracts.extensions import Affected, Party
from catalog.contracts.models import DataContract
from catalog.products.models import DataProduct, InputPort, OutputPort
from catalog.products.states import LISTED, ProductStatus

MAX_PARTIES = 500


def offered_versions(version_ids: Collection[int]) -> set[int]:
    """Those of the contract versions that a published port has, or will have. One statement."""
    ports = OutputPort.objects.filter(product__status__in=LISTED)
    named = ports.filter(
        Q(contract_version__in=version_ids) | Q(next_contract_version__in=version_ids)
    )
    pairs = named.values_list("contract_version_id", "next_contract_version_id")
    return {pk for pair in pairs for pk in pair if pk in set(version_ids)}


def consumers_of_contract(actor: Actor, contract: DataContract) -> Affected:
    """Products with an input port on a port with this contract, or that names the contract itself.

    A port that `actor` may not see is called what the reader calls it.

    Cost: five SQL statements.
    """
    offering = list(OutputPort.objects.filter(contract=contract).values_list("pk", flat=True))
    by_name = Q(source__isnull=True, contract_document_id=contract.document_id)
    reading = InputPort.objects.filter(Q(source__in=offering) | by_name).exclude(
        product__status=ProductStatus.RETIRED
    )
    # ids first: nested in one statement, the plan is at the mercy of what is known of the tables
    readers = set(reading.order_by().values_list("product", flat=True))
    visible = DataProduct.objects.visible_to(actor).filter(pk__in=readers)
    seen = list(visible.order_by().values_list("pk", flat=True))
    shown = reading.filter(product__in=seen).select_related(
        "product__owner", "source__contract_version"
    )
    light = shown.defer("source__contract_version__text", "source__contract_version__document")
    ports = light.order_by("product__fqn", "name")[:MAX_PARTIES]
    offered = OutputPort.objects.visible_to(actor).filter(pk__in=offering)
    parties = tuple(_parties(ports, frozenset(offered.values_list("pk", flat=True))))
    return Affected(parties, len(readers) - len(seen))


def _parties(ports: Iterable[InputPort], visible: Collection[UUID]) -> Iterator[Party]:
    for port in ports:
        product, source = port.product, port.source
        version = source.contract_version if source else None
        yield Party(
            kind="product",
            id=product.fqn,
            name=product.name,
            url=product.get_absolute_url(),
            owner_slug=product.owner.slug,
            owner_name=product.owner.name,
            via=source.fqn if source and source.pk in visible else port.name,
            version=version.version if version else port.version,
        )
