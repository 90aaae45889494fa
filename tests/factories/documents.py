"""Descriptor documents that keep their standard."""

from typing import Any

from core.documents import Document, dump_yaml


def contract_data(**values: Any) -> dict[str, Any]:
    """An ODCS v3.1.0 document with one table and two rules."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "orders-contract",
        "name": "Orders contract",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "Every order"},
        "schema": [
            {
                "name": "orders",
                "logicalType": "object",
                "physicalType": "table",
                "quality": [{"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0}],
                "properties": [
                    {
                        "name": "order_id",
                        "logicalType": "string",
                        "primaryKey": True,
                        "required": True,
                        "quality": [{"type": "library", "metric": "nullValues", "mustBe": 0}],
                    },
                    {"name": "amount", "logicalType": "number"},
                    {
                        "name": "address",
                        "logicalType": "object",
                        "properties": [{"name": "street", "logicalType": "string"}],
                    },
                ],
            }
        ],
        "slaProperties": [{"property": "retention", "value": 730, "unit": "d"}],
        **values,
    }


def product_data(**values: Any) -> dict[str, Any]:
    """An ODPS v1.0.0 document with one port that names `contract_data`'s contract."""
    return {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": "orders-product",
        "name": "Orders",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "Every order placed in any channel"},
        "outputPorts": [
            {
                "name": "table",
                "version": "1.0.0",
                "type": "postgresql",
                "contractId": "orders-contract",
            }
        ],
        **values,
    }


def document(data: dict[str, Any]) -> Document:
    """As if it had been read from YAML."""
    return Document(data, dump_yaml(data), "yaml")


def stream(*documents: dict[str, Any]) -> bytes:
    """A multi-document YAML stream."""
    return "---\n".join(dump_yaml(each) for each in documents).encode()
