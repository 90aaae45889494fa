"""Operational systems and their ports, saved as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.data import SystemData
from catalog.products.models import System, SystemPort
from catalog.products.names import slug_for

Change = Mapping[str, Any]  # {"field", "from", "to"}


@transaction.atomic
def put_system(*, data: SystemData, actor: Actor) -> tuple[System, str, tuple[Change, ...]]:
    """Create the system with this id, or make it be as `data` says.

    Returns:
        The system; `create`, `update` or `unchanged`; and the changes of an update.

    Raises:
        NotAllowed: `actor` does not act for the owner.
    """
    policies.require_product_write(actor, None, data.owner)
    slug = data.slug or slug_for(data.name, data.document_id)
    values = {
        "slug": slug,
        "fqn": f"{data.domain.path}.{slug}",
        "name": data.name,
        "purpose": data.purpose,
        "description": data.description,
        "domain": data.domain,
        "owner": data.owner,
        "status": data.status,
        "technology": data.technology,
        "tags": list(data.tags),
        "links": [{"kind": each.kind, "label": each.label, "url": each.url} for each in data.links],
        "document": data.document.data if data.document else None,
        "text": data.document.text if data.document else "",
    }
    known = System.objects.select_for_update().filter(document_id=data.document_id).first()
    system = known or System(document_id=data.document_id)
    before = {name: getattr(system, name) for name in values if known}
    changed = [name for name, value in before.items() if value != values[name]]
    for name, value in values.items():
        setattr(system, name, value)
    ports = {port.name: port for port in data.ports}
    if known and not changed and ports.keys() == {port.name for port in system.ports.all()}:
        return system, "unchanged", ()
    system.save()
    system.ports.exclude(name__in=ports).delete()
    for at, port in enumerate(data.ports):
        SystemPort.objects.update_or_create(
            system=system,
            name=port.name,
            defaults={
                "fqn": f"{system.fqn}/{port.name}",
                "kind": port.kind,
                "title": port.title,
                "version": port.version,
                "description": port.description,
                "url": port.url,
                "document": port.document.data if port.document else None,
                "text": port.document.text if port.document else "",
                "position": at,
            },
        )
    told = tuple({"field": name, "from": None, "to": None} for name in changed)
    return system, "update" if known else "create", told
