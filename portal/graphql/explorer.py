"""The schema as people read it: types by name, and what a word finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
    print_ast,
)
from graphql.utilities import ast_from_value

from portal.graphql.schema import schema

MOST_FOUND = 40


@dataclass(frozen=True)
class Described:
    """An argument, a value, or something that was found; `type` as the schema writes it."""

    name: str
    description: str
    type: str = ""
    leads_to: str = ""  # a type with a page of its own
    default: str = ""


@dataclass(frozen=True)
class FieldDoc:
    """A field with its arguments."""

    name: str
    description: str
    type: str
    leads_to: str
    arguments: tuple[Described, ...] = ()


@dataclass(frozen=True)
class TypeDoc:
    """A type: its fields, or the values of an enum."""

    name: str
    kind: str
    description: str
    fields: tuple[FieldDoc, ...] = ()
    values: tuple[Described, ...] = ()


def type_names() -> list[str]:
    """All types that have fields or values, by name; those for paging left out."""
    return sorted(
        name
        for name, kind in schema.graphql_schema.type_map.items()
        if _has_page(kind) and not name.endswith(("Edge", "Connection"))
    )


def type_doc(name: str) -> TypeDoc | None:
    """The type of this name, if it has fields or values."""
    kind = schema.graphql_schema.type_map.get(name)
    if kind is None or not _has_page(kind):
        return None
    description = kind.description or ""
    if isinstance(kind, GraphQLEnumType):
        values = tuple(
            Described(value, each.description or "") for value, each in kind.values.items()
        )
        return TypeDoc(name, "enum", description, values=values)
    if isinstance(kind, GraphQLInputObjectType):
        inputs = tuple(
            FieldDoc(key, each.description or "", str(each.type), _leads_to(each.type))
            for key, each in kind.fields.items()
        )
        return TypeDoc(name, "input", description, inputs)
    assert isinstance(kind, GraphQLObjectType)
    return TypeDoc(
        name, "type", description, tuple(_field(key, each) for key, each in kind.fields.items())
    )


def found(text: str) -> list[Described]:
    """Fields and types whose name holds `text`, then those whose description does."""
    wanted = text.strip().lower()[:100]
    if not wanted:
        return []
    named, told = [], []
    for each in _everything():
        if wanted in each.name.lower():
            named.append(each)
        elif wanted in each.description.lower():
            told.append(each)
    return [*named, *told][:MOST_FOUND]


def _everything() -> Iterator[Described]:
    for name in type_names():
        kind = schema.graphql_schema.type_map[name]
        yield Described(name, kind.description or "", leads_to=name)
        for key, each in getattr(kind, "fields", {}).items():
            yield Described(f"{name}.{key}", each.description or "", str(each.type), name)


def _field(name: str, field: GraphQLField) -> FieldDoc:
    arguments = tuple(_argument(key, each) for key, each in field.args.items())
    return FieldDoc(
        name, field.description or "", str(field.type), _leads_to(field.type), arguments
    )


def _argument(name: str, argument: GraphQLArgument) -> Described:
    default = ""
    if not is_required_argument(argument) and argument.default_value is not None:
        written = ast_from_value(argument.default_value, argument.type)
        default = "" if written is None else print_ast(written)
    return Described(
        name, argument.description or "", str(argument.type), _leads_to(argument.type), default
    )


def _leads_to(kind: object) -> str:
    named = get_named_type(kind)  # type: ignore[call-overload]
    return named.name if _has_page(named) else ""


def _has_page(kind: GraphQLNamedType) -> bool:
    has_members = isinstance(kind, GraphQLObjectType | GraphQLInputObjectType | GraphQLEnumType)
    return has_members and not kind.name.startswith("__")
