"""What owners want every consumer of a product to know."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.models import Announcement, DataProduct
from catalog.products.states import AnnouncementKind
from core import audit, outbox
from core.errors import Invalid, InvalidTransition
from core.problems import Problem

LONGEST_TITLE, LONGEST_BODY = 200, 5_000  # characters


@transaction.atomic
def make_announcement(
    *,
    product: DataProduct,
    kind: str,
    title: str,
    actor: Actor,
    body: str = "",
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> Announcement:
    """Announce something to everybody who sees the product; `starts_at` None: now.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        Invalid: kind, title, text or times; each problem says which.
    """
    policies.require_product_change(actor, product)
    begin = starts_at or timezone.now()
    _require_valid(kind, title, body, begin, ends_at)
    announcement = Announcement.objects.create(
        product=product,
        kind=kind,
        title=title.strip(),
        body=body.strip(),
        author_id=actor.user_id,
        starts_at=begin,
        ends_at=ends_at,
    )
    outbox.emit(
        "announcement.made",
        key=product.pk,
        product_id=str(product.pk),
        announcement_id=announcement.pk,
    )
    _record(announcement, actor, "announcement.made")
    return announcement


@transaction.atomic
def edit_announcement(
    *,
    announcement: Announcement,
    kind: str,
    title: str,
    actor: Actor,
    body: str = "",
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> Announcement:
    """Say it differently; `starts_at` None: as it is. Raises: as `make_announcement`."""
    policies.require_announcement_change(actor, announcement)
    begin = starts_at or announcement.starts_at
    _require_valid(kind, title, body, begin, ends_at)
    announcement.kind, announcement.title, announcement.body = kind, title.strip(), body.strip()
    announcement.starts_at, announcement.ends_at = begin, ends_at
    announcement.save(update_fields=["kind", "title", "body", "starts_at", "ends_at"])
    _record(announcement, actor, "announcement.changed")
    return announcement


@transaction.atomic
def end_announcement(*, announcement: Announcement, actor: Actor) -> None:
    """End it now; one that has not begun is taken back.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        InvalidTransition: it has ended.
    """
    policies.require_announcement_change(actor, announcement)
    same = Announcement.objects.filter(pk=announcement.pk)
    taken_back, _ = same.filter(starts_at__gte=Now()).delete()
    live = Q(ends_at__isnull=True) | Q(ends_at__gt=Now())
    ended = same.filter(live).update(ends_at=Now())
    if not taken_back and not ended:
        raise InvalidTransition("The announcement has ended already.")
    _record(announcement, actor, "announcement.ended")


def _require_valid(
    kind: str, title: str, body: str, begin: dt.datetime, end: dt.datetime | None
) -> None:
    problems = []
    if kind not in AnnouncementKind.values:
        choices = ", ".join(AnnouncementKind.values)
        problems.append(Problem("/kind", "not-in-list", f"Choose one of: {choices}."))
    if not title.strip():
        problems.append(Problem("/title", "empty-value", "Say in a line what it is about."))
    if len(title.strip()) > LONGEST_TITLE:
        message = f"Use {LONGEST_TITLE} characters at most."
        problems.append(Problem("/title", "too-long", message))
    if len(body.strip()) > LONGEST_BODY:
        problems.append(Problem("/body", "too-long", f"Use {LONGEST_BODY:,} characters at most."))
    for field, text in (("title", title), ("body", body)):
        if "\0" in text:
            message = "Remove the character NUL."
            problems.append(Problem(f"/{field}", "value-not-storable", message))
    if end is not None and end <= begin:
        message = "It must end after it begins."
        problems.append(Problem("/ends_at", "impossible-bounds", message))
    if problems:
        raise Invalid("The announcement cannot be made like that.", problems)


def _record(announcement: Announcement, actor: Actor, verb: str) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="product",
        object_id=announcement.product.fqn,
        announcement=announcement.pk,
        title=announcement.title,
    )
