"""What the caller was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from accounts.actors import Actor
from core.errors import Invalid
from core.graphql import Page, RowsType, connection, extend, listed, page_from
from core.graphql.mutations import Problem
from core.paging import keyset_page
from core.problems import Problem as ProblemData
from portal import services
from portal.models import Notification as NotificationModel

NOTIFICATION = ("id", "kind", "title", "reason", "url", "created_at", "read_at")
MAX_IDS = 500
COUNT_CAP = 100


class Notification(RowsType):
    """One thing that somebody is told; kept for 90 days."""

    id = graphene.ID(required=True, description="As REST has it.")
    kind = graphene.String(required=True, description="announcement, request.submitted, ...")
    title = graphene.String(required=True, description="What happened, in one line.")
    reason = graphene.String(required=True, description="Why the caller hears of it.")
    url = graphene.String(required=True, description="Where to look, below the portal's address.")
    created_at = graphene.DateTime(required=True, description="When it was told.")
    read_at = graphene.DateTime(description="When it was read; null: it is new.")


NotificationConnection = connection(Notification)


class MarkNotificationsReadPayload(graphene.ObjectType):
    """How many were new, or problems and nothing changed."""

    count = graphene.Int(description="How many were new until now; null where there are problems.")
    problems = graphene.List(
        graphene.NonNull(Problem),
        required=True,
        description="Why nothing was changed; empty: it is done.",
    )


class Query(graphene.ObjectType):
    notifications = listed(
        NotificationConnection,
        "What the caller was told, the newest first.",
        unread=graphene.Boolean(description="True: only what is new."),
    )

    @staticmethod
    def resolve_notifications(
        root: None, info: Any, first: int, after: str | None = None, unread: bool | None = None
    ) -> Page:
        rows = NotificationModel.objects.visible_to(info.context.actor)
        if unread:
            rows = rows.unread()
        found = keyset_page(rows.values(*NOTIFICATION), order=["-id"], size=first, cursor=after)
        return page_from(found)


class Mutation(graphene.ObjectType):
    mark_notifications_read = graphene.Field(
        MarkNotificationsReadPayload,
        required=True,
        description="Say that these, or all, are known.",
        ids=graphene.List(
            graphene.NonNull(graphene.ID), description=f"Up to {MAX_IDS}; left out: all."
        ),
    )

    @staticmethod
    def resolve_mark_notifications_read(
        root: None, info: Any, ids: Sequence[str] | None = None
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        try:
            count = services.mark_read(actor=actor, ids=None if ids is None else _numbers(ids))
        except Invalid as error:
            return {"count": None, "problems": error.problems}
        return {"count": count, "problems": []}


def _numbers(ids: Sequence[str]) -> list[int]:
    if len(ids) > MAX_IDS or not all(each.isascii() and each.isdecimal() for each in ids):
        text = f"Send up to {MAX_IDS} numbers."
        raise Invalid("These are no ids.", [ProblemData("/ids", "wrong-type", text)])
    return [int(each) for each in ids if len(each) < 19]


def _unread(actor: Actor, info: Any) -> int:
    return NotificationModel.objects.visible_to(actor).unread()[: COUNT_CAP + 1].count()


def register() -> None:
    """Add the number of new notifications to the viewer."""
    field = graphene.Field(
        graphene.NonNull(graphene.Int),
        resolver=_unread,
        description=f"Notifications that are new; {COUNT_CAP + 1} means more.",
    )
    extend("Viewer", "unread_notifications", field)
