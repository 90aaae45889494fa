"""What is wrong upstream of products: open incidents, and data that is late or not measured.

One SQL statement for any number of products, bounded in depth and nodes. A node that the actor may
not see is known only as such.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.actors import Actor
from catalog.contracts.phrases import promise_text
from catalog.products.models import DataProduct
from catalog.quality.lateness import nearest_late
from catalog.quality.models.incidents import MAX_HOPS, USUAL_HOPS
from catalog.quality.selectors.page_sql import head_column, read_head

LATE_HOPS = 5  # how far upstream a cause of staleness is looked for
MOST_SOURCES = 50  # of one product
MOST_NODES = 200  # upstream of one product
MOST_ROWS = 4_000  # of one answer, the nearest of all
MOST_NAMED = 3  # causes, and incidents of other products
MOST_INCIDENTS = 5  # of one product
AROUND = """
WITH RECURSIVE reach(root, node, distance) AS (
    SELECT root, root, 0 FROM unnest(%s::uuid[]) AS root
    UNION
    SELECT reach.root, edge.node, reach.distance + 1
    FROM reach CROSS JOIN LATERAL (
        SELECT source_id AS node FROM lineage_productedge
        WHERE target_id = reach.node AND ended_at IS NULL LIMIT %s
    ) AS edge
    WHERE reach.distance < %s
), near AS (
    SELECT root, node, min(distance) AS distance
    FROM (SELECT * FROM reach LIMIT %s) AS found GROUP BY root, node
)
SELECT near.root, near.node, near.distance, p.fqn, p.name, p.written_at, p.quality_stale_at,
    coalesce(kept.downstream_hops, %s),
    EXISTS ({visible}),
    ARRAY(
        SELECT edge.source_id FROM lineage_productedge edge
        WHERE edge.target_id = near.node AND edge.ended_at IS NULL LIMIT %s),
    CASE WHEN p.written_at IS NULL THEN '{{}}' ELSE ARRAY(
        SELECT DISTINCT ARRAY[sla.property, sla.value, sla.unit]::text[]
        FROM products_outputport port
        JOIN contracts_sla sla ON sla.version_id = port.contract_version_id
        WHERE port.product_id = near.node
            AND lower(sla.property) IN ('latency', 'freshness') LIMIT 20) END,
    ARRAY(
        SELECT jsonb_build_object('id', i.id, 'title', i.title, 'state', i.state,
            'severity', i.severity, 'cause', i.cause, 'broke_at', i.broke_at)
        FROM quality_incident i
        WHERE i.product_id = near.node AND i.state IN ('open', 'acknowledged')
        ORDER BY array_position(ARRAY['critical', 'major', 'minor'], i.severity::text),
            i.detected_at LIMIT %s),
    {beside}
FROM near JOIN products_dataproduct p ON p.id = near.node
LEFT JOIN quality_qualitysettings kept ON kept.product_id = near.node
ORDER BY near.distance, p.fqn
"""


@dataclass(frozen=True)
class OpenIncident:
    """As much of an open incident as banners show; unnamed where its product may not be seen."""

    id: str | None
    title: str
    state: str
    severity: str
    cause: str
    broke_at: dt.datetime


@dataclass(frozen=True)
class Near:
    """A product at or upstream of the asked one, `distance` hops away.

    `late_since` is when its data broke the promise of freshness of its contract, `unmeasured_since`
    when the results about it were older than their schedule allows; None: that is in order.
    """

    id: UUID
    distance: int
    fqn: str
    name: str
    written_at: dt.datetime | None
    promised: dt.timedelta | None
    late_since: dt.datetime | None
    unmeasured_since: dt.datetime | None
    shown_hops: int
    is_visible: bool
    sources: tuple[UUID, ...]
    incidents: tuple[OpenIncident, ...]

    @property
    def is_late(self) -> bool:
        return self.late_since is not None

    @property
    def is_stale(self) -> bool:
        """Its data is late, or nobody has measured it in time."""
        return self.is_late or self.unmeasured_since is not None


@dataclass(frozen=True)
class Surroundings:
    """A product and what lies upstream of it, the nearest first."""

    root: Near
    upstream: tuple[Near, ...] = field(default=())

    @property
    def incidents(self) -> tuple[OpenIncident, ...]:
        """Open ones of the product itself, the gravest first."""
        return self.root.incidents

    @cached_property
    def broken_upstream(self) -> list[Near]:
        """Products with an open incident whose owners want it to be seen as far as here."""
        return [
            each for each in self.upstream if each.incidents and each.distance <= each.shown_hops
        ]

    @cached_property
    def causes(self) -> list[Near]:
        """The nearest late products upstream, at most three."""
        known = {each.id: each for each in self.upstream}
        sources = {each.id: each.sources for each in (self.root, *self.upstream)}
        late = {each.id for each in self.upstream if each.is_late}
        found = nearest_late(self.root.id, sources, late, max_hops=LATE_HOPS)
        return [known[pk] for pk in found][:MOST_NAMED]

    @property
    def is_stale(self) -> bool:
        """Its own data is late or not measured in time, or comes from what is late."""
        return self.root.is_stale or bool(self.causes)


def surroundings(
    actor: Actor, product_ids: Collection[UUID], *, hops: int = LATE_HOPS
) -> dict[UUID, Surroundings]:
    """What is wrong at and upstream of products that the actor has been shown. One statement.

    Args:
        hops: how far upstream is looked, at least `MAX_HOPS` for incidents to be found.
    """
    if not product_ids or actor.is_visitor:
        return {}
    now = timezone.now()
    found: dict[UUID, list[Near]] = defaultdict(list)
    for root, *values in _rows(actor, list(product_ids), max(hops, MAX_HOPS)):
        found[root].append(_near(values, now))
    return {
        root: Surroundings(nears[0], tuple(nears[1:]))  # the root is at 0, so it comes first
        for root, nears in found.items()
    }


def surroundings_and_head(
    actor: Actor, product_id: UUID, *, since: dt.date
) -> tuple[Surroundings | None, dict[str, Any] | None]:
    """`surroundings` of one product, and with them what `quality_head` gives. One statement."""
    if actor.is_visitor:
        return None, None
    head, params = head_column(product_id, since=since)
    beside = (f"CASE near.distance WHEN 0 THEN ({head}) END", params)
    rows = list(_rows(actor, [product_id], LATE_HOPS, beside))
    now = timezone.now()
    root, *upstream = (_near(values, now) for _, *values in rows)
    return Surroundings(root, tuple(upstream)), read_head(rows[0][-1])


def _rows(
    actor: Actor,
    roots: list[UUID],
    hops: int,
    beside: tuple[str, list[Any]] = ("NULL", []),
) -> Iterable[tuple[Any, ...]]:
    """A column more may stand `beside` the others: SQL and its parameters."""
    here = RawSQL("near.node", ())
    visible = DataProduct.objects.visible_to(actor).order_by().filter(pk=here).values("pk")
    sql, params = visible.query.sql_with_params()
    most = len(roots) + min(MOST_NODES * len(roots), MOST_ROWS)
    limits = [MOST_SOURCES, hops, most, USUAL_HOPS]
    asked = [roots, *limits, *params, MOST_SOURCES, MOST_INCIDENTS, *beside[1]]
    with connection.cursor() as cursor:
        cursor.execute(AROUND.format(visible=sql, beside=beside[0]), asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _near(values: list[Any], now: dt.datetime) -> Near:
    node, distance, fqn, name, written, stale_at, hops, visible, *lists, _beside = values
    sources, promises, incidents = lists
    spans = [promise_text(*each).within for each in promises]
    promised = min((each for each in spans if each is not None), default=None)
    due = written + promised if written is not None and promised is not None else None
    return Near(
        id=node,
        distance=distance,
        fqn=fqn if visible else "",
        name=name if visible else "",
        written_at=written,
        promised=promised,
        late_since=due if due is not None and due < now else None,
        unmeasured_since=stale_at if stale_at is not None and stale_at < now else None,
        shown_hops=hops,
        is_visible=visible,
        sources=tuple(sources),
        incidents=tuple(_incident(each, named=visible) for each in incidents),
    )


def _incident(text: str, *, named: bool) -> OpenIncident:
    given = orjson.loads(text)
    broke_at = dt.datetime.fromisoformat(given.pop("broke_at"))
    unnamed = {} if named else {"id": None, "title": ""}
    return OpenIncident(**{**given, **unnamed, "broke_at": broke_at})
