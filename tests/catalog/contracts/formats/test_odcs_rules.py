import copy
from typing import Any

import pytest

from catalog.contracts.formats.odcs import Verdict, dump_yaml, validate
from core.documents import load_documents

CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "orders",
    "name": "Orders",
    "version": "1.0.0",
    "status": "active",
    "schema": [
        {
            "name": "orders",
            "properties": [
                {"name": "order_id", "logicalType": "string", "primaryKey": True},
                {"name": "customer_id", "logicalType": "string"},
            ],
        },
        {"name": "customers", "properties": [{"name": "id", "logicalType": "string"}]},
    ],
}


def judged(change: dict[str, Any] | None = None, **table: Any) -> Verdict:
    """The verdict on the contract with other root fields, or other fields of its first table."""
    document = copy.deepcopy(CONTRACT) | (change or {})
    document["schema"][0] |= table
    return validate(load_documents(dump_yaml(document))[0])


def codes(verdict: Verdict) -> set[tuple[str, str]]:
    return {(problem.code, problem.pointer) for problem in verdict.problems}


def test_the_contract_the_other_tests_change_is_right() -> None:
    assert judged() == Verdict(True, (), "v3.1.0", True, "3.2.0")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"id": " "}, "empty-value", "/id"),
        ({"name": "a\u202eb"}, "unsafe-name", "/name"),
        (
            {"price": {"priceAmount": -1, "priceCurrency": "EUR"}},
            "negative-price",
            "/price/priceAmount",
        ),
        ({"price": {"priceAmount": 1}}, "missing-currency", "/price"),
        (
            {"roles": [{"role": "a", "id": "x"}, {"role": "b", "id": "x"}]},
            "duplicate-id",
            "/roles/1/id",
        ),
        ({"roles": [{"role": "a"}, {"role": "a"}]}, "duplicate-role", "/roles/1/role"),
        (
            {"servers": [{"server": "s", "type": "kafka", "host": "h"}] * 2},
            "duplicate-server",
            "/servers/1/server",
        ),
        (
            {"customProperties": [{"property": "slug", "value": n} for n in "ab"]},
            "duplicate-property",
            "/customProperties/1/property",
        ),
        (
            {"slaProperties": [{"property": "latency", "value": 1, "scheduler": "cron"}]},
            "missing-schedule",
            "/slaProperties/0",
        ),
        (
            {"slaProperties": [{"property": "latency", "value": 1, "element": "invoices"}]},
            "dangling-reference",
            "/slaProperties/0/element",
        ),
        ({"apiVersion": "v2.2.2"}, "missing-field", ""),
        ({"apiVersion": "v9.0.0"}, "version-not-supported", "/apiVersion"),
    ],
)
def test_a_broken_rule_of_the_contract_refuses_it(
    change: dict[str, Any], code: str, pointer: str
) -> None:
    verdict = judged(change)

    assert not verdict.valid
    assert codes(verdict) == {(code, pointer)}


@pytest.mark.parametrize(
    ("table", "code", "pointer"),
    [
        ({"name": "customers"}, "duplicate-name", "/schema/1/name"),
        (
            {"properties": [{"name": "a"}, {"name": "a"}]},
            "duplicate-name",
            "/schema/0/properties/1/name",
        ),
        ({"properties": [{"name": ""}]}, "empty-value", "/schema/0/properties/0/name"),
        ({"quality": [{}]}, "empty-rule", "/schema/0/quality/0"),
        (
            {"quality": [{"type": "sql", "query": " ", "mustBe": 0}]},
            "empty-value",
            "/schema/0/quality/0/query",
        ),
        (
            {"quality": [{"metric": "rowCount", "mustBeBetween": [9, 1]}]},
            "impossible-bounds",
            "/schema/0/quality/0/mustBeBetween",
        ),
        (
            {"quality": [{"metric": "rowCount", "mustBe": 1, "scheduler": "cron"}]},
            "missing-schedule",
            "/schema/0/quality/0",
        ),
        (
            {
                "properties": [
                    {
                        "name": "a",
                        "logicalType": "string",
                        "logicalTypeOptions": {"minLength": 3, "maxLength": 2},
                    }
                ]
            },
            "impossible-bounds",
            "/schema/0/properties/0/logicalTypeOptions/minLength",
        ),
        (
            {"relationships": [{"from": "orders.none", "to": "customers.id"}]},
            "dangling-reference",
            "/schema/0/relationships/0/from",
        ),
        (
            {"relationships": [{"from": "orders.customer_id", "to": "nowhere.id"}]},
            "dangling-reference",
            "/schema/0/relationships/0/to",
        ),
        (
            {
                "relationships": [
                    {"from": ["orders.customer_id", "orders.order_id"], "to": ["customers.id"]}
                ]
            },
            "length-mismatch",
            "/schema/0/relationships/0",
        ),
    ],
)
def test_a_broken_rule_of_a_table_refuses_the_contract(
    table: dict[str, Any], code: str, pointer: str
) -> None:
    verdict = judged(**table)

    assert not verdict.valid
    assert codes(verdict) == {(code, pointer)}


def test_rules_on_the_elements_of_a_list_are_judged_too() -> None:
    items = {"logicalType": "string", "quality": [{}]}

    verdict = judged(properties=[{"name": "a", "logicalType": "array", "items": items}])

    assert codes(verdict) == {("empty-rule", "/schema/0/properties/0/items/quality/0")}


def test_an_enumeration_lists_each_value_once() -> None:
    values = [{"value": 1}, {"value": "1"}, {"value": 1, "label": "one"}]

    verdict = judged({"apiVersion": "v3.2.0"}, properties=[{"name": "a", "enum": values}])

    assert codes(verdict) == {("duplicate-value", "/schema/0/properties/0/enum/2/value")}


@pytest.mark.parametrize(
    "change",
    [
        {"slaProperties": [{"property": "latency", "value": 1, "element": "tab.column"}]},
        {"slaProperties": [{"property": "latency", "value": 1, "element": "orders, customer_id"}]},
        {"slaProperties": [{"property": "latency", "value": 1, "schedule": "0 0 * * *"}]},
    ],
)
def test_what_may_be_meant_is_not_refused(change: dict[str, Any]) -> None:
    verdict = judged(change)

    assert verdict.valid
    assert {problem.severity for problem in verdict.problems} <= {"warning"}


def test_a_column_may_refer_to_a_table_of_another_contract() -> None:
    links = [{"to": "elsewhere.id"}]

    verdict = judged(properties=[{"name": "a", "relationships": links}])

    assert verdict.valid
    assert [problem.severity for problem in verdict.problems] == ["warning"]


def test_a_document_that_is_valid_only_under_the_newest_version_says_so() -> None:
    verdict = judged(properties=[{"name": "a", "enum": [{"value": 1}]}])

    assert (verdict.valid, verdict.latest_valid) == (False, True)


def test_a_message_names_field_rule_and_mend() -> None:
    change = {"servers": [{"server": "s", "type": "postgress", "host": "h"}]}

    (problem,) = judged(change, properties=[{"name": "a"}]).problems

    assert problem.pointer == "/servers/0/type"
    assert "Did you mean postgres" in problem.message


def test_an_unknown_field_does_not_hide_behind_another_error() -> None:
    columns = [{"name": "a", "requred": True, "required": "yes please"}]

    found = codes(judged(properties=columns))

    assert found == {
        ("unknown-field", "/schema/0/properties/0/requred"),
        ("wrong-type", "/schema/0/properties/0/required"),
    }


def test_only_the_field_that_is_wrong_is_named_when_a_server_lacks_one() -> None:
    server = {"server": "s", "type": "postgres", "host": "h", "port": 5432, "database": "d"}

    found = codes(judged({"servers": [server]}))

    assert found == {("missing-field", "/servers/0")}


def test_many_warnings_do_not_hide_an_error() -> None:
    levels = [{"property": "latency", "value": 1, "element": f"tab.c{n}"} for n in range(500)]

    verdict = judged({"slaProperties": levels}, quality=[{}])

    assert not verdict.valid
    assert "empty-rule" in {problem.code for problem in verdict.problems}


def test_problems_of_one_document_are_bounded() -> None:
    columns = [{"name": "same"} for _ in range(500)]

    assert len(judged(properties=columns).problems) == 100
