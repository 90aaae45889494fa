"""Gives what was just made its place in the past: a verb cannot speak in the past.

Only what is as young as the demo itself is moved, so loading again moves nothing.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.contracts.models import ContractVersion
from catalog.products import services
from catalog.products.models import DataProduct, Revision
from catalog.search.models import SearchEntry
from portal.demo.company import SEED, contract_id, products
from portal.demo.products import edits

NEW = dt.timedelta(days=1)
SET_UP = dt.timedelta(days=20)  # from the first draft to the publication
ENDED_BEFORE = 25  # days ago that products were deprecated
TAIL = dt.timedelta(hours=7)


@transaction.atomic
def move_into_the_past() -> None:
    """Dates of products, their revisions and contract versions, and of their search rows."""
    now = timezone.now()
    rows = list(DataProduct.objects.filter(fqn__in=products(), created_at__gt=now - NEW))
    revisions: dict[UUID, list[Revision]] = defaultdict(list)
    for each in Revision.objects.filter(product__in=rows).order_by("number").defer("snapshot"):
        revisions[each.product_id].append(each)
    begun: dict[str, dt.datetime] = {}
    for row in rows:
        _move(row, revisions[row.pk], now)
        begun[contract_id(products()[row.fqn])] = row.created_at
    fields = ["created_at", "published_at", "updated_at"]
    DataProduct.objects.bulk_update(rows, fields)
    moved = [each for found in revisions.values() for each in found]
    Revision.objects.bulk_update(moved, ["at"])
    versions = list(_versions(begun, now))
    ContractVersion.objects.bulk_update(versions, ["created_at"])
    services.reindex([row.pk for row in rows])
    _date_entries(rows)


def _move(row: DataProduct, revisions: Sequence[Revision], now: dt.datetime) -> None:
    spec = products()[row.fqn]
    chance = random.Random(f"{SEED}/{row.fqn}")  # noqa: S311 - made-up dates, no secret
    days = chance.randint(230, 900) if spec.age is None else spec.age
    published = now - dt.timedelta(days=days, hours=chance.randint(1, 9))
    was_draft = any(each.verb == "product.published" for each in revisions)
    row.created_at = published - SET_UP if was_draft or not row.published_at else published
    if row.published_at is not None:
        row.published_at = published
    told = {each.note: each.ago for each in edits() if each.product == row.fqn}
    for each in revisions:
        if each.note in told:
            each.at = now - dt.timedelta(days=told[each.note], hours=chance.randint(1, 9))
        elif each.verb == "product.deprecated":
            each.at = now - dt.timedelta(days=ENDED_BEFORE)
        elif each.verb == "product.published":
            each.at = published
        else:
            each.at = row.created_at + TAIL * (each.number - 1)
    if revisions:
        row.updated_at = revisions[-1].at


def _versions(begun: dict[str, dt.datetime], now: dt.datetime) -> Iterator[ContractVersion]:
    """The first version came with the product, the newest with the edit that names it."""
    found: dict[str, list[ContractVersion]] = defaultdict(list)
    rows = ContractVersion.objects.filter(contract__document_id__in=begun).order_by("pk")
    light = rows.select_related("contract").defer("text", "document")
    for version in light:
        found[version.contract.document_id].append(version)
    moves = {
        contract_id(products()[each.product]): each.ago for each in edits() if "version" in each.was
    }
    side_by_side = {contract_id(each) for each in products().values() if each.majors > 1}
    for name, versions in found.items():
        for at, version in enumerate(versions):
            version.created_at = begun[name] + TAIL * at
        if name in moves:
            versions[-1].created_at = now - dt.timedelta(days=moves[name])
        elif name in side_by_side:
            versions[-1].created_at = begun[name] + (now - begun[name]) / 2
        yield from versions


def _date_entries(rows: Sequence[DataProduct]) -> None:
    """When people could find it first; saved searches count what is newer than their last look."""
    since = {str(row.pk): row.published_at or row.created_at for row in rows}
    entries = list(
        SearchEntry.objects.filter(kind="product", object_id__in=since).only("pk", "object_id")
    )
    for entry in entries:
        entry.added_at = since[entry.object_id]
    SearchEntry.objects.bulk_update(entries, ["added_at"])
