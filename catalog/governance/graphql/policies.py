"""Policies and classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.governance.models import Policy as PolicyModel
from catalog.governance.models import PolicyVersion as PolicyVersionModel
from catalog.governance.selectors import PolicyRow, levels, policy_rows
from catalog.governance.states import PolicyState, Severity
from core.graphql import (
    Edge,
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    first_of_each,
    listed,
    one,
    page,
    rows_of,
)
from core.paging import keyset_page
from core.subqueries import among

ORDER = ("name", "id")
VERSION = (
    *("id", "policy_id", "number", "state", "rule", "words", "mend", "severity"),
    *("grace_until", "created_by", "created_at"),
)
NUMBERS = ("-number",)
PolicyStateEnum = enum_of("PolicyState", PolicyState, "Whether a policy is asked.")
SeverityEnum = enum_of("PolicySeverity", Severity, "How much a policy matters.")


def versions_by_policy(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """Wordings of policies that were seen before."""
    rows = PolicyVersionModel.objects.filter(among("policy_id", ids))
    return first_of_each(
        rows, by="policy_id", order=NUMBERS, columns=VERSION, first=first, after=after
    )


class Classification(graphene.ObjectType):
    """A class that products and columns may have; the higher its rank, the fewer may read."""

    slug = graphene.String(required=True, description="Its key.")
    name = graphene.String(required=True, description="As people write it.")
    rank = graphene.Int(required=True, description="The least is the most open.")
    meaning = graphene.String(description="What belongs in it.")
    is_active = graphene.Boolean(required=True, description="It may be chosen for something new.")
    needs_legal_basis = graphene.Boolean(
        required=True, description="Who asks to read has to name why personal data is processed."
    )


class PolicyVersion(RowsType):
    """One wording of a policy."""

    number = graphene.Int(required=True, description="From 1, by each wording.")
    state = PolicyStateEnum(required=True, description="Whether this wording is asked.")
    rule = graphene.String(required=True, description="The rule in CEL; true: it is kept.")
    words = graphene.String(required=True, description="The rule as people say it.")
    mend = graphene.String(required=True, description="What to do when it is not kept.")
    severity = SeverityEnum(required=True, description="How much it matters.")
    grace_until = graphene.Date(description="Until the end of this day it only warns.")
    created_by = graphene.String(required=True, description="User name of who wrote it.")
    created_at = graphene.DateTime(required=True, description="When it was written.")


class Policy(RowsType):
    """A rule on products or contracts; a domain may have its own beside the company's."""

    id = graphene.ID(required=True, description="Stays as it is, whatever the policy says.")
    slug = graphene.String(required=True, description="Its key.")
    name = graphene.String(required=True, description="As people write it.")
    subject = graphene.String(required=True, description="What it is about: product or contract.")
    state = PolicyStateEnum(required=True, description="Whether it is asked.")
    domain = one(Domain, domains_by_id, key="domain_id", description="Null: the whole company.")
    owner = one(Team, teams_by_id, key="owner_id", required=True, description="Who answers for it.")
    wording = graphene.Field(
        PolicyVersion,
        required=True,
        description="In force; else the draft; else the last one.",
    )
    failing = graphene.Int(
        required=True, description="Published subjects that you may see and that fail it."
    )
    undecided = graphene.Int(
        required=True, description="Those for which it could not be evaluated."
    )
    versions = page(
        connection(PolicyVersion),
        versions_by_policy,
        order=NUMBERS,
        description="All wordings, the newest first.",
    )
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("governance:policy", kwargs={"slug": row.values["slug"]})


PolicyConnection = connection(Policy)


class Query(graphene.ObjectType):
    policy = graphene.Field(
        Policy,
        description="One policy.",
        slug=graphene.String(required=True, description="Its key."),
    )
    policies = listed(PolicyConnection, "All policies, by name.")
    classifications = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(Classification))),
        description="The classes that products and columns may have, the most open first.",
    )

    @staticmethod
    def resolve_policy(root: None, info: Any, slug: str) -> Row | None:
        visible = PolicyModel.objects.visible_to(info.context.actor).filter(slug=slug)
        return next(iter(_rows(info.context.actor, list(visible))), None)

    @staticmethod
    def resolve_policies(root: None, info: Any, first: int, after: str | None = None) -> Page:
        actor: Actor = info.context.actor
        visible = PolicyModel.objects.visible_to(actor)
        found = keyset_page(visible, order=ORDER, size=first, cursor=after)
        edges = [
            Edge(row, key) for row, key in zip(_rows(actor, found.rows), found.keys, strict=True)
        ]
        return Page(edges, has_next=found.next_cursor is not None)

    @staticmethod
    def resolve_classifications(root: None, info: Any) -> Any:
        return list(levels(all_of_them=True))


def _rows(actor: Actor, policies: list[PolicyModel]) -> list[Row]:
    return rows_of([_values(each) for each in policy_rows(actor, policies)])


def _values(row: PolicyRow) -> Mapping[str, Any]:
    policy, version = row.policy, row.version
    named = ("id", "slug", "name", "subject", "domain_id", "owner_id")
    return {
        **{name: getattr(policy, name) for name in named},
        "state": row.state,
        "failing": row.failing,
        "undecided": row.undecided,
        "wording": rows_of([{name: getattr(version, name) for name in VERSION}])[0],
    }
