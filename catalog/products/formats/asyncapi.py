"""AsyncAPI 2.x and 3.x: what a system sends and receives. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.products.formats.apis import (
    ApiDescription,
    Operation,
    at_pointer,
    described,
    entries,
    last_token,
    mapping,
    operation,
    referred,
    refused,
    version_text,
)

# AsyncAPI 2 speaks of what a client does, 3 of what the application does: so do we
VERBS_2 = {"publish": "RECEIVE", "subscribe": "SEND"}
VERBS_3 = {"send": "SEND", "receive": "RECEIVE"}
UNUSED = "CHANNEL"  # a channel that no operation names


def read(data: Any) -> ApiDescription:
    """The API that a document describes.

    Args:
        data: the document as `core.documents` read it, so its size and depth are bounded.
    """
    if not isinstance(data, Mapping):
        return refused("", "wrong-type", "An AsyncAPI document is a mapping.")
    if "asyncapi" not in data:
        return refused("", "missing-field", "Add the field `asyncapi`, e.g. 3.0.0.")
    declared = str(data["asyncapi"])
    if not declared.startswith(("2.", "3.")):
        message = f"AsyncAPI {version_text(declared)} is not read; use 2.x or 3.x."
        return refused("/asyncapi", "version-not-supported", message)
    for name in ("channels", "operations", "info"):
        if not isinstance(data.get(name, {}), Mapping):
            return refused(f"/{name}", "wrong-type", f"`{name}` must be a mapping.")
    return described(data, _two(data) if declared.startswith("2.") else _three(data))


def _two(data: Mapping[str, Any]) -> Iterator[Operation]:
    for address, channel in entries(data.get("channels")):
        whole = referred(data, channel)
        used = [name for name in VERBS_2 if isinstance(whole.get(name), Mapping)]
        for name in used:
            found = mapping(whole[name])
            message = referred(data, mapping(found.get("message")))
            yield operation(
                VERBS_2[name],
                address,
                found.get("summary"),
                found.get("description"),
                message.get("summary"),
                message.get("title"),
                whole.get("description"),
            )
        if not used:
            yield operation(UNUSED, address, whole.get("description"))


def _three(data: Mapping[str, Any]) -> Iterator[Operation]:
    named = set()
    for name, given in entries(data.get("operations")):
        found = referred(data, given)
        reference = mapping(found.get("channel")).get("$ref")
        channel = mapping(at_pointer(data, str(reference or "")))
        key = last_token(reference)
        named.add(key)
        yield operation(
            VERBS_3.get(str(found.get("action")), "USE"),
            channel.get("address") or key or name,
            found.get("title"),
            found.get("summary"),
            found.get("description"),
            channel.get("title"),
            channel.get("summary"),
            name,
        )
    for key, channel in entries(data.get("channels")):
        if key not in named:
            whole = referred(data, channel)
            yield operation(
                UNUSED,
                whole.get("address") or key,
                whole.get("title"),
                whole.get("summary"),
                whole.get("description"),
            )
