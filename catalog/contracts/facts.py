"""What policies may ask of a contract, taken from its newest version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.actors import Actor, in_domain
from catalog.contracts.models import (
    ContractVersion,
    DataContract,
    QualityRule,
    SchemaProperty,
    Sla,
)
from catalog.governance.extensions import Facts, Shown, shown_of
from catalog.governance.services import subjects_changed
from core.models import OutboxEvent

EXAMPLE: Facts = {
    "id": "00000000-0000-0000-0000-000000000000",
    "document_id": "orders-contract",
    "name": "Orders",
    "domain": "sales",
    "owner": "sales-data",
    "version": "1.0.0",
    "status": "active",
    "offered": True,
    "purpose": "All orders, one row each.",
    "limitations": "",
    "columns": 12,
    "described_columns": 12,
    "classified_columns": 2,
    "quality_rules": 4,
    "promises": ["latency", "retention"],
}


class ContractSubjects:
    """Contracts, as subjects of policies."""

    kind = "contract"
    example = EXAMPLE

    def facts(self, ids: Collection[UUID]) -> dict[UUID, Facts]:
        """Cost: four SQL statements."""
        newest = ContractVersion.objects.filter(contract__in=ids).order_by("contract_id", "-id")
        rows = newest.distinct("contract_id").values(
            "id", "version", "status", "document__description",
            "contract_id", "contract__document_id", "contract__name", "contract__offered",
            "contract__domain__path", "contract__owner__slug",
        )  # fmt: skip
        found = list(rows)
        versions = [row["id"] for row in found]
        columns = _columns(versions)
        rules = Counter(
            QualityRule.objects.filter(version__in=versions).values_list("version", flat=True)
        )
        promises: dict[int, set[str]] = defaultdict(set)
        for version, name in Sla.objects.filter(version__in=versions).values_list(
            "version", "property"
        ):
            promises[version].add(name)
        return {
            row["contract_id"]: {
                **_of_document(row),
                **columns.get(row["id"], _columns_of(0, 0, 0)),
                "quality_rules": rules[row["id"]],
                "promises": sorted(promises[row["id"]]),
            }
            for row in found
        }

    def published(self, actor: Actor | None, domain_path: str = "") -> QuerySet[Any]:
        objects = DataContract.objects
        found = objects.all() if actor is None else objects.visible_to(actor)
        return found.filter(in_domain(domain_path)) if domain_path else found

    def shown(self, ids: Sequence[UUID]) -> list[Shown]:
        return shown_of(DataContract.objects.all(), ids, fqn="document_id")


def contracts_changed(events: Sequence[OutboxEvent]) -> None:
    """Outbox `contract.changed`: what the policies say of them now."""
    subjects_changed("contract", events)


def _of_document(row: Mapping[str, Any]) -> dict[str, Any]:
    said = row["document__description"]
    said = said if isinstance(said, dict) else {"purpose": said or ""}
    return {
        "id": str(row["contract_id"]),
        "document_id": row["contract__document_id"],
        "name": row["contract__name"],
        "domain": row["contract__domain__path"],
        "owner": row["contract__owner__slug"],
        "version": row["version"],
        "status": row["status"].lower(),
        "offered": row["contract__offered"],
        "purpose": str(said.get("purpose") or ""),
        "limitations": str(said.get("limitations") or ""),
    }


def _columns(versions: Collection[int]) -> dict[int, dict[str, int]]:
    counted = (
        SchemaProperty.objects.filter(object__version__in=versions)
        .order_by()
        .values_list("object__version")
        .annotate(
            total=Count("pk"),
            described=Count("pk", filter=~Q(description="")),
            classified=Count("pk", filter=~Q(classification="")),
        )
    )
    return {row[0]: _columns_of(*row[1:]) for row in counted}


def _columns_of(total: int, described: int, classified: int) -> dict[str, int]:
    return {
        "columns": total,
        "described_columns": described,
        "classified_columns": classified,
    }
