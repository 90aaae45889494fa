"""Blueprints: the self-service catalogue."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    listed,
    load,
    one,
    one_row,
    page_from,
)
from core.graphql.mutations import JSON
from core.paging import keyset_page
from core.subqueries import among
from provisioning.blueprints.models import Blueprint as BlueprintModel
from provisioning.blueprints.models import BlueprintVersion as VersionModel
from provisioning.blueprints.selectors import lead_times

BLUEPRINT = ("id", "slug", "title", "summary", "icon", "owner_id", "current_id", "withdrawn_at")


def contents_by_version(actor: Actor, ids: Collection[int]) -> dict[Any, dict[str, Any]]:
    """What the documents of versions say whose blueprints were seen before."""
    versions = VersionModel.objects.filter(among("pk", ids, "bigint"))
    return {
        each.pk: {"number": each.number, "text": each.text, "content": each.content}
        for each in versions
    }


def leads_by_slug(actor: Actor, slugs: Collection[str]) -> dict[Any, dict[str, Any]]:
    """How long services took that were used lately. One SQL statement."""
    return {slug: {"median_s": each.median_s} for slug, each in lead_times().items()}


class Blueprint(RowsType):
    """A service of the self-service catalogue; ask for it with `submitRequest`."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the service is called.")
    name = graphene.String(required=True, description="Its key, as `submitRequest` takes it.")
    title = graphene.String(required=True, description="As people write it.")
    summary = graphene.String(required=True, description="What one gets, in one line.")
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Who offers it.")
    version = graphene.Int(required=True, description="Of its document, from 1.")
    makes = graphene.String(required=True, description="Kind of the resource that it makes.")
    gets = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="What one gets, in words."
    )
    steps = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="What is done for it."
    )
    approval = graphene.String(required=True, description="Who has to agree.")
    schema = graphene.Field(
        JSON, required=True, description="JSON Schema (2020-12) of `parameters`."
    )
    example = graphene.Field(JSON, required=True, description="Parameters that it takes.")
    lead_time_s = graphene.Float(
        description="Seconds from asked for to ready, the median of the last 90 days."
    )
    document = graphene.String(required=True, description="Its document as it was registered.")
    withdrawn_at = graphene.DateTime(description="Since when nobody can ask for it any more.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_name(row: Row, info: Any) -> str:
        return str(row.values["slug"])

    @staticmethod
    def resolve_version(row: Row, info: Any) -> Any:
        return _version(row, info)["number"]

    @staticmethod
    def resolve_makes(row: Row, info: Any) -> Any:
        return _version(row, info)["content"].makes

    @staticmethod
    def resolve_gets(row: Row, info: Any) -> list[str]:
        return [each["text"] for each in _version(row, info)["content"].gets]

    @staticmethod
    def resolve_steps(row: Row, info: Any) -> list[str]:
        return [each.name for each in _version(row, info)["content"].steps]

    @staticmethod
    def resolve_approval(row: Row, info: Any) -> Any:
        return _version(row, info)["content"].approval

    @staticmethod
    def resolve_schema(row: Row, info: Any) -> Any:
        return _version(row, info)["content"].parameters

    @staticmethod
    def resolve_example(row: Row, info: Any) -> Any:
        return _version(row, info)["content"].example

    @staticmethod
    def resolve_document(row: Row, info: Any) -> Any:
        return _version(row, info)["text"]

    @staticmethod
    def resolve_lead_time_s(row: Row, info: Any) -> float | None:
        found = load(row, leads_by_slug, info, key="slug")
        return found.values["median_s"] if found else None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("blueprints:blueprint", kwargs={"slug": row.values["slug"]})


BlueprintConnection = connection(Blueprint)


class Query(graphene.ObjectType):
    blueprint = graphene.Field(
        Blueprint,
        description="One service of the self-service catalogue.",
        name=graphene.String(required=True, description="Its key."),
    )
    blueprints = listed(BlueprintConnection, "The self-service catalogue, by title.")

    @staticmethod
    def resolve_blueprint(root: None, info: Any, name: str) -> Row | None:
        visible = BlueprintModel.objects.visible_to(info.context.actor)
        found = visible.filter(slug=name, current__isnull=False)
        return one_row(found.values(*BLUEPRINT).first())

    @staticmethod
    def resolve_blueprints(root: None, info: Any, first: int, after: str | None = None) -> Page:
        offered = BlueprintModel.objects.visible_to(info.context.actor).offered()
        rows = offered.filter(current__isnull=False).values(*BLUEPRINT)
        return page_from(keyset_page(rows, order=["title", "id"], size=first, cursor=after))


def _version(row: Row, info: Any) -> Any:
    return load(row, contents_by_version, info, key="current_id").values
