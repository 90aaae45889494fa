"""Where the tables of a product will be: known before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from provisioning.drivers.postgres import naming
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.postgres.target import warehouse

DEFAULT_PORT = 5432


def location(slug: str, instance_id: UUID, objects: Sequence[str]) -> dict[str, Any]:
    """`{host, port, database, schema, tables: {object name: table}}` in the built-in warehouse."""
    target = warehouse(None)
    return {
        **_address(target),
        "schema": naming.schema_name(slug, instance_id),
        "tables": naming.allocate(objects, prefix="t"),
    }


def datasets(place: dict[str, Any]) -> list[tuple[str, str]]:
    """`(namespace, name)` of each table as OpenLineage writes them."""
    namespace = f"postgres://{place['host']}:{place['port']}"
    return [
        (namespace, f"{place['database']}.{place['schema']}.{table}")
        for table in place["tables"].values()
    ]


def _address(target: Warehouse) -> dict[str, Any]:
    """Where consumers reach it; a local socket is the same machine for them."""
    url = urlsplit(target.url)
    return {
        "host": target.public_host or url.hostname or "localhost",
        "port": int(target.public_port or url.port or DEFAULT_PORT),
        "database": unquote(url.path.lstrip("/")),
    }
