"""From an ODPS descriptor to what the product services take."""

from __future__ import annotations

from accounts.models import Domain, Team
from catalog.contracts.states import Classification
from catalog.products.data import InputData, PortData, ProductData
from catalog.products.formats import odps
from catalog.products.names import slug_for
from catalog.products.states import ProductStatus, Visibility
from core.documents import Document

# Where what a service complains about stands in an ODPS document.
_POINTERS = {
    "/slug": "/customProperties",
    "/visibility": "/customProperties",
    "/archetype": "/type",
    "/ports": "/outputPorts",
    "/datasets": "/outputPorts",
}


def public_pointer(pointer: str) -> str:
    """The pointer into the document for one of the service's."""
    return _POINTERS.get(pointer, pointer)


def product_data(
    doc: odps.ProductDoc, document: Document, domain: Domain, owner: Team
) -> ProductData:
    """What the descriptor wants the product to be."""
    status = doc.status.lower()
    return ProductData(
        document_id=doc.document_id,
        name=(doc.name or doc.document_id)[:200],
        domain=domain,
        owner=owner,
        slug=doc.slug,
        status=status if status in ProductStatus.values else "",
        purpose=doc.purpose,
        limitations=doc.limitations,
        usage=doc.usage,
        archetype=doc.archetype,
        visibility=_known(doc, "visibility", Visibility.values),
        classification=_known(doc, "classification", Classification.values),
        version=doc.version[:60],
        tags=doc.tags,
        ports=tuple(_port(at, port) for at, port in enumerate(doc.output_ports)),
        inputs=tuple(
            InputData(port.name, port.version, port.contract_id, f"/inputPorts/{at}")
            for at, port in enumerate(doc.input_ports)
        ),
        document=document,
    )


def _known(doc: odps.ProductDoc, name: str, values: list[str]) -> str:
    """A custom property of ours; another meaning of the same name is left alone."""
    value = str(doc.custom_properties.get(name) or "").lower()
    return value if value in values else ""


def _port(at: int, port: odps.OutputPort) -> PortData:
    name = slug_for(port.name)
    return PortData(
        name=name,
        major=port.major,
        version=port.version[:60],
        title="" if port.name == name else port.name[:200],
        description=port.description,
        technology=port.type[:40],
        contract_id=port.contract_id,
        pointer=f"/outputPorts/{at}",
    )
