"""REST: campaigns of recertification, their reviews and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.clock import parse_day
from core.csv_rows import CsvRenderer, csv_lines
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of
from core.paging import keyset_page
from core.problems import Problem
from core.rest import body_of, choice_in, list_response, page_response, page_size, text_in
from provisioning.access.selectors import consumer_of
from provisioning.recertification import selectors, services
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.rest import shapes
from provisioning.recertification.selectors import Counts
from provisioning.recertification.states import ReviewState, Silence
from provisioning.requests.selectors.rules import find_scope

TO_DECIDE = ("true",)
CAMPAIGN = {
    "type": "object",
    "required": ["name", "scope", "until", "silence"],
    "properties": {
        "name": TEXT,
        "scope": {
            "type": "string",
            "description": "company, class:<slug>, domain:<path> or port:<fqn>",
        },
        "reason": TEXT,
        "until": {"type": "string", "format": "date", "description": "the last day to decide, UTC"},
        "silence": {"type": "string", "enum": list(Silence.values)},
    },
}
IDS = {"type": "array", "items": {"type": "integer"}, "maxItems": 500}
DECISIONS = {
    "type": "object",
    "properties": {"keep": IDS, "revoke": IDS, "note": TEXT},
}


class Campaigns(APIView):
    """Campaigns in which owners look again at who may read."""

    @extend_schema(
        operation_id="campaigns", parameters=PAGING, responses={200: page_of(shapes.CAMPAIGN)}
    )
    def get(self, request: Request) -> Response:
        """Those that the caller may know, newest first."""
        actor = actor_in(request)
        rows = selectors.campaigns_for_lists(actor)
        page = keyset_page(
            rows,
            order=["-id"],
            size=page_size(request),
            cursor=request.query_params.get("cursor"),
        )
        counts = selectors.counts_of([each.pk for each in page.rows], actor)
        shown = [_campaign(each, counts[each.pk]) for each in page.rows]
        return page_response(request, page, shown, rows)

    @extend_schema(
        operation_id="campaign_start",
        parameters=[KEY],
        request={"application/json": CAMPAIGN},
        responses={201: shapes.CAMPAIGN},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Start one; every grant that is in force there now is asked about."""
        body = body_of(request)
        campaign = services.start_campaign(
            actor=actor_in(request),
            name=text_in(body, "name"),
            reason=text_in(body, "reason"),
            scope=find_scope(text_in(body, "scope"), actor_in(request)),
            until=parse_day(text_in(body, "until")),
            silence=text_in(body, "silence"),
        )
        return Response(_shown(request, campaign), status=201)


class CampaignDetail(APIView):
    """One campaign."""

    @extend_schema(operation_id="campaign", responses={200: shapes.CAMPAIGN})
    def get(self, request: Request, pk: UUID) -> Response:
        """With its figures, as far as the caller may see its reviews."""
        return Response(_shown(request, _found(request, pk)))


class CampaignReviews(APIView):
    """The reviews of one campaign."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="campaign_reviews",
        parameters=[
            *PAGING,
            OpenApiParameter("state", str, enum=list(ReviewState.values)),
            OpenApiParameter("to_decide", str, enum=TO_DECIDE, description="true: by the caller"),
        ],
        responses={200: page_of(shapes.REVIEW), (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, pk: UUID) -> Response | StreamingHttpResponse:
        """A page of them; as CSV (`Accept: text/csv` or `?format=csv`) all of them."""
        found, actor = _found(request, pk), actor_in(request)
        if getattr(request.accepted_renderer, "format", "") == "csv":
            services.record_export(campaign=found, actor=actor)
            lines = csv_lines(selectors.EXPORT_HEADER, selectors.export_rows(found, actor))
            return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        reviews = selectors.reviews_for_lists(found, actor)
        state = choice_in(request.query_params, "state", ReviewState.values)
        if state:
            reviews = reviews.filter(state=state)
        if choice_in(request.query_params, "to_decide", TO_DECIDE):
            reviews = reviews.filter(pk__in=Review.objects.open_to(actor).order_by().values("pk"))
        return list_response(request, reviews, order=["pk"], shown=_review)


class CampaignDecisions(APIView):
    """Decisions on reviews of one campaign."""

    @extend_schema(
        operation_id="campaign_decide",
        parameters=[KEY],
        request={"application/json": DECISIONS},
        responses={200: shapes.CAMPAIGN},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep some, end others: all or none."""
        found, body = _found(request, pk), body_of(request)
        services.decide_reviews(
            campaign=found,
            keep=_ids(body, "keep"),
            revoke=_ids(body, "revoke"),
            note_text=text_in(body, "note"),
            actor=actor_in(request),
        )
        return Response(_shown(request, found))


class CampaignStop(APIView):
    """The early end of a campaign."""

    @extend_schema(
        operation_id="campaign_stop",
        parameters=[KEY],
        request=None,
        responses={200: shapes.CAMPAIGN},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """What is not decided goes on as it is."""
        found = services.stop_campaign(campaign=_found(request, pk), actor=actor_in(request))
        return Response(_shown(request, found))


def _found(request: Request, pk: UUID) -> Campaign:
    found = selectors.campaign_for_page(actor_in(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _ids(body: Mapping[str, Any], name: str) -> list[int]:
    given = body.get(name, [])
    whole = isinstance(given, list) and all(type(each) is int for each in given)
    if not whole:
        text = "Send a list of the numbers of reviews."
        raise Invalid("Nothing was decided.", [Problem(f"/{name}", "not-a-list", text)])
    return list(given)


def _shown(request: Request, campaign: Campaign) -> dict[str, Any]:
    return _campaign(campaign, selectors.counts_of([campaign.pk], actor_in(request))[campaign.pk])


def _campaign(campaign: Campaign, counts: Counts) -> dict[str, Any]:
    return {
        "id": str(campaign.pk),
        "name": campaign.name,
        "scope": selectors.scope_words(campaign),
        "reason": campaign.reason,
        "silence": campaign.silence,
        "created_by": campaign.created_by.username,
        "created_at": campaign.created_at.isoformat(),
        "due_at": campaign.due_at.isoformat(),
        "closed_at": campaign.closed_at.isoformat() if campaign.closed_at else None,
        "reviews": {state: getattr(counts, state) for state in ReviewState.values},
        "url": campaign.get_absolute_url(),
    }


def _review(review: Review) -> dict[str, Any]:
    grant, seen = review.grant, getattr(review, "last_seen_at", None)
    return {
        "id": review.pk,
        "state": review.state,
        "grant": str(grant.pk),
        "port": grant.port.fqn,
        "consumer": consumer_of(grant).text,
        "purpose": grant.purpose,
        "since": grant.starts_at.isoformat(),
        "until": grant.until.isoformat(),
        "last_seen_at": seen.isoformat() if seen else None,
        "decided_by": review.decided_by.username if review.decided_by else None,
        "decided_at": review.decided_at.isoformat() if review.decided_at else None,
        "note": review.note,
    }
