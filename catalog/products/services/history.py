"""Revisions: what a product was after each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.products.models import DataProduct, InputPort, OutputPort, Ownership, Revision
from catalog.products.services.describing import Through
from catalog.products.services.outcomes import Change

KEPT = (
    "document_id",
    "name",
    "slug",
    "status",
    "purpose",
    "description",
    "limitations",
    "usage",
    "archetype",
    "visibility",
    "classification",
    "version",
    "tags",
    "links",
    "extra",
)
Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """Who changes products, by which verb of the audit log, and why."""

    actor: str
    verb: str = ""
    note: str = ""


def record_revisions(
    changes: Mapping[UUID, Sequence[Change]], *, entry: Entry, verbs: Mapping[UUID, str]
) -> None:
    """Keep the products as they are now under their present number. Six statements."""
    snapshots = snapshots_of(changes)
    Revision.objects.bulk_create(
        Revision(
            product_id=pk,
            number=number,
            actor=entry.actor[:150],
            verb=verbs[pk],
            note=entry.note[:300],
            changes=[dict(each) for each in changes[pk]],
            snapshot=snapshot,
        )
        for pk, (number, snapshot) in snapshots.items()
    )


def record_change(product: DataProduct, changes: Sequence[Change], entry: Entry) -> None:
    """`record_revisions` of one product."""
    record_revisions({product.pk: changes}, entry=entry, verbs={product.pk: entry.verb})


def snapshots_of(product_ids: Iterable[UUID]) -> dict[UUID, tuple[int, Snapshot]]:
    """The revision number and everything a revert needs, by product. Six statements."""
    ids = list(product_ids)
    found: dict[UUID, tuple[int, Snapshot]] = {}
    products = DataProduct.objects.filter(pk__in=ids).select_related("domain", "owner", "successor")
    for product in products.defer("document"):
        found[product.pk] = (product.revision, _columns(product))
    for port in _ports(ids):
        found[port.product_id][1]["ports"].append(_port(port))
    for each in InputPort.objects.filter(product__in=ids).order_by("name", "version"):
        found[each.product_id][1]["inputs"].append(
            {
                "name": each.name,
                "version": each.version,
                "contract_id": each.contract_document_id,
                "system": each.system_name,
            }
        )
    parts = Ownership.objects.filter(product__in=ids).select_related("user", "team")
    for part in parts.order_by("kind", "pk"):
        user = part.user.username if part.user else ""
        team = part.team.slug if part.team else ""
        found[part.product_id][1]["ownership"].append(
            {"kind": part.kind, "user": user, "team": team}
        )
    terms = Through.objects.filter(dataproduct__in=ids).order_by("term__name", "term_id")
    for product_id, slug in terms.values_list("dataproduct_id", "term__slug"):
        found[product_id][1]["terms"].append(slug)
    return found


def _columns(product: DataProduct) -> Snapshot:
    kept = {name: getattr(product, name) for name in KEPT}
    return {
        **kept,
        "fqn": product.fqn,
        "domain": product.domain.path,
        "owner": product.owner.slug,
        "successor": product.successor.fqn if product.successor else None,
        "sunset_on": product.sunset_on.isoformat() if product.sunset_on else None,
        "document": product.text,
        "ports": [],
        "inputs": [],
        "ownership": [],
        "terms": [],
    }


def _ports(product_ids: Sequence[UUID]) -> Iterable[OutputPort]:
    ports = OutputPort.objects.filter(product__in=product_ids)
    loaded = ports.select_related(
        "contract", "contract_version", "next_contract_version__contract"
    ).prefetch_related("datasets")
    return loaded.defer(
        "contract_version__text",
        "contract_version__document",
        "next_contract_version__text",
        "next_contract_version__document",
    )


def _port(port: OutputPort) -> Snapshot:
    version, contract_version, breaking_from = port.wanted
    contract = port.next_contract_version.contract if port.next_contract_version else port.contract
    return {
        "name": port.name,
        "major": port.major,
        "version": version,
        "title": port.title,
        "description": port.description,
        "technology": port.technology,
        "contract_id": contract.document_id if contract else "",
        "contract_version": contract_version,
        "breaking_from": breaking_from.isoformat() if breaking_from else "",
        "location": port.location,
        "requestable": port.requestable,
        "datasets": [[each.namespace, each.name] for each in port.datasets.all()],
    }
