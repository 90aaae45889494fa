"""What a valid query may cost: one per object that a list may return, nested lists multiply; and
so much for each thing that a mutation does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    VariableNode,
    get_named_type,
)

from core.graphql.limits import TooMuch

MAX_COST = 10_000
TOO_EXPENSIVE = "too-expensive"
MAX_VALUES = 100_000  # fields resolved in one answer, about a second's work
WRITE = 100  # for one thing done: about what reading so many objects takes
MAX_SIZE = {"first": 200, "days": 366}  # arguments that say how many objects a list has at most


def cost_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """The cost of `operation`; `variables` are coerced.

    Raises:
        TooMuch: a page is too long, or the whole is over `MAX_COST` or `MAX_VALUES`.

    Cost: one visit of each selection; a fragment is looked at once.
    """
    root = schema.get_root_type(operation.operation)
    found = _Coster(schema, document, variables).of(operation.selection_set, root)
    objects, values = math.ceil(found.objects), math.ceil(found.values)
    if objects > MAX_COST:
        raise TooMuch(TOO_EXPENSIVE, "objects at most", limit=MAX_COST, found=objects)
    if values > MAX_VALUES:
        raise TooMuch("too-many-values", "values", limit=MAX_VALUES, found=values)
    return objects


class Cost(NamedTuple):
    """Objects of lists, and fields of all objects."""

    objects: float = 0
    values: float = 0

    def plus(self, other: Cost) -> Cost:
        return Cost(self.objects + other.objects, self.values + other.values)


WRAPPED = 0.5  # share of types that are one in “!” or “[]”
META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@lru_cache(maxsize=4)
def average_sizes(schema: GraphQLSchema) -> dict[str, float]:
    """How many objects a list of the introspection has, on average over all types."""
    kinds = schema.type_map.values()
    fields = [each for kind in kinds for each in getattr(kind, "fields", {}).values()]
    inputs = sum(len(kind.fields) for kind in kinds if isinstance(kind, GraphQLInputObjectType))
    arguments = sum(len(getattr(each, "args", ())) for each in fields)
    values = sum(len(kind.values) for kind in kinds if isinstance(kind, GraphQLEnumType))
    return {
        "types": len(kinds),
        "directives": len(schema.directives),
        "fields": len(fields) / len(kinds),
        "inputFields": inputs / len(kinds),
        "enumValues": values / len(kinds),
        "args": arguments / len(fields),
        "interfaces": 0.1,  # we have next to none
        "possibleTypes": 0.1,
    }


class _Coster:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.variables = variables
        self.known: dict[str, Cost] = {}
        self.fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def of(self, selection_set: SelectionSetNode, parent: Any) -> Cost:
        total = Cost()
        for each in selection_set.selections:
            if isinstance(each, FieldNode):
                total = total.plus(self._field(each, parent))
            elif isinstance(each, InlineFragmentNode):
                named = each.type_condition
                kind = self.schema.type_map[named.name.value] if named else parent
                total = total.plus(self.of(each.selection_set, kind))
            elif isinstance(each, FragmentSpreadNode):
                total = total.plus(self._fragment(each.name.value))
        return total

    def _field(self, node: FieldNode, parent: Any) -> Cost:
        found = self._read(node, parent)
        writes = self.schema.mutation_type
        is_done = writes is not None and parent is writes and node.name.value in writes.fields
        return found.plus(Cost(WRITE)) if is_done else found

    def _read(self, node: FieldNode, parent: Any) -> Cost:
        name = node.name.value
        if node.selection_set is None or not isinstance(parent, GraphQLObjectType):
            return Cost(0, 1)
        definition = META.get(name) or parent.fields.get(name)
        if definition is None:
            return Cost(0, 1)
        inside = self.of(node.selection_set, get_named_type(definition.type))
        if name == "ofType":
            return Cost(WRAPPED * inside.objects, 1 + WRAPPED * inside.values)
        if parent.name.startswith("__"):
            size = average_sizes(self.schema).get(name)
        else:
            size = self._size(node, definition)
        if size is None:
            return Cost(inside.objects, 1 + inside.values)
        return Cost(size * (1 + inside.objects), 1 + size * inside.values)

    def _size(self, node: FieldNode, definition: Any) -> float | None:
        for name, limit in MAX_SIZE.items():
            if name in definition.args:
                size = self._argument(node, name, definition.args[name].default_value)
                if not 1 <= size <= limit:
                    raise TooMuch("page-too-long", f"as “{name}”", limit=limit, found=size)
                return size
        return None

    def _argument(self, node: FieldNode, name: str, default: Any) -> int:
        given = next((each.value for each in node.arguments if each.name.value == name), None)
        if isinstance(given, IntValueNode):
            return int(given.value)
        if isinstance(given, VariableNode):
            return int(self.variables.get(given.name.value, default))
        return int(default)

    def _fragment(self, name: str) -> Cost:
        if name not in self.known:
            fragment = self.fragments[name]
            kind = self.schema.type_map[fragment.type_condition.name.value]
            self.known[name] = self.of(fragment.selection_set, kind)
        return self.known[name]
