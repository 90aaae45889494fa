"""What higher rooms know of targets: what uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Count, Exists, OuterRef, QuerySet, Window

from accounts.actors import Actor


@dataclass(frozen=True)
class Use:
    """One thing that is in a target or names it, as a link."""

    name: str
    kind: str
    owner: str
    url: str


@dataclass(frozen=True)
class Uses:
    """How many things use a target, and some of those that the reader may see."""

    count: int = 0
    shown: tuple[Use, ...] = ()


class TargetUsers(Protocol):
    """A room whose things are made in targets, or name them."""

    def uses(self, actor: Actor, slug: str, limit: int) -> Uses:
        """What is there, may be there, is being made, or names the target."""
        ...


def read_uses(
    using: QuerySet[Any],
    visible: QuerySet[Any],
    *,
    order: Sequence[str],
    limit: int,
    as_use: Callable[[Any], Use],
) -> Uses:
    """Count `using` and show those of it that are `visible`, in one statement."""
    seen = Exists(visible.filter(pk=OuterRef("pk")))
    counted = using.annotate(using_count=Window(Count("pk")), using_seen=seen)
    rows = list(counted.order_by("-using_seen", *order)[:limit])
    shown = tuple(as_use(row) for row in rows if row.using_seen)
    return Uses(rows[0].using_count if rows else 0, shown)


_users: list[TargetUsers] = []


def register_target_users(users: TargetUsers) -> None:
    """Ask `users` before a target is retired."""
    if not any(type(users) is type(known) for known in _users):
        _users.append(users)


def target_users() -> list[TargetUsers]:
    return list(_users)


def registrations() -> list[str]:
    """Dotted names, for the table in `docs/architecture.md`."""
    return [_dotted(type(users)) for users in _users]


def _dotted(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
