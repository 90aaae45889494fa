"""Execution set by set: a field is resolved for all objects that one place of a query has.

graphql-core visits object by object, with a path, a resolver call and a type check for each value;
that is most of the time of a query over rows. Here a field of 200 objects is one loop. It answers
queries in which nothing goes wrong; whatever is unusual (an error, a null where none may be,
introspection) is left to graphql-core, which says it as the specification wants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

from django.db import OperationalError
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
)
from graphql.execution.values import get_argument_values, get_directive_values

from core.graphql.fields import value_of

Values = list[Any]
TEXTS = frozenset({"String", "ID"})
PLAIN = frozenset({list, tuple, type(None)})  # quickly known to be no text and no mapping


class Unusual(Exception):
    """The answer is not one that this executor gives; nothing was changed."""


@dataclass(frozen=True)
class Info:
    """What resolvers read of `info`; `wanted` are the names of all fields below."""

    context: Any
    wanted: frozenset[str] = frozenset()


def execute_sets(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    context: Any,
) -> dict[str, Any]:
    """The `data` of a valid query; `variables` are coerced.

    Raises:
        Unusual: ask graphql-core.
        OperationalError: the database does not answer.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        raise Unusual
    try:
        work = _Work(document, dict(variables), context)
        answer: dict[str, Any] = work.objects(root, [None], [operation.selection_set])[0]
    except OperationalError:
        raise
    except Exception as error:
        raise Unusual from error
    return answer


class _Work:
    def __init__(self, document: DocumentNode, variables: dict[str, Any], context: Any) -> None:
        self.variables = variables
        self.context = context
        self.names: dict[int, frozenset[str]] = {}
        self.fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def objects(
        self, kind: GraphQLObjectType, sources: Sequence[Any], places: Sequence[SelectionSetNode]
    ) -> Values:
        """Each source as the selected fields, in their order."""
        fields: dict[str, list[FieldNode]] = {}
        for place in places:
            self._collect(kind, place, fields, set())
        answers: Values = [{} for _ in sources]
        for key, nodes in fields.items():
            found = self._field(kind, sources, nodes)
            for answer, value in zip(answers, found, strict=True):
                answer[key] = value
        return answers

    def _collect(
        self,
        kind: GraphQLObjectType,
        place: SelectionSetNode,
        fields: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for each in place.selections:
            if each.directives and not self._wanted(each):
                continue
            if isinstance(each, FieldNode):
                fields.setdefault((each.alias or each.name).value, []).append(each)
                continue
            part: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(each, FragmentSpreadNode):
                if each.name.value in seen:
                    continue
                seen.add(each.name.value)
                part = self.fragments[each.name.value]
            elif isinstance(each, InlineFragmentNode):
                part = each
            named = part.type_condition
            if named is None or named.name.value == kind.name:
                self._collect(kind, part.selection_set, fields, seen)

    def _wanted(self, node: Any) -> bool:
        directives: Sequence[DirectiveNode] = node.directives
        for each in directives:
            if each.name.value not in {"skip", "include"}:
                raise Unusual
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _field(
        self, kind: GraphQLObjectType, sources: Sequence[Any], nodes: list[FieldNode]
    ) -> Values:
        name = nodes[0].name.value
        if name == "__typename":
            return [kind.name] * len(sources)
        definition = kind.fields[name]
        arguments = get_argument_values(definition, nodes[0], self.variables)
        info = Info(self.context, frozenset().union(*map(self._below, nodes)))
        values = _resolved(definition, sources, info, arguments)
        return self._completed(definition.type, values, nodes)

    def _below(self, node: Any) -> frozenset[str]:
        """Names of all fields below `node`, those of its fragments too."""
        if isinstance(node, FragmentSpreadNode):
            node = self.fragments[node.name.value]
        place = node.selection_set
        if place is None:
            return frozenset()
        if id(place) not in self.names:
            own = {each.name.value for each in place.selections if isinstance(each, FieldNode)}
            self.names[id(place)] = frozenset(own).union(*map(self._below, place.selections))
        return self.names[id(place)]

    def _completed(self, kind: Any, values: Values, nodes: list[FieldNode]) -> Values:
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
            if None in values:
                raise Unusual
        if isinstance(kind, GraphQLList):
            return self._lists(kind.of_type, values, nodes)
        if isinstance(kind, GraphQLObjectType):
            return self._children(kind, values, nodes)
        if isinstance(kind, GraphQLEnumType):
            return _names(kind, values)
        if isinstance(kind, GraphQLScalarType):
            return _scalars(kind, values)
        raise Unusual

    def _lists(self, kind: Any, values: Values, nodes: list[FieldNode]) -> Values:
        """All elements of all lists are one set."""
        if any(type(each) not in PLAIN and isinstance(each, str | Mapping) for each in values):
            raise Unusual
        lists = [None if each is None else list(each) for each in values]
        items = iter(self._completed(kind, [one for each in lists for one in each or ()], nodes))
        return [None if each is None else [next(items) for _ in each] for each in lists]

    def _children(self, kind: GraphQLObjectType, values: Values, nodes: list[FieldNode]) -> Values:
        """An object that several others lead to is answered once."""
        distinct = {id(each): each for each in values if each is not None}
        if not distinct:
            return values
        places = [each.selection_set for each in nodes if each.selection_set is not None]
        answers = self.objects(kind, list(distinct.values()), places)
        by_id = dict(zip(distinct, answers, strict=True))
        return [None if each is None else by_id[id(each)] for each in values]


def _resolved(
    definition: GraphQLField, sources: Sequence[Any], info: Info, arguments: Mapping[str, Any]
) -> Values:
    resolve: Any = definition.resolve
    if isinstance(resolve, partial) and resolve.func is value_of:
        column, default = resolve.args
        return [each.values.get(column, default) for each in sources]
    together = getattr(resolve, "together", None)
    if together is not None:
        found: Values = together(sources, info, **arguments)
        return found
    return [resolve(each, info, **arguments) for each in sources]


def _scalars(kind: GraphQLScalarType, values: Values) -> Values:
    serialize = kind.serialize
    if kind.name in TEXTS:
        return [
            each if each is None or type(each) is str else _known(serialize(each))
            for each in values
        ]
    if kind.name == "Float":
        return [
            each
            if each is None or (type(each) is float and isfinite(each))
            else _known(serialize(each))
            for each in values
        ]
    return [None if each is None else _known(serialize(each)) for each in values]


def _names(kind: GraphQLEnumType, values: Values) -> Values:
    names = {each: _known(kind.serialize(each)) for each in set(values) if each is not None}
    return [None if each is None else names[each] for each in values]


def _known(value: Any) -> Any:
    if value is None or value is Undefined:
        raise Unusual
    return value
