"""How well a product is described: a number of its own, beside the score and never in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Described:
    """What is written down of a product; counts of its ports and of the columns they offer."""

    purpose: bool
    description: bool
    contact: bool  # of the owner team
    steward: bool
    classification: bool
    terms: bool
    ports: int
    ports_with_contract: int
    columns: int
    columns_described: int
    rules: int
    promises: int


@dataclass(frozen=True)
class Aspect:
    """One thing that should be written down.

    Args:
        share: how much of it is, 0-1.
        mend: what to do where it is not all there.
        place: where: `edit`, `team`, `contract`, `schema`.
    """

    name: str
    label: str
    share: float
    mend: str
    place: str


@dataclass(frozen=True)
class Completeness:
    """`score` in percent: the mean of the aspects, each of which counts the same."""

    score: float
    aspects: tuple[Aspect, ...]

    @property
    def lacking(self) -> list[Aspect]:
        return [each for each in self.aspects if each.share < 1]


def completeness(found: Described) -> Completeness:
    """The mean of what is there. A product without ports lacks whatever stands in a contract."""
    aspects = tuple(_aspects(found))
    return Completeness(100 * sum(each.share for each in aspects) / len(aspects), aspects)


def _aspects(found: Described) -> Iterator[Aspect]:
    plain = (
        ("purpose", "Purpose", found.purpose, "Say in a sentence what it is for.", "edit"),
        ("description", "Description", found.description, "Describe what is in it.", "edit"),
        ("classification", "Classification", found.classification, "Choose its class.", "edit"),
        ("steward", "Steward", found.steward, "Name a steward.", "edit"),
        ("terms", "Glossary terms", found.terms, "Link the terms it speaks of.", "edit"),
        ("contact", "Contact", found.contact, "Say how to reach its team.", "team"),
    )
    for name, label, is_there, mend, place in plain:
        yield Aspect(name, label, float(is_there), mend, place)
    bare = found.ports - found.ports_with_contract
    text = f"{bare} of {found.ports} ports have none." if found.ports else "It has no port yet."
    yield Aspect(
        *("contract", "Contract"), _share(found.ports_with_contract, found.ports), text, "contract"
    )
    mute = found.columns - found.columns_described
    text = f"{mute:,} of {found.columns:,} say nothing." if found.columns else "None is named."
    yield Aspect(
        *("columns", "Columns described"),
        _share(found.columns_described, found.columns),
        *(text, "schema"),
    )
    text = "Promise in the contract how fresh the data is."
    yield Aspect("promises", "Service level", float(found.promises > 0), text, "contract")
    text = "State in the contract what can be checked."
    yield Aspect("rules", "Quality rules", float(found.rules > 0), text, "contract")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
