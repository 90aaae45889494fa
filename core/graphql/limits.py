"""How much one query may ask. Checked before validation, whose cost grows with the query."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
)
from graphql.language.lexer import Lexer

MAX_BYTES = 100_000  # of the body
MAX_TOKENS = 2000
MAX_BRACKETS = 40  # nested; the parser calls itself for each
MAX_DEPTH = 12  # objects in objects
MAX_INTROSPECTION_DEPTH = 16
MAX_ALIASES = 30
MAX_ROOT_FIELDS = 20
MAX_DIRECTIVES = 20
MAX_FRAGMENTS = 30
MAX_OPERATIONS = 50  # in one document, of which one is carried out
MAX_FIELDS = 1000  # once all fragments are laid flat
MAX_EQUAL_NAMES = 20  # in one place; comparing them costs their square
MAX_INPUTS = 5000  # values in the variables, each member and element counted

EQUAL = "equal names in one place"
OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


class TooMuch(Exception):
    """A query asks for more than one request may; `code`, `limit` and `found` say what."""

    def __init__(self, code: str, what: str, *, limit: int, found: int) -> None:
        wrong = "This query is too big" if found > limit else "Ask for 1 at least"
        super().__init__(f"{wrong}: {found} {what}, the limit is {limit}.")
        self.code = code
        self.limit = limit
        self.found = found


def check_size(size: int) -> None:
    """Raises: TooMuch: the body has more than `MAX_BYTES`."""
    _require("too-large", "bytes", MAX_BYTES, size)


def check_tokens(text: str) -> None:
    """Read tokens, comments too, up to the limit; what follows is never looked at.

    Raises:
        TooMuch: too many tokens, or brackets nested too deep.
        GraphQLSyntaxError: a token is none.
    """
    lexer = Lexer(Source(text))
    count = depth = end = 0
    while (token := lexer.read_next_token(end)).kind != TokenKind.EOF:
        end = token.end
        count += 1
        depth += (token.kind in OPENING) - (token.kind in CLOSING)
        _require("too-many-tokens", "tokens and comments", MAX_TOKENS, count)
        _require("too-deep", "nested brackets", MAX_BRACKETS, depth)


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raises: TooMuch: too many values, or objects and lists nested too deep."""
    count = 0
    level: list[Any] = [variables]
    for _ in range(MAX_BRACKETS):
        inner: list[Any] = []
        for each in level:
            inner += each.values() if isinstance(each, dict) else each
        count += len(inner)
        _require("too-many-inputs", "values in the variables", MAX_INPUTS, count)
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return
    _require("too-deep", "nested brackets in the variables", MAX_BRACKETS, MAX_BRACKETS + 1)


def check_document(document: DocumentNode) -> None:
    """Raises: TooMuch: depth, aliases, root fields, directives, fragments, fields, equal names.

    Cost: one visit of each fragment, then of at most `MAX_FIELDS` fields.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    definitions = [
        each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode | OperationDefinitionNode)
    ]
    fragment_count = _fragment_count(definitions)
    operation_count = len(definitions) - fragment_count
    _require("too-many-fragments", "fragments", MAX_FRAGMENTS, fragment_count)
    _require("too-many-operations", "operations", MAX_OPERATIONS, operation_count)
    _check_counts(definitions)
    shapes = _Shapes(fragments)
    for each in definitions:
        shape = shapes.of(each.selection_set)
        _require("too-deep", "objects in objects", MAX_DEPTH, shape.depth)
        if isinstance(each, OperationDefinitionNode):
            _require("too-many-fields", "fields", MAX_FIELDS, shape.fields)
            count = sum(shape.names.values())
            _require("too-many-root-fields", "root fields", MAX_ROOT_FIELDS, count)
            if not shapes.cyclic:  # validation refuses a cycle
                shapes.check_merged([each.selection_set])


Definition = FragmentDefinitionNode | OperationDefinitionNode


def _fragment_count(definitions: list[Definition]) -> int:
    return sum(isinstance(each, FragmentDefinitionNode) for each in definitions)


def _check_counts(definitions: list[Definition]) -> None:
    aliases = directives = 0
    for definition in definitions:
        directives += len(definition.directives)
        for variable in getattr(definition, "variable_definitions", None) or ():
            directives += len(variable.directives)
        for selection in _selections(definition.selection_set):
            directives += len(selection.directives)
            aliases += isinstance(selection, FieldNode) and selection.alias is not None
    _require("too-many-aliases", "aliases", MAX_ALIASES, aliases)
    _require("too-many-directives", "directives", MAX_DIRECTIVES, directives)


def _selections(
    selection_set: SelectionSetNode,
) -> Iterator[FieldNode | InlineFragmentNode | FragmentSpreadNode]:
    """Every selection at any depth, fragments not followed."""
    for each in selection_set.selections:
        assert isinstance(each, FieldNode | InlineFragmentNode | FragmentSpreadNode)
        yield each
        inner = getattr(each, "selection_set", None)
        if inner is not None:
            yield from _selections(inner)


@dataclass
class _Shape:
    """What a selection set holds once its fragments are laid flat."""

    names: Counter[str] = field(default_factory=Counter)  # response name: how often
    depth: int = 0
    fields: int = 0

    def add(self, other: _Shape) -> None:
        self.names.update(other.names)
        self.fields += other.fields
        self.depth = max(self.depth, other.depth)


class _Shapes:
    """Looks at each fragment once, however often it is spread; a cycle counts as empty."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.fragments = fragments
        self.known: dict[str, _Shape] = {}
        self.open: set[str] = set()
        self.cyclic = False

    def of(self, selection_set: SelectionSetNode) -> _Shape:
        shape = _Shape()
        for each in selection_set.selections:
            if isinstance(each, FieldNode):
                name = (each.alias or each.name).value
                shape.names[name] += 1
                inner = self._inner(each)
                shape.fields += 1 + inner.fields
                shape.depth = max(shape.depth, inner.depth)
            elif isinstance(each, InlineFragmentNode):
                shape.add(self.of(each.selection_set))
            elif isinstance(each, FragmentSpreadNode):
                shape.add(self._fragment(each.name.value))
        most = max(shape.names.values(), default=0)
        _require("too-many-equal-names", EQUAL, MAX_EQUAL_NAMES, most)
        return shape

    def check_merged(self, places: list[SelectionSetNode]) -> None:
        """Equal names that only meet when fields of one name are merged."""
        fields: dict[str, list[FieldNode]] = defaultdict(list)
        for place in places:
            for each in self._flat(place):
                fields[(each.alias or each.name).value].append(each)
        for group in fields.values():
            _require("too-many-equal-names", EQUAL, MAX_EQUAL_NAMES, len(group))
            below = [each.selection_set for each in group if each.selection_set is not None]
            if below:
                self.check_merged(below)

    def _flat(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        for each in selection_set.selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                yield from self._flat(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value in self.fragments:
                yield from self._flat(self.fragments[each.name.value].selection_set)

    def _inner(self, selected: FieldNode) -> _Shape:
        """What a field holds, itself included in the depth."""
        if selected.selection_set is None:
            return _Shape()
        inner = self.of(selected.selection_set)
        depth = 1 + inner.depth
        if selected.name.value in {"__schema", "__type"}:
            _require("too-deep", "objects in objects", MAX_INTROSPECTION_DEPTH, depth)
            depth = 1
        return _Shape(depth=depth, fields=inner.fields)

    def _fragment(self, name: str) -> _Shape:
        if name in self.open:
            self.cyclic = True
            return _Shape()
        if name not in self.known:
            self.open.add(name)
            found = self.fragments.get(name)
            self.known[name] = self.of(found.selection_set) if found else _Shape()
            self.open.discard(name)
        return self.known[name]


def _require(code: str, what: str, limit: int, found: int) -> None:
    if found > limit:
        raise TooMuch(code, what, limit=limit, found=found)
