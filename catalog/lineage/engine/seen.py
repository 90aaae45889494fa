"""Who sees which nodes: of a few by query, of a whole graph by arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from accounts.actors import Actor
from catalog.lineage.engine.reading import EVERYBODY, NOBODY
from catalog.lineage.engine.snapshot import Snapshot
from catalog.lineage.graph import Longs, Mask
from catalog.products.models import DataProduct
from core.reading import seen_among

FEW_PRODUCTS = 2_000  # asked one by one


def seen_mask(actor: Actor, found: Snapshot, nodes: Longs) -> Mask:
    """Which of the nodes the actor may see. One SQL statement at most."""
    if actor.sees_all_metadata:
        return np.ones(len(nodes), dtype=np.bool_)
    product = found.product[nodes]
    everybody = () if actor.is_visitor else (EVERYBODY,)
    teams = np.array(sorted((*actor.team_ids, *everybody)), dtype=np.int64)
    seen = np.zeros(len(nodes), dtype=np.bool_)
    alone = product == NOBODY
    seen[alone] = np.isin(found.poster[nodes[alone]], teams)
    seen[~alone] = _seen_products(actor, found, product[~alone])[product[~alone]]
    return seen


def _seen_products(actor: Actor, found: Snapshot, asked: NDArray[Any]) -> Mask:
    """By place of a product: whether the actor sees it; places that were not asked may be False."""
    known = len(found.products)
    seen = np.zeros(found.products_count, dtype=np.bool_)
    wanted = np.zeros(found.products_count, dtype=np.bool_)
    wanted[asked] = True
    places = np.flatnonzero(wanted)
    if len(places) <= FEW_PRODUCTS:
        named = found.products_at(places)
        shown = {row["id"] for row in seen_among(DataProduct, actor, ["id"], named)}
        seen[places] = [each in shown for each in named]
        return seen
    hidden = _packed(DataProduct.objects.hidden_from(actor).order_by())
    seen[:] = True
    seen[_places(found.products, hidden)] = False
    seen[known:] = ~np.isin(found.product_keys()[known:], hidden)
    return seen


def _places(products: NDArray[Any], ids: NDArray[Any]) -> Longs:
    """Where the ids stand among the sorted products; unknown ones are left out.

    They are compared by halves, as numbers: ten times as fast as by bytes.
    """
    if not len(products):
        return np.array([], dtype=np.int64)
    ours, theirs = (each.view(">u8").reshape(-1, 2).astype(np.uint64) for each in (products, ids))
    at = np.minimum(np.searchsorted(ours[:, 0], theirs[:, 0]), len(ours) - 1)
    same = (ours[at] == theirs).all(axis=1)
    # of several with the same first half only the first was compared
    rest = ids[~same & (ours[at, 0] == theirs[:, 0])]
    exact = np.minimum(np.searchsorted(products, rest), len(products) - 1)
    return np.concatenate([at[same], exact[products[exact] == rest]])


def _packed(products: Any) -> NDArray[Any]:
    """Ids of very many products, 16 bytes each, as one value."""
    sql, params = products.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT string_agg(uuid_send(id), ''::bytea) FROM ({sql}) AS seen(id)",  # noqa: S608
            params,
        )
        (packed,) = cursor.fetchone()
    return np.frombuffer(packed or b"", "S16")
