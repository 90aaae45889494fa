"""What higher rooms add: the subjects of policies and facts of them, and who uses a term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
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


def shown_of(rows: QuerySet[Any], ids: Sequence[UUID], *, fqn: str = "fqn") -> list[Shown]:
    """How those of `rows` with these ids appear, in the order of the ids. One statement.

    Args:
        fqn: the attribute that names a row.
    """
    found = rows.select_related("owner").in_bulk(list(ids))
    return [
        Shown(pk, each.name, getattr(each, fqn), each.get_absolute_url(), each.owner.name)
        for pk in ids
        if (each := found.get(pk)) is not None
    ]


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


@dataclass(frozen=True)
class AddedFact:
    """A fact that a higher room knows; asked for only where a rule names it."""

    name: str
    example: Any
    otherwise: Any  # of those that `values` leaves out
    values: Callable[[Collection[UUID]], Mapping[UUID, Any]]  # by subject; set-wise


class TermUsers(Protocol):
    """What names terms of the glossary."""

    def count(self, term_id: UUID) -> int:
        """How many use it, whoever may see them."""
        ...

    def shown(self, actor: Actor, term_id: UUID, most: int) -> list[Shown]:
        """Those that `actor` may see, by name, `most` at most."""
        ...

    def detach(self, actor: Actor, term_id: UUID) -> None:
        """Take the term from all of them, in the surrounding transaction."""
        ...


_subjects: dict[str, Subjects] = {}
_added: dict[str, dict[str, AddedFact]] = defaultdict(dict)
_term_users: list[TermUsers] = []


def register_subjects(subjects: Subjects) -> None:
    """Name what policies may speak of; the last one of a kind wins. From `ready()`."""
    _subjects[subjects.kind] = subjects


def subjects_of(kind: str) -> Subjects:
    """Raises KeyError: no room speaks of that kind."""
    return _subjects[kind]


def add_fact(kind: str, fact: AddedFact) -> None:
    """Have rules on subjects of a kind speak of one thing more. From `ready()`."""
    _added[kind][fact.name] = fact


def example_of(kind: str) -> Facts:
    """Every fact with a value. Raises KeyError: no room speaks of that kind."""
    added = {name: fact.example for name, fact in _added[kind].items()}
    return {**_subjects[kind].example, **added}


def with_added(kind: str, rule: str, subjects: Mapping[UUID, Facts]) -> Mapping[UUID, Facts]:
    """The facts, and those that other rooms add as far as the rule names them."""
    for fact in _added[kind].values():
        if fact.name in rule:
            values = fact.values(subjects.keys())
            subjects = {
                pk: {**facts, fact.name: values.get(pk, fact.otherwise)}
                for pk, facts in subjects.items()
            }
    return subjects


def kinds() -> list[str]:
    return list(_subjects)


def register_term_users(users: TermUsers) -> None:
    """Say what names terms. From `ready()`."""
    if type(users) not in map(type, _term_users):
        _term_users.append(users)


def term_users() -> tuple[TermUsers, ...]:
    return tuple(_term_users)


def term_registrations() -> list[str]:
    """Dotted names, for the table in `docs/architecture.md`."""
    return [f"{type(each).__module__}.{type(each).__qualname__}" for each in _term_users]


def registrations() -> dict[str, str]:
    """`{kind: dotted name}`, for the table in `docs/architecture.md`."""
    return {
        kind: f"{type(each).__module__}.{type(each).__qualname__}"
        for kind, each in sorted(_subjects.items())
    }


def fact_registrations() -> list[tuple[str, str]]:
    """(kind and name, dotted name of the source), for the same table."""
    return [
        (f"{kind} {name}", f"{fact.values.__module__}.{fact.values.__qualname__}")
        for kind, facts in sorted(_added.items())
        for name, fact in sorted(facts.items())
    ]
