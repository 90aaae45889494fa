"""Products as linked data: DCAT 3 with the data product ontology DPROD, as JSON-LD."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

MEDIA_TYPE = "application/ld+json"

_ONTOLOGY = "https://ekgf.github.io/dprod/"
# Inline, so that nobody has to fetch anything to read an answer.
CONTEXT: Mapping[str, Any] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dprod": _ONTOLOGY,
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id",
    "type": "@type",
    "label": "rdfs:label",
    "title": "dcterms:title",
    "description": "dcterms:description",
    "identifier": "dcterms:identifier",
    "issued": {"@id": "dcterms:issued", "@type": "xsd:dateTime"},
    "modified": {"@id": "dcterms:modified", "@type": "xsd:dateTime"},
    "publisher": {"@id": "dcterms:publisher", "@type": "@id"},
    "format": "dcterms:format",
    "conformsTo": {"@id": "dcterms:conformsTo", "@type": "@id"},
    "page": {"@id": "http://xmlns.com/foaf/0.1/page", "@type": "@id"},
    "next": {"@id": "http://www.w3.org/ns/hydra/core#next", "@type": "@id"},
    "keyword": "dcat:keyword",
    "version": "dcat:version",
    "landingPage": {"@id": "dcat:landingPage", "@type": "@id"},
    "endpointURL": {"@id": "dcat:endpointURL", "@type": "@id"},
    "resource": "dcat:resource",
    "purpose": "dprod:purpose",
    "domain": {"@id": "dprod:domain", "@type": "@id"},
    "dataProductOwner": {"@id": "dprod:dataProductOwner", "@type": "@id"},
    "lifecycleStatus": "dprod:lifecycleStatus",
    "informationSensitivityClassification": "dprod:informationSensitivityClassification",
    "inputPort": "dprod:inputPort",
    "outputPort": "dprod:outputPort",
    "isAccessServiceOf": "dprod:isAccessServiceOf",
    "isDistributionOf": "dprod:isDistributionOf",
}


@dataclass(frozen=True)
class LinkedPort:
    """A port: where it is shown, and the contract its data keeps."""

    path: str  # of its page, or of its place within the product's
    name: str
    description: str = ""
    technology: str = ""
    contract_path: str = ""  # of the contract's document; "" for none
    contract_id: str = ""


@dataclass(frozen=True)
class LinkedProduct:
    """What linked data says of a product."""

    path: str  # of its page
    document_id: str
    name: str
    purpose: str
    description: str
    status: str
    version: str
    classification: str
    domain_path: str  # of the page of its domain
    domain_name: str
    owner_path: str
    owner_name: str
    tags: Sequence[str]
    links: Sequence[str]
    issued: str | None  # ISO 8601
    modified: str
    inputs: Sequence[LinkedPort] = ()
    outputs: Sequence[LinkedPort] = ()


def product_document(product: LinkedProduct, base: str) -> dict[str, Any]:
    """One product. `base` is the portal's address without the last slash."""
    return {"@context": dict(CONTEXT), **_product(product, base)}


def catalog_document(
    products: Iterable[LinkedProduct], base: str, *, page: str, next_page: str | None
) -> dict[str, Any]:
    """One page of the catalogue.

    Args:
        page: path of this page.
        next_page: address of the page after it.
    """
    catalog = {
        "@context": dict(CONTEXT),
        "id": f"{base}{page}",
        "type": "dcat:Catalog",
        "title": "Data products",
        "resource": [_product(each, base) for each in products],
    }
    return catalog if next_page is None else {**catalog, "next": next_page}


def _product(product: LinkedProduct, base: str) -> dict[str, Any]:
    address = _address(base, product.path)
    return _filled(
        {
            "id": address,
            "type": "dprod:DataProduct",
            "label": product.name,
            "title": product.name,
            "identifier": product.document_id,
            "purpose": product.purpose,
            "description": product.description or product.purpose,
            "version": product.version,
            "keyword": list(product.tags),
            "issued": product.issued,
            "modified": product.modified,
            "landingPage": address,
            "page": [each for each in product.links if each.isascii()],
            "domain": _named(_address(base, product.domain_path), "", product.domain_name),
            "dataProductOwner": _named(
                _address(base, product.owner_path), "prov:Agent", product.owner_name
            ),
            "lifecycleStatus": _word("DataProductLifecycleStatus", product.status),
            "inputPort": [_service(each, base) for each in product.inputs],
            "outputPort": [_offer(each, product, base) for each in product.outputs],
        }
    )


def _service(port: LinkedPort, base: str) -> dict[str, Any]:
    return _filled(
        {
            "id": _address(base, port.path),
            "type": "dcat:DataService",
            "label": port.name,
            "title": port.name,
            "description": port.description,
            "conformsTo": _contract(port, base),
        }
    )


def _offer(port: LinkedPort, product: LinkedProduct, base: str) -> dict[str, Any]:
    """A service that gives access to one distribution of one dataset."""
    address = _address(base, port.path)
    dataset = {
        "id": f"{address}#dataset",
        "type": "dcat:Dataset",
        "label": port.name,
        "title": port.name,
        "description": port.description,
        "conformsTo": _contract(port, base),
        "informationSensitivityClassification": _word(
            "InformationSensitivityClassification", product.classification
        ),
    }
    distribution = {
        "id": f"{address}#distribution",
        "type": "dcat:Distribution",
        "title": port.name,
        "format": port.technology,
        "isDistributionOf": _filled(dataset),
    }
    return {
        **_service(port, base),
        "endpointURL": address,
        "isAccessServiceOf": _filled(distribution),
    }


def _contract(port: LinkedPort, base: str) -> dict[str, Any] | None:
    if not port.contract_path:
        return None
    address = _address(base, port.contract_path)
    return {"id": address, "type": "dcterms:Standard", "identifier": port.contract_id}


def _named(address: str, kind: str, name: str) -> dict[str, Any]:
    return _filled({"id": address, "type": kind, "label": name})


def _word(kind: str, word: str) -> dict[str, Any] | None:
    """An entry of a controlled list of the portal, described where it is used."""
    if not word:
        return None
    return {"id": f"urn:meshport:{kind}:{quote(word)}", "type": f"dprod:{kind}", "label": word}


def _address(base: str, path: str) -> str:
    return f"{base}{quote(path, safe='/@?=#&.:~-%')}"


def _filled(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value not in (None, "", [], {})}
