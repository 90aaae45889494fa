"""Measurements say what they measured; none of these tests asserts on time."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import User
from catalog.contracts.models import DataContract
from catalog.products.models import DataProduct
from catalog.search.models import SearchEntry
from portal.bench import jobs
from portal.bench.core import (
    Budget,
    Case,
    Figure,
    Spread,
    Statement,
    measure,
    measure_together,
    scans,
)
from portal.bench.hostile import HOSTILE
from portal.bench.validation import document
from portal.scale.loading import scale
from provisioning.jobs.models import Operation, ScheduleTick, Worker

pytestmark = pytest.mark.django_db


class Answer:
    status_code = 200


def asked(*options, **named):
    out = StringIO()
    call_command("bench", *options, stdout=out, **named)
    return out.getvalue()


def figure(**values):
    even = Spread(1.0, 2.0)
    return Figure("x", 1, values.pop("statements", 3), even, even, even, **values)


def test_a_spread_is_median_and_95th_percentile():
    assert Spread.of(range(1, 101)) == Spread(50, 95)


def test_the_worst_share_of_a_budget_decides():
    assert figure(budget=Budget(statements=6, response_p95_ms=4)).verdict == "within"
    assert figure(budget=Budget(statements=2, response_p95_ms=4)).verdict == "over"
    assert figure(budget=Budget(statements=2)).ratio == 1.5
    assert figure().verdict == ""


def test_statements_of_a_request_are_counted():
    def call():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute("SELECT 2")
        return Answer()

    found = measure(Case("two", [call] * 5))

    assert (found.requests, found.statements) == (5, 2)


def test_cases_are_asked_by_turns():
    asked_of = []

    def call(name):
        def answer():
            asked_of.append(name)
            return Answer()

        return answer

    found = measure_together([Case("a", [call("a")] * 2), Case("b", [call("b")] * 2)])

    assert [each.name for each in found] == ["a", "b"]
    assert asked_of[-4:] == ["b", "a", "a", "b"]


def test_an_answer_that_was_not_expected_is_no_measurement():
    class Refused:
        status_code = 404

    with pytest.raises(RuntimeError, match="answered 404"):
        measure(Case("gone", [Refused]))


def test_a_small_table_may_be_read_from_end_to_end():
    assert scans(Statement("SELECT * FROM accounts_team", None)) == []


def test_the_marketplace_is_measured_for_both_readers_and_leaves_no_trace():
    scale(products=40, seed=5)
    people = User.objects.count()

    (result,) = json.loads(asked("marketplace", "--json", only="", samples=1))

    names = [row["name"] for row in result["figures"]]
    assert [row["name"] for row in result["floors"]] == ["SELECT 1", "empty view"]
    assert "product: overview (member)" in names
    assert "REST: product (steward)" in names
    assert result["size"]["products"] == 40
    assert User.objects.count() == people
    assert not User.objects.filter(username__startswith="bench-").exists()


def test_the_product_overview_keeps_its_budget_of_statements():
    scale(products=60, seed=5)

    (result,) = json.loads(asked("marketplace", "--json", only="overview", samples=30))

    assert all(row["statements"] <= 12 for row in result["figures"])


@pytest.mark.django_db(transaction=True)
def test_a_product_by_name_is_measured_beside_a_view_that_asks_for_one():
    scale(products=40, seed=5)

    (result,) = json.loads(asked("rest", "--json", samples=12))

    floor, served_floor = result["floors"]
    assert floor["name"] == "view that does SELECT 1"
    assert served_floor["name"] == "view that does SELECT 1 over HTTP"
    row, served_row = result["figures"]
    assert row["statements"] == 1  # who asks, and the product
    assert row["scans"] == []
    assert served_row["name"] == "REST: product by name over HTTP"
    granted = served_row["budget"]
    assert granted["response_p95_ms"] == 2 * served_floor["response"]["p95"]
    assert not User.objects.filter(username__startswith="bench-").exists()


def test_graphql_is_measured_beside_sql_that_says_the_same():
    scale(products=120, seed=5)

    (result,) = json.loads(asked("graphql", "--json", samples=3))

    assert [row["name"] for row in result["floors"]] == [
        "the same by hand",
        "the same by models, naively",
        "GraphQL: nothing",
    ]
    query, by_session, slowest = result["figures"]
    for each in (query, by_session):
        assert each["statements"] <= each["budget"]["statements"]
    assert query["scans"] == []
    assert slowest["name"] in {each.name for each in HOSTILE}
    assert result["extra"]["requests made to hurt"] == len(HOSTILE)


def test_the_table_is_for_people():
    scale(products=40, seed=5)

    text = asked("marketplace", only="type-ahead", samples=3)

    assert "type-ahead (member)" in text
    assert "Big tables read from end to end" in text


def test_an_import_is_found_at_once_and_undone():
    (result,) = json.loads(asked("import", "--json", n=12))

    assert result["extra"]["found at once"] == 12
    assert not DataProduct.objects.exists()
    assert not DataContract.objects.exists()
    assert not SearchEntry.objects.exists()


def test_the_contract_of_the_measurement_has_its_size():
    assert 190_000 < len(document()) < 260_000

    (result,) = json.loads(asked("validation", "--json"))

    assert result["extra"]["tables"] == 68


def test_an_import_of_nothing_is_refused():
    with pytest.raises(CommandError, match="at least 1"):
        asked("import", n=0)


@pytest.mark.parametrize("ports", [0, 501])
def test_grants_on_no_port_or_on_too_many_are_refused(ports):
    with pytest.raises(CommandError, match="--ports must be between 1 and 500"):
        asked("access", ports=ports)


def test_claims_are_measured_and_leave_nothing(settings):
    settings.CELERY_BROKER_URL = ""

    found = jobs.claims(jobs.committed_row_ms(), queued=200)

    assert found["p95 ms"] >= found["p50 ms"] > 0
    assert not Operation.objects.exists()
    assert not ScheduleTick.objects.exists()


def test_jobs_are_not_measured_where_others_take_them():
    Worker.objects.create(host="here", pid=1, version="1")

    assert "workers are at work" in asked("jobs")
