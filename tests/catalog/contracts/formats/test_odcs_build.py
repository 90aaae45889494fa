from typing import Any

from catalog.contracts.formats.odcs import (
    Column,
    contract_from_columns,
    dump_yaml,
    parse,
    validate,
)
from core.documents import load_documents


def build(*columns: Column, **options: Any) -> dict[str, Any]:
    return contract_from_columns(
        **{
            "document_id": "orders",
            "version": "1.0.0",
            "name": "Orders",
            "domain": "sales",
            "team": "order-desk",
            "purpose": "One row per order",
            "object_name": "orders",
            "columns": columns,
            "classification": "internal",
            "retention_days": 30,
        }
        | options
    )


COLUMNS = (
    Column("id", "integer", primary_key=True, description="Number of the order"),
    Column("email", "string", required=True, unique=True, classification="confidential"),
    Column("note", "string"),
)


def test_the_document_is_valid_and_reads_back_as_itself() -> None:
    document = build(*COLUMNS)

    (again,) = load_documents(dump_yaml(document))

    assert again.data == document
    assert validate(again).problems == ()


def test_columns_imply_rules() -> None:
    rules = parse(build(*COLUMNS)).rules

    assert [(rule.property_path, rule.metric) for rule in rules] == [
        ("id", "nullValues"),
        ("id", "duplicateValues"),
        ("email", "nullValues"),
        ("email", "duplicateValues"),
    ]
    assert {(rule.operator, rule.thresholds) for rule in rules} == {("mustBe", (0,))}


def test_a_key_of_two_columns_is_unique_as_a_pair_only() -> None:
    keys = (Column("a", "string", primary_key=True), Column("b", "string", primary_key=True))

    rules = parse(build(*keys, must_have_rows=True)).rules

    found = [(rule.property_path, rule.metric, dict(rule.arguments)) for rule in rules]
    assert (None, "duplicateValues", {"properties": ["a", "b"]}) in found
    assert (None, "rowCount", {}) in found
    assert ("a", "duplicateValues", {}) not in found


def test_a_column_without_a_class_has_that_of_the_contract() -> None:
    columns = parse(build(*COLUMNS)).objects[0].properties

    assert [column.classification for column in columns] == ["internal", "confidential", "internal"]


def test_retention_is_a_service_level_only_when_given() -> None:
    assert parse(build(*COLUMNS)).service_levels[0].value == 30
    assert parse(build(*COLUMNS, retention_days=None)).service_levels == ()


def test_retention_names_the_column_that_it_counts_from() -> None:
    assert parse(build(*COLUMNS)).service_levels[0].element == ""
    named = build(*COLUMNS, object_name="orders", retention_column="at")
    assert parse(named).service_levels[0].element == "orders.at"
