"""Which operational systems are found, for pages, REST and GraphQL alike."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.actors import Actor, in_domain
from catalog.products.models import DataProduct, System, SystemPort, SystemQuerySet
from catalog.search.selectors import matching
from core.errors import NotFound


def system_by_fqn(actor: Actor, fqn: str) -> System:
    """The system of this name or this former name (then its `fqn` is another one).

    It comes with domain and owner.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = System.objects.visible_to(actor).select_related("domain__parent__parent", "owner")
    system = visible.filter(fqn=fqn).first()
    if system is None:
        system = visible.filter(former_names__fqn=fqn).first()
    if system is None:
        raise NotFound()
    return system


def systems_matching(
    actor: Actor, *, text: str = "", domain: str = "", team: str = ""
) -> SystemQuerySet:
    """Systems that the actor may see, with domain and owner; `domain` with everything below it.

    `text` finds what the search finds: names, technology, ports, operations.
    """
    found = System.objects.visible_to(actor).select_related("domain", "owner").defer("document")
    if domain:
        found = found.filter(in_domain(domain))
    if team:
        found = found.filter(owner__slug=team)
    if text:
        rows = matching(actor, text, kind="system")
        found = found.filter(fqn__in=rows.values("fqn"))
    return found


def system_card(system: System) -> dict[str, Any]:
    """The short public form, for lists."""
    return {
        "id": str(system.pk),
        "fqn": system.fqn,
        "document_id": system.document_id,
        "name": system.name,
        "purpose": system.purpose,
        "status": system.status,
        "technology": system.technology,
        "tags": system.tags,
        "domain": {"path": system.domain.path, "name": system.domain.name},
        "owner": {"slug": system.owner.slug, "name": system.owner.name},
        "url": system.get_absolute_url(),
        "updated_at": system.updated_at,
    }


def system_in_full(system: System, actor: Actor) -> dict[str, Any]:
    """The full public form as `actor` may see it. Three SQL statements."""
    visible = DataProduct.objects.visible_to(actor)
    readers = visible.filter(input_ports__system=system).order_by("fqn").distinct()
    ports = system.ports.defer("document").order_by("position", "name")
    ports = ports.prefetch_related("datasets")
    return {
        **system_card(system),
        "description": system.description,
        "links": system.links,
        "ports": [_port(port, system.fqn) for port in ports],
        "consumers": list(readers.values_list("fqn", flat=True)[:200]),
        "created_at": system.created_at,
    }


def _port(port: SystemPort, fqn: str) -> dict[str, Any]:
    document = reverse("rest:system-port-document", kwargs={"fqn": fqn, "name": port.name})
    return {
        "fqn": port.fqn,
        "name": port.name,
        "kind": port.kind,
        "title": port.title,
        "version": port.version,
        "description": port.description,
        "url": port.url,
        "operations": port.operations,
        "datasets": [
            {"namespace": each.namespace, "name": each.name} for each in port.datasets.all()
        ],
        "document_url": document if port.text else None,
    }
