"""Data contracts."""

from __future__ import annotations

from typing import Any

import graphene
import orjson
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.contracts.extensions import affected_parties
from catalog.contracts.formats.odcs_diff import Change
from catalog.contracts.graphql.batches import (
    CONTRACT,
    VERSION_ORDER,
    diffs_by_contract,
    texts_by_version,
    versions_by_contract,
)
from catalog.contracts.graphql.described import COLUMNS, RULES, SLAS
from catalog.contracts.models import DataContract as DataContractModel
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    listed,
    load,
    one,
    one_row,
    page,
    page_from,
)
from core.ids import uuids_in
from core.paging import keyset_page


class ContractVersion(RowsType):
    """One version of a contract; immutable once published."""

    version = graphene.String(required=True, description="Its number, as its owner counts.")
    api_version = graphene.String(required=True, description="Version of the standard, ODCS.")
    status = graphene.String(required=True, description="As the document says: draft, active, ...")
    created_at = graphene.DateTime(required=True, description="When it came to the portal.")
    created_by = graphene.String(required=True, description="User name of who brought it.")
    text = graphene.String(required=True, description="The document as given.")
    columns = COLUMNS
    quality_rules = RULES
    service_levels = SLAS

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
    before = graphene.String(description="What stood there, as JSON.")
    after = graphene.String(description="What stands there now, as JSON.")
    message = graphene.String(required=True, description="The change in words.")

    @staticmethod
    def resolve_before(change: Change, info: Any) -> str | None:
        return _json(change.before)

    @staticmethod
    def resolve_after(change: Change, info: Any) -> str | None:
        return _json(change.after)


class ContractDiff(RowsType):
    """What changed between two versions of a contract, and for whom."""

    level = graphene.String(required=True, description="The worst of all changes, or none.")
    consumer_level = graphene.String(required=True, description="The worst for who reads.")
    producer_level = graphene.String(required=True, description="The worst for who writes.")
    advice = graphene.String(
        required=True, description="Step of semantic versioning: major, minor, patch or none."
    )
    keeps_advice = graphene.Boolean(
        description="The numbers step as advised; null: they cannot be compared."
    )
    breaking = graphene.Int(required=True, description="How many changes break somebody.")
    compatible = graphene.Int(required=True, description="How many break nobody.")
    cosmetic = graphene.Int(required=True, description="How many change words only.")
    changes = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(ContractChange))),
        first=graphene.Int(required=True, description="At most, 1 to 200."),
        description="The worst first.",
    )

    @staticmethod
    def resolve_changes(row: Row, info: Any, first: int) -> Any:
        return row.values["changes"][:first]


class ContractReader(graphene.ObjectType):
    """One who reads data under a contract."""

    kind = graphene.String(required=True, description="product, team or user.")
    id = graphene.String(required=True, description="Full name, slug or user name.")
    name = graphene.String(required=True, description="As people write it.")
    owner = graphene.String(required=True, description="Slug of the team to talk to.")
    via = graphene.String(description="Full name of the port; null: known by lineage.")
    version = graphene.String(description="Of the contract that it reads now, where known.")
    distance = graphene.Int(required=True, description="Hops from the contract's own ports.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_owner(party: Any, info: Any) -> str:
        return str(party.owner_slug)

    @staticmethod
    def resolve_via(party: Any, info: Any) -> str | None:
        return party.via or None

    @staticmethod
    def resolve_version(party: Any, info: Any) -> str | None:
        return party.version or None


class ContractReaders(graphene.ObjectType):
    """Whom a change of a contract concerns."""

    readers = graphene.List(
        graphene.NonNull(ContractReader), required=True, description="The nearest first."
    )
    hidden = graphene.Int(
        required=True, description="How many more there are that you may not see."
    )


class DataContract(RowsType):
    """A data contract (ODCS): what is promised about data, and since when."""

    id = graphene.ID(required=True, description="The portal's own.")
    document_id = graphene.String(required=True, description="The standard's `id`.")
    name = graphene.String(required=True, description="Its name as people write it.")
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Who answers for it.")
    domain = one(
        Domain, domains_by_id, key="domain_id", required=True, description="Where it belongs."
    )
    offered = graphene.Boolean(required=True, description="A port of a product promises it.")
    created_at = graphene.DateTime(required=True, description="When it came to the portal.")
    versions = page(
        ContractVersionConnection,
        versions_by_contract,
        order=VERSION_ORDER,
        description="Its versions, the newest first.",
    )
    diff = graphene.Field(
        ContractDiff,
        older=graphene.String(required=True, name="from", description="A version."),
        newer=graphene.String(required=True, name="to", description="A version."),
        description="Null where the contract has not both versions.",
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_diff(row: Row, info: Any, older: str, newer: str) -> Any:
        return load(row, diffs_by_contract, info, older=older, newer=newer)

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("contracts:contract", kwargs={"contract_id": row.values["id"]})


DataContractConnection = connection(DataContract, counted=True)


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _named(actor: Actor, given: str) -> QuerySet[DataContractModel]:
    named = Q(document_id=given) | Q(pk__in=uuids_in(given))
    return DataContractModel.objects.visible_to(actor).filter(named)


class Query(graphene.ObjectType):
    contract = graphene.Field(
        DataContract,
        description="One contract; null: there is none, or the caller may not see it.",
        id=graphene.String(required=True, description="The document's id, or the portal's."),
    )
    contracts = listed(
        DataContractConnection,
        "Contracts that the caller may see, the oldest first.",
        offered=graphene.Boolean(description="Only those that a port promises, or none does."),
    )

    contract_readers = graphene.Field(
        ContractReaders,
        description="Whom a change of a contract concerns; null: there is no such contract.",
        id=graphene.String(required=True, description="The document's id, or the portal's."),
        first=graphene.Int(required=True, description="At most, 1 to 200."),
    )

    @staticmethod
    def resolve_contract(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return one_row(_named(info.context.actor, id).values(*CONTRACT).first())

    @staticmethod
    def resolve_contract_readers(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        first: int,
    ) -> dict[str, Any] | None:
        actor: Actor = info.context.actor
        found = _named(actor, id).first()
        if found is None:
            return None
        affected = affected_parties(actor, found)
        return {"readers": affected.parties[:first], "hidden": affected.hidden}

    @staticmethod
    def resolve_contracts(
        root: None, info: Any, first: int, after: str | None = None, offered: bool | None = None
    ) -> Page:
        rows = DataContractModel.objects.visible_to(info.context.actor).values(*CONTRACT)
        if offered is not None:
            rows = rows.filter(offered=offered)
        return page_from(keyset_page(rows, order=["id"], size=first, cursor=after), rows)
