"""Data products and their ports."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, people_by_id, teams_by_id
from accounts.graphql.types import Domain, Person, Team
from catalog.contracts.graphql.batches import contracts_by_id, versions_by_id
from catalog.contracts.graphql.types import ContractVersion, DataContract
from catalog.governance.graphql.batches import TERM_ORDER
from catalog.governance.graphql.types import TermConnection
from catalog.products.graphql.batches import (
    INPUT_ORDER,
    PORT_ORDER,
    input_ports_by_product,
    output_ports_by_product,
    ownership_by_product,
    ports_by_id,
    products_by_id,
    systems_by_id,
    terms_by_product,
)
from catalog.products.graphql.systems import System
from catalog.products.states import Archetype, ProductStatus
from core.graphql import Row, RowsType, connection, enum, enum_of, many, one, page

ProductStatusEnum = enum_of("ProductStatus", ProductStatus)
ArchetypeEnum = enum_of("Archetype", Archetype)
OwnershipKindEnum = enum(
    "OwnershipKind",
    [("OWNER", "owner"), ("STEWARD", "steward"), ("EXPERT", "expert"), ("ON_CALL", "on-call")],
)


class Ownership(RowsType):
    """A team or a person with a named part in a product."""

    kind = OwnershipKindEnum(required=True)
    team = one(Team, teams_by_id, key="team_id")
    person = one(Person, people_by_id, key="user_id")


class OutputPort(RowsType):
    """Where a product is read; major versions live side by side."""

    id = graphene.ID(required=True)
    fqn = graphene.String(required=True)
    name = graphene.String(required=True)
    major = graphene.Int(required=True)
    version = graphene.String()
    title = graphene.String()
    description = graphene.String()
    technology = graphene.String(description="The standard's server type, e.g. postgresql.")
    requestable = graphene.Boolean(required=True)
    takes_writes = graphene.Boolean(
        required=True, description="Its owner lets others ask to write into it."
    )
    product = one(lambda: DataProduct, products_by_id, key="product_id")
    contract = one(DataContract, contracts_by_id, key="contract_id")
    contract_version = one(ContractVersion, versions_by_id, key="contract_version_id")
    next_version = one(
        ContractVersion,
        versions_by_id,
        key="next_contract_version_id",
        description="What the port moves to, where that breaks those who read it.",
    )
    next_version_on = graphene.Date(description="The day of that move, UTC.")
    url = graphene.String(required=True)

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        product = row.values["fqn"].partition("/")[0]
        port, major = row.values["name"], row.values["major"]
        return reverse("products:port", kwargs={"fqn": product, "port": port, "major": major})


OutputPortConnection = connection(OutputPort)


class InputPort(RowsType):
    """What a product reads, as its owner declares it."""

    name = graphene.String(required=True)
    version = graphene.String()
    contract_id = graphene.String(description="The document's id.")
    source = one(OutputPort, ports_by_id, key="source_id")
    system = one(System, systems_by_id, key="system_id")

    @staticmethod
    def resolve_contract_id(row: Row, info: Any) -> str | None:
        return row.values["contract_document_id"] or None


InputPortConnection = connection(InputPort)


class DataProduct(RowsType):
    """A data product: code, data and policy that one team owns and others consume."""

    id = graphene.ID(required=True)
    fqn = graphene.String(required=True)
    name = graphene.String(required=True)
    purpose = graphene.String()
    description = graphene.String()
    status = ProductStatusEnum(required=True)
    archetype = ArchetypeEnum()
    version = graphene.String()
    updated_at = graphene.DateTime(required=True)
    written_at = graphene.DateTime(
        description="When a run last wrote data into one of its ports, by lineage; "
        "null: none was seen."
    )
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
    url = graphene.String(required=True)
    domain = one(Domain, domains_by_id, key="domain_id", required=True)
    owner = one(Team, teams_by_id, key="owner_id", required=True)
    ownership = many(Ownership, ownership_by_product)
    terms = page(
        TermConnection,
        terms_by_product,
        order=TERM_ORDER,
        description="Business terms of the glossary.",
    )
    output_ports = page(OutputPortConnection, output_ports_by_product, order=PORT_ORDER)
    input_ports = page(InputPortConnection, input_ports_by_product, order=INPUT_ORDER)
    consumer_count = graphene.Int(required=True)

    @staticmethod
    def resolve_archetype(row: Row, info: Any) -> str | None:
        return row.values["archetype"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("products:product", kwargs={"fqn": row.values["fqn"]})


DataProductConnection = connection(DataProduct, counted=True)
