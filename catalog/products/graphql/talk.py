"""What is said of products, and what they were: announcements, comments, revisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import graphene
from django.db.models import Q
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from catalog.products import services
from catalog.products.graphql.mutations import visible_product
from catalog.products.models import Announcement as AnnouncementModel
from catalog.products.models import Comment as CommentModel
from catalog.products.models import DataProduct as DataProductModel
from catalog.products.models import Revision as RevisionModel
from catalog.products.selectors.talk import comment_of
from catalog.products.states import AnnouncementKind
from core.errors import Invalid, NotFound
from core.graphql import (
    Row,
    RowsType,
    connection,
    enum_of,
    extend,
    first_of_each,
    one,
    one_row,
    page,
)
from core.graphql.mutations import JSON, attempt, payload
from core.problems import Problem
from core.subqueries import among

NEWEST = ("-starts_at", "-id")
ANNOUNCEMENT = ("id", "product_id", "kind", "title", "body", "author_id", "starts_at", "ends_at")
COMMENT = (
    *("id", "product_id", "parent_id", "author_id", "body"),
    *("created_at", "edited_at", "removed_at"),
)
THREADS, REPLIES = ("-created_at", "-id"), ("created_at", "id")
REVISION = ("id", "product_id", "number", "at", "actor", "verb", "note", "changes")
BACKWARDS = ("-number",)
AnnouncementKindEnum = enum_of("AnnouncementKind", AnnouncementKind, "What is announced.")
Lists = dict[Any, list[dict[str, Any]]]


def announcements_by_product(
    actor: Actor,
    ids: Collection[UUID],
    *,
    first: int,
    after: str | None = None,
    live: bool | None = None,
) -> Lists:
    """Announcements of products that were seen before; with `live` those that hold, or do not."""
    rows = AnnouncementModel.objects.filter(among("product_id", ids))
    if live is not None:
        holds = Q(starts_at__lte=Now()) & (Q(ends_at__isnull=True) | Q(ends_at__gt=Now()))
        rows = rows.filter(holds if live else ~holds)
    return first_of_each(
        rows, by="product_id", order=NEWEST, columns=ANNOUNCEMENT, first=first, after=after
    )


def threads_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Comments that answer no other, of products that were seen before."""
    rows = CommentModel.objects.filter(among("product_id", ids), parent__isnull=True)
    return first_of_each(
        rows, by="product_id", order=THREADS, columns=COMMENT, first=first, after=after
    )


def replies_by_comment(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Answers to each comment."""
    rows = CommentModel.objects.filter(among("parent_id", ids, "bigint"))
    return first_of_each(
        rows, by="parent_id", order=REPLIES, columns=COMMENT, first=first, after=after
    )


def revisions_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """States of products that were seen before."""
    rows = RevisionModel.objects.filter(among("product_id", ids))
    return first_of_each(
        rows, by="product_id", order=BACKWARDS, columns=REVISION, first=first, after=after
    )


class Announcement(RowsType):
    """What the owners of a product want every consumer to know."""

    id = graphene.ID(required=True, description="As REST has it.")
    kind = AnnouncementKindEnum(required=True, description="What it is.")
    title = graphene.String(required=True, description="In one line.")
    body = graphene.String(description="In full; Markdown.")
    author = one(Person, people_by_id, key="author_id", description="Who announced it.")
    starts_at = graphene.DateTime(required=True, description="Since when it holds.")
    ends_at = graphene.DateTime(description="Until when it holds; null: until it is ended.")


class Comment(RowsType):
    """A question or remark on a product."""

    id = graphene.ID(required=True, description="As REST has it.")
    author = one(Person, people_by_id, key="author_id", description="Who wrote it.")
    body = graphene.String(required=True, description="Markdown; empty once it is removed.")
    created_at = graphene.DateTime(required=True, description="When it was written.")
    edited_at = graphene.DateTime(description="When its words were last changed.")
    removed_at = graphene.DateTime(description="Since when its words are gone.")
    replies = page(
        lambda: CommentConnection,
        replies_by_comment,
        order=REPLIES,
        description="Answers, the oldest first; an answer has none of its own.",
    )


class Revision(RowsType):
    """One state of a product, with the change that made it."""

    number = graphene.Int(required=True, description="From 1, by each change.")
    at = graphene.DateTime(required=True, description="When it was made.")
    actor = graphene.String(required=True, description="User name of who made it.")
    verb = graphene.String(required=True, description="As in the audit log, product.updated.")
    note = graphene.String(description="Why, in their words.")
    changes = graphene.Field(JSON, required=True, description="[{field, from, to}]")


AnnouncementConnection = connection(Announcement)
CommentConnection: Any = connection(Comment)
RevisionConnection = connection(Revision)


def register() -> None:
    """Add what is said of a product to it."""
    live = graphene.Boolean(description="True: what holds now; false: what does not.")
    fields = {
        "announcements": page(
            AnnouncementConnection,
            announcements_by_product,
            order=NEWEST,
            description="What its owners announce, the newest first.",
            live=live,
        ),
        "comments": page(
            CommentConnection,
            threads_by_product,
            order=THREADS,
            description="What people say of it: threads, the newest first.",
        ),
        "revisions": page(
            RevisionConnection,
            revisions_by_product,
            order=BACKWARDS,
            description="What it was, the newest state first.",
        ),
    }
    for name, field in fields.items():
        extend("DataProduct", name, field)


class Mutation(graphene.ObjectType):
    announce = graphene.Field(
        payload("AnnouncePayload", "announcement", Announcement),
        required=True,
        description="Announce something to everybody who sees a product of one's team.",
        product=graphene.String(required=True, description="Its full name."),
        kind=AnnouncementKindEnum(
            required=True, default_value=AnnouncementKind.NEWS.value, description="What it is."
        ),
        title=graphene.String(required=True, description="In one line."),
        body=graphene.String(description="In full; Markdown."),
        starts_at=graphene.DateTime(description="Left out: now."),
        ends_at=graphene.DateTime(description="Left out: it holds until it is ended."),
    )
    comment = graphene.Field(
        payload("CommentPayload", "comment", Comment),
        required=True,
        description="Say something on a product.",
        product=graphene.String(required=True, description="Its full name."),
        body=graphene.String(required=True, description="Markdown."),
        parent=graphene.ID(description="The comment that it answers."),
    )

    @staticmethod
    def resolve_announce(
        root: None, info: Any, product: str, kind: Any, title: str, **said: Any
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: DataProductModel) -> Row | None:
            made = services.make_announcement(
                product=found,
                actor=actor,
                kind=getattr(kind, "value", kind),
                title=title,
                body=said.get("body") or "",
                starts_at=_aware(said.get("starts_at")),
                ends_at=_aware(said.get("ends_at")),
            )
            rows = AnnouncementModel.objects.filter(pk=made.pk)
            return one_row(rows.values(*ANNOUNCEMENT).first())

        return attempt("announcement", lambda: _on(actor, product, verb))

    @staticmethod
    def resolve_comment(
        root: None, info: Any, product: str, body: str, parent: str | None = None
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: DataProductModel) -> Row | None:
            written = services.write_comment(
                product=found, body=body, actor=actor, parent=_parent(found, parent)
            )
            return one_row(CommentModel.objects.filter(pk=written.pk).values(*COMMENT).first())

        return attempt("comment", lambda: _on(actor, product, verb))


def _on(actor: Actor, fqn: str, verb: Any) -> Row | None:
    found = visible_product(actor, fqn)
    answer: Row | None = None if found is None else verb(found)
    return answer


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _parent(product: DataProductModel, given: str | None) -> CommentModel | None:
    if given is None:
        return None
    try:
        return comment_of(product, int(given[:18]))
    except (NotFound, ValueError):
        message = "The product has no such comment."
        raise Invalid(message, [Problem("/parent", "unknown-comment", message)]) from None
