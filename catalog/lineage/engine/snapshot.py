"""The whole graph of a level as arrays: read once, shared by processes, brought up to date."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from catalog.lineage.engine import files, reading
from catalog.lineage.engine.reading import NO_PRODUCT, NOBODY, Change, Place
from catalog.lineage.graph import Adjacency, Ints, Longs, Rows, Way, adjacency_of, patched
from catalog.lineage.states import Level

SMALL = 200_000  # edges that a question may read by itself where there is no snapshot
DUE_CHANGES = 20_000
DUE_S = 86_400
NEVER = 2**62  # a transaction that no database comes to
TOO_OLD_S = 129_600  # what is known of removed edges reaches back two days

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A graph with what decides who sees its nodes."""

    level: str
    head: files.Head
    ids: NDArray[Any]  # sorted
    graph: Adjacency
    products: NDArray[Any]  # 16 bytes each, sorted
    product: Ints  # by node: its place in `products`, or NOBODY
    poster: Longs  # by node: the team that posted it, or NOBODY
    parent: Longs  # by node: its dataset
    extra: tuple[Any, ...] = ()  # nodes after those of `ids`
    extra_products: tuple[UUID, ...] = ()  # products after those of `products`

    def places(self, ids: Iterable[Any]) -> list[int]:
        """Where these nodes stand in the arrays; unknown ones have no edges and are left out."""
        return [at for each in ids if (at := self.place(each)) is not None]

    def place(self, node: Any) -> int | None:
        """Where a node stands; None: it has no edges."""
        key = _key(self.level, node)
        at = int(np.searchsorted(self.ids, key))
        if at < len(self.ids) and self.ids[at] == key:
            return at
        return len(self.ids) + self.extra.index(node) if node in self.extra else None

    def nodes_at(self, places: Sequence[int] | Longs) -> list[Any]:
        """Ids of the nodes that stand there."""
        known = len(self.ids)
        return [
            _node(self.level, self.ids[at]) if at < known else self.extra[at - known]
            for at in map(int, places)
        ]

    @property
    def products_count(self) -> int:
        """How many places of products there are."""
        return len(self.products) + len(self.extra_products)

    def product_keys(self) -> NDArray[Any]:
        """Ids of products by place, 16 bytes each."""
        more = np.array([as_key(each) for each in self.extra_products], dtype="S16")
        return np.concatenate([self.products, more]) if len(more) else self.products

    def products_at(self, places: Sequence[int] | Longs) -> list[UUID]:
        """Ids of the products that stand there."""
        known = len(self.products)
        return [
            as_uuid(self.products[at]) if at < known else self.extra_products[at - known]
            for at in map(int, places)
        ]


def current(level: str, roots: Iterable[Any] = ()) -> Snapshot | None:
    """The graph as it is now for the present transaction; None: there is no snapshot to use yet.

    The roots have places in it even where they have no edges. A snapshot that is missing is made
    at once where it is small, else by a thread of its own.

    Cost: four SQL statements; two more where no snapshot is stored.
    """
    place = reading.place_of(level)
    found = _stored(level, place)
    if found is None:
        if not reading.is_small(level, SMALL):
            build_behind(level)
            return None
        found = _read(level, place.horizon)
        if not place.is_writing:
            _keep(found, place)
    changes = reading.changed_edges(level, found.head.horizon)
    if changes is None:
        build_behind(level)
        return None
    return _brought_up(found, changes, roots)


def of_nodes(level: str, ids: Iterable[Any]) -> Snapshot:
    """These nodes without their edges. One SQL statement, none for products."""
    none = np.array([], dtype=np.int64)
    product = np.array([], dtype=np.int32)
    head = files.Head(level, NEVER, 0, 0)
    keys = none.astype("S16") if level == Level.PRODUCT else none
    graph = adjacency_of(none, none, 0)
    empty = Snapshot(level, head, keys, graph, none.astype("S16"), product, none, none)
    return _brought_up(empty, [], ids)


def refresh() -> int:
    """Have snapshots made that are missing, old, or behind by many changes; how many are due.

    Snapshots are made by threads, so that nobody's transaction is long.
    """
    due = [level for level in Level.values if is_due(level)]
    for level in due:
        build_behind(level)
    return len(due)


def is_due(level: str) -> bool:
    """True where a question would find no snapshot, or one that takes long to bring up to date."""
    found = _stored(level, reading.place_of(level))
    if found is None or time.time() - found.head.made_at > DUE_S:
        return True
    changes = reading.changed_edges(level, found.head.horizon)
    return changes is None or len(changes) > DUE_CHANGES


def build(level: str) -> Snapshot:
    """Read the whole graph and keep it for all processes of this machine."""
    place = reading.place_of(level)
    found = _read(level, place.horizon)
    _keep(found, place)
    return found


def build_behind(level: str) -> threading.Thread:
    """The same by a thread, unless somebody on this machine is at it."""

    def run() -> None:
        try:
            with files.alone(_root(), level) as free:
                if free:
                    build(level)
        except Exception:
            logger.exception("lineage snapshot of level %s was not made", level)
        finally:
            connection.close()

    thread = threading.Thread(target=run, name=f"lineage-{level}", daemon=True)
    thread.start()
    return thread


def size_bytes(snapshot: Snapshot) -> int:
    """Memory that the arrays take, shared by the processes that map them."""
    return sum(array.nbytes for array in _arrays(snapshot).values())


_loaded: dict[Path, Snapshot] = {}


def _root() -> Path:
    return Path(settings.DATA_DIR) / "lineage"


def _stored(level: str, place: Place) -> Snapshot | None:
    """The newest snapshot of this database that can be used; damaged ones are taken away."""
    for path in files.versions(_root() / place.identity, level):
        try:
            found = _loaded.get(path) or _from_arrays(*files.load(path))
        except files.Damaged as error:
            logger.warning("lineage snapshot dropped: %s", error)
            files.drop(path)
            continue
        if found.head.horizon > place.ceiling or time.time() - found.head.made_at > TOO_OLD_S:
            continue
        for other in list(_loaded):
            if other != path and other.name.startswith(level):
                _loaded.pop(other, None)
        _loaded[path] = found
        return found
    return None


def _keep(found: Snapshot, place: Place) -> None:
    try:
        files.save(_root() / place.identity, found.head, _arrays(found))
    except OSError as error:
        logger.warning("lineage snapshot of level %s not kept: %s", found.level, error)


def _read(level: str, horizon: int) -> Snapshot:
    """What transactions before `horizon` left; what came later is laid over it by each question."""
    started = time.monotonic()
    sources, targets = reading.edges_before(level, horizon)
    ids = np.unique(np.concatenate([sources, targets]))
    graph = adjacency_of(np.searchsorted(ids, sources), np.searchsorted(ids, targets), len(ids))
    if level == Level.PRODUCT:
        ids = ids.astype("S16")
        every = np.arange(len(ids), dtype=np.int32)
        nobody = np.full(len(ids), NOBODY, dtype=np.int64)
        products, product, poster, parent = ids, every, nobody, nobody
    else:
        ids = ids.astype(np.int64)
        products, product, poster, parent = _seen_by(level, ids)
    head = files.Head(level, horizon, time.time(), round(time.monotonic() - started, 3))
    return Snapshot(level, head, ids, graph, products, product, poster, parent)


def _seen_by(level: str, ids: Longs) -> tuple[NDArray[Any], Ints, Longs, Longs]:
    """Products, and by node its product, poster and dataset."""
    nodes = reading.nodes_of(level)
    at = np.searchsorted(ids, nodes.ids)
    known = at < len(ids)
    known[known] = ids[at[known]] == nodes.ids[known]
    at = at[known]
    products = np.unique(nodes.products[known])
    products = products[products != b""]
    places = np.searchsorted(products, nodes.products[known]).astype(np.int32)
    product = np.full(len(ids), NOBODY, dtype=np.int32)
    product[at] = np.where(nodes.products[known] == b"", NOBODY, places)
    poster, parent = (np.full(len(ids), NOBODY, dtype=np.int64) for _ in range(2))
    poster[at], parent[at] = nodes.posters[known], nodes.parents[known]
    return products, product, poster, parent


def _brought_up(base: Snapshot, changes: Sequence[Change], roots: Iterable[Any]) -> Snapshot:
    """`base` with the changed edges, and with nodes as they are seen now."""
    ends = dict.fromkeys(end for change in changes for end in change[:2])
    ends |= dict.fromkeys(roots)
    extra = tuple(sorted(end for end in ends if base.place(end) is None))
    size = len(base.ids) + len(extra)
    grown = replace(base, extra=extra)
    # while nodes are taken in, places of the extra ones are asked often
    where = {end: len(base.ids) + n for n, end in enumerate(extra)}
    where |= {end: place for end in ends if (place := base.place(end)) is not None}
    graph = patched(base.graph, size, ((where[s], where[t], there) for s, t, there in changes))
    return _with_nodes(replace(grown, graph=graph), where)


def _with_nodes(grown: Snapshot, where: dict[Any, int]) -> Snapshot:
    if grown.level == Level.PRODUCT:
        rows = [(each, each, NOBODY, NOBODY) for each in grown.extra]
    else:
        rows = reading.changed_nodes(grown.level, grown.head.horizon, grown.extra)
    if not rows and not grown.extra:
        return grown
    more = [NOBODY] * len(grown.extra)
    product = np.append(grown.product, np.array(more, dtype=np.int32))
    poster, parent = (np.append(each, more) for each in (grown.poster, grown.parent))
    extra: dict[UUID, int] = {}
    for node, of_product, posted_by, dataset in rows:
        at = where.get(node)
        at = grown.place(node) if at is None else at
        if at is not None:
            product[at] = _product_place(grown, of_product, extra)
            poster[at], parent[at] = posted_by, dataset
    return replace(
        grown, product=product, poster=poster, parent=parent, extra_products=tuple(extra)
    )


def _product_place(grown: Snapshot, product: UUID, extra: dict[UUID, int]) -> int:
    if product == NO_PRODUCT:
        return NOBODY
    key = as_key(product)
    at = int(np.searchsorted(grown.products, key))
    if at < len(grown.products) and grown.products[at] == key:
        return at
    return extra.setdefault(product, len(grown.products) + len(extra))


def _arrays(found: Snapshot) -> dict[str, NDArray[Any]]:
    out, into = found.graph.out.rows, found.graph.into.rows
    return {
        "ids": found.ids,
        "products": found.products,
        "product": found.product,
        "poster": found.poster,
        "parent": found.parent,
        "out_at": out.at,
        "out_to": out.to,
        "in_at": into.at,
        "in_to": into.to,
    }


def _from_arrays(head: files.Head, arrays: dict[str, NDArray[Any]]) -> Snapshot:
    """
    Raises:
        Damaged: an array is missing.
    """
    try:
        out, into = (Rows(arrays[f"{way}_at"], arrays[f"{way}_to"]) for way in ("out", "in"))
        graph = Adjacency(len(arrays["ids"]), Way(out), Way(into))
        named = ("ids", "products", "product", "poster", "parent")
        ids, products, product, poster, parent = (arrays[name] for name in named)
    except KeyError as error:
        raise files.Damaged(f"{head.level}: no array {error}") from error
    return Snapshot(head.level, head, ids, graph, products, product, poster, parent)


def as_key(product: UUID) -> bytes:
    """A product's id as it stands in arrays, which know no zeros at the end."""
    return product.bytes.rstrip(b"\0")


def as_uuid(key: Any) -> UUID:
    """The reverse of `as_key`."""
    return UUID(bytes=bytes(key).ljust(16, b"\0"))


def _key(level: str, node: Any) -> Any:
    return as_key(node) if level == Level.PRODUCT else node


def _node(level: str, key: Any) -> Any:
    return as_uuid(key) if level == Level.PRODUCT else int(key)
