"""Where a finished form goes, and who uses what was made: both known to the rooms above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Team
from provisioning.jobs.models import Instance, Operation

UsersOf = Callable[[Instance], Sequence[str]]


class Submitted(Protocol):
    """A request that was filed."""

    pk: Any

    def get_absolute_url(self) -> str: ...


class RequestDesk(Protocol):
    """Files requests for services; filled by the requests room."""

    def submit(
        self,
        *,
        kind: str,
        title: str,
        actor: Actor,
        team: Team | None,
        deciders: Sequence[Team],
        purpose: str,
        parameters: Mapping[str, Any],
        subject: Mapping[str, Any],
        instance_id: UUID,
        reason: str,
        start: Callable[[], Operation] | None = None,
    ) -> Submitted:
        """File it, in the surrounding transaction; `deciders` decide one after the other.

        Where there are none the work begins at once: by `start`, which knows what was settled.
        """
        ...

    def is_open(self, *, instance_id: UUID) -> bool:
        """Whether a request for that instance waits or is at work."""
        ...

    def filed(self, *, instance_id: UUID, actor: Actor) -> Submitted | None:
        """The actor's last request for that instance, if there is one."""
        ...


_desks: list[RequestDesk] = []


def register_desk(desk: RequestDesk) -> None:
    """Name the desk; the last registration wins. Called in `AppConfig.ready()`."""
    _desks[:] = [desk]


def desk() -> RequestDesk:
    """The desk that takes requests."""
    return _desks[0]


_users: list[UsersOf] = []


def register_users(handler: UsersOf) -> None:
    """Ask `handler(instance)` who uses what is to be retired, a sentence each."""
    if handler not in _users:
        _users.append(handler)


def users_of(instance: Instance) -> list[str]:
    """Who uses the instance, as sentences; empty: nobody."""
    return [each for handler in _users for each in handler(instance)]


def registrations() -> list[tuple[str, str]]:
    """`[(extension point, dotted name)]`, for the table in `docs/architecture.md`."""
    desks = [f"{type(each).__module__}.{type(each).__qualname__}" for each in _desks]
    users = [f"{each.__module__}.{each.__qualname__}" for each in _users]
    return [
        *(("blueprints.desk", each) for each in desks),
        *(("blueprints.users", each) for each in users),
    ]
