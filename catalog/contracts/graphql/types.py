"""Data contracts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import graphene
from django.db.models import Q
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.contracts.graphql.batches import (
    CONTRACT,
    VERSION_ORDER,
    texts_by_version,
    versions_by_contract,
)
from catalog.contracts.models import DataContract as DataContractModel
from core.graphql import Row, RowsType, connection, load, one, one_row, page


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


class DataContract(RowsType):
    """A data contract (ODCS)."""

    id = graphene.ID(required=True)
    document_id = graphene.String(required=True, description="The standard's `id`.")
    name = graphene.String(required=True)
    owner = one(Team, teams_by_id, key="owner_id", required=True)
    domain = one(Domain, domains_by_id, key="domain_id", required=True)
    versions = page(ContractVersionConnection, versions_by_contract, order=VERSION_ORDER)
    url = graphene.String(required=True)

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("contracts:contract", kwargs={"contract_id": row.values["id"]})


class Query(graphene.ObjectType):
    contract = graphene.Field(
        DataContract,
        id=graphene.String(required=True, description="The document's id, or the portal's."),
    )

    @staticmethod
    def resolve_contract(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        named = Q(document_id=id)
        with suppress(ValueError):
            named |= Q(pk=UUID(id))
        visible = DataContractModel.objects.visible_to(info.context.actor).filter(named)
        return one_row(visible.values(*CONTRACT).first())
