"""REST: datasets that no port offers, claims of them, and edges that a person draws."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.lineage import services
from catalog.lineage.models import Dataset
from catalog.lineage.rest import answers
from catalog.lineage.selectors.ids import encoded
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.rest import body_of, choice_in, list_response, text_in

FILTERS = [
    OpenApiParameter("unmatched", str, enum=["true", "false"]),
    OpenApiParameter("search", str),
    *PAGING,
]
MAX_TYPED = 200


def as_json(dataset: Any) -> dict[str, Any]:
    """A dataset as lists show it; read with `with_team_slug`."""
    return {
        "id": dataset.node_id,
        "key": encoded("dataset", (dataset.namespace, dataset.name)),
        "namespace": dataset.namespace,
        "name": dataset.name,
        "port": dataset.port.fqn if dataset.port else None,
        "namespace_team": dataset.namespace_team,
        "verified": dataset.namespace_team is not None,
        "claimed": dataset.claimed_at is not None and dataset.port is not None,
        "posted_by": dataset.posted_by.slug if dataset.posted_by else None,
        "first_seen": dataset.first_seen,
        "last_seen": dataset.last_seen,
    }


class Datasets(APIView):
    """GET: datasets, newest first; `unmatched=true`: those that wait for a port."""

    @extend_schema(
        operation_id="lineage_datasets",
        parameters=FILTERS,
        responses={200: page_of(answers.DATASET)},
    )
    def get(self, request: Request) -> Response:
        actor, query = actor_in(request), request.query_params
        is_unmatched = choice_in(query, "unmatched", ["true", "false"]) == "true"
        every = Dataset.objects
        rows = every.unmatched_for(actor) if is_unmatched else every.visible_to(actor)
        return list_response(
            request,
            rows.matching(text_in(query, "search")[:MAX_TYPED])
            .with_team_slug()
            .select_related("port", "posted_by"),
            order=("-first_seen", "-id"),
            shown=as_json,
        )


def _shown(dataset: Dataset) -> Response:
    rows = Dataset.objects.with_team_slug().select_related("port", "posted_by")
    return Response(as_json(rows.get(pk=dataset.pk)))


class Claim(APIView):
    """POST `{"dataset", "port"}`: the port offers the dataset, whatever its names say."""

    @extend_schema(
        parameters=[KEY],
        operation_id="lineage_claim",
        request={"application/json": answers.CLAIM},
        responses={200: answers.DATASET},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = body_of(request)
        node, port = text_in(body, "dataset"), text_in(body, "port")
        return _shown(services.claim_dataset(node=node, port=port, actor=actor_in(request)))


class Unclaim(APIView):
    """POST `{"dataset"}`: names say again which port offers it."""

    @extend_schema(
        parameters=[KEY],
        operation_id="lineage_unclaim",
        request={"application/json": answers.UNCLAIM},
        responses={200: answers.DATASET},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        node = text_in(body_of(request), "dataset")
        return _shown(services.unclaim_dataset(node=node, actor=actor_in(request)))


class Edges(APIView):
    """POST `{"source", "target", "reason"}`: the target is made from the source."""

    @extend_schema(
        parameters=[KEY],
        operation_id="lineage_edge_draw",
        request={"application/json": answers.NEW_EDGE},
        responses={201: answers.DRAWN},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = body_of(request)
        source, target, reason = (text_in(body, key) for key in ("source", "target", "reason"))
        drawn = services.draw_edge(
            source=source, target=target, reason=reason, actor=actor_in(request)
        )
        return Response(asdict(drawn), status=201)


class Edge(APIView):
    """DELETE: an edge that a person drew ends."""

    @extend_schema(parameters=[KEY], operation_id="lineage_edge_remove", responses={204: None})
    @idempotent
    def delete(self, request: Request, edge: str) -> Response:
        services.remove_edge(edge=edge, actor=actor_in(request))
        return Response(status=204)
