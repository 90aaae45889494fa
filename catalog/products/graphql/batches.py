"""Rows of products and ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor
from catalog.governance.graphql.batches import TERM, TERM_ORDER
from catalog.governance.models import Term
from catalog.products.models import (
    DataProduct,
    Follow,
    InputPort,
    OutputPort,
    Ownership,
    PortDataset,
    System,
    SystemDataset,
    SystemPort,
)
from core.graphql import Columns, first_of_each, reads
from core.reading import seen_among
from core.subqueries import among

PRODUCT = (
    *("id", "fqn", "document_id", "name", "purpose", "description", "limitations", "usage"),
    *("status", "archetype", "visibility", "classification", "version", "revision"),
    *("created_at", "updated_at", "published_at", "written_at", "sunset_on", "successor_id"),
    *("tags", "links", "extra", "domain_id", "owner_id", "consumer_count"),
    *("quality_score", "quality_coverage", "quality_measured_at", "quality_stale_at"),
)
PRODUCT_COLUMNS = Columns(
    PRODUCT,
    always=("id", "fqn", "name", "domain_id", "owner_id"),
    needed={
        "quality_score": ("score",),
        "quality_coverage": ("coverage",),
        "quality_measured_at": ("measuredAt",),
        "quality_stale_at": ("stale",),
        "successor_id": ("successor",),
    },
)
PORT = (
    *("id", "product_id", "name", "major", "version", "fqn", "title", "description"),
    *("technology", "contract_id", "contract_version_id", "location", "requestable"),
    *("takes_writes", "position", "next_contract_version_id", "next_version_on"),
)
PORT_ORDER = ("position", "id")
INPUT = ("id", "product_id", "name", "version", "contract_document_id", "source_id", "system_id")
INPUT_ORDER = ("name", "id")

SYSTEM = (
    *("id", "fqn", "name", "purpose", "description", "status", "technology", "tags"),
    *("updated_at", "domain_id", "owner_id"),
)
SYSTEM_PORT = (
    *("id", "system_id", "name", "fqn", "kind", "title", "version", "description", "url"),
    *("operations", "position"),
)
SYSTEM_PORT_ORDER = ("position", "id")

NAME_ORDER = ("fqn",)

Rows = dict[Any, dict[str, Any]]
Lists = dict[Any, list[dict[str, Any]]]


@reads(PRODUCT_COLUMNS)
def products_by_id(
    actor: Actor, ids: Collection[UUID], *, columns: Sequence[str] = PRODUCT
) -> Rows:
    """Products that `actor` may see."""
    return {row["id"]: row for row in seen_among(DataProduct, actor, columns, ids)}


@reads(PRODUCT_COLUMNS)
def products_by_owner(
    actor: Actor,
    ids: Collection[int],
    *,
    first: int,
    after: str | None = None,
    columns: Sequence[str] = PRODUCT,
) -> Lists:
    """Products of each team that `actor` may see, by full name."""
    return _products("owner_id", actor, ids, first, after, columns)


@reads(PRODUCT_COLUMNS)
def products_by_domain(
    actor: Actor,
    ids: Collection[int],
    *,
    first: int,
    after: str | None = None,
    columns: Sequence[str] = PRODUCT,
) -> Lists:
    """Products right in each domain that `actor` may see, by full name."""
    return _products("domain_id", actor, ids, first, after, columns)


def _products(
    by: str,
    actor: Actor,
    ids: Collection[int],
    first: int,
    after: str | None,
    columns: Sequence[str],
) -> Lists:
    rows = DataProduct.objects.visible_to(actor).filter(among(by, ids, "bigint"))
    return first_of_each(rows, by=by, order=NAME_ORDER, columns=columns, first=first, after=after)


def systems_by_owner(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Systems of each team, by full name."""
    return _systems("owner_id", actor, ids, first, after)


def systems_by_domain(
    actor: Actor, ids: Collection[int], *, first: int, after: str | None = None
) -> Lists:
    """Systems right in each domain, by full name."""
    return _systems("domain_id", actor, ids, first, after)


def _systems(by: str, actor: Actor, ids: Collection[int], first: int, after: str | None) -> Lists:
    rows = System.objects.visible_to(actor).filter(among(by, ids, "bigint"))
    return first_of_each(rows, by=by, order=NAME_ORDER, columns=SYSTEM, first=first, after=after)


def follows_by_product(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Those that the actor follows."""
    rows = Follow.objects.filter(among("product_id", ids), user_id=actor.user_id or 0)
    return {row["product_id"]: {**row} for row in rows.values("product_id")}


def ports_by_contract(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """Output ports that name each contract and that `actor` may see, by full name."""
    rows = OutputPort.objects.visible_to(actor).filter(among("contract_id", ids))
    return first_of_each(
        rows, by="contract_id", order=NAME_ORDER, columns=PORT, first=first, after=after
    )


def datasets_by_port(actor: Actor, ids: Collection[UUID], *, first: int) -> Lists:
    """Names of datasets of output ports that were seen before."""
    return _datasets(PortDataset.objects.filter(among("port_id", ids)), first)


def datasets_by_system_port(actor: Actor, ids: Collection[UUID], *, first: int) -> Lists:
    """Names of datasets of interfaces that were seen before."""
    return _datasets(SystemDataset.objects.filter(among("port_id", ids)).order_by(), first)


def _datasets(rows: QuerySet[Any], first: int) -> Lists:
    found = first_of_each(
        rows,
        by="port_id",
        order=("id",),
        columns=("port_id", "id", "namespace", "name"),
        first=first,
    )
    return {port: listed[:first] for port, listed in found.items()}


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


def system_ports_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Interfaces of systems that the actor may see."""
    seen = SystemPort.objects.filter(
        among("pk", ids), system__in=System.objects.visible_to(actor).order_by()
    )
    return {row["id"]: row for row in seen.order_by().values(*SYSTEM_PORT)}


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
    terms = Term.objects.visible_to(actor).filter(among("products", ids))
    return first_of_each(
        terms,
        by="products",
        order=TERM_ORDER,
        columns=("products", *TERM),
        first=first,
        after=after,
    )
