"""From the body of a request to its answer: limits, validation, cost, budget, execution."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import structlog
from django.db import OperationalError
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values

from core.errors import DomainError, Invalid
from core.graphql.cost import MAX_COST, TOO_EXPENSIVE, cost_of
from core.graphql.limits import TooMuch, check_document, check_size, check_tokens, check_variables
from core.graphql.sets import Unusual, execute_sets
from core.strict_json import load_json

MAX_CACHED = 500  # documents
MAX_SHOWN = 10  # errors of one document
MAX_MESSAGE = 400  # characters
SHA256 = re.compile(r"[0-9a-f]{64}\Z")
NUL = b"\\u0000"  # as JSON and GraphQL write it; no text of the database can hold it

log = structlog.get_logger(__name__)


class BadRequest(Exception):
    """A request that cannot be carried out as it is; nothing was done."""

    def __init__(self, *errors: Mapping[str, Any], cost: int | None = None) -> None:
        super().__init__(str(errors[0]["message"]) if errors else "")
        self.errors = list(errors)
        self.cost = cost

    @classmethod
    def of(cls, error: TooMuch, *, cost: int | None = None) -> BadRequest:
        """The refusal of a query that is too big."""
        told = {"code": error.code, "limit": error.limit, "found": error.found}
        return cls({"message": str(error), "extensions": told}, cost=cost)


@dataclass(frozen=True)
class Prepared:
    """A request that is valid and not too big."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]  # as given
    coerced: Mapping[str, Any]
    cost: int

    @property
    def writes(self) -> bool:
        return self.operation.operation != OperationType.QUERY


@dataclass(frozen=True)
class Context:
    """What resolvers read as `info.context`."""

    actor: Any
    request_id: str = ""


class Documents:
    """Validated documents of one schema by hash; the least used one goes."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, DocumentNode] = OrderedDict()
        self._lock = Lock()

    def get(self, schema: GraphQLSchema, text: str) -> DocumentNode:
        """Raises: BadRequest: too big, not GraphQL, or not valid against the schema."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        document = _validated(schema, text)
        with self._lock:
            self._known[key] = document
            while len(self._known) > MAX_CACHED:
                self._known.popitem(last=False)
        return document


class Asked(NamedTuple):
    """What a body asks for: the text of a query, or the hash of a registered one."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None
    sha256: str | None = None


def read_body(body: bytes) -> Asked:
    """What a JSON body asks for.

    Raises:
        BadRequest: too large, not JSON, a batch, or members of the wrong kind.
    """
    try:
        check_size(len(body))
        given = load_json(body)
    except TooMuch as error:
        raise BadRequest.of(error) from error
    except ValueError as error:
        raise _bad("bad-json", f"The body is not JSON: {error}.") from error
    if NUL in body:
        raise _bad("bad-request", "A text may not hold the character U+0000.")
    if isinstance(given, list):
        told = {"code": "batch", "limit": 1, "found": len(given)}
        raise BadRequest({"message": "Send one operation at a time.", "extensions": told})
    if not isinstance(given, dict):
        raise _bad("bad-request", "Send one operation as a JSON object.")
    query, sha256 = given.get("query"), given.get("id")
    variables, name = given.get("variables") or {}, given.get("operationName")
    if sha256 is not None and query is None:
        if not isinstance(sha256, str) or not SHA256.match(sha256):
            raise _bad("bad-request", "“id” must be the SHA-256 of a registered query, in hex.")
        query = ""
    elif not isinstance(query, str) or not query.strip():
        raise _bad("bad-request", "“query” must be the text of a GraphQL operation.")
    if not isinstance(variables, dict) or not isinstance(name, str | None):
        raise _bad("bad-request", "“variables” is an object, “operationName” a text.")
    try:
        check_variables(variables)
    except TooMuch as error:
        raise BadRequest.of(error) from error
    return Asked(query, variables, name or None, sha256 if not query else None)


def prepare(
    schema: GraphQLSchema,
    documents: Documents,
    query: str,
    variables: Mapping[str, Any],
    operation_name: str | None = None,
) -> Prepared:
    """Everything that can be refused before anything is done.

    Raises:
        BadRequest: with one or more errors.
    """
    document = documents.get(schema, query)
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        raise _bad("unknown-operation", "Name one of the operations in “operationName”.")
    if schema.get_root_type(operation.operation) is None:
        raise _bad("invalid-query", f"There is no {operation.operation.value} here.")
    given = operation.variable_definitions or ()
    coerced = get_variable_values(schema, given, dict(variables), max_errors=MAX_SHOWN)
    if isinstance(coerced, list):
        raise BadRequest(*[_shown(each, "bad-variable") for each in coerced])
    try:
        cost = cost_of(schema, document, operation, coerced)
    except TooMuch as error:
        raise BadRequest.of(
            error, cost=error.found if error.code == TOO_EXPENSIVE else None
        ) from error
    return Prepared(document, operation, variables, coerced, cost)


def answer_sets(
    schema: GraphQLSchema, prepared: Prepared, context: Context
) -> dict[str, Any] | None:
    """The answer of a query in which nothing goes wrong; None: ask `run`.

    Raises:
        OperationalError: the database does not answer.
    """
    try:
        data = execute_sets(
            schema, prepared.document, prepared.operation, prepared.coerced, context
        )
    except Unusual:
        return None
    return {"data": data}


def run(schema: GraphQLSchema, prepared: Prepared, context: Context) -> dict[str, Any]:
    """Execute and shape the answer; unexpected errors are masked.

    Raises:
        OperationalError: the database does not answer.
    """
    name = prepared.operation.name
    result = execute_sync(
        schema,
        prepared.document,
        context_value=context,
        variable_values=dict(prepared.variables),
        operation_name=name.value if name else None,
    )
    assert isinstance(result, ExecutionResult)
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_executed(each, context) for each in result.errors]
    return answer


def cost_extension(requested: int, remaining: int) -> dict[str, Any]:
    """`extensions` of an answer (INTERFACE §5)."""
    return {"cost": {"requested": requested, "limit": MAX_COST, "remaining": remaining}}


def _validated(schema: GraphQLSchema, text: str) -> DocumentNode:
    try:
        check_tokens(text)
        document = parse(text)
        check_document(document)
    except TooMuch as error:
        raise BadRequest.of(error) from error
    except GraphQLError as error:
        raise BadRequest(_shown(error, "syntax")) from error
    errors: Sequence[GraphQLError] = validate(
        schema, document, specified_rules, max_errors=MAX_SHOWN
    )
    if errors:
        raise BadRequest(*[_shown(each, "invalid-query") for each in errors])
    return document


def _executed(error: GraphQLError, context: Context) -> dict[str, Any]:
    original = error.original_error
    if original is None:
        return _shown(error, "invalid-query")
    if isinstance(original, OperationalError):
        raise original
    if isinstance(original, DomainError):
        shown = _shown(error, original.code)
        shown["extensions"]["status"] = original.status
        if isinstance(original, Invalid) and original.problems:
            shown["extensions"]["problems"] = [each.as_dict() for each in original.problems]
        return shown
    log.error("graphql.failed", path=error.path, exc_info=original)
    found = _shown(error, "internal")
    found["message"] = "Something broke on our side. Give the request id to the platform team."
    found["extensions"]["requestId"] = context.request_id
    return found


def _shown(error: GraphQLError, code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {**error.formatted}
    if len(error.message) > MAX_MESSAGE:  # it quotes what was sent
        shown["message"] = f"{error.message[: MAX_MESSAGE - 1]}…"
    shown["extensions"] = {**(error.extensions or {}), "code": code}
    return shown


def _bad(code: str, message: str) -> BadRequest:
    return BadRequest({"message": message, "extensions": {"code": code}})
