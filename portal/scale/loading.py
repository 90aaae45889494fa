"""Loads a synthetic catalogue: plan, rows, COPY, search rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.products.models import DataProduct, Revision
from catalog.quality.services import add_up_days
from core.errors import Conflict
from portal.scale import search
from portal.scale.catalogue import ACTOR, Catalogue
from portal.scale.flow import Flow
from portal.scale.history import write_revisions
from portal.scale.people import People
from portal.scale.plan import Plan, ProductPlan, make_plan
from portal.scale.quality import HISTORY_DAYS, Quality
from portal.scale.structure import Structure
from portal.scale.tables import Table, lock

AT_ONCE = 2_000  # products whose rows are in memory


class Loader:
    """The tables of all rooms, in the order in which rows refer to one another."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.structure = Structure(plan)
        self.catalogue = Catalogue(plan, self.structure)
        self.quality = Quality(plan)
        self.flow = Flow(plan, self.structure)
        self.people = People(plan, self.structure)
        self.tables: list[Table] = [
            *(*self.structure.tables, *self.catalogue.tables, *self.quality.tables),
            *(*self.flow.tables, *self.people.tables),
        ]
        self.revisions = 0

    def load(self) -> None:
        """Write everything but search rows, in the present transaction."""
        lock(self.tables)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checked as they are written
        numbered = [table for table in self.tables if table.is_numbered]
        for table in numbered:
            table.reserve()
        self._take_request_numbers()
        self.structure.number()
        self.structure.fill()
        self._write()
        for chunk in _chunks(in_order(self.plan), AT_ONCE):
            for product in chunk:
                self._add(product)
            self._write()
            ids = [product.id for product in chunk]
            self.revisions += write_revisions(ids, actor=ACTOR)
        for table in numbered:
            table.release()
        self._give_request_numbers()

    def _add(self, product: ProductPlan) -> None:
        random = self.plan.random(product.number)
        ports = self.catalogue.ports_of(random, product)
        measured = self.quality.add(random, product, ports)
        reading = self.people.add(random, product, ports)
        self.catalogue.add(random, product, ports, reading, measured)
        self.flow.add(random, product, ports)

    def _write(self) -> None:
        for table in self.tables:
            table.write()

    def _take_request_numbers(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('requests_request_number')")
            self.people.first_number = cursor.fetchone()[0]

    def _give_request_numbers(self) -> None:
        last = self.people.first_number + self.people.requests.count
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('requests_request_number', %s)", [last])

    def counts(self) -> dict[str, int]:
        """`{table: rows written}`."""
        written = {table.name: table.count for table in self.tables}
        return {**written, Revision._meta.db_table: self.revisions}


def scale(
    *, products: int, datasets_per_product: int = 4, seed: int = 1, processes: int = 0
) -> dict[str, Any]:
    """Load a catalogue of this size; returns what was written, by table.

    Args:
        products: 1 or more.
        datasets_per_product: lineage datasets; at least those that its ports offer.
        seed: another one gives another company beside the first.
        processes: that write search rows; 0: this one, within the present transaction.

    Raises:
        Conflict: a catalogue of this seed is there.
    """
    if DataProduct.objects.filter(document_id__startswith=f"scale:{seed}:").exists():
        raise Conflict(
            f"A catalogue of seed {seed} is there already; choose another --seed, or an empty"
            " --data-dir."
        )
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    plan = make_plan(
        seed=seed, products=products, datasets_per_product=datasets_per_product, today=today
    )
    loader = Loader(plan)
    with transaction.atomic():
        loader.load()
        add_up_days(since=(today - dt.timedelta(days=HISTORY_DAYS)).date())
    ids = sorted(product.id for product in plan.products)
    contracts = sorted(product.port_id(90) for product in plan.products)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # search rows are written from what is there now
    systems = [each[0] for each in loader.structure.system_ids]
    rows = search.index(ids, contracts, systems, loader.structure.term_ids, processes=processes)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_searchentry, search_searchword, search_facetcount")
    return {**loader.counts(), "search_searchentry": rows}


def tidy() -> None:
    """Take away what so many writes leave behind; it would slow searches until the database does
    so by itself. Inside a transaction, which may be taken back, there is nothing to take away yet.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) search_searchentry, search_searchword, search_facetcount")


def in_order(plan: Plan) -> Iterator[ProductPlan]:
    """Sources before what reads them, then the oldest: their keys are in the order of time, and
    written in that order they fill the indexes page by page.
    """
    for layer in plan.layers:
        yield from sorted(layer, key=lambda product: product.created)


def _chunks(products: Iterator[ProductPlan], size: int) -> Iterator[Sequence[ProductPlan]]:
    while chunk := list(islice(products, size)):
        yield chunk
