"""Teams, domains, people, and who asks."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import (
    DOMAIN,
    TEAM,
    domains_by_id,
    people_by_id,
    teams_by_id,
)
from accounts.models import Domain as DomainModel
from accounts.models import Team as TeamModel
from accounts.states import PortalRole, TeamKind
from core.graphql import Page, Row, RowsType, connection, enum_of, one, one_row, page_from, rows_of
from core.paging import keyset_page

TeamKindEnum = enum_of("TeamKind", TeamKind)
PortalRoleEnum = enum_of("PortalRole", PortalRole)


class Person(RowsType):
    username = graphene.String(required=True)
    name = graphene.String(required=True)

    @staticmethod
    def resolve_name(row: Row, info: Any) -> str:
        return str(row.values["display_name"] or row.values["username"])


class Team(RowsType):
    """A team in a domain; everything in the portal belongs to one."""

    id = graphene.ID(required=True)
    slug = graphene.String(required=True)
    name = graphene.String(required=True)
    kind = TeamKindEnum(required=True)
    contact = graphene.String()
    domain = one(lambda: Domain, domains_by_id, key="domain_id")
    url = graphene.String(required=True)

    @staticmethod
    def resolve_contact(row: Row, info: Any) -> str | None:
        return row.values["contact"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("portal:team", kwargs={"slug": row.values["slug"]})


class Domain(RowsType):
    """A business domain; domains nest by dotted path."""

    id = graphene.ID(required=True)
    path = graphene.String(required=True)
    name = graphene.String(required=True)
    purpose = graphene.String()
    parent = one(lambda: Domain, domains_by_id, key="parent_id")
    owner = one(Team, teams_by_id, key="owner_id")
    url = graphene.String(required=True)

    @staticmethod
    def resolve_purpose(row: Row, info: Any) -> str | None:
        return row.values["purpose"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("portal:domain", kwargs={"path": row.values["path"]})


DomainConnection = connection(Domain, counted=True)


class Viewer(graphene.ObjectType):
    """Who asks, and what they may do."""

    username = graphene.String(required=True)
    name = graphene.String(required=True)
    role = PortalRoleEnum(required=True)
    scopes = graphene.List(graphene.NonNull(graphene.String), required=True)
    teams = graphene.List(graphene.NonNull(Team), required=True)

    @staticmethod
    def resolve_username(actor: Actor, info: Any) -> str:
        return actor.name

    @staticmethod
    def resolve_name(actor: Actor, info: Any) -> str:
        found = people_by_id(actor, [actor.user_id or 0]).get(actor.user_id)
        return str(found["display_name"] or actor.name) if found else actor.name

    @staticmethod
    def resolve_scopes(actor: Actor, info: Any) -> list[str]:
        return sorted(actor.scopes)

    @staticmethod
    def resolve_teams(actor: Actor, info: Any) -> list[Row]:
        return rows_of(teams_by_id(actor, actor.team_ids).values())


class Query(graphene.ObjectType):
    viewer = graphene.Field(Viewer, required=True)
    team = graphene.Field(Team, slug=graphene.String(required=True))
    domain = graphene.Field(Domain, path=graphene.String(required=True))
    domains = graphene.Field(
        DomainConnection,
        required=True,
        first=graphene.Int(required=True),
        after=graphene.String(),
    )

    @staticmethod
    def resolve_viewer(root: None, info: Any) -> Actor:
        actor: Actor = info.context.actor
        return actor

    @staticmethod
    def resolve_team(root: None, info: Any, slug: str) -> Row | None:
        return one_row(TeamModel.objects.filter(slug=slug).values(*TEAM).first())

    @staticmethod
    def resolve_domain(root: None, info: Any, path: str) -> Row | None:
        return one_row(DomainModel.objects.filter(path=path).values(*DOMAIN).first())

    @staticmethod
    def resolve_domains(root: None, info: Any, first: int, after: str | None = None) -> Page:
        rows = DomainModel.objects.values(*DOMAIN)
        return page_from(keyset_page(rows, order=["path"], size=first, cursor=after), rows)
