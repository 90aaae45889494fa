"""What people of the demo company say: announcements, comments, follows, wishes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Domain, Team, User
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
    Demand,
    DemandVote,
    Follow,
)
from portal.demo.company import products, read
from portal.demo.loader import incidents


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
    follows = read("talk")["follows"]
    Follow.objects.bulk_create(
        [
            Follow(user=people[name], product=rows[fqn])
            for name, followed in follows.items()
            for fqn in followed
        ],
        ignore_conflicts=True,
    )


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


@transaction.atomic
def load_demands() -> None:
    """The demand board, with a wish in every state."""
    people = {each.username: each for each in User.objects.all()}
    known = set(Demand.objects.values_list("title", flat=True))
    for given in read("talk")["demands"]:
        if given["title"] not in known:
            demand = _demand(given, people)
            DemandVote.objects.bulk_create(_votes(demand, given["votes"], people))


def _demand(given: dict[str, Any], people: dict[str, User]) -> Demand:
    moment = _ago(given["ago"])
    return Demand.objects.create(
        title=given["title"],
        need=given["need"],
        domain=Domain.objects.filter(path=given.get("domain", "")).first(),
        author=people[given["by"]],
        state=given.get("state", "open"),
        team=Team.objects.filter(slug=given.get("team", "")).first(),
        product=DataProduct.objects.filter(fqn=given.get("product", "")).first(),
        answer=given.get("answer", ""),
        votes=len(given["votes"]),
        created_at=moment,
        updated_at=moment,
    )


def _votes(demand: Demand, names: Iterable[str], people: dict[str, User]) -> list[DemandVote]:
    return [
        DemandVote(demand=demand, user=people[name], created_at=demand.created_at) for name in names
    ]


def _ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)
