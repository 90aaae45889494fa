"""Queries made at random from the schema, and whether an answer keeps to it."""

from __future__ import annotations

import json
import random
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

from portal.graphql.schema import schema

DEPTH = 5
NAMES = ("sales.orders", "sales.orders/table@1", "sales", "sales-team", "orders", "sandbox")
ODD_TEXTS = (
    *("", " ", "'", '"', "\\", "%", "_", "%s", "{}", "é", "\u202e", "\U0001f600", "\n", "a" * 5000),
    *("-- ", "1; DROP TABLE x", "../..", "null", "0", "product:sales.orders", "user:consumer"),
    *("dataset:postgres://db:5432:a.b.c", "team:sales-team", "company", "WyJ4Il0", "W10"),
)
IDS = ("0190c8a5-7c1e-7000-8000-000000000000", "1", "-1", "x", "", "9" * 30, "0" * 64)
MOMENTS = ("2026-11-26T10:00:00Z", "2026-11-26T10:00:00", "9999-12-31T23:59:59Z", "0001-01-01")
DAYS = ("2026-11-26", "9999-12-31", "0001-01-01", "2026-02-30")
NUMBERS = (-1, 0, 1, 2, 5, 200, 201, 366, 2**31 - 1, -(2**31))


class Author:
    """Writes operations; the same seed writes the same ones."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []

    def body(self) -> dict[str, Any]:
        """A request with one to three root fields."""
        kinds = schema.graphql_schema
        writes = self.chance.random() < 0.25
        root = kinds.mutation_type if writes else kinds.query_type
        assert root is not None
        names = self.chance.sample(sorted(root.fields), 1 if writes else self.chance.randint(1, 3))
        selected = " ".join(self._field(root, name, DEPTH) for name in names)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        kind = "mutation" if writes else "query"
        return {"query": f"{kind} Q{declared} {{ {selected} }}", "variables": self.variables}

    def _field(self, parent: GraphQLObjectType, name: str, depth: int) -> str:
        field = parent.fields[name]
        given = [
            f"{key}: {self._given(argument.type, key)}"
            for key, argument in field.args.items()
            if is_required_argument(argument) or self.chance.random() < 0.4
        ]
        given += [
            f"{key}: null"
            for key, argument in field.args.items()
            if not isinstance(argument.type, GraphQLNonNull) and self.chance.random() < 0.05
            if not any(each.startswith(f"{key}: ") for each in given)
        ]
        arguments = f"({', '.join(given)})" if given else ""
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return name + arguments
        assert isinstance(named, GraphQLObjectType)
        return f"{name}{arguments} {{ {self._selection(named, depth - 1)} }}"

    def _selection(self, kind: GraphQLObjectType, depth: int) -> str:
        plain = [
            name for name, each in kind.fields.items() if is_leaf_type(get_named_type(each.type))
        ]
        nested = [name for name in kind.fields if name not in plain]
        chosen = self.chance.sample(plain, min(len(plain), self.chance.randint(1, 6)))
        structure = [name for name in ("edges", "node", "pageInfo") if name in nested]
        if depth > 0 and nested:
            chosen += structure or self.chance.sample(nested, min(len(nested), 2))
        if self.chance.random() < 0.1:
            chosen.append("__typename")
        return (
            " ".join(
                name if name == "__typename" else self._field(kind, name, depth) for name in chosen
            )
            or "__typename"
        )

    def _given(self, kind: Any, name: str) -> str:
        value = self._value(kind, name)
        if self.chance.random() < 0.3:
            variable = f"v{len(self.declared)}"
            self.declared.append(f"${variable}: {kind}")
            self.variables[variable] = value
            return f"${variable}"
        return literal(value, kind)

    def _value(self, kind: Any, name: str) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type, name)
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type, name) for _ in range(self.chance.randint(0, 3))]
        if isinstance(kind, GraphQLEnumType):
            return self.chance.choice(sorted(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {key: self._value(each.type, key) for key, each in kind.fields.items()}
        if kind.name == "Int" and name in {"first", "days"} and self.chance.random() < 0.9:
            return self.chance.randint(1, 5)
        return self._scalar(kind.name)

    def _scalar(self, name: str) -> Any:
        choice = self.chance.choice
        pools: dict[str, Any] = {
            "Int": NUMBERS,
            "Float": (0.0, -1.5, 99.5, 1e300, 1),
            "Boolean": (True, False),
            "ID": IDS,
            "DateTime": MOMENTS,
            "Date": DAYS,
            "JSON": ({}, {"a": [1, None, {"b": "c"}]}, [], 1, "x", None, True),
        }
        return choice(pools.get(name) or choice((NAMES, ODD_TEXTS)))


def literal(value: Any, kind: Any) -> str:
    """A value as GraphQL writes it."""
    if isinstance(kind, GraphQLNonNull):
        return literal(value, kind.of_type)
    if isinstance(value, list):
        inner = kind.of_type if isinstance(kind, GraphQLList) else kind
        return f"[{', '.join(literal(each, inner) for each in value)}]"
    if isinstance(value, dict):
        fields = getattr(kind, "fields", {})
        members = [
            f"{key}: {literal(each, fields[key].type if key in fields else None)}"
            for key, each in value.items()
        ]
        return f"{{{', '.join(members)}}}"
    return str(value) if isinstance(kind, GraphQLEnumType) else json.dumps(value)


def strays(body: dict[str, Any], data: Any) -> list[str]:
    """Where `data` is not what the query and the schema say; it has no fragments or aliases."""
    operation: Any = parse(body["query"]).definitions[0]
    writes = operation.operation == OperationType.MUTATION
    kinds = schema.graphql_schema
    root = kinds.mutation_type if writes else kinds.query_type
    return _below(root, operation.selection_set.selections, data, "")


def _below(kind: Any, selected: Any, data: Any, path: str) -> list[str]:
    found = []
    names = [each.name.value for each in selected]
    if list(data) != names:
        found.append(f"{path}: {list(data)}, not {names}")
    for each in selected:
        name = each.name.value
        if name in data and name != "__typename":
            found += _value(kind.fields[name].type, each, data[name], f"{path}.{name}")
    return found


def _value(kind: Any, node: FieldNode, data: Any, path: str) -> list[str]:
    if isinstance(kind, GraphQLNonNull):
        return [f"{path}: null"] if data is None else _value(kind.of_type, node, data, path)
    if data is None:
        return []
    if isinstance(kind, GraphQLList):
        return [wrong for each in data for wrong in _value(kind.of_type, node, each, path)]
    if isinstance(kind, GraphQLObjectType):
        assert node.selection_set is not None
        return _below(kind, node.selection_set.selections, data, path)
    if isinstance(kind, GraphQLEnumType):
        return [] if data in kind.values else [f"{path}: {data!r} is no {kind.name}"]
    wanted = {"Int": int, "Float": int | float, "String": str, "ID": str, "Boolean": bool}
    right = isinstance(data, wanted.get(kind.name, object))  # type: ignore[arg-type]
    return [] if right else [f"{path}: {data!r} is no {kind.name}"]
