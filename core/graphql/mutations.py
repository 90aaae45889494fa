"""Payloads of mutations: the object, or what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import graphene
from graphene.types.generic import GenericScalar

from core.errors import DomainError, Invalid, NotFound
from core.graphql.rows import Row
from core.problems import Problem as ProblemData


class JSON(GenericScalar):
    """Any JSON value."""


class Problem(graphene.ObjectType):
    """One thing that is wrong: where, which rule, and the mend."""

    pointer = graphene.String(required=True, description="JSON pointer; empty: the whole.")
    code = graphene.String(required=True)
    message = graphene.String(required=True)
    severity = graphene.String(required=True)
    line = graphene.Int()


def payload(name: str, field: str, kind: Any) -> Any:
    """The payload type `name`: `field` is null exactly when there are problems."""
    problems = graphene.List(graphene.NonNull(Problem), required=True)
    fields = {field: graphene.Field(kind), "problems": problems}
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


def _problems(error: DomainError) -> list[ProblemData]:
    if isinstance(error, Invalid) and error.problems:
        return list(error.problems)
    return [ProblemData("", error.code, str(error))]
