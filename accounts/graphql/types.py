"""Teams, domains, people, and who asks."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import (
    DOMAIN,
    MEMBER_ORDER,
    PATH_ORDER,
    SLUG_ORDER,
    TEAM,
    TOKEN,
    domains_by_id,
    domains_by_owner,
    domains_by_parent,
    members_by_team,
    people_by_id,
    teams_by_domain,
    teams_by_id,
)
from accounts.models import ApiToken as ApiTokenModel
from accounts.models import Domain as DomainModel
from accounts.models import Team as TeamModel
from accounts.states import PortalRole, TeamKind, TeamRole
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    listed,
    one,
    one_row,
    page,
    page_from,
    rows_of,
)
from core.graphql.mutations import JSON
from core.paging import keyset_page

TeamKindEnum = enum_of("TeamKind", TeamKind, "How a team works with others (Team Topologies).")
PortalRoleEnum = enum_of("PortalRole", PortalRole, "What a person may do in the whole portal.")
TeamRoleEnum = enum_of("TeamRole", TeamRole, "What a person may do for a team.")
SEARCH = "Part of a name, or of its key."


class Person(RowsType):
    """Somebody with an account. Of people the portal tells names, nothing else."""

    username = graphene.String(required=True, description="The name they log in with.")
    name = graphene.String(required=True, description="Their name as people write it.")

    @staticmethod
    def resolve_name(row: Row, info: Any) -> str:
        return str(row.values["display_name"] or row.values["username"])


class TeamMember(RowsType):
    """A person in a team."""

    person = one(Person, people_by_id, key="user_id", required=True, description="Who it is.")
    role = TeamRoleEnum(required=True, description="What they may do for the team.")


TeamMemberConnection = connection(TeamMember)


class Team(RowsType):
    """A team in a domain; everything in the portal belongs to one."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the team is called.")
    slug = graphene.String(required=True, description="Its key, as in `team:sales-data`.")
    name = graphene.String(required=True, description="Its name as people write it.")
    kind = TeamKindEnum(required=True, description="How it works with others.")
    contact = graphene.String(description="How to reach it: a channel, an address.")
    domain = one(lambda: Domain, domains_by_id, key="domain_id", description="The domain it is in.")
    parent = one(lambda: Team, teams_by_id, key="parent_id", description="The team it is part of.")
    members = page(
        TeamMemberConnection,
        members_by_team,
        order=MEMBER_ORDER,
        description="Its people, by user name.",
    )
    owned_domains = page(
        lambda: DomainConnection,
        domains_by_owner,
        order=PATH_ORDER,
        description="Domains it answers for, by path.",
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_contact(row: Row, info: Any) -> str | None:
        return row.values["contact"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("portal:team", kwargs={"slug": row.values["slug"]})


TeamConnection = connection(Team, counted=True)


class Domain(RowsType):
    """A business domain; domains nest by dotted path."""

    id = graphene.ID(required=True, description="Stays as it is, whatever its path is.")
    path = graphene.String(required=True, description="Its key, as `sales.emea`.")
    name = graphene.String(required=True, description="Its name as people write it.")
    purpose = graphene.String(description="What it is for, in its owner's words.")
    parent = one(
        lambda: Domain, domains_by_id, key="parent_id", description="The domain it is part of."
    )
    owner = one(Team, teams_by_id, key="owner_id", description="The team that answers for it.")
    children = page(
        lambda: DomainConnection,
        domains_by_parent,
        order=PATH_ORDER,
        description="Domains directly below it, by path.",
    )
    teams = page(
        TeamConnection, teams_by_domain, order=SLUG_ORDER, description="Teams in it, by slug."
    )
    field_schema = graphene.Field(
        JSON, description="JSON Schema of what the domain's products tell beside the usual."
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_purpose(row: Row, info: Any) -> str | None:
        return row.values["purpose"] or None

    @staticmethod
    def resolve_field_schema(row: Row, info: Any) -> Any:
        return row.values["field_schema"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("portal:domain", kwargs={"path": row.values["path"]})


DomainConnection: Any = connection(Domain, counted=True)


class ApiToken(RowsType):
    """A key for scripts. Its secret was shown once, when it was made; nothing shows it again."""

    id = graphene.ID(required=True, description="Of the token, not the token itself.")
    name = graphene.String(required=True, description="What it is for.")
    prefix = graphene.String(required=True, description="How its text begins, to tell it by.")
    scopes = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What it may do: read, write, lineage:write, quality:write.",
    )
    team = one(Team, teams_by_id, key="team_id", description="It acts for this team alone.")
    created_at = graphene.DateTime(required=True, description="When it was made.")
    expires_at = graphene.DateTime(required=True, description="It works until then.")
    last_used_at = graphene.DateTime(description="When it was last used; null: never.")
    revoked_at = graphene.DateTime(description="Since when it does not work any more.")


ApiTokenConnection = connection(ApiToken)


class Viewer(graphene.ObjectType):
    """Who asks, and what they may do."""

    username = graphene.String(required=True, description="The name they log in with.")
    name = graphene.String(required=True, description="Their name as people write it.")
    role = PortalRoleEnum(required=True, description="What they may do in the whole portal.")
    scopes = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What this session or token may do.",
    )
    teams = graphene.List(
        graphene.NonNull(Team), required=True, description="Teams that the caller acts for."
    )
    tokens = listed(ApiTokenConnection, "The caller's own tokens, the newest first.")

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

    @staticmethod
    def resolve_tokens(actor: Actor, info: Any, first: int, after: str | None = None) -> Page:
        rows = ApiTokenModel.objects.filter(user_id=actor.user_id or 0).values(*TOKEN)
        if actor.is_service:  # it knows nothing of its person
            rows = rows.filter(team_id__in=actor.team_ids)
        return page_from(keyset_page(rows, order=["-id"], size=first, cursor=after))


class Query(graphene.ObjectType):
    viewer = graphene.Field(Viewer, required=True, description="Who asks.")
    team = graphene.Field(
        Team,
        description="One team.",
        slug=graphene.String(required=True, description="Its key."),
    )
    teams = listed(
        TeamConnection, "All teams, by slug.", search=graphene.String(description=SEARCH)
    )
    domain = graphene.Field(
        Domain,
        description="One domain.",
        path=graphene.String(required=True, description="As `sales.emea`."),
    )
    domains = listed(
        DomainConnection,
        "All domains by path; a domain stands before those below it.",
        search=graphene.String(description=SEARCH),
    )

    @staticmethod
    def resolve_viewer(root: None, info: Any) -> Actor:
        actor: Actor = info.context.actor
        return actor

    @staticmethod
    def resolve_team(root: None, info: Any, slug: str) -> Row | None:
        return one_row(TeamModel.objects.filter(slug=slug).values(*TEAM).first())

    @staticmethod
    def resolve_teams(root: None, info: Any, first: int, **asked: Any) -> Page:
        return _named(TeamModel.objects.values(*TEAM), "slug", first, **asked)

    @staticmethod
    def resolve_domain(root: None, info: Any, path: str) -> Row | None:
        return one_row(DomainModel.objects.filter(path=path).values(*DOMAIN).first())

    @staticmethod
    def resolve_domains(root: None, info: Any, first: int, **asked: Any) -> Page:
        return _named(DomainModel.objects.values(*DOMAIN), "path", first, **asked)


def _named(
    rows: QuerySet[Any], key: str, first: int, after: str | None = None, search: str | None = None
) -> Page:
    """A page of the rows whose name or key holds what is searched, by their key."""
    text = (search or "").strip()[:100]
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(**{f"{key}__icontains": text}))
    return page_from(keyset_page(rows, order=[key], size=first, cursor=after), rows)
