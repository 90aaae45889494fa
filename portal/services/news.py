"""One thing to tell, and the people whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Membership

READING, OWNING = "you may read it", "your team owns it"
Audience = dict[int, str]  # user: why they hear of it


@dataclass(frozen=True)
class News:
    """One thing to tell, and to whom."""

    kind: str
    title: str
    url: str
    audience: Mapping[int, str]


def members(team_id: int, reason: str = OWNING, *, role: str | None = None) -> Audience:
    """The people of a team, or those with a role in it."""
    found = Membership.objects.filter(team=team_id)
    if role:
        found = found.filter(role=role)
    return dict.fromkeys(found.values_list("user_id", flat=True), reason)
