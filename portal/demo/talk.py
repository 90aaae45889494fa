"""What people of the demo company said: announcements and comments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
)
from portal.demo.company import incidents, products, read


@transaction.atomic
def load_talk() -> None:
    """Everything with its moment in the past; what is there stays. Written as rows, not by verbs:
    a verb cannot speak in the past."""
    people = {each.username: each for each in User.objects.all()}
    rows = {each.fqn: each for each in DataProduct.objects.filter(fqn__in=products())}
    _announcements(people, rows)
    if not Comment.objects.filter(product__in=rows.values()).exists():
        for each in read("talk")["comments"]:
            _comment(each, rows[each["product"]], people)


def _announcements(people: dict[str, User], rows: dict[str, DataProduct]) -> None:
    known = set(Announcement.objects.values_list("product_id", "title"))
    Announcement.objects.bulk_create(
        each for each in _said(people, rows) if (each.product_id, each.title) not in known
    )


def _said(people: dict[str, User], rows: dict[str, DataProduct]) -> Iterator[Announcement]:
    for each in incidents():
        for fqn in each["products"]:
            starts, ends = _ago(each["from"]), _ago(each["to"] - 1)
            yield _announcement(each, rows[fqn], people, "incident", starts, ends)
    for each in read("talk")["announcements"]:
        starts, ends = _ago(each["ago"]), _ago(-each["until"])
        yield _announcement(each, rows[each["product"]], people, each["kind"], starts, ends)


def _announcement(
    given: dict[str, Any],
    product: DataProduct,
    people: dict[str, User],
    kind: str,
    starts: dt.datetime,
    ends: dt.datetime,
) -> Announcement:
    return Announcement(
        product=product,
        kind=kind,
        title=given["title"],
        body=given["body"],
        author=people[given["by"]],
        created_at=starts,
        starts_at=starts,
        ends_at=ends,
    )


def _comment(given: dict[str, Any], product: DataProduct, people: dict[str, User]) -> None:
    first = Comment.objects.create(
        product=product,
        author=people[given["by"]],
        body=given["body"],
        created_at=_ago(given["ago"]),
    )
    for at, reply in enumerate(given.get("replies", []), start=1):
        Comment.objects.create(
            product=product,
            parent=first,
            author=people[reply["by"]],
            body=reply["body"],
            created_at=_ago(reply["ago"]) + dt.timedelta(hours=at),
        )


def _ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)
