"""Verbs on the graph, and the datasets that wait for a port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import graphene

from catalog.lineage import services
from catalog.lineage.graphql.types import DATASET, Dataset
from catalog.lineage.models import Dataset as DatasetModel
from core.graphql import Page, Row, connection, one_row, page_from, paged
from core.graphql.mutations import attempt, payload
from core.paging import keyset_page

ORDER = ("-first_seen", "-id")
DatasetConnection = connection(Dataset)


class ManualEdge(graphene.ObjectType):
    """An edge that a person drew."""

    id = graphene.ID(required=True, description="As removeLineageEdge takes it.")
    source = graphene.String(required=True, description="The node that data comes from.")
    target = graphene.String(required=True, description="The node that is made from it.")
    reason = graphene.String(required=True, description="How it is known.")
    closes_circle = graphene.Boolean(required=True, description="Each is made from the other.")


ClaimDataset = payload("ClaimDatasetPayload", "dataset", Dataset)
UnclaimDataset = payload("UnclaimDatasetPayload", "dataset", Dataset)
DrawLineageEdge = payload("DrawLineageEdgePayload", "edge", ManualEdge)
RemoveLineageEdge = payload("RemoveLineageEdgePayload", "removed", graphene.ID)


class Query(graphene.ObjectType):
    unmatched_datasets = graphene.Field(
        DatasetConnection,
        required=True,
        **paged(),
        description="Datasets that lineage tells of and no port claims, the newest first; to"
        " stewards, platform engineers and the team that posted them.",
        search=graphene.String(description="Part of a name."),
    )

    @staticmethod
    def resolve_unmatched_datasets(
        root: None, info: Any, first: int, after: str | None = None, search: str | None = None
    ) -> Page:
        typed = (search or "")[:200].replace("\0", "")
        found = DatasetModel.objects.unmatched_for(info.context.actor).matching(typed)
        rows = found.with_team().values(*DATASET)
        return page_from(keyset_page(rows, order=ORDER, size=first, cursor=after), rows)


class Mutation(graphene.ObjectType):
    claim_dataset = graphene.Field(
        ClaimDataset,
        required=True,
        description="Say that a dataset is what a port of one's team offers.",
        dataset=graphene.String(required=True, description="dataset:<namespace>:<name>"),
        port=graphene.String(required=True, description="Its fqn."),
    )
    unclaim_dataset = graphene.Field(
        UnclaimDataset,
        required=True,
        description="Take such a claim back.",
        dataset=graphene.String(required=True, description="dataset:<namespace>:<name>"),
    )
    draw_lineage_edge = graphene.Field(
        DrawLineageEdge,
        required=True,
        description="Say that one dataset is made from another where no tool tells it.",
        source=graphene.String(required=True, description="The node that data comes from."),
        target=graphene.String(required=True, description="The node that is made from it."),
        reason=graphene.String(required=True, description="How it is known."),
    )
    remove_lineage_edge = graphene.Field(
        RemoveLineageEdge,
        required=True,
        description="Take back an edge that a person drew.",
        id=graphene.ID(required=True, description="Of that edge."),
    )

    @staticmethod
    def resolve_claim_dataset(root: None, info: Any, dataset: str, port: str) -> Mapping[str, Any]:
        actor = info.context.actor
        return attempt(
            "dataset",
            lambda: _row(services.claim_dataset(node=dataset, port=port, actor=actor)),
        )

    @staticmethod
    def resolve_unclaim_dataset(root: None, info: Any, dataset: str) -> Mapping[str, Any]:
        actor = info.context.actor
        return attempt("dataset", lambda: _row(services.unclaim_dataset(node=dataset, actor=actor)))

    @staticmethod
    def resolve_draw_lineage_edge(
        root: None, info: Any, source: str, target: str, reason: str
    ) -> Mapping[str, Any]:
        def draw() -> Any:
            return asdict(
                services.draw_edge(
                    source=source, target=target, reason=reason, actor=info.context.actor
                )
            )

        return attempt("edge", draw)

    @staticmethod
    def resolve_remove_lineage_edge(root: None, info: Any, id: str) -> Mapping[str, Any]:  # noqa: A002 - the argument's name
        def remove() -> Any:
            services.remove_edge(edge=id, actor=info.context.actor)
            return id

        return attempt("removed", remove)


def _row(dataset: DatasetModel) -> Row | None:
    found = DatasetModel.objects.filter(pk=dataset.pk).with_team()
    return one_row(found.values(*DATASET).first())
