"""From Backstage entities to operational systems: a system with the parts that name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from accounts.models import Domain, Team
from catalog.products.data import SystemData, SystemPortData
from catalog.products.descriptors.translation import entity_links
from catalog.products.formats.backstage import Entity
from catalog.products.names import slug_for
from catalog.products.states import SystemPortKind
from core.documents import Document, DocumentError, load_documents

_STATUSES = {
    "deprecated": "deprecated",
    "decommissioned": "retired",
    "retired": "retired",
}
_PORT_KINDS: Mapping[str, str] = {  # of an API or resource, by its type in small letters
    "openapi": SystemPortKind.OPENAPI,
    "asyncapi": SystemPortKind.ASYNCAPI,
    "database": SystemPortKind.DATABASE,
    "bucket": SystemPortKind.FILE,
    "s3-bucket": SystemPortKind.FILE,
    "storage": SystemPortKind.FILE,
    "file": SystemPortKind.FILE,
}
_LONGEST_TECHNOLOGY = 60


@dataclass(frozen=True)
class Given:
    """An entity and the document it was read from."""

    entity: Entity
    document: Document


@dataclass(frozen=True)
class Group:
    """A system and its parts; without a system of its own, one part stands for it."""

    lead: Given
    parts: tuple[Given, ...]  # without the lead


def grouped(given: Iterable[Given]) -> list[Group]:
    """Entities by the system they belong to, in the order they were given.

    A part whose system is not among them is a system of its own.
    """
    entities = list(given)
    leads = {each.entity.reference: each for each in entities if each.entity.kind == "System"}
    parts: dict[str, list[Given]] = {name: [] for name in leads}
    alone: list[Group] = []
    for each in entities:
        name = each.entity.system_reference
        if each.entity.kind == "System":
            continue
        if name in parts:
            parts[name].append(each)
        else:
            alone.append(Group(each, ()))
    return [Group(lead, tuple(parts[name])) for name, lead in leads.items()] + alone


def system_data(group: Group, domain: Domain, owner: Team) -> SystemData:
    """What the entities want the system to be."""
    entity = group.lead.entity
    described = group.parts if entity.kind == "System" else (group.lead,)
    return SystemData(
        document_id=entity.document_id,
        name=(entity.title or entity.name)[:200],
        domain=domain,
        owner=owner,
        slug=slug_for(entity.name),
        purpose=_first_paragraph(entity.description),
        description=entity.description.strip(),
        status=_STATUSES.get(entity.lifecycle.lower(), "active"),
        technology="" if entity.kind == "System" else entity.type[:_LONGEST_TECHNOLOGY],
        tags=entity.tags,
        links=entity_links(entity),
        ports=tuple(_ports(described)),
        document=group.lead.document,
    )


def _ports(described: Sequence[Given]) -> Iterable[SystemPortData]:
    """Interfaces by name; a second one of a name gets its kind before it."""
    taken: set[str] = set()
    for each in described:
        entity = each.entity
        name = slug_for(entity.name)
        if name in taken:
            name = slug_for(f"{entity.kind}-{entity.name}")
        taken.add(name)
        yield _port(entity, name)


def _port(entity: Entity, name: str) -> SystemPortData:
    definition = _definition(entity.definition)
    return SystemPortData(
        name=name,
        kind=_PORT_KINDS.get(entity.type.lower(), SystemPortKind.OTHER),
        title=(entity.title or entity.name)[:200],
        version=_version(definition),
        description=entity.description.strip(),
        url=_url(definition),
        document=definition,
        pointer="/spec/definition" if entity.definition else "",
    )


def _definition(text: str) -> Document | None:
    """The API's own document, when it can be read by our rules; else the entity has it."""
    if not text.strip():
        return None
    try:
        found = load_documents(text)
    except (DocumentError, yaml.YAMLError):
        return None
    return found[0] if len(found) == 1 and isinstance(found[0].data, dict) else None


def _version(document: Document | None) -> str:
    info: Any = document.data.get("info") if document else None
    return str(info.get("version") or "")[:60] if isinstance(info, dict) else ""


def _url(document: Document | None) -> str:
    """The first server of OpenAPI 3 (a list) or AsyncAPI 3 (by name)."""
    servers: Any = document.data.get("servers") if document else None
    if isinstance(servers, dict):
        servers = list(servers.values())
    first = servers[0] if isinstance(servers, list) and servers else None
    return (
        str(first.get("url") or first.get("host") or "")[:1000] if isinstance(first, dict) else ""
    )


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().partition("\n\n")[0].split())
