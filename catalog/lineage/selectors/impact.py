"""Whom a change reaches: products, their owners, and who was granted access to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Team
from catalog.lineage.engine.questions import Question, everything, passes_hidden
from catalog.lineage.extensions import Consumers, consumer_totals, consumers_of
from catalog.lineage.selectors.ids import Focus, focus_of
from catalog.lineage.selectors.shapes import Node, check
from catalog.lineage.states import Direction, Level
from catalog.products.models import DataProduct, InputPort, OutputPort
from catalog.products.states import ProductStatus
from core.errors import Invalid
from core.paging import decode_cursor, encode_cursor
from core.problems import Problem

if TYPE_CHECKING:
    from catalog.lineage.engine.closures import Closure, Products

MAX_FIRST = 5_000  # rows of one answer
FARTHEST = 2**31  # hops
AT_ONCE = 1_000  # rows that an export reads together
WHOLE = frozenset({"port", "contract", "product"})  # declared readers of their ports count too


@dataclass(frozen=True)
class Row:
    """A product that is reached; the asked one's own product is at 0."""

    product: DataProduct
    distance: int
    columns: int | None  # of it that are reached; None: the question was about something larger
    datasets: int | None
    consumers: Consumers


@dataclass(frozen=True)
class Totals:
    """Everything that is reached beyond the asked node, as far as the actor may see."""

    products: int = 0
    owners: int = 0  # teams that own these products
    teams: int = 0  # those, and teams that consume
    consumers: int = 0  # of these products, and of the asked node itself
    datasets: int | None = None
    columns: int | None = None
    hidden: int = 0  # nodes that the actor may not see


@dataclass(frozen=True)
class Impact:
    """An answer; `is_complete` False: there is more than could be looked at."""

    focus: Node
    level: str
    rows: list[Row]
    totals: Totals
    next_cursor: str | None
    is_complete: bool
    as_of: dt.datetime | None


@dataclass(frozen=True)
class Reached:
    """What a change reaches, before rows are read."""

    focus: Focus
    products: Products
    closures: list[Closure]

    @property
    def own(self) -> list[UUID]:
        """Products to which the asked node itself belongs."""
        return self.products.ids(self.products.distances == 0)


def impact(
    *,
    actor: Actor,
    node: str,
    level: str = "",
    depth: int | None = None,
    first: int = 200,
    cursor: str | None = None,
    at: dt.datetime | None = None,
) -> Impact:
    """The products downstream of a node, nearest first; without a depth, all there are.

    A port or contract also reaches the products that declare it as an input, and what follows
    from those.

    Raises:
        NotFound, AmbiguousNode: as `neighbours`.
        Invalid: depth, level or cursor cannot be read.

    Cost: a constant number of SQL statements, whatever is reached.
    """
    check(depth=depth, level=level)
    after = _position(cursor)
    reached = _reached(actor, focus_of(actor, node, level or Level.PRODUCT), depth, at)
    first = max(1, min(first, MAX_FIRST))
    page, has_more = _page(reached, first, after)
    return Impact(
        focus=reached.focus.node,
        level=reached.focus.level,
        rows=_rows(actor, reached, page),
        totals=_totals(reached),
        next_cursor=_cursor(page) if has_more else None,
        is_complete=all(each.is_complete for each in reached.closures),
        as_of=at,
    )


def totals_of(actor: Actor, node: str) -> Totals:
    """What a change of a product, port or contract reaches in all: as `impact` counts it, and its
    columns as far as lineage tells of columns.

    Raises:
        NotFound, AmbiguousNode: as `neighbours`.

    Cost: a constant number of SQL statements, whatever is reached.
    """
    whole = _totals(_reached(actor, focus_of(actor, node), None, None))
    focus = focus_of(actor, node, Level.COLUMN)
    main = _closure(actor, Level.COLUMN, focus.roots, None, focus.base, None)
    beyond = main.seen & (main.distances + focus.base > 0)
    return replace(whole, columns=int(beyond.sum()))


def all_rows(
    *,
    actor: Actor,
    node: str,
    level: str = "",
    depth: int | None = None,
    at: dt.datetime | None = None,
) -> Iterator[Row]:
    """Every row of an impact, read a thousand at a time.

    Raises:
        NotFound, AmbiguousNode, Invalid: as `impact`, when it is called.
    """
    check(depth=depth, level=level)
    reached = _reached(actor, focus_of(actor, node, level or Level.PRODUCT), depth, at)
    return _every(actor, reached)


def _every(actor: Actor, reached: Reached) -> Iterator[Row]:
    after: tuple[int, UUID] | None = None
    while True:
        page, has_more = _page(reached, AT_ONCE, after)
        yield from _rows(actor, reached, page)
        if not has_more:
            return
        after = int(page.distances[-1]), page.ids()[-1]


def _reached(actor: Actor, focus: Focus, depth: int | None, at: dt.datetime | None) -> Reached:
    from catalog.lineage.engine import closures

    found = [_closure(actor, focus.level, focus.roots, depth, focus.base, at)]
    parts = [closures.products_of(found[0]).later(focus.base)]
    if focus.node.kind in WHOLE and focus.level != Level.PRODUCT:
        readers = InputPort.objects.filter(source__in=focus.ports).exclude(
            product__status=ProductStatus.RETIRED
        )
        reading = readers.order_by("product").values_list("product_id", flat=True)
        roots = tuple(dict.fromkeys(reading))
        found.append(_closure(actor, Level.PRODUCT, roots, depth, 1, at))
        parts.append(closures.products_of(found[1]).later(1).uncounted())
    owners = OutputPort.objects.visible_to(actor).filter(pk__in=focus.ports).order_by()
    parts.append(closures.products_at(set(owners.values_list("product_id", flat=True)), 0))
    return Reached(focus, closures.joined(parts), found)


def _closure(
    actor: Actor,
    level: str,
    roots: tuple[Any, ...],
    depth: int | None,
    base: int,
    at: dt.datetime | None,
) -> Closure:
    left = None if depth is None else depth - base
    return everything(actor, Question(level, roots, Direction.DOWNSTREAM, left, at))


def _page(reached: Reached, first: int, after: tuple[int, UUID] | None) -> tuple[Products, bool]:
    left = reached.products if after is None else reached.products.after(*after)
    return left.upto(first), len(left) > first


def _rows(actor: Actor, reached: Reached, page: Products) -> list[Row]:
    """Cost: three SQL statements."""
    ids = page.ids()
    products = DataProduct.objects.visible_to(actor).select_related("domain", "owner").in_bulk(ids)
    own = set(reached.own)
    ports = reached.focus.ports if own & set(ids) else ()
    consumers = consumers_of(actor, [pk for pk in ids if pk not in own], ports)
    has_columns = reached.focus.level == Level.COLUMN
    has_datasets = reached.focus.level != Level.PRODUCT
    counts = zip(
        ids, page.distances.tolist(), page.nodes.tolist(), page.datasets.tolist(), strict=True
    )
    return [
        Row(
            product=products[pk],
            distance=distance,
            columns=nodes if has_columns else None,
            datasets=datasets if has_datasets else None,
            consumers=consumers.get(pk, Consumers()),
        )
        for pk, distance, nodes, datasets in counts
        if pk in products
    ]


def _totals(reached: Reached) -> Totals:
    """Cost: two SQL statements."""
    further = reached.products.ids(reached.products.distances > 0)
    owners = _owners(further)
    totals = consumer_totals(further, reached.focus.ports)
    main = reached.closures[0]
    beyond = main.seen & (main.distances + reached.focus.base > 0)
    nodes = main.nodes[beyond]
    level = reached.focus.level
    datasets = len(set(main.snapshot.parent[nodes].tolist())) if level == Level.COLUMN else None
    return Totals(
        products=len(further),
        owners=len(owners),
        teams=len(owners | totals.team_ids),
        consumers=totals.consumers,
        datasets=len(nodes) if level == Level.DATASET else datasets,
        columns=len(nodes) if level == Level.COLUMN else None,
        hidden=sum(int((~each.seen).sum()) for each in reached.closures) if passes_hidden() else 0,
    )


def _owners(products: Collection[UUID]) -> set[int]:
    owning = DataProduct.objects.filter(pk__in=products).order_by().values("owner")
    return set(Team.objects.filter(pk__in=owning).order_by().values_list("pk", flat=True))


def _cursor(page: Products) -> str:
    return encode_cursor([int(page.distances[-1]), str(page.ids()[-1])])


def _position(cursor: str | None) -> tuple[int, UUID] | None:
    if not cursor:
        return None
    distance, product = decode_cursor(cursor, length=2)
    try:
        if isinstance(distance, int) and isinstance(product, str) and 0 <= distance < FARTHEST:
            return distance, UUID(product)
    except ValueError:
        pass
    raise Invalid(
        "The cursor is not one that this list gave.",
        [Problem("/cursor", "bad-cursor", "Start again without `cursor`.")],
    )
