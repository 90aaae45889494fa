"""Targets: places that drivers may make things in. No secret is in any answer."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from core.graphql import Page, Row, RowsType, connection, listed, one, one_row, page_from
from core.graphql.mutations import JSON
from core.paging import keyset_page
from provisioning.drivers.models import Target as TargetModel
from provisioning.drivers.selectors import kind_cards, targets_matching

TARGET = (
    *("id", "slug", "name", "driver", "owner_id", "config", "healthy", "health"),
    *("checked_at", "created_at", "updated_at"),
)


class TargetKind(graphene.ObjectType):
    """What can be a target, and what has to be known of it."""

    driver = graphene.String(required=True, description="Its key: postgres, git, s3, ...")
    label = graphene.String(required=True, description="As people write it.")
    summary = graphene.String(required=True, description="What can be made there.")
    config = graphene.Field(JSON, required=True, description="JSON Schema of `config`.")
    secrets = graphene.Field(
        JSON, required=True, description="JSON Schema of the secrets that it needs."
    )


class Target(RowsType):
    """A registered place to make things in, owned by a team."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the target is called.")
    slug = graphene.String(required=True, description="Its key, as blueprints name it.")
    name = graphene.String(required=True, description="As people write it.")
    driver = graphene.String(required=True, description="What speaks to it, see `targetKinds`.")
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Whose it is.")
    config = graphene.Field(JSON, required=True, description="Where and how; without secrets.")
    healthy = graphene.Boolean(description="It answered the last check; null: never checked.")
    health = graphene.String(description="What the last check found.")
    checked_at = graphene.DateTime(description="When it was last checked.")
    created_at = graphene.DateTime(required=True, description="When it was registered.")
    updated_at = graphene.DateTime(required=True, description="When it was last changed.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_health(row: Row, info: Any) -> str | None:
        return row.values["health"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("drivers:target", args=[row.values["slug"]])


TargetConnection = connection(Target)


class Query(graphene.ObjectType):
    target = graphene.Field(
        Target,
        description="One target.",
        slug=graphene.String(required=True, description="Its key."),
    )
    targets = listed(
        TargetConnection,
        "Targets of the caller's teams, by slug; platform engineers see all.",
        search=graphene.String(description="Part of a name, a slug or an owner."),
        driver=graphene.String(description="Only those of this driver."),
    )
    target_kinds = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(TargetKind))),
        description="What can be a target here.",
    )

    @staticmethod
    def resolve_target(root: None, info: Any, slug: str) -> Row | None:
        visible = TargetModel.objects.visible_to(info.context.actor).called(slug)
        return one_row(visible.values(*TARGET).first())

    @staticmethod
    def resolve_targets(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        search: str | None = None,
        driver: str | None = None,
    ) -> Page:
        found = targets_matching(info.context.actor, text=search or "", driver=driver or "")
        rows = found.select_related(None).values(*TARGET)
        return page_from(keyset_page(rows, order=["slug"], size=first, cursor=after))

    @staticmethod
    def resolve_target_kinds(root: None, info: Any) -> Any:
        return kind_cards()
