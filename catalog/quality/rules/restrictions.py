"""What a property allows its values to be: an enum, a pattern, lengths, bounds, a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.contracts.formats.odcs import Property

KINDS: Mapping[str, str] = {  # of an argument of `invalidValues`: what it is about
    "validValues": "values",
    "pattern": "pattern",
    "format": "format",
    "minLength": "length",
    "maxLength": "length",
    "minItems": "items",
    "maxItems": "items",
    "minimum": "range",
    "maximum": "range",
    "exclusiveMinimum": "range",
    "exclusiveMaximum": "range",
    "multipleOf": "multiple",
}
NOT_AS_GIVEN = frozenset({"validValues", "format"})
FORMATS = frozenset({"email", "uuid", "date", "date-time", "ipv4", "hostname", "uri", "url"})
TEXT_FORMATS_OF = "string"  # the logical type whose formats can be broken


def arguments_of(described: Property) -> dict[str, Any]:
    """The restrictions of a property, as arguments of `invalidValues`."""
    given = described.options
    found: dict[str, Any] = {}
    if described.enum:
        found["validValues"] = list(described.enum)
    for name in KINDS:
        if (
            name not in ("validValues", "format")
            and name in given
            and not isinstance(given[name], bool)
        ):
            found[name] = given[name]
    for bound in ("Minimum", "Maximum"):  # 3.0 says with yes or no whether the bound itself is out
        if given.get(f"exclusive{bound}") is True and bound.lower() in found:
            found[f"exclusive{bound}"] = found.pop(bound.lower())
    form = str(given.get("format") or "").lower()
    if described.logical_type == TEXT_FORMATS_OF and form in FORMATS:
        found["format"] = form
    return found


def by_kind(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`{kind: its arguments}`, so that each promise is a check of its own."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in arguments.items():
        if name in KINDS:
            found.setdefault(KINDS[name], {})[name] = value
    return dict(sorted(found.items()))


def kind_of(arguments: Mapping[str, Any]) -> str:
    """`pattern+values` of a rule that says both."""
    return "+".join(by_kind(arguments))
