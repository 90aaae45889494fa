"""Backstage entities: operational systems are taken, the other kinds are known and left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.products.descriptors.systems import Given, Group, grouped, system_data
from catalog.products.formats.backstage import Entity
from catalog.products.services.systems import put_system
from core.documents import Document
from core.errors import DomainError, Invalid
from core.problems import Problem

_REASONS = {  # why a kind is not taken
    "AiResource": "the catalogue has no such thing",
    "Component": "only components of type `service` or `data-product` are part of the catalogue",
    "Domain": "domains are made by the platform team, since owners of a domain have rights",
    "Group": "teams come from the company's login",
    "Location": "hand in the files it names; nothing is fetched",
    "Template": "register a blueprint instead",
    "User": "people come from the company's login",
}


class EntityEntry(Protocol):
    """What of an entry of the call is read and written here."""

    document: Document
    doc: Any  # an Entity
    problems: list[Problem]
    refusals: list[Problem]
    action: Any
    changes: tuple[Any, ...]
    domain: Domain | None
    team: Team | None


def leave_others(entries: Iterable[EntityEntry]) -> None:
    """Say of every entity that is no system why nothing is done with it."""
    others = [each for each in entries if not each.doc.is_system]
    named = {each.doc.name for each in others if each.doc.kind == "Domain"}
    known = set(Domain.objects.filter(path__in=named).values_list("path", flat=True))
    for each in others:
        kind = each.doc.kind
        each.action = "unchanged"
        message = f"Not taken: {_REASONS[kind]}."
        if kind == "Domain" and each.doc.name not in known:
            message = f"Not taken, and there is no domain {each.doc.name[:200]}: {_REASONS[kind]}."
        code = "kind-not-imported"
        line = each.document.line_of("/kind")
        each.problems.append(Problem("/kind", code, message, "warning", line))


def put_systems(entries: Sequence[EntityEntry], actor: Actor) -> None:
    """Save each system with its parts; the parts share what becomes of it.

    The entries are those whose domain and team are known.
    """
    by_document = {id(each.document): each for each in entries}
    for group in grouped(Given(each.doc, each.document) for each in entries):
        lead = by_document[id(group.lead.document)]
        _put(group, lead, actor)
        for part in group.parts:
            entry = by_document[id(part.document)]
            entry.action = lead.action
            if lead.refusals:
                message = f"The system {_name(group.lead.entity)} it is a part of was refused."
                entry.refusals.append(Problem("/spec/system", "system-refused", message))


def _put(group: Group, lead: EntityEntry, actor: Actor) -> None:
    assert lead.domain is not None
    assert lead.team is not None
    try:
        with transaction.atomic():
            data = system_data(group, lead.domain, lead.team)
            _, lead.action, lead.changes = put_system(data=data, actor=actor)
    except Invalid as error:
        lead.refusals += error.problems
    except DomainError as error:
        lead.refusals.append(Problem("", error.code, str(error)))


def _name(entity: Entity) -> str:
    return entity.reference.partition(":")[2][:200]
