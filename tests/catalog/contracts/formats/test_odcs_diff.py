"""What a change means depends on who is hit: the consumer of the data, or its producer."""

import copy
from typing import Any

import pytest

from catalog.contracts.formats.odcs_diff import bump_between, diff, limits, summarise

BASE: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "orders-contract",
    "name": "Orders",
    "version": "1.0.0",
    "status": "active",
    "description": {"purpose": "Every order", "usage": "Reporting"},
    "tags": ["sales"],
    "schema": [
        {
            "name": "orders",
            "physicalType": "table",
            "quality": [
                {"metric": "rowCount", "mustBeGreaterThan": 100, "severity": "error"},
                {"name": "soft", "type": "text", "description": "Looks right"},
            ],
            "properties": [
                {"name": "order_id", "logicalType": "string", "required": True, "primaryKey": True},
                {
                    "name": "amount",
                    "logicalType": "integer",
                    "physicalType": "varchar(50)",
                    "physicalName": "amount_eur",
                    "unique": True,
                    "classification": "internal",
                    "logicalTypeOptions": {"maximum": 100, "minimum": 0, "format": "i32"},
                    "enum": [{"value": 1}, {"value": 2}],
                },
                {
                    "name": "lines",
                    "logicalType": "array",
                    "items": {
                        "logicalType": "object",
                        "properties": [{"name": "sku", "logicalType": "string"}],
                    },
                },
                {"id": "col-4", "name": "note", "logicalType": "string"},
            ],
        }
    ],
    "slaProperties": [
        {"property": "latency", "value": 1, "unit": "d"},
        {"property": "retention", "value": 3, "unit": "y"},
        {"property": "mood", "value": "good"},
        {"property": "availability", "value": "99.9%"},
        {"property": "endOfSupport", "value": "2030-01-01"},
    ],
    "servers": [{"server": "prod", "type": "postgresql", "host": "a", "environment": "prod"}],
    "roles": [{"role": "reader", "access": "read"}],
    "team": {"name": "Sales", "members": [{"username": "ada", "role": "owner"}]},
    "price": {"priceAmount": 1, "priceCurrency": "EUR"},
    "customProperties": [{"property": "tier", "value": 1}],
}
PROPERTIES = ("schema", 0, "properties")
AMOUNT = (*PROPERTIES, 1)
OPTIONS = (*AMOUNT, "logicalTypeOptions")
RULE = ("schema", 0, "quality", 0)
GONE = object()


def changed(*edits: tuple[tuple[Any, ...], Any]) -> dict[str, Any]:
    """`BASE` with other values at paths; `GONE` takes away, a path past a list's end adds."""
    document = copy.deepcopy(BASE)
    for path, value in edits:
        node: Any = document
        for step in path[:-1]:
            node = node[step]
        if value is GONE:
            del node[path[-1]]
        elif isinstance(node, list) and path[-1] == len(node):
            node.append(value)
        else:
            node[path[-1]] = value
    return document


CASES = [
    # columns
    ((*PROPERTIES, 0), GONE, "breaking consumer column-removed", "orders.order_id"),
    ((*PROPERTIES, 4), {"name": "x"}, "compatible none column-added", "orders.x"),
    (
        (*PROPERTIES, 4),
        {"name": "x", "required": True},
        "breaking producer column-added",
        "orders.x",
    ),
    (
        (*PROPERTIES, 4),
        {"name": "x", "primaryKey": True},
        "breaking both column-added",
        "orders.x",
    ),
    ((*PROPERTIES, 3, "name"), "remark", "breaking consumer renamed", "orders.remark"),
    ((*AMOUNT, "name"), "total", "breaking consumer renamed", "orders.total"),
    (
        (*AMOUNT, "physicalName"),
        "amount_usd",
        "breaking consumer physical-name-changed",
        "orders.amount",
    ),
    ((*PROPERTIES, 0, "required"), False, "breaking consumer required-dropped", "orders.order_id"),
    ((*AMOUNT, "required"), True, "breaking producer required-added", "orders.amount"),
    ((*AMOUNT, "required"), False, "cosmetic none written-differently", "orders.amount"),
    ((*AMOUNT, "unique"), GONE, "breaking consumer unique-dropped", "orders.amount"),
    ((*AMOUNT, "primaryKey"), True, "breaking both primary-key-added", "orders.amount"),
    (
        (*PROPERTIES, 0, "primaryKey"),
        GONE,
        "breaking consumer primary-key-dropped",
        "orders.order_id",
    ),
    ((*AMOUNT, "description"), "Money", "cosmetic none description-changed", "orders.amount"),
    (
        (*PROPERTIES, 2, "items", "properties", 0),
        GONE,
        "breaking consumer column-removed",
        "orders.lines[].sku",
    ),
    (
        (*PROPERTIES, 2, "items", "logicalType"),
        "string",
        "breaking both type-changed",
        "orders.lines[]",
    ),
    ((*PROPERTIES, 2, "items"), GONE, "breaking consumer element-removed", "orders.lines[]"),
    # types
    ((*AMOUNT, "logicalType"), "number", "compatible consumer type-widened", "orders.amount"),
    ((*AMOUNT, "logicalType"), "string", "breaking both type-changed", "orders.amount"),
    ((*OPTIONS, "format"), "i64", "compatible consumer type-widened", "orders.amount"),
    ((*OPTIONS, "format"), "i16", "breaking both type-narrowed", "orders.amount"),
    ((*OPTIONS, "format"), GONE, "cosmetic none written-differently", "orders.amount"),
    (
        (*AMOUNT, "physicalType"),
        "VARCHAR (100)",
        "compatible consumer type-widened",
        "orders.amount",
    ),
    ((*AMOUNT, "physicalType"), "varchar(20)", "breaking both type-narrowed", "orders.amount"),
    (
        (*AMOUNT, "physicalType"),
        "VARCHAR(50)",
        "cosmetic none written-differently",
        "orders.amount",
    ),
    # limits
    ((*OPTIONS, "maximum"), 200, "breaking consumer limit-loosened", "orders.amount"),
    ((*OPTIONS, "maximum"), 50, "breaking producer limit-tightened", "orders.amount"),
    ((*OPTIONS, "minimum"), GONE, "breaking consumer limit-loosened", "orders.amount"),
    ((*OPTIONS, "multipleOf"), 5, "breaking producer limit-tightened", "orders.amount"),
    ((*OPTIONS, "pattern"), "a+", "breaking producer limit-tightened", "orders.amount"),
    ((*OPTIONS, "surprise"), 1, "compatible both other-changed", "orders.amount"),
    ((*AMOUNT, "enum", 2), {"value": 3}, "breaking consumer allowed-value-added", None),
    ((*AMOUNT, "enum", 0), GONE, "breaking producer allowed-value-removed", None),
    ((*AMOUNT, "enum"), GONE, "breaking consumer limit-loosened", "orders.amount"),
    (
        (*AMOUNT, "enum", 0, "description"),
        "One",
        "cosmetic none description-changed",
        "orders.amount · 1",
    ),
    # classification
    (
        (*AMOUNT, "classification"),
        "restricted",
        "breaking consumer classification-raised",
        "orders.amount",
    ),
    (
        (*AMOUNT, "classification"),
        "public",
        "compatible producer classification-lowered",
        "orders.amount",
    ),
    (
        (*AMOUNT, "classification"),
        "level 3",
        "compatible both classification-changed",
        "orders.amount",
    ),
    # quality
    (
        (*RULE, "mustBeGreaterThan"),
        10,
        "breaking consumer rule-loosened",
        "orders · rowCount",
    ),
    (
        (*RULE, "mustBeGreaterThan"),
        1000,
        "breaking producer rule-tightened",
        "orders · rowCount",
    ),
    ((*RULE, "severity"), "warning", "compatible consumer rule-softened", "orders · rowCount"),
    (RULE, GONE, "breaking consumer rule-removed", "orders · rowCount"),
    (("schema", 0, "quality", 1), GONE, "compatible consumer rule-removed", "orders · soft"),
    (
        ("schema", 0, "quality", 2),
        {"metric": "nullValues", "mustBe": 0, "severity": "error"},
        "breaking producer rule-added",
        "orders · nullValues",
    ),
    (
        ("schema", 0, "quality", 2),
        {"metric": "nullValues", "mustBe": 0, "severity": "warning"},
        "compatible producer rule-added",
        "orders · nullValues",
    ),
    # service levels
    (("slaProperties", 0, "value"), 2, "breaking consumer sla-weakened", "latency"),
    (
        ("slaProperties", 0),
        {"property": "latency", "value": 4, "unit": "h"},
        "compatible producer sla-strengthened",
        "latency",
    ),
    (
        ("slaProperties", 0),
        {"property": "latency", "value": 24, "unit": "hours"},
        "cosmetic none written-differently",
        "latency",
    ),
    (("slaProperties", 1, "value"), 1, "breaking consumer sla-weakened", "retention"),
    (("slaProperties", 1), GONE, "breaking consumer service-level-removed", "retention"),
    (("slaProperties", 2, "value"), "bad", "compatible both sla-changed", "mood"),
    (("slaProperties", 3, "value"), "99%", "breaking consumer sla-weakened", "availability"),
    (
        ("slaProperties", 4, "value"),
        "2029-01-01",
        "breaking consumer sla-weakened",
        "endOfSupport",
    ),
    # servers, roles and the rest
    (("servers", 0, "host"), "b", "breaking consumer server-moved", "servers.prod"),
    (("servers", 0, "port"), 5432, "compatible none server-detailed", "servers.prod"),
    (("servers", 0, "description"), "Main", "cosmetic none description-changed", "servers.prod"),
    (("servers", 0), GONE, "breaking consumer server-removed", "servers.prod"),
    (("roles", 0), GONE, "breaking consumer role-removed", "reader"),
    (("schema", 0), GONE, "breaking consumer object-removed", "orders"),
    (("schema", 1), {"name": "returns"}, "compatible none object-added", "returns"),
    (("schema", 0, "physicalType"), "view", "compatible consumer physical-type-changed", "orders"),
    (("schema", 0, "physicalType"), "topic", "breaking consumer type-changed", "orders"),
    (("status",), "retired", "breaking consumer retired", ""),
    (("status",), "deprecated", "compatible consumer deprecated", ""),
    (("status",), "Active", "cosmetic none written-differently", ""),
    (("description", "usage"), "Nothing", "compatible consumer terms-changed", "description"),
    (("tags",), [], "cosmetic none tags-changed", ""),
    (("team", "members", 0, "role"), "helper", "cosmetic none team-changed", "team · ada"),
    (("team",), GONE, "cosmetic none team-changed", "team"),
    (("price", "priceAmount"), 2, "compatible consumer price-changed", "price"),
    (("customProperties", 0), GONE, "cosmetic none custom-property-removed", "tier"),
    (("id",), "other", "breaking both contract-id-changed", ""),
    (("madeUp",), 1, "compatible both other-changed", ""),
]


@pytest.mark.parametrize(("path", "value", "expected", "people_path"), CASES)
def test_each_kind_of_change_has_its_level_and_direction(path, value, expected, people_path):
    (change,) = diff(BASE, changed((path, value)))

    assert f"{change.level} {change.direction} {change.code}" == expected
    assert people_path is None or change.path == people_path
    assert change.message.endswith(".")


def test_a_cosmetic_change_never_hides_a_breaking_one():
    new = changed(
        ((*AMOUNT, "description"), "Money"), ((*AMOUNT, "logicalType"), "string"), (("tags",), [])
    )

    levels = [change.level for change in diff(BASE, new)]

    assert levels == ["breaking", "cosmetic", "cosmetic"]


def test_a_renamed_column_still_tells_what_else_changed_in_it():
    new = changed(
        ((*PROPERTIES, 3, "name"), "remark"), ((*PROPERTIES, 3, "logicalType"), "integer")
    )

    assert [change.code for change in diff(BASE, new)] == ["renamed", "type-changed"]


def test_columns_in_another_order_are_told_to_readers_by_position():
    new = copy.deepcopy(BASE)
    new["schema"][0]["properties"].reverse()

    (change,) = diff(BASE, new)

    assert (change.level, change.code) == ("compatible", "columns-reordered")


def test_braces_in_a_document_do_no_harm():
    new = changed(
        ((*AMOUNT, "physicalName"), "{0}{x}"),
        ((*RULE, "mustBeGreaterThan"), GONE),
        ((*RULE, "mustBe"), "{y}"),
        ((*PROPERTIES, 0, "name"), "{path}"),
    )

    assert any("{0}{x}" in change.message for change in diff(BASE, new))


SUMMARIES = [
    ((*PROPERTIES, 0), GONE, "1.1.0", "breaking", "none", "major", False),
    ((*PROPERTIES, 0), GONE, "2.0.0", "breaking", "none", "major", True),
    ((*PROPERTIES, 4), {"name": "x"}, "1.1.0", "none", "none", "minor", True),
    ((*AMOUNT, "required"), True, "1.1.0", "none", "breaking", "minor", True),
    (("tags",), [], "1.0.1", "none", "none", "patch", True),
    (("tags",), [], "next", "none", "none", "patch", None),
]


@pytest.mark.parametrize(
    ("path", "value", "version", "consumer", "producer", "advice", "keeps"), SUMMARIES
)
def test_the_number_of_a_version_keeps_semantic_versioning(
    path, value, version, consumer, producer, advice, keeps
):
    changes = diff(BASE, changed((path, value), (("version",), version)))
    found = summarise(changes, old_version="1.0.0", new_version=version)

    assert (found.consumer, found.producer) == (consumer, producer)
    assert (found.advice, found.keeps_advice) == (advice, keeps)
    assert sum(found.counts.values()) == len(changes)


def test_nothing_but_the_number_asks_for_nothing():
    changes = diff(BASE, changed((("version",), "1.0.1")))

    assert summarise(changes, old_version="1.0.0", new_version="1.0.1").advice == "none"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0.0", "1.0.0", "none"),
        ("v1", "v2", "major"),
        ("1.2", "1.3.1", "minor"),
        ("2.0.0", "1.9.0", None),
        ("draft", "1.0.0", None),
    ],
)
def test_bumps(old, new, expected):
    assert bump_between(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("int", "bigint", "wider"),
        ("INT8", "integer", "narrower"),
        ("real", "double precision", "wider"),
        ("decimal(10,2)", "numeric(12, 2)", "wider"),
        ("decimal(10,2)", "decimal(10,4)", "changed"),
        ("varchar(10)", "text", "wider"),
        ("varchar(max)", "varchar", "same"),
        ("timestamp", "timestamptz", "changed"),
        ("array<int>", "array<int>", "same"),
        ("struct<a:int>", "struct<b:int>", "changed"),
    ],
)
def test_types_of_databases(old, new, expected):
    assert limits.physical_type(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("mustBe", 0), ("mustBeLessThan", 5), "wider"),
        (("mustBeBetween", [1, 5]), ("mustBeBetween", [2, 5]), "narrower"),
        (("mustBeGreaterThan", 0), ("mustBeGreaterOrEqualTo", 0), "wider"),
        (("mustNotBe", 3), ("mustNotBeBetween", [1, 5]), "narrower"),
        (("mustBe", 1), ("mustBe", 2), "changed"),
        (("mustBe", 1), ("mustBe", 1.0), "same"),
        (("mustBe", "a"), ("mustBe", "b"), "changed"),
        (("mustBe", 1), ("mustNotBe", 2), "changed"),
    ],
)
def test_thresholds(old, new, expected):
    assert limits.thresholds(old, new) == expected
