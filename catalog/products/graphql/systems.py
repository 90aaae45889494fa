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
    ports_by_system,
)
from catalog.products.models import System as SystemModel
from catalog.products.selectors.systems import systems_matching
from catalog.products.states import SystemPortKind, SystemStatus
from core.graphql import Page, Row, RowsType, connection, enum_of, one, one_row, page, page_from
from core.paging import keyset_page

SystemStatusEnum = enum_of("SystemStatus", SystemStatus)
SystemPortKindEnum = enum_of("SystemPortKind", SystemPortKind)


class SystemOperation(graphene.ObjectType):
    """One thing that a caller can do."""

    verb = graphene.String(required=True, description="GET, SEND, RECEIVE, ...")
    name = graphene.String(required=True, description="Path or channel.")
    summary = graphene.String(required=True)


class SystemPort(RowsType):
    """An interface of a system."""

    name = graphene.String(required=True)
    fqn = graphene.String(required=True)
    kind = SystemPortKindEnum(required=True)
    title = graphene.String()
    version = graphene.String()
    url = graphene.String(description="Where it is reached.")
    operations = graphene.List(
        graphene.NonNull(SystemOperation),
        required=True,
        first=graphene.Int(required=True, default_value=50),
    )

    @staticmethod
    def resolve_operations(row: Row, info: Any, first: int) -> list[dict[str, str]]:
        return list(row.values["operations"][:first])


SystemPortConnection = connection(SystemPort)


class System(RowsType):
    """An operational system, where data begins."""

    id = graphene.ID(required=True)
    fqn = graphene.String(required=True)
    name = graphene.String(required=True)
    purpose = graphene.String()
    description = graphene.String()
    status = SystemStatusEnum(required=True)
    technology = graphene.String()
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
    updated_at = graphene.DateTime(required=True)
    domain = one(Domain, domains_by_id, key="domain_id", required=True)
    owner = one(Team, teams_by_id, key="owner_id", required=True)
    ports = page(SystemPortConnection, ports_by_system, order=SYSTEM_PORT_ORDER)
    url = graphene.String(required=True)

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("products:system", kwargs={"fqn": row.values["fqn"]})


SystemConnection = connection(System, counted=True)


class Query(graphene.ObjectType):
    system = graphene.Field(
        System, fqn=graphene.String(required=True, description="Its name, or a former one.")
    )
    systems = graphene.Field(
        SystemConnection,
        required=True,
        first=graphene.Int(required=True),
        after=graphene.String(),
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
