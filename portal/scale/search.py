"""Search rows of a synthetic catalogue, by the code that writes them always."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

from django.db import connections, transaction

from catalog.contracts.services import reindex as reindex_contracts
from catalog.governance.models import Term
from catalog.governance.services.terms import reindex_term
from catalog.products.models import System
from catalog.products.services import reindex as reindex_products
from catalog.products.services.systems import reindex_systems
from catalog.search.models import SearchEntry
from catalog.search.services import fold_counts, refresh_words
from portal.services import reindex_places

AT_ONCE = 500
Task = tuple[str, Sequence[str]]


def index(
    products: Sequence[str],
    contracts: Sequence[str],
    systems: Sequence[str],
    terms: Sequence[str],
    *,
    processes: int,
) -> int:
    """Write the rows of these things; returns how many there are.

    Args:
        contracts: those that no port may name; the others have no row.
        processes: 0 for this one, within the present transaction.
    """
    before = SearchEntry.objects.count()
    tasks = [*_tasks("product", products), *_tasks("contract", contracts)]
    if processes:
        connections.close_all()  # a connection is no heirloom
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, mp_context=fork) as pool:
            list(pool.map(_run, tasks))
    else:
        for task in tasks:
            _run(task)
    with transaction.atomic():
        reindex_systems(System.objects.filter(pk__in=systems).select_related("domain", "owner"))
        for term in Term.objects.filter(pk__in=terms).select_related("domain", "owner"):
            reindex_term(term)
        reindex_places()
        refresh_words()
        fold_counts()
    return SearchEntry.objects.count() - before


def _tasks(kind: str, ids: Sequence[str]) -> list[Task]:
    return [(kind, ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)]


def _run(task: Task) -> None:
    kind, ids = task
    WRITERS[kind](ids)


WRITERS: dict[str, Callable[[Sequence[str]], None]] = {
    "product": reindex_products,  # type: ignore[dict-item]
    "contract": reindex_contracts,  # type: ignore[dict-item]
}
