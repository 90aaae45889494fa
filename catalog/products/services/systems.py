"""Operational systems and their ports: created, changed as a whole, found, linked to products."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.data import SystemData, SystemPortData
from catalog.products.formats import asyncapi, openapi
from catalog.products.formats.apis import ApiDescription
from catalog.products.models import FormerName, System, SystemPort
from catalog.products.names import pattern_problem, slug_from
from catalog.products.selectors import system_name_problems
from catalog.products.services.describing import link_problems, link_rows, text_problems
from catalog.products.services.handing import release_former_name
from catalog.products.services.inputs import link_systems
from catalog.products.services.outcomes import Change, change
from catalog.products.services.system_datasets import (
    dataset_changes,
    dataset_problems,
    namespaces_of,
    write_datasets,
)
from catalog.products.states import SystemPortKind, SystemStatus
from catalog.search import services as search
from catalog.search.services import EntryData
from core import audit, outbox
from core.errors import Conflict, Invalid
from core.problems import Problem

SEARCH_KIND = "system"
READERS = {SystemPortKind.OPENAPI: openapi.read, SystemPortKind.ASYNCAPI: asyncapi.read}
LONGEST = {"document_id": 400, "name": 200, "technology": 60}
LONGEST_OF_PORT = {"title": 200, "version": 60, "url": 1000}
MAX_PORTS = 100
UNTOLD = frozenset({"text", "updated_at"})


@transaction.atomic
def put_system(*, data: SystemData, actor: Actor) -> tuple[System, str, tuple[Change, ...]]:
    """Create the system with this id, or make it be as `data` says.

    Returns:
        The system; `create`, `update` or `unchanged`; and `{"field", "from", "to"}` of an update.

    Raises:
        Invalid: names, ports, links or API documents are wrong; each problem says where.
        NotAllowed: `actor` does not act for the owner; code `id-owned-elsewhere`: the id is
            another team's.
        Conflict: somebody made one of this id or name at the same moment.
    """
    known = System.objects.select_for_update().filter(document_id=data.document_id).first()
    policies.require_system_write(actor, known, data.owner)
    problems = list(_problems(data))
    values = _values(data, known, problems)
    ports = [_port_values(port, at, problems) for at, port in enumerate(data.ports)]
    problems += dataset_problems(data, known)
    if problems:
        raise Invalid("The system cannot be saved like that.", problems)
    if known is None:
        system = _created(data, values)
        _save_ports(system, ports)
        write_datasets(system, data)
        _finish(system, actor, "create")
        return system, "create", ()
    former = known.fqn
    moved = dataset_changes(known, data)
    changes = (*_set(known, values), *_port_changes(known, ports), *moved)
    if not changes:
        return known, "unchanged", ()
    known.save(update_fields=list(values))
    _remember(former, known)
    had = namespaces_of(known)
    _save_ports(known, ports)
    write_datasets(known, data)
    _finish(known, actor, "update", namespaces=had)
    return known, "update", changes


@transaction.atomic
def release_system_name(*, system: System, fqn: str, actor: Actor) -> None:
    """Give a former name up: it redirects no more, and others may take it.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        NotFound: the system never had the name, or gave it up.
    """
    policies.require_system_write(actor, system, system.owner)
    release_former_name(system, fqn, actor)


def reindex_systems(systems: Collection[System]) -> None:
    """Write the search rows of systems; `domain` and `owner` are read where they are not there."""
    ports: dict[Any, list[SystemPort]] = {system.pk: [] for system in systems}
    for port in SystemPort.objects.filter(system__in=systems).defer("document", "text"):
        ports[port.system_id].append(port)
    search.index_many(_entry(system, ports[system.pk]) for system in systems)


def _created(data: SystemData, values: dict[str, Any]) -> System:
    try:
        with transaction.atomic():
            return System.objects.create(document_id=data.document_id, **values)
    except IntegrityError:
        raise Conflict("Somebody made a system of this id or name at the same moment.") from None


def _remember(former: str, system: System) -> None:
    """Keep the old name for the redirect; a name in use is no former name any more."""
    if former != system.fqn:
        FormerName.objects.filter(fqn=system.fqn).delete()
        FormerName.objects.create(fqn=former, system=system)


def _set(system: System, values: Mapping[str, Any]) -> list[Change]:
    """Set the values; returns what was another one before."""
    changes = [
        change(name, getattr(system, name), value)
        for name, value in values.items()
        if getattr(system, name) != value and name not in UNTOLD
    ]
    for name, value in values.items():
        setattr(system, name, value)
    return changes


def _finish(system: System, actor: Actor, action: str, *, namespaces: Collection[str] = ()) -> None:
    """`namespaces`: of the datasets that it had."""
    reindex_systems([system])
    link_systems(system_ids=[system.pk])
    outbox.emit(
        "system.changed", key=system.pk, system_id=str(system.pk), namespaces=sorted(namespaces)
    )
    audit.record(
        actor=actor.name,
        verb=f"system.{action}d",
        kind="system",
        object_id=system.fqn,
        document_id=system.document_id,
    )


def _problems(data: SystemData) -> Iterator[Problem]:
    for field, longest in LONGEST.items():
        if len(getattr(data, field)) > longest:
            pointer = "/id" if field == "document_id" else f"/{field}"
            yield Problem(pointer, "too-long", f"Use {longest} characters at most.")
    if not data.name.strip():
        yield Problem("/name", "empty-value", "Fill in the name.")
    if data.status not in SystemStatus.values:
        choices = ", ".join(SystemStatus.values)
        yield Problem("/status", "not-in-list", f"Choose one of: {choices}.")
    if len(data.ports) > MAX_PORTS:
        yield Problem("/ports", "too-many", f"Name {MAX_PORTS} at most.")
    names = [port.name for port in data.ports]
    for at, port in enumerate(data.ports):
        if port.name in names[:at]:
            message = f"Another port is called {port.name} too; give one of them another name."
            yield Problem(f"{port.pointer or f'/ports/{at}'}/name", "duplicate-port", message)
    yield from link_problems(data.links)
    yield from text_problems(data)


def _values(data: SystemData, known: System | None, problems: list[Problem]) -> dict[str, Any]:
    slug, pointer = slug_from(
        data.slug, data.name, data.document_id, (known.slug, known.name) if known else None
    )
    fqn = f"{data.domain.path}.{slug}"
    problems.extend(system_name_problems(slug, fqn, known, pointer))
    return {
        "slug": slug,
        "fqn": fqn,
        "name": data.name,
        "purpose": data.purpose,
        "description": data.description,
        "domain": data.domain,
        "owner": data.owner,
        "status": data.status,
        "technology": data.technology,
        "tags": [tag[:100] for tag in data.tags],
        "links": link_rows(data.links),
        "document": data.document.data if data.document else None,
        "text": data.document.text if data.document else "",
        "updated_at": timezone.now(),
    }


def _port_values(port: SystemPortData, at: int, problems: list[Problem]) -> dict[str, Any]:
    """The columns of a port; adds to `problems` what is wrong with it or with its document."""
    pointer = port.pointer or f"/ports/{at}"
    wrong = pattern_problem(port.name, f"{pointer}/name")
    if wrong is not None:
        problems.append(wrong)
    if port.kind not in SystemPortKind.values:
        choices = ", ".join(SystemPortKind.values)
        problems.append(Problem(f"{pointer}/kind", "not-in-list", f"Choose one of: {choices}."))
    if port.url and not port.url.isprintable():
        problems.append(Problem(f"{pointer}/url", "wrong-form", "Give an address on one line."))
    for field, longest in LONGEST_OF_PORT.items():
        if len(getattr(port, field)) > longest:
            message = f"Use {longest} characters at most."
            problems.append(Problem(f"{pointer}/{field}", "too-long", message))
    api = _described(port, pointer, problems)
    return {
        "name": port.name,
        "kind": port.kind,
        "title": port.title or api.title,
        "version": port.version or api.version,
        "description": port.description or api.description,
        "url": port.url,
        "operations": [each.as_dict() for each in api.operations],
        "document": port.document.data if port.document else None,
        "text": port.document.text if port.document else "",
        "position": at,
    }


def _described(port: SystemPortData, pointer: str, problems: list[Problem]) -> ApiDescription:
    reader = READERS.get(SystemPortKind(port.kind)) if port.kind in READERS else None
    if reader is None or port.document is None:
        return ApiDescription()
    api = reader(port.document.data)
    problems.extend(
        Problem(f"{pointer}/document{each.pointer}", each.code, each.message, each.severity)
        for each in api.problems
        if each.severity == "error"
    )
    return api


def _port_changes(system: System, ports: list[dict[str, Any]]) -> list[Change]:
    before = {port.name: port for port in system.ports.all()}
    found: list[Change] = []
    for values in ports:
        known = before.get(values["name"])
        field = f"port {values['name']}"
        if known is None:
            found.append({"field": field, "from": None, "to": "added"})
            continue
        changed = [name for name, value in values.items() if getattr(known, name) != value]
        if changed:
            found.append({"field": field, "from": None, "to": ", ".join(changed)})
    gone = sorted(set(before) - {values["name"] for values in ports})
    found.extend({"field": f"port {name}", "from": "removed", "to": None} for name in gone)
    return found


def _save_ports(system: System, ports: list[dict[str, Any]]) -> None:
    """Write the ports by name, so that what links to a port stays linked."""
    system.ports.exclude(name__in=[values["name"] for values in ports]).delete()
    SystemPort.objects.bulk_create(
        [SystemPort(system=system, fqn=f"{system.fqn}/{each['name']}", **each) for each in ports],
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=["fqn", *(name for name in ports[0] if name != "name")] if ports else ["fqn"],
    )


def _entry(system: System, ports: list[SystemPort]) -> EntryData:
    operations = [each for port in ports for each in port.operations]
    return EntryData(
        kind=SEARCH_KIND,
        object_id=str(system.pk),
        fqn=system.fqn,
        name=system.name,
        summary=system.purpose or system.description,
        text=" ".join([system.description, *(port.description for port in ports)]),
        domain_path=system.domain.path,
        domain_name=system.domain.name,
        owner_team_id=system.owner_id,
        owner_slug=system.owner.slug,
        owner_name=system.owner.name,
        status=system.status,
        url=system.get_absolute_url(),
        updated_at=system.updated_at,
        tags=system.tags,
        words=[
            system.technology,
            *(port.name for port in ports),
            *(port.title for port in ports),
            *dict.fromkeys(port.kind for port in ports),
            system.domain.name,
            system.owner.name,
        ],
        columns=[f"{each['verb']} {each['name']}" for each in operations],
    )
