import copy
from typing import Any

import pytest

from catalog.contracts.formats import odcs
from core.documents import dump_yaml, load_documents

CONTRACT: dict[str, Any] = {
    "kind": "DataContract",
    "apiVersion": "v2.2.2",
    "type": "tables",
    "version": "1.1.0",
    "status": "current",
    "uuid": "53581432-6c55-4ba2-a65f-72344a91553a",
    "quantumName": "my quantum",
    "datasetName": "my dataset",
    "datasetDomain": "seller",
    "sourcePlatform": "bigquery",
    "server": "analytics",
    "project": "edw",
    "username": "somebody",
    "password": "secret",
    "description": {"purpose": "Views built on the core"},
    "dataset": [
        {
            "table": "tbl",
            "physicalName": "tbl_1",
            "columns": [
                {
                    "column": "txn_ref_dt",
                    "isPrimaryKey": True,
                    "primaryKeyPosition": 1,
                    "logicalType": "date",
                    "physicalType": "date",
                    "isNullable": False,
                    "sampleValues": ["2022-10-03"],
                }
            ],
            "quality": [
                {
                    "templateName": "NullCheck",
                    "toolName": "Elevate",
                    "toolRuleName": "DQ.rw.null",
                    "column": "txn_ref_dt",
                    "dimension": "completeness",
                    "type": "reconciliation",
                }
            ],
        }
    ],
    "slaProperties": [{"property": "latency", "value": 4, "unit": "d", "column": "txn_ref_dt"}],
    "stakeholders": [{"username": "ceo", "role": "Owner"}],
    "anything": "else",
}


def judged(**change: Any) -> odcs.Verdict:
    return odcs.validate(load_documents(dump_yaml(copy.deepcopy(CONTRACT) | change))[0])


@pytest.mark.parametrize("version", ["v2.2.0", "v2.2.1", "v2.2.2"])
def test_a_contract_of_the_older_shape_is_valid_in_its_version_and_not_in_the_newest(
    version: str,
) -> None:
    verdict = judged(apiVersion=version)

    assert verdict.problems == ()
    assert (verdict.valid, verdict.declared, verdict.latest_valid) == (True, version, False)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"uuid": None}, "wrong-type", "/uuid"),
        ({"uuid": " "}, "empty-value", "/uuid"),
        ({"dataset": [{"table": "a"}, {"table": "a"}]}, "duplicate-name", "/dataset/1/table"),
        (
            {"dataset": [{"table": "a", "columns": [{"column": "b", "logicalType": "x"}]}]},
            "missing-field",
            "/dataset/0/columns/0",
        ),
        ({"price": {"priceAmount": -1}}, "negative-price", "/price/priceAmount"),
        (
            {"slaProperties": [{"property": "latency", "value": 1, "column": "none"}]},
            "dangling-reference",
            "/slaProperties/0/column",
        ),
    ],
)
def test_a_broken_rule_is_told_where_it_stands_in_the_older_shape(
    change: dict[str, Any], code: str, pointer: str
) -> None:
    verdict = judged(**change)

    assert not verdict.valid
    assert (code, pointer) in {(each.code, each.pointer) for each in verdict.problems}


def test_the_older_shape_is_read_into_the_same_records() -> None:
    doc = odcs.parse(CONTRACT)

    assert (doc.document_id, doc.name, doc.domain) == (CONTRACT["uuid"], "my dataset", "seller")
    assert (doc.data_product, doc.description.purpose) == ("my quantum", "Views built on the core")
    (described,) = doc.objects
    (column,) = described.properties
    assert (described.name, described.physical_name, described.pointer) == (
        "tbl",
        "tbl_1",
        "/dataset/0",
    )
    assert (column.path, column.pointer) == ("txn_ref_dt", "/dataset/0/columns/0")
    assert (column.primary_key, column.required, column.examples) == (True, True, ("2022-10-03",))
    (rule,) = doc.rules
    assert (rule.pointer, rule.type, rule.engine) == ("/dataset/0/quality/0", "custom", "Elevate")
    assert (rule.implementation, rule.dimension) == ("DQ.rw.null", "completeness")
    assert rule.arguments == {"properties": ["txn_ref_dt"]}
    assert (doc.service_levels[0].value, doc.service_levels[0].element) == (4, "txn_ref_dt")
    (server,) = doc.servers
    assert (server.name, server.type, server.attributes) == (
        "analytics",
        "bigquery",
        {"project": "edw"},
    )
