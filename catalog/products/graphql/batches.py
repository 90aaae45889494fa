"""Rows of products and ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.governance.graphql.batches import TERM, TERM_ORDER
from catalog.governance.models import Term
from catalog.products.models import (
    DataProduct,
    InputPort,
    OutputPort,
    Ownership,
    System,
    SystemPort,
)
from core.graphql import Columns, first_of_each, reads
from core.subqueries import among

PRODUCT = (
    "id",
    "fqn",
    "name",
    "purpose",
    "description",
    "status",
    "archetype",
    "version",
    "updated_at",
    "written_at",
    "tags",
    "domain_id",
    "owner_id",
    "quality_score",
    "quality_coverage",
    "quality_measured_at",
    "quality_stale_at",
    "consumer_count",
)
PRODUCT_COLUMNS = Columns(
    PRODUCT,
    always=("id", "fqn", "name", "domain_id", "owner_id"),
    needed={
        "quality_score": ("score",),
        "quality_coverage": ("coverage",),
        "quality_measured_at": ("measuredAt",),
        "quality_stale_at": ("stale",),
    },
)
PORT = (
    "id",
    "product_id",
    "name",
    "major",
    "version",
    "fqn",
    "title",
    "description",
    "technology",
    "contract_id",
    "contract_version_id",
    "location",
    "requestable",
    "takes_writes",
    "position",
    "next_contract_version_id",
    "next_version_on",
)
PORT_ORDER = ("position", "id")
INPUT = ("id", "product_id", "name", "version", "contract_document_id", "source_id", "system_id")
INPUT_ORDER = ("name", "id")

SYSTEM = (
    "id",
    "fqn",
    "name",
    "purpose",
    "description",
    "status",
    "technology",
    "tags",
    "updated_at",
    "domain_id",
    "owner_id",
)
SYSTEM_PORT = (
    "id",
    "system_id",
    "name",
    "fqn",
    "kind",
    "title",
    "version",
    "description",
    "url",
    "operations",
    "position",
)
SYSTEM_PORT_ORDER = ("position", "id")

Rows = dict[Any, dict[str, Any]]
Lists = dict[Any, list[dict[str, Any]]]


@reads(PRODUCT_COLUMNS)
def products_by_id(
    actor: Actor, ids: Collection[UUID], *, columns: Sequence[str] = PRODUCT
) -> Rows:
    """Products that `actor` may see."""
    visible = DataProduct.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*columns)}


def ports_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Output ports that `actor` may see."""
    visible = OutputPort.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*PORT)}


def output_ports_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Output ports of products that were seen before, in the owner's order."""
    ports = OutputPort.objects.filter(among("product_id", ids))
    return first_of_each(
        ports, by="product_id", order=PORT_ORDER, columns=PORT, first=first, after=after
    )


def input_ports_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """What products that were seen before read, as their owners declare it."""
    ports = InputPort.objects.filter(among("product_id", ids))
    return first_of_each(
        ports, by="product_id", order=INPUT_ORDER, columns=INPUT, first=first, after=after
    )


def systems_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Systems are known to everybody who is logged in."""
    visible = System.objects.visible_to(actor).filter(among("pk", ids))
    return {row["id"]: row for row in visible.values(*SYSTEM)}


def ports_by_system(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Interfaces of systems that were seen before, in the owner's order."""
    ports = SystemPort.objects.filter(among("system_id", ids))
    return first_of_each(
        ports,
        by="system_id",
        order=SYSTEM_PORT_ORDER,
        columns=SYSTEM_PORT,
        first=first,
        after=after,
    )


def ownership_by_product(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The owner team, then stewards, experts and who is on call."""
    found: Lists = defaultdict(list)
    owners = DataProduct.objects.filter(among("pk", ids)).values_list("pk", "owner_id")
    for product_id, team_id in owners:
        found[product_id].append({"kind": "owner", "team_id": team_id, "user_id": None})
    others = Ownership.objects.filter(among("product_id", ids)).order_by("kind", "pk")
    for row in others.values("product_id", "kind", "team_id", "user_id"):
        found[row["product_id"]].append({**row})
    return found


def terms_by_product(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """The business terms of products that were seen before, by name."""
    terms = Term.objects.visible_to(actor).filter(products__in=ids)
    return first_of_each(
        terms,
        by="products",
        order=TERM_ORDER,
        columns=("products", *TERM),
        first=first,
        after=after,
    )
