"""Many rows in one statement, on the real database."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from catalog.products.models import DataProduct
from catalog.search.models import SearchEntry
from core.copying import insert_objects, insert_rows, update_objects
from core.models import AuditEvent
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

NASTY = "50 % of O'Brien's \\N \\. {a,\"b\"} \n\t é 漢 %s %%"


def entry(object_id, **values):
    at = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    plain = {"kind": "term", "fqn": object_id, "name": object_id, "url": "/", "listed": True}
    return SearchEntry(
        **{**plain, "object_id": object_id, "visibility": "company", "updated_at": at, **values}
    )


def test_every_kind_of_value_comes_back_as_it_went_in():
    given = entry(
        "a", name=NASTY, tags=[NASTY, ""], readers=[3, 1], score=12.5, vector="'o''b':1A 'x':2"
    )

    insert_objects([given])

    row = SearchEntry.objects.get(pk=given.pk)
    assert (row.name, row.tags, row.readers, row.terms) == (NASTY, [NASTY, ""], [3, 1], [])
    assert (row.score, row.stale_at, row.updated_at) == (12.5, None, given.updated_at)
    assert row.vector == "'o''b':1A 'x':2"


def test_numbers_are_filled_in_in_order():
    rows = [entry(str(n)) for n in range(50)]

    insert_objects(rows)

    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    assert SearchEntry.objects.get(pk=rows[17].pk).object_id == "17"


def test_a_row_that_is_there_is_changed_where_it_should_be():
    insert_objects([entry("a", name="old", summary="kept")])

    again = entry("a", name="new", summary="other")
    insert_objects([again], replace_on=["kind", "object_id"], replaced=["name"])

    row = SearchEntry.objects.get()
    assert (row.pk, row.name, row.summary) == (again.pk, "new", "kept")


def test_what_is_there_stays_when_conflicts_are_left_out():
    insert_objects([entry("a", name="old")])

    insert_objects([entry("a", name="new"), entry("b")], ignore_conflicts=True)

    assert list(SearchEntry.objects.order_by("fqn").values_list("name", flat=True)) == ["old", "b"]


def test_a_broken_constraint_is_told_and_changes_nothing():
    insert_objects([entry("a")])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_objects([entry("b"), entry("a")])

    assert SearchEntry.objects.count() == 1


def test_only_the_named_fields_are_updated():
    product = ProductFactory(name="old", purpose="old")
    product.name, product.purpose, product.extra = "new", "new", {NASTY: [1, None, 2.5]}

    update_objects([product], ["name", "extra"])

    row = DataProduct.objects.get(pk=product.pk)
    assert (row.name, row.purpose, row.extra) == ("new", "old", {NASTY: [1, None, 2.5]})


def test_rows_keep_their_order_and_what_is_left_out_is_the_databases():
    columns = ["actor", "verb", "object_kind", "object_id", "detail", "request_id"]

    insert_rows(AuditEvent, columns, (("a", "b.c", "d", str(n), {"n": n}, "") for n in range(20)))
    insert_rows(AuditEvent, columns, [])

    assert [each.detail["n"] for each in AuditEvent.objects.order_by("pk")] == list(range(20))
    assert AuditEvent.objects.filter(at__isnull=True).count() == 0
