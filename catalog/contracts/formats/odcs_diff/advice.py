"""What a diff amounts to, and which version number says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from catalog.contracts.formats.odcs_diff.changes import LEVELS, Change, Level

Bump = Literal["none", "patch", "minor", "major"]

BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_SAYS_NOTHING = frozenset({"version-changed"})


@dataclass(frozen=True)
class Summary:
    """`level` is the worst of all; a consumer or producer may be better off than that."""

    level: Level | Literal["none"]
    consumer: Level | Literal["none"]
    producer: Level | Literal["none"]
    counts: dict[Level, int]
    advice: Bump  # by how much the version should grow (semantic versioning)
    bump: Bump | None  # by how much it grew; None: the numbers cannot be compared
    keeps_advice: bool | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "levels": {"consumer": self.consumer, "producer": self.producer},
            "advice": self.advice,
            "bump": self.bump,
            "keeps_advice": self.keeps_advice,
            "summary": dict(self.counts),
        }


def summarise(changes: Sequence[Change], *, old_version: str, new_version: str) -> Summary:
    """The worst level for each side, and whether the new number keeps semantic versioning.

    What breaks consumers asks for a new major version. What only asks more of the producer does
    not: it is the producer who promises it.
    """
    consumer = _worst(each for each in changes if each.direction in {"consumer", "both"})
    advice: Bump = "none"
    if consumer == "breaking":
        advice = "major"
    elif any(each.level != "cosmetic" for each in changes):
        advice = "minor"
    elif any(each.code not in _SAYS_NOTHING for each in changes):
        advice = "patch"
    bump = bump_between(old_version, new_version)
    return Summary(
        level=_worst(changes),
        consumer=consumer,
        producer=_worst(each for each in changes if each.direction in {"producer", "both"}),
        counts={level: sum(each.level == level for each in changes) for level in LEVELS},
        advice=advice,
        bump=bump,
        keeps_advice=None if bump is None else BUMPS.index(bump) >= BUMPS.index(advice),
    )


def bump_between(old: str, new: str) -> Bump | None:
    """`1.2.0` to `1.3.0` is `minor`; None for numbers that go back or are none."""
    numbers = [_numbers(each) for each in (old, new)]
    before, after = numbers
    if before is None or after is None or after < before:
        return None
    grown = [b < a for b, a in zip(before, after, strict=True)]
    if not any(grown):
        return "none"
    return BUMPS[3 - grown.index(True)]


def _numbers(version: str) -> tuple[int, ...] | None:
    match = _VERSION.match(version)
    return tuple(int(each or 0) for each in match.groups()) if match else None


def _worst(changes: Iterable[Change]) -> Level | Literal["none"]:
    found = {each.level for each in changes}
    return next((level for level in LEVELS if level in found), "none")
