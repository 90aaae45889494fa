"""Shapes that services take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import Team

DAY_H = 24


@dataclass(frozen=True)
class Side:
    """Who has to agree: the owners of a team, or everybody of a role; `quorum` of them."""

    team: Team | None = None
    role: str = ""  # a PortalRole, where it is no team
    quorum: int = 1


@dataclass(frozen=True)
class Route:
    """The way of a request to its decision. Without stages nobody has to decide."""

    stages: tuple[tuple[Side, ...], ...] = ()  # in turn; the sides of one side by side
    reason: str = ""  # why these, or why nobody
    hours: int = DAY_H  # a stage has to decide in
    escalate: Side | None = None  # decides too, once a side is overdue
    rule: dict[str, Any] | None = None  # which rule said so: {"id", "name", "version"}

    @property
    def sides(self) -> list[Side]:
        """All of them, in turn."""
        return [side for stage in self.stages for side in stage]


def in_turn(teams: Sequence[Team], reason: str) -> Route:
    """One team after the other."""
    return Route(tuple((Side(team),) for team in teams), reason)
