"""The change feed and webhooks in GraphQL; secrets are in no answer of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import graphene

from accounts.actors import Actor
from accounts.graphql.batches import teams_by_id
from accounts.graphql.types import Team
from core.graphql import Page, RowsType, connection, enum_of, one, page_from, paged
from core.graphql.mutations import JSON
from core.graphql.pages import PageInfo
from core.ids import uuids_in
from core.paging import keyset_page
from portal.feed.models import Delivery as DeliveryModel
from portal.feed.models import Webhook as WebhookModel
from portal.feed.selectors import FeedPage, feed_page, position_in
from portal.feed.states import DeliveryState

WEBHOOK = (
    *("id", "name", "url", "types", "own_only", "team_id", "failing_since", "disabled_at"),
    *("disabled_reason", "created_by", "created_at"),
)
DELIVERY = (
    *("id", "event_id", "webhook_id", "type", "subject", "state", "tries", "next_at"),
    *("created_at", "finished_at"),
)
DeliveryStateEnum = enum_of("DeliveryState", DeliveryState, "What became of a delivery.")


class EventSubject(graphene.ObjectType):
    """What an event is about."""

    kind = graphene.String(required=True, description="product, request, grant, ...")
    id = graphene.ID(required=True, description="As REST has it.")
    name = graphene.String(required=True, description="Its name as people read it.")
    url = graphene.String(required=True, description="Its page.")


class Event(graphene.ObjectType):
    """Something that happened; ask its subject for the rest."""

    id = graphene.ID(required=True, description="The same in the feed and in each webhook.")
    position = graphene.String(
        required=True, description="Grows with each event, in the order of commits."
    )
    type = graphene.String(required=True, description="As product.published.")
    timestamp = graphene.DateTime(required=True, description="When it happened.")
    subject = graphene.Field(EventSubject, required=True, description="What it is about.")
    facts = graphene.Field(JSON, required=True, description="What else it tells, by name.")


class EventEdge(graphene.ObjectType):
    """One event of a page."""

    cursor = graphene.String(required=True, description="Its position.")
    node = graphene.Field(Event, required=True, description="The event itself.")


class EventConnection(graphene.ObjectType):
    """One page of the change feed; it may be empty and not be the last."""

    edges = graphene.List(
        graphene.NonNull(EventEdge), required=True, description="Events in their order."
    )
    page_info = graphene.Field(
        PageInfo,
        required=True,
        description="Whether more is there now; endCursor is where to read on, also later.",
    )


class Webhook(RowsType):
    """A place that a team wants to hear of events."""

    id = graphene.ID(required=True, description="As REST has it.")
    name = graphene.String(required=True, description="What listens there.")
    url = graphene.String(required=True, description="Where events are sent.")
    types = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Types or groups (product.*) that it wants; none: all.",
    )
    own_only = graphene.Boolean(
        required=True, description="It hears only of what belongs to the team."
    )
    team = one(Team, teams_by_id, key="team_id", description="Whose it is.")
    failing_since = graphene.DateTime(description="Since when no try has succeeded.")
    disabled_at = graphene.DateTime(description="Since when nothing is sent to it.")
    disabled_reason = graphene.String(required=True, description="Why, if it was not by hand.")
    created_by = graphene.String(required=True, description="User name of who added it.")
    created_at = graphene.DateTime(required=True, description="When it was added.")


class Delivery(RowsType):
    """One event on its way to one webhook; kept for 30 days."""

    id = graphene.ID(required=True, description="As REST has it.")
    event_id = graphene.ID(required=True, description="The id of the event.")
    type = graphene.String(required=True, description="The type of the event.")
    subject = graphene.String(required=True, description="Name of what it is about.")
    state = DeliveryStateEnum(required=True, description="What became of it.")
    tries = graphene.Field(
        JSON, required=True, description="[{at, status, ms, error}], the last twenty."
    )
    next_at = graphene.DateTime(description="When it is tried next.")
    created_at = graphene.DateTime(required=True, description="When the event was put on its way.")
    finished_at = graphene.DateTime(description="When it was delivered or given up.")


WebhookConnection = connection(Webhook)
DeliveryConnection = connection(Delivery)


class Query(graphene.ObjectType):
    events = graphene.Field(
        EventConnection,
        required=True,
        description="The change feed: what happened, in order and without gaps, as far as the"
        " caller may see what it is about.",
        first=graphene.Int(required=True, description="How many at most, 1 to 200."),
        after=graphene.String(
            description="A position; left out: from the oldest event that is kept (90 days)."
        ),
        types=graphene.List(
            graphene.NonNull(graphene.String), description="Types or groups (product.*)."
        ),
    )
    webhooks = graphene.Field(
        WebhookConnection,
        required=True,
        description="Webhooks of the caller's teams by name; platform engineers see all.",
        **paged(),
    )
    deliveries = graphene.Field(
        DeliveryConnection,
        required=True,
        description="What was sent to these webhooks, the newest first.",
        webhook=graphene.ID(description="Only to this one."),
        **paged(),
    )

    @staticmethod
    def resolve_events(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        types: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        actor: Actor = info.context.actor
        return _events(feed_page(actor, after=position_in(after), types=types or (), size=first))

    @staticmethod
    def resolve_webhooks(root: None, info: Any, first: int, after: str | None = None) -> Page:
        rows = WebhookModel.objects.visible_to(info.context.actor).values(*WEBHOOK)
        return page_from(keyset_page(rows, order=["name", "id"], size=first, cursor=after))

    @staticmethod
    def resolve_deliveries(
        root: None, info: Any, first: int, after: str | None = None, webhook: str | None = None
    ) -> Page:
        rows = DeliveryModel.objects.visible_to(info.context.actor).values(*DELIVERY)
        if webhook is not None:
            rows = rows.filter(webhook__in=uuids_in(webhook))
        return page_from(keyset_page(rows, order=["-id"], size=first, cursor=after))


def _events(page: FeedPage) -> dict[str, Any]:
    """The page as its connection; cursors are positions."""
    return {
        "edges": [
            {"cursor": str(each["position"]), "node": _event(each)} for each in page.documents
        ],
        "page_info": {"has_next_page": not page.is_last, "end_cursor": str(page.position)},
    }


def _event(document: dict[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in document["data"].items() if name != "subject"}
    return {
        **{name: document[name] for name in ("id", "position", "type")},
        "timestamp": dt.datetime.fromisoformat(document["timestamp"]),
        "subject": document["data"]["subject"],
        "facts": facts,
    }
