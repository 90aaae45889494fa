"""`/graphql/`: a page for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import structlog
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import PermissionDenied, UnsupportedMediaType
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.states import Scope
from core.graphql.budget import Spending, spend
from core.graphql.cost import MAX_COST
from core.graphql.execution import (
    BadRequest,
    Context,
    Documents,
    Prepared,
    answer_sets,
    cost_extension,
    prepare,
    read_body,
    run,
)
from core.graphql.limits import TooMuch, check_size
from portal.graphql.schema import schema

JSON = "application/json"
READ_TIMEOUT = "SET LOCAL statement_timeout = '2s'"
EXAMPLE = """query Products($first: Int!) {
  products(first: $first, orderBy: SCORE) {
    edges {
      node {
        fqn
        owner { name }
        domain { path }
        quality { score dimensions { dimension score } }
        upstream { name distance }
        outputPorts { edges { node { fqn technology } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
documents = Documents()
Answer = Callable[..., dict[str, Any] | None]


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def graphql(request: HttpRequest) -> HttpResponseBase:
    """The explorer for a browser, the answer to a query for everybody else."""
    if request.method == "POST":
        return endpoint(request)
    context = {
        "example": EXAMPLE,
        "variables": '{"first": 10}',
        "url": request.build_absolute_uri(request.path),
    }
    return render(request, "portal/graphql.html", context)


class MayRead(BasePermission):
    """Somebody who is logged in, with the scope `read`; a mutation needs `write` too."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_in(request)
        return not actor.is_visitor and actor.may(Scope.READ)


class GraphQL(APIView):
    """POST: one operation as `{"query", "variables", "operationName"}`."""

    schema = None  # described by schema.graphql, not by OpenAPI
    permission_classes = [MayRead]

    def post(self, request: Request) -> HttpResponse:
        try:
            prepared = prepare(schema.graphql_schema, documents, *_read(request._request))
        except BadRequest as error:
            return _refused(error)
        actor = actor_in(request)
        if prepared.writes and not actor.may(Scope.WRITE):
            raise PermissionDenied("This token may only read; a mutation needs the scope “write”.")
        spending = spend(actor.user_id or 0, prepared.cost)
        if spending.retry_after_s is not None:
            return _exhausted(prepared, spending)
        answer = _answer(prepared, Context(actor, _request_id()))
        answer["extensions"] = cost_extension(prepared.cost, spending.remaining)
        return _json(answer)


endpoint = GraphQL.as_view()


def _read(request: HttpRequest) -> Any:
    if request.content_type != JSON:
        raise UnsupportedMediaType(request.content_type or "none", "Send application/json.")
    try:
        check_size(int(request.headers.get("Content-Length") or 0))
    except TooMuch as error:
        raise BadRequest.of(error) from error
    return read_body(request.body)


def _answer(prepared: Prepared, context: Context) -> dict[str, Any]:
    if prepared.writes:
        return run(schema.graphql_schema, prepared, context)
    return _read_only(answer_sets, prepared, context) or _read_only(run, prepared, context) or {}


def _read_only(answer: Answer, prepared: Prepared, context: Context) -> dict[str, Any] | None:
    """In a transaction of its own: after an error of the database the next one begins anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(READ_TIMEOUT)
        found = answer(schema.graphql_schema, prepared, context)
        if found is None:
            transaction.set_rollback(True)
    return found


def _refused(error: BadRequest) -> HttpResponse:
    answer: dict[str, Any] = {"errors": error.errors}
    if error.cost is not None:
        answer["extensions"] = {"cost": {"requested": error.cost, "limit": MAX_COST}}
    return _json(answer, status=400)


def _exhausted(prepared: Prepared, spending: Spending) -> HttpResponse:
    error = {
        "message": "You have asked for all that one minute allows; wait a little.",
        "extensions": {
            "code": "budget-exhausted",
            "limit": spending.remaining,
            "found": prepared.cost,
        },
    }
    extensions = cost_extension(prepared.cost, spending.remaining)
    response = _json({"errors": [error], "extensions": extensions}, status=429)
    response["Retry-After"] = str(spending.retry_after_s)
    return response


def _json(answer: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(answer), status=status, content_type=JSON)


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
