"""The columns of a port say what they are made from."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.lineage.selectors.columns import column_lineage
from catalog.products.states import Visibility
from tests.catalog.lineage.ground import chain, column, dataset, end, offered
from tests.factories import UserFactory, actor_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return actor_for(UserFactory())


def ways(actor, table):
    return {each.name: each for each in column_lineage(actor, [table.port])}


def test_a_column_names_its_sources_once_and_counts_its_users(reader):
    orders, report, other = (offered(name, name=name.title()) for name in ("orders", "report", "x"))
    amount, total = column(orders, "amount"), column(report, "total")
    chain(amount, total, transformation="DIRECT/AGGREGATION")
    chain(amount, total, origin="manual", reason="seen")
    chain(total, column(other, "a"))
    chain(total, column(other, "b"))
    column(report, "alone")

    found = ways(reader, report)

    assert list(found) == ["total"]
    (source,) = found["total"].sources
    assert (source.column, source.product.name) == ("amount", "Orders")
    assert found["total"].used_by == 2


def test_what_the_reader_may_not_see_is_counted_or_left_out(reader):
    secret = offered("secret", visibility=Visibility.RESTRICTED)
    unmatched, report = dataset("raw"), offered("report")
    total = column(report, "total")
    chain(column(secret, "s"), total)
    chain(column(unmatched, "u"), total)
    chain(total, column(secret, "t"))

    way = ways(reader, report)["total"]

    assert (way.sources, way.hidden, way.used_by) == ([], 2, 0)


def test_what_has_ended_is_gone(reader):
    report = offered("report")
    end(*chain(column(offered("orders"), "amount"), column(report, "total")))

    assert ways(reader, report) == {}


def test_the_schema_tab_shows_it(client: Client):
    report = offered("report")
    chain(column(offered("orders", name="Orders"), "amount"), column(report, "total"))
    client.force_login(UserFactory())

    page = client.get(f"{report.port.product.get_absolute_url()}?tab=schema").content.decode()

    assert "Where its columns come from" in page
    assert "<code>amount</code>" in page


def test_the_cost_does_not_grow(reader):
    def cost(count):
        report, orders = offered(f"report{count}"), offered(f"orders{count}")
        for n in range(count):
            chain(column(orders, f"s{n}"), column(report, f"t{n}"))
        with CaptureQueriesContext(connection) as asked:
            assert len(column_lineage(reader, [report.port])) == count
        return len(asked)

    assert cost(1) == cost(20) == 4
