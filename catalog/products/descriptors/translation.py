"""From a descriptor to what the product services take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accounts.models import Domain, Team
from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.formats import backstage, odps
from catalog.products.names import slug_for
from catalog.products.states import ProductStatus, Visibility
from core.documents import Document
from core.problems import Problem, shown

EXTRA_PREFIX = "extra."
TEAM_PREFIX = "team:"
LINK_SCHEMES = ("http://", "https://", "mailto:")

# Where what a service complains about stands in an ODPS document.
_POINTERS = {
    "/slug": "/customProperties",
    "/visibility": "/customProperties",
    "/archetype": "/type",
    "/purpose": "/description/purpose",
    "/ports": "/outputPorts",
    "/datasets": "/outputPorts",
    "/ownership": "/team/members",
    "/links": "/support",
    "/terms": "/customProperties",
    "/extra": "/customProperties",
}
_ROLES = {  # of a member, in small letters with "-" for spaces: the part he has in the product
    "steward": "steward",
    "data-steward": "steward",
    "expert": "expert",
    "subject-matter-expert": "expert",
    "sme": "expert",
    "on-call": "on-call",
    "oncall": "on-call",
}


def public_pointer(pointer: str) -> str:
    """The pointer into the document for one of the service's."""
    head, _, rest = pointer.removeprefix("/").partition("/")
    if rest and f"/{head}" in ("/extra", "/terms", "/links", "/ownership"):
        return _POINTERS[f"/{head}"]
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
        description=_text(doc.custom_properties, "description"),
        limitations=doc.limitations,
        usage=doc.usage,
        archetype=doc.archetype,
        visibility=_known(doc, "visibility", Visibility.values),
        classification=_text(doc.custom_properties, "classification").strip().lower(),
        version=doc.version[:60],
        tags=doc.tags,
        ports=tuple(_port(port) for port in doc.output_ports),
        inputs=tuple(
            InputData(
                name=port.name,
                version=port.version,
                contract_id=port.contract_id,
                pointer=port.pointer,
                system=_text(port.custom_properties, "system"),
            )
            for port in doc.input_ports
        ),
        document=document,
        links=None if doc.links is None else tuple(_links(doc.links)),
        extra=_extra(doc.custom_properties),
        terms=_terms(doc.custom_properties.get("terms")),
        ownerships=None if doc.members is None else tuple(_ownerships(doc.members)),
        is_descriptor=True,
        left_out=tuple(_left_out(doc.links or ())),
    )


def product_of_entity(entity: backstage.Entity) -> odps.ProductDoc:
    """A Backstage component that is a data product; its API relations are kept in the document."""
    return odps.ProductDoc(
        document_id=entity.document_id,
        api_version="",
        name=entity.title or entity.name,
        version=entity.version,
        # it names no port and no contract, so it cannot pass the gate: a new one is a draft
        status="retired" if entity.lifecycle.lower() == "decommissioned" else "",
        domain=entity.domain,
        tenant="",
        archetype="",
        team=entity.team,
        purpose=entity.description.strip(),
        usage="",
        limitations="",
        tags=entity.tags,
        input_ports=(),
        output_ports=(),
        custom_properties={"slug": slug_for(entity.name)},
        links=tuple(_entity_links(entity)),
    )


def _entity_links(entity: backstage.Entity) -> Iterator[tuple[str, str, str]]:
    for each in entity.links:
        kind = odps.LINK_KINDS.get(each.type.lower(), "other")
        yield kind, each.title or each.url, each.url
    source = str(entity.annotations.get("backstage.io/source-location") or "")
    if source:
        yield "repository", "Repository", source.removeprefix("url:")


def entity_links(entity: backstage.Entity) -> tuple[LinkData, ...]:
    """The links of an entity that a browser may follow."""
    return tuple(_links(_entity_links(entity)))


def _links(found: Iterable[tuple[str, str, str]]) -> Iterator[LinkData]:
    """What a reader may follow; other addresses stay in the document only."""
    seen = set()
    for kind, label, url in found:
        if url.lower().startswith(LINK_SCHEMES) and len(url) <= 1_000 and url not in seen:
            seen.add(url)
            yield LinkData(kind, label[:200], url)


def _left_out(found: Iterable[tuple[str, str, str]]) -> Iterator[Problem]:
    """Addresses that no reader may follow; told, because they are not on the product's page."""
    for kind, _, url in found:
        if url and not url.lower().startswith(LINK_SCHEMES):
            pointer = "/support" if kind == "support" else "/authoritativeDefinitions"
            message = (
                f"The link {shown(url)} is kept in the document only: use https, http, mailto."
            )
            yield Problem(pointer, "bad-link", message, severity="warning")


def _ownerships(members: Iterable[odps.Member]) -> Iterator[OwnershipData]:
    seen = set()
    for each in members:
        kind = _ROLES.get("-".join(each.role.lower().replace("_", " ").split()))
        key = (kind, each.username)
        if kind is None or each.has_left or not each.username.strip() or key in seen:
            continue
        seen.add(key)
        if each.username.startswith(TEAM_PREFIX):
            yield OwnershipData(kind, team=each.username.removeprefix(TEAM_PREFIX))
        else:
            yield OwnershipData(kind, user=each.username)


def _extra(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """`extra.<field>` each, or all of them as the mapping `domainFields`."""
    found = {
        name.removeprefix(EXTRA_PREFIX): value
        for name, value in properties.items()
        if name.startswith(EXTRA_PREFIX)
    }
    fields = properties.get("domainFields")
    if isinstance(fields, Mapping):
        return {**fields, **found}
    return found or None


def _terms(value: Any) -> tuple[str, ...] | None:
    """A list of slugs, or one text with commas."""
    if value is None:
        return None
    listed = value if isinstance(value, list) else str(value).split(",")
    names = (str(each).strip() for each in listed)
    return tuple(dict.fromkeys(name for name in names if name))


def _text(properties: Mapping[str, Any], name: str) -> str:
    value = properties.get(name)
    return value if isinstance(value, str) else ""


def _known(doc: odps.ProductDoc, name: str, values: list[str]) -> str:
    """A custom property of ours; another meaning of the same name is left alone."""
    value = str(doc.custom_properties.get(name) or "").lower()
    return value if value in values else ""


def _port(port: odps.OutputPort) -> PortData:
    name = slug_for(port.name)
    title = _text(port.custom_properties, "title") or ("" if port.name == name else port.name)
    return PortData(
        name=name,
        major=port.major,
        version=port.version[:60],
        title=title[:200],
        description=port.description,
        technology=port.type[:40],
        contract_id=port.contract_id,
        contract_version=_text(port.custom_properties, "contractVersion"),
        requestable=port.custom_properties.get("requestable") is not False,
        pointer=port.pointer,
        breaking_from=_date(port.custom_properties, "breakingFrom"),
    )


def _date(properties: Mapping[str, Any], name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(_text(properties, name).strip()[:10])
    except ValueError:
        return None
