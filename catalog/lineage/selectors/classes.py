"""Classes that travel: what is derived from a classified column is as secret as that column.

A class travels along edges that carry values. It stops where the transformation hides them
(masking, a hash), and it does not pass through filters and joins, which carry no values.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.actors import Actor
from catalog.contracts.models import SchemaProperty
from catalog.governance.selectors import levels
from catalog.lineage.models import Column, ColumnEdge, Dataset
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product

MAX_STEPS = 12  # that a class travels
MAX_FOUND = 20_000  # columns looked at in one answer
INDIRECT = "INDIRECT"

# Values travel from `source` to `target`; UNION and the LIMIT bound cycles and hubs (DESIGN §6).
UPSTREAM = """
WITH RECURSIVE up(root, node, distance) AS (
    SELECT root, root, 0 FROM unnest(%(roots)s::bigint[]) AS root
    UNION
    SELECT up.root, edge.source_id, up.distance + 1
    FROM up JOIN lineage_columnedge edge ON edge.target_id = up.node
    WHERE up.distance < %(steps)s AND edge.ended_at IS NULL AND NOT edge.masking
      AND edge.transformation NOT LIKE 'INDIRECT%%'
)
SELECT root, node, min(distance) FROM (SELECT * FROM up LIMIT %(limit)s) AS found
WHERE distance > 0 GROUP BY root, node
"""


@dataclass(frozen=True)
class Stop:
    """A column on the way of a class, as the reader may know it."""

    column: str
    dataset: str
    product: DataProduct | None
    node_id: str


@dataclass(frozen=True)
class DerivedClass:
    """A column that should be of a higher class than it is, and why.

    `path` leads from the classified column to this one; None stands for what may not be seen.
    """

    column: str
    dataset: str
    known: str  # its class now: its own, else the product's; "" none
    wanted: str
    path: tuple[Stop | None, ...]

    @property
    def way(self) -> tuple[Stop | None, ...]:
        """The path without its end."""
        return self.path[:-1]


@dataclass(frozen=True)
class Gap:
    """A column (`root`) that is less secret than `source`, which it is made from."""

    root: int
    source: int
    known: str
    wanted: str


def derived_classes(actor: Actor, product_ids: Collection[UUID]) -> dict[UUID, list[DerivedClass]]:
    """Columns that carry more secret values than their class says, by product and by name.

    Only of products that the actor may change, or as a steward: a class tells of its source.

    Cost: nine SQL statements, whatever the number; three when no column is derived.
    """
    columns = list(_columns_of(_products_to_mend(actor, product_ids)))
    gaps = _gaps(columns)
    if not gaps:
        return {}
    paths = _paths(gaps)
    stops = _stops(actor, {pk for path in paths.values() for pk in path})
    names = {each.pk: each for each in columns}
    found: dict[UUID, list[DerivedClass]] = defaultdict(list)
    for gap in gaps:
        column, way = names[gap.root], [stops.get(pk) for pk in paths[gap.root]]
        found[_product_of(column).pk].append(
            DerivedClass(column.name, column.dataset.name, gap.known, gap.wanted, tuple(way))
        )
    for of_product in found.values():
        of_product.sort(key=lambda each: (each.dataset, each.column))
    return dict(found)


def _products_to_mend(actor: Actor, product_ids: Collection[UUID]) -> list[UUID]:
    products = DataProduct.objects.visible_to(actor).filter(pk__in=product_ids)
    return [
        each.pk
        for each in products.select_related("domain", "owner")
        if actor.sees_all_metadata or can_change_product(actor, each)
    ]


def underclassed_columns(product_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many columns of each product carry more secret values than their class says.

    Cost: five SQL statements, whatever the number of products.
    """
    columns = list(_columns_of(product_ids))
    products = {each.pk: _product_of(each).pk for each in columns}
    counts: dict[UUID, int] = defaultdict(int)
    for gap in _gaps(columns):
        counts[products[gap.root]] += 1
    return dict(counts)


def _columns_of(product_ids: Collection[UUID]) -> QuerySet[Column]:
    columns = Column.objects.filter(dataset__port__product__in=product_ids)
    return columns.select_related("dataset__port__product").only(
        *("name", "dataset__name", "dataset__port__contract_version_id"),
        *("dataset__port__product__classification", "dataset__port__product__fqn"),
    )


def _product_of(column: Column) -> DataProduct:
    assert column.dataset.port is not None, "it was found by its port"
    return column.dataset.port.product


def _gaps(columns: Sequence[Column]) -> list[Gap]:
    """The most secret source of each column, the nearest of them; where it is above the column."""
    above: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for root, node, distance in _upstream([each.pk for each in columns]):
        above[root].append((distance, node))
    if not above:
        return []
    further = {node for found in above.values() for _, node in found} - {x.pk for x in columns}
    everything = [*columns, *_with_ports(Column.objects.filter(pk__in=further))]
    declared = _declared(everything)
    ranks = {each.slug: each.rank for each in levels(all_of_them=True)}
    gaps = []
    for each in columns:
        known = _known_class(each, declared, ranks)
        sources = [
            (-ranks[declared[node]], distance, node)
            for distance, node in above.get(each.pk, ())
            if declared.get(node) in ranks
        ]
        rank, _, source = min(sources, default=(1, 0, 0))
        if -rank > ranks.get(known, -1):
            gaps.append(Gap(each.pk, source, known, declared[source]))
    return gaps


def _known_class(column: Column, declared: Mapping[int, str], ranks: Mapping[str, int]) -> str:
    """The class of a column: its own or that of its product, whichever is more secret."""
    own, product = declared.get(column.pk, ""), _product_of(column).classification
    return max(own, product, key=lambda slug: ranks.get(slug, -1))


def _upstream(roots: Sequence[int]) -> list[tuple[int, int, int]]:
    if not roots:
        return []
    values: dict[str, Any] = {"roots": list(roots), "steps": MAX_STEPS, "limit": MAX_FOUND}
    with connection.cursor() as cursor:
        cursor.execute(UPSTREAM, values)
        return list(cursor.fetchall())


def _with_ports(columns: QuerySet[Column]) -> QuerySet[Column]:
    return columns.select_related("dataset__port").only(
        "name", "dataset__name", "dataset__port__contract_version_id"
    )


def _declared(columns: Iterable[Column]) -> dict[int, str]:
    """The class that the contract of its port gives each column. One SQL statement."""
    by_place: dict[tuple[int, str], list[Column]] = defaultdict(list)
    for each in columns:
        port = each.dataset.port
        if port is not None and port.contract_version_id is not None:
            by_place[port.contract_version_id, each.name.casefold()].append(each)
    versions = {version for version, _ in by_place}
    rows = SchemaProperty.objects.filter(object__version__in=versions).exclude(classification="")
    found: dict[int, str] = {}
    for version, table, physical_table, path, physical, slug in rows.order_by("pk").values_list(
        *("object__version_id", "object__name", "object__physical_name"),
        *("path", "physical_name", "classification"),
    ):
        tables = {table.casefold(), physical_table.casefold()}
        for name in {path.casefold(), physical.casefold()}:
            for column in by_place.get((version, name), ()):
                if _table_of(column.dataset) in tables:
                    found[column.pk] = slug
    return found


def _table_of(dataset: Dataset) -> str:
    """`db.schema.orders` and `lake/orders` are both called orders."""
    return dataset.name.replace("/", ".").rpartition(".")[2].casefold()


def _paths(gaps: Sequence[Gap]) -> dict[int, list[int]]:
    """By root: the shortest way from its source to it. One SQL statement for each step."""
    edges = _edges_above({gap.root for gap in gaps})
    return {gap.root: _way(edges, gap.root, gap.source) for gap in gaps}


def _edges_above(roots: set[int]) -> dict[int, list[int]]:
    """The sources of each column that the roots are made from, over at most MAX_STEPS steps."""
    nodes = roots | {node for _, node, _ in _upstream(sorted(roots))}
    live = ColumnEdge.objects.filter(ended_at__isnull=True, masking=False)
    carrying = live.exclude(transformation__startswith=INDIRECT)
    sources: dict[int, list[int]] = defaultdict(list)
    pairs = carrying.filter(target__in=nodes, source__in=nodes).order_by("target_id", "source_id")
    for source, target in pairs.values_list("source_id", "target_id").distinct():
        sources[target].append(source)
    return sources


def _way(sources: Mapping[int, Sequence[int]], root: int, wanted: int) -> list[int]:
    came_from = {root: root}
    waiting = deque([root])
    while waiting and wanted not in came_from:
        node = waiting.popleft()
        for source in sources.get(node, ()):
            if source not in came_from:
                came_from[source] = node
                waiting.append(source)
    if wanted not in came_from:  # beyond MAX_FOUND
        return [wanted, root]
    way = [wanted]
    while way[-1] != root:
        way.append(came_from[way[-1]])
    return way


def _stops(actor: Actor, column_ids: Collection[int]) -> dict[int, Stop]:
    """The columns that the actor may see, by id. Two SQL statements."""
    seen = Dataset.objects.visible_to(actor).filter(columns__in=column_ids).values("pk")
    visible = Column.objects.filter(pk__in=column_ids, dataset__in=seen)
    rows = visible.select_related("dataset__port__product")
    return {
        each.pk: Stop(
            each.name,
            each.dataset.name,
            each.dataset.port.product if each.dataset.port else None,
            f"column:{each.dataset.namespace}:{each.dataset.name}#{each.name}",
        )
        for each in rows
    }
