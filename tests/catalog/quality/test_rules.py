"""What a contract promises, as checks: stated, implied, and by its service levels."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.contracts.formats import odcs
from catalog.quality.rules import Wanted, wanted_by
from core.documents import load_documents
from tests.conformance.corpus import examples, require_folder


def contract(*properties: dict[str, Any], rules: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "orders",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "orders", "properties": list(properties), "quality": list(rules)}],
        **more,
    }


def column(name: str = "email", logical_type: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": logical_type, **more}


def only(document: dict[str, Any]) -> Wanted:
    (found,) = wanted_by(document)
    return found


def demands(document: dict[str, Any]) -> dict[str, str]:
    return {each.pointer: each.demand for each in wanted_by(document)}


@pytest.mark.parametrize(
    ("rule", "metric", "demand", "trouble"),
    [
        ({"metric": "nullValues", "mustBe": 0}, "nullValues", "no empty values in `email`", ""),
        (
            {"metric": "nullValues", "mustBeLessOrEqualTo": 5, "unit": "percent"},
            "nullValues",
            "at most 5 % of the rows with no value in `email`",
            "",
        ),
        (
            {"metric": "missingValues", "mustBe": "0", "arguments": {"missingValues": ["N/A"]}},
            "missingValues",
            "no missing values in `email` (also N/A)",
            "",
        ),
        (
            {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["a", "b"]}},
            "invalidValues",
            "`email` is one of a, b",
            "",
        ),
        (
            {"metric": "invalidValues", "mustBeLessThan": 3, "arguments": {"pattern": "^x"}},
            "invalidValues",
            "less than 3 rows with an invalid value in `email`",
            "",
        ),
        ({"metric": "duplicateValues", "mustBeLessThan": 1}, "duplicateValues",
         "no two rows with the same `email`", ""),
        # names of 3.0
        ({"rule": "duplicateCount", "mustBeLessThan": 10}, "duplicateValues",
         "less than 10 rows with the same `email` as another", ""),
        ({"rule": "nullCheck"}, "nullValues", "no empty values in `email`", ""),
        ({"rule": "validValues", "validValues": ["x"], "mustBe": 0}, "invalidValues",
         "`email` is one of x", ""),
        (
            {"rule": "between", "customProperties": [{"property": "min", "value": 0},
                                                     {"property": "max", "value": 500}]},
            "invalidValues", "`email` is at least 0 and at most 500", "",
        ),
        # what cannot be run is kept, and says why
        ({"rule": "countCheck"}, "rowCount", "a row count of `email`", "names no limit"),
        ({"rule": "EXISTS IN customers.id"}, "", "a rule without a metric", "is not known"),
        ({"metric": "nullValues", "mustBe": "none"}, "nullValues", "no empty values in `email`",
         "names no limit"),
        ({"metric": "nullValues", "mustBe": 0, "unit": "EUR"}, "nullValues",
         "no empty values in `email`", "unit “EUR”"),
        ({"metric": "invalidValues", "mustBe": 0}, "invalidValues",
         "only valid values in `email`", "which values are valid"),
    ],
)  # fmt: skip
def test_a_stated_rule(rule, metric, demand, trouble):
    found = only(contract(column(quality=[rule])))

    assert (found.metric, found.demand) == (metric, demand)
    assert trouble in found.trouble
    assert bool(found.trouble) is bool(trouble)
    assert found.pointer == "/schema/0/properties/0/quality/0"
    assert (found.origin, found.columns) == ("contract", ("email",))


def test_text_is_documentation_sql_is_run_and_custom_waits_for_its_tool():
    text = {"type": "text", "description": "Emails are polite."}
    query = {"type": "sql", "query": "SELECT count(*) FROM ${table}", "mustBe": 0,
             "description": "No refunds without an order."}  # fmt: skip
    custom = {"type": "custom", "engine": "soda", "implementation": "checks: …"}

    sql, other = wanted_by(contract(rules=[text, query, custom]))

    assert (sql.type, sql.query, sql.trouble) == ("sql", query["query"], "")
    assert sql.demand == "No refunds without an order (the query gives exactly 0)"
    assert (other.type, other.engine) == ("custom", "soda")
    assert other.trouble == "Its results come from soda."
    assert other.definition()["implementation"] == "checks: …"


def test_weight_dimension_unit_and_schedule_are_those_of_the_rule():
    said = {"severity": "Warning", "dimension": "cp", "schedule": "0 20 * * *", "unit": "row"}
    rule = {"metric": "rowCount", "mustBeBetween": [1, 9], "name": "Enough", **said}

    found = only(contract(rules=[rule]))

    assert (found.weight, found.dimension, found.unit) == (0.5, "completeness", "rows")
    assert (found.schedule, found.name, found.threshold) == ("0 20 * * *", "Enough", [1, 9])
    assert found.demand == "between 1 and 9 rows in `orders`"


def test_columns_imply_checks():
    document = contract(
        column("id", "integer", primaryKey=True, primaryKeyPosition=2),
        column("shop", primaryKey=True, primaryKeyPosition=1, required=True),
        column("code", unique=True, logicalTypeOptions={"pattern": "^A", "maxLength": 9}),
        column("size", "integer", logicalTypeOptions={"minimum": 1, "exclusiveMaximum": 9}),
        column("state", enum=[{"value": "new"}, {"value": "done"}]),
        column("mail", logicalTypeOptions={"format": "email", "minLength": 3}),
        column("lines", "array", logicalTypeOptions={"minItems": 1}),
        column("note", logicalTypeOptions={"format": "password"}),
    )

    assert demands(document) == {
        "/schema/0/properties/0/primaryKey": "no empty values in `id`",
        "/schema/0/properties/1/required": "no empty values in `shop`",
        "/schema/0/properties/1/primaryKey": "no two rows with the same `shop` and `id`",
        "/schema/0/properties/2/unique": "no two rows with the same `code`",
        "/schema/0/properties/2/logicalTypeOptions/pattern": "`code` looks like `^A`",
        "/schema/0/properties/2/logicalTypeOptions/maxLength": "`code` has at most 9 characters",
        "/schema/0/properties/3/logicalTypeOptions/minimum": "`size` is at least 1 and less than 9",
        "/schema/0/properties/4/enum": "`state` is one of new, done",
        "/schema/0/properties/5/logicalTypeOptions/format": "`mail` is a valid email",
        "/schema/0/properties/5/logicalTypeOptions/minLength": "`mail` has at least 3 characters",
        "/schema/0/properties/6/logicalTypeOptions/minItems": "`lines` has at least 1 items",
    }
    assert {each.origin for each in wanted_by(document)} == {"implied"}


def test_bounds_of_3_0_say_with_yes_or_no_whether_they_are_out():
    options = {"minimum": 1, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": False}

    found = only(contract(column("n", "integer", logicalTypeOptions=options), apiVersion="v3.0.2"))

    assert found.arguments == {"exclusiveMinimum": 1, "maximum": 5}


@pytest.mark.parametrize(
    ("implying", "rule"),
    [
        ({"required": True}, {"metric": "nullValues", "mustBeLessThan": 9}),
        ({"required": True}, {"metric": "missingValues", "mustBe": 0}),
        ({"unique": True}, {"metric": "duplicateValues", "mustBe": 0}),
        ({"primaryKey": True, "required": True}, {"metric": "duplicateValues", "mustBe": 0}),
        (
            {"enum": [{"value": "a"}]},
            {"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 0},
        ),
    ],
)
def test_what_a_rule_states_is_not_implied_again(implying, rule):
    found = wanted_by(contract(column(**implying, quality=[rule])))

    assert [each.metric for each in found if each.origin == "contract"] == [rule["metric"]]
    metrics = [each.metric for each in found if each.origin == "implied"]
    assert rule["metric"] not in metrics
    assert metrics == (["nullValues"] if "primaryKey" in implying else [])


def test_other_restrictions_stay_beside_a_rule_on_one_of_them():
    rule = {"metric": "invalidValues", "arguments": {"pattern": "^a"}, "mustBe": 0}
    options = {"pattern": "^a", "maxLength": 3}

    _, implied = wanted_by(contract(column(logicalTypeOptions=options, quality=[rule])))

    assert implied.arguments == {"maxLength": 3}


def test_invalid_values_without_arguments_are_those_the_column_does_not_allow():
    rule = {"metric": "invalidValues", "mustBeLessThan": 1, "unit": "percent"}

    found = only(contract(column(logicalTypeOptions={"pattern": "^a"}, quality=[rule])))

    assert (found.arguments, found.trouble) == ({"pattern": "^a"}, "")


@pytest.mark.parametrize(
    ("level", "threshold", "demand"),
    [
        ({"property": "latency", "value": 4, "unit": "h"}, 14_400,
         "the newest `at` is at most 4 hours old"),
        ({"property": "freshness", "value": "24h"}, 86_400,
         "the newest `at` is at most 24 hours old"),
        ({"property": "latency", "value": "P1D"}, 86_400, "the newest `at` is at most 1 day old"),
        ({"property": "frequency", "value": "1", "unit": "days"}, 86_400,
         "the newest `at` is at most 1 day old"),
        ({"property": "retention", "value": 3, "unit": "y"}, 0,
         "no rows whose `at` is more than 3 years ago"),
    ],
)  # fmt: skip
def test_a_service_level_with_its_column(level, threshold, demand):
    document = contract(
        column("at", "timestamp"), slaProperties=[{"element": "orders.at", **level}]
    )

    found = only(document)

    assert (found.origin, found.pointer) == ("sla", "/slaProperties/0")
    assert (found.threshold, found.demand) == (threshold, demand)
    assert found.dimension == "timeliness"


def test_what_is_read_daily_and_late_may_be_that_much_older():
    levels = [
        {"property": "latency", "value": 4, "unit": "d", "element": "at"},
        {"property": "frequency", "value": 1, "unit": "d", "element": "at"},
    ]

    latency, frequency = wanted_by(contract(column("at", "timestamp"), slaProperties=levels))

    assert (latency.threshold, frequency.threshold) == (4 * 86_400, 5 * 86_400)


@pytest.mark.parametrize(
    "level",
    [
        {"property": "latency", "value": "soon", "element": "at"},
        {"property": "latency", "value": 0, "unit": "h", "element": "at"},
        {"property": "latency", "value": 9**9, "unit": "y", "element": "at"},
        {"property": "availability", "value": 99, "unit": "%", "element": "at"},
        {"property": "retention", "value": None, "unit": "d", "element": "at"},
    ],
)
def test_a_service_level_that_rows_cannot_break_is_words(level):
    assert not wanted_by(contract(column("at", "timestamp"), slaProperties=[level]))


@pytest.mark.parametrize(
    ("level", "demand", "what"),
    [
        ({"property": "latency", "value": 4, "unit": "h"}, "data at most 4 hours old",
         "names no column"),
        ({"property": "frequency", "value": 1, "unit": "d"}, "data at most 1 day old",
         "names no column"),
        ({"property": "retention", "value": 3, "unit": "y", "element": "orders"},
         "no rows older than 3 years", "has no column “orders”"),
        ({"property": "latency", "value": 4, "unit": "h", "element": "orders.nowhere"},
         "data at most 4 hours old", "has no column “orders.nowhere”"),
    ],
)  # fmt: skip
def test_a_promise_without_a_column_is_kept_with_the_mend(level, demand, what):
    found = only(contract(column(), column("at", "timestamp"), slaProperties=[level]))

    assert (found.origin, found.pointer, found.dimension) == (
        "sla",
        "/slaProperties/0",
        "timeliness",
    )
    assert found.demand == demand
    assert found.trouble == f"The contract {what}. Give the promise an “element”, as “orders.at”."
    assert (found.columns, found.object) == ((), "")


def test_where_no_column_is_a_moment_the_mend_names_none():
    level = {"property": "latency", "value": 4, "unit": "h"}

    found = only(contract(column(), slaProperties=[level]))

    assert found.trouble == "The contract names no column. Give the promise an “element”."


def test_the_default_element_counts_where_a_level_names_none():
    levels = [{"property": "latency", "value": 4, "unit": "h", "schedule": "0 6 * * *"}]

    found = only(contract(column("at", "timestamp"), slaProperties=levels,
                          slaDefaultElement="orders.at"))  # fmt: skip

    assert (found.columns, found.schedule) == (("at",), "0 6 * * *")


def keys(document: dict[str, Any]) -> dict[str, str]:
    return {each.demand: each.key for each in wanted_by(document)}


def test_keys_outlive_a_new_version_of_the_contract():
    first = contract(
        column("id", primaryKey=True, required=True),
        column(quality=[{"metric": "nullValues", "mustBe": 0, "name": "Filled"}]),
        rules=[{"type": "sql", "query": "SELECT 1", "mustBe": 0, "name": "Odd"}],
    )
    second = contract(
        column("added", required=True),
        column(
            "id",
            primaryKey=True,
            required=True,
            quality=[{"metric": "duplicateValues", "mustBe": 0, "name": "Said now"}],
        ),
        column(quality=[{"metric": "nullValues", "mustBe": 0, "name": "Always filled"}]),
        rules=[
            {"metric": "rowCount", "mustBeGreaterThan": 0},
            {"type": "sql", "query": "SELECT 1", "mustBe": 1, "name": "Odd"},
        ],
    )

    before, after = keys(first), keys(second)

    same = {
        "no empty values in `id`",
        "no empty values in `email`",
        "no two rows with the same `id`",
    }
    assert {demand: before[demand] for demand in same} == {d: after[d] for d in same}
    assert before["its query gives exactly 0"] == after["its query gives exactly 1"]
    assert len(set(after.values())) == len(after)


def test_rules_of_one_content_have_keys_of_their_own():
    twice = [{"metric": "nullValues", "mustBeLessThan": n, "unit": "percent"} for n in (5, 9)]
    named = [{**twice[0], "name": "soft"}, {**twice[1], "id": "hard"}]

    found = wanted_by(contract(column(quality=[*twice, *named])))

    assert len({each.key for each in found}) == 4
    assert found[3].key == "id:orders.email:hard"


def test_the_longest_names_have_keys_that_fit():
    name = "x" * 255
    document = contract(*(column(f"{name}{n}", unique=True) for n in range(3)))
    document["schema"][0]["name"] = name * 2

    found = wanted_by(document)

    assert all(len(each.key) <= 500 for each in found)
    assert len({each.key for each in found}) == len(found) == 3


def test_documents_before_3_0_point_into_what_was_given():
    document = {
        "apiVersion": "v2.2.2", "kind": "DataContract", "uuid": "u", "version": "1.0.0",
        "status": "active", "type": "tables", "datasetName": "d", "quantumName": "q",
        "dataset": [{"table": "orders", "columns": [
            {"column": "id", "logicalType": "integer", "physicalType": "int",
             "isPrimaryKey": True, "isNullable": False},
        ], "quality": [{"templateName": "t", "toolName": "soda", "code": "c"}]}],
    }  # fmt: skip

    found = {each.pointer: each.demand for each in wanted_by(document)}

    assert found == {
        "/dataset/0/quality/0": "what soda checks",
        "/dataset/0/columns/0/isNullable": "no empty values in `id`",
        "/dataset/0/columns/0/isPrimaryKey": "no two rows with the same `id`",
    }


VALID = [each for each in examples("odcs") if each is None or each.expected_valid]


@pytest.mark.parametrize("example", VALID, ids=str)
def test_a_valid_example_of_the_standard_gives_checks_that_can_be_stored(example):
    if example is None:
        require_folder()
    (document, *_) = load_documents(example.path.read_text(), media=example.media)

    wanted = wanted_by(document.data)

    assert len({each.key for each in wanted}) == len(wanted)
    assert all(each.demand and each.pointer and each.dimension for each in wanted)
    said = [rule for rule in odcs.parse(document.data).rules if rule.type != "text"]
    assert [each.pointer for each in wanted if each.origin == "contract"] == [
        rule.pointer for rule in said
    ]
