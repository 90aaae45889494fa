"""What the catalogue says of the product that an instance made, as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from catalog.products.descriptors.export import descriptor_of
from catalog.products.models import DataProduct, OutputPort


def described(instance_id: UUID) -> Mapping[str, str]:
    """`product.odps.yaml` and one `<contract>.odcs.yaml` for each contract of its ports."""
    product = (
        DataProduct.objects.filter(instance_id=instance_id)
        .select_related("domain", "owner")
        .first()
    )
    if product is None:
        return {}
    return {"product.odps.yaml": descriptor_of(product)[1], **dict(_contracts(product))}


def _contracts(product: DataProduct) -> Iterator[tuple[str, str]]:
    ports = OutputPort.objects.filter(product=product, contract_version__isnull=False)
    for port in ports.select_related("contract_version").order_by("name", "major"):
        assert port.contract_version is not None  # filtered
        yield f"{port.name}-v{port.major}.odcs.yaml", port.contract_version.text
