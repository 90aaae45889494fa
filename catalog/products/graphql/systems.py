"""Operational systems and their interfaces."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.products.graphql.batches import (
    SYSTEM,
    SYSTEM_PORT_ORDER,
    datasets_by_system_port,
    ports_by_system,
    systems_by_id,
)
from catalog.products.models import System as SystemModel
from catalog.products.selectors.systems import systems_matching
from catalog.products.states import SystemPortKind, SystemStatus
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    listed,
    many,
    one,
    one_row,
    page,
    page_from,
)
from core.paging import keyset_page

SystemStatusEnum = enum_of("SystemStatus", SystemStatus, "Where a system is in its life.")
SystemPortKindEnum = enum_of("SystemPortKind", SystemPortKind, "What an interface speaks.")


class SystemOperation(graphene.ObjectType):
    """One thing that a caller can do."""

    verb = graphene.String(required=True, description="GET, SEND, RECEIVE, ...")
    name = graphene.String(required=True, description="Path or channel.")
    summary = graphene.String(required=True, description="What it does, in one line.")


class PortDataset(RowsType):
    """The OpenLineage name of data behind a port; how lineage finds the port."""

    namespace = graphene.String(required=True, description="As postgres://host:5432.")
    name = graphene.String(
        required=True,
        description="As database.schema.table; of a system's port also *, all of the namespace.",
    )


class SystemPort(RowsType):
    """An interface of a system."""

    name = graphene.String(required=True, description="Its key in the system.")
    fqn = graphene.String(required=True, description="<domain>.<system>/<port>")
    system = one(
        lambda: System, systems_by_id, key="system_id", required=True, description="Whose it is."
    )
    kind = SystemPortKindEnum(required=True, description="What it speaks.")
    title = graphene.String(description="Its name as people write it.")
    version = graphene.String(description="Of its description.")
    url = graphene.String(description="Where it is reached.")
    operations = graphene.List(
        graphene.NonNull(SystemOperation),
        required=True,
        description="What a caller can do there, as its OpenAPI or AsyncAPI document says.",
        first=graphene.Int(required=True, default_value=50, description="At most, 1 to 200."),
    )
    datasets = many(
        PortDataset,
        datasets_by_system_port,
        description="What stands behind it, as lineage names it.",
        first=graphene.Int(required=True, default_value=20, description="At most, 1 to 200."),
    )

    @staticmethod
    def resolve_operations(row: Row, info: Any, first: int) -> list[dict[str, str]]:
        return list(row.values["operations"][:first])


SystemPortConnection = connection(SystemPort)


class System(RowsType):
    """An operational system, where data begins."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the system is called.")
    fqn = graphene.String(required=True, description="Its full name, <domain>.<system>.")
    name = graphene.String(required=True, description="Its name as people write it.")
    purpose = graphene.String(description="What it is for, in one line.")
    description = graphene.String(description="What it is; Markdown.")
    status = SystemStatusEnum(required=True, description="Where it is in its life.")
    technology = graphene.String(description="What it is made with.")
    tags = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Free words to find it by."
    )
    updated_at = graphene.DateTime(required=True, description="When it was last changed.")
    domain = one(
        Domain, domains_by_id, key="domain_id", required=True, description="Where it belongs."
    )
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Who answers for it.")
    ports = page(
        SystemPortConnection,
        ports_by_system,
        order=SYSTEM_PORT_ORDER,
        description="Its interfaces, in the owner's order.",
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("products:system", kwargs={"fqn": row.values["fqn"]})


SystemConnection = connection(System, counted=True)


class Query(graphene.ObjectType):
    system = graphene.Field(
        System,
        description="One operational system.",
        fqn=graphene.String(required=True, description="Its name, or a former one."),
    )
    systems = listed(
        SystemConnection,
        "Operational systems, by full name.",
        domain=graphene.String(description="With everything below it."),
    )

    @staticmethod
    def resolve_system(root: None, info: Any, fqn: str) -> Row | None:
        visible = SystemModel.objects.visible_to(info.context.actor)
        found = visible.filter(fqn=fqn).values(*SYSTEM).first()
        if found is None:
            found = visible.filter(former_names__fqn=fqn).values(*SYSTEM).first()
        return one_row(found)

    @staticmethod
    def resolve_systems(
        root: None, info: Any, first: int, after: str | None = None, domain: str | None = None
    ) -> Page:
        rows = systems_matching(info.context.actor, domain=domain or "").values(*SYSTEM)
        return page_from(keyset_page(rows, order=["fqn"], size=first, cursor=after), rows)
