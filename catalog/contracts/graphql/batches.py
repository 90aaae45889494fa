"""Rows of contracts and their versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.contracts.formats.odcs_diff import diff, summarise
from catalog.contracts.models import ContractVersion, DataContract, QualityRule, SchemaProperty, Sla
from core.graphql import first_of_each
from core.subqueries import among

CONTRACT = ("id", "document_id", "name", "owner_id", "domain_id", "offered", "created_at")
VERSION = ("id", "contract_id", "version", "api_version", "status", "created_at", "created_by")
VERSION_ORDER = ("-id",)
COLUMN = (
    *("id", "object__version_id", "object__name", "object__position", "position", "path", "name"),
    *("physical_name", "logical_type", "physical_type", "required", "unique", "primary_key"),
    *("classification", "description", "tags"),
)
COLUMN_ORDER = ("object__position", "position", "id")
RULE = (
    *("id", "version_id", "name", "description", "object_name", "property_path", "type", "metric"),
    *("operator", "threshold", "unit", "dimension", "severity", "schedule", "query"),
)
SLA = ("id", "version_id", "property", "value", "unit", "element")
ID_ORDER = ("id",)

Rows = dict[Any, dict[str, Any]]


def contracts_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Contracts that `actor` may see."""
    visible = DataContract.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*CONTRACT)}


def versions_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Versions of contracts whose port or contract was seen before."""
    return {
        row["id"]: row
        for row in ContractVersion.objects.filter(among("pk", ids, "bigint")).values(*VERSION)
    }


def versions_by_contract(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """The newest versions of each contract."""
    return first_of_each(
        ContractVersion.objects.filter(among("contract_id", ids)),
        by="contract_id",
        order=VERSION_ORDER,
        columns=VERSION,
        first=first,
        after=after,
    )


def columns_by_version(
    actor: Actor,
    ids: Collection[int],
    *,
    first: int,
    after: str | None = None,
    classification: Sequence[str] | None = None,
) -> dict[Any, list[dict[str, Any]]]:
    """Columns of versions that were seen before, object by object."""
    rows = SchemaProperty.objects.filter(among("object__version_id", ids, "bigint"))
    if classification is not None:
        rows = rows.filter(classification__in=classification)
    return first_of_each(
        rows, by="object__version_id", order=COLUMN_ORDER, columns=COLUMN, first=first, after=after
    )


def rules_by_version(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """Quality rules of versions that were seen before."""
    rows = QualityRule.objects.filter(among("version_id", ids, "bigint"))
    return first_of_each(
        rows, by="version_id", order=ID_ORDER, columns=RULE, first=first, after=after
    )


def slas_by_version(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """Service levels of versions that were seen before."""
    rows = Sla.objects.filter(among("version_id", ids, "bigint"))
    return first_of_each(
        rows, by="version_id", order=ID_ORDER, columns=SLA, first=first, after=after
    )


def texts_by_version(actor: Actor, ids: Collection[int]) -> Rows:
    """Documents as they were given."""
    found = ContractVersion.objects.filter(among("pk", ids, "bigint"))
    return {row["id"]: {**row} for row in found.values("id", "text")}


def diffs_by_contract(actor: Actor, ids: Collection[UUID], *, older: str, newer: str) -> Rows:
    """What changed between two versions of each contract that has both. One SQL statement."""
    found = ContractVersion.objects.filter(contract__in=ids, version__in=[older, newer])
    documents = {
        (contract, version): document
        for contract, version, document in found.values_list("contract_id", "version", "document")
    }
    return {
        pk: _diff(documents[pk, older], documents[pk, newer], older, newer)
        for pk in ids
        if (pk, older) in documents and (pk, newer) in documents
    }


def _diff(old: Any, new: Any, older: str, newer: str) -> dict[str, Any]:
    changes = diff(old, new)
    summary = summarise(changes, old_version=older, new_version=newer)
    return {
        "from": older,
        "to": newer,
        "level": summary.level,
        "consumer_level": summary.consumer,
        "producer_level": summary.producer,
        "advice": summary.advice,
        "keeps_advice": summary.keeps_advice,
        **{str(level): count for level, count in summary.counts.items()},
        "changes": changes,
    }
