"""What is said of products, and who hears of them: read for pages and interfaces."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    CharField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Now

from accounts.actors import Actor
from catalog.contracts.models import ContractVersion
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
    DataProductQuerySet,
)
from catalog.products.policies import can_edit_comment, can_remove_comment
from core.errors import NotFound
from core.models import AuditEvent
from core.paging import KeysetPage, keyset_page

THREADS = 20  # on a page
MAX_LISTED = 20  # announcements of a product on its page
WEEK = dt.timedelta(days=7)
NEWS_VERBS = ("product.published", "product.deprecated", "product.retired")


@dataclass(frozen=True)
class Said:
    """A comment with what the reader may do to it."""

    comment: Comment
    can_edit: bool
    can_remove: bool
    replies: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class News:
    """One thing that happened to a followed product."""

    at: dt.datetime
    kind: str  # of AnnouncementKind, `version`, or a verb of NEWS_VERBS
    text: str
    fqn: str
    name: str


def live_announcements() -> QuerySet[Announcement]:
    """Those that hold now."""
    unended = Q(ends_at__isnull=True) | Q(ends_at__gt=Now())
    return Announcement.objects.filter(unended, starts_at__lte=Now())


def announcements_of(
    product: DataProduct, *, size: int, cursor: str | None = None
) -> KeysetPage[Announcement]:
    """All announcements, the newest first, those to come too. One SQL statement."""
    rows = Announcement.objects.filter(product=product).select_related("author", "product__owner")
    return keyset_page(rows, order=["-starts_at", "-id"], size=size, cursor=cursor)


def threads_of(
    product: DataProduct, actor: Actor, *, size: int = THREADS, cursor: str | None = None
) -> KeysetPage[Said]:
    """Comments with their replies, the newest thread first. Two SQL statements."""
    comments = Comment.objects.select_related("author")
    tops = comments.filter(product=product, parent__isnull=True)
    page = keyset_page(tops, order=["-created_at", "-id"], size=size, cursor=cursor)
    replies: dict[int | None, list[Said]] = defaultdict(list)
    below = comments.filter(parent__in=page.rows) if page.rows else comments.none()
    for reply in below.order_by("created_at", "id"):
        replies[reply.parent_id].append(_said(reply, product, actor))
    shown = [_said(top, product, actor, replies[top.pk]) for top in page.rows]
    return KeysetPage(shown, page.next_cursor, page.keys)


def comment_of(product: DataProduct, comment_id: int) -> Comment:
    """Raises: NotFound: the product has no such comment."""
    found = Comment.objects.filter(product=product, pk=comment_id).select_related("author").first()
    if found is None:
        raise NotFound()
    found.product = product
    return found


def announcement_of(product: DataProduct, announcement_id: int) -> Announcement:
    """Raises: NotFound: the product has no such announcement."""
    found = Announcement.objects.filter(product=product, pk=announcement_id).first()
    if found is None:
        raise NotFound()
    found.product = product
    return found


def followed_by(actor: Actor) -> DataProductQuerySet:
    """Products that the actor follows and may still see, by name."""
    if actor.user_id is None:
        return DataProduct.objects.none()
    visible = DataProduct.objects.visible_to(actor)
    return visible.filter(followers__user=actor.user_id).order_by("name", "pk")


def news_for(actor: Actor, *, limit: int, since: dt.timedelta = WEEK) -> list[News]:
    """What happened to followed products lately: announced, new versions, deprecated.

    Cost: one SQL statement.
    """
    products = followed_by(actor).order_by()
    announced = (
        live_announcements()
        .filter(product__in=products, starts_at__gt=Now() - since)
        .values_list("starts_at", "kind", "title", "product__fqn", "product__name")
    )
    versions = ContractVersion.objects.filter(
        output_ports__product__in=products, created_at__gt=Now() - since
    ).values_list(
        "created_at",
        _text("version"),
        "version",
        "output_ports__product__fqn",
        "output_ports__product__name",
    )
    named = DataProduct.objects.filter(fqn=OuterRef("object_id")).values("name")[:1]
    events = AuditEvent.objects.filter(
        object_kind="product",
        object_id__in=products.values("fqn"),
        verb__in=NEWS_VERBS,
        at__gt=Now() - since,
    ).values_list("at", "verb", _text(""), "object_id", Subquery(named))
    rows = announced.order_by().union(versions.order_by(), events.order_by())
    return [News(*row) for row in rows.order_by("-starts_at")[:limit]]


def talk_context(product: DataProduct, actor: Actor, cursor: str | None) -> dict[str, Any]:
    """What `catalog/products/_talk.html` shows. Three SQL statements."""
    threads = threads_of(product, actor, cursor=cursor)
    return {
        "announcements": announcements_of(product, size=MAX_LISTED).rows,
        "threads": threads.rows,
        "older_threads": threads.next_cursor,
    }


def _said(
    comment: Comment, product: DataProduct, actor: Actor, replies: Sequence[Said] = ()
) -> Said:
    comment.product = product  # policies ask whose it is
    return Said(
        comment,
        can_edit_comment(actor, comment),
        can_remove_comment(actor, comment),
        list(replies),
    )


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())
