"""A descriptor (ODPS v1.1.0) from what the portal knows of a product."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.products.formats.odps_parse import InputPort, OutputPort

_TYPES = {
    "source-aligned": "sourceAligned",
    "aggregate": "aggregate",
    "consumer-aligned": "consumerAligned",
}


def product_descriptor(
    *,
    document_id: str,
    name: str,
    version: str,
    status: str,
    domain: str,
    team: str,
    purpose: str = "",
    usage: str = "",
    limitations: str = "",
    archetype: str = "",
    tags: Sequence[str] = (),
    input_ports: Sequence[InputPort] = (),
    output_ports: Sequence[OutputPort] = (),
    custom_properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A valid document; what is empty is left out. `parse` reads the same values back.

    Args:
        domain: dotted path.
        custom_properties: put the slug here (`slug`) when the name does not give it.
    """
    description = {"purpose": purpose, "usage": usage, "limitations": limitations}
    return _filled(
        {
            "apiVersion": "v1.1.0",
            "kind": "DataProduct",
            "id": document_id,
            "name": name,
            "version": version,
            "status": status,
            "domain": domain,
            "type": _TYPES.get(archetype, archetype),
            "description": _filled(description),
            "tags": list(tags),
            "team": _filled({"name": team}),
            "inputPorts": [_input_port(port) for port in input_ports],
            "outputPorts": [_output_port(port) for port in output_ports],
            "customProperties": _properties(custom_properties or {}),
        }
    )


def _input_port(port: InputPort) -> dict[str, Any]:
    return _filled(
        {
            "name": port.name,
            "version": port.version,
            "contractId": port.contract_id,
            "tags": list(port.tags),
            "customProperties": _properties(port.custom_properties),
        }
    )


def _output_port(port: OutputPort) -> dict[str, Any]:
    contracts = [{"id": each.id, "version": each.version} for each in port.input_contracts]
    return _filled(
        {
            "name": port.name,
            "description": port.description,
            "type": port.type,
            "version": port.version,
            "contractId": port.contract_id,
            "deprecated": port.deprecated,
            "inputContracts": contracts,
            "tags": list(port.tags),
            "customProperties": _properties(port.custom_properties),
        }
    )


def _properties(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]


def _filled(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value}
