"""Data contracts."""

from __future__ import annotations

from typing import Any

import graphene
import orjson
from django.db.models import Q
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.contracts.formats.odcs_diff import Change
from catalog.contracts.graphql.batches import (
    CONTRACT,
    VERSION_ORDER,
    diffs_by_contract,
    texts_by_version,
    versions_by_contract,
)
from catalog.contracts.models import DataContract as DataContractModel
from core.graphql import Row, RowsType, connection, load, one, one_row, page
from core.ids import uuids_in


class ContractVersion(RowsType):
    """One version of a contract; immutable once published."""

    version = graphene.String(required=True)
    api_version = graphene.String(required=True, description="Version of the standard, ODCS.")
    status = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)
    created_by = graphene.String(required=True)
    text = graphene.String(required=True, description="The document as given.")

    @staticmethod
    def resolve_text(row: Row, info: Any) -> str:
        return str(load(row, texts_by_version, info).values["text"])


ContractVersionConnection = connection(ContractVersion)


class ContractChange(graphene.ObjectType):
    """One difference between two versions."""

    level = graphene.String(required=True, description="breaking, compatible or cosmetic.")
    direction = graphene.String(required=True, description="consumer, producer, both or none.")
    code = graphene.String(required=True, description="Stable slug of the kind of change.")
    path = graphene.String(required=True, description="For people, `orders.order_id`.")
    pointer = graphene.String(
        required=True, description="JSON pointer; of what was removed, in the older document."
    )
    before = graphene.String(description="JSON.")
    after = graphene.String(description="JSON.")
    message = graphene.String(required=True)

    @staticmethod
    def resolve_before(change: Change, info: Any) -> str | None:
        return _json(change.before)

    @staticmethod
    def resolve_after(change: Change, info: Any) -> str | None:
        return _json(change.after)


class ContractDiff(RowsType):
    """What changed between two versions of a contract, and for whom."""

    level = graphene.String(required=True, description="The worst of all changes, or none.")
    consumer_level = graphene.String(required=True)
    producer_level = graphene.String(required=True)
    advice = graphene.String(
        required=True, description="Step of semantic versioning: major, minor, patch or none."
    )
    keeps_advice = graphene.Boolean(description="Null where the numbers cannot be compared.")
    breaking = graphene.Int(required=True)
    compatible = graphene.Int(required=True)
    cosmetic = graphene.Int(required=True)
    changes = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(ContractChange))),
        first=graphene.Int(required=True),
        description="The worst first.",
    )

    @staticmethod
    def resolve_changes(row: Row, info: Any, first: int) -> Any:
        return row.values["changes"][:first]


class DataContract(RowsType):
    """A data contract (ODCS)."""

    id = graphene.ID(required=True)
    document_id = graphene.String(required=True, description="The standard's `id`.")
    name = graphene.String(required=True)
    owner = one(Team, teams_by_id, key="owner_id", required=True)
    domain = one(Domain, domains_by_id, key="domain_id", required=True)
    versions = page(ContractVersionConnection, versions_by_contract, order=VERSION_ORDER)
    diff = graphene.Field(
        ContractDiff,
        older=graphene.String(required=True, name="from", description="A version."),
        newer=graphene.String(required=True, name="to", description="A version."),
        description="Null where the contract has not both versions.",
    )
    url = graphene.String(required=True)

    @staticmethod
    def resolve_diff(row: Row, info: Any, older: str, newer: str) -> Any:
        return load(row, diffs_by_contract, info, older=older, newer=newer)

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("contracts:contract", kwargs={"contract_id": row.values["id"]})


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


class Query(graphene.ObjectType):
    contract = graphene.Field(
        DataContract,
        id=graphene.String(required=True, description="The document's id, or the portal's."),
    )

    @staticmethod
    def resolve_contract(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        named = Q(document_id=id) | Q(pk__in=uuids_in(id))
        visible = DataContractModel.objects.visible_to(info.context.actor).filter(named)
        return one_row(visible.values(*CONTRACT).first())
