"""`notifications`: what the caller was told, and what of it comes by mail."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.problems import Problem
from core.rest import body_of, choice_in, list_response, text_in
from portal import services
from portal.models import Notification
from portal.rest import shapes
from portal.states import MailGroup, Pace

MAX_IDS = 500
READ = {
    "type": "object",
    "properties": {
        "ids": {
            "type": "array",
            "items": {"type": "integer"},
            "maxItems": MAX_IDS,
            "description": "left out: all",
        }
    },
}
CHOICES = {
    "type": "object",
    "properties": {
        group: {"type": "string", "enum": list(Pace.values)} for group in MailGroup.values
    },
}


class Notifications(APIView):
    """The caller's own notifications."""

    @extend_schema(
        operation_id="notifications",
        parameters=[
            OpenApiParameter("show", str, enum=["new"], description="only what is not read"),
            *PAGING,
        ],
        responses={200: page_of(shapes.NOTIFICATION)},
    )
    def get(self, request: Request) -> Response:
        """The newest first; kept for 90 days."""
        rows = Notification.objects.visible_to(actor_in(request))
        if choice_in(request.query_params, "show", ["new"]):
            rows = rows.unread()
        return list_response(request, rows, order=["-id"], shown=_card)


class NotificationsRead(APIView):
    """Reading."""

    @extend_schema(
        operation_id="notifications_read",
        parameters=[KEY],
        request={"application/json": READ},
        responses={200: shapes.MARKED},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Mark these as read, or all; answers how many were not."""
        ids = body_of(request).get("ids")
        is_list = isinstance(ids, list) and len(ids) <= MAX_IDS
        if ids is not None and not (is_list and all(type(each) is int for each in ids)):
            text = f"Send up to {MAX_IDS} numbers."
            raise Invalid("These are no ids.", [Problem("/ids", "wrong-type", text)])
        return Response({"count": services.mark_read(actor=actor_in(request), ids=ids)})


class MailChoices(APIView):
    """What comes by mail, and how soon."""

    @extend_schema(operation_id="mail_choices", responses={200: CHOICES})
    def get(self, request: Request) -> Response:
        """The caller's own choice for each group."""
        return Response(services.choices_of(actor_in(request).user_id or 0))

    @extend_schema(
        operation_id="mail_choose",
        parameters=[KEY],
        request={"application/json": CHOICES},
        responses={200: CHOICES},
    )
    @idempotent
    def patch(self, request: Request) -> Response:
        """Change what the body names."""
        body = body_of(request)
        choices = {name: text_in(body, name) for name in body}
        return Response(services.choose_mail(actor=actor_in(request), choices=choices))


def _card(notification: Notification) -> dict[str, Any]:
    return {
        "id": notification.pk,
        "kind": notification.kind,
        "title": notification.title,
        "reason": notification.reason,
        "url": notification.url,
        "created_at": notification.created_at,
        "read_at": notification.read_at,
        "mail_at": notification.mail_at,
    }
