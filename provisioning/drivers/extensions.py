"""What higher rooms know of targets: what uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from accounts.actors import Actor


@dataclass(frozen=True)
class Use:
    """One thing that is in a target, as a link."""

    name: str
    kind: str
    owner: str
    url: str


class TargetUsers(Protocol):
    """A room whose things are made in targets."""

    def count(self, slug: str) -> int:
        """How many are there, or may be there, or are being made."""
        ...

    def shown(self, actor: Actor, slug: str, limit: int) -> Sequence[Use]:
        """Those that `actor` may see, the newest first."""
        ...


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
