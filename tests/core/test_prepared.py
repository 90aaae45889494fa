"""Statements that are planned once a connection, on the real database."""

import uuid

import pytest
from django.db import DataError, IntegrityError, NotSupportedError, connection, transaction
from django.db.transaction import TransactionManagementError

from accounts.models import Team
from core import prepared
from tests.factories import TeamFactory

NAMES = "SELECT slug FROM accounts_team WHERE slug = ANY(%s::text[]) ORDER BY slug"
ADD = "INSERT INTO accounts_team SELECT * FROM accounts_team WHERE slug = %s"
PLANNED = """
SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s
"""


def plans(part):
    """How often each prepared statement that holds `part` was run."""
    with connection.cursor() as cursor:
        cursor.execute(PLANNED, [f"%{part}%"])
        return [count for (count,) in cursor.fetchall()]


@pytest.mark.django_db
def test_a_statement_is_prepared_once_and_used_again():
    TeamFactory(slug="a-team")

    answers = [prepared.ask(NAMES, ["a-team", each]) for each in ("x", "y", "z")]

    assert answers == [[("a-team",)]] * 3
    assert plans("ANY($1::text[])") == [3]


@pytest.mark.django_db
def test_what_django_asks_is_not_kept():
    prepared.ask(NAMES, [])

    list(Team.objects.filter(slug="an-unusual-word"))

    assert plans("unusual") == []
    assert connection.connection.prepare_threshold is None


@pytest.mark.django_db
def test_values_arrive_as_they_were_given():
    key = uuid.uuid4()
    text = "50 % of O'Brien's \\N {a,\"b\"} %s $1 \n漢"
    sql = "SELECT %s::text, %s::bigint, %s::uuid[], %s::bigint[], %s::json, %s::jsonb, %s::bigint"

    row = prepared.ask(sql, text, 2**40, [key], [1, 2**20, 2**40], '{"a": 1}', '{"b": 2}', None)

    assert row == [(text, 2**40, [key], [1, 2**20, 2**40], {"a": 1}, '{"b": 2}', None)]


@pytest.mark.django_db
def test_it_belongs_to_the_transaction_around_it():
    with transaction.atomic():
        TeamFactory(slug="gone")
        assert prepared.ask(NAMES, ["gone"]) == [("gone",)]
        prepared.ask("UPDATE accounts_team SET slug = %s WHERE slug = %s", "renamed", "gone")
        assert Team.objects.filter(slug="renamed").exists()
        transaction.set_rollback(True)

    assert prepared.ask(NAMES, ["gone", "renamed"]) == []


@pytest.mark.django_db
def test_errors_are_those_of_django():
    TeamFactory(slug="twice")

    with pytest.raises(IntegrityError), transaction.atomic():
        prepared.ask(ADD, "twice")
    with pytest.raises(DataError), transaction.atomic():
        prepared.ask("SELECT %s::text::bigint", "not a number")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            prepared.ask(NAMES, [])

    assert prepared.ask(NAMES, ["twice"]) == [("twice",)]


@pytest.mark.django_db
def test_statements_are_counted_and_logged(django_assert_num_queries):
    seen = []

    def look(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look), django_assert_num_queries(1) as log:
        prepared.ask(NAMES, ["a"])

    assert seen == [(NAMES, (["a"],))]
    assert [each["sql"] for each in log.captured_queries] == [NAMES]


@pytest.mark.django_db
def test_a_pooler_can_have_it_off(settings):
    settings.PORTAL_DB_PREPARE = False
    TeamFactory(slug="plain")

    assert prepared.ask(NAMES, ["plain"]) == [("plain",)]
    assert plans("ANY($1") == []


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew():
    prepared.ask(NAMES, ["a"])
    first = connection.connection
    connection.close()

    assert prepared.ask(NAMES, ["a"]) == []
    assert connection.connection is not first
    assert plans("ANY($1::text[])") == [1]


@pytest.fixture
def growing():
    """A table whose column becomes wider."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE growing AS SELECT 1::int AS n")
        yield lambda: cursor.execute("ALTER TABLE growing ALTER n TYPE bigint")
        cursor.execute("DROP TABLE growing")


@pytest.mark.django_db(transaction=True)
def test_columns_of_another_type_are_noticed_outside_of_transactions(growing):
    assert prepared.ask("SELECT n FROM growing") == [(1,)]

    growing()

    assert prepared.ask("SELECT n FROM growing") == [(1,)]
    assert plans("FROM growing") == [1]


@pytest.mark.django_db(transaction=True)
def test_columns_of_another_type_cost_one_transaction(growing):
    assert prepared.ask("SELECT n FROM growing") == [(1,)]
    growing()

    with pytest.raises(NotSupportedError, match="cached plan"), transaction.atomic():
        prepared.ask("SELECT n FROM growing")
    with transaction.atomic():
        assert prepared.ask("SELECT n FROM growing") == [(1,)]
