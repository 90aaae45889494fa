"""Revisions: what a product was after each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.models import DataProduct, InputPort, OutputPort, Ownership, Revision
from catalog.products.services.describing import Through
from catalog.products.services.outcomes import Change
from core.copying import insert_rows

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
    """Keep the products as they are now under their present number. Eight statements."""
    snapshots = snapshots_of(changes)
    insert_rows(
        Revision,
        ["product_id", "number", "actor", "verb", "note", "changes", "snapshot"],
        (
            (
                pk,
                number,
                entry.actor[:150],
                verbs[pk],
                entry.note[:300],
                [dict(each) for each in changes[pk]],
                snapshot,
            )
            for pk, (number, snapshot) in snapshots.items()
        ),
    )


def record_change(product: DataProduct, changes: Sequence[Change], entry: Entry) -> None:
    """`record_revisions` of one product."""
    record_revisions({product.pk: changes}, entry=entry, verbs={product.pk: entry.verb})


def snapshots_of(product_ids: Iterable[UUID]) -> dict[UUID, tuple[int, Snapshot]]:
    """The revision number and everything a revert needs, by product. Eight statements."""
    ids = list(product_ids)
    found: dict[UUID, tuple[int, Snapshot]] = {}
    products = DataProduct.objects.filter(pk__in=ids).select_related("domain", "owner")
    rows = list(products.defer("document", "domain__field_schema"))
    successors = _names({pk for product in rows if (pk := product.successor_id)})
    for product in rows:
        columns = _columns(product)
        columns["successor"] = (
            successors.get(product.successor_id) if product.successor_id else None
        )
        found[product.pk] = (product.revision, columns)
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
        "successor": None,
        "sunset_on": product.sunset_on.isoformat() if product.sunset_on else None,
        "document": product.text,
        "ports": [],
        "inputs": [],
        "ownership": [],
        "terms": [],
    }


def _names(product_ids: set[UUID]) -> dict[UUID, str]:
    if not product_ids:
        return {}
    return dict(DataProduct.objects.filter(pk__in=product_ids).values_list("pk", "fqn"))


def _ports(product_ids: Sequence[UUID]) -> Iterable[OutputPort]:
    """With what they name, each table asked for itself: joins go wrong before a commit."""
    contracts = DataContract.objects.only("document_id")
    versions = ContractVersion.objects.only("version")
    announced = ContractVersion.objects.select_related("contract").only(
        "version", "contract__document_id"
    )
    return OutputPort.objects.filter(product__in=product_ids).prefetch_related(
        Prefetch("contract", contracts),
        Prefetch("contract_version", versions),
        Prefetch("next_contract_version", announced),
        "datasets",
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
