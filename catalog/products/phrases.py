"""Events of a product in people's words; plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

VERBS = {
    "product.created": "Described",
    "product.saved": "Description saved",
    "product.updated": "Description changed",
    "product.published": "Published",
    "product.deprecated": "Deprecated",
    "product.retired": "Retired",
    "product.removed": "Removed",
    "product.renamed": "Renamed",
    "product.accepted": "Proposal accepted",
    "product.reverted": "Taken back to an earlier version",
    "product.handed-over": "Handed over",
    "product.name-released": "Former name given up",
    "product.contract-in-effect": "Announced contract in effect",
    "contract.handed-over": "Contract handed over",
    "announcement.made": "Announced",
    "announcement.changed": "Announcement changed",
    "announcement.ended": "Announcement ended",
    "system.created": "Described",
    "system.updated": "Description changed",
    "product.answered": "Answers a wish",
    "contract.saved": "Contract version saved",
    "contract.version-removed": "Contract version removed",
    "quality.requested": "Checks asked to run",
    "quality.badge-shared": "Badge shared outside",
    "quality.badge-revoked": "Badge not shared any more",
    "access.requested": "Access asked for",
    "access.granted": "Access given",
    "access.revoked": "Access ended",
    "access.expired": "Access ran out",
    "access.denied": "Access refused",
}


def event_text(verb: str, detail: dict[str, object]) -> str:
    """`product.published` → “Published”; a verb without words reads as it is written."""
    noun, _, past = verb.partition(".")
    text = VERBS.get(verb) or f"{noun} {past}".replace("-", " ").replace("_", " ").capitalize()
    version = detail.get("version") or detail.get("demand")
    return f"{text}: {version}" if isinstance(version, str) and version else text


def change_rows(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Changes of a revision as a table shows them."""
    return [
        {
            "field": str(each["field"]),
            "before": value_text(each["from"]),
            "after": value_text(each["to"]),
        }
        for each in changes
    ]


def value_text(value: Any) -> str:
    """Lists with commas, mappings as `name: value`, yes or no; nothing is ""."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        pairs = sorted((str(name), value_text(each)) for name, each in value.items())
        return ", ".join(f"{name}: {text}" for name, text in pairs if text)
    if isinstance(value, list | tuple):
        separator = "; " if any(isinstance(each, Mapping) for each in value) else ", "
        return separator.join(value_text(each) for each in value)
    return "" if value is None else str(value)
