"""Namespaces that a team answers for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from catalog.lineage import services
from catalog.lineage.models import NamespaceClaim
from core.graphql import Page, Row, RowsType, connection, one, one_row, page_from, paged
from core.graphql.mutations import attempt, payload
from core.paging import keyset_page

CLAIM = ("id", "namespace", "team_id", "claimed_at")
NAMESPACE = graphene.String(required=True, description="As postgres://host:5432.")


class LineageNamespace(RowsType):
    """A namespace of datasets that a team has claimed: nobody else says what is written there."""

    namespace = graphene.String(required=True, description="As postgres://host:5432.")
    team = one(Team, teams_by_id, key="team_id", required=True, description="Who answers for it.")
    claimed_at = graphene.DateTime(required=True, description="Since when.")


ClaimNamespace = payload("ClaimNamespacePayload", "namespace", LineageNamespace)
ReleaseNamespace = payload("ReleaseNamespacePayload", "released", graphene.String)


class Query(graphene.ObjectType):
    lineage_namespaces = graphene.Field(
        connection(LineageNamespace),
        required=True,
        **paged(),
        description="Namespaces that a team answers for, by name; others are open to everybody.",
    )

    @staticmethod
    def resolve_lineage_namespaces(
        root: None, info: Any, first: int, after: str | None = None
    ) -> Page:
        rows = NamespaceClaim.objects.visible_to(info.context.actor).values(*CLAIM)
        return page_from(keyset_page(rows, order=["namespace"], size=first, cursor=after), rows)


class Mutation(graphene.ObjectType):
    claim_namespace = graphene.Field(
        ClaimNamespace,
        required=True,
        description="Let only one team say what is written to the datasets of a namespace.",
        namespace=NAMESPACE,
        team=graphene.String(required=True, description="Slug of the team."),
    )
    release_namespace = graphene.Field(
        ReleaseNamespace,
        required=True,
        description="Open a claimed namespace to everybody again.",
        namespace=NAMESPACE,
    )

    @staticmethod
    def resolve_claim_namespace(
        root: None, info: Any, namespace: str, team: str
    ) -> Mapping[str, Any]:
        def claim() -> Row | None:
            made = services.claim_namespace(
                namespace=namespace, team=team, actor=info.context.actor
            )
            found = NamespaceClaim.objects.visible_to(info.context.actor).filter(pk=made.pk)
            return one_row(found.values(*CLAIM).first())

        return attempt("namespace", claim)

    @staticmethod
    def resolve_release_namespace(root: None, info: Any, namespace: str) -> Mapping[str, Any]:
        def release() -> Any:
            services.release_namespace(namespace=namespace, actor=info.context.actor)
            return namespace

        return attempt("released", release)
