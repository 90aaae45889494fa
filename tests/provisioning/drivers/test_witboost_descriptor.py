"""What a tech adapter is told of a product, its port and its contract."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.witboost.descriptor import (
    as_text,
    columns_of,
    component_descriptor,
    enriched,
    sla_of,
)
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.witboost import spec_of

URN = "urn:dmb:cmp:sales.stores:orders:2:orders"


def component(**changes: Any) -> dict[str, Any]:
    found = component_descriptor(spec_of(**changes))
    return dict(found["dataProduct"]["components"][0])


def test_the_product_is_told_by_its_urn_and_its_owners() -> None:
    found = component_descriptor(spec_of())

    assert found["componentIdToProvision"] == URN
    product = {name: value for name, value in found["dataProduct"].items() if name != "components"}
    assert product == {
        "id": "urn:dmb:dp:sales.stores:orders:2",
        "name": "Orders",
        "fullyQualifiedName": "sales.stores.orders",
        "description": "All orders",
        "kind": "dataproduct",
        "domain": "sales.stores",
        "version": "2.1.0",
        "environment": "production",
        "dataProductOwner": "user:asa",
        "dataProductOwnerDisplayName": "asa",
        "email": "asa@example.org",
        "ownerGroup": "group:sales-data",
        "devGroup": "group:sales-data",
        "tags": ["finance"],
        "specific": {},
    }


def test_an_output_port_carries_contract_and_agreement() -> None:
    found = component()

    assert {name: found[name] for name in ("kind", "id", "dependsOn", "specific")} == {
        "kind": "outputport",
        "id": URN,
        "dependsOn": ["urn:dmb:cmp:sales.stores:orders:2:raw"],
        "specific": {"bucket": "lake"},
    }
    assert found["infrastructureTemplateId"] == "urn:dmb:itm:lake:0"
    contract = found["dataContract"]
    assert contract["SLA"] == {"intervalOfChange": "1 d", "timeliness": "4 h", "upTime": "99.9 %"}
    assert contract["termsAndConditions"] == "No names."
    assert found["dataSharingAgreement"] == {
        "purpose": "Count orders.",
        "intendedUsage": "Reports.",
        "limitations": "No names.",
    }


def test_columns_are_those_of_openmetadata() -> None:
    assert component()["dataContract"]["schema"] == [
        {
            "name": "id",
            "dataType": "BIGINT",
            "description": "Key",
            "constraint": "PRIMARY_KEY",
        },
        {
            "name": "email",
            "dataType": "STRING",
            "dataTypeDisplay": "varchar(200)",
            "constraint": "UNIQUE",
            "tags": [
                {
                    "tagFQN": "confidential",
                    "source": "Tag",
                    "labelType": "Manual",
                    "state": "Confirmed",
                }
            ],
        },
        {"name": "at", "dataType": "TIMESTAMP", "constraint": "NOT_NULL"},
        {
            "name": "lines",
            "dataType": "ARRAY",
            "arrayDataType": "STRUCT",
            "children": [{"name": "sku", "dataType": "STRING"}],
        },
        {"name": "tags", "dataType": "ARRAY", "arrayDataType": "STRING"},
    ]


def test_what_is_no_output_port_has_no_contract() -> None:
    found = component(kind="storage")

    assert not {"dataContract", "dataSharingAgreement", "outputPortType"} & found.keys()


TWO = {"schema": [{"name": "a", "properties": [{"name": "x"}]}, {"name": "b", "properties": []}]}


def test_of_several_tables_the_named_one_is_taken() -> None:
    assert columns_of(TWO, "", "a") == [{"name": "x", "dataType": "STRING"}]
    assert columns_of(TWO, "b", "a") == []
    with pytest.raises(PermanentError, match="which table of the contract the component is: a, b"):
        columns_of(TWO, "", "c")
    with pytest.raises(PermanentError, match="no table “c”"):
        columns_of(TWO, "c", "a")
    assert columns_of({}, "", "a") == []


@pytest.mark.parametrize(
    "contract",
    [
        {"schema": None},
        {"schema": "x"},
        {"schema": [{"name": "a", "properties": "x"}]},
        {"schema": [{"name": "a", "properties": [None, 7, {}]}]},
        {"slaProperties": [None, {"property": 7}, {"value": None}]},
    ],
)
def test_odd_contracts_have_no_columns_and_no_levels(contract: dict[str, Any]) -> None:
    assert columns_of(contract, "", "a") == []
    assert sla_of(contract) == {}


def test_a_contract_that_cannot_be_read_is_told() -> None:
    for text in ("{", "- 1", "a: &x [*x]"):
        with pytest.raises(PermanentError, match="contract"):
            component_descriptor({**spec_of(), "contract": text})


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_stay_texts(name: str) -> None:
    spec = spec_of(title=name, specific={name: [name]}, technology=name)

    found = yaml.safe_load(as_text(component_descriptor(spec)))

    (read,) = found["dataProduct"]["components"]
    assert read["specific"] == {name: [name]}
    assert read["name"] == name


def test_what_became_of_the_component_is_told_the_next_time() -> None:
    info = {"publicInfo": {"a": 1}, "privateInfo": {}}

    found = enriched(component_descriptor(spec_of()), info, operation="PROVISION", status="X")

    (read,) = found["dataProduct"]["components"]
    outcome = {"operation": "PROVISION", "status": "X"}
    assert read["info"] == {**info, "latestProvisioningOperation": outcome}
