"""What of a port can be chosen from: its objects and their columns."""

from __future__ import annotations

from catalog.contracts import selectors as contracts
from catalog.products.models import OutputPort
from provisioning.access.formats.narrow import Shape


def shape_of(port: OutputPort) -> Shape:
    """`{object: {property: logical type}}` of what the port has in the warehouse.

    Two SQL statements, and one for the version of the contract where it is not loaded.
    """
    if port.contract_version is None:
        return {}
    tables = port.location.get("tables") or {}
    return {
        each.name: {one.name: one.logical_type for one in each.properties.all()}
        for each in contracts.objects(port.contract_version)
        if each.name in tables
    }
