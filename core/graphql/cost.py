"""What a valid query may cost: one per object that a list may return, nested lists multiply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from core.graphql.limits import TooMuch

MAX_COST = 10_000
TOO_EXPENSIVE = "too-expensive"
MAX_VALUES = 100_000  # fields resolved in one answer, about a second's work
MAX_SIZE = {"first": 200, "days": 366}  # arguments that say how many objects a list has at most
INTROSPECTION = {"__schema": 1000, "__type": 100}  # objects of the schema, about


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
    if found.objects > MAX_COST:
        raise TooMuch(TOO_EXPENSIVE, "objects at most", limit=MAX_COST, found=found.objects)
    if found.values > MAX_VALUES:
        raise TooMuch("too-many-values", "values", limit=MAX_VALUES, found=found.values)
    return found.objects


class Cost(NamedTuple):
    """Objects of lists, and fields of all objects."""

    objects: int = 0
    values: int = 0

    def plus(self, other: Cost) -> Cost:
        return Cost(self.objects + other.objects, self.values + other.values)


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
        name = node.name.value
        if name in INTROSPECTION:
            return Cost(INTROSPECTION[name], 1)
        if node.selection_set is None or not isinstance(parent, GraphQLObjectType):
            return Cost(0, 1)
        definition = parent.fields.get(name)
        if definition is None:
            return Cost(0, 1)
        size = self._size(node, definition)
        inside = self.of(node.selection_set, get_named_type(definition.type))
        if size is None:
            return Cost(inside.objects, 1 + inside.values)
        return Cost(size * (1 + inside.objects), 1 + size * inside.values)

    def _size(self, node: FieldNode, definition: Any) -> int | None:
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
