"""Rows of contracts and their versions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.contracts.formats.odcs_diff import diff, summarise
from catalog.contracts.models import ContractVersion, DataContract
from core.graphql import first_of_each

CONTRACT = ("id", "document_id", "name", "owner_id", "domain_id")
VERSION = ("id", "contract_id", "version", "api_version", "status", "created_at", "created_by")
VERSION_ORDER = ("-id",)

Rows = dict[Any, dict[str, Any]]


def contracts_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Contracts that `actor` may see."""
    visible = DataContract.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*CONTRACT)}


def versions_by_id(actor: Actor, ids: Collection[int]) -> Rows:
    """Versions of contracts whose port or contract was seen before."""
    return {row["id"]: row for row in ContractVersion.objects.filter(pk__in=ids).values(*VERSION)}


def versions_by_contract(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """The newest versions of each contract."""
    return first_of_each(
        ContractVersion.objects.filter(contract__in=ids),
        by="contract_id",
        order=VERSION_ORDER,
        columns=VERSION,
        first=first,
        after=after,
    )


def texts_by_version(actor: Actor, ids: Collection[int]) -> Rows:
    """Documents as they were given."""
    found = ContractVersion.objects.filter(pk__in=ids)
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
