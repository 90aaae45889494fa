"""A descriptor (ODPS v1.1.0) from what the portal knows of a product."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.products.formats.odps_parse import InputPort, Member, OutputPort

_TYPES = {
    "source-aligned": "sourceAligned",
    "aggregate": "aggregate",
    "consumer-aligned": "consumerAligned",
}
_LINK_TYPES = {  # of ours: of `authoritativeDefinitions`, as `LINK_KINDS` reads them back
    "repository": "implementation",
    "other": "canonicalUrl",
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
    links: Sequence[tuple[str, str, str]] = (),
    members: Sequence[Member] = (),
    custom_properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A valid document; what is empty is left out. `parse` reads the same values back.

    Args:
        domain: dotted path.
        links: kind, label and address of each.
        custom_properties: put the slug here (`slug`) when the name does not give it.
    """
    description = {"purpose": purpose, "usage": usage, "limitations": limitations}
    people = [{"username": each.username, "role": each.role} for each in members]
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
            "team": _filled({"name": team, "members": people}),
            "inputPorts": [_input_port(port) for port in input_ports],
            "outputPorts": [_output_port(port) for port in output_ports],
            "support": list(_support(links)),
            "authoritativeDefinitions": list(_definitions(links)),
            "customProperties": _properties(custom_properties or {}),
        }
    )


def _support(links: Iterable[tuple[str, str, str]]) -> Iterable[dict[str, Any]]:
    for kind, label, url in links:
        if kind == "support":
            yield {"channel": label or "support", "url": url}


def _definitions(links: Iterable[tuple[str, str, str]]) -> Iterable[dict[str, Any]]:
    for kind, label, url in links:
        named = _LINK_TYPES.get(kind, kind)
        if kind != "support":
            yield _filled({"type": named, "url": url, "description": label})


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
