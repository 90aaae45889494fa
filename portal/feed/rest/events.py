"""`events`: the change feed."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.openapi import whole_list_of
from core.positions import bounds
from core.rest import page_size
from portal.feed.formats.events import TYPES
from portal.feed.rest import shapes
from portal.feed.selectors import feed_page, position_in

LATEST = "latest"


class Events(APIView):
    """What happened, in order, without gaps."""

    @extend_schema(
        operation_id="events",
        parameters=[
            OpenApiParameter(
                "after",
                {"oneOf": [{"type": "integer", "minimum": 0}, {"const": "latest"}]},
                description="a position; left out: from the oldest that is kept; `latest`: only "
                "the position of now, to begin from",
            ),
            OpenApiParameter(
                "type", str, many=True, description="a type or a group (`product.*`); left out: all"
            ),
            OpenApiParameter("page_size", int, description="1 to 200"),
        ],
        responses={200: shapes.FEED},
    )
    def get(self, request: Request) -> Response:
        """Events after a position, as far as the caller may see what they are about.

        Keep `position` and ask for what comes after it: nothing that commits later is missed.
        `next` is null once nothing more is there now. 410 where the feed does not reach back so
        far any more (90 days).
        """
        given = request.query_params
        page = feed_page(
            actor_in(request),
            after=_after(given.get("after")),
            types=given.getlist("type"),
            size=page_size(request),
        )
        query = given.copy()
        query["after"] = str(page.position)
        following = f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"
        return Response(
            {
                "results": page.documents,
                "position": page.position,
                "next": None if page.is_last else following,
            }
        )


class EventTypes(APIView):
    """The types of events."""

    @extend_schema(operation_id="event_types", responses={200: whole_list_of(shapes.EVENT_TYPE)})
    def get(self, request: Request) -> Response:
        """Each with the kind of its subject and what else it tells."""
        rows = [
            {
                "name": each.name,
                "subject": each.subject,
                "facts": list(each.facts),
                "description": each.about,
            }
            for each in TYPES
        ]
        return Response({"results": rows, "next": None})


def _after(text: str | None) -> int | None:
    return bounds()[1] if text == LATEST else position_in(text)
