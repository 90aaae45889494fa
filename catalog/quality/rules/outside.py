"""Rules that another tool runs: by which names its results are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.quality.formats.great_expectations import key_of_expectation

PREFIXES: Mapping[str, str] = {  # by letters only, small: how keys of the tool's results begin
    "greatexpectations": "gx",
    "gx": "gx",
    "soda": "soda",
    "sodacore": "soda",
    "dbt": "dbt",
}


def outside_names(definition: Mapping[str, Any], name: str) -> set[str]:
    """What a result of the rule's tool may be called: its key, or `<tool>:<name>`."""
    engine = "".join(each for each in str(definition.get("engine")).lower() if each.isalnum())
    prefix = PREFIXES.get(engine)
    if prefix is None:
        return set()
    given = definition.get("implementation")
    names = {name} | ({given.strip()} if isinstance(given, str) else set())
    found = {f"{prefix}:{each.casefold()}" for each in names if each}
    if isinstance(given, dict):
        found |= {f"{prefix}:{str(given[key]).casefold()}" for key in ("name",) if given.get(key)}
        kind = given.get("type") or given.get("expectation_type")
        if prefix == "gx" and isinstance(kind, str):
            found.add(key_of_expectation(kind, _kwargs(given, definition)))
    return found


def names_of_result(key: str, name: str) -> tuple[str, str]:
    """The key of a result, and `<tool>:<name>` of it."""
    return key, f"{key.partition(':')[0]}:{name.casefold()}"


def _kwargs(given: Mapping[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
    """A rule that stands at a column need not name it again."""
    kwargs = given.get("kwargs")
    found = dict(kwargs) if isinstance(kwargs, dict) else {}
    if definition.get("property"):
        found.setdefault("column", definition["property"])
    return found
