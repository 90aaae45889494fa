"""Following, announcements and comments of a product."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products import services
from catalog.products.models import Announcement, DataProduct
from catalog.products.rest import shapes
from catalog.products.selectors import product_by_fqn
from catalog.products.selectors.talk import (
    Said,
    announcement_of,
    announcements_of,
    comment_of,
    threads_of,
)
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGES, TEXT, page_of
from core.problems import Problem
from core.rest import body_of, page_response, page_size

MOMENT = {"type": "string", "format": "date-time"}
ANNOUNCEMENT = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "kind": {"enum": ["news", "maintenance", "incident"]},
        "title": TEXT,
        "body": {**TEXT, "description": "Markdown"},
        "starts_at": MOMENT,
        "ends_at": MOMENT,
    },
}
COMMENT = {
    "type": "object",
    "required": ["body"],
    "properties": {
        "body": {**TEXT, "description": "Markdown"},
        "parent": {"type": "integer", "description": "id of the comment that is answered"},
    },
}
UNSEEN_COMMENT = "There is no such comment here."


class FollowItem(APIView):
    """Whether the caller follows a product."""

    @extend_schema(
        parameters=[KEY],
        operation_id="product_follow",
        request=None,
        responses={200: shapes.FOLLOWED},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Hear of its changes; twice is as once."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        count = services.follow_product(product=product, actor=actor)
        return Response({"following": True, "followers": count})

    @extend_schema(
        parameters=[KEY], operation_id="product_unfollow", responses={200: shapes.FOLLOWED}
    )
    @idempotent
    def delete(self, request: Request, fqn: str) -> Response:
        """Hear of its changes no more."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        count = services.unfollow_product(product=product, actor=actor)
        return Response({"following": False, "followers": count})


class AnnouncementList(APIView):
    """What the owners of a product announce."""

    @extend_schema(
        operation_id="announcements_list",
        parameters=PAGES,
        responses={200: page_of(shapes.ANNOUNCED)},
    )
    def get(self, request: Request, fqn: str) -> Response:
        """All of them, the newest first; `live` says whether it holds now."""
        product = product_by_fqn(actor_in(request), fqn)
        page = announcements_of(
            product, size=page_size(request), cursor=request.query_params.get("cursor")
        )
        return page_response(request, page, [_announcement(each) for each in page.rows])

    @extend_schema(
        operation_id="announcement_make",
        parameters=[KEY],
        request={"application/json": ANNOUNCEMENT},
        responses={201: shapes.ANNOUNCED},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Announce something to everybody who sees the product."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        made = services.make_announcement(
            product=product, actor=actor, **_wanted(body_of(request), Announcement(kind="news"))
        )
        return Response(_announcement(made), status=201)


class AnnouncementItem(APIView):
    """One announcement."""

    @extend_schema(
        parameters=[KEY],
        operation_id="announcement_edit",
        request={"application/json": ANNOUNCEMENT},
        responses={200: shapes.ANNOUNCED},
    )
    @idempotent
    def patch(self, request: Request, fqn: str, announcement_id: int) -> Response:
        """Say it differently; what is not named stays. `ends_at` null: it holds on."""
        actor = actor_in(request)
        found = announcement_of(product_by_fqn(actor, fqn), announcement_id)
        changed = services.edit_announcement(
            announcement=found, actor=actor, **_wanted(body_of(request), found)
        )
        return Response(_announcement(changed))

    @extend_schema(parameters=[KEY], operation_id="announcement_end", responses={204: None})
    @idempotent
    def delete(self, request: Request, fqn: str, announcement_id: int) -> Response:
        """End it now; one that has not begun is taken back."""
        actor = actor_in(request)
        found = announcement_of(product_by_fqn(actor, fqn), announcement_id)
        services.end_announcement(announcement=found, actor=actor)
        return Response(status=204)


class CommentList(APIView):
    """What people say of a product."""

    @extend_schema(
        operation_id="comments_list", parameters=PAGES, responses={200: page_of(shapes.SAID)}
    )
    def get(self, request: Request, fqn: str) -> Response:
        """Threads, the newest first, each with its replies."""
        actor = actor_in(request)
        page = threads_of(
            product_by_fqn(actor, fqn),
            actor,
            size=page_size(request, default=20),
            cursor=request.query_params.get("cursor"),
        )
        return page_response(request, page, [_said(each) for each in page.rows])

    @extend_schema(
        operation_id="comment_write",
        parameters=[KEY],
        request={"application/json": COMMENT},
        responses={201: shapes.SAID},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Write a comment or a reply; a reply to a reply joins the same thread."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        body = body_of(request)
        comment = services.write_comment(
            product=product,
            body=_text(body, "body"),
            actor=actor,
            parent=_parent(product, body.get("parent")),
        )
        return Response(_said(Said(comment, True, True)), status=201)


class CommentItem(APIView):
    """One comment."""

    @extend_schema(
        parameters=[KEY],
        operation_id="comment_edit",
        request={"application/json": COMMENT},
        responses={200: shapes.SAID},
    )
    @idempotent
    def patch(self, request: Request, fqn: str, comment_id: int) -> Response:
        """Change one's own words."""
        actor = actor_in(request)
        comment = comment_of(product_by_fqn(actor, fqn), comment_id)
        services.edit_comment(comment=comment, body=_text(body_of(request), "body"), actor=actor)
        return Response(_said(Said(comment, True, True)))

    @extend_schema(parameters=[KEY], operation_id="comment_remove", responses={204: None})
    @idempotent
    def delete(self, request: Request, fqn: str, comment_id: int) -> Response:
        """Take the words away; the place stays."""
        actor = actor_in(request)
        comment = comment_of(product_by_fqn(actor, fqn), comment_id)
        services.remove_comment(comment=comment, actor=actor)
        return Response(status=204)


def _wanted(body: dict[str, Any], kept: Announcement) -> dict[str, Any]:
    """What is to be announced; what the body does not name is as in `kept`."""
    return {
        **{name: _text(body, name, getattr(kept, name)) for name in ("kind", "title", "body")},
        "starts_at": _moment(body, "starts_at"),
        "ends_at": _moment(body, "ends_at") if "ends_at" in body else kept.ends_at,
    }


def _text(body: dict[str, Any], field: str, default: str = "") -> str:
    value = body.get(field, default)
    if not isinstance(value, str):
        message = f"`{field}` must be text."
        raise Invalid(message, [Problem(f"/{field}", "wrong-type", message)])
    return value


def _moment(body: dict[str, Any], field: str) -> dt.datetime | None:
    value = body.get(field)
    if value in (None, ""):
        return None
    try:
        moment = parse_datetime(str(value))
    except ValueError:
        moment = None
    if moment is None:
        message = "Write the moment as 2027-01-31T09:00:00Z."
        raise Invalid(message, [Problem(f"/{field}", "wrong-form", message)])
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _parent(product: DataProduct, value: Any) -> Any:
    if value is None:
        return None
    try:
        return comment_of(product, int(value))
    except (NotFound, TypeError, ValueError, OverflowError):
        problem = Problem("/parent", "unknown-comment", UNSEEN_COMMENT)
        raise Invalid(UNSEEN_COMMENT, [problem]) from None


def _announcement(each: Announcement) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    return {
        "id": each.pk,
        "kind": each.kind,
        "title": each.title,
        "body": each.body,
        "author": each.author.username if each.author else None,
        "starts_at": each.starts_at,
        "ends_at": each.ends_at,
        "live": each.starts_at <= now and (each.ends_at is None or each.ends_at > now),
    }


def _said(said: Said) -> dict[str, Any]:
    comment = said.comment
    return {
        "id": comment.pk,
        "parent": comment.parent_id,
        "author": comment.author.username if comment.author else None,
        "body": comment.body,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "removed_at": comment.removed_at,
        "replies": [_said(reply) for reply in said.replies],
    }
