from typing import Any

import pytest

from catalog.contracts.formats.odcs import Description, parse, validate
from core.documents import load_documents

TEXT = """
apiVersion: v3.1.0
kind: DataContract
id: 8f8e
name: Orders
version: 2.1.0
status: active
domain: sales.emea
team: {name: order-desk, members: [{username: ann}]}
description: {purpose: One row per order, usage: Reports, limitations: No returns}
tags: [orders]
servers:
- {server: prod, type: postgres, host: h, port: 5432, database: d, schema: s, environment: prod}
schema:
- name: orders
  physicalName: orders_1
  physicalType: table
  properties:
  - name: id
    logicalType: integer
    primaryKey: true
    primaryKeyPosition: 1
    required: true
    classification: internal
    quality:
    - {metric: nullValues, mustBe: 0, unit: rows}
    - {type: library, metric: duplicateValues, mustBeLessThan: 1, dimension: accuracy}
  - name: address
    logicalType: object
    properties:
    - {name: city, logicalType: string, logicalTypeOptions: {maxLength: 80}}
  - name: lines
    logicalType: array
    items:
      logicalType: object
      quality: [{type: text, description: Each line has an article}]
      properties:
      - {name: article, logicalType: string}
  quality:
  - {metric: rowCount, mustBeBetween: [1, 1000], name: size}
  - {type: sql, query: SELECT 1, mustBe: 1, severity: error}
slaProperties:
- {property: retention, value: 30, unit: d, element: orders}
customProperties:
- {property: slug, value: all-orders}
"""


@pytest.fixture(scope="module")
def data() -> Any:
    (document,) = load_documents(TEXT)
    assert validate(document).valid
    return document.data


def test_fundamentals(data: Any) -> None:
    contract = parse(data)

    assert contract.document_id == "8f8e"
    assert contract.version == "2.1.0"
    assert contract.team == "order-desk"
    assert contract.domain == "sales.emea"
    assert contract.description == Description("One row per order", "Reports", "No returns")
    assert contract.custom_properties == {"slug": "all-orders"}


def test_paths_of_nested_properties_are_dotted_and_list_items_add_no_step(data: Any) -> None:
    (orders,) = parse(data).objects

    paths = {each.path: each.pointer for each in orders.all_properties()}

    assert paths == {
        "id": "/schema/0/properties/0",
        "address": "/schema/0/properties/1",
        "address.city": "/schema/0/properties/1/properties/0",
        "lines": "/schema/0/properties/2",
        "lines.article": "/schema/0/properties/2/items/properties/0",
    }


def test_a_column_keeps_what_it_says(data: Any) -> None:
    column = parse(data).objects[0].properties[0]

    assert (column.logical_type, column.required, column.unique) == ("integer", True, False)
    assert (column.primary_key, column.primary_key_position) == (True, 1)
    assert column.classification == "internal"


def test_a_rule_has_the_dimension_of_its_metric_unless_it_names_one(data: Any) -> None:
    dimensions = {(rule.metric, rule.dimension) for rule in parse(data).rules}

    assert dimensions == {
        ("nullValues", "completeness"),
        ("duplicateValues", "accuracy"),
        ("rowCount", "coverage"),
        ("", ""),
    }


def test_a_rule_knows_its_place_and_its_thresholds(data: Any) -> None:
    found = {rule.pointer: rule for rule in parse(data).rules}

    size = found["/schema/0/quality/0"]
    assert (size.property_path, size.operator, size.thresholds) == (
        None,
        "mustBeBetween",
        (1, 1000),
    )
    filled = found["/schema/0/properties/0/quality/0"]
    assert (filled.property_path, filled.type, filled.thresholds) == ("id", "library", (0,))
    line = found["/schema/0/properties/2/items/quality/0"]
    assert (line.property_path, line.type) == ("lines", "text")


def test_service_levels_and_servers(data: Any) -> None:
    contract = parse(data)

    (level,) = contract.service_levels
    assert (level.property, level.value, level.unit, level.element) == (
        "retention",
        30,
        "d",
        "orders",
    )
    (server,) = contract.servers
    assert (server.name, server.type, server.environment) == ("prod", "postgres", "prod")
    assert server.attributes == {"host": "h", "port": 5432, "database": "d", "schema": "s"}


def test_a_list_of_members_and_an_older_rule_are_read_too() -> None:
    data = {
        "apiVersion": "v3.0.2",
        "team": [{"username": "ann"}],
        "schema": [{"name": "t", "quality": [{"rule": "nullValues", "mustBe": 0}]}],
    }

    contract = parse(data)

    assert contract.team == ""
    assert [rule.metric for rule in contract.rules] == ["nullValues"]
