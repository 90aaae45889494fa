"""`/graphql/`: a page for people, JSON for scripts."""

from __future__ import annotations

import hashlib
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
from core.graphql.budget import REFUSED, Spending, sent_away, spend, spend_refused
from core.graphql.execution import (
    Asked,
    BadRequest,
    Context,
    Prepared,
    answer_sets,
    cost_extension,
    prepare,
    read_body,
    run,
)
from core.graphql.limits import TooMuch, check_size
from core.models import PersistedQuery
from portal.graphql import examples, explorer
from portal.graphql.persisting import documents, text_of
from portal.graphql.schema import schema

JSON = "application/json"
READ_TIMEOUT = "SET LOCAL statement_timeout = '2s'"
SHOWN = 50  # registered queries on the page
Answer = Callable[..., dict[str, Any] | None]


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def graphql(request: HttpRequest) -> HttpResponseBase:
    """The explorer for a browser, the answer to a query for everybody else."""
    if request.method == "POST":
        return endpoint(request)
    return render(request, "portal/graphql.html", _page(request))


def _page(request: HttpRequest) -> dict[str, Any]:
    """What the address chooses: an example or a registered query, a type, a word."""
    given = {name: str(text).replace("\0", "") for name, text in request.GET.items()}
    chosen = examples.BY_SLUG.get(given.get("example", ""), examples.EXAMPLES[0])
    registered = PersistedQuery.objects.filter(pk=given.get("id", "")).first()
    words = given.get("find", "")
    return {
        "text": registered.text if registered else chosen.query,
        "variables": "{}" if registered else chosen.variables,
        "chosen": registered.pk if registered else chosen.slug,
        "examples": examples.EXAMPLES,
        "registered": PersistedQuery.objects.order_by("name", "pk")[:SHOWN],
        "url": request.build_absolute_uri(request.path),
        "words": words,
        "found": explorer.found(words),
        "kind": explorer.type_doc(given.get("type", "")) or explorer.type_doc("Query"),
        "names": explorer.type_names(),
    }


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
        actor = actor_in(request)
        payer = actor.user_id or 0
        away = sent_away(payer)
        if away is not None:
            return _exhausted(0, away)
        try:
            prepared = _prepared(_read(request._request))
        except BadRequest as error:
            return _refused(error, spend_refused(payer))
        if prepared.writes and not actor.may(Scope.WRITE):
            raise PermissionDenied("This token may only read; a mutation needs the scope “write”.")
        spending = spend(payer, prepared.cost)
        if spending.retry_after_s is not None:
            return _exhausted(prepared.cost, spending)
        answer = _answer(prepared, Context(actor, _request_id()))
        answer["extensions"] = cost_extension(prepared.cost, spending.remaining)
        if prepared.writes or "errors" in answer:
            return _json(answer)
        return _tagged(answer, request.headers.get("If-None-Match", ""))


endpoint = GraphQL.as_view()


def _prepared(asked: Asked) -> Prepared:
    """Raises: BadRequest: it is refused before anything is done."""
    text = asked.query if asked.sha256 is None else text_of(asked.sha256)
    return prepare(schema.graphql_schema, documents, text, asked.variables, asked.operation_name)


def _read(request: HttpRequest) -> Asked:
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


def _tagged(answer: dict[str, Any], known: str) -> HttpResponse:
    """The answer with its ETag, which is that of the data alone; 304 to whom has it already."""
    data = orjson.dumps(answer["data"])
    tag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
    if tag in (each.strip() for each in known.split(",")):
        response = HttpResponse(status=304)
    else:
        response = _json({**answer, "data": orjson.Fragment(data)})
    response["ETag"] = tag
    return response


def _refused(error: BadRequest, spending: Spending) -> HttpResponse:
    """Nothing was carried out; finding that out was paid for."""
    if spending.retry_after_s is not None:
        return _exhausted(REFUSED, spending)
    cost = REFUSED if error.cost is None else error.cost
    extensions = cost_extension(cost, spending.remaining)
    return _json({"errors": error.errors, "extensions": extensions}, status=400)


def _exhausted(cost: int, spending: Spending) -> HttpResponse:
    error = {
        "message": "You have asked for all that one minute allows; wait a little.",
        "extensions": {
            "code": "budget-exhausted",
            "limit": spending.remaining,
            "found": cost,
        },
    }
    extensions = cost_extension(cost, spending.remaining)
    response = _json({"errors": [error], "extensions": extensions}, status=429)
    response["Retry-After"] = str(spending.retry_after_s)
    return response


def _json(answer: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(answer), status=status, content_type=JSON)


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
