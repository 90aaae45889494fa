"""OpenAPI 3.0, 3.1 and (tolerated) 2.0: the operations of an HTTP API. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.products.formats.apis import (
    ApiDescription,
    Operation,
    described,
    entries,
    mapping,
    operation,
    referred,
    refused,
    version_text,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUPPORTED = ("2.", "3.0", "3.1", "3.2")


def read(data: Any) -> ApiDescription:
    """The API that a document describes.

    Args:
        data: the document as `core.documents` read it, so its size and depth are bounded.
    """
    if not isinstance(data, Mapping):
        return refused("", "wrong-type", "An OpenAPI document is a mapping.")
    field = "openapi" if "openapi" in data else "swagger"
    declared = data.get(field)
    if declared is None:
        return refused("", "missing-field", "Add the field `openapi`, e.g. 3.1.0.")
    if not str(declared).startswith(SUPPORTED):
        message = f"OpenAPI {version_text(declared)} is not read; use 3.0 or 3.1."
        return refused(f"/{field}", "version-not-supported", message)
    for name in ("paths", "webhooks", "info"):
        if not isinstance(data.get(name, {}), Mapping):
            return refused(f"/{name}", "wrong-type", f"`{name}` must be a mapping.")
    if "paths" not in data and not str(declared).startswith(("3.1", "3.2")):
        return refused("", "missing-field", "Add the field `paths`; it is required here.")
    return described(data, _operations(data))


def _operations(data: Mapping[str, Any]) -> Iterator[Operation]:
    for part in ("paths", "webhooks"):
        for path, item in entries(data.get(part)):
            whole = referred(data, item)
            for method in METHODS:
                if isinstance(whole.get(method), Mapping):
                    yield _operation(method, path, mapping(whole[method]), whole)


def _operation(
    method: str, path: str, found: Mapping[str, Any], item: Mapping[str, Any]
) -> Operation:
    return operation(
        method.upper(),
        path,
        found.get("summary"),
        found.get("description"),
        item.get("summary"),
        found.get("operationId"),
    )
