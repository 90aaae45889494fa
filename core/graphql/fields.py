"""Fields of explicit types over rows, and the fields that higher rooms add to lower types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum as PyEnum
from typing import Any

import graphene
from django.db.models import Choices

from core.graphql.pages import Page, page_of
from core.graphql.rows import Batch, Row, load, load_all

FIRST = "How many at most, 1 to 200."
AFTER = "`endCursor` of the page before, or the `cursor` of a row; left out: from the start."
_extensions: dict[str, dict[str, Any]] = defaultdict(dict)


def value_of(name: str, default: Any, row: Any, info: Any, **_arguments: Any) -> Any:
    """Default resolver: the column of that name."""
    return row.values.get(name, default)


class RowsType(graphene.ObjectType):
    """Base of all types whose objects are rows; a field is the column of its name."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        options.setdefault("default_resolver", value_of)
        super().__init_subclass_with_meta__(**options)


def paged(default: int | None = None) -> dict[str, Any]:
    """The arguments `first`, mandatory without a default, and `after` of a connection field."""
    first = {"default_value": default} if default else {}
    return {
        "first": graphene.Int(required=True, description=FIRST, **first),
        "after": graphene.String(description=AFTER),
    }


def listed(connection: Any, description: str, **arguments: Any) -> Any:
    """A connection field of a root type; its resolver takes `first` and `after`."""
    return graphene.Field(
        connection, required=True, description=description, **paged(), **arguments
    )


def one(
    kind: Any, batch: Batch, *, key: str, required: bool = False, description: str | None = None
) -> Any:
    """A field with the single object that `batch` gives for the column `key`."""

    def resolve(row: Row, info: Any) -> Any:
        return load(row, batch, info, key=key)

    def together(rows: Sequence[Row], info: Any) -> list[Any]:
        return load_all(rows, batch, info, key=key)

    return graphene.Field(
        kind, resolver=_with(resolve, together), required=required, description=description
    )


def many(
    kind: Any, batch: Batch, *, key: str = "id", description: str | None = None, **arguments: Any
) -> Any:
    """A field with the list that `batch` gives for the column `key`; `arguments` as graphene's."""

    def resolve(row: Row, info: Any, **given: Any) -> Any:
        return load(row, batch, info, key=key, **given) or []

    def together(rows: Sequence[Row], info: Any, **given: Any) -> list[Any]:
        return [each or [] for each in load_all(rows, batch, info, key=key, **given)]

    listed = graphene.NonNull(graphene.List(graphene.NonNull(kind)))
    return graphene.Field(
        listed, resolver=_with(resolve, together), description=description, **arguments
    )


def page(
    connection: Any,
    batch: Batch,
    *,
    order: Sequence[str],
    key: str = "id",
    default: int | None = 10,
    description: str | None = None,
    **arguments: Any,
) -> Any:
    """A connection field; `batch` takes `first` and `after` and gives what `first_of_each` does.

    Args:
        default: of `first`; None makes it mandatory.
    """

    def resolve(row: Row, info: Any, *, first: int, after: str | None = None, **given: Any) -> Page:
        rows = load(row, batch, info, key=key, first=first, after=after, **given)
        return page_of(rows or [], order=order, first=first)

    def together(
        rows: Sequence[Row], info: Any, *, first: int, after: str | None = None, **given: Any
    ) -> list[Page]:
        found = load_all(rows, batch, info, key=key, first=first, after=after, **given)
        return [page_of(each or [], order=order, first=first) for each in found]

    return graphene.Field(
        connection,
        resolver=_with(resolve, together),
        required=True,
        description=description,
        **paged(default),
        **arguments,
    )


def _with(resolve: Any, together: Any) -> Any:
    """`resolve` for one row, that knows how to answer for many rows at once."""
    resolve.together = together
    return resolve


def enum_of(name: str, choices: type[Choices], description: str = "") -> Any:
    """An enum whose names are those of a Django `Choices` class, with its values and labels."""
    members = [(member.name, member.value) for member in choices]
    return enum(name, members, description, {each.value: str(each.label) for each in choices})


def enum(
    name: str,
    members: Sequence[tuple[str, str]],
    description: str = "",
    labels: Mapping[str, str] | None = None,
) -> Any:
    """An enum of `(name, value)`; `labels` say what each value means."""
    made: Any = PyEnum(name, members)  # type: ignore[misc]
    made.__doc__ = None  # its words depend on the Python version, and the schema is compared

    def said(member: Any) -> str | None:
        return (labels or {}).get(member.value) if member else description or None

    return graphene.Enum.from_enum(made, description=said)


def extend(type_name: str, field_name: str, field: Any) -> None:
    """Have a field added to a type of a lower room; the root does it when it makes the schema."""
    _extensions[type_name][field_name] = field


def extended(kind: Any) -> Any:
    """`kind` with the fields that others added to it."""
    kind._meta.fields.update(_extensions[kind._meta.name])
    return kind


def extensions() -> dict[str, list[str]]:
    """`{type name: [field name]}`, for the table in `docs/architecture.md`."""
    return {name: sorted(fields) for name, fields in sorted(_extensions.items())}
