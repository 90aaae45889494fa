"""The public form of a product (INTERFACE §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from catalog.products.models import DataProduct, InputPort, OutputPort, Ownership


def etag(product: DataProduct) -> str:
    """The revision, as `If-Match` takes it."""
    return f'"{product.revision}"'


def as_dict(product: DataProduct, actor: Actor) -> dict[str, Any]:
    """The full object as `actor` may see it; `domain` and `owner` must be loaded.

    Cost: at most seven statements.
    """
    ports = product.output_ports.select_related(
        "contract", "contract_version", "next_contract_version"
    ).defer(
        "contract_version__text",
        "contract_version__document",
        "next_contract_version__text",
        "next_contract_version__document",
    )
    inputs = list(product.input_ports.all())
    sources = OutputPort.objects.visible_to(actor).in_bulk(
        [each.source_id for each in inputs if each.source_id]
    )
    return {
        "id": str(product.pk),
        "fqn": product.fqn,
        "document_id": product.document_id,
        "name": product.name,
        "purpose": product.purpose,
        "description": product.description,
        "limitations": product.limitations,
        "usage": product.usage,
        "status": product.status,
        "archetype": product.archetype or None,
        "visibility": product.visibility,
        "classification": product.classification or None,
        "version": product.version,
        "tags": product.tags,
        "terms": [each.slug for each in product.terms.all()],
        "links": product.links,
        "extra": product.extra,
        "ownership": [_part(each) for each in _parts(product)],
        "revision": product.revision,
        "domain": {"path": product.domain.path, "name": product.domain.name},
        "owner": {"slug": product.owner.slug, "name": product.owner.name},
        "quality": _quality(product),
        "consumer_count": product.consumer_count,
        "output_ports": [_output_port(each) for each in ports.prefetch_related("datasets")],
        "input_ports": [_input_port(each, sources) for each in inputs],
        "successor": _successor(product, actor),
        "sunset_on": product.sunset_on,
        "url": product.get_absolute_url(),
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "published_at": product.published_at,
        "written_at": product.written_at,
    }


def _parts(product: DataProduct) -> Iterable[Ownership]:
    return product.ownerships.select_related("user", "team").order_by("kind", "pk")


def _part(each: Ownership) -> dict[str, str]:
    return {
        "kind": each.kind,
        "user": each.user.username if each.user else "",
        "team": each.team.slug if each.team else "",
    }


def _quality(product: DataProduct) -> dict[str, Any]:
    stale_at = product.quality_stale_at
    return {
        "score": product.quality_score,
        "coverage": product.quality_coverage,
        "measured_at": product.quality_measured_at,
        "stale": stale_at is not None and stale_at < timezone.now(),
    }


def _output_port(port: OutputPort) -> dict[str, Any]:
    return {
        "fqn": port.fqn,
        "name": port.name,
        "major": port.major,
        "version": port.version,
        "title": port.title,
        "description": port.description,
        "technology": port.technology,
        "contract": _contract(port),
        "next": _next(port),
        "location": port.location,
        "requestable": port.requestable,
        "takes_writes": port.takes_writes,
        "datasets": [
            {"namespace": each.namespace, "name": each.name} for each in port.datasets.all()
        ],
    }


def _next(port: OutputPort) -> dict[str, Any] | None:
    """The contract version that is to hold, and since when."""
    if port.next_contract_version is None:
        return None
    return {"version": port.next_contract_version.version, "on": port.next_version_on}


def _contract(port: OutputPort) -> dict[str, Any] | None:
    if port.contract is None or port.contract_version is None:
        return None
    return {
        "id": str(port.contract.pk),
        "document_id": port.contract.document_id,
        "version": port.contract_version.version,
    }


def _input_port(port: InputPort, sources: Mapping[UUID, OutputPort]) -> dict[str, Any]:
    source = sources.get(port.source_id) if port.source_id else None
    return {
        "name": port.name,
        "version": port.version,
        "contract_id": port.contract_document_id or None,
        "source": source.fqn if source else None,
        "system": port.system_name or None,
    }


def _successor(product: DataProduct, actor: Actor) -> str | None:
    if product.successor_id is None:
        return None
    visible = DataProduct.objects.visible_to(actor).filter(pk=product.successor_id)
    return visible.values_list("fqn", flat=True).first()
