"""What the kinds of request bring: facts for the decider, and what happens after a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from accounts.actors import Actor
from provisioning.jobs.models import Operation
from provisioning.requests.models import Request


@dataclass(frozen=True)
class Fact:
    """One line about a request; `look` says how the value is drawn."""

    label: str
    value: str
    look: str = ""  # code, stamp, team or "" for plain text
    url: str = ""


@dataclass(frozen=True)
class Link:
    """Where something that a request made can be seen."""

    label: str
    url: str


class RequestKindHandler(Protocol):
    """One kind of request. The verbs run inside the transaction of the decision."""

    name: ClassVar[str]  # a RequestKind
    icon: ClassVar[str]

    def facts(self, request: Request) -> Sequence[Fact]:
        """What the decider and the requester should know; `parameters` in people's words."""
        ...

    def approve_label(self, request: Request) -> str:
        """The words on the button, e.g. “Approve until 31 Dec”."""
        ...

    def links(self, request: Request) -> Sequence[Link]:
        """Results, once there are any."""
        ...

    def again(self, request: Request, actor: Actor) -> str:
        """The address of a form that holds what was asked for, as a draft of the actor's.

        Raises:
            Conflict: the actor has typed something else into that form.
            InvalidTransition: there is no such form any more.
        """
        ...

    def amend_url(self, request: Request) -> str:
        """Where the requester changes what is asked for while it waits; "" where they cannot."""
        ...

    def references(self, requests: Sequence[Request]) -> Sequence[dict[str, str | None]]:
        """The further members of each, as `GET requests/{id}` tells them: `product`, `grant` ...

        Cost: as many SQL statements for a page of requests as for one.
        """
        ...

    def approved(self, request: Request, actor: Actor) -> Operation:
        """Start the work. `actor` decided, or is the requester where a rule did.

        Raises:
            Invalid: what was right when it was asked is not any more; the request stays waiting.
        """
        ...

    def closed(self, request: Request) -> None:
        """The request was rejected or withdrawn before any work began."""
        ...

    def finished(self, request: Request, operation: Operation) -> None:
        """The work ended; `request.state` says how."""
        ...


_kinds: dict[str, RequestKindHandler] = {}


def register_kind(kind: RequestKindHandler) -> None:
    """Make a kind of request known. Called in `AppConfig.ready()`."""
    _kinds[kind.name] = kind


def kind_of(request: Request) -> RequestKindHandler:
    """The handler of the request's kind."""
    return _kinds[request.kind]


def registrations() -> dict[str, str]:
    """`{kind: dotted handler name}`, for the table in `docs/architecture.md`."""
    return {
        name: f"{type(kind).__module__}.{type(kind).__qualname__}"
        for name, kind in sorted(_kinds.items())
    }
