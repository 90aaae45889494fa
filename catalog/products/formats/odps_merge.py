"""A given ODPS document brought up to date: what changed is changed, all else stays as it was."""

from collections.abc import Callable, Mapping
from typing import Any

from catalog.products.formats.odps_parse import major_of
from catalog.products.formats.odps_schema import LATEST, schema_check
from catalog.products.names import slug_for
from core.descriptors import Node, text_of

Key = Callable[[Node], Any]

_KEYS: Mapping[str, Key] = {  # of a list: what tells its entries apart
    "authoritativeDefinitions": lambda node: text_of(node, "url"),
    "customProperties": lambda node: text_of(node, "property"),
    "inputPorts": lambda node: (text_of(node, "name"), text_of(node, "version")),
    "members": lambda node: (text_of(node, "username"), text_of(node, "role")),
    "outputPorts": lambda node: (
        slug_for(text_of(node, "name")),
        major_of(text_of(node, "version")),
    ),
    "support": lambda node: text_of(node, "url"),
}


def merged(given: Node, before: Node, now: Node) -> dict[str, Any]:
    """`given` with the differences between two descriptions of it.

    Args:
        given: the document as its author wrote it; fields that `before` does not have are kept.
        before: what the portal reads in `given`, written by the portal.
        now: what the portal would write of the product as it is.
    """
    result = _mapping(given, before, now)
    return result if schema_check(_version(result)).accepts(result) else _in_newest(result)


def same_but_days(one: Any, other: Any) -> bool:
    """Whether two documents say the same, but for the days on which announced moves happen."""
    return bool(_without_days(one) == _without_days(other))


def _without_days(data: Any) -> Any:
    if not isinstance(data, Mapping) or not isinstance(data.get("outputPorts"), list):
        return data
    return {**data, "outputPorts": [_port_without_day(port) for port in data["outputPorts"]]}


def _port_without_day(port: Any) -> Any:
    if not isinstance(port, Mapping) or not isinstance(port.get("customProperties"), list):
        return port
    kept = [
        each
        for each in port["customProperties"]
        if not (isinstance(each, Mapping) and each.get("property") == "breakingFrom")
    ]
    rest = {name: value for name, value in port.items() if name != "customProperties"}
    return {**rest, "customProperties": kept} if kept else rest


def _mapping(given: Node, before: Node, now: Node) -> dict[str, Any]:
    result = dict(given)
    for name in (*before, *(name for name in now if name not in before)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if name in _KEYS and isinstance(given.get(name) or [], list):
            result[name] = _list(given.get(name) or [], old or [], new or [], _KEYS[name])
        elif isinstance(given.get(name), Mapping):
            result[name] = _mapping(given[name], old or {}, new or {})
        elif name == "team" and isinstance(given.get(name), list):
            result[name] = _mapping({"members": given[name]}, old or {}, new or {})
        else:
            result[name] = new
        if result[name] in (None, [], {}):
            del result[name]
    return result


def _list(given: list[Any], before: list[Any], now: list[Any], key: Key) -> list[Any]:
    """Entries by key: gone ones are left out, known ones brought up to date, new ones last."""
    old, new = ({key(each): each for each in entries} for entries in (before, now))
    result = []
    for each in given:
        name = key(each)
        if name in new:
            result.append(_mapping(each, old.get(name, {}), new[name]))
        elif name not in old:
            result.append(each)
    known = {key(each) for each in given}
    return result + [each for name, each in new.items() if name not in known]


def _version(data: Node) -> str:
    return text_of(data, "apiVersion")


def _in_newest(data: dict[str, Any]) -> dict[str, Any]:
    """A document that says more now than its version can: in the newest, which can."""
    return {**data, "apiVersion": LATEST}
