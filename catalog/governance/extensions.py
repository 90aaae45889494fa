"""What policies are about: higher rooms say which subjects there are and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor

Facts = Mapping[str, Any]  # JSON values only; `domain` is the path of its domain, always there


@dataclass(frozen=True)
class Shown:
    """How a subject appears in a list."""

    id: UUID
    name: str
    fqn: str
    url: str
    owner: str


class Subjects(Protocol):
    """One kind of thing that policies speak of."""

    kind: str  # product, contract
    example: Facts  # every fact with a value, as help beside a rule and to try it on

    def facts(self, ids: Collection[UUID]) -> dict[UUID, Facts]:
        """The facts of these; set-wise, those that are gone are left out."""
        ...

    def published(self, actor: Actor | None, domain_path: str = "") -> QuerySet[Any]:
        """Those that are out and that `actor` may see (None: all), in a domain's tree ("": in all).

        The key of a row is the subject's id.
        """
        ...

    def shown(self, ids: Sequence[UUID]) -> list[Shown]:
        """How these appear, in the order given; the caller has checked who may see them."""
        ...


_subjects: dict[str, Subjects] = {}


def register_subjects(subjects: Subjects) -> None:
    """Name what policies may speak of; the last one of a kind wins. From `ready()`."""
    _subjects[subjects.kind] = subjects


def subjects_of(kind: str) -> Subjects:
    """Raises KeyError: no room speaks of that kind."""
    return _subjects[kind]


def kinds() -> list[str]:
    return list(_subjects)


def registrations() -> dict[str, str]:
    """`{kind: dotted name}`, for the table in `docs/architecture.md`."""
    return {
        kind: f"{type(each).__module__}.{type(each).__qualname__}"
        for kind, each in sorted(_subjects.items())
    }
