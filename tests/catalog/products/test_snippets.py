"""Connection snippets: right for usual names, and never broken out of by hostile ones."""

import ast
import shlex
import subprocess

import pytest
import yaml

from catalog.products.snippets import ColumnText, TableText, snippets

ORDERS = TableText(
    "orders",
    "Every order",
    (
        ColumnText("order_id", "string", "Identifies the order"),
        ColumnText("amount", "number", "Euro: gross"),
        ColumnText("placed_at", "timestamp"),
    ),
)
PLACES = {
    "postgresql": {
        "host": "lake.example",
        "port": 5432,
        "database": "mesh",
        "schema": "sales",
        "tables": {"orders": {"table": "orders_v1", "columns": {"amount": "amount_eur"}}},
    },
    "snowflake": {
        "account": "acme",
        "database": "lake",
        "schema": "sales",
        "warehouse": "readers",
        "tables": {"orders": "orders"},
    },
    "bigquery": {"project": "acme-lake", "dataset": "sales", "tables": {"orders": "orders"}},
    "databricks": {
        "host": "acme.example",
        "catalog": "lake",
        "schema": "sales",
        "tables": {"orders": "orders"},
    },
    "s3": {"location": "s3://lake/orders/*.parquet", "format": "parquet"},
    "kafka": {"host": "kafka.example:9092", "topic": "sales.orders"},
}
HOSTILE = (
    """a"; SELECT 1; --""",
    """a'; echo broken; '""",
    "$(echo broken)",
    "`echo broken`",
    "a\\",
    "x\n  - evil: true",
    "{{ env_var('SECRET') }}",
    "</pre><script>alert(1)</script>",
)


def texts(technology, location, tables=(ORDERS,)):
    return {each.key: each.text for each in snippets(technology, location, tables)}


def test_postgresql_offers_psql_a_query_python_and_dbt():
    found = texts("postgresql", PLACES["postgresql"])

    assert list(found) == ["connect", "query", "python", "dbt"]
    assert found["connect"] == ('psql "host=lake.example port=5432 dbname=mesh user=YOUR_LOGIN"')
    assert found["query"] == (
        "SELECT order_id, amount_eur, placed_at\nFROM sales.orders_v1\n"
        "WHERE placed_at >= DATE '2026-01-01'\nLIMIT 10;"
    )


def test_a_dbt_source_names_place_tables_and_columns():
    found = yaml.safe_load(texts("postgresql", PLACES["postgresql"])["dbt"])

    assert found == {
        "version": 2,
        "sources": [
            {
                "name": "sales",
                "database": "mesh",
                "schema": "sales",
                "tables": [
                    {
                        "name": "orders",
                        "identifier": "orders_v1",
                        "description": "Every order",
                        "columns": [
                            {"name": "order_id", "description": "Identifies the order"},
                            {"name": "amount", "description": "Euro: gross"},
                            {"name": "placed_at"},
                        ],
                    }
                ],
            }
        ],
    }


def test_without_a_moment_the_query_filters_on_the_first_column():
    table = TableText("orders", "", (ColumnText("order_id", "string"),))

    assert (
        "WHERE order_id IS NOT NULL" in texts("postgresql", PLACES["postgresql"], [table])["query"]
    )


def test_each_technology_has_its_own_way():
    assert "lake.sales.orders" in texts("snowflake", PLACES["snowflake"])["query"]
    assert "FROM `acme-lake.sales.orders`" in texts("bigquery", PLACES["bigquery"])["query"]
    assert "FROM lake.sales.orders" in texts("databricks", PLACES["databricks"])["query"]
    assert "read_parquet('s3://lake/orders/*.parquet')" in texts("s3", PLACES["s3"])["query"]
    assert (
        "kcat -C -b kafka.example:9092 -t sales.orders"
        in texts("kafka", PLACES["kafka"])["connect"]
    )


@pytest.mark.parametrize("technology", sorted(PLACES))
def test_programs_are_python(technology):
    found = texts(technology, PLACES[technology])

    ast.parse(found["python"])


@pytest.mark.parametrize("technology", sorted(PLACES))
def test_a_place_that_says_nothing_gives_nothing(technology):
    assert snippets(technology, {}) == []


def spoilt(technology, text):
    """The place with hostile values in every text, and hostile columns."""
    location = {key: text for key in PLACES[technology] if key not in {"tables", "port", "format"}}
    if "tables" in PLACES[technology]:
        location["tables"] = {text: text}
    return location, [TableText(text, text, (ColumnText(text, "date", text),))]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("technology", sorted(PLACES))
def test_hostile_names_stay_one_text_of_a_program(technology, text):
    location, tables = spoilt(technology, text)

    program = ast.parse(texts(technology, location, tables)["python"])

    calls = [node.func for node in ast.walk(program) if isinstance(node, ast.Call)]
    names = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
    assert names <= {
        *("connect", "execute", "fetchall", "cursor", "Client", "query", "to_dataframe"),
        *("sql", "df", "Consumer", "subscribe", "poll"),
    }


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("technology", ["postgresql", "snowflake", "bigquery", "kafka"])
def test_hostile_names_stay_one_word_of_a_shell(technology, text):
    location, tables = spoilt(technology, text)
    usual = shlex.split(texts(technology, PLACES[technology])["connect"])

    command = texts(technology, location, tables)["connect"]

    said = command.partition(" ")[2]
    shell = ["sh", "-c", f"printf '%s\\0' {said}"]
    words = subprocess.run(shell, capture_output=True, text=True, check=True).stdout.split("\0")
    assert words[:-1] == shlex.split(said)
    assert len(words) == len(usual)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_one_value_of_a_dbt_source(text):
    location, tables = spoilt("postgresql", text)

    (source,) = yaml.safe_load(texts("postgresql", location, tables)["dbt"])["sources"]

    assert set(source) == {"name", "database", "schema", "tables"}
    assert source["database"] == text
    assert source["tables"] == [
        {"name": text, "description": text, "columns": [{"name": text, "description": text}]}
    ]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("technology", "quote", "escaped"),
    [("postgresql", '"', '""'), ("databricks", "`", "``"), ("bigquery", "`", "\\`")],
)
def test_hostile_names_stay_names_of_a_query(technology, quote, escaped, text):
    location, tables = spoilt(technology, text)
    inner = text.replace("\\", "\\\\") if technology == "bigquery" else text

    query = texts(technology, location, tables)["query"]

    assert query.startswith(f"SELECT {quote}{inner.replace(quote, escaped)}{quote}\nFROM ")
