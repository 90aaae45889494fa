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
    datasets_by_port,
    follows_by_product,
    input_ports_by_product,
    output_ports_by_product,
    ownership_by_product,
    ports_by_id,
    products_by_id,
    systems_by_id,
    terms_by_product,
)
from catalog.products.graphql.systems import PortDataset, System
from catalog.products.models import page_address
from catalog.products.states import Archetype, LinkKind, ProductStatus, Visibility
from core.graphql import Row, RowsType, connection, enum, enum_of, load, many, one, page
from core.graphql.mutations import JSON

ProductStatusEnum = enum_of("ProductStatus", ProductStatus, "Where a product is in its life.")
ArchetypeEnum = enum_of("Archetype", Archetype, "What a product is made from, and for whom.")
VisibilityEnum = enum_of("Visibility", Visibility, "Who finds a published product.")
LinkKindEnum = enum_of("LinkKind", LinkKind, "What is behind a link of a product.")
OwnershipKindEnum = enum(
    "OwnershipKind",
    [("OWNER", "owner"), ("STEWARD", "steward"), ("EXPERT", "expert"), ("ON_CALL", "on-call")],
    "A named part in a product.",
    {
        "owner": "Answers for it and decides on it.",
        "steward": "Looks after its meaning and its rules.",
        "expert": "Knows the data and answers questions.",
        "on-call": "Is called when it breaks.",
    },
)


class Ownership(RowsType):
    """A team or a person with a named part in a product."""

    kind = OwnershipKindEnum(required=True, description="The part they have.")
    team = one(Team, teams_by_id, key="team_id", description="The team, where it is one.")
    person = one(Person, people_by_id, key="user_id", description="The person, where it is one.")


class OutputPort(RowsType):
    """Where a product is read; major versions live side by side."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the port is called.")
    fqn = graphene.String(required=True, description="<domain>.<product>/<port>@<major>")
    name = graphene.String(required=True, description="Its key in the product.")
    major = graphene.Int(required=True, description="A new one where a change breaks readers.")
    version = graphene.String(description="As its owner counts, in full.")
    title = graphene.String(description="Its name as people write it.")
    description = graphene.String(description="What is in it.")
    technology = graphene.String(description="The standard's server type, e.g. postgresql.")
    location = graphene.Field(JSON, description="Where it is, in the words of its technology.")
    requestable = graphene.Boolean(required=True, description="One may ask for access to it.")
    takes_writes = graphene.Boolean(
        required=True, description="Its owner lets others ask to write into it."
    )
    datasets = many(
        PortDataset,
        datasets_by_port,
        description="What it offers, as lineage names it.",
        first=graphene.Int(required=True, default_value=20, description="At most, 1 to 200."),
    )
    product = one(
        lambda: DataProduct, products_by_id, key="product_id", description="Whose port it is."
    )
    contract = one(
        DataContract, contracts_by_id, key="contract_id", description="What is promised there."
    )
    contract_version = one(
        ContractVersion,
        versions_by_id,
        key="contract_version_id",
        description="The version of the contract that holds now; its columns are the port's.",
    )
    next_version = one(
        ContractVersion,
        versions_by_id,
        key="next_contract_version_id",
        description="What the port moves to, where that breaks those who read it.",
    )
    next_version_on = graphene.Date(description="The day of that move, UTC.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_location(row: Row, info: Any) -> Any:
        return row.values["location"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        product = row.values["fqn"].partition("/")[0]
        port, major = row.values["name"], row.values["major"]
        return reverse("products:port", kwargs={"fqn": product, "port": port, "major": major})


OutputPortConnection = connection(OutputPort)


class InputPort(RowsType):
    """What a product reads, as its owner declares it."""

    name = graphene.String(required=True, description="Its key in the product.")
    version = graphene.String(description="The version that is expected there.")
    contract_id = graphene.String(description="The id of the contract that it relies on (ODCS).")
    source = one(
        OutputPort, ports_by_id, key="source_id", description="The port of another product."
    )
    system = one(
        System, systems_by_id, key="system_id", description="The operational system it reads."
    )

    @staticmethod
    def resolve_contract_id(row: Row, info: Any) -> str | None:
        return row.values["contract_document_id"] or None


InputPortConnection = connection(InputPort)


class ProductLink(graphene.ObjectType):
    """Somewhere to go on reading."""

    kind = LinkKindEnum(required=True, description="What is there.")
    label = graphene.String(required=True, description="As people read it.")
    url = graphene.String(required=True, description="http, https or mailto.")


class DataProduct(RowsType):
    """A data product: code, data and policy that one team owns and others consume."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the product is called.")
    fqn = graphene.String(required=True, description="Its full name, <domain>.<product>.")
    document_id = graphene.String(required=True, description="The id of its descriptor (ODPS).")
    name = graphene.String(required=True, description="Its name as people write it.")
    purpose = graphene.String(description="What it is for, in one line.")
    description = graphene.String(description="What it is; Markdown.")
    limitations = graphene.String(description="What it is not good for; Markdown.")
    usage = graphene.String(description="How to use it; Markdown.")
    status = ProductStatusEnum(required=True, description="Where it is in its life.")
    archetype = ArchetypeEnum(description="What it is made from, and for whom.")
    visibility = VisibilityEnum(required=True, description="Who finds it once it is published.")
    classification = graphene.String(description="Slug of its class, see `classifications`.")
    version = graphene.String(description="As its owner counts.")
    revision = graphene.Int(
        required=True, description="Counts each change; what REST compares with `If-Match`."
    )
    created_at = graphene.DateTime(required=True, description="When it came to the portal.")
    updated_at = graphene.DateTime(required=True, description="When it was last changed.")
    published_at = graphene.DateTime(description="When it was first published.")
    written_at = graphene.DateTime(
        description="When a run last wrote data into one of its ports, by lineage; "
        "null: none was seen."
    )
    sunset_on = graphene.Date(description="Of a deprecated one: the day of its end.")
    successor = one(
        lambda: DataProduct,
        products_by_id,
        key="successor_id",
        description="Of a deprecated one: what to use instead.",
    )
    tags = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Free words to find it by."
    )
    links = graphene.List(
        graphene.NonNull(ProductLink), required=True, description="Where to go on reading."
    )
    extra = graphene.Field(JSON, description="What its domain wants to know, see `fieldSchema`.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")
    domain = one(
        Domain, domains_by_id, key="domain_id", required=True, description="Where it belongs."
    )
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Who answers for it.")
    ownership = many(
        Ownership,
        ownership_by_product,
        description="The owner team, then stewards, experts and who is on call.",
    )
    terms = page(
        TermConnection,
        terms_by_product,
        order=TERM_ORDER,
        description="Business terms of the glossary.",
    )
    output_ports = page(
        OutputPortConnection,
        output_ports_by_product,
        order=PORT_ORDER,
        description="Where it is read, in the owner's order.",
    )
    input_ports = page(
        InputPortConnection,
        input_ports_by_product,
        order=INPUT_ORDER,
        description="What it reads, as its owner declares it, by name.",
    )
    consumer_count = graphene.Int(
        required=True, description="Teams, people and products that read it now."
    )
    is_followed = graphene.Boolean(required=True, description="The caller is told of its changes.")

    @staticmethod
    def resolve_archetype(row: Row, info: Any) -> str | None:
        return row.values["archetype"] or None

    @staticmethod
    def resolve_classification(row: Row, info: Any) -> str | None:
        return row.values["classification"] or None

    @staticmethod
    def resolve_extra(row: Row, info: Any) -> Any:
        return row.values["extra"] or None

    @staticmethod
    def resolve_is_followed(row: Row, info: Any) -> bool:
        return load(row, follows_by_product, info) is not None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return page_address(row.values["fqn"])


DataProductConnection = connection(DataProduct, counted=True)
