"""Where a finished form goes: the room above files the request and runs the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from accounts.actors import Actor
from accounts.models import Team


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
        decider: Team | None,
        purpose: str,
        parameters: Mapping[str, Any],
        subject: Mapping[str, Any],
        instance_id: UUID,
        reason: str,
    ) -> Submitted:
        """File it, in the surrounding transaction."""
        ...

    def filed(self, *, instance_id: UUID, actor: Actor) -> Submitted | None:
        """The actor's request for that instance, if it was sent before."""
        ...


_desks: list[RequestDesk] = []


def register_desk(desk: RequestDesk) -> None:
    """Name the desk; the last registration wins. Called in `AppConfig.ready()`."""
    _desks[:] = [desk]


def desk() -> RequestDesk:
    """The desk that takes requests."""
    return _desks[0]


def registrations() -> list[str]:
    """`[dotted desk name]`, for the table in `docs/architecture.md`."""
    return [f"{type(each).__module__}.{type(each).__qualname__}" for each in _desks]
