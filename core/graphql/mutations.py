"""Payloads of mutations: the object, or what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import graphene
from django.db.models import Model, QuerySet
from graphene.types.generic import GenericScalar

from core.errors import DomainError, Invalid, NotFound
from core.graphql.rows import Row
from core.problems import Problem as ProblemData

M = TypeVar("M", bound=Model)


class JSON(GenericScalar):
    """Any JSON value."""


class Problem(graphene.ObjectType):
    """One thing that is wrong: where, which rule, and the mend."""

    pointer = graphene.String(required=True, description="JSON pointer; empty: the whole.")
    code = graphene.String(required=True, description="The rule, as a stable slug.")
    message = graphene.String(required=True, description="What to do about it.")
    severity = graphene.String(required=True, description="error, or warning: refuses nothing.")
    line = graphene.Int(description="Of the text that was handed in, from 1.")


def payload(name: str, field: str, kind: Any) -> Any:
    """The payload type `name`: `field` is null exactly when there are problems."""
    problems = graphene.List(
        graphene.NonNull(Problem),
        required=True,
        description="Why nothing was changed; empty: it is done.",
    )
    fields = {
        "__doc__": "What came of it: the object, or problems and nothing changed.",
        field: graphene.Field(kind, description="As it is now; null where there are problems."),
        "problems": problems,
    }
    return type(name, (graphene.ObjectType,), fields)


def attempt(field: str, verb: Callable[[], Row | None]) -> Mapping[str, Any]:
    """Run `verb`, which calls a service and reads the object again; None is “unseen”."""
    try:
        found = verb()
        if found is None:
            raise NotFound()
    except DomainError as error:
        return {field: None, "problems": _problems(error)}
    return {field: found, "problems": []}


def attempt_on(
    field: str, named: QuerySet[M], verb: Callable[[M], Row | None]
) -> Mapping[str, Any]:
    """The same of a verb on what an id names; `named` has it only where the actor may see it."""

    def on_it() -> Row | None:
        found = named.first()
        return None if found is None else verb(found)

    return attempt(field, on_it)


def _problems(error: DomainError) -> list[ProblemData]:
    if isinstance(error, Invalid) and error.problems:
        return list(error.problems)
    return [ProblemData("", error.code, str(error))]
